"""What every decoder of a live feed keeps.

A new plugin brings tests/data/live/<name>/samples.json: a file (from tests/data) → how many records it has,
when it came, and with which options it is read. A stream's file is its bytes; a file of datagrams has one a
line in hexadecimal, one of documents a document a line.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly import plugins
from nofly.errors import ConfigError, Finding, Severity
from nofly.feeds.decoding import DATAGRAM, FRAMINGS, STREAM, Decoder
from nofly.feeds.faults import NOT_ROWS
from nofly.feeds.times import LATEST_US
from nofly.schema import Positions, concatenate

KIND = "nofly.feeds.decoders"
NAMES = list(plugins.names(KIND))
DATA = Path(__file__).parents[1] / "data"
SOME = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
JUNK = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"\x00", b"\xff\xff", b"\x1a", b"\n", b'"', b"}", b"null", b"1e999", b"-", b"[" * 99]),
)


class Sample(NamedTuple):
    name: str
    path: str
    records: int
    received_us: int
    options: dict[str, object]

    def pieces(self) -> list[bytes]:
        data = (DATA / self.path).read_bytes()
        framing = plugins.load(KIND, self.name).FRAMING
        if framing == STREAM:
            return [data]
        lines = data.splitlines()
        return [bytes.fromhex(line.decode()) for line in lines] if framing == DATAGRAM else lines


def samples_of(name: str) -> list[Sample]:
    told = json.loads((DATA / "live" / name / "samples.json").read_text(encoding="utf-8"))
    return [
        Sample(name, path, s["records"], s["received_us"], s.get("options", {})) for path, s in told.items()
    ]


def every_sample() -> Iterator[Any]:
    for name in NAMES:
        for sample in samples_of(name):
            yield pytest.param(sample, id=f"{name}/{Path(sample.path).name}")


SAMPLES = pytest.mark.parametrize("sample", list(every_sample()))


def not_rows(findings: Sequence[Finding]) -> int:
    return sum(f.count for f in findings if f.severity is Severity.REJECTED or f.code in NOT_ROWS)


def new(sample: Sample) -> Decoder:
    made: Decoder = plugins.load(KIND, sample.name).decoder(sample.options, "feed")
    return made


def run(decoder: Decoder, pieces: Sequence[bytes], received_us: int) -> tuple[Positions, list[Finding]]:
    """Return all that a decoder makes of pieces; every call is checked, and its counters."""
    parts: list[Positions] = []
    findings: list[Finding] = []
    counted = decoder.records
    for piece in [*pieces, None]:
        call = decoder.finish(received_us) if piece is None else decoder.feed(piece, received_us)
        positions, found = call
        counted += len(positions) + not_rows(found)
        assert counted == decoder.records
        findings += found
        if len(positions):
            parts.append(positions)
            positions.check()
            assert ((positions.time_us > 0) & (positions.time_us < LATEST_US)).all()
            assert (positions.target.codes >= 0).all()
            assert all(":" in target for target in positions.target.values)
    assert all(f.source == "feed" and f.code and f.message and f.count > 0 for f in findings)
    return concatenate(parts), findings


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for f in findings:
        total[f.code] = total.get(f.code, 0) + f.count
    return total


def cut(pieces: Sequence[bytes], places: Sequence[int]) -> list[bytes]:
    data = b"".join(pieces)
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(ends)]


@pytest.mark.parametrize("name", NAMES)
def test_a_decoder_has_its_names_and_a_sample(name: str) -> None:
    plugin = plugins.load(KIND, name)
    assert name == plugin.NAME
    assert plugin.FRAMING in FRAMINGS
    assert dataclasses.is_dataclass(plugin.OPTIONS)
    plugin.OPTIONS()
    assert samples_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown option 'recever'"):
        plugins.load(KIND, name).decoder({"recever": "1"}, "feed")


@SAMPLES
def test_rows_and_findings_add_up_to_the_records(sample: Sample) -> None:
    decoder = new(sample)
    positions, _ = run(decoder, sample.pieces(), sample.received_us)
    assert len(positions) > 0
    told = {d for d in ("STD", "AMSL", "HAE", "AGL") if positions.column(f"alt_{d.lower()}_m") is not None}
    assert told <= set(plugins.load(KIND, sample.name).HEIGHTS)
    assert decoder.records == sample.records
    assert set(positions.columns["received_us"].tolist()) == {sample.received_us}
    raw = positions.columns["raw"].tolist()
    assert raw == sorted(raw)
    assert raw[0] >= 0
    assert raw[-1] < sum(map(len, sample.pieces()))


@SAMPLES
@SOME
@given(places=st.lists(st.integers(0, 1 << 20), max_size=12))
def test_how_a_stream_is_cut_makes_no_difference(sample: Sample, places: list[int]) -> None:
    if plugins.load(KIND, sample.name).FRAMING != STREAM:
        pieces, again = sample.pieces(), sample.pieces()
    else:
        pieces, again = sample.pieces(), cut(sample.pieces(), places)
    whole, said = run(new(sample), pieces, sample.received_us)
    parts, said_again = run(new(sample), again, sample.received_us)
    assert parts.to_arrow().equals(whole.to_arrow())
    assert counts(said_again) == counts(said)


@SAMPLES
def test_byte_by_byte(sample: Sample) -> None:
    if plugins.load(KIND, sample.name).FRAMING == STREAM:
        data = b"".join(sample.pieces())
        single, _ = run(new(sample), [data[i : i + 1] for i in range(len(data))], sample.received_us)
        whole, _ = run(new(sample), [data], sample.received_us)
        assert single.to_arrow().equals(whole.to_arrow())


@SAMPLES
def test_after_the_end_of_a_connection_the_next_begins(sample: Sample) -> None:
    decoder, pieces = new(sample), sample.pieces()
    run(decoder, [*pieces[:-1], pieces[-1][: len(pieces[-1]) // 2]], sample.received_us)
    before = decoder.records
    run(decoder, pieces, sample.received_us)
    assert decoder.records - before == sample.records


@SAMPLES
@SOME
@given(data=st.data())
def test_a_truncated_or_mutated_sample_gives_rows_and_findings(sample: Sample, data: st.DataObject) -> None:
    pieces = [bytearray(piece) for piece in sample.pieces()]
    for _ in range(data.draw(st.integers(1, 6))):
        piece = pieces[data.draw(st.integers(0, len(pieces) - 1))]
        place = data.draw(st.integers(0, max(0, len(piece) - 1)))
        piece[place : place + data.draw(st.integers(0, 8))] = data.draw(JUNK)
    if data.draw(st.booleans()):
        last = pieces[data.draw(st.integers(0, len(pieces) - 1))]
        del last[data.draw(st.integers(0, len(last))) :]
    run(new(sample), [bytes(piece) for piece in pieces], sample.received_us)


@SAMPLES
@SOME
@given(junk=st.lists(st.binary(max_size=400), min_size=1, max_size=4))
def test_any_bytes_at_all(sample: Sample, junk: list[bytes]) -> None:
    run(new(sample), junk, sample.received_us)


@SAMPLES
@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"{", b"1", b"*", b"\x1a\x33"])
def test_a_flood_takes_no_memory(sample: Sample, byte: bytes) -> None:
    decoder, flood = new(sample), byte * 50_000
    tracemalloc.start()
    try:
        for _ in range(4):
            decoder.feed(flood, sample.received_us)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 600_000
