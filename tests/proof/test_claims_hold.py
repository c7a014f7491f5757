"""What is true of a flight is never called contradicted or self-inconsistent; moved beyond its error it is;
and it does not matter who says it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings

from nofly.geo.geodesic import length_and_azimuths
from nofly.incidents.record import Cause, Infringement
from nofly.proof.claiming.against import Record
from nofly.proof.claiming.claim_file import parse
from nofly.proof.claiming.sheet import Entry, sheet
from nofly.proof.claiming.trace import Shape, Trace
from nofly.proof.claiming.verdicts import Verdict
from nofly.proof.claims import ClaimFile, Statement
from nofly.run.api import check
from tests.proof.turning_flights import ADDRESS, Flight, flights

REFUSED = (Verdict.CONTRADICTED, Verdict.SELF_INCONSISTENT)
pytestmark = pytest.mark.thorough
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def stay_of(flight: Flight) -> Infringement:
    """Return a stay with both its ends seen, long and deep enough to be spoken of."""
    result = check(flight.positions, flight.zone)
    whole = [
        s for s in result.infringements
        if s.cause is Cause.MOVED and s.exit_cause is Cause.MOVED and s.duration_s > 8.0
        and (s.depth_m or 0.0) > 150.0
    ]  # fmt: skip
    if not whole:
        reject()
    return max(whole, key=lambda s: s.duration_s)


def written(flight: Flight, stay: Infringement, **other: str) -> ClaimFile:
    """Return a claim of what is true of a stay, with some of it put otherwise."""
    way_m = stay.duration_s * flight.speed_mps
    chord = length_and_azimuths(stay.entry_lat_deg, stay.entry_lon_deg, stay.exit_lat_deg, stay.exit_lon_deg)
    stated = {
        "inside": '"ever"', "time": f'"{_time(stay.entry_time_us)}"', "time_error": '"1 s"',
        "duration": f'"{stay.duration_s:.1f} s"', "depth": f'"{(stay.depth_m or 0.0) / 1000:.2f} km"',
        "length": f'"{way_m / 1000:.2f} km"', "speed": f'"{flight.speed_mps * 3.6:.1f} km/h"',
        "track": f'"{chord[1] % 360.0:.1f} ± 3°"', "about": f'{{ address = "{ADDRESS}", class = "any" }}',
        **other,
    }  # fmt: skip
    lines = "\n".join(f"{key} = {value}" for key, value in stated.items())
    return parse(
        f'format = "nofly-claims/1"\ntitle = "T"\n[[statement]]\nwho = "A"\nsays = "B"\nzone = "Z"\n{lines}\n'
    )


def _time(time_us: int) -> str:
    from nofly.run.outputs.text import iso_time

    return iso_time(time_us)


def answered(claim: ClaimFile, flight: Flight, tracks: bool = True) -> Entry:
    """Return the sheet's entry for the one statement, with the tracks of the flight or without."""
    result = check(flight.positions, flight.zone) if tracks else None

    def recorded(statement: Statement, shape: Shape) -> Record | None:
        if result is None:
            return None
        return Record(shape, Trace(flight.positions), tuple(result.infringements), result.span_us)

    return sheet(claim, [flight.zone], recorded)[0]


@FEW
@given(flights())
def test_what_is_true_is_never_refused(flight: Flight) -> None:
    stay = stay_of(flight)
    claim = written(flight, stay)
    for tracks in (True, False):
        entry = answered(claim, flight, tracks)
        told = [(p.what, p.verdict, p.reasons) for p in entry.best.points], entry.best.fit
        assert entry.verdict not in REFUSED, told


@FEW
@given(flights())
def test_what_is_true_and_fine_is_supported(flight: Flight) -> None:
    stay = stay_of(flight)
    assume(stay.certainty.value == "confirmed" and stay.duration_s > 30.0 and (stay.depth_m or 0) > 500.0)
    entry = answered(written(flight, stay), flight)
    assert {p.verdict for p in entry.best.points} <= {Verdict.SUPPORTED, Verdict.NOT_SHOWN}
    assert next(p for p in entry.best.points if p.what == "ever inside").verdict is Verdict.SUPPORTED


