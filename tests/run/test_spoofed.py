"""Tracks that no aircraft flew, through a decoder and the loop: never a confirmed infringement, and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.feeds.decoders import jsonl
from nofly.incidents.warnings import PredictionParams
from nofly.zones.model import Circle, Volume, Zone
from tests.run.watches import (
    Script,
    Turn,
    bodies,
    checked,
    journaled,
    judged,
    plan_of,
    scripted_feeds,
    watched,
)

START_US = 1_790_000_000_000_000
ZONE = Zone("Z1", "RING", (Volume(Circle((50.0, 14.0), 20_000.0)),))
TARGET = "4ca7b3"
KT, FT = 0.514444, 0.3048

Report = dict[str, Any]


def level(
    count: int, from_lon: float, lat: float = 50.0, gs_kt: float = 450.0, start_s: float = 0.0
) -> Iterator[Report]:
    """Yield a flight to the east at FL350, once a second."""
    for k in range(count):
        yield {
            "time_us": START_US + round((start_s + k) * 1e6), "icao24": TARGET, "lat_deg": lat,
            "lon_deg": from_lon + k * gs_kt * KT / 111_195.0 / np.cos(np.radians(lat)),
            "alt_std_m": 35_000 * FT, "gs_mps": gs_kt * KT, "track_deg": 90.0, "nac_p": 9,
        }  # fmt: skip


def frozen() -> list[Report]:
    """It flies outside, then stands still in the zone for half an hour at 450 kt."""
    before = list(level(120, 12.0))
    still = [{**r, "lat_deg": 50.01, "lon_deg": 14.01} for r in level(1800, 12.4, start_s=120)]
    return [*before, *still, *level(120, 12.0, start_s=1920)]


def teleport() -> list[Report]:
    """It is 260 km away within a second, in the zone, and back."""
    reports = list(level(300, 10.0))
    for report in reports[150:170]:
        report["lon_deg"] = 14.0 + (report["lon_deg"] - 10.3)
    return reports


def jump() -> list[Report]:
    """It jumps 9 km towards the zone, and goes on into it: in a minute it could have flown there."""
    reports = list(level(420, 13.0))
    for report in reports[150:]:
        report["lon_deg"] += 0.126
    return reports


def slow_and_high() -> list[Report]:
    """It says 50 kt at FL380, which no aircraft flies."""
    return [{**r, "alt_std_m": 38_000 * FT} for r in level(1200, 13.95, gs_kt=50.0)]


def two_senders() -> list[Report]:
    """One flies far away, the other one in the zone, both under one address."""
    far, near = level(300, 8.0, 47.0), level(300, 13.8)
    return [report for pair in zip(far, near, strict=True) for report in pair]


def by_turns() -> list[Report]:
    """The same, a second of the one and a second of the other."""
    far, near = level(300, 8.0, 47.0), level(300, 13.8, start_s=0.5)
    return [report for pair in zip(far, near, strict=True) for report in pair]


SLOW = "it is reported slower than 40 m/s (78 kt) above 9,000 m (FL295)"
SPOOFED = [
    pytest.param(
        frozen, "the position has not changed for more than a minute, yet it is reported to move", id="frozen"
    ),
    pytest.param(teleport, "no aircraft can have come here from the track known so far", id="teleport"),
    pytest.param(jump, "its track had jumped within the hour before", id="jump"),
    pytest.param(slow_and_high, SLOW, id="slow-and-high"),
    pytest.param(two_senders, "its time is not after that of the report before", id="two-senders"),
    pytest.param(by_turns, "two senders far apart use this address", id="two-senders-by-turns"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "sentence"), SPOOFED)
def test_never_a_confirmed_infringement(
    made: Callable[[], list[Report]], sentence: str, tmp_path: Path
) -> None:
    decoder = jsonl.decoder({}, "spoofer")
    turns = []
    reports = sorted(made(), key=lambda r: int(r["time_us"]))
    for first in range(0, len(reports), 25):
        some = reports[first : first + 25]
        now_us = int(some[-1]["time_us"]) + 100_000
        positions, findings = decoder.feed(b"".join(json.dumps(r).encode() + b"\n" for r in some), now_us)
        assert not findings
        turns.append(Turn(now_us, [(0, positions)]))
    plan = plan_of(
        tmp_path, [ZONE], scripted_feeds(1), alerts=[("log", "log", {"file": str(tmp_path / "log")})],
        prediction=PredictionParams(),
    )  # fmt: skip
    watch = watched(plan, Script(turns))
    # What is not credible of an aircraft is no second one.
    assert watch.view().targets == 1
    found = bodies(tmp_path)
    rows = judged(found)
    assert rows
    assert {row["status"] for row in rows} == {"suspect"}
    assert {row["certainty"] for row in rows} <= {"probable", "undetermined"}
    assert any(sentence in text for row in rows for text in row["findings"])
    assert {body["status"] for body in found if body.get("shadow") and "status" in body} <= {"suspect"}
    assert rows == checked([ZONE], journaled(tmp_path))


def test_a_jump_across_a_zone_is_no_entry(tmp_path: Path) -> None:
    small = Zone("Z2", "SMALL", (Volume(Circle((50.0, 13.55), 2_000.0)),))
    reports = jump()
    decoder = jsonl.decoder({}, "spoofer")
    now_us = int(reports[-1]["time_us"]) + 100_000
    positions, _ = decoder.feed(b"".join(json.dumps(r).encode() + b"\n" for r in reports), now_us)
    plan = plan_of(tmp_path, [small], scripted_feeds(1))
    watched(plan, Script([Turn(now_us, [(0, positions)])]))
    assert judged(bodies(tmp_path)) == checked([small], journaled(tmp_path)) == []
