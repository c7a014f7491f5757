"""Records as they are appended, over server-sent events: the number of a record is the event's id.

Source: WHATWG HTML, 9.2 "Server-sent events". A client that comes back with Last-Event-ID goes on where it
was; one that sends none begins with what is appended from now on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from nofly.run.following.follower import RECORD
from nofly.run.outputs.text import iso_time
from nofly.run.record.acts import ACTS
from nofly.store.chain import Stored
from nofly.store.sqlite import Store
from nofly.web.access.rights import Principal, Right
from nofly.web.api.status import status_row
from nofly.web.errors import ApiError
from nofly.web.served import Here, Reader, Served, needs

router = APIRouter()
MOST_AT_ONCE = 500
BEAT_S = 10.0
"""So often at least something is sent: the status, by which a page knows that it is not cut off."""


@router.get(
    "/api/v1/stream/incidents", operation_id="stream_records", tags=["stream"], response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)  # fmt: skip
async def incidents(
    connection: HTTPConnection, here: Here, who: Reader,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="As Last-Event-ID.")] = None,
) -> Response:  # fmt: skip
    """Events ``record`` (a record of the chain) and ``status`` (how the watch is)."""
    given = last_event_id if last_event_id and last_event_id.isdigit() and len(last_event_id) < 19 else None
    begin = int(given) if given is not None else after if after is not None else here.follower.sequence
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(connection, here, begin, who), 200, headers, "text/event-stream")


async def _events(
    connection: HTTPConnection, here: Served, sequence: int, who: Principal
) -> AsyncIterator[bytes]:
    """Yield events for as long as who listens may read, and the server does not end."""
    status: dict[str, Any] = {}
    yield b"retry: 2000\n\n"
    beat_s = 0.0
    loop = asyncio.get_running_loop()
    while not here.ending:
        while here.follower.sequence > sequence:
            found = await asyncio.to_thread(_appended, here, sequence + 1)
            due = [record for record in found if who.sees(record.time_us, here.clock())]
            for record in due:
                # Who logged in from where is no matter of those who may read.
                if record.kind not in ACTS:
                    yield _event("record", _plain(record), record.sequence)
                sequence = record.sequence
            if len(due) < len(found) or not found:
                break
        now = status_row(here)
        news = {k: v for k, v in now.items() if k not in _MOVING} != {
            k: v for k, v in status.items() if k not in _MOVING
        }
        if news or loop.time() - beat_s >= BEAT_S:
            yield _event("status", now, None)
            status, beat_s = now, loop.time()
            try:
                who = await needs(Right.READ)(connection)
            except ApiError:
                return
        async with here.turned:
            await here.turned.wait()


_MOVING = ("time", "picture_time", "judged_until", "feeds", "aircraft", "channels")


def _appended(here: Served, first: int) -> list[Stored]:
    found = []
    with Store(here.folder / RECORD, create=False, read_only=True) as store:
        for record in store.read(first):
            found.append(record)
            if len(found) >= MOST_AT_ONCE:
                break
    return found


def _plain(record: Stored) -> dict[str, Any]:
    return {
        "sequence": record.sequence, "time": iso_time(record.time_us), "kind": record.kind,
        "incident": record.incident, "hash": record.hash, "body": record.content,
    }  # fmt: skip


def _event(name: str, value: Any, number: int | None) -> bytes:
    head = b"" if number is None else b"id: %d\n" % number
    # JSON has no line break in it.
    return head + b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(value) + b"\n\n"
