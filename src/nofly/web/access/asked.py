"""How a route of users, logins, tokens and links gets at who asks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from nofly.store.access import User
from nofly.web.access.asking import AccessControl, Asker, Via
from nofly.web.access.rights import Right
from nofly.web.errors import ApiError, not_found
from nofly.web.served import served


def control(connection: HTTPConnection) -> AccessControl:
    """Return who may do what. Raises ApiError 404 where the server keeps no users."""
    found = served(connection).access
    if not isinstance(found, AccessControl):
        raise not_found("this server keeps no users")
    return found


async def anybody(connection: HTTPConnection) -> Asker:
    """Return who asks, whatever he may. Raises ApiError 401 where that is not known."""
    return await control(connection).asker(connection)


async def own(connection: HTTPConnection) -> User:
    """Return the user who asks for what is his own. Raises ApiError 401, and 403 to who holds a link or may
    not read."""
    asker = await control(connection).settled(connection)
    if asker.user is None or Right.READ not in asker.principal.rights:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "this is for users")
    return asker.user


async def himself(connection: HTTPConnection) -> User:
    """Return the user who asks, logged in. Raises ApiError 401, and 403 to a token: it must not make others
    that outlive it."""
    asker = await control(connection).settled(connection)
    if asker.user is None or asker.via is not Via.LOGIN:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "this needs a login", expected="a login")
    return asker.user


Control = Annotated[AccessControl, Depends(control)]
Anybody = Annotated[Asker, Depends(anybody)]
Own = Annotated[User, Depends(own)]
Himself = Annotated[User, Depends(himself)]
