"""Views of a watch made by hand."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nofly.feeds.health import FeedState, Status, new_feed
from nofly.incidents.machine import Case
from nofly.incidents.states import Phase
from nofly.run.alerting.line import ChannelState
from nofly.run.display.view import View
from nofly.run.feeding.plans import FeedPlan, plan_feed
from nofly.run.live.latest import Now
from nofly.zones.model import Circle, Datum, Limit, Volume, Zone

NOW_US = 1_790_000_000_000_000
"""2026-09-21 14:13:20 Z."""
HOSTILE = "[red]\x1b[2J\n\u202e漢字"
RING = Zone(
    "Z1", "RING", (Volume(Circle((50.0, 14.0), 5000.0), None, Limit(3000.0, Datum.AMSL, "3000 m AMSL")),)
)
EVIL = Zone(f"Z2{HOSTILE}", HOSTILE * 5, (Volume(Circle((51.0, 14.0), 5000.0)),))
PLANS = [plan_feed(name, f"jsonl+tcp://127.0.0.1:{port}", {}) for name, port in (("roof", 9), ("hill", 10))]
REPLAY: FeedPlan = replace(PLANS[0], pace=plan_feed("r", "replay+file:/", {}).pace)


def seconds_ago(passed_s: float) -> int:
    return NOW_US - round(passed_s * 1e6)


def feed(
    plan: FeedPlan, position_s: float | None = 1.0, status: Status = Status.ALIVE, **more: Any
) -> FeedState:
    """Return the state of a feed whose last position came so long ago."""
    at = None if position_s is None else seconds_ago(position_s)
    begun = new_feed(plan.name, seconds_ago(600.0))
    return replace(
        begun, status=status, received_us=at, position_us=at, opened_us=seconds_ago(600.0), lag_s=0.4,
        positions=1000, recent_count=50.0, **more,
    )  # fmt: skip


def case(target: str, phase: Phase = Phase.INFRINGING, zone: Zone = RING, **more: Any) -> Case:
    values: dict[str, Any] = {"incident": f"incident of {target}", "entry_us": seconds_ago(65.0), **more}
    return Case(zone.zone_hash, target, phase=phase, **values)


def view(*cases: Case, feeds: list[FeedState] | None = None, **more: Any) -> View:
    """Return a view in which every target was heard a second ago, 2,000 m above the sea."""
    values: dict[str, Any] = {
        "now_us": NOW_US, "event_us": seconds_ago(2.0), "law": (RING, EVIL), "cases": cases,
        "names": {}, "feeds": [feed(plan) for plan in PLANS] if feeds is None else feeds,
        "channels": [ChannelState("hook", "webhook", waiting=3, delivered=1200)], "records": 17,
        "reports": 123_456, "late": 2, "targets": 250, "step_s": 0.004, "trouble": None,
        "archive_trouble": None, "now_of": lambda one: Now(
            seconds_ago(1.0), MappingProxyType({"AMSL": 2000.0, "STD": 1950.0}), "SWR123"
        ),
    }  # fmt: skip
    return View(**{**values, **more})


def busy() -> View:
    """Return a view with everything in it that can go wrong."""
    cases = [
        case("icao24:4ca7b3"),
        case("icao24:4ca7b4", Phase.UNDETERMINED),
        case("icao24:4ca7b5", Phase.LOST_INSIDE, away_us=seconds_ago(130.0)),
        case("icao24:4ca7b6", Phase.EXITED, away_us=seconds_ago(30.0)),
        case("icao24:4ca7b7", shadow=True),
        case(f"rid:{HOSTILE}", zone=EVIL),
        *(case(f"icao24:{k:06x}", entry_us=seconds_ago(k)) for k in range(40)),
        *(
            case(
                f"icao24:{k:06x}", Phase.PREDICTED, incident=None, entry_us=None, warning=f"w{k}", warned=True
            )
            for k in range(100, 112)
        ),
    ]
    feeds = [
        feed(PLANS[0], rejects=MappingProxyType({"record-broken": 12, "time-wrong": 3})),
        feed(PLANS[1], 303.0, Status.STALLED, error=f"the connection broke {HOSTILE}"),
    ]
    channels = [
        ChannelState("hook", "webhook", waiting=37, delivered=1200, failures=4,
                     last_error=f"HTTP 502 {HOSTILE}",
                     last_error_us=seconds_ago(3.0)),
        ChannelState("log", "log", delivered=1240),
    ]  # fmt: skip
    return view(
        *cases, feeds=feeds, channels=channels,
        trouble=f"record.sqlite: appending failed: disk is full{HOSTILE}",
        archive_trouble="no space left",
    )  # fmt: skip
