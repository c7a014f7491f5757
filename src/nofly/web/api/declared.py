"""Zones declared here: proposed, put in force, withdrawn, by whom and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.declaring.acts import Declarations, Declared
from nofly.run.declaring.file import declare
from nofly.run.files.zonewords import told_differences
from nofly.run.following.follower import RECORD
from nofly.run.outputs.text import iso_time, printable
from nofly.store.sqlite import Store
from nofly.web.answers import answered
from nofly.web.api.drafts import drawn
from nofly.web.errors import not_found
from nofly.web.features import ZoneFeature, features
from nofly.web.served import Authority, Here, Reader, Served
from nofly.web.telling import DraftAnswer, told

router = APIRouter(prefix="/api/v1/declared", tags=["declared zones"])
MOST_WAIT_S = 2.0
"""Longest that an act waits to be followed."""


class ProposalBody(BaseModel, extra="forbid"):
    """A zone as a GeoJSON feature in nofly's vocabulary, and why it is proposed."""

    feature: dict[str, Any]
    why: str = Field(min_length=1, max_length=500)


class ActBody(BaseModel, extra="forbid"):
    """Why something is done."""

    why: str = Field(min_length=1, max_length=500)
    hash: str | None = Field(
        None, max_length=64, description="To put in force or to discard: the edition that is meant."
    )


class ActAnswer(BaseModel):
    """An act on record."""

    kind: str
    time: str
    who: str
    why: str
    zone_hash: str
    sequence: int


class DeclaredAnswer(BaseModel):
    """A zone that was declared here, and what became of it."""

    zone_id: str
    edition: int
    proposed: ZoneFeature | None
    in_force: ZoneFeature | None
    differences: list[str] = Field(description="Of the proposal to what is in force.")
    acts: list[ActAnswer]


class Editions(BaseModel):
    """Of the proposal, and of what is in force."""

    proposed: DraftAnswer | None
    in_force: DraftAnswer | None


class DeclaredWhole(DeclaredAnswer):
    """A zone that was declared here, told whole."""

    editions: Editions


class DeclaredList(BaseModel):
    """All of them."""

    declared: list[DeclaredAnswer]


@router.get("", operation_id="list_declared_zones", responses={200: {"model": DeclaredList}})
async def listed(request: Request, here: Here, _: Reader) -> Response:
    """All zones that were declared here."""
    now_us = here.follower.picture_us(here.clock())
    zones = here.follower.declarations.zones
    return answered(request, {"declared": [_row(one, now_us) for _, one in sorted(zones.items())]})


@router.get("/{zone_id:path}", operation_id="get_declared_zone", responses={200: {"model": DeclaredWhole}})
async def one(request: Request, here: Here, _: Reader, zone_id: str) -> Response:
    """One zone that was declared here, both editions told whole."""
    found = here.follower.declarations.zones.get(zone_id)
    if found is None:
        raise not_found(f"{printable(zone_id)[:80]!r} was not declared here", "an id of /api/v1/declared")
    now_us = here.follower.picture_us(here.clock())
    both = (("proposed", found.proposed), ("in_force", found.in_force))
    editions = {name: None if zone is None else told(zone, now_us) for name, zone in both}
    return answered(request, {**_row(found, now_us), "editions": editions})


@router.post("", operation_id="propose_zone", status_code=201, responses={201: {"model": DeclaredAnswer}})
async def propose(request: Request, here: Here, who: Authority, body: ProposalBody) -> Response:
    """Propose a zone, as the next edition of its id. Nothing is judged by it yet."""
    zone = await drawn(body.feature)
    return await _done(
        request, here, zone.id, lambda law, now_us: law.proposal(zone, who.name, body.why, now_us), 201
    )


@router.post(
    "/{zone_id:path}/activate", operation_id="activate_zone", responses={200: {"model": DeclaredAnswer}}
)
async def activate(request: Request, here: Here, who: Authority, zone_id: str, body: ActBody) -> Response:
    """Put the proposed edition in force: the watch judges by it from its next look at the law on."""
    return await _done(
        request, here, zone_id,
        lambda law, now_us: law.activation(zone_id, body.hash or "", who.name, body.why, now_us),
    )  # fmt: skip


@router.post(
    "/{zone_id:path}/discard", operation_id="discard_proposal", responses={200: {"model": DeclaredAnswer}}
)
async def discard(request: Request, here: Here, who: Authority, zone_id: str, body: ActBody) -> Response:
    """Discard the proposed edition, which was never in force; what is in force stays."""
    return await _done(
        request, here, zone_id,
        lambda law, now_us: law.discarding(zone_id, body.hash or "", who.name, body.why, now_us),
    )  # fmt: skip


@router.post(
    "/{zone_id:path}/withdraw", operation_id="withdraw_zone", responses={200: {"model": DeclaredAnswer}}
)
async def withdraw(request: Request, here: Here, who: Authority, zone_id: str, body: ActBody) -> Response:
    """Withdraw the edition in force: whoever is inside has left it then, for that cause."""
    return await _done(
        request, here, zone_id, lambda law, now_us: law.withdrawal(zone_id, who.name, body.why, now_us)
    )


async def _done(
    request: Request, here: Served, zone_id: str, act: Callable[[Declarations, int], dict[str, Any]],
    status: int = 200,
) -> Response:  # fmt: skip
    """Do an act on what the record says now, one at a time, and answer with the zone as soon as what is asked
    next is answered by it."""
    now_us = here.clock()

    def appended() -> tuple[int, Declared]:
        with here.declaring, Store(here.folder / RECORD) as store:
            law = Declarations()
            for record in store.read():
                law.take(record)
            body = act(law, now_us)
            if here.register is not None:
                # First there: what cannot be law for all is not put in force here.
                here.register.enter(body)
            return declare(store, here.folder, body, law), law.zones[zone_id]

    sequence, one = await asyncio.to_thread(appended)
    with suppress(TimeoutError):
        async with asyncio.timeout(MOST_WAIT_S), here.turned:
            await here.turned.wait_for(lambda: here.follower.sequence >= sequence)
    return answered(request, _row(one, here.follower.picture_us(now_us)), status=status)


def _row(one: Declared, now_us: int) -> dict[str, Any]:
    proposed, in_force = one.proposed, one.in_force
    changed = [] if proposed is None or in_force is None else told_differences(in_force, proposed)
    return {
        "zone_id": printable(one.zone_id), "edition": one.edition,
        "proposed": None if proposed is None else features([proposed], now_us)[0],
        "in_force": None if in_force is None else features([in_force], now_us)[0],
        "differences": [printable(text) for text in changed],
        "acts": [{
            "kind": act.kind, "time": iso_time(act.time_us), "who": printable(act.who),
            "why": printable(act.why), "zone_hash": act.zone_hash, "sequence": act.sequence,
        } for act in one.acts],
    }  # fmt: skip
