"""Who logged in from where is shown to nobody who may only read."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import HTTPConnection

from nofly.store.sqlite import Store
from nofly.web.access.rights import Principal, Role
from nofly.web.stream.incidents import _events
from tests.web.access.doors import T0, House


def test_the_stream_of_records_leaves_acts_out(here: House) -> None:
    here.logged_in("viewer", address="198.51.100.7")
    with Store(here.folder / "record.sqlite") as store:
        store.append([{"kind": "entered", "incident": "abcd", "time_us": T0}])
    here.logged_in("viewer", address="198.51.100.8")
    served = here.app._app.state.served
    served.follower.follow(here.clock())
    assert [*served.follower.log.incidents] == ["abcd"]

    async def told() -> bytes:
        found = b""
        connection = HTTPConnection({"type": "http"})
        async for event in _events(connection, served, 0, Principal("viewer", Role.VIEWER.rights)):
            found += event
            if b"event: status" in event:
                break
        return found

    said = asyncio.run(told()).decode()
    records = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: ")][:-1]
    assert [record["kind"] for record in records] == ["entered"]
    assert "198.51.100" not in said
