"""Other zones while traffic is watched: what stays goes on, what goes or comes is a change of law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nofly.incidents.machine import Params
from nofly.run.leaving import stream as leaving
from nofly.run.live.engine import Engine, EngineOptions
from nofly.run.live.reloading import reloaded
from nofly.run.live.verdicts import JUDGED
from nofly.zones.model import Polygon, Zone
from tests.kernel.strategies import EPOCH_US, Case, Report, cases, positions_of, zone
from tests.run.test_engine import AIDS, dressed, judged, kept_in, recorded

# Not the certainty: a report just before the change confirmed, as nobody knew then that the law would end.
_SAME = ("zone_id", "target_id", "entry_time", "exit_time", "depth_m", "status", "reports", "callsign")
numbers = st.sets(st.integers(0, 5))


def options(flight: Case) -> EngineOptions:
    return EngineOptions(flight.max_gap_s, Params(0.0, 0.0), AIDS)


def shown(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return sorted((tuple(row[name] for name in _SAME) for row in rows), key=repr)


@pytest.mark.thorough
@settings(max_examples=-(-settings.default.max_examples // 2), deadline=None)
@given(
    cases(),
    st.integers(0, 2**32 - 1),
    st.sets(st.integers(0, 5)),
    st.sets(st.integers(0, 5)),
    st.floats(0, 1),
    st.booleans(),
)
def test_zones_that_go_and_come_are_editions(
    flight: Case, seed: int, going: set[int], coming: set[int], when: float, keep_in: bool
) -> None:
    """A reload at an instant is a check of zones that are valid until, and from, that instant."""
    flight = kept_in(flight, seed) if keep_in else flight
    positions = dressed(positions_of(flight.reports), seed)
    positions = positions.take(np.argsort(positions.time_us, kind="stable"))
    times = positions.time_us
    cut = int(when * len(times))
    at_us = int(times[cut - 1]) + 1 if cut else int(times[0]) - 1
    going = going - coming
    before = [one for k, one in enumerate(flight.zones) if k not in coming]
    after = [one for k, one in enumerate(flight.zones) if k not in going]
    cut = int(np.searchsorted(times, at_us))
    engine = Engine(before, options(flight))
    # Of a datum that no zone had before, the last height is not known.
    assume({*Engine(after, options(flight)).datums} <= {*engine.datums})
    with pytest.MonkeyPatch.context() as patch:
        if seed % 2:
            # What is not needed any more is let go of at once.
            patch.setattr(leaving, "MORE_CHANGES", 0)
        bodies = [*engine.step(positions.take(slice(0, cut)), at_us).bodies]
        engine, ended = reloaded(engine, after, at_us, lambda _: None)
        bodies += [*ended, *engine.step(positions.take(slice(cut, None)), at_us).bodies]
    bodies += engine.finish().bodies
    law = [_edition(one, k, going, coming, at_us) for k, one in enumerate(flight.zones)]
    assert shown(judged(bodies)) == shown(recorded(law, positions, flight.max_gap_s))


def _edition(law: Zone, k: int, going: set[int], coming: set[int], at_us: int) -> Zone:
    if k in going:
        until = [t for t in (law.valid_to_us, at_us) if t is not None]
        return replace(law, valid_to_us=min(until))
    if k in coming:
        return replace(law, valid_from_us=max(law.valid_from_us or at_us, at_us))
    return law


def test_whoever_is_inside_a_zone_that_is_taken_back_has_left_it_by_a_change_of_law() -> None:
    square = Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0)))
    old, new, other = zone("R", square), replace(zone("R", square), edition=2), zone("S", square)
    first, then = (
        positions_of([Report(EPOCH_US + k * 1_000_000, "a", 10.5, 10.5 + k / 1000) for k in range(*span)])
        for span in ((0, 20), (20, 40))
    )
    engine = Engine([old, other], EngineOptions(aids=AIDS))
    at_us = EPOCH_US + 19_500_000
    bodies = engine.step(first, at_us).bodies
    engine, ended = reloaded(engine, [other, new], at_us, lambda _: None)
    assert ended == []
    bodies += engine.step(then, at_us).bodies
    told = [(b["kind"], b["zone_hash"], b["time_us"], b["cause"]) for b in bodies if b["kind"] != JUDGED]
    assert told == [
        ("entered", old.zone_hash, EPOCH_US, "data-resumed"),
        ("entered", other.zone_hash, EPOCH_US, "data-resumed"),
        ("exited", old.zone_hash, at_us, "zone-changed"),
        ("entered", new.zone_hash, at_us, "zone-changed"),
    ]
    (verdict,) = judged(bodies)
    assert (verdict["exit_cause"], verdict["reports"]) == ("zone-changed", 20)


def test_a_law_of_no_zones_is_one() -> None:
    """All zones are taken back; long after, others come: who is inside then has entered by that."""
    square = Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0)))
    law, second = zone("R", square), 1_000_000
    flown = positions_of([Report(EPOCH_US + k * second, "a", 10.5, 10.5 + k / 10_000) for k in range(1000)])
    engine, bodies = Engine([law], EngineOptions(aids=AIDS)), []
    for k, zones in enumerate(([], [], [law], [])):
        at_us = EPOCH_US + (k + 1) * 200 * second + 500_000
        bodies += engine.step(flown.take(slice(k * 200 + (k > 0), (k + 1) * 200 + 1)), at_us).bodies
        engine, ended = reloaded(engine, zones, at_us, lambda _: None)
        bodies += ended
    bodies += engine.step(flown.take(slice(801, None)), EPOCH_US + 1000 * second).bodies
    bodies += engine.finish().bodies
    told = [
        ((b["time_us"] - EPOCH_US) / second, b["kind"], b["cause"]) for b in bodies if b["kind"] != JUDGED
    ]
    assert [one for one in told if one[1] in ("entered", "exited", "re-entered")] == [
        (0.0, "entered", "data-resumed"), (200.5, "exited", "zone-changed"),
        (600.5, "entered", "zone-changed"), (800.5, "exited", "zone-changed"),
    ]  # fmt: skip
