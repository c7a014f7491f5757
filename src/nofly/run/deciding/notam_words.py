"""The words of a NOTAM: characters that the network carries, places, heights, times and lines.

Sources: ICAO Annex 10 Volume II (International Telegraph Alphabet No. 2, lines of 69 characters, 1,800 a
message), Annex 15 and PANS-AIM (Doc 10066) Appendix 3, Doc 8126.
"""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from nofly.errors import InputError
from nofly.units import M_PER_FL, M_PER_NM, feet
from nofly.zones.model import Datum, Limit, Vertex
from nofly.zones.schedule import ClockTime, Period, SunEvent, SunTime

LINE_CHARACTERS = 69
MESSAGE_CHARACTERS = 1800
SCHEDULE_CHARACTERS = 200
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
UNBROKEN = "\u00a0"
"""A space that stands in no end of a line."""
_ALPHABET = re.compile(r"[A-Z0-9 \n\-?:().,'=/+]")
_INSTEAD = {
    ";": ",", "&": " AND ", '"': "'", "’": "'", "‘": "'", "“": "'", "”": "'", "%": " PCT", "°": " DEG ",
    "_": "-", "–": "-", "—": "-", "−": "-", "ß": "SS", "Ø": "OE", "Æ": "AE", "Ł": "L", "Đ": "D", "Ð": "D",
    "Þ": "TH", "ı": "I", "!": ".", "#": " NR ", "*": "+", "[": "(", "]": ")", "@": " AT ",
}  # fmt: skip
_MARK = re.compile(r"(?<![A-Z0-9(])([A-GQ])\)")
"""What would be read as the beginning of an item."""
_WHITE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Return a text in capitals of the telegraph alphabet; letters lose their accents. Raises InputError for
    a character that has no equal there."""
    out = []
    for character in text.upper():
        for one in _INSTEAD.get(character, unicodedata.normalize("NFKD", character)):
            if unicodedata.combining(one):
                continue
            if not _ALPHABET.fullmatch(one) and not one.isspace():
                raise InputError(
                    f"a NOTAM cannot say {character!r}",
                    expected="Latin letters, digits and - ? : ( ) . , ' = / +",
                )
            out.append(one)
    return _MARK.sub(r"\1.", _WHITE.sub(" ", "".join(out)).strip())


def lines(text: str) -> list[str]:
    """Return a text in lines of at most 69 characters."""
    wrapped = [line for part in text.split("\n") for line in textwrap.wrap(part, LINE_CHARACTERS) or [""]]
    return [line.replace(UNBROKEN, " ") for line in wrapped]


def point(vertex: Vertex) -> str:
    """Return a place to the second, or its hundredth where it is no whole one: ``480000N 0310000E``."""
    return f"{_angle(vertex[0], 2, 'NS')} {_angle(vertex[1], 3, 'EW')}"


def _angle(degrees: float, width: int, letters: str) -> str:
    hundredths = round(abs(degrees) * 360_000)
    seconds, fraction = divmod(hundredths, 100)
    minutes, seconds = divmod(seconds, 60)
    tail = f".{fraction:02d}" if fraction else ""
    letter = letters[1] if degrees < 0 and hundredths else letters[0]
    return f"{minutes // 60:0{width}d}{minutes % 60:02d}{seconds:02d}{tail}{letter}"


def length(length_m: float) -> str:
    """Return a length in nautical miles where those are plain, else in whole metres, rounded up."""
    miles = length_m / M_PER_NM
    if abs(miles * 100 - round(miles * 100)) < 1e-6:
        return f"{round(miles, 2):g}NM"
    return f"{math.ceil(length_m - 1e-6)}M"


def limit(one: Limit | None, *, upper: bool) -> str:
    """Return item F or G: ``SFC``, ``FL195``, ``2000FT AMSL``, ``UNL``; rounded outwards to the foot or
    flight level. Raises InputError for heights above the ellipsoid."""
    if one is None:
        return "UNL" if upper else "SFC"
    if one.datum is Datum.HAE:
        raise InputError(
            "a NOTAM cannot say heights above the ellipsoid", expected="AMSL, AGL or a flight level"
        )
    if one.datum is Datum.AGL and one.value_m <= 0.0:
        return "SFC"
    if one.datum is Datum.STD:
        return f"FL{max(0, _outwards(one.value_m / M_PER_FL, upper)):03d}"
    return f"{max(0, _outwards(feet(one.value_m), upper))}FT {one.datum.value}"


def level(one: Limit | None, *, upper: bool) -> int:
    """Return the flight level of the Q line, rounded outwards: 000 to 999. Above unknown ground a ceiling is
    taken as unlimited and a floor as the ground."""
    if one is None or (one.datum is Datum.AGL and one.value_m > 0.0):
        return 999 if upper else 0
    return min(999, max(0, _outwards(one.value_m / M_PER_FL, upper)))


def _outwards(number: float, upper: bool) -> int:
    return math.ceil(number - 1e-6) if upper else math.floor(number + 1e-6)


def moment(time_us: int, *, end: bool) -> str:
    """Return item B or C, YYMMDDhhmm: never less than the span. The end of a day is 2359 (Doc 8126). Raises
    InputError outside the years 2000 to 2099."""
    minutes = -(-time_us // 60_000_000) if end else time_us // 60_000_000
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    except OverflowError:
        when = datetime(1970, 1, 1, tzinfo=UTC)
    if end and (when.hour, when.minute) == (0, 0):
        when -= timedelta(minutes=1)
    if not 2000 <= when.year <= 2099:
        raise InputError("a NOTAM cannot say this time", expected="a time in the years 2000 to 2099")
    return when.strftime("%y%m%d%H%M")


def schedule(periods: Sequence[Period]) -> str:
    """Return item D, empty without periods: ``MON-FRI 0800-1600, SAT SUN SR-SS``. Raises InputError for what
    it cannot say: seconds, twilight."""
    return ", ".join(_period(period) for period in periods)


def _period(period: Period) -> str:
    if (period.start, period.end) == (ClockTime(0), ClockTime(86_400)):
        return f"{_days(period.days)} H24"
    return f"{_days(period.days)} {_time(period.start, False)}-{_time(period.end, True)}"


def _days(days: frozenset[int]) -> str:
    if not days or len(days) == 7:
        return "DAILY"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(
        f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 2 else " ".join(DAYS[day] for day in run)
        for run in runs
    )


def _time(time: ClockTime | SunTime, end: bool) -> str:
    if isinstance(time, SunTime):
        if time.event not in (SunEvent.SR, SunEvent.SS) or time.offset_s % 60:
            raise InputError("a NOTAM cannot say twilight or seconds", expected="SR or SS, and whole minutes")
        minutes = abs(time.offset_s) // 60
        sign = " PLUS" if time.offset_s > 0 else " MINUS"
        return f"{time.event.value}{f'{sign}{minutes}' if minutes else ''}"
    if time.second_of_day % 60:
        raise InputError("a NOTAM cannot say seconds", expected="whole minutes")
    if time.second_of_day == 86_400:
        return "2359" if end else "0000"
    if end and time.second_of_day == 0:
        return "2359"
    return f"{time.second_of_day // 3600:02d}{time.second_of_day // 60 % 60:02d}"
