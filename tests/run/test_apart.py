"""Reports that the engine fails on cost no other target a report, and the watch goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nofly.feeds.decoders import jsonl
from nofly.run.live.engine import Engine, Tick
from nofly.schema import Positions
from nofly.zones.model import Circle, Volume, Zone
from tests.run.watches import START_US, Script, Turn, bodies, plan_of, scripted_feeds, watched

ZONE = Zone("Z1", "RING", (Volume(Circle((50.0, 14.0), 20_000.0)),))
POISON = "icao24:bad000"


def turns(addresses: list[str]) -> list[Turn]:
    """Return what flights through the zone bring, side by side, once a second."""
    decoder, out = jsonl.decoder({}, "feed"), []
    for k in range(60):
        now_us = START_US + k * 1_000_000
        lines = [
            json.dumps(
                {"time_us": now_us, "icao24": a, "lat_deg": 50.0 + n / 1000, "lon_deg": 13.7 + k / 300}
            )
            for n, a in enumerate(addresses)
        ]
        positions, _ = decoder.feed("".join(f"{line}\n" for line in lines).encode(), now_us + 100_000)
        out.append(Turn(now_us + 100_000, [(0, positions)]))
    return out


@pytest.mark.thorough
@pytest.mark.parametrize("snapshot_s", [0.0, 1e9])
def test_a_target_that_the_engine_fails_on_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot_s: float
) -> None:
    good = ["4ca7b3", "4ca7b4", "3c0001"]
    plan = plan_of(tmp_path / "without", [ZONE], scripted_feeds(1), snapshot_s=snapshot_s)
    watched(plan, Script(turns(good)))
    expected = bodies(tmp_path / "without")
    real, failed = Engine.step, []

    def step(self: Engine, positions: Positions, until_us: int) -> Tick:
        names = {positions.target.values[k] for k in positions.target.codes.tolist()}
        tick = real(self, positions, until_us)
        if POISON in names and 20 <= (int(positions.time_us.max()) - START_US) // 1_000_000 < 30:
            # It fails when half of the work is done.
            failed.append(names)
            raise ZeroDivisionError("of no interest")
        return tick

    monkeypatch.setattr(Engine, "step", step)
    plan = plan_of(tmp_path / "with", [ZONE], scripted_feeds(1), snapshot_s=snapshot_s)
    watch = watched(plan, Script(turns([*good, "bad000"])))
    assert failed

    def others(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [body for body in found if body.get("target_id") != POISON]

    found = others(bodies(tmp_path / "with"))
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    said = [finding for finding in watch.findings if finding.code == "report-not-judged"]
    assert said
    assert all(POISON in finding.message for finding in said)
