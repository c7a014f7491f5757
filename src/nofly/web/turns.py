"""Work that is done for one after the other, however many ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from nofly.web.errors import ApiError

WAIT_S = 30.0


@asynccontextmanager
async def in_turn(turn: asyncio.Lock, busy: str) -> AsyncIterator[None]:
    """Wait until nobody else's is done. Raises ApiError 503, with ``busy`` as its message, where that takes
    long."""
    try:
        async with asyncio.timeout(WAIT_S):
            await turn.acquire()
    except TimeoutError:
        raise ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE, "busy", busy,
            expected="ask again later", headers={"Retry-After": str(round(WAIT_S))},
        ) from None  # fmt: skip
    try:
        yield
    finally:
        turn.release()
