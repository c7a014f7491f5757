"""OpenAir values: coordinates, lengths and angles as people write them."""

from __future__ import annotations

import math
import re
from operator import truediv

from nofly.formats._openair_lines import Record
from nofly.units import M_PER_NM
from nofly.zones.model import Vertex
from nofly.zones.sentence import say

MAX_NM = 10_800.0
"""Half way round the earth."""

_ANGLE = r"\d{1,3} ?: ?\d{1,2} ?: ?\d{1,2}(?:\.\d*)?|\d{1,3} ?: ?\d{1,2}(?:\.\d*)?|\d{1,7}(?:\.\d*)?"
_POINT = re.compile(rf" ?(?P<lat>{_ANGLE}) ?(?P<ns>[NS]) ?,? ?(?P<lon>{_ANGLE}) ?(?P<ew>[EW]) ?[,;]? ?", re.I)
_USUAL = re.compile(r"(\d\d?):(\d\d?):(\d\d?) ([NS]) (\d{1,3}):(\d\d?):(\d\d?) ([EW])", re.ASCII)
_COMPACT = re.compile(r"(\d{2,3})(\d\d)(\d\d(?:\.\d*)?)")
_NUMBER = re.compile(r"[+-]?(?:\d{1,9}(?:\.\d*)?|\.\d+)")
_UNIT = re.compile(r"\s*NM$", re.I)


class BadRecordError(Exception):
    """A record cannot be read, and with it its block: code, sentence, line."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code, self.message, self.line = code, message, line


_PARTS_A_DEGREE = (1.0, 60.0, 3600.0)
_SIXTIETHS = {text: value for value in range(60) for text in (str(value), f"{value:02}")}
_MINUTES_DEG = {text: value / 60.0 for text, value in _SIXTIETHS.items()}
_SECONDS_DEG = {text: value / 3600.0 for text, value in _SIXTIETHS.items()}


def usual_point(text: str) -> Vertex | None:
    """Return a coordinate in whole seconds as nearly all files write it (``48:49:37 N 002:16:28 E``).

    None is anything else, :func:`points` may still read it: the same point to the last bit.
    """
    found = _USUAL.fullmatch(text)
    if found is None:
        return None
    d, m, s, ns, e, n, t, ew = found.groups()
    try:
        lat = math.fsum((int(d), _MINUTES_DEG[m], _SECONDS_DEG[s]))
        lon = math.fsum((int(e), _MINUTES_DEG[n], _SECONDS_DEG[t]))
    except KeyError:
        return None
    if lat > 90.0 or lon > 180.0:
        return None
    return -lat if ns == "S" else lat, -lon if ew == "W" else lon


def points(record: Record, wanted: int) -> tuple[list[Vertex], int]:
    """Return the coordinates a record holds, and how often 60 seconds had to be read as a minute.

    Degrees, minutes, seconds; degrees and decimal minutes; decimal degrees; or the digits alone
    (``265644.00N 0500434.00E``), with or without spaces. Raises BadRecordError where there are not exactly
    ``wanted``, or one is beyond its range.
    """
    found_points, sixties, place = [], 0, 0
    text = " ".join(record.value.split())
    while found := _POINT.match(text, place):
        lat, lat_sixty = _degrees(found["lat"], 90.0, record)
        lon, lon_sixty = _degrees(found["lon"], 180.0, record)
        sixties += lat_sixty + lon_sixty
        south, west = found["ns"] in "Ss", found["ew"] in "Ww"
        found_points.append((-lat if south else lat, -lon if west else lon))
        place = found.end()
    if len(found_points) != wanted or place < len(text):
        many = say("a coordinate") if wanted == 1 else say("{count} coordinates", count=str(wanted))
        why = say(
            "{code} {value} (expected {what} like 48:49:37 N 002:16:28 E)",
            code=record.code, value=repr(text[:60]), what=many,
        )  # fmt: skip
        raise BadRecordError("openair-bad-coordinate", why, record.line)
    return found_points, sixties


def number(text: str, record: Record) -> float:
    """Return a finite number; raises BadRecordError."""
    if not _NUMBER.fullmatch(text):
        why = say("{code}: {value} is no number (12.5)", code=record.code, value=repr(text[:30]))
        raise BadRecordError("openair-bad-number", why, record.line)
    return float(text)


def length_m(text: str, record: Record) -> float:
    """Return a length published in nautical miles, in metres; raises BadRecordError unless 0 < length."""
    value_nm = number(_UNIT.sub("", text), record)
    if not 0.0 < value_nm <= MAX_NM:
        why = say(
            "{code}: {value} NM (expected 0 to {most})",
            code=record.code, value=f"{value_nm:g}", most=f"{MAX_NM:g}",
        )  # fmt: skip
        raise BadRecordError("openair-bad-length", why, record.line)
    return value_nm * M_PER_NM


def _degrees(text: str, most_deg: float, record: Record) -> tuple[float, int]:
    """Return degrees without sign, and 1 where 60 seconds were read as a minute."""
    parts = text.split(":")
    compact = _COMPACT.fullmatch(text) if len(parts) == 1 else None
    if compact:
        parts = list(compact.groups())
    values = list(map(float, parts))
    sixty = int(len(values) == 3 and values[2] == 60.0)
    small = values[1:2] if sixty else values[1:]
    total = math.fsum(map(truediv, values, _PARTS_A_DEGREE))
    if max(small, default=0.0) >= 60.0 or total > most_deg:
        why = say(
            "{code}: {value} (expected minutes and seconds below 60, at most {most}°)",
            code=record.code, value=repr(text), most=f"{most_deg:g}",
        )  # fmt: skip
        raise BadRecordError("openair-bad-coordinate", why, record.line)
    return total, sixty
