"""What a watch said is recomputed from the bytes as they were received, for every incident of recorded
traffic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.incidents.warnings import PredictionParams
from nofly.run.proving.live_case import LiveCase, live_case
from nofly.run.proving.raw_extract import INDEX, Arrival, RawPiece, files_of, pieces_in
from nofly.run.proving.recomputing import heard, recompute
from nofly.run.record.incident_log import Log, read_log
from nofly.store.capture_reading import Header
from nofly.store.sqlite import Store
from nofly.zones.model import Circle, Datum, Limit, Volume, Zone
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from tests.run.proving.live_runs import (
    US,
    Air,
    Said,
    as_avr,
    as_beast,
    as_documents,
    as_lines,
    as_sbs,
    as_squitters,
    flight,
    flown,
    in_chunks,
    paris,
    run_live,
)
from tests.run.watches import RING, START_US, plan_of

Row = dict[str, Any]
KEEP = 1 << 30
LEAST = 2


def rings(places: Sequence[tuple[float, float]], seed: int, count: int = 6) -> list[Zone]:
    """Return circles round some of the places, with and without limits of height."""
    rng = np.random.default_rng(seed)
    out = []
    for k, row in enumerate(rng.choice(len(places), count, replace=False).tolist()):
        radius_m = float(rng.uniform(500.0, 15_000.0))
        upper = Limit(float(rng.uniform(500.0, 6_000.0)), Datum.STD, "made")
        volume = Volume(Circle(places[row], radius_m), None, upper if k % 3 else None)
        out.append(Zone(f"R{k}", f"RING {k}", (volume,)))
    return out


@dataclass(frozen=True)
class Brought:
    """A run: the feeds' URLs, what comes on each, and places that something flies through."""

    urls: dict[str, str]
    said: dict[str, list[Said]]
    places: list[tuple[float, float]]


