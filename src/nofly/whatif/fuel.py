"""What a longer way costs: time, fuel and CO2, each as a range.

Where an aircraft's fuel flow is known, it is summed backwards from the mass at landing, which is given as a
range. Where it is not, only the share of fuel that is added can be told: by Breguet's range equation the fuel
for a way s is in proportion to exp(s / R) − 1, with R = speed × lift ÷ drag ÷ (g × specific consumption).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[float, float]
"""From the least to the most."""

CO2_KG_PER_KG = 3.16
"""Kilograms of CO2 a kilogram of jet fuel (ICAO Annex 16 volume IV, appendix 1: Jet-A and Jet-A1)."""
RANGE_FACTOR_M: Span = (23e6, 36e6)
"""R of jet airliners: 230 m/s, lift ÷ drag 17 and 17 mg/(N s) at the one end, 250 m/s, 20 and 14 at the
other, rounded."""
CRUISE_MPS: Span = (230.0, 250.0)
"""True airspeed of jet airliners: Mach 0.78 to 0.85 in the standard atmosphere above 11 km."""
_STEP_M = 100_000.0


@dataclass(frozen=True, slots=True)
class TypeFigures:
    """What is known of an aircraft type. ``flow_kg_s`` is the fuel flow in cruise at a mass in kilograms."""

    name: str
    cruise_mps: Span
    landing_kg: Span
    range_m: float
    flow_kg_s: Callable[[float], float]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a way costs more than another, each as a range; None where it is not known.

    ``fuel_share`` is the fuel added as a share of the fuel of the shorter way.
    """

    time_s: Span
    fuel_share: Span
    fuel_kg: Span | None = None
    co2_kg: Span | None = None
    beyond_range: bool = False
    """Whether the longer way is beyond what the type flies."""


NOTHING = Cost((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))


def cost(
    direct_m: float, flown_m: float, figures: TypeFigures | None = None, cruise_mps: Span | None = None
) -> Cost:
    """Return what flying ``flown_m`` costs more than ``direct_m``, at cruise from end to end, in still air.

    ``cruise_mps`` goes before the speed of the type, and that before :data:`CRUISE_MPS`.
    """
    extra_m = flown_m - direct_m
    slow_mps, fast_mps = cruise_mps or (figures.cruise_mps if figures else CRUISE_MPS)
    beyond = figures is not None and flown_m > figures.range_m
    if extra_m == 0.0:
        none = (0.0, 0.0)
        return Cost(none, none, none if figures else None, none if figures else None, beyond)
    time_s = _ordered(extra_m / slow_mps, extra_m / fast_mps)
    if figures is None:
        shares = [share(direct_m, flown_m, factor_m) for factor_m in RANGE_FACTOR_M]
        return Cost(time_s, _ordered(*shares))
    burnt = []
    for landing_kg in figures.landing_kg:
        speed_mps = 0.5 * (slow_mps + fast_mps)
        burnt.append([fuel_kg(figures, way_m, landing_kg, speed_mps) for way_m in (direct_m, flown_m)])
    added = _ordered(*(flown - direct for direct, flown in burnt))
    shares = [flown / direct - 1.0 if direct > 0.0 else math.inf for direct, flown in burnt]
    co2 = (added[0] * CO2_KG_PER_KG, added[1] * CO2_KG_PER_KG)
    return Cost(time_s, _ordered(*shares), added, co2, beyond)


def share(direct_m: float, flown_m: float, factor_m: float) -> float:
    """Return the share of fuel that is added, by Breguet's equation with a range factor in metres."""
    if direct_m <= 0.0:
        return math.inf if flown_m > 0.0 else 0.0
    return math.expm1(flown_m / factor_m) / math.expm1(direct_m / factor_m) - 1.0


def fuel_kg(figures: TypeFigures, way_m: float, landing_kg: float, cruise_mps: float) -> float:
    """Return the fuel burnt in cruise on a way that ends at a mass, summed backwards from its end."""
    steps = max(1, math.ceil(way_m / _STEP_M))
    step_s = way_m / steps / cruise_mps
    mass_kg = landing_kg
    for _ in range(steps):
        # The flow at the middle of the step, whose mass is not known before: twice is enough.
        half_kg = 0.5 * step_s * figures.flow_kg_s(mass_kg)
        mass_kg += step_s * figures.flow_kg_s(mass_kg + half_kg)
    return mass_kg - landing_kg


def _ordered(one_value: float, other_value: float) -> Span:
    return min(one_value, other_value), max(one_value, other_value)
