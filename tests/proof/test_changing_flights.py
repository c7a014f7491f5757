"""What is true of a flight that turns several times, gains and loses speed, or comes in through the ceiling
is never refused; moved beyond its error it is."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly.geo.geodesic import length_and_azimuths, point_at
from nofly.incidents.record import Infringement
from nofly.proof.claiming.fastest import fastest_mps
from nofly.proof.claiming.verdicts import Verdict
from nofly.units import US_PER_S
from nofly.zones.model import Datum, Limit, Zone
from tests.proof.test_claims_hold import REFUSED, answered, stay_of, written
from tests.proof.turning_flights import ADDRESS, START_US, Flight, flown, positions, star

pytestmark = pytest.mark.thorough
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
BANK_MPS2 = 9.80665 * 1.43
ACCEL_MPS2 = 5.0


@st.composite
def changing(draw: st.DrawFn) -> Flight:
    """Draw a zone and a flight of three arcs that gains or loses speed in each."""
    lat, lon = draw(st.floats(-60.0, 65.0)), draw(st.floats(-170.0, 170.0))
    size_m = draw(st.floats(4_000.0, 40_000.0))
    zone = star(lat, lon, [size_m * r for r in draw(st.lists(st.floats(0.5, 1.0), min_size=5, max_size=8))])
    speed = draw(st.floats(120.0, 300.0))
    each_s = max(4, int(size_m / speed / draw(st.floats(1.0, 2.0))))
    turns = [draw(st.sampled_from([0.0, 0.3, -0.3, 0.6, -0.6])) for _ in range(3)]
    gains = [draw(st.floats(-1.0, 1.0)) * min(ACCEL_MPS2, 50.0 / each_s) for _ in range(3)]
    away = draw(st.floats(0.0, 360.0))
    at, heading, places = point_at(lat, lon, away, 1.1 * size_m), away + 180.0, []
    for k in range(6 * each_s):
        part = min(k // each_s, 2)
        places.append(at)
        speed = min(max(speed + gains[part], 80.0), 350.0)
        most_dps = min(math.degrees(BANK_MPS2 / speed), 90.0 / each_s)
        turn_dps = turns[part] * most_dps
        at = point_at(*at, heading + 0.5 * turn_dps, speed)
        heading += turn_dps
    return Flight(zone, positions(places, US_PER_S), speed)


def mean_mps(flight: Flight, stay: Infringement) -> float:
    """Return the mean speed inside, by the places of its reports."""
    rows = flight.positions
    inside = (rows.time_us > stay.entry_time_us) & (rows.time_us < stay.exit_time_us)
    places = [
        (stay.entry_lat_deg, stay.entry_lon_deg),
        *zip(rows.lat_deg[inside].tolist(), rows.lon_deg[inside].tolist(), strict=True),
        (stay.exit_lat_deg, stay.exit_lon_deg),
    ]
    return sum(length_and_azimuths(*a, *b)[0] for a, b in pairwise(places)) / stay.duration_s


@FEW
@given(changing())
def test_what_is_true_of_a_changing_flight_is_never_refused(flight: Flight) -> None:
    stay = stay_of(flight)
    known = replace(flight, speed_mps=mean_mps(flight, stay))
    claim = written(known, stay, about=f'{{ address = "{ADDRESS}", class = "fast-jet" }}')
    for tracks in (True, False):
        entry = answered(claim, known, tracks)
        assert entry.verdict not in REFUSED, (entry.best.points, entry.best.fit)


@FEW
@given(changing())
def test_what_is_moved_beyond_its_error_is_refused(flight: Flight) -> None:
    stay = stay_of(flight)
    known = replace(flight, speed_mps=mean_mps(flight, stay))
    way_km = stay.duration_s * known.speed_mps / 1000
    for other in (
        {"speed": f'"{known.speed_mps * 3.6 * 1.3 + 20:.1f} km/h"'},
        {"length": f'"{way_km * 1.3 + 0.2:.2f} km"'},
        {"depth": f'"{way_km * 0.6 + 0.1:.2f} km"'},
    ):
        entry = answered(written(known, stay, **other), known, tracks=False)
        assert entry.verdict is Verdict.SELF_INCONSISTENT, other


def capped(zone: Zone) -> Zone:
    """Return a zone with a ceiling at FL200."""
    (volume,) = zone.volumes
    return replace(zone, volumes=(replace(volume, upper=Limit(20_000 * 0.3048, Datum.STD, "FL200")),))


def test_who_comes_in_through_the_ceiling_may_be_deeper_than_half_its_way() -> None:
    zone = star(50.0, 10.0, [20_000.0] * 8)
    level = flown(zone, (50.0, 9.6), 90.0, 200.0, 0.0, 330)
    rows = level.positions
    middle_us = START_US + 145 * US_PER_S
    heights = np.where(rows.time_us < middle_us, 7_000.0, 5_000.0)
    rows = replace(rows, columns={**rows.columns, "alt_std_m": heights})
    through = Flight(capped(zone), rows, 200.0)
    stay = stay_of(through)
    assert (stay.depth_m or 0.0) > 0.6 * stay.duration_s * 200.0
    assert answered(written(through, stay), through).verdict not in REFUSED
    blind = answered(written(through, stay), through, tracks=False)
    assert blind.verdict not in REFUSED, blind.best.fit
    walled = Flight(zone, rows, 200.0)
    assert answered(written(through, stay), walled, tracks=False).verdict is Verdict.SELF_INCONSISTENT


def test_a_bend_is_flown_slower_and_speed_is_gained_as_fast_as_can_be() -> None:
    arcs, bends = np.array([[1000.0, 0.0, 0.0]]), np.zeros((1, 3))
    assert fastest_mps(arcs, bends, 10.0, 5.0, 300.0)[0] == pytest.approx(300.0)
    bends[0, 0] = 1.0 / 1000.0
    assert fastest_mps(arcs, bends, 10.0, 5.0, 300.0)[0] == pytest.approx(100.0)
    arcs, bends = np.array([[1000.0, 1000.0, 0.0]]), np.array([[1.0 / 1000.0, 0.0, 0.0]])
    # A bend at 100 m/s, then 1,000 m that begin at that speed and gain 5 m/s each second.
    later_s = (math.sqrt(100.0**2 + 2 * 5.0 * 1000.0) - 100.0) / 5.0
    assert fastest_mps(arcs, bends, 10.0, 5.0, 300.0)[0] == pytest.approx(2000.0 / (10.0 + later_s))
    assert fastest_mps(arcs, bends, 10.0, 1e9, 300.0)[0] == pytest.approx(2000.0 / (10.0 + 1000.0 / 300.0))
