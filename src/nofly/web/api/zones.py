"""The zones of the law as GeoJSON: what QGIS draws, with what the map colours them by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from nofly.run.files import zonewords
from nofly.run.outputs.text import printable
from nofly.web.answers import GEOJSON, Worded, answered
from nofly.web.errors import not_found
from nofly.web.features import ZoneFeature, features, proposals
from nofly.web.served import Here, Reader
from nofly.web.telling import DraftAnswer, told

router = APIRouter(prefix="/api/v1/zones", tags=["zones"])


class ZoneCollection(Worded):
    """GeoJSON FeatureCollection."""

    type: str = "FeatureCollection"
    features: list[ZoneFeature]


class ZoneAnswer(Worded):
    """One zone: what it says, in sentences too, in every edition of the law."""

    zones: list[ZoneFeature]
    sentences: list[str]
    editions: list[DraftAnswer]


@router.get(
    "", operation_id="list_zones", responses={200: {"model": ZoneCollection, "content": {GEOJSON: {}}}}
)
async def listed(
    request: Request, here: Here, _: Reader,
    id: Annotated[str | None, Query(description="Only the zone of this id.", max_length=200)] = None,
    proposed: Annotated[bool, Query(description="Those that are proposed too, state proposed.")] = False,
) -> Response:  # fmt: skip
    """All zones that are watched."""
    follower = here.follower
    law = [zone for zone in follower.law if id is None or zone.id == id]
    found = features(law, follower.picture_us(here.clock()))
    if proposed:
        declared = (one.proposed for one in follower.declarations.zones.values())
        found += proposals([zone for zone in declared if zone is not None and id in (None, zone.id)])
    return answered(request, {"type": "FeatureCollection", "features": found}, GEOJSON)


@router.get("/{zone_id:path}", operation_id="get_zone", responses={200: {"model": ZoneAnswer}})
async def one(request: Request, here: Here, _: Reader, zone_id: str) -> Response:
    """One zone, by its id or hash."""
    law = [zone for zone in here.follower.law if zone_id in (zone.id, zone.zone_hash)]
    if not law:
        raise not_found(f"no zone {printable(zone_id)[:80]!r} is watched", "an id of /api/v1/zones")
    now_us = here.follower.picture_us(here.clock())
    said = [printable(sentence) for zone in law for sentence in zonewords.told(zone)]
    editions = [told(zone, now_us) for zone in law]
    return answered(request, {"zones": features(law, now_us), "sentences": said, "editions": editions})
