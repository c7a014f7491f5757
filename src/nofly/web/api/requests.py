"""Requests for zones, as the register has them: sheets with positions and deadline, and editions of zones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError, NoflyError
from nofly.proof.packing.signing import PublicKey
from nofly.run.deciding import acting, sheet
from nofly.run.outputs.text import iso_time, printable
from nofly.run.registering.opening import open_register
from nofly.run.registering.signing import Keys, signature_plain
from nofly.run.registering.words import act_text, numbered, span_text
from nofly.store.register import Register
from nofly.units import US_PER_S
from nofly.web.access.rights import Principal, Right
from nofly.web.answers import Worded, answered
from nofly.web.errors import ApiError, not_found
from nofly.web.served import Here, Reader, Served
from nofly.zones.acts import ZONE
from nofly.zones.decisions import Procedure, open_to
from nofly.zones.editions import Law

router = APIRouter(prefix="/api/v1", tags=["requests and editions"])
_Found = TypeVar("_Found")


class PositionAnswer(BaseModel):
    """Where a party stands, as it said."""

    party: str
    stand: str = Field(description="support, oppose, reserve, abstain, conditional")
    statement: str
    conditions: list[str]
    date: str = Field(description="Day of the statement, as its source has it; empty where not said.")
    source: str
    language: str
    at: str
    counts: bool = Field(description="False where it came late.")
    act: int


class DecisionAnswer(BaseModel):
    """What was decided."""

    outcome: str
    reason: str
    conditions: list[str]
    at: str


class RequestAnswer(Worded):
    """A request and where it stands."""

    id: str
    state: str
    facts: list[list[str]] = Field(description="What the sheet says, as name and text.")
    zone_id: str
    zone_name: str
    asked_by: str
    authority: str
    deadline: str | None
    parties: list[str]
    no_position: list[str]
    tally: str = Field(description="What the positions come to, in words.")
    positions: list[PositionAnswer]
    decision: DecisionAnswer | None
    party: str = Field(description="Whose acts are done here; empty where no register is served.")
    may: list[str] = Field(description="Which it may do as it stands now, if whoever asks may decide.")


class SheetList(Worded):
    """All of them, by name."""

    has_register: bool = Field(description="Whether there is a register.")
    requests: list[RequestAnswer]
    unread: list[str] = Field(description="What is wrong with each that cannot be read.")


class EditionAnswer(BaseModel):
    """An edition of a zone over a span in which it is in force."""

    edition: int
    span: str
    valid_from: str | None
    valid_until: str | None
    zone_hash: str
    party: str


class ZoneActAnswer(BaseModel):
    """An act on a zone."""

    sequence: int
    recorded: str
    kind: str
    party: str
    by: str
    text: str
    signed: Literal["not-signed", "genuine", "unknown-key", "false"] = Field(
        description="genuine: with the key it names; unknown-key: that key is none of those at hand; false: "
        "it is not of that key."
    )
    key_id: str | None = Field(description="The key that the signature names.")
    key: str | None = Field(description="Whose key that is.")
    signature: str | None
    hash: str


class EditionsAnswer(Worded):
    """The history of a zone."""

    zone_id: str
    state: str = Field(
        description="in force, suspended, not yet, withdrawn, expired; none: not in the register"
    )
    editions: list[EditionAnswer]
    acts: list[ZoneActAnswer]


@router.get("/requests", operation_id="list_requests", responses={200: {"model": SheetList}})
async def listed(request: Request, here: Here, who: Reader) -> Response:
    """All requests of the register."""
    at_us = _shown_us(here, who)
    if here.register is None:
        return answered(request, {"has_register": False, "requests": [], "unread": []})
    found, unread = await _read(here, lambda register: acting.all_standing(register, at_us))
    sheets, faults = [sheet_of(one, here, who) for one in found], [str(error) for error in unread]
    return answered(request, {"has_register": True, "requests": sheets, "unread": faults})


@router.get(
    "/requests/{request_id:path}", operation_id="get_request", responses={200: {"model": RequestAnswer}}
)
async def one(request: Request, here: Here, who: Reader, request_id: str) -> Response:
    """One request: its sheet."""
    at_us = _shown_us(here, who)
    found = await _read(here, lambda register: acting.standing(register, request_id, at_us))
    return answered(request, sheet_of(found, here, who))


@router.get(
    "/editions/{zone_id:path}", operation_id="get_editions", responses={200: {"model": EditionsAnswer}}
)
async def editions(request: Request, here: Here, who: Reader, zone_id: str) -> Response:
    """The history of a zone in the register: its editions and all acts."""
    at_us = _shown_us(here, who)
    law, keys = await _read(
        here, lambda register: (Law(register.acts(ZONE, zone_id), at_us), _keys(here, register, at_us))
    )
    life = law.lives.get(zone_id)
    if life is None:
        return answered(request, {"zone_id": zone_id, "state": "none", "editions": [], "acts": []})
    now_us = here.clock() if at_us is None else at_us
    return answered(
        request,
        {
            "zone_id": zone_id, "state": life.state(now_us),
            "editions": [
                {
                    "edition": e.number, "span": span_text(e.from_us, e.until_us),
                    "valid_from": None if e.from_us is None else iso_time(e.from_us),
                    "valid_until": None if e.until_us is None else iso_time(e.until_us),
                    "zone_hash": e.declared_hash, "party": e.act.party,
                }
                for e in life.in_force()
            ],
            "acts": [
                {
                    "sequence": act.sequence, "recorded": iso_time(act.recorded_us), "kind": act.kind,
                    "party": act.party, "by": act.by, "text": act_text(act, number),
                    **signature_plain(act, keys), "hash": act.hash,
                }
                for act, number in numbered(life)
            ],
        },
    )  # fmt: skip


def _keys(here: Served, register: Register, at_us: int | None) -> Keys:
    """Return the keys by which signatures are told: those that requests list for their parties, those known
    to the server, and its own."""
    found: dict[str, tuple[str, PublicKey]] = {}
    for one in acting.all_standing(register, at_us)[0]:
        listed = [(party, PublicKey(bytes.fromhex(key))) for party, key in one.request.keys]
        found |= {key.id: (party, key) for party, key in listed}
    team = here.register
    own = {} if team is None or team.key is None else {team.key.public.id: (team.party, team.key.public)}
    return {**found, **(team.keys if team else {}), **own}


def _shown_us(here: Served, who: Principal) -> int | None:
    """Return the time that is shown to who asks; None is now."""
    return here.clock() - round(who.delay_s * US_PER_S) if who.delay_s else None


async def _read(here: Served, read: Callable[[Register], _Found]) -> _Found:
    """Return what is read of the register. Raises ApiError: 404 where there is none, or not in it; 503 where
    it cannot be read."""
    team = here.register
    if team is None:
        raise not_found("no register is served", "[register] url in nofly.toml")

    def reading() -> _Found:
        with open_register(team.url) as register:
            return read(register)

    try:
        return await asyncio.to_thread(reading)
    except InputError as error:
        raise not_found(printable(error.message), error.expected or None) from error
    except NoflyError as error:
        raise ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the register cannot be read"
        ) from error


def sheet_of(one: Procedure, here: Served, who: Principal) -> dict[str, Any]:
    """Return a request as :class:`RequestAnswer` has it, for who asks."""
    party = "" if here.register is None else here.register.party
    may = open_to(one, party) if Right.DECIDE in who.rights and not who.delay_s else ()
    full = sheet.as_json(one, {})
    request = one.request
    same = (
        "id",
        "state",
        "asked_by",
        "authority",
        "deadline",
        "parties",
        "no_position",
        "positions",
        "decision",
    )
    return {
        **{name: full[name] for name in same}, "facts": list(sheet.facts(one)), "zone_id": request.zone.id,
        "zone_name": request.zone.name, "tally": sheet.counted(one),
        "party": party, "may": list(may),
    }  # fmt: skip
