"""Users, for administrators: list, make, change, disable, give a one-time password."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from nofly.run.outputs.text import iso_time
from nofly.store.access import User
from nofly.web.access.asked import Control
from nofly.web.access.ledger import By
from nofly.web.access.rights import Role
from nofly.web.errors import ErrorAnswer
from nofly.web.served import Administrator

router = APIRouter(prefix="/api/v1/users", tags=["access"])
NAME = "^[a-z0-9][a-z0-9._@-]*$"
Named = Annotated[str, Path(max_length=64, examples=["anna"])]
Why = Annotated[
    str, Field(min_length=1, max_length=500, examples=["night shift"], description="It stands in the record.")
]
NO_STORE = {"Cache-Control": "no-store"}


class UserAnswer(BaseModel):
    """A user."""

    name: str = Field(examples=["anna"])
    role: Role
    disabled: bool
    must_change_password: bool
    made: str = Field(examples=["2026-03-04T12:00:00.000000Z"])


class UserList(BaseModel):
    """All users, by name."""

    users: list[UserAnswer]


class NewUser(BaseModel):
    """A user to be made."""

    name: str = Field(pattern=NAME, max_length=64, examples=["anna"])
    role: Role
    why: Why


class UserChange(BaseModel):
    """What is to be another; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = Field(
        None, description="A disabled user cannot log in, and his tokens do nothing."
    )
    why: Why


class Because(BaseModel):
    """Why something is done."""

    why: Why


class OneTimePassword(BaseModel):
    """A password that is shown once, and must be changed when it is used."""

    name: str
    password: str = Field(examples=["k3m7p-w9xyz-abcde-23456"])


@router.get("", operation_id="list_users")
async def listed(response: Response, access: Control, _: Administrator) -> UserList:
    """All users."""
    response.headers.update(NO_STORE)
    return UserList(users=[_answer(user) for user in access.store.users()])


@router.post(
    "", operation_id="make_user", status_code=HTTPStatus.CREATED, responses={409: {"model": ErrorAnswer}}
)
async def make(response: Response, access: Control, who: Administrator, new: NewUser) -> OneTimePassword:
    """Make a user. The answer has the one-time password."""
    response.headers.update(NO_STORE)
    password, user = await access.users.make(new.name, new.role, By(who.name, new.why))
    return OneTimePassword(name=user.name, password=password)


@router.patch("/{name}", operation_id="change_user", responses={409: {"model": ErrorAnswer}})
async def change(
    response: Response, access: Control, who: Administrator, name: Named, asked: UserChange
) -> UserAnswer:
    """Give a user another role, disable or enable him. It holds from his next request on."""
    response.headers.update(NO_STORE)
    by = By(who.name, asked.why)
    return _answer(await asyncio.to_thread(access.users.change, name, asked.role, asked.disabled, by))


@router.post("/{name}/password", operation_id="reset_password")
async def reset(
    response: Response, access: Control, who: Administrator, name: Named, asked: Because
) -> OneTimePassword:
    """Give a user a one-time password. All his logins end."""
    response.headers.update(NO_STORE)
    password = await access.users.reset(name, By(who.name, asked.why))
    return OneTimePassword(name=name, password=password)


def _answer(user: User) -> UserAnswer:
    return UserAnswer(
        name=user.name, role=Role(user.role), disabled=bool(user.disabled),
        must_change_password=bool(user.must_change), made=iso_time(user.made_us),
    )  # fmt: skip
