"""In which unit a height is whose column does not say: by the name's custom, or by what else the table holds.

Feet read as metres, or metres as feet, put an aircraft three times too high or too low. So only names that
tools of one kind write in one unit have a default; others need evidence in the table, and are else unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FEET = frozenset(
    ["altitude", "alt", "alt_baro", "altitude_baro", "pressure_altitude", "alt_geom", "altitude_geom"]
)
"""What ADS-B receivers and the tools about them write in feet."""
METRES = frozenset(
    [
        "ele",
        "baroaltitude",
        "baro_altitude",
        "geoaltitude",
        "geo_altitude",
        "ellipsoid_height",
        "hae",
        "alt_hae",
    ]
)
"""GPX's elevation, OpenSky's altitudes, and the height of geodesy."""
_RECEIVERS_FEET = frozenset({"alt_baro", "alt_geom"})
_CUSTOM_FEET = FEET | {"geoaltitude", "geo_altitude", "baroaltitude", "baro_altitude"}

_FAMILIES = tuple(
    (name, re.compile(names))
    for name, names in {
        "Remote ID": r"uas_?id|ua_type|operator_(id|lat|lon|latitude|longitude)|(\w+_)?geodetic(_\w+)?|"
        r"height_type|(horiz|vert|baro|speed|ts)_acc(uracy)?",
        "a log of DJI": r"osd_\w+|gimbal_\w+|flyc_state|is_motor_up|home_(latitude|longitude|height)",
        "a log of ArduPilot": r"gms|gwk|nsats|gcrs|rel_(home|origin)_alt",
    }.items()
)
"""Whose logs give heights in metres and speeds in metres a second, and names that they alone write: ASTM
F3411, DJI's flight records, ArduPilot's GPS and POS messages."""
_HEIGHT = re.compile(r"(^|_)(alt|altitude|height|elev|elevation|hae|msl|amsl|agl)(_|$)")
_UNIT = re.compile(r"(?:_|^)(m|meters|metres|meter|metre|ft|feet)$")


def told_unit(words: Iterable[str]) -> tuple[str, str]:
    """Return the unit of heights, ``m`` or ``ft``, and by what the names of a table tell it; ``"", ""`` where
    none does or they contradict each other. ``words`` are the names in small letters, joined by ``_``."""
    units: dict[str, str] = {}
    words = list(words)
    for word in words:
        unit = _UNIT.search(word)
        if unit and _HEIGHT.search(word[: unit.start()]):
            units.setdefault("m" if unit[1].startswith("m") else "ft", f"as {word} is")
    if units:
        return units.popitem() if len(units) == 1 else ("", "")
    because = family(words)
    return ("m" if because else ""), because


def family(words: Iterable[str]) -> str:
    """Return by what the names of a table tell that it is one of those whose logs are metric, or ``""``."""
    words = list(words)
    found = [name for name, names in _FAMILIES if any(names.fullmatch(word) for word in words)]
    return f"as in {found[0]}" if found else ""


def unit_of(word: str, whose: str, told: str) -> str:
    """Return the unit of a height called ``word`` in a table of this convention, whose other names have
    ``told`` a unit or ``""``; ``""`` where nothing says."""
    if word in ("flight_level", "fl"):
        return "fl"
    if whose in ("opensky", "nofly"):
        return "m"
    if word in _RECEIVERS_FEET or (whose and word in _CUSTOM_FEET):
        return "ft"
    if word == "ele":
        return "m"
    return told or ("ft" if word in FEET else "m" if word in METRES else "")
