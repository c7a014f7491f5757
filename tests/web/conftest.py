"""A state folder that a watch left, and the application over it."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, time_ns

import pytest
from fastapi.testclient import TestClient

from nofly.run.declaring.registered import TeamRegister
from nofly.run.demo import demo_files
from nofly.run.following.follower import Follower
from nofly.web.access.rights import Principal, Role
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.cli.live import NOFLY, PATIENCE_S


class As:
    """Whoever asks is of one role."""

    def __init__(self, role: Role, delay_s: float = 0.0) -> None:
        self.who = Principal("tester", role.rights, delay_s)

    async def principal(self, _: object) -> Principal:
        return self.who


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state folder of a watch of the demo's flights over Switzerland; nobody writes to it."""
    folder = tmp_path_factory.mktemp("watched")
    with demo_files() as (zones, tracks):
        for path in (zones, tracks[1]):
            (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    feed = f"replay+file:{folder}/demo-switzerland.json?speed=max"
    command = [
        "watch",
        "--zones",
        f"{folder}/demo-zones.geojson",
        "--feed",
        feed,
        "--state",
        f"{folder}/state",
    ]
    done = subprocess.run(
        [*NOFLY, *command, "--metrics", "", "--quiet"], timeout=PATIENCE_S, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "state"


def application(
    folder: Path, role: Role = Role.ADMINISTRATOR, *, delay_s: float = 0.0,
    monotonic_s: Callable[[], float] = monotonic, register: TeamRegister | None = None,
) -> TestClient:  # fmt: skip
    """Return a client of an application over a state folder, asked as somebody of that role."""
    served = Served(Follower(folder), As(role, delay_s), lambda: time_ns() // 1000, register=register)
    served.follower.follow(served.clock())
    return TestClient(create_app(served, monotonic_s), raise_server_exceptions=False)


@pytest.fixture
def client(watched: Path) -> Iterator[TestClient]:
    """Give a client of an administrator, over what the watch left."""
    with application(watched) as found:
        yield found
