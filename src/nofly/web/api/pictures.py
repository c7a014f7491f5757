"""An incident as a picture: map and vertical profile, with legend, source, UTC and scale."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from nofly.run.following.finding import result_of
from nofly.run.outputs.text import iso_time
from nofly.run.record.incident_log import Incident
from nofly.web.api.incidents import named
from nofly.web.errors import not_found
from nofly.web.served import Here, Reader, Served
from nofly.web.turns import in_turn

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


@router.get(
    "/{name}/picture",
    operation_id="draw_incident",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
async def picture(here: Here, who: Reader, name: str) -> Response:
    """A PNG of the stays that a verdict was given on; 404 while there is none, 503 where many wait."""
    log = here.follower.log
    incident = log.incidents[named(here, who, name)]
    if not incident.verdicts:
        raise not_found("there is no verdict on it, so there is no picture", "an incident that is over")
    async with in_turn(here.drawing, "other pictures are being drawn"):
        data = await asyncio.to_thread(_drawn, here, incident)
    attached = f'attachment; filename="incident-{incident.id[:16]}.png"'
    return Response(data, 200, {"Content-Disposition": attached}, "image/png")


def _drawn(here: Served, incident: Incident) -> bytes:
    from nofly.run.outputs.picture import encoded, figure

    result = result_of(here.folder, incident, here.follower.zone)
    hashes = ", ".join(dict.fromkeys(stay.zone_hash[:12] for stay in result.infringements))
    source = (
        f"Source: incident {incident.id}, from the record of a watch as of {iso_time(here.clock())[:19]}Z; "
        f"judged by the edition of hash {hashes}."
    )
    return encoded(figure(result, source=source))
