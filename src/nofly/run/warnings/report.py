"""How good the warnings were: measured over recorded traffic, by the situation classes of safety nets.

A *situation* is an incident (stays with short times outside between), or a warning that no stay followed.
EUROCONTROL's guidance for ground-based safety nets sorts the situations that an alert is tuned by into five
classes (EUROCONTROL-GUID-161, Area Proximity Warning, Part III, optimisation): alert necessary, desirable,
unnecessary, undesirable, and void. How each is told here is said with :class:`Class`. Leavings of zones that
must not be left, of which it says nothing, are sorted alike and counted apart.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import mean, median
from typing import Any

from nofly import __version__
from nofly.errors import Finding
from nofly.incidents.machine import Params
from nofly.incidents.record import Cause, Certainty, Infringement, Status
from nofly.incidents.states import Event
from nofly.incidents.warnings import PredictionParams, Warned
from nofly.run.check import CheckOptions
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.outputs.text import iso_time, printable, shorten, width, zone_words
from nofly.run.warnings.passes import Passed, Setting, passed
from nofly.units import US_PER_S
from nofly.zones.model import Restriction, Zone


class Class(IntEnum):
    """What an alert would be worth."""

    NECESSARY = 1
    """A confirmed infringement."""
    DESIRABLE = 2
    """An infringement that is probable or undetermined, or of the required spacing alone."""
    UNNECESSARY = 3
    """Exempt or cleared; or the flight turned away, levelled off or climbed less, at the last moment."""
    UNDESIRABLE = 4
    """The flight never was near: it was not within the bypass time of the entry."""
    VOID = 5
    """No such situation: the reports it rests on are not credible, as where a height jumps through a zone."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A stay, a warning, or both. Times are UTC microseconds, None where there was none.

    ``kind`` is None for a warning whose flight was not heard on, so that nobody knows. ``available_s`` is the
    warning time that could have been had: the zone's look-ahead, or since the flight was first heard, where
    that is less. ``found_inside``: when it was first heard it was inside, and nothing could have warned.
    """

    zone: int
    target_id: str
    kind: Class | None
    warned_us: int | None
    entry_us: int | None
    available_s: float = 0.0
    found_inside: bool = False

    @property
    def warning_s(self) -> float | None:
        """The warning time achieved: from the warning to the entry."""
        if self.warned_us is None or self.entry_us is None:
            return None
        return (self.entry_us - self.warned_us) / US_PER_S

    @property
    def warnable(self) -> bool:
        """Whether it is an infringement of which there could have been a warning."""
        return self.kind in (Class.NECESSARY, Class.DESIRABLE) and not self.found_inside


@dataclass(frozen=True)
class Measures:
    """What the situations amount to. Shares are of 1, None where there is nothing to take a share of."""

    situations: tuple[Situation, ...]
    flown_h: float

    def count(self, kind: Class | None, warned: bool | None = None) -> int:
        """Return how many situations there are of a class, and with or without a warning."""
        return sum(
            s.kind is kind and not s.found_inside and (warned is None or (s.warned_us is not None) is warned)
            for s in self.situations
        )

    @property
    def warning_times_s(self) -> list[float]:
        """The warning times achieved, of infringements, least first."""
        return sorted(s.warning_s for s in self.situations if s.warnable and s.warning_s is not None)

    @property
    def missed(self) -> int:
        """Infringements of which there could have been a warning and was none."""
        return sum(s.warnable and s.warned_us is None for s in self.situations)

    @property
    def found_inside(self) -> int:
        """Stays that began before anything was heard."""
        return sum(s.found_inside for s in self.situations)

    @property
    def nuisance(self) -> int:
        """Warnings that were right by the rules and of no use: unnecessary and undesirable ones."""
        return self.count(Class.UNNECESSARY, True) + self.count(Class.UNDESIRABLE, True)

    @property
    def indicators(self) -> dict[str, float | None]:
        """The indicators of EUROCONTROL's safety net guidance, and the nuisance warnings a flight hour."""
        warned = [s for s in self.situations if s.warned_us is not None and s.kind is not None]
        of = [s for s in self.situations if s.warnable and s.warning_s is not None and s.available_s > 0.0]
        shares = [min((s.warning_s or 0.0) / s.available_s, 1.0) for s in of]
        idle = sum(s.kind in (Class.UNNECESSARY, Class.UNDESIRABLE, Class.VOID) for s in warned)
        undesirable = sum(s.kind is Class.UNDESIRABLE for s in warned)
        return {
            "necessary_warned": _share(self.count(Class.NECESSARY, True), self.count(Class.NECESSARY)),
            "desirable_warned": _share(self.count(Class.DESIRABLE, True), self.count(Class.DESIRABLE)),
            "warnings_of_classes_3_to_5": _share(idle, len(warned)),
            "warnings_of_class_4": _share(undesirable, len(warned)),
            "warning_time_less_than_adequate": _share(sum(x < ADEQUATE_SHARE for x in shares), len(shares)),
            "mean_share_of_adequate": mean(shares) if shares else None,
            "nuisance_per_flight_hour": self.nuisance / self.flown_h if self.flown_h > 0.0 else None,
        }


