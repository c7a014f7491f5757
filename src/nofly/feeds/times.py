"""Times of every kind that recorded traffic has, as int64 microseconds UTC; :data:`NO_TIME` is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.feeds.options import UNITS
from nofly.units import DAY_US

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

NO_TIME = -1
"""No report is that old: times before 1970 count as not given."""
LATEST_US = 7_258_118_400_000_000
"""2200-01-01: a time past it is not a time."""

_HOUR_US = 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r" ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)


def epoch_unit(values: NDArray[Any]) -> str:
    """Return the unit of numbers since 1970, told by the first that is known; ``""`` where none tells it.

    Seconds, milliseconds, microseconds and nanoseconds since 1970 do not overlap between 1973 and 2286.
    """
    with np.errstate(invalid="ignore"):
        known = values[values > 0][:1]
    size = float(known[0]) if len(known) else 0.0
    for low, unit in ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (1e8, "s")):
        if low <= size < low * 1000:
            return unit
    return ""


def from_epoch(values: NDArray[Any], unit: str) -> NDArray[np.int64]:
    """Return numbers since 1970 in a unit of time (s, ms, us, ns) as microseconds; NO_TIME out of range."""
    factor = UNITS["time"][unit]
    with np.errstate(invalid="ignore", over="ignore"):
        good = (values >= 0) & (values < LATEST_US / factor)
        held = values if good.all() else np.where(good, values, 0)
        if values.dtype.kind == "f":
            us = np.rint(held * factor).astype(np.int64)
        else:
            whole = held.astype(np.int64, copy=False)
            us = whole * int(factor) if factor >= 1 else whole // round(1 / factor)
    return us if held is values else np.where(good, us, NO_TIME)


def parse_iso(texts: Sequence[str | None]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return ISO 8601 date-times as microseconds and which of them name no zone (read here as UTC)."""
    fast = _parse_plain(texts)
    if fast is not None:
        return fast, np.ones(len(texts), np.bool_)
    parsed = [_parse_one(text) for text in texts]
    us = np.array([p[0] for p in parsed], np.int64)
    return us, np.array([p[1] for p in parsed], np.bool_)


def _parse_plain(texts: Sequence[str | None]) -> NDArray[np.int64] | None:
    """Parse texts that all read ``2021-10-07T12:12:53[.000]`` with no zone; None where one does not."""
    if not texts or any(type(text) is not str for text in texts):
        return None
    array = np.array(texts)
    width = array.dtype.itemsize // 4
    if not 19 <= width <= 26:
        return None
    shape = "0000-00-00T00:00:00.000000"[:width]
    letters = array.view(np.uint32).reshape(-1, width)
    for at, like in enumerate(shape):
        column = letters[:, at]
        if like == "0":
            fits = (column >= ord("0")) & (column <= ord("9"))
        else:
            fits = (column == ord(like)) | ((column == ord(" ")) & (like == "T"))
        if not fits.all():
            return None
    try:
        found: NDArray[np.int64] = array.astype("datetime64[us]").astype(np.int64)
    except ValueError:
        return None
    return np.asarray(np.where((found >= 0) & (found < LATEST_US), found, NO_TIME))


def _parse_one(text: str | None) -> tuple[int, bool]:
    match = _ISO.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return NO_TIME, False
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return NO_TIME, False
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        us = (moment - _EPOCH) + (shift if zone[0] == "-" else -shift)
    else:
        us = moment - _EPOCH
    whole = us // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0")[:6])
    return (whole if 0 <= whole < LATEST_US else NO_TIME), not zone


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def offsets_us(zone: ZoneInfo, local_us: int) -> tuple[int, int]:
    """Return the zone's offsets from UTC at a local time, were it the first or the second of its name.

    The first is the greater one where the time occurs twice, the same where it occurs once, as the tz
    database's ``fold`` 0 and 1 (PEP 495).
    """
    naive = datetime(1970, 1, 1) + timedelta(microseconds=local_us)  # noqa: DTZ001 local by intent
    first = naive.replace(tzinfo=zone).utcoffset() or timedelta(0)
    second = naive.replace(tzinfo=zone, fold=1).utcoffset() or timedelta(0)
    return first // timedelta(microseconds=1), second // timedelta(microseconds=1)


def local_to_utc(local_us: NDArray[np.int64], zone_name: str | None) -> tuple[NDArray[np.int64], int]:
    """Return local times as UTC, and how many of them occur twice (the first is taken).

    Offsets change on quarter hours of local time, so one is looked up for each quarter that occurs.
    """
    if zone_name in (None, "UTC"):
        return local_us, 0
    zone = zone_of(str(zone_name))
    step = _HOUR_US // 4
    quarters, inverse = np.unique(np.where(local_us < 0, 0, local_us) // step, return_inverse=True)
    offsets = np.array([offsets_us(zone, int(q) * step) for q in quarters], np.int64).reshape(-1, 2)
    shift = offsets[inverse, 0]
    twice = (offsets[:, 0] > offsets[:, 1])[inverse] & (local_us >= 0)
    return np.where(local_us < 0, NO_TIME, local_us - shift), int(twice.sum())


def day_us(text: str) -> int | None:
    """Return the midnight (UTC) of a date ``2010/05/23`` or ``2010-05-23``, None where it is none."""
    parts = text.replace("-", "/").split("/")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    try:
        days = date(int(parts[0]), int(parts[1]), int(parts[2])).toordinal() - 719_163
    except (ValueError, OverflowError):
        return None
    return days * DAY_US


def clock_us(text: str) -> int | None:
    """Return a time of day ``00:00:17.984`` as microseconds, None where it is none."""
    whole, _, fraction = text.partition(".")
    if len(whole) != 8 or whole[2] != ":" or whole[5] != ":" or len(fraction) > 9:
        return None
    digits = whole[:2] + whole[3:5] + whole[6:] + fraction
    if not (digits.isascii() and digits.isdigit()):
        return None
    hour, minute, second = int(whole[:2]), int(whole[3:5]), int(whole[6:])
    if hour > 23 or minute > 59 or second > 59:
        return None
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + int(fraction.ljust(6, "0")[:6])
