"""What the page has to know before it is drawn."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.web.answers import answered
from nofly.web.errors import not_found
from nofly.web.served import Here, Reader

router = APIRouter(prefix="/api/v1/page", tags=["page"])


class PageAnswer(BaseModel):
    """What lies under the map."""

    tiles: str | None = Field(description="Raster tiles by {z}, {x} and {y}; null: what is served here.")
    attribution: str
    style: str | None = Field(description="Where a MapLibre style is that lies there; null: none.")


@router.get("", operation_id="get_page", responses={200: {"model": PageAnswer}})
async def page(request: Request, here: Here, _: Reader) -> Response:
    """What lies under the map, and whose it is."""
    tiles = here.tiles
    return answered(request, {
        "tiles": None if tiles is None else tiles.url,
        "attribution": "" if tiles is None else tiles.attribution,
        "style": None if here.style is None else here.style.url,
    })  # fmt: skip


@router.get(
    "/style",
    operation_id="get_page_style",
    responses={200: {"content": {"application/json": {}}}},
    response_class=Response,
)
async def style(here: Here, _: Reader) -> Response:
    """The MapLibre style that lies under the map, where it is of a file here."""
    if here.style is None or here.style.document is None:
        raise not_found("no style is served here")
    return Response(here.style.document, media_type="application/json")
