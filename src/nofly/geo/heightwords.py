"""Says in a pilot's words where a height comes from, and why one is not known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nofly.geo.heights import AGL, AMSL, BOUND, GROUND, HAE, REPORTED, STD, UNKNOWN, Heights
from nofly.units import feet, flight_level_text

if TYPE_CHECKING:
    from nofly.geo.geoid import Geoid
    from nofly.geo.qnh import QnhField
    from nofly.geo.terrain import Terrain
    from nofly.schema import Positions

NAMES = {
    STD: "flight level", AMSL: "altitude above mean sea level", AGL: "height above ground",
    HAE: "height above the ellipsoid",
}  # fmt: skip


def height_text(value_m: float, datum: str) -> str:
    """Return a height as aviation writes it: ``FL190``, ``2,310 ft AMSL``."""
    if datum == STD:
        return flight_level_text(value_m) if value_m >= 0 else f"FL000 {round(feet(value_m)):,} ft"
    return f"{round(feet(value_m)):,} ft {datum}"


def explain_height(
    heights: Heights,
    datum: str,
    row: int,
    positions: Positions,
    qnh: QnhField | None = None,
    geoid: Geoid | None = None,
    terrain: Terrain | None = None,
) -> str:
    """Return one sentence: the height of ``row`` on ``datum`` and its source, or why it is not known.

    ``positions``, ``qnh``, ``geoid`` and ``terrain`` are what :func:`~nofly.geo.heights.fill_heights` was
    given. Like: ``height above ground not known: no terrain data given; between 0 and 2,310 ft``.
    """
    name, method = NAMES[datum], heights.method_at(datum, row)
    lo, hi = float(heights.lo[datum][row]), float(heights.hi[datum][row])
    if method not in (BOUND, UNKNOWN):
        err = round(feet(heights.err_at(datum, row)))
        error = f" ± {err:,} ft" if err else ""
        return f"{name} {height_text(lo, datum)}{error} ({_origin(method)})"
    sentence = f"{name} not known: {_reason(datum, row, positions, qnh, geoid, terrain)}"
    return f"{sentence}; {between}" if (between := _between(lo, hi, datum)) else sentence


def _origin(method: str) -> str:
    return {
        REPORTED: "as reported", GROUND: "the aircraft reports that it is on the ground",
        "geoid": "from satellite height and the EGM96 geoid", "terrain": "from terrain data",
    }.get(method, f"from flight level and {method}" if method.startswith("QNH") else method)  # fmt: skip


def _reason(
    datum: str, row: int, positions: Positions, qnh: QnhField | None, geoid: Geoid | None,
    terrain: Terrain | None,
) -> str:  # fmt: skip
    def has(which: str) -> bool:
        column = positions.column(f"alt_{which.lower()}_m")
        return column is not None and not math.isnan(float(column[row]))

    if not any(has(which) for which in (STD, AMSL, AGL, HAE)):
        ground = positions.column("on_ground")
        if ground is None or ground[row] != 1:
            return "the report gives no height"
        return "the report says only that the aircraft is on the ground"
    if datum == AGL or (has(AGL) and not (has(STD) or has(AMSL) or has(HAE))):
        if terrain is None:
            return "no terrain data given"
        at = positions.lat_deg[row : row + 1], positions.lon_deg[row : row + 1]
        if math.isnan(float(terrain.elevation_m(*at)[0][0])):
            return "the terrain data do not reach this place"
    if has(HAE) and not has(STD) and not has(AMSL) and geoid is None:
        return "only a satellite height is reported and no geoid is given"
    if qnh is None:
        given = "a flight level" if has(STD) else "an altitude"
        return f"only {given} is reported and no QNH is given"
    return "no QNH of a station near enough and fresh enough"


def _between(lo_m: float, hi_m: float, datum: str) -> str:
    if math.isfinite(lo_m) and math.isfinite(hi_m):
        if datum == STD:
            return f"between {height_text(lo_m, STD)} and {height_text(hi_m, STD)}"
        return f"between {round(feet(lo_m)):,} and {round(feet(hi_m)):,} ft"
    if math.isfinite(hi_m):
        return f"at most {height_text(hi_m, datum)}"
    if not math.isfinite(lo_m) or (datum == AGL and lo_m == 0.0):
        return ""
    return f"at least {height_text(lo_m, datum)}"
