"""Live is recorded: the engine, however its stream is cut, ends with the records of a check."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.incidents import open_stays
from nofly.incidents.inhibition import Inhibition
from nofly.incidents.machine import Params
from nofly.run.check import CheckOptions, check
from nofly.run.files.heightfiles import load_geoid
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.judging.preparing import Aids
from nofly.run.leaving import stream as leaving
from nofly.run.live import heard
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.run.live.predicting import Predictor
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.columns import record
from nofly.schema import Coded, Positions
from nofly.zones.model import Polygon, Restriction
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from tests.kernel.strategies import EPOCH_US, Case, Report, cases, positions_of, zone
from tests.run.watches import RING, flight

AIDS = Aids(geoid=load_geoid())
cut_places = st.sets(st.integers(0, 500), max_size=6)


def judged(bodies: list[Body]) -> list[dict[str, Any]]:
    """Return the last verdict on each stay, in the order of a check."""
    last = {body["stay"]: body["verdict"] for body in bodies if body["kind"] == JUDGED}
    return sorted(last.values(), key=lambda v: (v["entry_time"], v["zone_id"], v["target_id"]))


def live(
    positions: Positions, make: Callable[[], Engine], cuts: set[int], *, until: bool = True
) -> list[Body]:
    """Return what is recorded of positions in order of time; at every cut a new engine takes up the state."""
    engine = make()
    edges = sorted({0, len(positions), *(cut % (len(positions) + 1) for cut in cuts)})
    bodies: list[Body] = []
    for first, end in itertools.pairwise(edges):
        batch = positions.take(slice(first, end))
        tick = engine.step(batch, int(batch.time_us.max()) if until else 0)
        assert tick.late is None
        bodies += tick.bodies
        state = engine.save()
        engine = make()
        engine.load(state)
        assert engine.save() == state
    return bodies + engine.finish().bodies


def recorded(zones: Any, positions: Positions, max_gap_s: float) -> list[dict[str, Any]]:
    result = check(
        zones, [TrackBatch(positions, [], "made", "made", 0, 0)], CheckOptions(max_gap_s=max_gap_s, threads=1)
    )
    return sorted(
        map(record, result.infringements), key=lambda v: (v["entry_time"], v["zone_id"], v["target_id"])
    )


def dressed(positions: Positions, seed: int) -> Positions:
    """Return positions with callsigns, squawks, accuracies and speeds that come, go and change."""
    rng = np.random.default_rng(seed)
    n = len(positions)
    names = ["AAA1", "BBB2", "CCC3"]
    texts = {
        name: Coded(np.where(rng.random(n) < 0.6, -1, rng.integers(0, 3, n)).astype(np.int32), names)
        for name in ("callsign", "squawk")
    }
    columns = {
        **positions.columns, "nac_p": rng.choice([-1, -1, 8, 10, 0], n).astype(np.int8),
        "gs_mps": rng.choice([np.nan, 100.0, 250.0], n), "track_deg": rng.choice([np.nan, 90.0], n),
    }  # fmt: skip
    return replace(positions, columns=columns, texts=texts)


@settings(max_examples=-(-settings.default.max_examples // 2), deadline=None)
@given(cases(), cut_places, st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_live_is_recorded(flight: Case, cuts: set[int], seed: int, until: bool, many: bool) -> None:
    """So it is where a handful counts as many, which are gone through otherwise."""
    positions = dressed(positions_of(flight.reports), seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))

    def make() -> Engine:
        return Engine(flight.zones, EngineOptions(flight.max_gap_s, Params(30.0, 60.0), AIDS))

    with pytest.MonkeyPatch.context() as patch:
        if many:
            patch.setattr(heard, "_FEW", 0)
            patch.setattr(open_stays, "_FEW", 0)
        found = judged(live(positions, make, cuts, until=until))
    assert found == recorded(flight.zones, positions, flight.max_gap_s)


@settings(max_examples=-(-settings.default.max_examples // 4), deadline=None)
@given(cases(), cut_places, st.integers(0, 2**32 - 1))
def test_what_a_recording_holds_twice_is_counted_once_as_a_watch_counts_it(
    flight: Case, cuts: set[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    once = dressed(positions_of(flight.reports), seed)
    once = once.take(np.argsort(once.time_us, kind="stable"))
    twice = once.take(np.repeat(np.arange(len(once)), rng.integers(1, 4, len(once))))
    station = {"station": Coded(np.zeros(len(twice), np.int32), ["one"])}

    def make() -> Engine:
        return Engine(flight.zones, EngineOptions(flight.max_gap_s, Params(30.0, 60.0), AIDS))

    found = judged(live(replace(twice, texts={**twice.texts, **station}), make, cuts))
    assert found == recorded(flight.zones, twice, flight.max_gap_s)
    assert found == recorded(flight.zones, once, flight.max_gap_s)


@pytest.mark.thorough
@settings(deadline=None, max_examples=-(-settings.default.max_examples // 3))
@given(case=cases("anywhere", "several", "scheduled"), cuts=cut_places, seed=st.integers(0, 2**32))
def test_what_happens_is_told_by_the_names_of_its_moment(case: Case, cuts: set[int], seed: int) -> None:
    """A callsign that is sent later in the same batch is not that of what happened before."""
    positions = dressed(positions_of(case.reports), seed)

    def told(cuts: set[int]) -> list[tuple[Any, ...]]:
        made = live(positions, lambda: Engine(case.zones, EngineOptions(case.max_gap_s, aids=AIDS)), cuts)
        names = ("kind", "time_us", "zone_id", "target_id", "callsign", "squawk", "status")
        moments = [b for b in made if b["kind"] not in (JUDGED, "closed")]
        return sorted(tuple(str(body.get(name)) for name in names) for body in moments)

    assert told(cuts) == told({*range(len(positions))})


def test_an_entry_and_an_exit_are_told_with_the_height() -> None:
    bodies = live(
        flight("icao24:4ca7b3", EPOCH_US, 120), lambda: Engine([RING], EngineOptions(aids=AIDS)), {7}
    )
    told = {b["kind"]: (b.get("height_m"), b.get("height_datum")) for b in bodies}
    assert told["entered"] == told["exited"] == (1000.0, "STD")


def kept_in(flight: Case, seed: int) -> Case:
    """Return a case in which some zones must not be left, for all or for some."""
    rng = np.random.default_rng(seed)
    rules = [
        None,
        Rule(applies_to=(Predicate(PredicateKind.TARGET, ("t0",)),)),
        Rule(applies_to=(Predicate(PredicateKind.CALLSIGN, ("AAA1", "BBB?")),)),
        Rule(
            applies_to=(
                Predicate(PredicateKind.SQUAWK, ("CCC3",)),
                Predicate(PredicateKind.ADDRESS, ("4b1800",)),
            )
        ),
    ]
    law = []
    for one in flight.zones:
        if rng.random() < 0.7:
            rule = rules[int(rng.integers(len(rules)))]
            one = replace(one, restriction=Restriction.KEEP_IN, rule=rule)
            if rng.random() < 0.3:
                at_us = int(rng.choice([r.time_us for r in flight.reports])) + int(rng.integers(-1, 2))
                law.append(replace(one, edition=2, valid_from_us=at_us))
                one = replace(one, valid_to_us=at_us)
        law.append(one)
    return replace(flight, zones=tuple(law))


@pytest.mark.thorough
@settings(max_examples=settings.default.max_examples, deadline=None)
@given(cases(), cut_places, st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_live_is_recorded_of_zones_that_must_not_be_left(
    case: Case, cuts: set[int], seed: int, until: bool, at_once: bool
) -> None:
    """So it is where what is not needed any more is let go of at once."""
    flight = kept_in(case, seed)
    positions = dressed(positions_of(flight.reports), seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))

    def make() -> Engine:
        return Engine(flight.zones, EngineOptions(flight.max_gap_s, Params(30.0, 60.0), AIDS))

    with pytest.MonkeyPatch.context() as patch:
        if at_once:
            patch.setattr(leaving, "MORE_CHANGES", 0)
        bodies = live(positions, make, cuts, until=until)
    assert judged(bodies) == recorded(flight.zones, positions, flight.max_gap_s)
    assert "contradicted" not in {body["kind"] for body in bodies}


def test_single_reports_far_apart_are_found_and_lost_in_that_order() -> None:
    square = Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0)))
    engine = Engine([zone("R", square)], EngineOptions(aids=AIDS))
    rows = [Report(EPOCH_US + k * 500_000_000, "a", 10.5, 10.5) for k in range(3)]
    bodies = engine.step(positions_of(rows), EPOCH_US + 1_000_000_000).bodies + engine.finish().bodies
    told = [body["kind"] for body in bodies if body["kind"] not in (JUDGED, "closed")]
    assert told == ["entered", "lost"] * 3


@pytest.mark.parametrize(
    ("name", "after_s", "found"),
    [(None, 30, [None]), ("SWR1", 30, [None, "SWR1"]), ("SWR1", 330, [None])],
)
def test_a_verdict_is_told_again_where_more_became_known_within_five_minutes(
    name: str | None, after_s: int, found: list[str | None]
) -> None:
    """The stay ends at 70 s; the callsign is sent later."""
    square = Polygon(((9.9, 10.0), (9.9, 10.07), (10.1, 10.07), (10.1, 10.0)))
    engine = Engine([zone("R", square)], EngineOptions(aids=AIDS))
    rows = [Report(EPOCH_US + k * 1_000_000, "a", 10.0, 10.0 + k / 1000) for k in range(800)]
    positions, first = positions_of(rows), 70 + after_s
    texts = Coded.from_list([None] * first + [name] * (len(rows) - first))
    positions = replace(positions, texts={"callsign": texts})
    bodies: list[Body] = []
    for k in range(0, len(rows), 50):
        batch = positions.take(slice(k, k + 50))
        bodies += engine.step(batch, int(batch.time_us.max())).bodies
    assert [body["callsign"] for body in bodies if body["kind"] == JUDGED] == found


def test_an_inhibited_warning_is_on_record_and_no_state() -> None:
    square = Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0)))
    law = [zone("R", square)]
    until_us = EPOCH_US + 20_000_000
    by = Inhibition("tower", "training", zone="R", until_us=until_us)
    engine = Engine(law, EngineOptions(aids=AIDS), Predictor(law, 120.0, None, [by]))
    rows = [Report(EPOCH_US + k * 1_000_000, "a", 10.5, 9.9 + k * 0.001) for k in range(40)]
    positions = replace(
        positions_of(rows), columns={"gs_mps": np.full(40, 109.0), "track_deg": np.full(40, 90.0)}
    )
    bodies = engine.step(positions, until_us).bodies
    told = [(body["kind"], body["time_us"] < until_us) for body in bodies]
    assert told == [("inhibited", True), ("predicted", False)]
    assert bodies[0]["inhibited"]["who"] == "tower"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), min_size=1, max_size=30), st.booleans())
def test_late_is_whoever_is_older_than_the_last_of_its_target(
    rows: list[tuple[int, int]], decades: bool
) -> None:
    """Times that lie decades apart, of many targets, are no matter."""
    step_us = 10**16 if decades else 1_000_000
    reports = [Report(k * step_us, f"t{target}", 1.0, 2.0) for target, k in rows]
    more = [Report(0, f"u{k}", 1.0, 2.0) for k in range(20)] if decades else []
    engine = Engine([], EngineOptions(aids=AIDS, screening=False))
    tick = engine.step(positions_of([*reports, *more]), 0)
    last: dict[str, int] = {}
    expected = []
    for report in reports:
        if report.time_us < last.get(report.target, 0):
            expected.append((report.target, report.time_us))
        last[report.target] = max(last.get(report.target, 0), report.time_us)
    found = tick.late
    late = [] if found is None else [(found.target.at(k), int(found.time_us[k])) for k in range(len(found))]
    assert late == expected


def test_a_tick_of_nothing_but_what_another_receiver_reported_as_well() -> None:
    engine = Engine([RING])
    here = Positions(
        np.array([EPOCH_US]), Coded(np.zeros(1, np.int32), ["icao24:4b1800"]), np.array([50.0]),
        np.array([14.0]), {"alt_std_m": np.array([1000.0])},
    )  # fmt: skip
    one, other = (
        replace(here, texts={"station": Coded(np.zeros(1, np.int32), [name])}) for name in ("one", "other")
    )
    told = [body["kind"] for body in engine.step(one, 0).bodies]
    assert told == ["entered"]
    assert engine.step(other, 0).bodies == []
    engine.step(replace(one, time_us=one.time_us + 10**6, lat_deg=one.lat_deg + 0.001), 0)
    assert [v["reports"] for v in judged(engine.finish().bodies)] == [2]


def exempting(callsign: str) -> Rule:
    who = (Predicate(PredicateKind.CALLSIGN, (callsign,)),)
    return Rule(exempt=(Exemption(who, "rescue flight", "made up"),))


@settings(max_examples=-(-settings.default.max_examples // 4), deadline=None)
@given(cases("anywhere", "several", "scheduled"), cut_places, st.integers(0, 2**32 - 1))
def test_who_is_recognised_during_a_stay_is_told_once_however_it_is_cut(
    flight: Case, cuts: set[int], seed: int
) -> None:
    """A callsign that comes after the entry exempts, and one that comes after that may accuse again."""
    rule = exempting("AAA1")
    law = tuple(replace(one, rule=rule) for one in flight.zones)
    positions = dressed(positions_of(flight.reports), seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))

    def make() -> Engine:
        return Engine(law, EngineOptions(flight.max_gap_s, Params(30.0, 60.0), AIDS))

    def told(bodies: list[Body]) -> dict[str, list[Any]]:
        said: dict[str, list[Any]] = {}
        for body in bodies:
            if body["kind"] in ("entered", "re-entered", "recognised"):
                said.setdefault(body["stay"], []).append((body["kind"], body["time_us"], body["status"]))
        return said

    once, cut = told(live(positions, make, set())), told(live(positions, make, cuts))
    assert once == cut
    for stay in once.values():
        assert all(before[2] != after[2] for before, after in itertools.pairwise(stay))


def test_a_callsign_that_comes_late_ends_the_accusation_while_it_is_inside() -> None:
    rule = exempting("HELI*")
    engine = Engine([replace(RING, rule=rule)])
    bodies = []
    for k, name in enumerate([None, None, "HELI7", "HELI7", None]):
        bodies += engine.step(
            Positions(
                np.array([EPOCH_US + k * 10**6]), Coded(np.zeros(1, np.int32), ["icao24:4b1800"]),
                np.array([50.0]), np.array([14.0 + 0.001 * k]), {"alt_std_m": np.array([1000.0])},
                {"callsign": Coded(np.array([-1 if name is None else 0], np.int32), [name] if name else [])},
            ), 0,
        ).bodies  # fmt: skip
    said = [(b["kind"], (b["time_us"] - EPOCH_US) // 10**6, b["status"], b["callsign"]) for b in bodies]
    assert said == [("entered", 0, "infringement", None), ("recognised", 2, "exempt", "HELI7")]
