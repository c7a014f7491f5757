"""A server over a temporary state folder, with users, and browsers before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2.profiles import CHEAPEST
from starlette.testclient import TestClient

from nofly.run.following.follower import Follower
from nofly.store.access import User
from nofly.store.sqlite import Store
from nofly.web.access.asking import AccessControl
from nofly.web.access.passwords import Passwords
from nofly.web.access.rights import Role
from nofly.web.app import create_app
from nofly.web.served import Served

T0 = 1_790_000_000_000_000
"""2026-09-21 14:13:20 Z."""
PASSWORD = "a swan on the quiet lake"
WHO = "/api/v1/session"


@dataclass
class House:
    """The server. Its clocks stand still until they are moved."""

    folder: Path
    now_s: float = 0.0
    access: AccessControl = field(init=False)
    app: Any = field(init=False)

    def __post_init__(self) -> None:
        self.access = AccessControl(self.folder, self.clock, lambda: self.now_s, Passwords(CHEAPEST))
        self.app = create_app(Served(Follower(self.folder), self.access, self.clock))

    def clock(self) -> int:
        return T0 + round(self.now_s * 1e6)

    def user(self, name: str, role: Role = Role.VIEWER, *, must_change: bool = False) -> None:
        """Put a user in, past the API."""
        stored = self.access._passwords.hashed(PASSWORD)
        with self.access.store.changing() as changes:
            changes.put_user(User(name, role.value, stored, 0, int(must_change), self.clock()))

    def browser(
        self, *, address: str = "192.0.2.1", tls: bool = False, host: str = "nofly.example"
    ) -> TestClient:
        """Return a browser that is not logged in; it does not follow redirects."""
        scheme = "https" if tls else "http"
        return TestClient(
            self.app, f"{scheme}://{host}", client=(address, 1), follow_redirects=False,
            raise_server_exceptions=False,
        )  # fmt: skip

    def logged_in(self, name: str, **where: Any) -> TestClient:
        """Return a browser that is logged in, and sends the CSRF token."""
        browser = self.browser(**where)
        answer = browser.post(WHO, json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return browser

    def token(self, owner: str, *scopes: str, hours: float = 1.0) -> str:
        """Return a token that a user made."""
        browser = self.logged_in(owner)
        wanted = {"name": "ci", "scopes": list(scopes), "expires": self.in_hours(hours)}
        answer = browser.post("/api/v1/tokens", json=wanted)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def in_hours(self, hours: float) -> str:
        from nofly.run.outputs.text import iso_time

        return iso_time(self.clock() + round(hours * 3.6e9))

    def acts(self) -> list[dict[str, Any]]:
        """Return what stands in the record, which must be whole."""
        with Store(self.folder / "record.sqlite", read_only=True) as store:
            assert not store.verify()
            return [record.content for record in store.read()]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Give a server with one user of each role, named after it."""
    made = House(folder)
    for role in Role:
        made.user(role.value, role)
    try:
        yield made
    finally:
        made.access.close()
