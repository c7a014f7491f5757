"""Logins: a browser that showed a name and a password, until it logs out or is idle for too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from nofly.errors import InputError
from nofly.run.record.acts import Act
from nofly.store.access import Login, User
from nofly.units import US_PER_S
from nofly.web.access.failures import Failures, Tally
from nofly.web.access.ledger import By, Ledger
from nofly.web.access.passwords import Passwords, check_new
from nofly.web.access.provided import LONGEST_LOGIN_S, provided
from nofly.web.access.random_ids import digest, new_id
from nofly.web.access.throttle import Throttle
from nofly.web.errors import ApiError

IDLE_S, LONGEST_S = 12 * 3600, 7 * 86_400
"""Longer than a shift; NIST SP 800-63B-4, 2.1.3, has a login last 30 days at most."""
MOST_OF_USER = 20
NOBODY = "nobody"


class Logins:
    """The logins of all users. ``monotonic_s`` is a clock that never runs back."""

    def __init__(self, ledger: Ledger, passwords: Passwords, monotonic_s: Callable[[], float]) -> None:
        self._ledger, self._passwords, self._monotonic_s = ledger, passwords, monotonic_s
        self._throttle, self._tally = Throttle(), Tally()

    def find(self, login_id: str) -> tuple[Login, User] | None:
        """Return the login with an id and its user; None where there is none, or it is over."""
        found = self._ledger.store.login(digest(login_id))
        now_us = self._ledger.clock()
        over = found is None or found[1].disabled or now_us >= expires_us(found[0])
        return None if over else found

    async def log_in(self, name: str, password: str, address: str, before: str | None) -> tuple[str, User]:
        """Return the id of a new login, and its user; the login ``before`` in the same browser ends.

        Raises ApiError 401 for a wrong name or password and does not tell which, 429 after too many.
        """
        user = await self._proven(name, password, address)
        if self._passwords.outdated(user.password):
            fresh = await self._passwords.hash(password)
        else:
            fresh = user.password
        login_id = new_id()
        await asyncio.to_thread(self._begin, user, fresh, login_id, address, before)
        return login_id, user

    def may_try(self, address: str) -> None:
        """Count a login by the provider from an address. Raises ApiError 429 after too many that failed."""
        self._may_try(None, address)

    async def log_in_provided(
        self, user: User, address: str, before: str | None, what: Mapping[str, Any]
    ) -> str:
        """Return the id of a new login of a user whom the provider vouches for, by ``what``. Raises ApiError
        401 where he may not log in any more."""
        self._throttle.succeeded(None, address)
        login_id = new_id()
        await asyncio.to_thread(self._begin, user, user.password, login_id, address, before, what)
        return login_id

    async def refused(self, why: str, address: str) -> None:
        """Record that a login by the provider was refused, as those of nobody are."""
        failures = self._tally.failed(None, address, self._monotonic_s())
        if failures is not None:
            await asyncio.to_thread(self._tell, NOBODY, failures, why)

    async def change_password(self, user: User, current: str, new: str, address: str) -> tuple[str, User]:
        """Give a user the password that he chose, end all his logins, and return the id of a new one.

        Raises InputError for a password that may not be chosen, ApiError 401 where ``current`` is not his,
        429 after too many.
        """
        check_new(new, user.name)
        if new == current:
            raise InputError("the new password is the old one", locator="body.new", expected="another")
        user = await self._proven(user.name, current, address)
        changed = replace(user, password=await self._passwords.hash(new), must_change=0)
        login_id = new_id()
        await asyncio.to_thread(self._change, user, changed, login_id)
        return login_id, changed

    def log_out(self, login_id: str, by: By) -> None:
        """End a login."""
        with self._ledger.acting() as changes:
            found = self._ledger.store.login(digest(login_id))
            if found is not None:
                changes.remove(found[0])
                self._ledger.record(Act.LOGGED_OUT, found[1].name, by)

    async def _proven(self, name: str, password: str, address: str) -> User:
        """Return the user whose password it is. Raises ApiError 401 where there is none, or he may not log
        in, 429 where one must wait."""
        self._may_try(name, address)
        user = self._ledger.store.user(name)
        good = await self._passwords.is_of(password, None if user is None else user.password)
        if not good or user is None or user.disabled:
            known = None if user is None else name
            failures = self._tally.failed(known, address, self._monotonic_s())
            if failures is not None:
                await asyncio.to_thread(self._tell, known or NOBODY, failures)
            raise _refused()
        self._throttle.succeeded(name, address)
        return user

    def _may_try(self, name: str | None, address: str) -> None:
        wait_s = self._throttle.begun(name, address, self._monotonic_s())
        if wait_s > 0.0:
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS, "too-many-logins", "too many failed logins: wait",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )  # fmt: skip

    def _tell(self, name: str, failures: Failures, why: str = "wrong name or password") -> None:
        by = By(name, why)
        what = {"failures": failures.count, "addresses": list(failures.addresses)}
        self._ledger.record(Act.NOT_LOGGED_IN, name, by, **what)

    def _begin(
        self, user: User, password: str, login_id: str, address: str, before: str | None,
        what: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        now_us = self._ledger.clock()
        old = None if before is None else self._ledger.store.login(digest(before))
        with self._ledger.acting() as changes:
            self._still(changes.user(user.name), user)
            changes.put_user(replace(user, password=password))
            if old is not None:
                changes.remove(old[0])
            changes.add(Login(digest(login_id), user.name, now_us, now_us))
            changes.end_old_logins(
                user.name, now_us - LONGEST_S * US_PER_S, now_us - IDLE_S * US_PER_S, MOST_OF_USER
            )
            failed = self._tally.succeeded(user.name)
            self._ledger.record(
                Act.LOGGED_IN, user.name, By(user.name, "logged in"), address=address, failures_before=failed,
                **what,
            )  # fmt: skip

    def _change(self, user: User, changed: User, login_id: str) -> None:
        now_us = self._ledger.clock()
        with self._ledger.acting() as changes:
            self._still(changes.user(user.name), user)
            changes.put_user(changed)
            changes.end_logins(user.name)
            changes.add(Login(digest(login_id), user.name, now_us, now_us))
            self._ledger.record(Act.PASSWORD_CHANGED, user.name, By(user.name, "a password of one's own"))

    @staticmethod
    def _still(now: User | None, then: User) -> None:
        """Raise ApiError 401 where a user was changed since he was found."""
        if now != then:
            raise _refused()


def expires_us(login: Login) -> int:
    """Return when a login is over, if it is not used any more."""
    longest_s = LONGEST_LOGIN_S if provided(login.user) else LONGEST_S
    return min(login.made_us + longest_s * US_PER_S, login.used_us + IDLE_S * US_PER_S)


def _refused() -> ApiError:
    return ApiError(HTTPStatus.UNAUTHORIZED, "not-logged-in", "wrong name or password")