def beast_flight(shared: Path) -> Brought:
    frames = flight(shared, slice(6_000, 12_000))
    said = in_chunks(as_beast(frames), US // 2)
    places = flown(shared, slice(6_000, 12_000))
    return Brought({"north": "beast+tcp://127.0.0.1:9"}, {"north": said}, places)


def _paris(shared: Path) -> tuple[list[Row], list[tuple[float, float]]]:
    rows = paris(shared)
    rows = [row for row in rows if row["time_us"] < rows[0]["time_us"] + 1_200 * US]
    return rows, [(row["latitude"], row["longitude"]) for row in rows[::20]]


def beast_many(shared: Path) -> Brought:
    rows, places = _paris(shared)
    said = in_chunks(as_beast(as_squitters(rows)), US)
    return Brought({"north": "beast+tcp://127.0.0.1:9"}, {"north": said}, places)


def avr_many(shared: Path) -> Brought:
    rows, places = _paris(shared)
    said = in_chunks(as_avr(as_squitters(rows)), US)
    return Brought({"north": "avr+tcp://127.0.0.1:9"}, {"north": said}, places)


def sbs_many(shared: Path) -> Brought:
    rows, places = _paris(shared)
    return Brought({"north": "sbs+tcp://127.0.0.1:9"}, {"north": in_chunks(as_sbs(rows), US)}, places)


def aircraft_json(shared: Path) -> Brought:
    rows, places = _paris(shared)
    said = [Said(time_us, data) for time_us, data in as_documents(rows)]
    return Brought({"north": "readsb+http://127.0.0.1:9/aircraft.json"}, {"north": said}, places)


def lines_on_stdin(shared: Path) -> Brought:
    rows, places = _paris(shared)
    return Brought({"in": "jsonl+stdin:"}, {"in": in_chunks(as_lines(rows), 3 * US)}, places)


def two_feeds(shared: Path) -> Brought:
    """Two receivers hear the same sky; one is cut off in the midst of a record, and connected again."""
    rows, places = _paris(shared)
    beast = in_chunks(as_beast(as_squitters(rows[::2])), US)
    beast[300] = Said(beast[300].time_us, beast[300].data[:-5], closes=True)
    said = {"north": beast, "south": in_chunks(as_sbs(rows[1::2]), 2 * US)}
    urls = {"north": "beast+tcp://127.0.0.1:9", "south": "sbs+tcp://127.0.0.1:8"}
    return Brought(urls, said, places)


RUNS = [beast_flight, beast_many, avr_many, sbs_many, aircraft_json, lines_on_stdin, two_feeds]


def recorded(brought: Brought, law: Sequence[Zone], state: Path, **watch: Any) -> Log:
    """Run a watch on what is brought, and return what it recorded."""
    settings = {"capture_bytes": KEEP, "capture_days": 30.0, **watch}
    run_live(plan_of(state, law, [*brought.urls.items()], **settings), Air(brought.said))
    return log_of(state)


def log_of(state: Path) -> Log:
    with Store(state / "record.sqlite", read_only=True) as store:
        return read_log(store.read())


def proved(state: Path, log: Log) -> list[LiveCase]:
    return [live_case(state, log, name) for name, one in log.incidents.items() if one.stays]


def lines(name: str, seconds: Sequence[float], lon: Callable[[float], float], **told: Any) -> list[Said]:
    """Return the reports of an aircraft along a parallel, a chunk each."""
    out = []
    for second in seconds:
        time_us = START_US + round(second * US)
        row = {"time_us": time_us, "target_id": name, "lat_deg": 50.0, "lon_deg": lon(second), **told}
        out.append(Said(time_us, json.dumps(row).encode() + b"\n"))
    return out


def through(seconds: Sequence[float], **told: Any) -> list[Said]:
    """Return the way of one who flies through the ring in the middle of ten minutes."""
    return lines("icao24:4b0001", seconds, lambda s: 14.0 + (s - 300.0) * 0.001, alt_std_m=1000.0, **told)


def only(state: Path, log: Log) -> LiveCase:
    (case,) = proved(state, log)
    return case


def brought_lines(said: list[Said]) -> Brought:
    return Brought({"in": "jsonl+tcp://127.0.0.1:9?lateness_s=0"}, {"in": said}, [])


def test_who_was_named_by_a_callsign_sent_an_hour_before_is_recomputed_from_as_far_back(
    tmp_path: Path,
) -> None:
    exempt = Exemption((Predicate(PredicateKind.CALLSIGN, ("POLICE*",)),), "agreed", "test")
    law = [replace(RING, rule=Rule(exempt=(exempt,)))]
    told = [*lines("icao24:4b0001", [-4_000.0], lambda _: 13.0, callsign="POLICE1", alt_std_m=1000.0),
            *lines("icao24:4b0001", range(-3_990, 0, 60), lambda _: 13.0, alt_std_m=1000.0),
            *through(range(0, 600, 5))]  # fmt: skip
    case = only(tmp_path, recorded(brought_lines(told), law, tmp_path))
    (row,) = case.incident.verdicts.values()
    assert (row["status"], row["callsign"]) == ("exempt", "POLICE1")
    assert case.differences == []
    assert case.incident.first_us - case.from_us == 9_600 * US


def test_what_retention_took_away_is_said_field_by_field(tmp_path: Path) -> None:
    named = lines("icao24:4b0001", [-4_000.0], lambda _: 13.0, callsign="POLICE1", alt_std_m=1000.0)
    told = [*lines("icao24:4b0001", range(-3_990, 0, 60), lambda _: 13.0, alt_std_m=1000.0),
            *through(range(0, 600, 5))]  # fmt: skip
    # Each process begins a segment of its own.
    recorded(brought_lines(named), [RING], tmp_path)
    (first,) = (tmp_path / "capture" / "in").iterdir()
    log = recorded(brought_lines(told), [RING], tmp_path)
    first.unlink()
    case = only(tmp_path, log)
    assert [(one.field, one.recorded, one.recomputed) for one in case.differences] == [
        ("callsign", "POLICE1", None)
    ]
    assert case.why[0].startswith("The raw bytes from before 2026-09-2")


def test_without_a_capture_nothing_is_recomputed_and_that_is_said(tmp_path: Path) -> None:
    log = recorded(brought_lines(through(range(0, 600, 5))), [RING], tmp_path, capture_bytes=0)
    case = only(tmp_path, log)
    assert case.pieces == []
    assert case.differences == []
    assert case.why[0].startswith("The watch kept no raw bytes")
    assert len(case.reports) > 20


def test_reports_that_came_late_are_recomputed_as_they_were_amended(tmp_path: Path) -> None:
    said = through(range(0, 600, 5))
    late = [Said(said[60].time_us + 40 * US, said[57].data), Said(said[80].time_us + 8 * US, said[79].data)]
    said = sorted([*said[:57], *said[58:79], *said[80:], *late], key=lambda one: one.time_us)
    case = only(tmp_path, recorded(brought_lines(said), [RING], tmp_path))
    assert case.differences == []


def test_who_is_still_inside_is_recomputed_up_to_his_entry(tmp_path: Path) -> None:
    said = [*through(range(0, 300, 5)), *lines("icao24:4b0002", range(300, 320), lambda _: 9.0)]
    run_live(
        plan_of(tmp_path, [RING], [("in", "jsonl+tcp://127.0.0.1:9")], capture_bytes=KEEP),
        Air({"in": said}), stop_after=300,
    )  # fmt: skip
    log = log_of(tmp_path)
    case = only(tmp_path, log)
    assert case.incident.open or case.incident.verdicts
    assert case.differences == []


def test_a_warning_that_nothing_followed_is_no_case(tmp_path: Path) -> None:
    said = through(range(0, 200, 5), gs_mps=71.6, track_deg=90.0)
    urls = [("in", "jsonl+tcp://127.0.0.1:9")]
    plan = plan_of(tmp_path, [RING], urls, capture_bytes=KEEP, prediction=PredictionParams())
    run_live(plan, Air({"in": said}))
    log = log_of(tmp_path)
    (name,) = (name for name, one in log.incidents.items() if not one.stays)
    with pytest.raises(InputError, match="a warning that nothing followed"):
        live_case(tmp_path, log, name)


def test_the_law_of_that_moment_stands_though_the_zone_is_another_by_now(tmp_path: Path) -> None:
    log = recorded(brought_lines(through(range(0, 600, 5))), [RING], tmp_path)
    later = [replace(RING, volumes=(Volume(Circle((40.0, 4.0), 5000.0)),))]
    for k in range(2):
        said = lines("icao24:4b0002", range(700 + k * 100, 760 + k * 100), lambda _: 9.0)
        recorded(brought_lines(said), [replace(later[0], name=f"LATER {k}")], tmp_path)
    case = only(tmp_path, log)
    assert case.differences == []
    assert case.edition.zone == RING


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_extract_that_was_changed_is_refused_or_is_another(data: st.DataObject) -> None:
    header = Header("in", "jsonl", {}, False, 0, 0)
    arrivals = (
        Arrival(START_US, 5, "opened"),
        Arrival(START_US + 1, 3, "", 2),
        Arrival(START_US + 2, 0, "closed"),
    )
    pieces = [RawPiece(header, b"12345678", arrivals)]
    files = files_of(pieces)
    assert pieces_in(files) == pieces
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    wrong = bytearray(files[name])
    wrong[at] ^= data.draw(st.integers(1, 255))
    try:
        found = pieces_in({**files, name: bytes(wrong)})
    except InputError:
        return
    assert found != pieces or name == INDEX


def again(case: LiveCase) -> Any:
    """Return what the extract comes to once it was written to files and read again."""
    parts, _ = heard(pieces_in(files_of(case.pieces)), str(case.incident.target_id))
    return recompute(parts, case.edition, case.order)


@pytest.mark.thorough
@pytest.mark.parametrize("run", RUNS)
def test_every_incident_of_a_live_run_is_recomputed_from_its_bytes(
    run: Callable[[Path], Brought], shared: Path, tmp_path: Path
) -> None:
    brought = run(shared)
    log = recorded(brought, rings(brought.places, 1, 8 if run is beast_flight else 2), tmp_path)
    cases = proved(tmp_path, log)
    assert len(cases) >= LEAST
    for case in cases:
        assert case.differences == []
        assert case.why == []
        made = again(case)
        verdicts = case.incident.verdicts
        assert {stay: made.verdicts[stay] for stay in verdicts} == verdicts
        assert {piece.header.feed for piece in case.pieces} <= brought.urls.keys()
