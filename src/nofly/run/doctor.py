"""Whether a watch would work: what is configured, what would be monitored, and what answers now.

Nothing is told to anybody, nothing is recorded, and no secret is said.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from nofly.config import CheckConfig, Config, WatchConfig
from nofly.errors import NoflyError
from nofly.feeds.health import FeedState, Status
from nofly.incidents.stays import zone_activity
from nofly.incidents.warnings import PredictionParams
from nofly.plugins.reasons import reason
from nofly.run.feeding.connections import Feeds
from nofly.run.feeding.plans import FeedPlan
from nofly.run.files.zonewords import limit_text
from nofly.run.live.predicting import datums_of
from nofly.run.outputs.text import clock, printable, zone_words
from nofly.run.watch_plan import WatchPlan
from nofly.units import DAY_US, US_PER_S
from nofly.zones.activity import activity_at
from nofly.zones.model import Circle, Corridor, Datum, Zone

LOOK_S = 0.05
AHEAD_DAYS = 7
CLOCK_S = 2.0
"""A sender's clock that is ahead by more is told."""
LAG_S = 30.0
"""Positions that are older when they come are told."""


class Well(StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and less is known than could be."""
    FAULT = "fault"
    """It would not work."""


class Check(NamedTuple):
    """One thing that was looked at."""

    topic: str
    name: str
    well: Well
    said: str


class Setting(NamedTuple):
    """A value in effect; ``default``: nobody has said otherwise."""

    key: str
    value: Any
    default: bool


@dataclass(slots=True)
class Report:
    """All that was looked at."""

    settings: list[Setting] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether nothing was found that would not work."""
        return all(check.well is not Well.FAULT for check in self.checks)


def settings(config: Config, plan: WatchPlan) -> Iterator[Setting]:
    """Yield the values in effect, and whether each is the default."""
    yield Setting("check.max_gap_s", plan.options.max_gap_s, config.check.max_gap_s is None)
    for name in _CHECK:
        value = getattr(config.check, name)
        yield Setting(f"check.{name}", value, value == getattr(CheckConfig(), name))
    for f in fields(WatchConfig):
        value = getattr(config.watch, f.name)
        yield Setting(f"watch.{f.name}", value, value == f.default)
    if plan.prediction is None:
        yield Setting("prediction.enabled", False, False)
    else:
        for name in PredictionParams.__struct_fields__:
            value = getattr(plan.prediction, name)
            yield Setting(f"prediction.{name}", value, name not in config.prediction)
    for name, path in config.lists.items():
        yield Setting(f"lists.{name}", path, False)
    for feed in plan.feeds:
        for key in ("stall_after_s", "dry_after_s", "lateness_s"):
            seconds = getattr(feed, key)
            yield Setting(f"feeds.{feed.name}.{key}", seconds, seconds == _OF_FEEDS[key])
    for alert in plan.alerts:
        yield Setting(f"alerts.{alert.name}.tell", list(alert.tells), alert.options.tell is None)
        yield Setting(f"alerts.{alert.name}.per_minute", alert.per_minute, alert.options.per_minute is None)
    for k, one in enumerate(plan.inhibitions, 1):
        yield Setting(f"inhibitions.{k}", f"{one.who}: {one.why}", False)


_CHECK = ("zones", "qnh", "qnh_stations", "terrain", "strict")
"""What a watch takes of ``[check]``."""
_OF_FEEDS = {f.name: f.default for f in fields(FeedPlan)}


def zones(plan: WatchPlan, now_us: int) -> Iterator[Check]:
    """Yield what would be monitored, and what would not."""
    for zone in plan.law:
        limits = ", and ".join(
            f"{limit_text(v.lower, 'ground')} to {limit_text(v.upper, 'unlimited')}" for v in zone.volumes
        )
        well, active = _active(zone, now_us)
        said = f"{zone.restriction.value}, {limits}; {active}"
        yield Check("zones", zone_words(zone.id, zone.name), well, printable(said))
    for finding in plan.findings:
        if finding.severity == "rejected" or finding.code == "inhibition-without-zone":
            yield Check("zones", finding.code, Well.WARNING, printable(str(finding)))


def _active(zone: Zone, now_us: int) -> tuple[Well, str]:
    until_us = now_us + AHEAD_DAYS * DAY_US
    _, intervals = zone_activity([zone], now_us - DAY_US, until_us)
    now = int(activity_at(intervals, np.array([now_us]))[0])
    if now > 0:
        return Well.OK, "active now"
    if now < 0:
        return Well.WARNING, "it cannot be told whether it is active now"
    coming = [int(start) for start, *_ in intervals if now_us < start <= until_us]
    if coming:
        return Well.OK, f"next active from {clock(min(coming))}"
    if zone.valid_to_us is not None and zone.valid_to_us <= now_us:
        return Well.WARNING, f"in force no more since {clock(zone.valid_to_us)}"
    return Well.WARNING, f"not active within {AHEAD_DAYS} days"


_NEEDS = {
    Datum.STD: "the reported pressure altitude",
    Datum.AMSL: "QNH with the pressure altitude, or a satellite height (the geoid is built in)",
    Datum.HAE: "a satellite height",
    Datum.AGL: "terrain, beside a height above sea level",
}


def heights(plan: WatchPlan, now_us: int) -> Iterator[Check]:
    """Yield which heights the zones need, and which cannot be known."""
    aids = plan.options.aids
    for datum in datums_of(plan.law):
        using = [zone for zone in plan.law if datum in _datums(zone)]
        if datum is Datum.AMSL:
            well, said = _known(using, aids.qnh is not None, lambda a, b: _offset_m(aids.qnh, now_us, a, b),
                                "QNH", Well.WARNING)  # fmt: skip
            if well is not Well.OK:
                said += f"; {_told(plan, {Datum.AMSL, Datum.HAE})[1]}"
        elif datum is Datum.AGL:
            some = any(Datum.AGL in feed.heights for feed in plan.feeds)
            well, said = _known(using, aids.terrain is not None,
                                lambda a, b: float(aids.terrain.elevation_m(a, b)[0][0]), "terrain",
                                Well.WARNING if some else Well.FAULT)  # fmt: skip
            if well is not Well.OK and some:
                said += f"; {_told(plan, {Datum.AGL})[1]}"
        else:
            ways = {Datum.STD} if datum is Datum.STD else {Datum.HAE, Datum.AMSL}
            well, said = _told(plan, set(Datum) - {Datum.AGL} if aids.qnh is not None else ways)
        many = f"{len(using):,} zone{'s' * (len(using) > 1)}"
        yield Check("heights", datum.value, well, f"{many}; needs {_NEEDS[datum]}: {said}")


_TELLS = {
    frozenset({Datum.STD}): "a pressure altitude",
    frozenset({Datum.AGL}): "its height above ground itself",
    frozenset({Datum.AMSL, Datum.HAE}): "a satellite height, or one above sea level",
    frozenset({Datum.STD, Datum.AMSL, Datum.HAE}): "any height that QNH makes such a one",
}


def _told(plan: WatchPlan, ways: set[Datum]) -> tuple[Well, str]:
    """Return in words which feeds may tell a height on one of these datums, and which never do."""
    telling = [printable(feed.name) for feed in plan.feeds if feed.heights & ways]
    others = [printable(feed.name) for feed in plan.feeds if not feed.heights & ways]
    what = _TELLS[frozenset(ways)]
    if not telling:
        return Well.FAULT, f"no feed tells {what}: never known exactly"
    said = f"exactly only where a report of {', '.join(telling)} tells {what}"
    if others:
        return Well.WARNING, f"{said}, never through {', '.join(others)}"
    return Well.OK, said


def _known(
    using: Sequence[Zone], given: bool, value_m: Callable[[Any, Any], float], what: str, otherwise: Well
) -> tuple[Well, str]:
    """Return whether a value is known where the zones are."""
    if not given:
        first = ", ".join(zone_words(zone.id, zone.name) for zone in using[:3])
        less = " of aircraft without a satellite height" if what == "QNH" else ""
        return otherwise, f"no {what} is given: such heights{less} are known within bounds only ({first})"
    unknown = []
    for zone in using:
        lat_deg, lon_deg = _place(zone)
        if not math.isfinite(value_m(np.array([lat_deg]), np.array([lon_deg]))):
            unknown.append(zone)
    if not unknown:
        return Well.OK, f"{what} is there"
    first = ", ".join(zone_words(zone.id, zone.name) for zone in unknown[:3])
    return otherwise, f"no {what} now where {len(unknown):,} of them are ({first})"


def _offset_m(qnh: Any, now_us: int, lat_deg: Any, lon_deg: Any) -> float:
    return float(np.ravel(qnh.offset_m(np.array([now_us]), lat_deg, lon_deg))[0])


def _datums(zone: Zone) -> set[Datum]:
    return set(datums_of([zone]))


def _place(zone: Zone) -> tuple[float, float]:
    """Return a place in or on the edge of a zone."""
    footprint = zone.volumes[0].footprint
    if isinstance(footprint, Circle):
        return footprint.centre
    if isinstance(footprint, Corridor):
        return footprint.path[0]
    first = footprint.exterior[0]
    return first if isinstance(first, tuple) else first.centre


@dataclass(slots=True)
class _Heard:
    """What was noticed of a feed while it was listened to."""

    first_s: float | None = None
    least_lag_s: float = math.inf


async def feeds(plan: WatchPlan, clock_us: Callable[[], int], seconds: float) -> list[Check]:
    """Connect to every feed for so long, and return which answer. Standard input is left alone."""
    checks, listened = [], []
    for one in plan.feeds:
        if one.url.transport == "stdin":
            said = "standard input is not looked at"
            checks.append(Check("feeds", printable(one.name), Well.OK, said))
        else:
            listened.append(one if one.pace is None else replace(one, pace=type(one.pace)("max")))
    running = Feeds(listened, clock_us)
    heard = [_Heard() for _ in listened]
    begun_us = clock_us()
    task = asyncio.create_task(running.run())
    try:
        while clock_us() - begun_us < seconds * US_PER_S and not running.ended:
            await asyncio.sleep(LOOK_S)
            running.take()
            running.tick(clock_us())
            for state, what in zip(running.states, heard, strict=True):
                if state.read_bytes and what.first_s is None:
                    what.first_s = (clock_us() - begun_us) / US_PER_S
                if state.lag_s is not None:
                    what.least_lag_s = min(what.least_lag_s, state.lag_s)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    passed_s = max((clock_us() - begun_us) / US_PER_S, LOOK_S)
    found = zip(listened, running.states, heard, strict=True)
    return [*checks, *(_answer(one, state, what, passed_s) for one, state, what in found)]


def _answer(plan: FeedPlan, state: FeedState, heard: _Heard, passed_s: float) -> Check:
    name = printable(f"{plan.name}, {plan.url}")
    why = f": {printable(state.error)}" if state.error else ""
    if plan.pace is not None:
        well = Well.FAULT if state.error else Well.OK if state.positions else Well.WARNING
        over = "all" if state.status is Status.ENDED and not state.error else "the first"
        return Check("feeds", name, well, f"a recording, {over} {state.positions:,} positions{why}")
    if not state.read_bytes:
        nothing = "nothing came" if plan.url.transport == "udp" else "no answer"
        said = f"{nothing} in {passed_s:.0f} s" if not why else f"does not answer{why}"
        return Check("feeds", name, Well.FAULT, said)
    parts = [f"first bytes after {heard.first_s or 0.0:.1f} s"]
    well = Well.OK
    rejected = sum(state.rejects.values())
    if state.positions:
        parts.append(f"{state.positions / passed_s:,.1f} positions a second")
        lag_s = heard.least_lag_s
        if lag_s < -CLOCK_S:
            well = Well.WARNING
            parts.append(f"its clock is at least {-lag_s:.1f} s ahead of this one")
        elif lag_s > LAG_S:
            well = Well.WARNING
            parts.append(f"its positions are at least {lag_s:.1f} s old, or its clock is behind")
        else:
            parts.append(f"positions {lag_s:.1f} s old")
    else:
        well = Well.WARNING
        parts.append(f"no position in {passed_s:.0f} s")
    if rejected:
        reasons = ", ".join(f"{printable(code)} {n:,}" for code, n in sorted(state.rejects.items()))
        parts.append(f"{rejected:,} record{'s' * (rejected > 1)} rejected ({reasons})")
    if state.status is Status.FAILED:
        well = Well.FAULT
        parts.append(f"then the connection failed{why}")
    return Check("feeds", name, well, "; ".join(parts))


def told(error: Exception) -> str:
    """Return an error fit to be shown."""
    if isinstance(error, OSError):
        return printable(reason(error))
    return printable(str(error)) if isinstance(error, NoflyError) else type(error).__name__
