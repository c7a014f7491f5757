"""Positions over WebSocket: a binary frame about once a second of what a client looks at.

A client gets text messages ``{"names": {number: [target id, callsign, squawk, category, source]}}`` and
binary frames (:mod:`nofly.web.frames`); it may send ``{"box": [south, west, north, east]}``, or null for
all. One that cannot keep up is given the newest frame when it is ready for one: nothing queues.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from numpy.typing import NDArray

from nofly.run.following.picture import Box, names_since
from nofly.run.outputs.text import printable
from nofly.web.access.links import SUBPROTOCOL
from nofly.web.access.rights import Right
from nofly.web.errors import ApiError
from nofly.web.frames import frame, records, within
from nofly.web.served import Served, needs

router = APIRouter()
EVERY_S = 1.0
AGAIN_S = 10.0
"""So often it is asked whether who looks still may."""
MOST_CLIENTS = 1000
MOST_MESSAGE_CHARACTERS = 400
POLICY_VIOLATION, TRY_LATER = 1008, 1013
"""Close codes of RFC 6455, 7.4.1, and of IANA's registry."""


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    box: tuple[float, float, float, float] | None


@dataclass(slots=True)
class _Shared:
    """What is the same for all clients: made once for each state of the picture."""

    moment_us: int = -1
    version: int = -1
    rows: NDArray[Any] | None = None
    whole: bytes = b""
    names: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    clients: int = 0

    def renew(self, served: Served) -> None:
        """Encode anew where the picture is another, or a second has passed."""
        follower = served.follower
        now_us = follower.picture_us(served.clock())
        if self.version == follower.picture.version and now_us - self.moment_us < EVERY_S * 1e6:
            return
        self.rows = records(follower.picture, now_us)
        self.whole = frame(self.rows, now_us, len(self.rows))
        self.moment_us, self.version = now_us, follower.picture.version
        self.names.clear()

    def named(self, served: Served, read: int) -> tuple[bytes, int]:
        """Return the message that names what is new since ``read`` were read, and how many there are."""
        if read not in self.names:
            names, count = names_since(served.follower.picture, read)
            said = {
                str(number): [None if text is None else printable(text) for text in told]
                for number, told in names
            }
            self.names[read] = (msgspec.json.encode({"names": said}) if said else b"", count)
        return self.names[read]


def shared(served: Served) -> _Shared:
    """Return what the clients of an application have in common."""
    if not isinstance(served.positions, _Shared):
        served.positions = _Shared()
    return served.positions


@router.websocket("/api/v1/stream/positions")
async def positions(socket: WebSocket) -> None:
    """Send positions for as long as somebody looks."""
    served: Served = socket.app.state.served
    common = shared(served)
    try:
        who = await needs(Right.READ)(socket)
    except ApiError as error:
        await socket.close(POLICY_VIOLATION, error.message[:100])
        return
    if who.delay_s:
        await socket.close(POLICY_VIOLATION, "positions as they come are not public here")
        return
    if common.clients >= MOST_CLIENTS:
        await socket.close(TRY_LATER, "too many look at once")
        return
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    common.clients += 1
    look: list[Box | None] = [None]
    hearing = asyncio.create_task(_hear(socket, look))
    try:
        await _send(socket, served, common, look, hearing)
    except (WebSocketDisconnect, RuntimeError, OSError):
        pass
    finally:
        common.clients -= 1
        hearing.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await hearing


async def _send(
    socket: WebSocket, served: Served, common: _Shared, look: list[Box | None], hearing: asyncio.Task[None]
) -> None:
    read, sent = 0, (-1, -1, look[0])
    loop = asyncio.get_running_loop()
    known_s = loop.time()
    while not hearing.done():
        if loop.time() - known_s >= AGAIN_S:
            known_s = loop.time()
            try:
                await needs(Right.READ)(socket)
            except ApiError as error:
                await socket.close(POLICY_VIOLATION, error.message[:100])
                return
        common.renew(served)
        state = (common.moment_us, common.version, look[0])
        if state != sent and common.rows is not None:
            message, read = common.named(served, read)
            if message:
                await socket.send_text(message.decode())
            box = look[0]
            rows = within(common.rows, box)
            whole = common.whole if box is None else frame(rows, common.moment_us, len(common.rows))
            await socket.send_bytes(whole)
            sent = state
        await asyncio.wait({hearing}, timeout=EVERY_S if look[0] == sent[2] else 0.0)


async def _hear(socket: WebSocket, look: list[Box | None]) -> None:
    """Take what a client says it looks at, until it goes; whoever says something else is let go."""
    while True:
        text = await socket.receive_text()
        try:
            if len(text) > MOST_MESSAGE_CHARACTERS:
                raise ValueError("too long")
            asked = msgspec.json.decode(text, type=_Asked).box
            look[0] = None if asked is None else Box(*asked)
        except (msgspec.MsgspecError, ValueError):
            await socket.close(POLICY_VIOLATION, 'a message is {"box": [south, west, north, east]}')
            return
