"""Reports that come late change nothing that is recorded; what they show is said beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.incidents.machine import Params
from nofly.run.leaving.held_before import LEAST_KEPT
from nofly.run.live.amending import Amending, amendments
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.schema import Coded, Positions, concatenate
from nofly.store.journal import Journal
from nofly.units import iso_time
from nofly.zones.model import Polygon, Restriction, Zone
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from tests.kernel.strategies import EPOCH_US, Report, positions_of, zone
from tests.run.test_engine import AIDS, judged, recorded

LAW = [zone("R", Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0))))]
OPTIONS = EngineOptions(120.0, Params(0.0, 0.0), AIDS)


def at(*seconds: int, speed_deg: float = 0.001) -> Positions:
    """Return reports of a flight eastwards, inside after 0.3° until after 1.3°."""
    return positions_of([Report(EPOCH_US + s * 1_000_000, "a", 10.5, 9.7 + s * speed_deg) for s in seconds])


def watched(
    folder: Path, batches: list[Positions], law: list[Zone] = LAW, restart: int | None = None
) -> tuple[list[Body], list[Body]]:
    """Return what was recorded as it came, and what was amended in the end; before the batch ``restart`` all
    is taken up anew."""
    engine, amending, bodies = Engine(law, OPTIONS), Amending(120.0), list[Body]()
    with Journal(folder) as journal:
        until_us = 0
        before_us = int(batches[0].time_us[0]) - 1
        amending.tick(before_us, journal.commit(), before_us)
        for k, batch in enumerate(batches):
            if k == restart:
                state, engine, amending = engine.save(), Engine(law, OPTIONS), Amending(120.0)
                engine.load(state)
                amending.tick(until_us, journal.committed, until_us)
                amending.judged(engine, until_us)
            journal.append(0, batch)
            offset = journal.commit()
            until_us = max(until_us, int(batch.time_us.max()))
            amending.tick(until_us, offset, until_us)
            tick = engine.step(batch, until_us)
            amending.judged(engine, until_us)
            amending.recorded(tick.bodies)
            bodies += tick.bodies
            if tick.late is not None:
                amending.late(tick.late)
        again = amending.take(engine, folder, journal.committed, until_us)
        assert amending.take(engine, folder, journal.committed, until_us) is None
        found = [] if again is None else [*amending.fresh(amendments(again))]
        assert again is None or [*amending.fresh(amendments(again))] == []
    return bodies, found


def test_what_comes_in_order_is_not_amended(tmp_path: Path) -> None:
    assert watched(tmp_path, [at(*range(0, 250, 10)), at(*range(250, 900, 10))])[1] == []


def test_a_late_report_that_changes_nothing_amends_nothing(tmp_path: Path) -> None:
    bodies, amended = watched(tmp_path, [at(*range(0, 500, 10)), at(495), at(*range(500, 900, 10))])
    assert [body["kind"] for body in bodies] == ["entered"]
    assert amended == []
    bodies, amended = watched(tmp_path / "late", [at(*range(0, 505, 10)), at(493)])
    assert amended == []


def test_an_exit_and_an_entry_that_a_late_report_moves_are_amended(tmp_path: Path) -> None:
    """Heard at 200 s and then at 360 s, longer than the gap: found inside. The late report at 290 s shows the
    entry, exactly, at 300 s."""
    early, after, late = at(*range(0, 201, 10)), at(*range(360, 560, 10)), at(290)
    bodies, amended = watched(tmp_path, [early, after, late])
    entered = [body for body in bodies if body["kind"] == "entered"]
    assert [(body["time_us"] - EPOCH_US) // 1_000_000 for body in entered] == [360]
    told = [(body["kind"], body["why"]) for body in amended if body["kind"] == "amended"]
    assert len(told) == 2
    assert "no such stay" in told[0][1]
    assert f"a stay from {iso_time(EPOCH_US + 300_000_000)}" in told[1][1]
    assert all(body["incident"] == entered[0]["incident"] for body in amended if body["kind"] == "amended")


def test_the_verdict_after_late_reports_is_that_of_a_check(tmp_path: Path) -> None:
    spans = range(0, 51, 10), range(210, 700, 10), [140]
    bodies, amended = watched(tmp_path, [at(*seconds, speed_deg=0.002) for seconds in spans])
    gone = {body["stay"] for body in amended if body["kind"] == "amended" and "no such" in body["why"]}
    assert len(gone) == 1
    kept = [body for body in [*bodies, *amended] if body.get("stay") not in gone]
    whole = at(*sorted(second for seconds in spans for second in seconds), speed_deg=0.002)
    assert judged(kept) == recorded(LAW, whole, 120.0)


def back_and_forth(*seconds: int) -> Positions:
    """Return reports of a flight that is inside from 0 s to 4000 s, and from 4100 s to 5000 s."""
    at = [-100, 0, 1000, 3900, 4000, 4050, 4100, 4200, 4900, 5000, 5500]
    lon = np.interp(seconds, at, [9.9, 10.0, 10.5, 10.9, 11.0, 11.05, 11.0, 10.9, 10.9, 11.0, 11.5])
    return positions_of(
        [Report(EPOCH_US + s * 1_000_000, "a", 10.5, float(x)) for s, x in zip(seconds, lon, strict=True)]
    )


def long_stay(*spans: Sequence[int]) -> list[Positions]:
    return [back_and_forth(*span[k : k + 20]) for span in spans for k in range(0, len(span), 20)]


ISO_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"


def told_us(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def stays(bodies: list[Body]) -> dict[str, tuple[int, int | None]]:
    """Return each stay as it stands once what was amended is: entry and exit in seconds."""
    out: dict[str, tuple[int, int | None]] = {}

    def second(time_us: int) -> int:
        return round((time_us - EPOCH_US) / 1e6)

    for body in bodies:
        stay, why = body.get("stay"), body.get("why") or ""
        if stay is None:
            continue
        if body["kind"] in ("entered", "re-entered"):
            out[stay] = second(body["time_us"]), None
        elif body["kind"] in ("exited", "lost"):
            out[stay] = out[stay][0], second(body["time_us"])
        elif body["kind"] == "amended" and "no such stay" in why:
            del out[stay]
        elif body["kind"] == "amended" and "a stay from" in why:
            begun, *ended = map(told_us, re.findall(ISO_TIME, why))
            out[stay] = second(begun), second(ended[0]) if ended else None
        elif body["kind"] == "amended":
            ended = [told_us(text) for text in re.findall(f"the exit is ({ISO_TIME})", why)]
            out[stay] = out[stay][0], second(ended[0]) if ended else None
    return out


@pytest.mark.parametrize(
    ("spans", "late", "expected"),
    [
        # It went out and came back unseen, while what was heard joined.
        ([range(-100, 3981, 20), range(4120, 4300, 20)], [4050], [(0, 4000), (4100, None)]),
        # It was lost, and found again: the late report joins both.
        ([range(-100, 3001, 20), range(3200, 3400, 20)], [3100], [(0, None)]),
        # The last report inside came late: what lies beyond the gap says nothing of the exit.
        ([range(-100, 4881, 20), range(5020, 5200, 20)], [5010, 4990], [(0, 4000), (4100, 5000)]),
    ],
)
def test_the_end_of_a_stay_that_began_long_before_is_amended(
    tmp_path: Path, spans: list[range], late: list[int], expected: list[tuple[int, int | None]]
) -> None:
    batches = [*long_stay(*spans), back_and_forth(*late)]
    bodies, amended = watched(tmp_path, batches)
    assert sorted(stays([*bodies, *amended]).values()) == expected
    whole = together(batches)
    engine = Engine(LAW, OPTIONS)
    anew = engine.step(whole, int(whole.time_us.max())).bodies
    assert sorted(stays(anew).values()) == expected
    assert stays([*bodies, *amended]) == stays(anew)
    # What is recorded of it is said under its incident.
    incidents = {body["incident"] for body in bodies if body["kind"] == "entered"}
    assert {body["incident"] for body in amended if body["kind"] == "amended"} <= incidents


def test_who_is_lost_by_the_clock_is_not_amended_for_a_late_report_that_changes_nothing(
    tmp_path: Path,
) -> None:
    engine, amending = Engine(LAW, OPTIONS), Amending(120.0)
    with Journal(tmp_path) as journal:
        amending.tick(EPOCH_US - 200_000_000, journal.commit(), EPOCH_US - 200_000_000)
        bodies, until_us, lapse_us = list[Body](), 0, 0
        for batch in [*long_stay(range(-100, 3001, 20)), back_and_forth(2990)]:
            journal.append(0, batch)
            until_us = max(until_us, int(batch.time_us.max()))
            # Nobody speaks for ten minutes, then one report comes late.
            lapse_us = EPOCH_US + 3_600_000_000 if len(batch) == 1 else until_us
            amending.tick(until_us, journal.commit(), until_us)
            tick = engine.step(batch, lapse_us)
            amending.recorded(tick.bodies)
            bodies += tick.bodies
            if tick.late is not None:
                amending.late(tick.late)
        assert [body["kind"] for body in bodies] == ["entered", "lost", "judged", "closed"]
        again = amending.take(engine, tmp_path, journal.committed, until_us, lapse_us)
        assert again is not None
        assert amendments(again) == []


KEEP = replace(LAW[0], restriction=Restriction.KEEP_IN)


def by_check(law: list[Zone], bodies: list[Body], amended: list[Body]) -> list[dict[str, Any]]:
    """Return the verdicts that stand once those that were said not to be are taken away."""
    gone = {body["stay"] for body in amended if body["kind"] == "amended" and "no such" in body["why"]}
    return judged([body for body in [*bodies, *amended] if body.get("stay") not in gone])


def together(batches: list[Positions]) -> Positions:
    whole = concatenate(batches)
    return whole.take(np.argsort(whole.time_us, kind="stable"))


def in_and_out(*seconds: int) -> Positions:
    """Return reports of a flight that is inside from 300 s on, outside from 4400 s, and back at 4700 s."""
    at = [0, 300, 400, 4000, 4400, 4550, 4700, 5000]
    lon = np.interp(seconds, at, [9.7, 10.0, 10.1, 10.6, 11.0, 11.15, 11.0, 10.7])
    return positions_of(
        [Report(EPOCH_US + s * 1_000_000, "a", 10.5, float(x)) for s, x in zip(seconds, lon, strict=True)]
    )


def cut(*spans: Sequence[int]) -> list[Positions]:
    return [in_and_out(*span[k : k + 20]) for span in spans for k in range(0, len(span), 20)]


@pytest.mark.parametrize("late", [[4401], [4400], [4455], [4470, 4650], [4395, 4405, 4695, 4705]])
def test_an_absence_that_late_reports_move_is_amended(tmp_path: Path, late: list[int]) -> None:
    """It was inside, an hour before and not since, as the reports of the last minutes do not say any more."""
    batches = cut(range(0, 4380, 10), range(4520, 4600, 10), range(4730, 4900, 10), late)
    bodies, amended = watched(tmp_path, batches, [KEEP])
    assert {body["kind"] for body in amended} >= {"amended", "judged"}
    assert by_check([KEEP], bodies, amended) == recorded([KEEP], together(batches), 120.0) != []
    incidents = {body["incident"] for body in bodies if body["kind"] == "entered"}
    assert {body["incident"] for body in amended if body["kind"] == "amended"} <= incidents


@pytest.mark.parametrize("restart", [150, 200, 205])
def test_an_absence_is_amended_after_a_restart(tmp_path: Path, restart: int) -> None:
    """Before it was inside; after, in the minutes that are known, outside only, and by one report back in."""
    seconds = [*range(0, 4200, 20), 4330, 4340, *range(4405, 4600, 10), *range(4720, 4800, 10), 4450, 4690]
    batches = [in_and_out(second) for second in seconds]
    bodies, amended = watched(tmp_path, batches, [KEEP], restart)
    assert {body["kind"] for body in amended} >= {"amended", "judged"}
    assert by_check([KEEP], bodies, amended) == recorded([KEEP], together(batches), 120.0) != []


def test_a_late_report_that_changes_no_absence_amends_nothing(tmp_path: Path) -> None:
    late = in_and_out(4385), in_and_out(4550), in_and_out(4800)
    bodies, amended = watched(tmp_path, [*cut(range(0, 4900, 10)), *late], [KEEP])
    assert [body["kind"] for body in bodies] == ["entered", "exited", "judged", "closed"]
    assert amended == []


@pytest.mark.parametrize("name", ["SWR1", "DLH1"])
def test_whom_a_rule_names_by_what_was_sent_long_before_is_amended(tmp_path: Path, name: str) -> None:
    law = [replace(KEEP, rule=Rule(applies_to=(Predicate(PredicateKind.CALLSIGN, ("SWR*",)),)))]
    batches = cut(range(300, 4380, 10), range(4520, 4600, 10), range(4730, 4900, 10), [4405, 4695])
    texts = Coded.from_list([name] * len(batches[0]))
    batches[0] = replace(batches[0], texts={"callsign": texts})
    bodies, amended = watched(tmp_path, batches, law)
    assert bool(amended) == (name == "SWR1")
    assert by_check(law, bodies, amended) == recorded(law, together(batches), 120.0)


def test_who_is_exempt_by_what_was_sent_long_before_is_exempt_in_what_is_amended(tmp_path: Path) -> None:
    who = (Predicate(PredicateKind.CALLSIGN, ("SWR*",)),)
    law = [replace(LAW[0], rule=Rule(exempt=(Exemption(who, "the carrier's own"),)))]
    seconds = [*range(-1000, 50, 10), *range(180, 700, 10), 140]
    batches = [at(*seconds[k : k + 3], speed_deg=0.002) for k in range(0, len(seconds), 3)]
    batches[0] = replace(batches[0], texts={"callsign": Coded.from_list(["SWR1"] * len(batches[0]))})
    bodies, amended = watched(tmp_path, batches, law)
    assert [body["status"] for body in amended if body["kind"] == "judged"] == ["exempt"]
    assert by_check(law, bodies, amended) == recorded(law, together(batches), 120.0)


@pytest.mark.thorough
def test_what_is_remembered_for_amendments_does_not_grow(tmp_path: Path) -> None:
    """Minute after minute somebody else is bound by a zone and lets it be, and a stay is amended."""
    amending, sizes = Amending(120.0), list[int]()
    engine = Engine([KEEP], OPTIONS)
    for k in range(3000):
        at_us = EPOCH_US + k * 60_000_000
        one = replace(at(400), time_us=np.array([at_us]), target=Coded.from_list([f"t{k}"]))
        engine.step(one, at_us)
        amending.tick(at_us, k, at_us)
        amending.judged(engine, at_us)
        assert len([*amending.fresh([{"stay": f"s{k}", "why": "late"}])]) == 1
        sizes.append(len(amending._said) + len(amending._ticks) + len(amending._held._noted))
        if k % 500 == 499:
            engine = Engine([KEEP], OPTIONS)
    assert max(sizes[1500:]) <= max(sizes[:1500]) <= 100
    assert len(amending._held) <= 2 * LEAST_KEPT
