"""A zone from its canonical JSON, the same to the last bit."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import ModuleType, UnionType
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from nofly.zones import model, rules, schedule
from nofly.zones.model import Arc, Circle, Corridor, Footprint, Vertex, Zone

MOST_POINTS = 1_000_000
HALF_ROUND_M = 20_037_508.0
_MODULES: tuple[ModuleType, ...] = (model, rules, schedule)
_KINDS: dict[str, type] = {
    kind.__name__.lower(): kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind)
}


def zone_from(text: str) -> Zone:
    """Return the zone that :func:`nofly.zones.model.canonical_json` gave, without its source. Raises
    ValueError, KeyError or TypeError for what it did not give."""
    zone = _made(json.loads(text, parse_constant=_no_number), Zone)
    if not isinstance(zone, Zone):
        raise ValueError("no zone")
    return zone


def foreign_zone(text: str) -> Zone:
    """Return a zone from canonical JSON that somebody else may have written. Raises ValueError for what is
    none, or has no shape that can be on Earth."""
    try:
        zone = zone_from(text)
        if zone.volumes and all(_on_earth(volume.footprint) for volume in zone.volumes):
            return zone
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no zone: {error!r}"[:200]) from error
    raise ValueError("no zone: no shape on Earth")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _parts(hint: Any) -> tuple[Any, ...]:
    """Return the parts of a union; what is none is its only part."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _made(value: Any, hint: Any) -> Any:
    """Return a value as its type hint says."""
    parts = _parts(hint)
    if isinstance(value, list):
        return _listed(value, parts)
    if isinstance(value, dict):
        kind = _KINDS[value["type"]]
        if not any(isinstance(part, type) and issubclass(kind, part) for part in parts):
            raise ValueError(f"{kind.__name__} is not what stands there")
        hints = _hints(kind)
        return kind(**{name: _made(one, hints[name]) for name, one in value.items() if name != "type"})
    if isinstance(value, str):
        enum = next((p for p in parts if isinstance(p, type) and issubclass(p, Enum)), None)
        if enum is not None:
            return enum(value)
    # A whole number may stand for a float.
    if type(value) in parts or (type(value) is int and float in parts):
        return value
    raise ValueError(f"{value!r:.80} is not what stands there")


def _listed(value: list[Any], parts: tuple[Any, ...]) -> Any:
    for part in parts:
        origin, of = get_origin(part), get_args(part)
        if origin is frozenset:
            return frozenset(_made(one, of[0]) for one in value)
        if origin is tuple and of[-1] is Ellipsis:
            if Vertex in _parts(of[0]) and _are_places(value):
                # A ring of vertices, as a rule tens of thousands of numbers.
                return tuple(map(tuple, value))
            return tuple(_made(one, of[0]) for one in value)
        if origin is tuple:
            return tuple(_made(one, each) for one, each in zip(value, of, strict=True))
    raise ValueError("a list is not what stands there")


def _are_places(value: list[Any]) -> bool:
    return all(type(v) is list and len(v) == 2 and type(v[0]) is float and type(v[1]) is float for v in value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _on_earth(shape: Footprint) -> bool:
    """Return whether a shape that came past the readers is bounded as theirs are."""
    if isinstance(shape, Circle):
        return _in_reach(shape.centre, shape.radius_m)
    if isinstance(shape, Corridor):
        return 2 <= len(shape.path) <= MOST_POINTS and all(
            _in_reach(point, shape.half_width_m) for point in shape.path
        )
    points = [point for ring in (shape.exterior, *shape.holes) for point in ring]
    return 0 < len(points) <= MOST_POINTS and all(
        _in_reach(p.centre, max(p.radius_m, p.end_radius_m)) if isinstance(p, Arc) else _in_reach(p, 0.0)
        for p in points
    )


def _in_reach(point: Vertex, radius_m: float) -> bool:
    lat_deg, lon_deg = point
    return abs(lat_deg) <= 90.0 and abs(lon_deg) <= 360.0 and 0.0 <= radius_m <= HALF_ROUND_M
