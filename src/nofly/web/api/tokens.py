"""API tokens: a user lists, makes and revokes his own; an administrator lists and revokes all."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nofly.run.at import utc_us
from nofly.run.outputs.text import iso_time
from nofly.store.access import Token
from nofly.web.access.asked import Control, Himself, Own
from nofly.web.access.ledger import By
from nofly.web.access.rights import Right, rights_of
from nofly.web.access.tokens import scopes_of
from nofly.web.errors import ApiError, ErrorAnswer

router = APIRouter(prefix="/api/v1/tokens", tags=["access"])
TIME = "2026-06-30T00:00:00.000000Z"


class TokenAnswer(BaseModel):
    """A token; itself is known to its owner alone."""

    id: str = Field(examples=["5c1f09a2b7d3"])
    name: str = Field(examples=["ci"])
    owner: str = Field(examples=["anna"])
    scopes: list[Right]
    made: str = Field(examples=[TIME])
    expires: str = Field(examples=[TIME])
    last_used: str | None = Field(description="To the minute.", examples=[TIME])


class TokenList(BaseModel):
    """Tokens, the oldest first."""

    tokens: list[TokenAnswer]


class NewToken(BaseModel):
    """A token to be made. It never may more than its owner, as he is when it is used."""

    name: str = Field(min_length=1, max_length=64, examples=["ci"])
    scopes: list[Right] = Field(min_length=1, max_length=4, examples=[["read"]])
    expires: AwareDatetime = Field(description="Within a year.", examples=[TIME])
    why: str = Field("", max_length=500, examples=["reports to the ministry"])


class MadeToken(TokenAnswer):
    """A token, to be shown this once."""

    token: str = Field(examples=["nofly_q1Yz0k…"])


@router.get("", operation_id="list_tokens")
async def listed(
    response: Response, access: Control, user: Own,
    everybody: Annotated[bool, Query(description="Those of all users; for administrators.")] = False,
) -> TokenList:  # fmt: skip
    """One's own tokens."""
    response.headers["Cache-Control"] = "no-store"
    if everybody and Right.ADMINISTER not in rights_of(user.role):
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", f"{user.name} may not {Right.ADMINISTER}")
    found = access.store.tokens(None if everybody else user.name)
    return TokenList(tokens=[TokenAnswer(**_row(token)) for token in found])


@router.post(
    "", operation_id="make_token", status_code=HTTPStatus.CREATED, responses={409: {"model": ErrorAnswer}}
)
async def make(response: Response, access: Control, user: Himself, new: NewToken) -> MadeToken:
    """Make a token of one's own; a token cannot make others."""
    response.headers["Cache-Control"] = "no-store"
    by = By(user.name, new.why or new.name)
    expires_us = utc_us(new.expires)
    secret, token = await asyncio.to_thread(access.tokens.make, user, new.name, new.scopes, expires_us, by)
    return MadeToken(token=secret, **_row(token))


@router.delete("/{id}", operation_id="revoke_token", status_code=HTTPStatus.NO_CONTENT)
async def revoke(
    access: Control, user: Himself, id: Annotated[str, Path(max_length=64)],
    why: Annotated[str, Query(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Revoke a token: from now on it does nothing."""
    of = None if Right.ADMINISTER in rights_of(user.role) else user.name
    await asyncio.to_thread(access.tokens.revoke, id, of, By(user.name, why or "not needed any more"))
    return Response(None, HTTPStatus.NO_CONTENT, {"Cache-Control": "no-store"})


def _row(token: Token) -> dict[str, Any]:
    scopes = scopes_of(token)
    return {
        "id": token.id, "name": token.name, "owner": token.owner,
        "scopes": [right for right in Right if right in scopes], "made": iso_time(token.made_us),
        "expires": iso_time(token.expires_us),
        "last_used": None if token.used_us is None else iso_time(token.used_us),
    }  # fmt: skip
