"""Reports that come late change nothing that is recorded; what they show is said beside it."""

from __future__ import annotations

from pathlib import Path

from nofly.incidents.machine import Params
from nofly.run.amending import Amending, amendments
from nofly.run.engine import Body, Engine, EngineOptions
from nofly.schema import Positions
from nofly.store.journal import Journal
from nofly.zones.model import Polygon
from tests.kernel.strategies import EPOCH_US, Report, positions_of, zone
from tests.run.test_engine import AIDS, judged, recorded

LAW = [zone("R", Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0))))]
OPTIONS = EngineOptions(120.0, Params(0.0, 0.0), AIDS)


def at(*seconds: int, speed_deg: float = 0.001) -> Positions:
    """Return reports of a flight eastwards, inside after 0.3° until after 1.3°."""
    return positions_of([Report(EPOCH_US + s * 1_000_000, "a", 10.5, 9.7 + s * speed_deg) for s in seconds])


def watched(folder: Path, batches: list[Positions]) -> tuple[list[Body], list[Body]]:
    """Return what was recorded as it came, and what was amended in the end."""
    engine, amending, bodies = Engine(LAW, OPTIONS), Amending(120.0), list[Body]()
    with Journal(folder) as journal:
        until_us = 0
        amending.tick(EPOCH_US - 1, journal.commit())
        for batch in batches:
            journal.append(0, batch)
            offset = journal.commit()
            until_us = max(until_us, int(batch.time_us.max()))
            amending.tick(until_us, offset)
            tick = engine.step(batch, until_us)
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
    assert f"a stay from {EPOCH_US + 300_000_000}" in told[1][1]
    assert all(body["incident"] == entered[0]["incident"] for body in amended if body["kind"] == "amended")


def test_the_verdict_after_late_reports_is_that_of_a_check(tmp_path: Path) -> None:
    spans = range(0, 51, 10), range(210, 700, 10), [140]
    bodies, amended = watched(tmp_path, [at(*seconds, speed_deg=0.002) for seconds in spans])
    gone = {body["stay"] for body in amended if body["kind"] == "amended" and "no such" in body["why"]}
    assert len(gone) == 1
    kept = [body for body in [*bodies, *amended] if body.get("stay") not in gone]
    whole = at(*sorted(second for seconds in spans for second in seconds), speed_deg=0.002)
    assert judged(kept) == recorded(LAW, whole, 120.0)
