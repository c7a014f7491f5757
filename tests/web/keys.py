"""A user and his token, put into a state folder before a server is begun on it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from time import time_ns

from argon2.profiles import CHEAPEST

from nofly.store.access import User
from nofly.web.access.asking import AccessControl
from nofly.web.access.ledger import By
from nofly.web.access.passwords import Passwords
from nofly.web.access.rights import Role, rights_of

PASSWORD = "a swan on the quiet lake"
NAME = "anna"


def clock() -> int:
    return time_ns() // 1000


def put_user(folder: Path, name: str = NAME, role: Role = Role.ADMINISTRATOR) -> str:
    """Put in a user whose password is :data:`PASSWORD`; return a token of his that may do all that he may."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(AccessControl(folder, clock, passwords=Passwords(CHEAPEST))) as access:
        user = User(name, role.value, Passwords(CHEAPEST).hashed(PASSWORD), 0, 0, clock())
        with access.store.changing() as changes:
            changes.put_user(user)
        secret, _ = access.tokens.make(
            user, "test", rights_of(role.value), clock() + 3_600_000_000, By("test", "test")
        )
    return secret
