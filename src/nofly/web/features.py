"""Zones as GeoJSON features, with what the map colours them by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from nofly.run.files.zonewords import limit_text
from nofly.run.following.law import ZoneState, state_at
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.text import iso_time, printable
from nofly.zones.model import Zone
from nofly.zones.schedule import told
from nofly.zones.sentence import joined, say

DIGITS = 6


class ZoneProperties(BaseModel):
    """A zone in the edition in force, as the map needs it."""

    id: str
    name: str
    zone_hash: str
    edition: int
    kind: str
    restriction: str
    state: str = Field(
        description="active, perhaps (announced elsewhere), upcoming, inactive, expired, proposed"
    )
    state_until: str | None = Field(description="When that changes next, within a week.")
    floor: str = Field(examples=["GND"])
    ceiling: str = Field(examples=["FL 195"])
    schedule: str = Field(examples=["Mon–Fri 08:00–16:00 Europe/Zurich"])


class ZoneFeature(BaseModel):
    """GeoJSON (RFC 7946): outlines on WGS 84 as they are judged, arcs and geodesics cut finely."""

    type: str = "Feature"
    id: str = Field(description="The zone's hash.")
    geometry: dict[str, Any]
    properties: ZoneProperties


def features(law: Sequence[Zone], now_us: int) -> list[dict[str, Any]]:
    """Return zones as GeoJSON features."""
    return [_feature(zone, state_at(zone, now_us)) for zone in law]


def proposals(zones: Sequence[Zone]) -> list[dict[str, Any]]:
    """Return zones that are proposed, and by which nothing is judged, as GeoJSON features."""
    return [_feature(zone, ZoneState("proposed", None)) for zone in zones]


def _feature(zone: Zone, state: ZoneState) -> dict[str, Any]:
    floors = {limit_text(volume.lower, "GND") for volume in zone.volumes}
    ceilings = {limit_text(volume.upper, say("unlimited")) for volume in zone.volumes}
    properties = {
        "id": zone.id, "name": zone.name, "zone_hash": zone.zone_hash, "kind": zone.kind,
        "restriction": zone.restriction.value, "floor": " / ".join(sorted(floors)),
        "ceiling": joined(" / ", sorted(ceilings)), "schedule": told(zone.schedule),
    }  # fmt: skip
    shown = {name: printable(value) for name, value in properties.items()}
    until = None if state.until_us is None else iso_time(state.until_us)
    said = {**shown, "edition": zone.edition, "state": state.word, "state_until": until}
    return {
        "type": "Feature", "id": zone.zone_hash, "geometry": _geometry(zone), "properties": said,
    }  # fmt: skip


@lru_cache(maxsize=4096)
def _geometry(zone: Zone) -> dict[str, Any]:
    polygons = [
        [
            [[round(lon, DIGITS), round(lat, DIGITS)] for lat, lon in np.asarray(line).tolist()]
            for line in rings
        ]
        for volume in zone.volumes
        for rings in outlines(volume.footprint)
    ]
    return {"type": "MultiPolygon", "coordinates": polygons}
