"""What ED-269 and ED-318 have in common: limits as numbers, applicability, authorities, texts."""

from __future__ import annotations

import re
from typing import Any

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
from nofly.units import length_m
from nofly.zones.limits import EXPECTED, datum_of, parse_limit
from nofly.zones.model import Authority, Limit, Restriction
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window

NO_CEILING = 99_999.0
"""What the Swiss zones state where there is no ceiling."""
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
RESTRICTIONS = {
    "PROHIBITED": Restriction.PROHIBITED,
    "REQ_AUTHORISATION": Restriction.REQ_AUTHORISATION,
    "REQ_AUTHORIZATION": Restriction.REQ_AUTHORISATION,
    "CONDITIONAL": Restriction.CONDITIONAL,
    "NO_RESTRICTION": Restriction.NO_RESTRICTION,
}
_REASONS = frozenset(
    [
        "AIR_TRAFFIC",
        "SENSITIVE",
        "PRIVACY",
        "POPULATION",
        "NATURE",
        "NOISE",
        "FOREIGN_TERRITORY",
        "EMERGENCY",
        "DAR",
        "OTHER",
    ]
)
_CLOCK = re.compile(r"([0-2]?[0-9]):([0-5][0-9])(?::([0-5][0-9])(?:[.,][0-9]{1,9})?)?\s*(Z|[+-][0-9:]{2,5})?")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?\s*")


def limit(
    value: object, unit: object, reference: object, ceiling: bool, locator: str, notes: Notes
) -> Limit | None:
    """Return a limit stated as number, unit and reference; None is unlimited.

    Rejected: a number without a known unit (m, ft) or a known reference. Missing, null and, for a ceiling,
    99999 are no limit, with a finding; so is text that holds a number or a form of
    :func:`nofly.zones.limits.parse_limit`.
    """
    side = "upper" if ceiling else "lower"
    if value is None or value == "":
        notes.info("limit-missing", f"no {side} limit stated: read as unlimited", locator)
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        notes.info("limit-as-text", f"{side} limit is text {shown(value)}: read as a number", locator)
        value = float(value) if "." in value else int(value)
    elif isinstance(value, str):
        try:
            found = parse_limit(value)
        except ValueError:
            bad("bad-limit", value, EXPECTED, locator)
        notes.info("limit-as-text", f"{side} limit is text {shown(value)}", locator)
        return found
    number = as_number(value, locator)
    if ceiling and number == NO_CEILING:
        notes.info("limit-sentinel", "an upper limit of 99999 is read as no limit", locator)
        return None
    word = as_choice(unit, ("M", "FT", "FEET", "METER", "METRE", "METERS", "METRES"), "bad-unit", locator)
    if not isinstance(reference, str):
        bad("bad-datum", reference, "a vertical reference: AGL, AMSL, WGS84", locator)
    try:
        datum = datum_of(reference)
    except ValueError as error:
        raise Rejected("bad-datum", str(error), locator) from None
    if ceiling and number == 0:
        notes.warn("upper-limit-zero", f"an upper limit of 0 {datum}: kept as published", locator)
    shown_unit = "m" if word.startswith("M") else "ft"
    digits = str(int(number)) if number.is_integer() else repr(number)
    return Limit(length_m(number, word), datum, f"{digits} {shown_unit} {reference.strip().upper()}")


def check_order(lower: Limit | None, upper: Limit | None, locator: str) -> None:
    """Reject a floor above its ceiling where both have one datum: nothing could ever be inside."""
    if lower and upper and lower.datum is upper.datum and lower.value_m > upper.value_m:
        text = f"lower limit {lower.text} is above upper limit {upper.text}"
        raise Rejected("limits-inverted", text, locator)


def window(value: object, locator: str, notes: Notes) -> Window:
    """Return one time period: start and end, either of which may be null, and its daily periods."""
    period = as_object(value, locator)
    start = as_instant_us(period.get("startDateTime"), f"{locator}.startDateTime", notes)
    end = as_instant_us(period.get("endDateTime"), f"{locator}.endDateTime", notes)
    if start is not None and end is not None and end <= start:
        raise Rejected("bad-time", "the period ends before it starts", f"{locator}.endDateTime")
    name = "schedule" if period.get("schedule") or "dailyPeriod" not in period else "dailyPeriod"
    days = as_list(period.get(name) or [], f"{locator}.{name}")
    read = [_daily(day, f"{locator}.{name}[{k}]", notes) for k, day in enumerate(days)]
    return Window(start, end, tuple(p for p in read if p is not None))


def schedule(windows: list[Window]) -> Schedule:
    """Return the schedule of the windows, on UTC, as both standards have it."""
    return Schedule(tuple(windows))