ADEQUATE_SHARE = 0.9
"""Less than this share of the warning time that could have been had is less than adequate."""
_CLOSE_US = 15 * US_PER_S
ASKED = {
    "necessary_warned": "≥ 95 %", "desirable_warned": "≥ 80 %", "warnings_of_classes_3_to_5": "≤ 75 %",
    "warnings_of_class_4": "≤ 1 %", "warning_time_less_than_adequate": "≤ 45 %",
    "mean_share_of_adequate": "≥ 90 %",
}  # fmt: skip
"""What EUROCONTROL's guidance asks of an alert of this kind, or prefers."""
_WORDS = {
    "necessary_warned": "necessary alerts given (class 1)",
    "desirable_warned": "desirable alerts given (class 2)",
    "warnings_of_classes_3_to_5": "alerts of classes 3 to 5, of all",
    "warnings_of_class_4": "alerts of class 4, of all",
    "warning_time_less_than_adequate": "warning time less than adequate",
    "mean_share_of_adequate": "mean of achieved over adequate warning time",
}
_HEAD = (
    "ZONE", "1 WARNED", "2 WARNED", "MISSED", "FOUND IN", "TIME 10 %", "MEDIAN", "90 %", "3 ALERTS",
    "4 ALERTS", "5 ALERTS", "UNKNOWN",
)  # fmt: skip
_WIDEST = 34


@dataclass(frozen=True)
class WarningReport:
    """What a setting would have warned of, beside what happened."""

    zones: tuple[Zone, ...]
    setting: Setting
    situations: tuple[Situation, ...]
    flown_h: float

    @property
    def all(self) -> Measures:
        """The measures over all zones that must not be entered."""
        return Measures(tuple(s for s in self.situations if not self._kept_in(s.zone)), self.flown_h)

    @property
    def leavings(self) -> Measures:
        """The measures over all zones that must not be left: leaving one is as entering another."""
        return Measures(tuple(s for s in self.situations if self._kept_in(s.zone)), self.flown_h)

    def of_zone(self, zone: int) -> Measures:
        """Return the measures of one zone, by its number."""
        return Measures(tuple(s for s in self.situations if s.zone == zone), self.flown_h)

    def table(self) -> str:
        """Return a line a zone of which there is anything to say, most first, and the indicators below."""
        some = sorted({s.zone for s in self.situations}, key=lambda z: (-len(self.of_zone(z).situations), z))
        rows = [_HEAD, *(_row(self._words(z), self.of_zone(z)) for z in some), _row("all zones", self.all)]
        if self.leavings.situations:
            rows.append(_row("leaving, all zones", self.leavings))
        wide = [max(width(row[k]) for row in rows) for k in range(len(_HEAD))]
        lines = ["  ".join(_padded(cell, wide[k], k == 0) for k, cell in enumerate(row)) for row in rows]
        lines += ["", f"{self.flown_h:,.1f} flight hours. Times in seconds before the entry."]
        for name, value in self.all.indicators.items():
            if name in ASKED:
                lines.append(f"{_WORDS[name]}: {_percent(value)} (asked: {ASKED[name]})")
        rate = self.all.indicators["nuisance_per_flight_hour"]
        lines.append(f"nuisance alerts a flight hour: {'–' if rate is None else f'{rate:.3g}'}")
        return "\n".join(lines)

    def _kept_in(self, zone: int) -> bool:
        return self.zones[zone].restriction is Restriction.KEEP_IN

    def _words(self, zone: int) -> str:
        leaving = "leaving " if self._kept_in(zone) else ""
        return leaving + zone_words(self.zones[zone].id, self.zones[zone].name)

    def json(self) -> str:
        """Return everything as a JSON document with a line feed at its end."""
        some = sorted({s.zone for s in self.situations})
        zones = {printable(self.zones[z].id): _plain(self.of_zone(z)) for z in some}
        params = self.setting.params
        plain = {
            "nofly": __version__,
            "parameters": {name: getattr(params, name) for name in params.__struct_fields__},
            "spacing_lateral_m": self.setting.spacing_lateral_m,
            "spacing_vertical_m": self.setting.spacing_vertical_m,
            "flight_hours": self.flown_h, "all": _plain(self.all), "leavings": _plain(self.leavings),
            "zones": zones,
            "situations": [_situation(s, self.zones) for s in self.situations],
        }  # fmt: skip
        return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def report(
    zones: Sequence[Zone], batches: Iterable[TrackBatch], params: PredictionParams | None = None,
    options: CheckOptions | None = None, findings: Iterable[Finding] = (),
    again: Callable[[], Iterable[TrackBatch]] | None = None,
) -> WarningReport:  # fmt: skip
    """Return how good the warnings would have been over recorded traffic. Raises what
    :func:`nofly.run.check.check` raises."""
    setting = Setting(params or PredictionParams())
    found = passed(zones, batches, [setting], options, findings, again)
    return reports(zones, found, [setting])[0]


