"""What is to be watched, checked as a whole before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from nofly.config import Config, WatchConfig
from nofly.errors import ConfigError, Finding, InputError
from nofly.incidents.inhibition import Inhibition
from nofly.incidents.machine import Params
from nofly.incidents.warnings import PredictionParams
from nofly.run.alert_plans import AlertPlan, plan_alert
from nofly.run.engine import EngineOptions
from nofly.run.feed_plans import FeedPlan, plan_feed
from nofly.run.heightfiles import load_geoid, load_qnh, load_terrain
from nofly.run.inhibition_plan import plan_inhibition, without_zone
from nofly.run.inputs import expanded
from nofly.run.lists import Lists, read_list
from nofly.run.pipeline import lists_of
from nofly.run.preparing import Aids
from nofly.run.zonefiles import read_zones
from nofly.store.capture import CaptureLimits
from nofly.zones.model import Zone

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """Zones, feeds, channels and how live traffic is judged."""

    law: tuple[Zone, ...]
    feeds: tuple[FeedPlan, ...]
    alerts: tuple[AlertPlan, ...]
    options: EngineOptions
    watch: WatchConfig
    prediction: PredictionParams | None
    inhibitions: tuple[Inhibition, ...] = ()
    findings: tuple[Finding, ...] = ()
    zone_files: tuple[str, ...] = ()
    """Names and patterns of zone files beside those of the configuration."""

    @property
    def state(self) -> Path:
        """The folder of all that is kept."""
        return Path(self.watch.state)

    @property
    def kept_path(self) -> Path:
        """The file of the state that a watch goes on from."""
        return self.state / "engine.state"

    @property
    def law_path(self) -> Path:
        """The file of the zones of that state."""
        return self.state / "law.state"

    @property
    def capture(self) -> CaptureLimits | None:
        """What is kept of raw bytes, None for nothing."""
        watch = self.watch
        if watch.capture_bytes == 0 or watch.capture_days == 0:
            return None
        segment = min(CaptureLimits().segment_bytes, watch.capture_bytes)
        return CaptureLimits(segment, keep_bytes=watch.capture_bytes, keep_s=watch.capture_days * DAY_S)


def plan_watch(config: Config, zone_files: Sequence[str], now_us: int) -> WatchPlan:
    """Return the plan. Raises ConfigError, PluginError and what zone files raise, for the first thing that
    cannot be."""
    law, options, findings = read_law(config, zone_files, now_us)
    feeds = [plan_feed(*_named(table, "feeds", k, "url")) for k, table in enumerate(config.feeds)]
    alerts = [plan_alert(*_named(table, "alerts", k, "kind")) for k, table in enumerate(config.alerts)]
    for what, plans in (("feeds", feeds), ("alerts", alerts)):
        names = [plan.name for plan in plans]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"two of [[{what}]] are called {name!r}", expected="a name for each")
    if config.watch.tick_s <= 0:
        raise ConfigError("tick_s is 0", locator="watch.tick_s", expected="more than 0")
    inhibitions = tuple(plan_inhibition(table, k) for k, table in enumerate(config.inhibitions))
    findings += without_zone(inhibitions, law)
    return WatchPlan(
        tuple(law), tuple(feeds), tuple(alerts), options, config.watch, _prediction(config.prediction),
        inhibitions, tuple(findings), tuple(zone_files),
    )  # fmt: skip


def read_law(
    config: Config, zone_files: Sequence[str], now_us: int
) -> tuple[list[Zone], EngineOptions, list[Finding]]:
    """Return the zones, what is judged with, and what is to be said of both: all that is
    read from files, as the files are now. Errors as of :func:`plan_watch`."""
    files = expanded([*config.check.zones, *zone_files])
    if not files:
        raise ConfigError("no zones given", expected="--zones FILE, or zones in [check]")
    found = read_zones(files, strict=bool(config.check.strict))
    law = list(found.zones)
    if not law:
        raise ConfigError("no zone to be watched", source=", ".join(files[:5]))
    lists = Lists(tuple(read_list(path, name) for name, path in config.lists.items()))
    lists.require(lists_of(law))
    check = config.check
    qnh, said = load_qnh(check.qnh, now_us, check.qnh_stations)
    aids = Aids(qnh, load_geoid(), load_terrain(check.terrain))
    try:
        incidents = Params(config.watch.reentry_s, config.watch.close_s)
    except InputError as error:
        raise ConfigError(error.message, locator=f"watch.{error.locator}", expected=error.expected) from None
    listed = [finding for each in lists.lists for finding in each.findings]
    return law, EngineOptions(check.max_gap_s or 120.0, incidents, aids, lists), [
        *found.findings, *listed, *said,
    ]  # fmt: skip


def _named(table: Mapping[str, Any], kind: str, number: int, key: str) -> tuple[str, str, dict[str, Any]]:
    """Return name, URL or kind, and the options of a feed or channel."""
    rest = dict(table)
    given = rest.pop(key, None)
    name = rest.pop("name", None)
    for word, value in (("name", name), (key, given)):
        if not isinstance(value, str) or not value:
            raise ConfigError(
                f"no {word}", locator=f"[[{kind}]] number {number + 1}", expected=f'{word} = "…"'
            )
    return str(name), str(given), rest


def _prediction(table: Mapping[str, Any]) -> PredictionParams | None:
    given = dict(table)
    if given.pop("enabled", True) is False:
        return None
    known = PredictionParams.__struct_fields__
    for key in given:
        if key not in known:
            raise ConfigError(
                "unknown key", locator=f"prediction.{key}", expected=f"one of {', '.join(known)}"
            )
    try:
        return msgspec.convert(given, PredictionParams)
    except (msgspec.ValidationError, InputError) as error:
        raise ConfigError(str(error), locator="prediction") from None
