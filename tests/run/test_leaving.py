"""Zones that must not be left, watched live: what is told, what is kept, what is let go of."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nofly.incidents.machine import Params
from nofly.run.alerting.words import notice_of
from nofly.run.leaving import stream as leaving
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.run.live.packing import pack, unpack
from nofly.run.live.predicting import Predictor
from nofly.run.live.reloading import reloaded
from nofly.schema import Coded, Positions, concatenate
from nofly.store.chain import GENESIS, Head, chained
from nofly.zones.model import Datum, EdgeKind, Limit, Polygon, Restriction, Volume, Zone
from nofly.zones.rules import Predicate, PredicateKind, Rule
from tests.run.test_engine import judged, recorded
from tests.run.watches import AIDS, RING, START_US, flight

KEEP = replace(RING, restriction=Restriction.KEEP_IN)
"""5 km round 50° N 14° E; a flight along the parallel leaves it after 70 s at 14.07°."""
OUT = flight("icao24:4ca7b3", START_US, 120, from_lon=14.0, lon_per_s=0.001)
BACK = flight("icao24:4ca7b3", START_US + 120_000_000, 120, from_lon=14.119, lon_per_s=-0.001)
NAMES = {"gs_mps": 71.5, "track_deg": 90.0}


def watched(law: list[Zone], *batches: Positions, prediction: bool = False) -> list[Body]:
    predictor = Predictor(law, 120.0) if prediction else None
    engine, bodies = (
        Engine(law, EngineOptions(incidents=Params(0.0, 0.0), aids=AIDS), predictor),
        list[Body](),
    )
    for batch in batches:
        bodies += engine.step(batch, int(batch.time_us[-1])).bodies
    return bodies + engine.finish().bodies


def words(bodies: list[Body]) -> list[str]:
    rows = chained(Head(0, GENESIS), bodies)
    return [notice_of("k", row, {KEEP.zone_hash: KEEP}.get).text.split(",")[0] for row in rows]


def test_who_leaves_is_told_of_before_as_it_happens_and_when_he_is_back() -> None:
    moving = [replace(p, columns={**p.columns, **{n: p.lat_deg * 0.0 + v for n, v in NAMES.items()}})
              for p in (OUT,)]  # fmt: skip
    bodies = watched([KEEP], *moving, BACK, prediction=True)
    told = [body["kind"] for body in bodies]
    assert told == ["predicted", "entered", "exited", "judged"]
    predicted, entered, exited, verdict = bodies
    assert (
        predicted["time_us"] < entered["time_us"] == pytest.approx(predicted["predicted_entry_us"], abs=2e6)
    )
    assert {body.get("side") for body in (predicted, entered, exited)} == {"outside"}
    assert entered["warning"] == predicted["incident"]
    assert verdict["verdict"]["side"] == "outside"
    said = words(bodies)
    assert said[0].startswith("icao24:4ca7b3 is expected to leave Z1 RING at ")
    assert said[1:3] == ["icao24:4ca7b3 left Z1 RING", "icao24:4ca7b3 is back in Z1 RING"]


def test_a_leaving_is_told_with_the_batch_that_shows_it() -> None:
    engine = Engine([KEEP], EngineOptions(aids=AIDS))
    found = [
        [body["kind"] for body in engine.step(OUT.take(slice(k, k + 1)), 0).bodies] for k in range(len(OUT))
    ]
    assert [k for k, kinds in enumerate(found) if kinds] == [70]
    assert found[70] == ["entered"]


def named(*values: str, kind: PredicateKind = PredicateKind.CALLSIGN) -> Zone:
    return replace(KEEP, rule=Rule(applies_to=(Predicate(kind, values),)))


def called(positions: Positions, name: str, first: int) -> Positions:
    """Return positions that give a callsign from a row on."""
    texts = [None] * first + [name] * (len(positions) - first)
    return replace(positions, texts={"callsign": Coded.from_list(texts)})


def test_whom_a_zone_holds_for_is_told_of_once_that_is_known() -> None:
    far = flight("icao24:4ca7b3", START_US, 60, from_lon=15.0)
    engine = Engine([named("SWR*")], EngineOptions(aids=AIDS))
    for first, name, kinds in ((0, "", []), (20, "", []), (40, "SWR1", ["entered"])):
        batch = called(far.take(slice(first, first + 20)), name, 20 if not name else 5)
        found = engine.step(batch, 0).bodies
        assert [body["kind"] for body in found] == kinds
    assert found[0]["time_us"] == START_US
    (verdict,) = judged(engine.finish().bodies)
    assert (verdict["certainty"], verdict["callsign"]) == ("confirmed", "SWR1")


@pytest.mark.parametrize(("name", "found"), [("DLH1", 0), ("SWR1", 1)])
def test_a_callsign_that_comes_after_an_absence_settles_it(name: str, found: int) -> None:
    """Until then nothing is told and nothing judged."""
    far = flight("icao24:4ca7b3", START_US, 20, from_lon=13.9, lon_per_s=0.002)
    inside = called(flight("icao24:4ca7b3", START_US + 20_000_000, 20, from_lon=13.94), name, 18)
    bodies = watched([named("SWR*")], far, inside)
    assert len(judged(bodies)) == found
    assert judged(bodies) == recorded([named("SWR*")], concatenate([far, inside]), 120.0)
    if not found:
        assert [body["kind"] for body in bodies] == []


def test_whom_it_cannot_hold_for_is_not_followed() -> None:
    zone = named("4b1800", kind=PredicateKind.ADDRESS)
    engine = Engine([zone], EngineOptions(aids=AIDS))
    engine.step(OUT, 0)
    assert engine.busy_zones() == set()


def test_of_too_many_reports_every_other_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "KEPT_ROWS", 30)
    engine = Engine([KEEP], EngineOptions(aids=AIDS))
    bodies: list[Any] = []
    whole = concatenate([OUT, BACK])
    for k in range(len(whole)):
        bodies += engine.step(whole.take(slice(k, k + 1)), 0).bodies
        ((_, _, _, rows, *_),) = unpack(engine.save(), "the state of the engine")["leaving"]["followed"]
        assert len(rows[0]) <= 32
    (verdict,) = judged(bodies + engine.finish().bodies)
    (exact,) = recorded([KEEP], whole, 120.0)
    assert (verdict["entry_time"], verdict["exit_time"]) == (exact["entry_time"], exact["exit_time"])
    assert any("Not every report was measured" in reason for reason in verdict["reasons"])


def test_who_comes_back_in_the_instant_of_a_report_is_back_with_the_next() -> None:
    """The report lies on the border: what came before it, and with it, is of the absence."""
    square = Polygon(((49.9, 13.9), (49.9, 14.25), (50.1, 14.25), (50.1, 13.9)), (), EdgeKind.PLANAR)
    zone = replace(KEEP, volumes=(Volume(square),))
    rows = flight("icao24:4ca7b3", START_US, 7, step_s=60.0)
    rows.lon_deg[:] = [14.0, 14.125, 14.375, 14.375, 14.25, 14.125, 14.0]
    rows = replace(rows, texts={"callsign": Coded.from_list(["A", "A", "A", "B", "B", "C", "C"])})
    engine, found, bodies = Engine([zone], EngineOptions(aids=AIDS)), [], list[Body]()
    for k in range(len(rows)):
        found.append(engine.step(rows.take(slice(k, k + 1)), 0).bodies)
        bodies += found[-1]
    assert [[body["kind"] for body in some] for some in found] == [
        [], [], ["entered"], [], [], ["exited", "judged"], [],
    ]  # fmt: skip
    assert judged(bodies + engine.finish().bodies) == recorded([zone], rows, 120.0)
    assert judged(bodies)[0]["callsign"] == "B"


def test_two_heights_however_cut_are_measured() -> None:
    """Rows of heights on two datums, put together batch by batch."""
    amsl = Limit(3000.0, Datum.AMSL, "3000 m AMSL")
    volume = replace(RING.volumes[0], lower=Limit(0.0, Datum.STD, "0 m STD"), upper=amsl)
    zone = replace(KEEP, volumes=(volume,))
    whole = concatenate([OUT, BACK])
    whole = replace(whole, columns={**whole.columns, "alt_amsl_m": whole.columns["alt_std_m"] + 90.0})
    batches = [whole.take(slice(k, k + 1)) for k in range(len(whole))]
    assert judged(watched([zone], *batches)) == recorded([zone], whole, 120.0)


def test_of_a_zone_that_comes_at_the_instant_of_a_report_that_report_is_the_first() -> None:
    """Where it was is known; what else it said is not any more."""
    far = replace(flight("icao24:4ca7b3", START_US, 40, from_lon=15.0), columns={})
    zone = named("4ca7b3", kind=PredicateKind.ADDRESS)
    engine = Engine([replace(RING, id="Z2")], EngineOptions(aids=AIDS))
    engine.step(far.take(slice(0, 20)), 0)
    engine, _ = reloaded(engine, [zone], int(far.time_us[19]), lambda _: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (entered,) = engine.step(far.take(slice(20, None)), 0).bodies
        (verdict,) = judged(engine.finish().bodies)
    assert (entered["kind"], entered["time_us"]) == ("entered", int(far.time_us[19]))
    assert (verdict["side"], verdict["entry_lon_deg"]) == ("outside", far.lon_deg[19])


@pytest.mark.thorough
@pytest.mark.parametrize("ceiling", [False, True])
def test_over_a_long_flight_what_changed_is_let_go_of(ceiling: bool) -> None:
    """Out and in twice in two minutes for a day, in one run of reports; with a ceiling, over the zone too:
    what is kept is what one round needs, and the verdicts are those of the check."""
    rounds, law, bodies, batches = 720, [KEEP], list[Body](), list[Positions]()
    sizes, changes = list[int](), list[int]()
    if ceiling:
        volume = replace(RING.volumes[0], upper=Limit(1200.0, Datum.STD, "1200 m STD"))
        law.append(replace(KEEP, id="Z2", volumes=(volume,)))
    engine = Engine(law, EngineOptions(incidents=Params(0.0, 0.0), aids=AIDS))
    for k in range(rounds):
        rows = flight("icao24:4ca7b3", START_US + k * 120_000_000, 12, step_s=10.0)
        rows.lon_deg[:] = 14.0 + 0.1 * np.sin(np.arange(12) / 12.0 * 2.0 * np.pi)
        rows.columns["alt_std_m"][:] = 1000.0 + 500.0 * (ceiling and k % 3)
        bodies += engine.step(rows, int(rows.time_us[-1])).bodies
        batches.append(rows)
        state = unpack(engine.save(), "the state of the engine")["leaving"]
        ((_, _, _, _, found, *_),) = state["followed"]
        changes.append(len(found[0]))
        sizes.append(len(pack(state)))
    assert len(judged(bodies)) >= 2 * rounds - 2
    assert max(changes) <= 100
    assert max(sizes[rounds // 2 :]) <= 1.1 * max(sizes[: rounds // 2])
    assert judged(bodies + engine.finish().bodies) == recorded(law, concatenate(batches), 120.0)
