"""Who asks: by token, login or public link, and whether the request is his own will."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from time import monotonic

from starlette.requests import HTTPConnection

from nofly.errors import StoreError
from nofly.store.access import Link, User
from nofly.units import US_PER_S
from nofly.web.access import cookies
from nofly.web.access.ledger import Ledger
from nofly.web.access.links import HEADER, Links, offered
from nofly.web.access.logins import Logins, expires_us
from nofly.web.access.origin import foreign
from nofly.web.access.passwords import Passwords
from nofly.web.access.random_ids import MOST_CHARACTERS, csrf_of, same
from nofly.web.access.rights import Principal, Right, rights_of
from nofly.web.access.tokens import Tokens, scopes_of
from nofly.web.access.users import Users
from nofly.web.errors import ApiError

log = logging.getLogger("nofly.web")
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
"""They change nothing (RFC 9110, 9.2.1)."""
CSRF_HEADER = "x-csrf-token"
NOTED_S = 60
"""How exactly the last use is known."""


class Via(StrEnum):
    """By what somebody is known."""

    LOGIN = "login"
    TOKEN = "token"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and by what he is known. ``user`` None: whoever holds a link."""

    principal: Principal
    via: Via
    user: User | None = None
    login_id: str | None = None
    expires_us: int | None = None


class AccessControl:
    """Users, logins, tokens and links of a state folder. ``clock`` gives UTC microseconds, ``monotonic_s``
    seconds that never run back."""

    def __init__(
        self, folder: Path, clock: Callable[[], int], monotonic_s: Callable[[], float] = monotonic,
        passwords: Passwords | None = None,
    ) -> None:  # fmt: skip
        """Open the access file, made where there is none. Raises StoreError where it cannot be used."""
        self._ledger, self._passwords = Ledger(folder, clock), passwords or Passwords()
        self.logins = Logins(self._ledger, self._passwords, monotonic_s)
        self.users = Users(self._ledger, self._passwords)
        self.tokens, self.links = Tokens(self._ledger), Links(self._ledger)
        self.store = self._ledger.store

    def close(self) -> None:
        """Close the file."""
        self._passwords.close()
        self.store.close()

    def first_password(self) -> str | None:
        """Return the one-time password of the administrator ``admin``, who is made where there are no users;
        None where there are. It is kept nowhere."""
        return self.users.first()

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Return who sends a request. Raises ApiError 401 where that is not known, 403 where the password is
        to be changed first, or another's page may have sent it."""
        return (await self.settled(connection)).principal

    async def settled(self, connection: HTTPConnection) -> Asker:
        """Return who asks, as :meth:`principal`, with what is known of him."""
        asker = await self.asker(connection)
        if asker.user is not None and asker.user.must_change:
            message = f"{asker.user.name} must change the password first"
            raise ApiError(
                HTTPStatus.FORBIDDEN, "password-must-change", message,
                expected="POST /api/v1/session/password",
            )  # fmt: skip
        return asker

    async def asker(self, connection: HTTPConnection) -> Asker:
        """Return who asks, also where he has a password to change first. Raises ApiError 401 and 403."""
        if _acts(connection) and foreign(connection):
            raise _foreign()
        told = connection.headers.get("authorization")
        if told is not None:
            return await self._by_token(told)
        secret = connection.headers.get(HEADER) or offered(connection)
        if secret is not None:
            return self._by_link(connection, secret)
        login_id = cookies.taken(connection, cookies.LOGIN)
        found = None if login_id is None else await self._by_login(connection, login_id)
        if found is not None:
            return found
        secret = cookies.taken(connection, cookies.LINK)
        if secret is None:
            raise _unknown("not logged in")
        _check_page(connection)
        return self._by_link(connection, secret)

    async def _by_token(self, told: str) -> Asker:
        scheme, _, secret = told.partition(" ")
        secret = secret.strip()
        good = scheme.lower() == "bearer" and len(secret) <= MOST_CHARACTERS
        found = self.tokens.find(secret) if good else None
        if found is None:
            raise _unknown("the token is not known, or has expired")
        token, owner = found
        await self._note(self.store.token_used, token.hash, token.used_us or 0)
        rights = scopes_of(token) & rights_of(owner.role)
        name = f"{owner.name} by token {token.name}"
        return Asker(Principal(name, rights), Via.TOKEN, owner, expires_us=token.expires_us)

    def _by_link(self, connection: HTTPConnection, secret: str) -> Asker:
        link = self.links.find(secret) if len(secret) <= MOST_CHARACTERS else None
        if link is None:
            raise _unknown("the link is not known, was revoked, or has expired")
        if connection.scope["type"] == "http" and connection.scope["method"] not in SAFE:
            raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "a public link reads and does nothing else")
        return Asker(reader(link), Via.LINK, expires_us=link.expires_us)

    async def _by_login(self, connection: HTTPConnection, login_id: str) -> Asker | None:
        found = self.logins.find(login_id) if len(login_id) <= MOST_CHARACTERS else None
        if found is None:
            return None
        _check_page(connection)
        if connection.scope["type"] == "http" and connection.scope["method"] not in SAFE:
            _check_csrf(connection, login_id)
        login, user = found
        await self._note(self.store.login_used, login.hash, login.used_us)
        principal = Principal(user.name, rights_of(user.role))
        return Asker(principal, Via.LOGIN, user, login_id, expires_us(login))

    async def _note(self, used: Callable[[bytes, int], None], digest: bytes, last_us: int) -> None:
        """Note the use of a login or a token. Where that fails it only ends the sooner."""
        now_us = self._ledger.clock()
        if now_us - last_us >= NOTED_S * US_PER_S:
            try:
                await asyncio.to_thread(used, digest, now_us)
            except StoreError as error:
                log.warning("the use of a login or token was not noted: %s", error)


def reader(link: Link) -> Principal:
    """Return who holds a public link."""
    return Principal(f"link {link.name}", frozenset((Right.READ,)), link.delay_s)


def _acts(connection: HTTPConnection) -> bool:
    """Return whether a request may change something, or opens a stream, which no other page may."""
    return connection.scope["type"] != "http" or connection.scope["method"] not in SAFE


def _check_page(connection: HTTPConnection) -> None:
    """Raise ApiError 403 where a stream is opened by what does not say which page it is of: a browser sends
    its cookies along to any page's (RFC 6455, 10.2)."""
    if connection.scope["type"] != "http" and foreign(connection) is None:
        raise _foreign()


def _check_csrf(connection: HTTPConnection, login_id: str) -> None:
    if not same(connection.headers.get(CSRF_HEADER, ""), csrf_of(login_id)):
        raise ApiError(
            HTTPStatus.FORBIDDEN, "csrf", "the request does not show that it is of our own page",
            where="header.X-CSRF-Token", expected="csrf of GET /api/v1/session",
        )  # fmt: skip


def _foreign() -> ApiError:
    return ApiError(
        HTTPStatus.FORBIDDEN, "foreign-origin", "the request comes from another's page",
        where="header.Origin", expected="the origin of this server",
    )  # fmt: skip


def _unknown(message: str) -> ApiError:
    return ApiError(
        HTTPStatus.UNAUTHORIZED, "not-known", message, expected="a login, a token, or a public link",
        headers={"WWW-Authenticate": "Bearer"},
    )  # fmt: skip
