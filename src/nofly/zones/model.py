"""What a no-fly zone is: volumes with published limits, a schedule, a rule, a source.

Everything here is a frozen value. Order is lat, lon; heights are metres with a datum and keep the
published text; ``None`` is unlimited, never 0 and never infinity.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from itertools import chain
from typing import Any

from nofly.zones.rules import Rule
from nofly.zones.schedule import Schedule

Vertex = tuple[float, float]
"""A point of a ring: (lat_deg, lon_deg), WGS 84."""


class Datum(StrEnum):
    """What a height is measured from."""

    STD = "STD"
    """Pressure altitude, 1013.25 hPa: flight levels."""
    AMSL = "AMSL"
    """Above mean sea level: on QNH for aircraft, the EGM96 geoid for satellite heights."""
    AGL = "AGL"
    """Above the ground below."""
    HAE = "HAE"
    """Above the WGS 84 ellipsoid."""


class EdgeKind(StrEnum):
    """Which line joins two vertices. The choice is worth kilometres on a long edge."""

    GEODESIC = "GEODESIC"
    """The shortest line on the WGS 84 ellipsoid."""
    PLANAR = "PLANAR"
    """Straight in longitude and latitude (RFC 7946 § 3.1.1)."""
    PARALLEL = "PARALLEL"
    """Along the parallel where both ends have the same latitude, else geodesic."""


class Restriction(StrEnum):
    """What the zone forbids (ED-269 § 8.1.6 words, and KEEP_IN for a zone that must not be left)."""

    PROHIBITED = "PROHIBITED"
    REQ_AUTHORISATION = "REQ_AUTHORISATION"
    CONDITIONAL = "CONDITIONAL"
    NO_RESTRICTION = "NO_RESTRICTION"
    KEEP_IN = "KEEP_IN"


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor or a ceiling: metres above a datum, and the text it was published as."""

    value_m: float
    datum: Datum
    text: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value_m):
            raise ValueError("a limit is a finite number of metres; None is unlimited")
        if self.value_m == 0.0:
            # Minus zero is zero, and has to be in the hash too.
            object.__setattr__(self, "value_m", 0.0)


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc that stands in a ring in place of vertices.

    Bearings are degrees from true north at the centre. The radius runs evenly from ``radius_m`` to
    ``end_radius_m``: published arcs often end a few metres off the radius they start with.
    """

    centre: Vertex
    radius_m: float
    end_radius_m: float
    start_deg: float
    end_deg: float
    clockwise: bool


Ring = tuple[Vertex | Arc, ...]
"""A closed line, its first point not repeated at its end."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """An area inside ``exterior`` and outside every hole."""

    exterior: Ring
    holes: tuple[Ring, ...] = ()
    edge_kind: EdgeKind = EdgeKind.GEODESIC


@dataclass(frozen=True, slots=True)
class Circle:
    """All points within ``radius_m`` of the centre along the ellipsoid."""

    centre: Vertex
    radius_m: float


@dataclass(frozen=True, slots=True)
class Corridor:
    """All points within ``half_width_m`` of the path, whose ends are round."""

    path: tuple[Vertex, ...]
    half_width_m: float
    edge_kind: EdgeKind = EdgeKind.GEODESIC


Footprint = Polygon | Circle | Corridor


@dataclass(frozen=True, slots=True)
class Volume:
    """A footprint between two limits, both of which belong to it."""

    footprint: Footprint
    lower: Limit | None = None
    upper: Limit | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask (ED-269 § 8.1.11)."""

    name: str = ""
    service: str = ""
    contact: str = ""
    site_url: str = ""
    email: str = ""
    phone: str = ""
    purpose: str = ""
    interval_before: str = ""
    """How long before the flight, an ISO 8601 duration as published."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a zone was read: format name, SHA-256 of the file, line or JSON path in it."""

    format: str = ""
    sha256: str = ""
    locator: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """One declared zone, in one edition."""

    id: str
    name: str
    volumes: tuple[Volume, ...]
    restriction: Restriction = Restriction.PROHIBITED
    kind: str = ""
    """What the publisher calls it: P, R, D, CTR, FIR, TFR, COMMON …"""
    country: str = ""
    schedule: Schedule | None = None
    """None is always."""
    rule: Rule | None = None
    authorities: tuple[Authority, ...] = ()
    reason: tuple[str, ...] = ()
    message: str = ""
    edition: int = 1
    valid_from_us: int | None = None
    valid_to_us: int | None = None
    """The edition is law from ``valid_from_us`` until, not including, ``valid_to_us``."""
    extra: tuple[tuple[str, str], ...] = ()
    """What the format says beyond this model, (key, canonical JSON value), sorted; it is written back."""
    source: Source = field(default=Source(), compare=False)

    @property
    def zone_hash(self) -> str:
        """SHA-256 of the canonical JSON of everything but the source."""
        return hashlib.sha256(canonical_json(self).encode()).hexdigest()


def canonical_json(zone: Zone) -> str:
    """Return the zone as JSON with sorted keys and no spaces, without its source (so that the same law
    read from two formats has one hash)."""
    plain = _plain(zone)
    del plain["source"]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        return {"type": type(value).__name__.lower(), **named}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(_plain(v) for v in value)
    if isinstance(value, tuple | list):
        if value and all(type(v) is tuple for v in value):
            # A ring of vertices, as a rule tens of thousands of numbers: JSON takes it as it is.
            plain = all(type(x) is float for v in value for x in v) and 0.0 not in chain.from_iterable(value)
            return value if plain else [_plain(v) for v in value]
        return [_plain(v) for v in value]
    # Minus zero, as a longitude of 0° W is read, is zero.
    return value + 0.0 if isinstance(value, float) else value
