"""nofly: declare, watch and prove no-fly zones.

::

    import nofly

    zones = nofly.read_zones("zones.geojson")
    result = nofly.check("flights.parquet", zones, qnh="1019")
    result.infringements, result.to_arrow(), result.plot("found.png")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nofly import _pure

if TYPE_CHECKING:
    from nofly.errors import NoflyError
    from nofly.run.api import check, read_positions, read_zones, verify, write_zones
    from nofly.run.check import CheckOptions
    from nofly.run.result import CheckResult
    from nofly.schema import Positions
    from nofly.zones.model import (
        Circle,
        Corridor,
        Datum,
        EdgeKind,
        Limit,
        Polygon,
        Restriction,
        Volume,
        Zone,
    )
    from nofly.zones.rules import Rule
    from nofly.zones.schedule import Schedule

__version__ = "0.1.0"

__all__ = [
    "CheckOptions",
    "CheckResult",
    "Circle",
    "Corridor",
    "Datum",
    "EdgeKind",
    "Limit",
    "NoflyError",
    "Polygon",
    "Positions",
    "Restriction",
    "Rule",
    "Schedule",
    "Volume",
    "Zone",
    "check",
    "read_positions",
    "read_zones",
    "verify",
    "write_zones",
]

_MODEL = "nofly.zones.model"
_HOMES = {
    "CheckOptions": "nofly.run.check",
    "CheckResult": "nofly.run.result",
    "NoflyError": "nofly.errors",
    "Positions": "nofly.schema",
    "Rule": "nofly.zones.rules",
    "Schedule": "nofly.zones.schedule",
    **dict.fromkeys(("check", "read_positions", "read_zones", "verify", "write_zones"), "nofly.run.api"),
    **dict.fromkeys(("Circle", "Corridor", "Datum", "EdgeKind", "Limit"), _MODEL),
    **dict.fromkeys(("Polygon", "Restriction", "Volume", "Zone"), _MODEL),
}

_pure.install()


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nofly' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
