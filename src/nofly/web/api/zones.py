"""The zones of the law as GeoJSON: what QGIS draws, with what the map colours them by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.files.zonewords import limit_text, sentences
from nofly.run.following.law import ZoneState, state_at
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.text import iso_time, printable
from nofly.web.answers import GEOJSON, answered
from nofly.web.errors import not_found
from nofly.web.served import Here, Reader
from nofly.zones.model import Zone
from nofly.zones.schedule import describe

router = APIRouter(prefix="/api/v1/zones", tags=["zones"])
DIGITS = 6


class ZoneProperties(BaseModel):
    """A zone in the edition in force, as the map needs it."""

    id: str
    name: str
    zone_hash: str
    kind: str
    restriction: str
    state: str = Field(description="active, perhaps (announced elsewhere), upcoming, inactive or expired")
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


class ZoneCollection(BaseModel):
    """GeoJSON FeatureCollection."""

    type: str = "FeatureCollection"
    features: list[ZoneFeature]


class ZoneAnswer(BaseModel):
    """One zone: what it says, in sentences too, in every edition of the law."""

    zones: list[ZoneFeature]
    sentences: list[str]


@router.get("", responses={200: {"model": ZoneCollection, "content": {GEOJSON: {}}}})
async def listed(
    request: Request, here: Here, _: Reader,
    id: Annotated[str | None, Query(description="Only the zone of this id.", max_length=200)] = None,
) -> Response:  # fmt: skip
    """All zones that are watched."""
    law = [zone for zone in here.follower.law if id is None or zone.id == id]
    now_us = here.follower.picture_us(here.clock())
    return answered(request, {"type": "FeatureCollection", "features": features(law, now_us)}, GEOJSON)


@router.get("/{zone_id:path}", responses={200: {"model": ZoneAnswer}})
async def one(request: Request, here: Here, _: Reader, zone_id: str) -> Response:
    """One zone, by its id or hash."""
    law = [zone for zone in here.follower.law if zone_id in (zone.id, zone.zone_hash)]
    if not law:
        raise not_found(f"no zone {printable(zone_id)[:80]!r} is watched", "an id of /api/v1/zones")
    now_us = here.follower.picture_us(here.clock())
    said = [printable(sentence) for zone in law for sentence in sentences(zone)]
    return answered(request, {"zones": features(law, now_us), "sentences": said})


def features(law: Sequence[Zone], now_us: int) -> list[dict[str, Any]]:
    """Return zones as GeoJSON features."""
    return [_feature(zone, state_at(zone, now_us)) for zone in law]


def _feature(zone: Zone, state: ZoneState) -> dict[str, Any]:
    floors = {limit_text(volume.lower, "GND") for volume in zone.volumes}
    ceilings = {limit_text(volume.upper, "unlimited") for volume in zone.volumes}
    properties = {
        "id": zone.id, "name": zone.name, "zone_hash": zone.zone_hash, "kind": zone.kind,
        "restriction": zone.restriction.value, "floor": " / ".join(sorted(floors)),
        "ceiling": " / ".join(sorted(ceilings)), "schedule": describe(zone.schedule),
    }  # fmt: skip
    shown = {name: printable(value) for name, value in properties.items()}
    until = None if state.until_us is None else iso_time(state.until_us)
    return {
        "type": "Feature", "id": zone.zone_hash, "geometry": _geometry(zone),
        "properties": {**shown, "state": state.word, "state_until": until},
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
