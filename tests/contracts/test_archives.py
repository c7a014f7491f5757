"""What every archive of recorded traffic keeps. A new plugin brings samples to tests/data/tracks/<name>/,
with a records.json: sample → how many records there are in it."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly import plugins
from nofly.errors import Finding, InputError, Severity
from nofly.feeds.faults import NOT_ROWS
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate

KIND = "nofly.feeds.archives"
NAMES = list(plugins.names(KIND))
SAMPLES = Path(__file__).parents[1] / "data" / "tracks"
JUNK = st.one_of(
    st.binary(max_size=4), st.sampled_from([b"-", b"9", b'"', b"}", b",", b"\n", b"null", b"NaN"])
)
MUTATED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def records(name: str) -> dict[str, int]:
    known: dict[str, int] = json.loads((SAMPLES / name / "records.json").read_text(encoding="utf-8"))
    return known


def every_sample() -> Iterator[object]:
    for name in NAMES:
        for path in sorted((SAMPLES / name).glob("*")):
            if path.name != "records.json":
                yield pytest.param(name, path, id=f"{name}/{path.name}")


EVERY_SAMPLE = list(every_sample())


def read(
    name: str, data: bytes, options: ArchiveOptions | None = None
) -> tuple[Positions, list[Finding], list[Positions]]:
    plugin = plugins.load(KIND, name)
    batches = list(plugin.read(io.BytesIO(data), "sample", options or ArchiveOptions()))
    for positions, _ in batches:
        positions.check()
        assert (positions.time_us > 0).all()
        assert (positions.target.codes >= 0).all()
        assert all(code < len(positions.target.values) for code in positions.target.codes)
    parts = [positions for positions, _ in batches]
    return concatenate(parts), [f for _, findings in batches for f in findings], parts


def not_rows(findings: list[Finding]) -> int:
    return sum(f.count for f in findings if f.severity is Severity.REJECTED or f.code in NOT_ROWS)


def same(one: Positions, other: Positions) -> bool:
    return bool(one.to_arrow().equals(other.to_arrow()))


@pytest.mark.parametrize("name", NAMES)
def test_an_archive_has_its_names_and_a_sample(name: str) -> None:
    plugin = plugins.load(KIND, name)
    assert name == plugin.NAME
    assert all(e.startswith(".") and e == e.lower() for e in plugin.EXTENSIONS)
    assert records(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "head", [b"", b"\x00" * 100, b"\xff\xfe", b"{}", b"[]", b"hello world\n", b"<kml>", b"[" * 9999]
)
def test_an_archive_is_not_sure_of_what_is_no_track_file(name: str, head: bytes) -> None:
    assert plugins.load(KIND, name).sniff(head) < 50


@pytest.mark.parametrize("name", NAMES)
@given(head=st.binary(max_size=200))
def test_any_head_can_be_sniffed(name: str, head: bytes) -> None:
    assert 0 <= plugins.load(KIND, name).sniff(head) <= 100


@pytest.mark.parametrize(("name", "path"), EVERY_SAMPLE)
def test_a_sample_is_recognised_by_its_own_format(name: str, path: Path) -> None:
    head = path.read_bytes()[:65_536]
    scores = {other: plugins.load(KIND, other).sniff(head) for other in NAMES}
    assert max(scores.values()) == scores.pop(name) > max(scores.values(), default=0)


@pytest.mark.parametrize(("name", "path"), EVERY_SAMPLE)
def test_rows_and_findings_of_a_sample_add_up_to_its_records(name: str, path: Path) -> None:
    positions, findings, _ = read(name, path.read_bytes())
    assert len(positions) > 0
    assert len(positions) + not_rows(findings) == records(name)[path.name]
    assert all(f.source == "sample" and f.code and f.message for f in findings)


@pytest.mark.parametrize(("name", "path"), EVERY_SAMPLE)
@pytest.mark.parametrize("batch_rows", [1, 7])
def test_the_size_of_a_batch_changes_nothing(name: str, path: Path, batch_rows: int) -> None:
    whole, findings, _ = read(name, path.read_bytes())
    cut, some, parts = read(name, path.read_bytes(), ArchiveOptions(batch_rows=batch_rows))
    assert same(whole, cut)
    assert not_rows(some) == not_rows(findings)
    assert len(parts) > 1 or len(whole) <= 20 or name in ("sbs", "aircraft_json")


@pytest.mark.parametrize(("name", "path"), EVERY_SAMPLE)
@MUTATED
@given(data=st.data())
def test_a_truncated_or_mutated_sample_reads_or_raises(name: str, path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        junk = data.draw(JUNK)
        content[place : place + data.draw(st.integers(0, 8))] = junk
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with contextlib.suppress(InputError):
        read(name, bytes(content))


@pytest.mark.parametrize(("name", "path"), EVERY_SAMPLE)
def test_no_row_is_lost_without_a_word_when_one_byte_is(name: str, path: Path) -> None:
    content = path.read_bytes()
    for place in range(len(content) // 3, len(content) - 1, max(1, len(content) // 25)):
        try:
            positions, findings, _ = read(name, content[:place] + b"~" + content[place + 1 :])
        except InputError:
            continue
        assert positions.time_us.size or findings
        if len(positions) < len(read(name, content)[0]):
            assert not_rows(findings) > 0 or any(f.severity is Severity.WARNING for f in findings)
