"""A zone from its canonical JSON, the same to the last bit."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from nofly.zones import model, rules, schedule
from nofly.zones.model import Zone

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
    zone = _made(json.loads(text), Zone)
    if not isinstance(zone, Zone):
        raise ValueError("no zone")
    return zone


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _made(value: Any, hint: Any) -> Any:
    """Return a value as its type hint says."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, dict):
        kind = _KINDS[value["type"]]
        hints = _hints(kind)
        return kind(**{name: _made(one, hints[name]) for name, one in value.items() if name != "type"})
    origin, of = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _made(value, next(one for one in of if _can_be(value, one)))
    if isinstance(value, list):
        if origin is tuple and of[-1] is not Ellipsis:
            return tuple(_made(one, part) for one, part in zip(value, of, strict=True))
        return (frozenset if origin is frozenset else tuple)(_made(one, of[0]) for one in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value


def _can_be(value: Any, hint: Any) -> bool:
    """Return whether a list, text or number can be of a part of a union."""
    if isinstance(value, list):
        return get_origin(hint) in (tuple, frozenset)
    if isinstance(value, str):
        return isinstance(hint, type) and issubclass(hint, str)
    return hint in (int, float) or (isinstance(hint, type) and issubclass(hint, Enum))
