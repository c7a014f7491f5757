"""What goes wrong in the field: clocks, floods, stalls, full disks, hanging receivers, zones that change."""

from __future__ import annotations

from nofly.run.engine import Engine, EngineOptions
from nofly.schema import Positions, concatenate
from tests.run.watches import AIDS, RING, START_US, checked, flight, judged


def test_a_late_report_that_is_not_credible_either() -> None:
    """It is older than the last of its target, though not than the last that was credible."""
    positions = flight("icao24:4ca7b3", START_US, 60)
    jump = flight("icao24:4ca7b3", START_US + 62_000_000, 1, lat_deg=53.0)
    late = flight("icao24:4ca7b3", START_US + 61_000_000, 1, lat_deg=53.0)
    rest = flight("icao24:4ca7b3", START_US + 63_000_000, 60, from_lon=14.026)
    engine = Engine([RING], EngineOptions(aids=AIDS))
    bodies = []
    for batch in (positions, jump, late, rest):
        tick = engine.step(batch, int(batch.time_us[-1]))
        assert (tick.late is not None) == (batch is late)
        bodies += tick.bodies
    bodies += engine.finish().bodies
    assert judged(bodies) == checked([RING], concatenate([positions, jump, rest]))


def test_a_stay_does_not_hold_the_batch_it_began_in() -> None:
    """Of a batch with a thousand aircraft, what is remembered of the one that is inside is its own."""
    crowd = [flight(f"icao24:{k:06x}", START_US + k, 30, lat_deg=40.0) for k in range(1000)]
    batch = concatenate([flight("icao24:4ca7b3", START_US, 60), *crowd])
    batch = batch.take(np.argsort(batch.time_us, kind="stable"))
    engine = Engine([RING], EngineOptions(aids=AIDS))
    engine.step(batch, int(batch.time_us[-1]))
    gc.collect()
    held = [one for one in gc.get_objects() if isinstance(one, Positions) and len(one) == 1]
    assert [one.target.values for one in held] == [["icao24:4ca7b3"]]