def reports(zones: Sequence[Zone], found: Passed, settings: Sequence[Setting]) -> list[WarningReport]:
    """Return the report of each setting of a pass."""
    stays = found.result.infringements
    flown_h = found.flown_s / 3600.0
    return [
        WarningReport(tuple(zones), setting, _situations(zones, stays, warned, found, setting), flown_h)
        for setting, warned in zip(settings, found.warned, strict=True)
    ]


@dataclass(slots=True)
class _Given:
    """A warning from when to when (None: until the flight entered or was heard no more)."""

    since_us: int
    until: Warned | None = None
    led_to_entry: bool = False


def _situations(
    zones: Sequence[Zone], stays: Sequence[Infringement], warned: list[tuple[str, Warned]], found: Passed,
    setting: Setting,
) -> tuple[Situation, ...]:  # fmt: skip
    given = _intervals(warned)
    numbers = {zone.zone_hash: z for z, zone in enumerate(zones)}
    out = []
    for incident in _incidents(stays):
        first = incident[0]
        zone = numbers[first.zone_hash]
        mine = given.get((first.target_id, zone), [])
        in_force = next((g for g in mine if _holds(g, first)), None)
        for one in mine:
            one.led_to_entry |= any(_holds(one, stay) for stay in incident)
        out.append(
            Situation(
                zone, first.target_id, min(_class_of(stay, found) for stay in incident),
                None if in_force is None else in_force.since_us, first.entry_time_us,
                _available_s(zones[zone], first, found, setting.params), first.cause is Cause.DATA_RESUMED,
            )
        )  # fmt: skip
    for (target_id, zone), mine in given.items():
        for one in mine:
            if not one.led_to_entry:
                kind = _class_without(one, setting.params)
                out.append(Situation(zone, target_id, kind, one.since_us, None))
    return tuple(sorted(out, key=lambda s: (s.entry_us or s.warned_us or 0, s.zone, s.target_id)))


def _incidents(stays: Sequence[Infringement]) -> list[list[Infringement]]:
    """Return the stays by incident: a re-entry soon after the exit is the same one, as it is live."""
    out: dict[tuple[str, str], list[list[Infringement]]] = {}
    for stay in sorted(stays, key=lambda s: s.entry_time_us):
        mine = out.setdefault((stay.target_id, stay.zone_hash), [])
        soon_us = Params().reentry_s * US_PER_S
        if mine and stay.entry_time_us - max(s.exit_time_us for s in mine[-1]) <= soon_us:
            mine[-1].append(stay)
        else:
            mine.append([stay])
    return [incident for mine in out.values() for incident in mine]


def _intervals(warned: list[tuple[str, Warned]]) -> dict[tuple[str, int], list[_Given]]:
    out: dict[tuple[str, int], list[_Given]] = {}
    for target_id, one in sorted(warned, key=lambda pair: pair[1].time_us):
        mine = out.setdefault((target_id, one.zone), [])
        if one.event is Event.PREDICT:
            mine.append(_Given(one.time_us))
        elif mine and mine[-1].until is None:
            mine[-1].until = one
    return out


