"""Cookies: of a login, of one that has begun at the provider, and of a public link."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from nofly.web.access.logins import LONGEST_S
from nofly.web.access.origin import secure

LOGIN, LINK = "nofly", "nofly-link"


def taken(connection: HTTPConnection, name: str) -> str | None:
    """Return what a browser sent."""
    return connection.cookies.get(_named(connection, name)) or None


def given(
    connection: HTTPConnection, response: Response, name: str, value: str, lasts_s: int = LONGEST_S
) -> None:
    """Have a browser keep something, where no script can read it and no other site can have it sent along.

    Under TLS its name begins with ``__Host-``: then no other host, and nothing without TLS, can have set it
    (RFC 6265bis, 4.1.3.2).
    """
    response.set_cookie(
        _named(connection, name), value, max_age=lasts_s, path="/", secure=secure(connection),
        httponly=True, samesite="lax",
    )  # fmt: skip


def dropped(connection: HTTPConnection, response: Response, name: str) -> None:
    """Have a browser forget something."""
    response.delete_cookie(
        _named(connection, name), path="/", secure=secure(connection), httponly=True, samesite="lax"
    )


def _named(connection: HTTPConnection, name: str) -> str:
    return f"__Host-{name}" if secure(connection) else name
