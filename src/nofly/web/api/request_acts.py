"""Acts on requests: what the party of this server says to one, decides, and makes law.

Whoever acts is of the role authority, and named in the act; it is recorded in the register as those of
``nofly request`` are, and refused where these would be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.at import instant
from nofly.run.deciding import acting
from nofly.run.outputs.text import printable
from nofly.run.registering.opening import open_register
from nofly.run.registering.signing import Hand
from nofly.web.answers import answered
from nofly.web.api.requests import RequestAnswer, sheet_of
from nofly.web.errors import not_found
from nofly.web.served import Authority, Here
from nofly.zones.acts import REQUEST
from nofly.zones.decision_bodies import MOST_CONDITIONS, MOST_TEXT_CHARACTERS
from nofly.zones.decision_states import Event
from nofly.zones.decisions import DECIDE, Procedure

router = APIRouter(prefix="/api/v1/requests", tags=["requests and editions"])

Said = Annotated[str, Field(max_length=MOST_TEXT_CHARACTERS)]
Reason = Annotated[str, Field(min_length=1, max_length=MOST_TEXT_CHARACTERS)]
Moment = Annotated[str, Field(max_length=40, description="ISO 8601 with its zone, as 2022-03-05T00:00:00Z.")]
Conditions = Annotated[list[Said], Field(max_length=MOST_CONDITIONS)]


class PositionBody(BaseModel, extra="forbid"):
    """Where the party stands."""

    stand: Literal["support", "oppose", "reserve", "abstain", "conditional"]
    statement: Said = ""
    conditions: Conditions = Field(default=[], description="Of a conditional position.")
    date: Said = Field("", description="Day of the statement, where it was published before.")
    source: Said = ""
    language: Said = ""


class DecisionBody(BaseModel, extra="forbid"):
    """What is decided."""

    outcome: Literal["approved", "rejected"]
    reason: Reason
    conditions: Conditions = Field(default=[], description="Taken up of conditional positions.")


class DeadlineBody(BaseModel, extra="forbid"):
    """Until when positions count."""

    deadline: Moment
    reason: Reason


class PromulgationBody(BaseModel, extra="forbid"):
    """From when until when it is law."""

    valid_from: Moment
    valid_until: Moment | None = Field(None, description="Without it, until it is revoked.")
    reason: Reason


class RenewalBody(BaseModel, extra="forbid"):
    """Until when it is law from now on."""

    valid_until: Moment | None = Field(None, description="Without it, until it is revoked.")
    reason: Reason


class ReasonBody(BaseModel, extra="forbid"):
    """Why it is done."""

    reason: Reason


_ANSWER: dict[int | str, dict[str, Any]] = {200: {"model": RequestAnswer}}
_ID = "/{request_id:path}"


@router.post(f"{_ID}/position", operation_id="take_position", responses=_ANSWER)
async def position(
    request: Request, here: Here, who: Authority, request_id: str, body: PositionBody
) -> Response:
    """Say where the party of this server stands: its last position that counts is its own."""
    return await _done(request, here, who, request_id, Event.POSITION, body.model_dump())


@router.post(f"{_ID}/decide", operation_id="decide_request", responses=_ANSWER)
async def decide(
    request: Request, here: Here, who: Authority, request_id: str, body: DecisionBody
) -> Response:
    """Announce the decision, where the party of this server is the authority and the rule bears it."""
    return await _done(request, here, who, request_id, DECIDE, body.model_dump())


@router.post(f"{_ID}/deadline", operation_id="set_deadline", responses=_ANSWER)
async def deadline(
    request: Request, here: Here, who: Authority, request_id: str, body: DeadlineBody
) -> Response:
    """Set another deadline; after a broken silence, begin a new one."""
    said = {"deadline_us": instant(body.deadline), "reason": body.reason}
    return await _done(request, here, who, request_id, Event.SET_DEADLINE, said)


@router.post(f"{_ID}/promulgate", operation_id="promulgate_request", responses=_ANSWER)
async def promulgate(
    request: Request, here: Here, who: Authority, request_id: str, body: PromulgationBody
) -> Response:
    """Make law of what was approved: the zone is in force in the register over the span."""
    said = {
        "valid_from_us": instant(body.valid_from), "valid_to_us": _us(body.valid_until), "reason": body.reason
    }  # fmt: skip
    return await _done(request, here, who, request_id, Event.PROMULGATE, said)


@router.post(f"{_ID}/renew", operation_id="renew_request", responses=_ANSWER)
async def renew(request: Request, here: Here, who: Authority, request_id: str, body: RenewalBody) -> Response:
    """Make it law for longer."""
    said = {"valid_to_us": _us(body.valid_until), "reason": body.reason}
    return await _done(request, here, who, request_id, Event.RENEW, said)


@router.post(f"{_ID}/suspend", operation_id="suspend_request", responses=_ANSWER)
async def suspend(
    request: Request, here: Here, who: Authority, request_id: str, body: ReasonBody
) -> Response:
    """Take it out of force for a while."""
    return await _done(request, here, who, request_id, Event.SUSPEND, body.model_dump())


@router.post(f"{_ID}/resume", operation_id="resume_request", responses=_ANSWER)
async def resume(request: Request, here: Here, who: Authority, request_id: str, body: ReasonBody) -> Response:
    """Put it in force again."""
    return await _done(request, here, who, request_id, Event.RESUME, body.model_dump())


@router.post(f"{_ID}/revoke", operation_id="revoke_request", responses=_ANSWER)
async def revoke(request: Request, here: Here, who: Authority, request_id: str, body: ReasonBody) -> Response:
    """End it."""
    return await _done(request, here, who, request_id, Event.REVOKE, body.model_dump())


@router.post(f"{_ID}/withdraw", operation_id="withdraw_request", responses=_ANSWER)
async def withdraw(
    request: Request, here: Here, who: Authority, request_id: str, body: ReasonBody
) -> Response:
    """Take back a request of the party of this server, before it is decided."""
    return await _done(request, here, who, request_id, Event.WITHDRAW, body.model_dump())


def _us(text: str | None) -> int | None:
    return None if text is None else instant(text)


async def _done(
    request: Request, here: Here, who: Authority, request_id: str, kind: str, said: Mapping[str, Any]
) -> Response:
    """Do an act for the party of this server, and answer with the sheet. Raises ApiError 404 where there is
    no register or no such request; InputError where the act may not be: then nothing is recorded."""
    team = here.register
    if team is None:
        raise not_found("no register is served", "[register] url in nofly.toml")
    body = {name: value for name, value in said.items() if value not in ("", [])}

    def recorded() -> Procedure:
        with open_register(team.url, read_only=False) as register:
            if not register.acts(REQUEST, request_id):
                raise not_found(
                    f"no such request: {printable(request_id)[:80]!r}", "an id of /api/v1/requests"
                )
            hand = Hand(who.name, here.clock(), team.party, team.key)
            return acting.do(register, request_id, kind, body, hand)

    return answered(request, sheet_of(await asyncio.to_thread(recorded), here, who))
