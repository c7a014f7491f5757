"""What is to be watched, checked as a whole before anything is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from nofly.config import Config, WatchConfig
from nofly.errors import ConfigError, Finding, InputError, PluginError, Severity
from nofly.feeds.decoding import words_of
from nofly.incidents.inhibition import Inhibition
from nofly.incidents.machine import Params
from nofly.incidents.warnings import PredictionParams
from nofly.run.alerting.inhibition_plan import plan_inhibition, without_zone
from nofly.run.alerting.plans import AlertPlan, plan_alert
from nofly.run.declaring.file import NAME as DECLARED
from nofly.run.feeding.plans import FeedPlan, plan_feed
from nofly.run.files.heightfiles import load_geoid, load_qnh, load_terrain
from nofly.run.files.inputs import expanded
from nofly.run.files.lists import Lists, read_list
from nofly.run.files.zonefiles import ZoneSet, read_zones
from nofly.run.judging.pipeline import lists_of
from nofly.run.judging.preparing import Aids
from nofly.run.live.engine import EngineOptions
from nofly.run.live.predicting import Predictor
from nofly.run.record.editions import Received
from nofly.run.registering.following import Followed
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
    zones_not_read: int = 0
    """Records of zones that were rejected."""
    register: Followed | None = None
    """The register whose law is watched too."""

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

    @property
    def received(self) -> Received:
        """How reports come together."""
        late_s = {feed.name: feed.lateness_s for feed in self.feeds}
        return Received(late_s, self.watch.hold_s, self.watch.tick_s)

    def predictor(self, law: Sequence[Zone]) -> Predictor | None:
        """Return what predicts entries into the zones of a law; None where nothing is to be predicted."""
        if self.prediction is None:
            return None
        return Predictor(law, self.options.max_gap_s, self.prediction, self.inhibitions)


def plan_watch(config: Config, zone_files: Sequence[str], now_us: int) -> WatchPlan:
    """Return the plan. Raises ConfigError, PluginError and what zone files raise, for the first thing that
    cannot be."""
    register = Followed(config.register.url) if config.register.url else None
    law, options, findings = read_law(config, zone_files, now_us, register)
    feeds = [plan_feed(*one) for one in _named(config, config.feeds, "feeds", "url")]
    _named_once(config, "feeds", [feed.name for feed in feeds])
    if config.watch.tick_s <= 0:
        raise config.wrong(ConfigError("tick_s is 0", locator="watch.tick_s", expected="more than 0"))
    alerts = plan_alerts(config)
    try:
        prediction = prediction_of(config.prediction)
        inhibitions = tuple(plan_inhibition(table, k) for k, table in enumerate(config.inhibitions))
    except ConfigError as error:
        raise config.wrong(error) from None
    findings += without_zone(inhibitions, law.zones)
    return WatchPlan(
        law.zones, tuple(feeds), tuple(alerts), options, config.watch, prediction, inhibitions,
        tuple(findings), tuple(zone_files), law.rejected, register,
    )  # fmt: skip


def plan_alerts(config: Config) -> list[AlertPlan]:
    """Return the plans of a configuration's channels. Raises ConfigError and PluginError for what cannot
    be."""
    plans = []
    for name, kind, options in _named(config, config.alerts, "alerts", "kind"):
        try:
            plans.append(plan_alert(name, kind, options))
        except ConfigError as error:
            raise config.wrong(error) from None
        except PluginError as error:
            raise PluginError(f"{config.source}, {error}" if config.source else str(error)) from error
    _named_once(config, "alerts", [plan.name for plan in plans])
    return plans


def read_law(
    config: Config, zone_files: Sequence[str], now_us: int, register: Followed | None = None
) -> tuple[ZoneSet, EngineOptions, list[Finding]]:
    """Return the zones, what is judged with, and what is to be said of both: all that is
    read from files and the register, as they are now. Errors as of :func:`plan_watch`."""
    lists = Lists(tuple(read_list(path, name) for name, path in config.lists.items()))
    found = _zones(config, zone_files, register)
    lists.require(lists_of(found.zones))
    check = config.check
    qnh, said = load_qnh(check.qnh, now_us, check.qnh_stations)
    aids = Aids(qnh, load_geoid(), load_terrain(check.terrain))
    try:
        incidents = Params(config.watch.reentry_s, config.watch.close_s)
    except InputError as error:
        error.locator = f"watch.{error.locator}"
        raise config.wrong(error) from None
    listed = [finding for each in lists.lists for finding in each.findings]
    return found, EngineOptions(check.max_gap_s or 120.0, incidents, aids, lists), [
        *found.findings, *listed, *said,
    ]  # fmt: skip


def _zones(config: Config, zone_files: Sequence[str], register: Followed | None) -> ZoneSet:
    """Return the zones of the files, those declared here, and the law of the register."""
    files = expanded([*config.check.zones, *zone_files])
    declared = Path(config.watch.state, DECLARED)
    files += [str(declared)] if declared.is_file() else []
    if not files and register is None:
        raise ConfigError("no zones given", expected="--zones FILE, or zones in [check]")
    found = read_zones(files, strict=bool(config.check.strict))
    if not found.zones and not declared.is_file() and register is None:
        raise ConfigError("no zone to be watched", source=", ".join(files[:5]))
    if register is None:
        return found
    law = register.read(config.lists.keys())
    last = found.files[-1] if declared.is_file() else None
    given = len(found.zones) - (0 if last is None else last.records - last.rejected)
    # What was declared here went into the register too, which says what became of it since.
    kept = [zone for k, zone in enumerate(found.zones) if k < given or zone.id not in register.known]
    twice = [_twice(zone) for zone in found.zones[:given] if zone.id in register.known]
    findings = (*found.findings, *law.findings, *twice)
    return ZoneSet((*kept, *law.zones), findings, (*found.files, *law.files))


def _twice(zone: Zone) -> Finding:
    message = f"{zone.id!r} is in the register too: both are watched"
    return Finding("duplicate-id", Severity.WARNING, message, locator=zone.source.locator)


def _named(
    config: Config, tables: Sequence[Mapping[str, Any]], kind: str, key: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, URL or kind, and the options of feeds or channels."""
    for number, table in enumerate(tables, 1):
        rest = dict(table)
        given = rest.pop(key, None)
        name = rest.pop("name", None)
        for word, value in (("name", name), (key, given)):
            if not isinstance(value, str) or not value:
                where, expected = f"[[{kind}]] number {number}", f'{word} = "…"'
                raise config.wrong(ConfigError(f"no {word}", locator=where, expected=expected))
        yield str(name), str(given), rest


def _named_once(config: Config, what: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            message = f"two of [[{what}]] are called {name!r}"
            raise config.wrong(ConfigError(message, expected="a name for each"))


def prediction_of(table: Mapping[str, Any]) -> PredictionParams | None:
    """Return what the table ``[prediction]`` says, None where no warnings are wanted. Raises ConfigError."""
    given = dict(table)
    enabled = given.pop("enabled", True)
    if not isinstance(enabled, bool):
        raise ConfigError(f"{enabled!r}", locator="prediction.enabled", expected="true or false")
    if not enabled:
        return None
    known = get_type_hints(PredictionParams)
    for key, value in given.items():
        place = f"prediction.{key}"
        if key not in known:
            near = get_close_matches(key, known, 1)
            expected = f"perhaps {near[0]}" if near else f"one of {', '.join(known)}"
            raise ConfigError("unknown key", locator=place, expected=expected)
        try:
            given[key] = msgspec.convert(value, known[key])
        except msgspec.ValidationError:
            raise ConfigError(f"{value!r}", locator=place, expected=words_of(known[key])) from None
    try:
        return PredictionParams(**given)
    except InputError as error:
        place = f"prediction.{error.locator}"
        raise ConfigError(error.message, locator=place, expected=error.expected) from None