def _holds(given: _Given, stay: Infringement) -> bool:
    """Return whether a warning was in force at an entry."""
    entry_us = stay.entry_time_us
    return given.since_us <= entry_us and (given.until is None or given.until.time_us >= entry_us)


def _class_of(stay: Infringement, found: Passed) -> Class:
    if stay.status is Status.SUSPECT or _by_marked(stay, found):
        return Class.VOID
    if stay.status is not Status.INFRINGEMENT:
        return Class.UNNECESSARY
    return Class.NECESSARY if stay.certainty is Certainty.CONFIRMED else Class.DESIRABLE


def _by_marked(stay: Infringement, found: Passed) -> bool:
    """Return whether screening marked all reports in the stay, and one in it or close to it."""
    marked_us = found.marked_us.get(stay.target_id, [])

    def count(margin_us: int) -> int:
        first = bisect_left(marked_us, stay.entry_time_us - margin_us)
        return bisect_right(marked_us, stay.exit_time_us + margin_us) - first

    return count(0) >= stay.reports and count(_CLOSE_US) > 0


def _class_without(given: _Given, params: PredictionParams) -> Class | None:
    """Return the class of a warning that no stay followed."""
    until = given.until
    if until is None or until.cause is Cause.DATA_LOST or until.least_left_s is None:
        return None
    if until.least_left_s <= 0.0:
        return Class.DESIRABLE
    return Class.UNNECESSARY if until.least_left_s < params.bypass_s else Class.UNDESIRABLE


def _available_s(zone: Zone, stay: Infringement, found: Passed, params: PredictionParams) -> float:
    """Return the warning time that could have been had."""
    ahead_s = zone.rule.look_ahead_s if zone.rule else None
    since = found.heard_us.get(stay.target_id, [])
    k = bisect_right(since, stay.entry_time_us) - 1
    heard_s = (stay.entry_time_us - since[k]) / US_PER_S if k >= 0 else 0.0
    return min(params.look_ahead_s if ahead_s is None else ahead_s, heard_s)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100.0 * value:.0f} %"


def quantile_s(times_s: Sequence[float], fraction: float) -> float | None:
    """Return a quantile of sorted times: the nearest one; None where there is none."""
    return times_s[round(fraction * (len(times_s) - 1))] if times_s else None


def _row(name: str, found: Measures) -> tuple[str, ...]:
    times_s = found.warning_times_s
    told = (quantile_s(times_s, 0.1), median(times_s) if times_s else None, quantile_s(times_s, 0.9))
    return (
        shorten(printable(name), _WIDEST),
        *(f"{found.count(kind, True)}/{found.count(kind)}" for kind in (Class.NECESSARY, Class.DESIRABLE)),
        str(found.missed), str(found.found_inside), *("–" if s is None else f"{s:.0f}" for s in told),
        *(str(found.count(kind, True)) for kind in (Class.UNNECESSARY, Class.UNDESIRABLE, Class.VOID)),
        str(found.count(None)),
    )  # fmt: skip


def _padded(cell: str, wide: int, left: bool) -> str:
    space = " " * (wide - width(cell))
    return cell + space if left else space + cell


def _plain(found: Measures) -> dict[str, Any]:
    times_s = found.warning_times_s
    return {
        "situations": {
            kind.name.lower(): {"all": found.count(kind), "warned": found.count(kind, True)} for kind in Class
        },
        "unknown": found.count(None), "missed": found.missed, "found_inside": found.found_inside,
        "nuisance": found.nuisance,
        "warning_time_s": {
            "median": median(times_s) if times_s else None,
            **{f"p{round(100 * f)}": quantile_s(times_s, f) for f in (0.0, 0.1, 0.25, 0.75, 0.9, 1.0)},
        },
        "indicators": found.indicators,
    }  # fmt: skip


def _situation(one: Situation, zones: Sequence[Zone]) -> dict[str, Any]:
    return {
        "zone": printable(zones[one.zone].id), "target_id": printable(one.target_id),
        "class": None if one.kind is None else int(one.kind), "found_inside": one.found_inside,
        "warned": None if one.warned_us is None else iso_time(one.warned_us),
        "entered": None if one.entry_us is None else iso_time(one.entry_us),
        "warning_s": one.warning_s, "available_s": one.available_s if one.entry_us is not None else None,
    }  # fmt: skip
