"""The store as those see it who tell alerts: one connection, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nofly.alerts import Notice
from nofly.errors import StoreError
from nofly.incidents.states import VERBS, Told
from nofly.run.alerting.begun import begun_us, thread_of
from nofly.run.alerting.plans import AlertPlan, channels_for
from nofly.run.alerting.silences import Silence, silenced
from nofly.run.alerting.words import STATES, ZoneOf, notice_of
from nofly.store.chain import Stored
from nofly.store.outbox import Alert, alert_key
from nofly.store.sqlite import Store
from nofly.units import US_PER_S

Clock = Callable[[], int]
T = TypeVar("T")
LEASE_US = 3600 * US_PER_S
"""How long an alert is kept for this process. The next process does not wait for it: it releases all."""
_QUIET = frozenset(VERBS) - {Told.ACKNOWLEDGED}
"""What keeps an incident from a channel that shows how it stands."""
_EVER_US = -(2**63)
"""A time at which all that was ever said still holds."""
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

    async def claim(self, channel: str, now_us: int, limit: int) -> list[tuple[Alert, int | None]]:
        """Return alerts of a channel to be told now, the oldest first, each with when that began of which it
        tells; they are kept from other processes."""

        def claimed(store: Store) -> list[tuple[Alert, int | None]]:
            found = store.outbox.claim(channel, now_us, LEASE_US, limit)
            return [(one, _begun_us(store, one.record)) for one in found]

        return await self.do(claimed)

    async def said_since(self, sequence: int | None) -> tuple[int, bool]:
        """Return the number of the last record, and whether somebody said something after the one with a
        number; None: nobody is asked for."""

        def look(store: Store) -> tuple[int, bool]:
            last = store.head().sequence
            return last, sequence is not None and any(
                one.kind in VERBS for one in store.read(sequence + 1) if one.sequence <= last
            )

        return await self.do(look)

    async def silence(self, notice: Notice, channel: str, stateful: bool) -> Silence | None:
        """Return who said why that a notice is not told; None where it is told."""
        now_us = self._clock()
        return await self.do(
            lambda store: silenced(notice, channel, stateful, now_us, lambda name: store.read(incident=name))
        )

    async def standing(self, incidents: Sequence[str], plan: AlertPlan) -> tuple[list[Notice], int | None]:
        """Return how each incident stands on a channel that is not over: the last notice that was told there;
        where it has heard nothing, the one that it would be told, acknowledged or not. None of what is
        muted, exempted or cleared; beside them, when the first of that holds no longer."""
        now_us = self._clock()

        def stand(store: Store) -> tuple[list[Notice], int | None]:
            records = {r.sequence: r for name in incidents for r in store.read(incident=name)}
            threads: dict[str, list[Stored]] = {}
            for record in sorted(records.values(), key=lambda one: one.sequence):
                # Of an incident and the warning before it only the later says how it is.
                threads.setdefault(thread_of(record), []).append(record)
            found = [_last(store, known, plan, self.zone_of, now_us) for known in threads.values()]
            ends_us = [one.until_us for one in found if isinstance(one, Silence) and one.until_us is not None]
            return [one for one in found if isinstance(one, Notice)], min(ends_us, default=None)

        return await self.do(stand)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _begun_us(store: Store, record: Stored) -> int | None:
    try:
        return begun_us(record, lambda name: store.read(incident=name))
    except StoreError:
        # A record that cannot be read holds no other alert up.
        return None


def _last(
    store: Store, records: Sequence[Stored], plan: AlertPlan, zone_of: ZoneOf, now_us: int
) -> Notice | Silence | None:
    """Return the last notice that is to be shown of records of one thread; who keeps it away; None where it
    is over."""

    def read(name: str) -> Iterable[Stored]:
        return store.read(incident=name)

    def quiet(notice: Notice, at_us: int) -> Silence | None:
        return silenced(notice, plan.name, plan.stateful, at_us, read, _QUIET)

    for record in reversed([r for r in records if r.kind in STATES]):
        if record.content.get("inhibited"):
            continue
        notice = notice_of(alert_key(record.hash, plan.name), record, zone_of)
        if not notice.active or not plan.tells_status(record.content):
            return None
        kept_away = quiet(notice, now_us)
        if kept_away is not None:
            return kept_away
        given_up = store.outbox.given_up(record.hash, plan.name)
        if given_up is None:
            shown = bool(channels_for([plan], record.content))
        else:
            # What was not told because it was muted then stands now.
            shown = not given_up or quiet(notice, _EVER_US) is not None
        if shown:
            return replace(notice, begun_us=begun_us(record, read))
    return None
