"""The store as those see it who tell alerts: one connection, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from nofly.alerts import Notice
from nofly.errors import StoreError
from nofly.incidents.states import VERBS, Told
from nofly.run.alerting.plans import AlertPlan, channels_for
from nofly.run.alerting.silences import silenced
from nofly.run.alerting.words import STATES, ZoneOf, notice_of
from nofly.store.chain import Stored
from nofly.store.outbox import alert_key
from nofly.store.sqlite import Store

Clock = Callable[[], int]
T = TypeVar("T")
_QUIET = frozenset(VERBS) - {Told.ACKNOWLEDGED}
"""What keeps an incident from a channel that shows how it stands."""
_BACK_US = 1_000_000
"""A clock that goes back by more than so much has jumped."""


class Desk:
    """A store, read and marked in one thread; no work there ever waits for a channel."""

    def __init__(self, path: Path, clock: Clock, zone_of: ZoneOf) -> None:
        self._path, self._clock, self.zone_of = path, clock, zone_of
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="alerts-store")
        self._store: Store | None = None
        self._latest_us = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a store to work with."""
        return self._store is not None

    async def open(self) -> None:
        """Open the store, and let everything be told that a process before has left. Raises StoreError."""
        self._store = await self._in_thread(lambda: Store(self._path, create=False))
        await self.do(lambda store: store.outbox.release())

    async def close(self) -> None:
        """Close the store."""
        store, self._store = self._store, None
        if store is not None:
            await self._in_thread(store.close)
        self._thread.shutdown(wait=False)

    async def do(self, work: Callable[[Store], T]) -> T:
        """Return what ``work`` makes of the store."""
        store = self._store
        if store is None:
            raise StoreError(f"{self._path}: the store is not open")
        return await self._in_thread(lambda: work(store))

    async def now_us(self) -> int:
        """Return the time. Where the clock was put back, what is due in its future is due now."""
        now_us = self._clock()
        back = now_us < self._latest_us - _BACK_US
        self._latest_us = now_us
        if back:
            await self.do(lambda store: store.outbox.release())
        return now_us

    async def silence(self, notice: Notice, channel: str, stateful: bool) -> str | None:
        """Return who said why that a notice is not told; None where it is told."""
        now_us = self._clock()
        return await self.do(
            lambda store: silenced(notice, channel, stateful, now_us, lambda name: store.read(incident=name))
        )

    async def standing(self, incidents: Sequence[str], plan: AlertPlan) -> list[Notice]:
        """Return how each incident stands on a channel: the last notice that was told there; where it has
        heard nothing, the one that it would be told, acknowledged or not."""
        now_us = self._clock()

        def last(store: Store, incident: str) -> Notice | None:
            def read(name: str) -> Iterable[Stored]:
                return store.read(incident=name)

            for record in reversed([r for r in read(incident) if r.kind in STATES]):
                notice = notice_of(alert_key(record.hash, plan.name), record, self.zone_of)
                given_up = store.outbox.given_up(record.hash, plan.name)
                if given_up is False:
                    return notice if plan.tells_status(record.content) else None
                if given_up is None and channels_for([plan], record.content):
                    quiet = silenced(notice, plan.name, plan.stateful, now_us, read, _QUIET)
                    return notice if quiet is None else None
            return None

        return await self.do(
            lambda store: [one for name in incidents if (one := last(store, name)) is not None]
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
