"""Public links, for administrators: whoever has one may read."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nofly.run.at import utc_us
from nofly.run.outputs.text import iso_time
from nofly.store.access import Link
from nofly.web.access.asked import Control
from nofly.web.access.ledger import By
from nofly.web.errors import ErrorAnswer
from nofly.web.served import Administrator

router = APIRouter(prefix="/api/v1/links", tags=["access"])
TIME = "2026-06-30T00:00:00.000000Z"
LONGEST_DELAY_S = 30 * 86_400


class LinkAnswer(BaseModel):
    """A public link; itself was shown to who made it."""

    id: str = Field(examples=["5c1f09a2b7d3"])
    name: str = Field(examples=["press"])
    made_by: str = Field(examples=["anna"])
    made: str = Field(examples=[TIME])
    expires: str | None = Field(description="null: never", examples=[TIME])
    delay_s: float = Field(description="Shown is what was this long ago.", examples=[900.0])


class LinkList(BaseModel):
    """Public links, the oldest first."""

    links: list[LinkAnswer]


class NewLink(BaseModel):
    """A public link to be made."""

    name: str = Field(min_length=1, max_length=64, examples=["press"])
    expires: AwareDatetime | None = Field(None, examples=[TIME])
    delay_s: float = Field(0.0, ge=0.0, le=LONGEST_DELAY_S, examples=[900.0])
    why: str = Field(min_length=1, max_length=500, examples=["as the ministry asked"])


class MadeLink(LinkAnswer):
    """A public link, to be shown this once."""

    path: str = Field(description="After the address of this server.", examples=["/#link=q1Yz0k…"])


@router.get("", operation_id="list_links")
async def listed(response: Response, access: Control, _: Administrator) -> LinkList:
    """All public links."""
    response.headers["Cache-Control"] = "no-store"
    return LinkList(links=[LinkAnswer(**_row(link)) for link in access.store.links()])


@router.post(
    "", operation_id="make_link", status_code=HTTPStatus.CREATED, responses={409: {"model": ErrorAnswer}}
)
async def make(response: Response, access: Control, who: Administrator, new: NewLink) -> MadeLink:
    """Make a public link."""
    response.headers["Cache-Control"] = "no-store"
    expires_us = None if new.expires is None else utc_us(new.expires)
    by = By(who.name, new.why)
    secret, link = await asyncio.to_thread(access.links.make, new.name, expires_us, new.delay_s, by)
    return MadeLink(path=f"/#link={secret}", **_row(link))


@router.delete("/{id}", operation_id="revoke_link", status_code=HTTPStatus.NO_CONTENT)
async def revoke(
    access: Control, who: Administrator, id: Annotated[str, Path(max_length=64)],
    why: Annotated[str, Query(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Revoke a public link: from now on it shows nothing."""
    await asyncio.to_thread(access.links.revoke, id, By(who.name, why or "not needed any more"))
    return Response(None, HTTPStatus.NO_CONTENT, {"Cache-Control": "no-store"})


def _row(link: Link) -> dict[str, Any]:
    return {
        "id": link.id, "name": link.name, "made_by": link.made_by, "made": iso_time(link.made_us),
        "expires": None if link.expires_us is None else iso_time(link.expires_us), "delay_s": link.delay_s,
    }  # fmt: skip
