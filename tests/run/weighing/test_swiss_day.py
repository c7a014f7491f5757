"""A recorded Swiss day against brute force: every segment cut by shapely, every flight told by a loop."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely

from nofly.incidents.warnings import PredictionParams
from nofly.run.files.trackfiles import read_batches
from nofly.run.warnings.report import report
from nofly.run.weighing.weigh import Asked, Weighed, weigh
from nofly.whatif.effect import HOUR_US, Outcome
from nofly.zones.model import Datum, EdgeKind, Limit, Polygon, Volume, Zone
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule

ALPS = [(7.5, 46.2), (8.9, 46.2), (8.9, 46.9), (8.2, 46.55), (7.5, 46.9)]
SMALL = [(8.30, 47.05), (8.42, 47.02), (8.45, 47.12), (8.33, 47.16)]
FLOOR_FT, CEILING_FT = 28_000, 36_500


def limit(feet: int) -> Limit:
    return Limit(feet * 0.3048, Datum.STD, f"FL{feet // 100}")


def zone(name: str, corners: list[tuple[float, float]]) -> Zone:
    ring = tuple((lat, lon) for lon, lat in corners)
    return Zone(
        name, name, (Volume(Polygon(ring, edge_kind=EdgeKind.PLANAR), limit(FLOOR_FT), limit(CEILING_FT)),)
    )


def asked(*zones: Zone, **more: Any) -> Asked:
    return Asked(zones, airports=False, **more)


@pytest.fixture(scope="module")
def day(shared: Path) -> Path:
    return shared / "traffic/switzerland.json.gz"


@pytest.fixture(scope="module")
def weighed(day: Path) -> Weighed:
    return weigh(asked(zone("A", ALPS), zone("B", SMALL), prediction=PredictionParams()), read_batches(day))


Flown = dict[str, list[dict[str, Any]]]


def tracks(day: Path) -> Flown:
    """Return the rows of each aircraft, in order of time, one an instant."""
    rows = json.loads(gzip.decompress(day.read_bytes()))
    by_aircraft: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        by_aircraft[row["icao24"]].setdefault(row["timestamp"], row)
    return {name: [of[at] for at in sorted(of)] for name, of in by_aircraft.items()}


def spans(rows: list[dict[str, Any]], area: shapely.Polygon) -> list[tuple[float, float]]:
    """Return when a flight was inside, in milliseconds: each segment cut on its own."""
    found: list[tuple[float, float]] = []
    for a, b in pairwise(rows):
        if b["timestamp"] - a["timestamp"] > 120_000:
            continue
        line = shapely.LineString([(a["longitude"], a["latitude"]), (b["longitude"], b["latitude"])])
        if not line.intersects(area):
            continue
        climb = b["altitude"] - a["altitude"]
        low, high = 0.0, 1.0
        if climb:
            ends = sorted((limit - a["altitude"]) / climb for limit in (FLOOR_FT, CEILING_FT))
            low, high = max(low, ends[0]), min(high, ends[1])
        elif not FLOOR_FT <= a["altitude"] <= CEILING_FT:
            continue
        for part in shapely.get_parts(shapely.intersection(line, area)):
            if part.geom_type != "LineString":
                continue
            along = sorted(
                line.project(shapely.Point(c), normalized=True) for c in (part.coords[0], part.coords[-1])
            )
            since, until = max(along[0], low), min(along[1], high)
            if since < until:
                t = [a["timestamp"] + x * (b["timestamp"] - a["timestamp"]) for x in (since, until)]
                if found and t[0] - found[-1][1] < 0.5:
                    found[-1] = (found[-1][0], t[1])
                else:
                    found.append((t[0], t[1]))
    return found


def by_hand(day: Path) -> dict[int, dict[tuple[str, int], float]]:
    """Return by hour the seconds that each flight was inside either zone; a flight is aircraft and first
    report."""
    area = shapely.union_all([shapely.Polygon(ALPS), shapely.Polygon(SMALL)])
    found: dict[int, dict[tuple[str, int], float]] = defaultdict(lambda: defaultdict(float))
    for name, rows in tracks(day).items():
        begins, call = [], None
        for k, row in enumerate(rows):
            heard = (row["callsign"] or "").strip() or None
            silent = k and row["timestamp"] - rows[k - 1]["timestamp"] > 1_800_000
            if not k or silent or (heard and call and heard != call):
                begins.append(row["timestamp"])
                call = None
            call = heard or call
        begins.append(float("inf"))
        for since, until in spans(rows, area):
            for first, then in pairwise(begins):
                a, b = max(since, first), min(until, then)
                hour = int(a // 3_600_000)
                while a < b:
                    end = min(b, (hour + 1) * 3_600_000)
                    found[hour][name, int(first)] += (end - a) / 1000
                    a, hour = end, hour + 1
    return found


def test_the_same_flights_hour_by_hour_as_by_brute_force(day: Path, weighed: Weighed) -> None:
    expected = by_hand(day)
    found: dict[int, dict[tuple[str, int], float]] = defaultdict(dict)
    for hit in weighed.effect.hits:
        for hour, seconds in hit.hours.items():
            found[hour][hit.icao24 or "", hit.first_us // 1000] = seconds
    assert sum(map(len, expected.values())) > 60, "something to compare"
    assert {h: sorted(flights) for h, flights in found.items()} == {h: sorted(f) for h, f in expected.items()}
    for hour, flights in expected.items():
        assert found[hour] == pytest.approx(flights, abs=0.5)
    inside = {hour.start_us // HOUR_US: hour.inside for hour in weighed.effect.hours if hour.inside}
    assert inside == {hour: len(flights) for hour, flights in expected.items()}


def test_counts_stand_beside_what_they_are_out_of(day: Path, weighed: Weighed) -> None:
    effect = weighed.effect
    rows = [row for of in tracks(day).values() for row in of]
    assert effect.reports == 139_098
    assert effect.span_us[0] == min(row["timestamp"] for row in rows) * 1000
    assert sum(share.flights for share in effect.operators()) == len(effect.hits)
    assert sum(hour.inside for hour in effect.hours) == sum(len(hit.hours) for hit in effect.hits)
    assert {hour.start_us // HOUR_US for hour in effect.hours if hour.heard} == {
        row["timestamp"] // 3_600_000 for row in rows
    }
    hours = effect.flights_an_hour()
    assert (hours.count, hours.total_value) == (17, sum(hour.inside for hour in effect.hours))


def test_warnings_are_those_that_a_report_on_warnings_counts(day: Path, weighed: Weighed) -> None:
    """Only who is near is looked at: that changes no warning."""
    zones = [zone("A", ALPS), zone("B", SMALL)]
    told = report(zones, read_batches(day), PredictionParams())
    assert weighed.warnings is not None
    assert weighed.warnings.situations == told.situations
    assert weighed.given == sum(s.warned_us is not None for s in told.situations) > 50
    assert weighed.warnings.flown_h == pytest.approx(told.flown_h, rel=1e-3)


def test_who_is_exempt_is_told_apart_with_the_reason(day: Path, weighed: Weighed) -> None:
    swiss = Exemption((Predicate(PredicateKind.OPERATOR, ("DLH", "BAW")),), "two operators are exempt")
    ruled = replace(zone("A", ALPS), rule=Rule(exempt=(swiss,)))
    found = weigh(asked(ruled), read_batches(day)).effect
    exempt = [hit for hit in found.hits if hit.outcome is Outcome.EXEMPT]
    assert {hit.operator for hit in exempt} == {"DLH", "BAW"}
    assert all("two operators are exempt" in one.reason for hit in exempt for one in hit.inside)
    assert not any(
        hit.operator in ("DLH", "BAW") for hit in found.hits if hit.outcome is Outcome.INFRINGEMENT
    )


def test_a_zone_in_place_of_another_changes_what_it_says(day: Path, weighed: Weighed) -> None:
    found = weigh(asked(zone("B", SMALL), instead_of=(zone("A", ALPS),)), read_batches(day))
    change = found.change
    assert change is not None
    assert len(change.no_longer) + len(change.both) == len(change.before.hits)
    assert len(change.newly) + len(change.both) == len(change.after.hits) == len(found.effect.hits)
    assert change.newly
    assert change.no_longer
    alone = weigh(asked(zone("B", SMALL)), read_batches(day))
    assert alone.effect.hits == found.effect.hits, "the other zone changes nothing of this one"
