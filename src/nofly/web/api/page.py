"""What the page has to know before it is drawn."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.web.answers import answered
from nofly.web.served import Here, Reader

router = APIRouter(prefix="/api/v1/page", tags=["page"])


class PageAnswer(BaseModel):
    """What lies under the map."""

    tiles: str | None = Field(description="Raster tiles by {z}, {x} and {y}; null: what is served here.")
    attribution: str


@router.get("", responses={200: {"model": PageAnswer}})
async def page(request: Request, here: Here, _: Reader) -> Response:
    """What lies under the map, and whose it is."""
    tiles = here.tiles
    return answered(request, {
        "tiles": None if tiles is None else tiles.url,
        "attribution": "" if tiles is None else tiles.attribution,
    })  # fmt: skip
