"""Who is asking; to log in, to log out, to change one's password, to use a public link."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request

from nofly.run.outputs.text import iso_time
from nofly.web.access import cookies
from nofly.web.access.asked import Anybody, Control
from nofly.web.access.asking import Asker, Via, reader
from nofly.web.access.ledger import By
from nofly.web.access.origin import foreign
from nofly.web.access.passwords import MOST_CHARACTERS
from nofly.web.access.random_ids import MOST_CHARACTERS as MOST_OF_SECRET
from nofly.web.access.random_ids import csrf_of
from nofly.web.access.rights import Principal, Right, Role, rights_of
from nofly.web.errors import ApiError

router = APIRouter(prefix="/api/v1/session", tags=["access"])
PASSWORD = "correct horse battery staple"
Name = Annotated[str, Field(max_length=64, examples=["anna"]), AfterValidator(str.lower)]
Password = Annotated[
    str, Field(max_length=MOST_CHARACTERS, examples=[PASSWORD], json_schema_extra={"format": "password"})
]


class SessionAnswer(BaseModel):
    """Who is asking."""

    name: str = Field(examples=["anna"])
    via: Via
    role: Role | None = Field(description="null: whoever holds a public link")
    rights: list[Right]
    csrf: str | None = Field(
        description="To be sent as X-CSRF-Token with whatever changes something; of a login."
    )
    must_change_password: bool = Field(description="Nothing else is allowed before.")
    delay_s: float = Field(description="Shown is what was this long ago.")
    expires: str | None = Field(description="UTC; of a login, if it is not used any more.")


class LoginRequest(BaseModel):
    """A user."""

    name: Name
    password: Password


class PasswordRequest(BaseModel):
    """A new password: 15 to 256 characters."""

    current: Password
    new: Password


class LinkRequest(BaseModel):
    """What stands behind ``#link=`` of a public link."""

    link: str = Field(max_length=MOST_OF_SECRET, examples=["q1Yz0k…"])


@router.get("", operation_id="get_session")
async def whoami(response: Response, asker: Anybody) -> SessionAnswer:
    """Who is asking, and what he may do."""
    return _told(asker, response)


@router.post("", operation_id="log_in")
async def log_in(request: Request, response: Response, access: Control, asked: LoginRequest) -> SessionAnswer:
    """Log in: the answer sets a cookie. A login that the browser had ends."""
    _of_our_page(request)
    before = cookies.taken(request, cookies.LOGIN)
    login_id, user = await access.logins.log_in(asked.name, asked.password, _address(request), before)
    cookies.given(request, response, cookies.LOGIN, login_id)
    return _told(Asker(Principal(user.name, rights_of(user.role)), Via.LOGIN, user, login_id), response)


@router.delete("", operation_id="log_out", status_code=HTTPStatus.NO_CONTENT)
async def log_out(request: Request, access: Control, asker: Anybody) -> Response:
    """Log out."""
    response = Response(None, HTTPStatus.NO_CONTENT, {"Cache-Control": "no-store"})
    if asker.login_id is not None:
        by = By(asker.principal.name, "logged out")
        await asyncio.to_thread(access.logins.log_out, asker.login_id, by)
        cookies.dropped(request, response, cookies.LOGIN)
    cookies.dropped(request, response, cookies.LINK)
    return response


@router.post("/password", operation_id="change_password")
async def change_password(
    request: Request, response: Response, access: Control, asker: Anybody, asked: PasswordRequest
) -> SessionAnswer:
    """Choose another password. All logins of the user end; the answer sets the cookie of a new one."""
    if asker.user is None or asker.via is not Via.LOGIN:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "this needs a login", expected="a login")
    login_id, user = await access.logins.change_password(
        asker.user, asked.current, asked.new, _address(request)
    )
    cookies.given(request, response, cookies.LOGIN, login_id)
    return _told(Asker(asker.principal, Via.LOGIN, user, login_id), response)


@router.post("/link", operation_id="use_link")
async def use_link(
    request: Request, response: Response, access: Control, asked: LinkRequest
) -> SessionAnswer:
    """Use a public link: the answer sets a cookie, by which one may read."""
    _of_our_page(request)
    link = access.links.find(asked.link)
    if link is None:
        message = "the link is not known, was revoked, or has expired"
        raise ApiError(HTTPStatus.UNAUTHORIZED, "not-known", message)
    cookies.given(request, response, cookies.LINK, asked.link)
    return _told(Asker(reader(link), Via.LINK, expires_us=link.expires_us), response)


def _told(asker: Asker, response: Response) -> SessionAnswer:
    response.headers["Cache-Control"] = "no-store"
    user = asker.user
    must = user is not None and bool(user.must_change)
    return SessionAnswer(
        name=asker.principal.name, via=asker.via,
        role=Role(user.role) if user is not None and user.role in tuple(Role) else None,
        rights=[] if must else [right for right in Right if right in asker.principal.rights],
        csrf=None if asker.login_id is None else csrf_of(asker.login_id),
        must_change_password=must, delay_s=asker.principal.delay_s,
        expires=None if asker.expires_us is None else iso_time(asker.expires_us),
    )  # fmt: skip


def _of_our_page(request: Request) -> None:
    """Raise ApiError 403 where another's page would log a browser in, as somebody that it chose."""
    if foreign(request):
        raise ApiError(HTTPStatus.FORBIDDEN, "foreign-origin", "the request comes from another's page")


def _address(request: Request) -> str:
    return "" if request.client is None else request.client.host
