"""Passwords: which may be chosen, and their hashes by Argon2id."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from nofly.errors import InputError
from nofly.web.access.random_ids import new_password
from nofly.web.errors import ApiError

LEAST_CHARACTERS, MOST_CHARACTERS = 15, 256
"""NIST SP 800-63B-4, 3.1.1.2: at least 15 where nothing but a password is asked for; at least 64 allowed."""
LEAST_DIFFERENT = 6
AT_ONCE = 2
"""A hash takes 64 MiB and, on four threads, a sixth of a second."""
MOST_WAITING = 32

T = TypeVar("T")


class Passwords:
    """Makes and checks hashes, in threads of its own, so that nothing else waits.

    The ``parameters`` are the second recommended option of RFC 9106, 4: t=3, p=4, m=64 MiB, a salt of 128 and
    a tag of 256 bits.
    """

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._threads = ThreadPoolExecutor(AT_ONCE, "password")
        self._waiting = 0
        self._nobodys = self._hasher.hash(new_password())

    def close(self) -> None:
        """End its threads."""
        self._threads.shutdown()

    def hashed(self, password: str) -> str:
        """Return the hash of a password, in PHC form; it takes a while."""
        return self._hasher.hash(_normal(password))

    async def hash(self, password: str) -> str:
        """Return the hash of a password. Raises ApiError 503 where too many wait for one."""
        return await self._run(lambda: self.hashed(password))

    async def is_of(self, password: str, stored: str | None) -> bool:
        """Return whether a password is that of a hash; of None, where there is no such user, it takes as long
        to say no. Raises ApiError 503 where too many wait."""
        return await self._run(lambda: self._verified(password, stored))

    def outdated(self, stored: str) -> bool:
        """Return whether a hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(stored)

    def _verified(self, password: str, stored: str | None) -> bool:
        try:
            self._hasher.verify(stored or self._nobodys, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise ApiError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "busy",
                "too many log in at once",
                headers={"Retry-After": "5"},
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def check_new(password: str, user: str) -> None:
    """Raise InputError for a password that a user may not choose."""
    plain = _normal(password)
    wanted = f"{LEAST_CHARACTERS} to {MOST_CHARACTERS} characters that nobody guesses"
    wrong = None
    if not LEAST_CHARACTERS <= len(plain) <= MOST_CHARACTERS:
        wrong = "too short or too long"
    elif len(set(plain)) < LEAST_DIFFERENT:
        wrong = "always the same characters"
    elif any(
        word in plain.casefold() and len(plain) < LEAST_CHARACTERS + len(word) for word in (user, "nofly")
    ):
        wrong = "little more than a name"
    if wrong is not None:
        raise InputError(f"the password is {wrong}", locator="body.new", expected=wanted)


def _normal(password: str) -> str:
    """Return a password as it is hashed, however a keyboard composes letters (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)