def _daily(value: object, locator: str, notes: Notes) -> Period | None:
    """Return one daily period, or None for one that says nothing at all (all null)."""
    daily = as_object(value, locator)
    named = daily.get("day") or []
    named = [named] if isinstance(named, str) else as_list(named, f"{locator}.day")
    words = {as_choice(day, (*DAYS, "ANY"), "bad-day", f"{locator}.day") for day in named}
    days = frozenset() if "ANY" in words else frozenset(DAYS.index(word) for word in words)
    start, before = _time_of(daily, "start", locator, notes)
    end, _ = _time_of(daily, "end", locator, notes)
    if start is None and end is None and not words:
        notes.info("period-empty", "a daily period without day and time: left out", locator)
        return None
    if start is None or end is None:
        missing = " and ".join(n for n, t in (("start", start), ("end", end)) if t is None)
        notes.warn(
            "period-open", f"daily period without {missing}: read as the {missing} of the day", locator
        )
    shifted = frozenset((day + before) % 7 for day in days)
    return Period(start or ClockTime(0), end or ClockTime(86_400), shifted)


def _time_of(
    daily: dict[str, Any], side: str, locator: str, notes: Notes
) -> tuple[ClockTime | SunTime | None, int]:
    """Return the clock time on UTC or sun event of one end, and the days it moved by going to UTC."""
    clock, event = daily.get(f"{side}Time"), daily.get(f"{side}Event")
    if clock and event:
        text = f"both {side}Time and {side}Event (expected one of them)"
        raise Rejected("bad-time", text, f"{locator}.{side}Event")
    if event:
        word = as_choice(event, [e.value for e in SunEvent], "bad-event", f"{locator}.{side}Event")
        return SunTime(SunEvent(word)), 0
    if not clock:
        return None, 0
    return clock_time(clock, f"{locator}.{side}Time", notes)


def clock_time(value: object, locator: str, notes: Notes) -> tuple[ClockTime, int]:
    """Return hh:mm[:ss] with Z or an offset as a time on UTC, and by how many days it moved.

    Without either it is read as UTC, as both standards prescribe, with a finding.
    """
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    second = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0) if match else 86_401
    if match is None or second > 86_400:
        bad("bad-time", value, "a time of day such as 08:00Z or 08:00:00+01:00", locator)
    zone = match[4]
    if zone is None:
        notes.warn("time-zone-missing", f"{shown(value)} has no time zone: read as UTC", locator)
    if zone in (None, "Z"):
        return ClockTime(second), 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if not digits.isdigit() or int(digits[:2]) > 14 or int(digits[2:]) > 59:
        bad("bad-time", value, "an offset such as +01:00", locator)
    offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    days, second = divmod(second - (offset if zone[0] == "+" else -offset), 86_400)
    return ClockTime(second), days


def texts(value: object, locator: str, notes: Notes) -> tuple[str, bool]:
    """Return one text, English where there is a choice, and whether others were left (to keep in ``extra``).

    ED-318 has [{text, lang}]; a plain string, an object, and a missing ``lang`` are findings.
    """
    if value is None:
        return "", False
    if isinstance(value, str):
        return value, False
    listed = value if isinstance(value, list) else [value]
    found: list[tuple[str, str]] = []
    for place, item in enumerate(listed):
        where = f"{locator}[{place}]"
        if isinstance(item, dict):
            if not item.get("lang"):
                notes.info("lang-missing", "a text without its language", where)
            found.append((as_text(item.get("lang"), where).lower(), as_text(item.get("text"), where)))
        else:
            found.append(("", as_text(item, where)))
    for lang, text in found:
        if lang.startswith("en"):
            return text, len(found) > 1
    return (found[0][1] if found else ""), len(found) > 1


def reasons(value: object, locator: str, notes: Notes) -> tuple[str, ...]:
    """Return the reasons as published; a plain string and an unknown word are findings."""
    if not value:
        return ()
    if isinstance(value, str):
        notes.info("reason-as-text", "reason is text, not a list", locator)
        value = [value]
    words = tuple(as_text(word, locator) for word in as_list(value, locator))
    for word in words:
        if word not in _REASONS:
            notes.info("unknown-reason", f"reason {shown(word)} is not one of the standard's: kept", locator)
    return words


def authorities(value: object, locator: str, notes: Notes) -> tuple[Authority, ...]:
    """Return the authorities to ask; none at all is a finding."""
    if not value:
        notes.info("authority-missing", "no zoneAuthority", locator)
        return ()
    found = []
    for place, item in enumerate([value] if isinstance(value, dict) else as_list(value, locator)):
        where = f"{locator}[{place}]"
        one = as_object(item, where)

        def word(key: str, one: dict[str, Any] = one, where: str = where) -> str:
            return texts(one.get(key), f"{where}.{key}", notes)[0]

        if not one.get("purpose"):
            notes.info("purpose-missing", "an authority without its purpose", where)
        found.append(
            Authority(
                name=word("name"), service=word("service"), contact=word("contactName"),
                site_url=word("siteURL"), email=word("email"), phone=word("phone"),
                purpose=word("purpose"), interval_before=word("intervalBefore"),
            )
        )  # fmt: skip
    return tuple(found)