@FEW
@given(flights())
def test_what_is_moved_beyond_its_error_is_contradicted(flight: Flight) -> None:
    stay = stay_of(flight)
    assume(stay.certainty.value == "confirmed")
    for other in (
        {"inside": '"never"'},
        {"duration": f'"{stay.duration_s * 1.5 + 20:.1f} s"'},
        {"depth": f'"{(stay.depth_m or 0.0) / 1000 + 0.4:.2f} km"'},
        {"speed": f'"{flight.speed_mps * 3.6 + 120:.1f} km/h"'},
        {"length": f'"{stay.duration_s * flight.speed_mps / 1000 * 1.5 + 9.0:.2f} km"'},
    ):
        entry = answered(written(flight, stay, **other), flight)
        assert entry.verdict in REFUSED, (other, entry.best)


@FEW
@given(flights())
def test_numbers_that_do_not_fit_one_flight_are_self_inconsistent(flight: Flight) -> None:
    stay = stay_of(flight)
    way_km = stay.duration_s * flight.speed_mps / 1000
    for other in (
        {"speed": f'"{flight.speed_mps * 3.6 * 1.3 + 20:.1f} km/h"'},
        {"length": f'"{way_km * 1.3 + 0.2:.2f} km"'},
        {"depth": f'"{way_km * 0.6 + 0.1:.2f} km"'},
        {"duration": f'"{stay.duration_s * 1.3 + 2:.1f} s"'},
    ):
        entry = answered(written(flight, stay, **other), flight, tracks=False)
        assert entry.verdict is Verdict.SELF_INCONSISTENT, (other, entry.best)


@FEW
@given(flights())
def test_deeper_than_the_zone_is_deep_is_self_inconsistent(flight: Flight) -> None:
    stay = stay_of(flight)
    claim = written(
        flight, stay, depth='"41 km"', length='"82–200 km"', duration='"100–2000 s"', speed='"60–4000 kt"',
        track='"0–360°"',
    )  # fmt: skip
    entry = answered(claim, flight, tracks=False)
    assert entry.verdict is Verdict.SELF_INCONSISTENT
    assert entry.best.fit is not None
    assert any("paths through the zone fit" in reason for reason in entry.best.fit.reasons)


@FEW
@given(flights())
def test_swapping_the_sides_swaps_nothing_else(flight: Flight) -> None:
    stay = stay_of(flight)
    one = replace(written(flight, stay).statements[0], id="one", who="A", side="A")
    other = replace(written(flight, stay, inside='"never"').statements[0], id="other", who="B", side="B")
    base = written(flight, stay)
    result = check(flight.positions, flight.zone)

    def recorded(statement: Statement, shape: Shape) -> Record:
        return Record(shape, Trace(flight.positions), tuple(result.infringements), result.span_us)

    def told(statements: tuple[Statement, ...]) -> dict[str, object]:
        entries = sheet(replace(base, statements=statements), [flight.zone], recorded)
        return {
            e.statement.id: [
                (a.reading.name, a.verdict, a.points, a.fit and a.fit.reasons) for a in e.answers
            ]
            for e in entries
        }

    swapped = replace(other, who="A", side="A"), replace(one, who="B", side="B")
    assert told((one, other)) == told(swapped)


@pytest.mark.parametrize("inside", ["ever", "never"])
def test_who_denies_and_who_affirms_is_answered_by_the_same_facts(inside: str) -> None:
    from tests.proof.turning_flights import flown, star

    zone = star(50.0, 10.0, [20_000.0] * 6)
    flight = flown(zone, (50.0, 9.5), 90.0, 200.0, 0.0, 400)
    entry = answered(written(flight, stay_of(flight), inside=f'"{inside}"'), flight)
    point = next(p for p in entry.best.points if p.what == f"{inside} inside")
    assert point.verdict is (Verdict.SUPPORTED if inside == "ever" else Verdict.CONTRADICTED)
    assert "inside for" in point.reasons[0]
    assert math.isclose(stay_of(flight).duration_s * 200.0, 40_000.0 * math.sqrt(3) / 2, rel_tol=0.2)
