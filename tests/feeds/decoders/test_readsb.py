from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nofly import plugins
from nofly.feeds.decoders import readsb
from nofly.feeds.options import ArchiveOptions
from nofly.schema import concatenate

T0_US = 1_738_705_000_000_000
SAMPLE = Path(__file__).parents[2] / "data" / "tracks" / "aircraft_json" / "history.jsonl"


def body(*aircraft: Any, now: float = T0_US / 1e6) -> bytes:
    return json.dumps({"now": now, "messages": 5, "aircraft": list(aircraft)}).encode()


def aircraft(**more: Any) -> dict[str, Any]:
    return {"hex": "4ca7b3", "lat": 49.0, "lon": 2.5, "seen_pos": 1.5, "alt_baro": 10_000, **more}


def test_bodies_give_what_a_file_of_them_gives() -> None:
    decoder = readsb.decoder({}, "feed")
    live = concatenate([decoder.feed(line, T0_US)[0] for line in SAMPLE.read_bytes().splitlines()])
    archive = plugins.load("nofly.feeds.archives", "aircraft_json")
    with SAMPLE.open("rb") as file:
        recorded = concatenate([positions for positions, _ in archive.read(file, "x", ArchiveOptions())])
    without = ["received", "raw"]
    assert live.to_arrow().drop(without).equals(recorded.to_arrow().drop(without))


def test_a_position_is_as_old_as_it_was_seen() -> None:
    positions, _ = readsb.decoder({}, "feed").feed(body(aircraft()), T0_US + 9)
    assert positions.time_us.tolist() == [T0_US - 1_500_000]
    assert positions.columns["received_us"].tolist() == [T0_US + 9]
    assert positions.columns["alt_std_m"].tolist() == [3048.0]


def test_a_position_that_is_told_again_is_no_new_one() -> None:
    decoder = readsb.decoder({}, "feed")
    decoder.feed(body(aircraft()), T0_US)
    positions, findings = decoder.feed(body(aircraft(seen_pos=2.5), now=T0_US / 1e6 + 1), T0_US)
    assert (len(positions), [f.code for f in findings]) == (0, ["position-repeated"])


@pytest.mark.parametrize(("options", "callsign"), [({}, None), ({"respect_privacy": "false"}, "N123")])
def test_private_aircraft_are_left_nameless_unless_asked(options: dict[str, object], callsign: Any) -> None:
    positions, _ = readsb.decoder(options, "feed").feed(body(aircraft(flight="N123", dbFlags=8)), T0_US)
    assert positions.to_arrow().to_pylist()[0]["callsign"] == callsign


@pytest.mark.parametrize("data", [b"", b"[]", b'{"now": 1, "aircraft": [', b'{"aircraft": 5}', b"[" * 99_999])
def test_a_body_that_is_broken_is_one_record(data: bytes) -> None:
    decoder = readsb.decoder({}, "feed")
    positions, (finding,) = decoder.feed(data, T0_US)
    assert (len(positions), finding.code, finding.count, decoder.records) == (0, "record-broken", 1, 1)


def test_a_broken_aircraft_hurts_no_other() -> None:
    decoder = readsb.decoder({}, "feed")
    positions, findings = decoder.feed(body(5, aircraft(hex="x"), aircraft(), aircraft(lat="n")), T0_US)
    assert len(positions) == 1
    assert {f.code for f in findings} == {"record-broken", "address-invalid", "position-missing"}
    assert decoder.records == 4
