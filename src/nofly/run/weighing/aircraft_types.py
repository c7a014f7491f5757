"""Fuel flow, masses and speed of aircraft types, from openap where it is installed (the extra ``fuel``)."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import Any

from nofly.errors import ConfigError
from nofly.units import MPS_PER_KT, feet
from nofly.whatif.fuel import TypeFigures

_LIGHT = 0.2
"""A light landing: so much of the payload and reserve that the greatest landing mass leaves room for."""
_TROPOPAUSE_M = 11_000.0


def type_figures(name: str, level_m: float) -> TypeFigures | None:
    """Return what openap (J. Sun and others, LGPL) knows of an ICAO type designator; None where openap is not
    installed.

    Raises ConfigError for a type that it does not know.
    """
    try:
        from openap import FuelFlow, prop
    except ImportError:
        return None
    known = [str(one).upper() for one in prop.available_aircraft()]
    designator = name.upper()
    if designator not in known:
        near = get_close_matches(designator, known, 3, 0.5) or known
        raise ConfigError(f"aircraft type {name!r}", expected=f"one that openap knows: {', '.join(near)}")
    it: dict[str, Any] = prop.aircraft(designator.lower())
    burner: Any = FuelFlow(designator.lower())
    cruise_mps = float(it["cruise"]["mach"]) * sound_mps(level_m)
    empty_kg, most_kg = float(it["oew"]), float(it["mlw"])
    level_ft = feet(level_m)

    def flow_kg_s(mass_kg: float) -> float:
        return float(burner.enroute(mass=mass_kg, tas=cruise_mps / MPS_PER_KT, alt=level_ft))

    return TypeFigures(
        designator, (cruise_mps, cruise_mps), (empty_kg + _LIGHT * (most_kg - empty_kg), most_kg),
        1000.0 * float(it["cruise"]["range"]), flow_kg_s, "openap",
    )  # fmt: skip


def sound_mps(level_m: float) -> float:
    """Return the speed of sound at a pressure altitude in the standard atmosphere (ICAO Doc 7488)."""
    return math.sqrt(1.4 * 287.05287 * (288.15 - 0.0065 * min(level_m, _TROPOPAUSE_M)))
