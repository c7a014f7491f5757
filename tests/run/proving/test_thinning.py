"""Packages with the messages of the aircraft alone: they come to the same, and hold nothing of the others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.cli import main
from nofly.errors import InputError
from nofly.feeds.decoders import avr, beast, jsonl, sbs
from nofly.feeds.senders import kept
from nofly.proof.package import opened
from nofly.proof.packing.canonical import parsed
from nofly.proof.packing.container import packed
from nofly.proof.packing.steps import Outcome
from nofly.run.proving.live_case import live_case, only_target
from nofly.run.proving.recorded import packages
from nofly.run.proving.verify import Verified, verify
from tests.run.proving.cases import checked, one_each, track_file, wanted, zone_file
from tests.run.proving.live_runs import as_avr, as_beast, as_lines, as_sbs, as_squitters
from tests.run.proving.test_live_case import (
    Brought,
    aircraft_json,
    avr_many,
    beast_many,
    lines_on_stdin,
    recorded,
    rings,
    sbs_many,
    two_feeds,
)
from tests.run.proving.test_live_package import packed_case

ONLY = "messages of the aircraft alone"


def said(found: Verified, outcome: Outcome) -> list[str]:
    return [f"{s.subject}: {s.message}" for s in found.steps if s.outcome is outcome]


@pytest.mark.parametrize("run", [beast_many, avr_many, sbs_many, lines_on_stdin, two_feeds])
def test_an_incident_is_found_again_from_its_own_messages(
    run: Callable[[Path], Brought], shared: Path, tmp_path: Path
) -> None:
    brought = run(shared)
    log = recorded(brought, rings(brought.places, 1, 2), tmp_path)
    names = [name for name, one in log.incidents.items() if one.stays]
    assert names
    for name in names[:2]:
        whole = live_case(tmp_path, log, name)
        case = only_target(whole)
        assert (case.verdicts, case.differences) == (whole.verdicts, whole.differences)
        assert [len(p.data) for p in case.pieces] == [len(p.data) for p in whole.pieces]
        others = {str(one.icao24) for one in log.incidents.values()} - {str(case.incident.icao24)}
        for piece, before in zip(case.pieces, whole.pieces, strict=True):
            held = sum(a != b for a, b in zip(piece.data, before.data, strict=True))
            assert held > len(before.data) / 2
            assert not any(other.encode() in piece.data.lower() for other in others)
        found = verify(packed_case(tmp_path, case))
        assert said(found, Outcome.DIFFERS) == []
        assert any("with blanks for the others" in one for one in said(found, Outcome.UNCHECKED))


def test_documents_that_tell_of_many_are_not_taken_apart(shared: Path, tmp_path: Path) -> None:
    brought = aircraft_json(shared)
    log = recorded(brought, rings(brought.places, 1, 2), tmp_path)
    name = next(name for name, one in log.incidents.items() if one.stays)
    with pytest.raises(InputError, match="tell of many aircraft together"):
        only_target(live_case(tmp_path, log, name))


def test_bytes_that_come_to_something_else_are_refused(shared: Path, tmp_path: Path) -> None:
    brought = sbs_many(shared)
    log = recorded(brought, rings(brought.places, 1, 2), tmp_path)
    name = next(name for name, one in log.incidents.items() if one.stays)
    case = live_case(tmp_path, log, name)
    row = next(iter(case.verdicts.values()))
    other = replace(case, verdicts={row["id"]: {**row, "depth_m": 1.0}})
    with pytest.raises(InputError, match="come to something else"):
        only_target(other)


@pytest.mark.parametrize("packing", ["", ".gz"])
def test_a_table_keeps_the_rows_of_the_aircraft_alone(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "t.csv"
    track_file(path)
    if packing:
        (tmp_path / "t.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [f"{path}{packing}"])
    for stay, files in zip(
        result.infringements, one_each(result, inputs, wanted(only_targets=True)), strict=True
    ):
        lines = files["raw/0001-t.csv"].splitlines()
        assert len(lines) == 62
        assert all(str(stay.icao24).encode() in line for line in lines[1:])
        found = verify(packed(files))
        assert said(found, Outcome.DIFFERS) == []
        one, seen = said(found, Outcome.UNCHECKED)
        assert ONLY in one
        assert "neither the traffic that it is told from nor a table of it is in the package" in seen
        told = parsed(files["raw/index.json"], "")["files"][0]
        assert told["sha256"] in one
        assert told["bytes"] == (tmp_path / f"t.csv{packing}").stat().st_size
        changed = files["raw/0001-t.csv"].replace(b"46.3", b"46.2", 1)
        assert changed != files["raw/0001-t.csv"]
        assert verify(packed({**files, "raw/0001-t.csv": changed})).exit_code == 1


def test_what_cannot_be_taken_apart_is_left_out(shared: Path, tmp_path: Path) -> None:
    """A table by columns in one JSON document, and one in which the others' rows say how dates are read."""
    zones = str(shared / "zones-openair/LF-P25_LF-R35A.openair.txt")
    result, inputs = checked([zones], [str(shared / "traffic/paris-2021-10-07-42ac.json.gz")])
    (files,) = packages(result, [list(result.infringements)[:1]], inputs, wanted(only_targets=True))
    assert not any(name.startswith("raw/0") for name in files)
    found = verify(packed(files))
    assert said(found, Outcome.DIFFERS) == []
    assert any("source files are not in the package" in one for one in said(found, Outcome.UNCHECKED))


