"""Hours of activity told in a zone's name, where a format gives none of its own.

German restricted areas are called ``ED-R10C_2 Todendorf-Putlos NOTAM`` and ``ED-R55 Storkow MON-FRI+``, a
sector of a control zone ``Boberg HX``. Such a zone is not always active, and when it is cannot be told from
the name alone: not by which clock, nor what was announced. HJ is daytime, HN the night, HO as operations
need, HS scheduled hours, HX no fixed hours (ICAO Doc 8400).
"""

from __future__ import annotations

import re

from nofly.zones.schedule import Schedule, Window

ANNOUNCED = Schedule((Window(certain=False),))
"""May be active at any time."""

_DAY = r"(?:MON|TUE|WED|THU|FRI|SAT|SUN)"
_TIME = r"(?:[01][0-9]|2[0-4])[0-5][0-9]"
_TOLD = re.compile(
    rf"\b(?:(?i:NOTAMS?|DAILY|{_DAY}\s*[-–/,+&]\s*{_DAY}|{_DAY}\s+{_TIME}|{_TIME}\s*[-–]\s*{_TIME})|"
    r"H[JNOSX]|S[RS]\s*[-–/]\s*S[RS])\b"
)


def told_in(text: str) -> bool:
    """Return whether a name or comment speaks of hours of activity (NOTAM, HX, MON-FRI, 0800-1600)."""
    return _TOLD.search(text) is not None
