"""Schedules, rules and authorities as JSON, both ways: the objects of nofly's GeoJSON vocabulary.

A key that is not in the vocabulary rejects the record: a misspelt exemption must not become no exemption.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from nofly.errors import ConfigError, InputError
from nofly.formats._json import (
    Notes,
    Rejected,
    as_choice,
    as_instant_us,
    as_list,
    as_number,
    as_object,
    as_text,
    bad,
    shown,
)
from nofly.formats._told_hours import ANNOUNCED, told_in
from nofly.zones.clock import check_time_zone
from nofly.zones.model import Authority
from nofly.zones.rule_mapping import predicate_from_mapping
from nofly.zones.rules import Clearance, Exemption, Predicate, Rule
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = re.compile(r"([0-2][0-9]):([0-5][0-9])(?::([0-5][0-9]))?")
_SUN = re.compile(r"(BMCT|SR|SS|EECT)(?:([+-])([0-9]{1,5})(s|min))?")


def known_object(value: object, names: Collection[str], locator: str) -> dict[str, Any]:
    """Return an object all of whose keys are among ``names``; reject it otherwise."""
    found = as_object(value, locator)
    for key in found:
        if key not in names:
            text = f"unknown key {shown(key)} (expected {', '.join(sorted(names))})"
            raise Rejected("unknown-key", text, f"{locator}.{key}")
    return found


def instant_text(instant_us: int) -> str:
    """Return UTC microseconds as ISO 8601 with Z."""
    return (_EPOCH + timedelta(microseconds=instant_us)).isoformat().replace("+00:00", "Z")


def schedule_said(said: dict[str, Any], name: str, locator: str, notes: Notes) -> Schedule | None:
    """Return what the property ``schedule`` says; without it always, unless the name tells hours in words.

    Raises Rejected.
    """
    if "schedule" in said or not told_in(name):
        return read_schedule(said.get("schedule"), f"{locator}.schedule", notes)
    text = f"{shown(name)} tells hours of activity in words: when it is active is not known"
    notes.warn("hours-in-name", text, locator)
    return ANNOUNCED


def read_schedule(value: object, locator: str, notes: Notes) -> Schedule | None:
    """Return a schedule; null is always. Raises Rejected.

    On a clock nobody knows, a window that depends on it may be active at any time of its range.
    """
    if value is None:
        return None
    found = known_object(value, ("time_zone", "windows"), locator)
    time_zone = as_text(found.get("time_zone") or "UTC", f"{locator}.time_zone")
    listed = as_list(found.get("windows"), f"{locator}.windows")
    windows = tuple(_window(w, f"{locator}.windows[{k}]", notes) for k, w in enumerate(listed))
    try:
        check_time_zone(time_zone)
    except InputError:
        text = (
            f"time zone {shown(time_zone)} is not known (expected an IANA name such as Europe/Zurich): "
            "the hours on its clock are not known"
        )
        notes.warn("unknown-time-zone", text, f"{locator}.time_zone")
        return Schedule(tuple(_without_clock(window) for window in windows))
    return Schedule(windows, time_zone)


def _without_clock(window: Window) -> Window:
    """Return a window that tells no hours, and may be active, where its periods are read on a clock."""
    on_clock = any(p.days or ClockTime in (type(p.start), type(p.end)) for p in window.periods)
    return Window(window.start_us, window.end_us, certain=False) if on_clock else window


def _window(value: object, locator: str, notes: Notes) -> Window:
    found = known_object(value, ("start", "end", "periods", "certain"), locator)
    periods = as_list(found.get("periods", []), f"{locator}.periods")
    start = as_instant_us(found.get("start"), f"{locator}.start", notes)
    end = as_instant_us(found.get("end"), f"{locator}.end", notes)
    if start is not None and end is not None and end <= start:
        raise Rejected("bad-time", "the window ends before it starts", f"{locator}.end")
    read = tuple(_period(p, f"{locator}.periods[{k}]") for k, p in enumerate(periods))
    return Window(start, end, read, _flag(found.get("certain", True), f"{locator}.certain"))


def _period(value: object, locator: str) -> Period:
    found = known_object(value, ("days", "start", "end"), locator)
    named = as_list(found.get("days", []), f"{locator}.days")
    words = {as_choice(day, (*DAYS, "ANY"), "bad-day", f"{locator}.days") for day in named}
    days = frozenset() if "ANY" in words else frozenset(DAYS.index(word) for word in words)
    start, end = (_moment(found.get(key), f"{locator}.{key}") for key in ("start", "end"))
    return Period(start, end, days)


def _moment(value: object, locator: str) -> ClockTime | SunTime:
    if isinstance(value, str):
        clock = _CLOCK.fullmatch(value)
        if clock:
            second = int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
            if second <= 86_400:
                return ClockTime(second)
        sun = _SUN.fullmatch(value)
        if sun:
            offset_s = int(sun[3] or 0) * (60 if sun[4] == "min" else 1)
            return SunTime(SunEvent(sun[1]), -offset_s if sun[2] == "-" else offset_s)
    return bad("bad-time", value, "a time of day (08:00) or a sun event (SR-30min, SS, BMCT, EECT)", locator)


def _flag(value: object, locator: str) -> bool:
    if not isinstance(value, bool):
        bad("bad-type", value, "true or false", locator)
    return value


def write_schedule(schedule: Schedule | None) -> dict[str, Any] | None:
    """Return a schedule as JSON; null is always."""
    if schedule is None:
        return None
    windows = []
    for window in schedule.windows:
        one: dict[str, Any] = {}
        if window.start_us is not None:
            one["start"] = instant_text(window.start_us)
        if window.end_us is not None:
            one["end"] = instant_text(window.end_us)
        if window.periods:
            one["periods"] = [_write_period(p) for p in window.periods]
        if not window.certain:
            one["certain"] = False
        windows.append(one)
    return {"time_zone": schedule.time_zone, "windows": windows}


def _write_period(period: Period) -> dict[str, Any]:
    times = {"start": _write_moment(period.start), "end": _write_moment(period.end)}
    return {"days": [DAYS[day] for day in sorted(period.days)], **times} if period.days else times


def _write_moment(moment: ClockTime | SunTime) -> str:
    if isinstance(moment, SunTime):
        return moment.event.value + (f"{moment.offset_s:+d}s" if moment.offset_s else "")
    minutes, seconds = divmod(moment.second_of_day, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


_PERMISSION = ("who", "reason", "source", "lower_m", "upper_m", "start", "end")


def read_rule(value: object, locator: str, notes: Notes) -> Rule | None:
    """Return a rule; null is none. Raises Rejected."""
    if value is None:
        return None
    found = known_object(value, [f.name for f in fields(Rule)], locator)
    return Rule(
        _predicates(found.get("applies_to", []), f"{locator}.applies_to"),
        tuple(
            Exemption(*_permission(item, f"{locator}.exempt[{k}]", notes))
            for k, item in enumerate(as_list(found.get("exempt", []), f"{locator}.exempt"))
        ),
        tuple(
            Clearance(*_permission(item, f"{locator}.cleared[{k}]", notes))
            for k, item in enumerate(as_list(found.get("cleared", []), f"{locator}.cleared"))
        ),
        _not_negative(found, "spacing_lateral_m", locator) or 0.0,
        _not_negative(found, "spacing_vertical_m", locator) or 0.0,
        _not_negative(found, "look_ahead_s", locator),
    )


def _not_negative(found: dict[str, Any], key: str, locator: str) -> float | None:
    value = None if found.get(key) is None else as_number(found[key], f"{locator}.{key}")
    if value is not None and value < 0.0:
        bad("bad-number", value, "a number from 0", f"{locator}.{key}")
    return value


def _predicates(value: object, locator: str) -> tuple[Predicate, ...]:
    return tuple(_predicate(item, f"{locator}[{k}]") for k, item in enumerate(as_list(value, locator)))


def _predicate(value: object, locator: str) -> Predicate:
    found = known_object(value, ("kind", "values", "negate"), locator)
    where = f"{locator}.values"
    values = [as_text(v, where) for v in as_list(found.get("values"), where)]
    _flag(found.get("negate", False), f"{locator}.negate")
    try:
        return predicate_from_mapping({**found, "values": values}, locator=locator)
    except ConfigError as error:
        text = f"{error.message} (expected {error.expected})"
        raise Rejected("bad-predicate", text, error.locator) from None


_Permission = tuple[
    tuple[Predicate, ...], str, str, float | None, float | None, int | None, int | None
]  # fmt: skip


def _permission(value: object, locator: str, notes: Notes) -> _Permission:
    """Return what an exemption or a clearance says. One that names nobody or gives no reason is none, and the
    zone without it would accuse whom it was to except."""
    found = known_object(value, _PERMISSION, locator)
    who = _predicates(found.get("who", []), f"{locator}.who")
    if not who:
        raise Rejected("bad-permission", "nobody is named (expected a predicate)", f"{locator}.who")
    reason = as_text(found.get("reason"), f"{locator}.reason")
    if not reason.strip():
        raise Rejected("bad-permission", "no reason is given (expected one in words)", f"{locator}.reason")
    lower, upper = (
        None if found.get(key) is None else as_number(found[key], f"{locator}.{key}")
        for key in ("lower_m", "upper_m")
    )
    if lower is not None and upper is not None and lower > upper:
        bad("limits-inverted", upper, f"{lower:g} or more, which is lower_m", f"{locator}.upper_m")
    start, end = (as_instant_us(found.get(key), f"{locator}.{key}", notes) for key in ("start", "end"))
    if start is not None and end is not None and end <= start:
        raise Rejected("bad-time", "it ends before it starts", f"{locator}.end")
    return who, reason, as_text(found.get("source"), f"{locator}.source"), lower, upper, start, end


def read_authorities(value: object, locator: str) -> tuple[Authority, ...]:
    """Return the authorities to ask. Raises Rejected."""
    names = [f.name for f in fields(Authority)]
    found = []
    for place, item in enumerate(as_list(value, locator)):
        where = f"{locator}[{place}]"
        one = known_object(item, names, where)
        found.append(Authority(**{key: as_text(text, f"{where}.{key}") for key, text in one.items()}))
    return tuple(found)


def write_authorities(authorities: tuple[Authority, ...]) -> list[dict[str, str]]:
    """Return the authorities as JSON; empty fields are left out."""
    return [
        {f.name: getattr(one, f.name) for f in fields(Authority) if getattr(one, f.name)}
        for one in authorities
    ]