def test_raw_mode_s_of_a_recording(shared: Path, tmp_path: Path) -> None:
    source = shared / "modes/full_flight_short.jsonl.gz"
    other = json.dumps({"timestamp": 1720248189.5, "frame": "8d4ca7b3582392ec6f3c5b3d4b2a"}).encode()
    with gzip.open(source, "rb") as lines:
        data = b"".join(line for line, _ in zip(lines, range(4_000), strict=False))
    (tmp_path / "t.jsonl").write_bytes(other + b"\n" + data)
    ring = [[-10.0, 30.0], [30.0, 30.0], [30.0, 65.0], [-10.0, 65.0], [-10.0, 30.0]]
    feature = {"type": "Feature", "properties": {"id": "HERE", "restriction": "PROHIBITED"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    (tmp_path / "z.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    result, inputs = checked([str(tmp_path / "z.geojson")], [str(tmp_path / "t.jsonl")])
    (files,) = packages(result, [list(result.infringements)[:1]], inputs, wanted(only_targets=True))
    assert b"4ca7b3" not in files["raw/0001-t.jsonl"]
    assert said(verify(packed(files)), Outcome.DIFFERS) == []


def test_the_commands_take_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zones, tracks = zone_file(tmp_path / "z.geojson"), track_file(tmp_path / "t.csv")
    out = str(tmp_path / "cases")
    assert main(["check", "--zones", zones, tracks, "-q", "--evidence", out, "--only-target"]) == 1
    for path in Path(out).iterdir():
        assert b"DLH" not in opened(path.read_bytes()).data("raw/0001-t.csv")
        assert main(["verify", str(path), "-q"]) == 3
    assert ONLY in capsys.readouterr().out


@given(st.data())
@pytest.mark.parametrize("module", [avr, beast, jsonl, sbs])
def test_of_any_bytes_every_byte_kept_is_where_it_was(module: object, data: st.DataObject) -> None:
    senders, blank = module.senders, module.BLANK  # type: ignore[attr-defined]
    some = data.draw(st.lists(st.sampled_from(MESSAGES) | st.binary(max_size=12), max_size=8).map(b"".join))
    left = kept(some, senders(some), ["icao24:3950c9"], blank)
    assert len(left) == len(some)
    assert all(a in (b, blank[b]) for a, b in zip(left, some, strict=True))
    assert kept(some, senders(some), ["icao24:000001"], blank) == some.translate(blank)


ROWS = [
    {"time_us": 1_633_600_000_000_000 + k, "icao24": name, "callsign": "X", "latitude": 48.8,
     "longitude": 2.3, "altitude": 1000.0, "groundspeed": 100.0, "track": 1.0}
    for k, name in enumerate(("3950c9", "4ca7b3"))
]  # fmt: skip
MESSAGES = [
    data
    for make in (
        lambda rows: as_beast(as_squitters(rows)), lambda rows: as_avr(as_squitters(rows)), as_sbs, as_lines
    )
    for _, data in make(ROWS)
]  # fmt: skip
