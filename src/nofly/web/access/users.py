"""Users: made with a one-time password, changed, disabled; none is removed, since the record names them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from http import HTTPStatus

from nofly.errors import InputError
from nofly.run.outputs.text import printable
from nofly.run.record.acts import Act
from nofly.store.access import Changes, User
from nofly.web.access.ledger import By, Ledger
from nofly.web.access.passwords import Passwords
from nofly.web.access.provided import provided
from nofly.web.access.random_ids import new_password
from nofly.web.access.rights import Role
from nofly.web.errors import ApiError, not_found

FIRST = "admin"
MOST = 1000
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
NO_PASSWORD = ""
"""No password has it for its hash."""


class Users:
    """All users."""

    def __init__(self, ledger: Ledger, passwords: Passwords) -> None:
        self._ledger, self._passwords = ledger, passwords

    def first(self) -> str | None:
        """Make the first administrator where there is no user yet, and return his one-time password."""
        if self._ledger.store.users():
            return None
        password = new_password()
        by = By("nofly", "the first start")
        try:
            self._make(FIRST, Role.ADMINISTRATOR, self._passwords.hashed(password), by, alone=True)
        except ApiError:  # another process was first
            return None
        return password

    def rescue(self, name: str) -> str:
        """Give somebody who runs this machine an administrator: a user of a name, made where there is none,
        enabled, with a one-time password, which is returned; all his logins end. Raises InputError for a name
        that is a provider's or can be none.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{printable(name)[:80]!r} can be no user", expected="letters, digits, . _ @ -")
        password = new_password()
        stored = self._passwords.hashed(password)
        by = By("nofly", "told so on the machine itself")
        with self._ledger.acting() as changes:
            found = changes.user(name)
            made_us = self._ledger.clock() if found is None else found.made_us
            changes.put_user(User(name, Role.ADMINISTRATOR.value, stored, 0, 1, made_us))
            changes.end_logins(name)
            act = Act.USER_MADE if found is None else Act.PASSWORD_RESET
            self._ledger.record(act, name, by, role=Role.ADMINISTRATOR.value, disabled=False)
        return password

    async def make(self, name: str, role: Role, by: By) -> tuple[str, User]:
        """Return the one-time password of a new user, to be shown once, and the user. Raises ApiError 409
        where there is one of the name, or there are too many."""
        password = new_password()
        stored = await self._passwords.hash(password)
        return password, await asyncio.to_thread(self._make, name, role, stored, by)

    def change(self, name: str, role: Role | None, disabled: bool | None, by: By) -> User:
        """Give a user another role, disable him or enable him again; return him as he is then.

        Raises ApiError 404 where there is none, 409 where no administrator would be left.
        """
        with self._ledger.acting() as changes:
            user = _found(changes, name)
            changed = replace(
                user, role=user.role if role is None else role.value,
                disabled=user.disabled if disabled is None else int(disabled),
            )  # fmt: skip
            changes.put_user(changed)
            if not changes.enabled(Role.ADMINISTRATOR):
                raise ApiError(
                    HTTPStatus.CONFLICT, "last-administrator", f"{name} is the last administrator",
                    expected="another one first",
                )  # fmt: skip
            if changed.disabled:
                changes.end_logins(name)
            self._ledger.record(
                Act.USER_CHANGED, name, by, role=changed.role, disabled=bool(changed.disabled)
            )
        return changed

    def vouched(self, name: str, role: Role, by: By) -> User:
        """Return the user whom a provider vouches for, made where he is new, of the role that it gives him.

        Raises ApiError 401 where he is disabled here, 409 where there are too many users.
        """
        with self._ledger.acting() as changes:
            found = changes.user(name)
            if found is None:
                if changes.count("user") >= MOST:
                    raise _too_many()
                user = User(name, role.value, NO_PASSWORD, 0, 0, self._ledger.clock())
                self._ledger.record(Act.USER_MADE, name, by, role=role.value)
            elif found.disabled:
                raise ApiError(HTTPStatus.UNAUTHORIZED, "not-logged-in", f"{name} is disabled")
            elif found.role == role.value:
                return found
            else:
                user = replace(found, role=role.value)
                self._ledger.record(Act.USER_CHANGED, name, by, role=role.value, disabled=False)
            changes.put_user(user)
        return user

    async def reset(self, name: str, by: By) -> str:
        """Give a user a one-time password, end all his logins, and return it. Raises ApiError 404 where there
        is no such user, 409 for one of the provider's."""
        if provided(name):
            message = f"{name} has no password here"
            raise ApiError(HTTPStatus.CONFLICT, "provided", message, expected="the provider's own way")
        password = new_password()
        stored = await self._passwords.hash(password)
        await asyncio.to_thread(self._reset, name, stored, by)
        return password

    def _make(self, name: str, role: Role, stored: str, by: By, *, alone: bool = False) -> User:
        user = User(name, role.value, stored, 0, 1, self._ledger.clock())
        with self._ledger.acting() as changes:
            count = changes.count("user")
            if changes.user(name) is not None or (alone and count):
                raise ApiError(HTTPStatus.CONFLICT, "exists", f"there is a user {name} already")
            if count >= MOST:
                raise _too_many()
            changes.put_user(user)
            self._ledger.record(Act.USER_MADE, name, by, role=role.value)
        return user

    def _reset(self, name: str, stored: str, by: By) -> None:
        with self._ledger.acting() as changes:
            changes.put_user(replace(_found(changes, name), password=stored, must_change=1))
            changes.end_logins(name)
            self._ledger.record(Act.PASSWORD_RESET, name, by)


def _too_many() -> ApiError:
    return ApiError(HTTPStatus.CONFLICT, "too-many", "too many users", expected=f"at most {MOST}")


def _found(changes: Changes, name: str) -> User:
    user = changes.user(name)
    if user is None:
        raise not_found("no such user", "a name of /api/v1/users")
    return user
