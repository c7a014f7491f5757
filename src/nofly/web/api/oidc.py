"""To log in by the provider, where there is one: two addresses that a browser is sent through."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse

from nofly.run.outputs.text import printable
from nofly.store.access import User
from nofly.web.access import cookies
from nofly.web.access.asked import Control
from nofly.web.access.asking import AccessControl
from nofly.web.access.ledger import By
from nofly.web.access.oidc import browser_secret
from nofly.web.access.oidc.fetching import ProviderError
from nofly.web.access.oidc.provider import Provider
from nofly.web.access.provided import name_of
from nofly.web.access.random_ids import same
from nofly.web.errors import ApiError, not_found
from nofly.web.served import Here

router = APIRouter(prefix="/api/v1/session", tags=["access"])
log = logging.getLogger("nofly.web")
MOST_CHARACTERS = 4096
CALLBACK = "/api/v1/session/provider/callback"
Told = Annotated[str, Query(max_length=MOST_CHARACTERS)]
_REDIRECTS: dict[int | str, dict[str, Any]] = {303: {"description": "Where the browser is to go."}}


class WaysAnswer(BaseModel):
    """How one may log in."""

    provider: str | None = Field(
        description="What the provider is called, at /api/v1/session/provider; null: there is none.",
        examples=["login.example"],
    )


class _RefusedError(Exception):
    """A login that is refused: by which of the words that the page knows, and why, for the log."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


@router.get("/ways", operation_id="list_ways_to_log_in")
async def ways(response: Response, here: Here) -> WaysAnswer:
    """How one may log in, beside name and password."""
    response.headers["Cache-Control"] = "no-store"
    return WaysAnswer(provider=None if here.provider is None else here.provider.settings.shown)


@router.get(
    "/provider",
    operation_id="log_in_by_provider",
    status_code=HTTPStatus.SEE_OTHER,
    responses=_REDIRECTS,
    response_class=Response,
)
async def begin(request: Request, here: Here, back: Told = "/") -> Response:
    """Send a browser to the provider. It comes back to where ``back`` says."""
    provider = _provider(here.provider)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        message = "another's page would log a browser in"
        raise ApiError(HTTPStatus.FORBIDDEN, "foreign-origin", message)
    login = browser_secret.begun(back, provider.now_s())
    try:
        response = _sent(await provider.address(login, _callback(request)))
    except ProviderError as error:
        return _refused("unreachable", str(error), login.back)
    cookies.given(request, response, browser_secret.COOKIE, login.cookie, browser_secret.LASTS_S)
    return response


@router.get(
    "/provider/callback",
    operation_id="come_back_from_provider",
    status_code=HTTPStatus.SEE_OTHER,
    responses=_REDIRECTS,
    response_class=Response,
)
async def came_back(
    request: Request, here: Here, access: Control, code: Told = "", state: Told = "", error: Told = "",
    iss: Told | None = None,
) -> Response:  # fmt: skip
    """Where the provider sends the browser: logged in, on to where it wanted to; else to the login page."""
    provider = _provider(here.provider)
    held = cookies.taken(request, browser_secret.COOKIE)
    login = None if held is None else browser_secret.read(held, provider.now_s())
    back = "/" if login is None else login.back
    try:
        if login is None or not same(login.state, state):
            raise _RefusedError("expired", "no login was begun in this browser, or too long ago")
        if error or not code:
            raise _RefusedError("refused", f"the provider says {printable(error)[:80]!r}")
        response = await _logged_in(request, access, provider, login, code, iss)
    except _RefusedError as refused:
        response = _refused(refused.word, str(refused), back)
    cookies.dropped(request, response, browser_secret.COOKIE)
    return response


async def _logged_in(
    request: Request, access: AccessControl, provider: Provider, login: browser_secret.Begun, code: str,
    iss: str | None,
) -> Response:  # fmt: skip
    """Return the answer that logs in whoever a code is of. Raises _RefusedError."""
    address = "" if request.client is None else request.client.host
    try:
        access.logins.may_try(address)
        claims = await provider.redeemed(login, code, iss, _callback(request))
        user, what = await _user(access, provider, claims)
        before = cookies.taken(request, cookies.LOGIN)
        login_id = await access.logins.log_in_provided(user, address, before, what)
    except (ProviderError, _RefusedError) as error:
        await access.logins.refused(f"by the provider: {error}", address)
        raise error if isinstance(error, _RefusedError) else _RefusedError("failed", str(error)) from None
    except ApiError as error:
        raise _RefusedError(error.kind, error.message) from None
    response = _sent(login.back)
    cookies.given(request, response, cookies.LOGIN, login_id)
    return response


async def _user(
    access: AccessControl, provider: Provider, claims: dict[str, Any]
) -> tuple[User, dict[str, Any]]:
    """Return the user whom claims are of, and what is recorded of them. Raises _RefusedError where nothing
    makes him one."""
    settings = provider.settings
    name, role = name_of(claims, settings.user_claim), settings.role_of(claims)
    if name is None:
        raise _RefusedError("role", f"no {settings.user_claim} that a user could be known by")
    if role is None:
        raise _RefusedError("role", f"nothing in {settings.role_claim} of {name} gives a role")
    by = By(name, f"as {settings.issuer} says")
    user = await asyncio.to_thread(access.users.vouched, name, role, by)
    return user, {"issuer": settings.issuer, "subject": printable(claims["sub"]), "role": role.value}


def _provider(found: Provider | None) -> Provider:
    if found is None:
        raise not_found("nobody vouches for users here")
    return found


def _callback(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK}"


def _sent(where: str) -> Response:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


def _refused(word: str, why: str, back: str) -> Response:
    log.info("a login by the provider was refused (%s): %s", word, printable(why))
    return _sent(f"/login.html?refused={quote(word)}&back={quote(back, safe='')}")
