"""What every zone format keeps. A new plugin brings samples to tests/data/formats/<name>/."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly import plugins
from nofly.errors import Finding, InputError, Severity
from nofly.zones.model import Zone, canonical_json

KIND = "nofly.formats"
NAMES = list(plugins.names(KIND))
SAMPLES = Path(__file__).parents[1] / "data" / "formats"
JUNK = st.one_of(st.binary(max_size=4), st.sampled_from([b"-", b"9", b'"', b"}", b"null", b"1e9"]))
MUTATED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def samples(name: str) -> list[Path]:
    return sorted(p for p in (SAMPLES / name).glob("*") if p.is_file() and not p.name.startswith("NOTICE"))


def every_sample() -> Iterator[object]:
    for name in NAMES:
        for path in samples(name):
            yield pytest.param(name, path, id=f"{name}/{path.name}")


def read(name: str, data: bytes) -> tuple[list[Zone], list[Finding], int]:
    zones, findings, records = plugins.load(KIND, name).read(data, "sample")
    assert len(zones) + sum(f.count for f in findings if f.severity is Severity.REJECTED) == records
    return zones, findings, records


@pytest.mark.parametrize("name", NAMES)
def test_a_format_has_its_names_and_a_sample(name: str) -> None:
    plugin = plugins.load(KIND, name)
    assert name == plugin.NAME
    assert plugin.EXTENSIONS
    assert all(e.startswith(".") and e == e.lower() for e in plugin.EXTENSIONS)
    assert samples(name), f"no sample in tests/data/formats/{name}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "head", [b"", b"\x00" * 100, b"\xff\xfe", b"{}", b"[]", b"hello world\n", b"PK\x03\x04"]
)
def test_a_format_is_not_sure_of_what_is_no_zone_file(name: str, head: bytes) -> None:
    assert 0 <= plugins.load(KIND, name).sniff(head) < 100


@pytest.mark.parametrize("name", NAMES)
@given(head=st.binary(max_size=200))
def test_any_head_can_be_sniffed(name: str, head: bytes) -> None:
    assert 0 <= plugins.load(KIND, name).sniff(head) <= 100


@pytest.mark.parametrize(("name", "path"), list(every_sample()))
def test_a_sample_is_recognised_by_its_own_format_alone(name: str, path: Path) -> None:
    head = path.read_bytes()[:65_536]
    scores = {other: plugins.load(KIND, other).sniff(head) for other in NAMES}
    assert max(scores.values()) == scores.pop(name) > max(scores.values(), default=0)


@pytest.mark.parametrize(("name", "path"), list(every_sample()))
def test_a_sample_reads_with_places_and_hashes(name: str, path: Path) -> None:
    zones, findings, records = read(name, path.read_bytes())
    assert records > 0
    assert zones
    for zone in zones:
        assert zone.source.locator
        assert zone.volumes
        canonical_json(zone).encode()
    for finding in findings:
        assert (finding.source, bool(finding.message), bool(finding.code)) == ("sample", True, True)


@pytest.mark.parametrize(("name", "path"), list(every_sample()))
def test_what_is_written_reads_as_the_same_zones(name: str, path: Path) -> None:
    plugin = plugins.load(KIND, name)
    if not hasattr(plugin, "write"):
        return
    zones = read(name, path.read_bytes())[0]
    once = read(name, plugin.write(zones))[0]
    twice = read(name, plugin.write(once))[0]
    assert [z.id for z in once] == [z.id for z in zones]
    assert [z.zone_hash for z in twice] == [z.zone_hash for z in once]


@pytest.mark.parametrize(("name", "path"), list(every_sample()))
@MUTATED
@given(data=st.data())
def test_a_truncated_or_mutated_sample_reads_or_raises_and_loses_nothing(
    name: str, path: Path, data: st.DataObject
) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        junk = data.draw(JUNK)
        content[place : place + data.draw(st.integers(0, 8))] = junk
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with contextlib.suppress(InputError):
        read(name, bytes(content))
