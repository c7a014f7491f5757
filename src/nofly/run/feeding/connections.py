"""Several feeds at once: connected, decoded, watched for silence, and connected again.

One bad feed never hurts another: whatever goes wrong in one (a connection, a decoder that raises) is that
feed's failure, with a wait before the next attempt; each may hold only its share of the rows that wait to be
taken, and reads no further until they are (TCP then slows the sender, the system drops datagrams, which the
transport counts); and none decodes for long without a turn for the others.
"""

from __future__ import annotations

import asyncio
import random as chance
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from nofly.errors import ConfigError, Finding, NoflyError
from nofly.feeds.decoding import Decoder
from nofly.feeds.health import FeedState, Status, ended, failed, healthy_s, new_feed, received
from nofly.feeds.receiving import Chunk, Clock
from nofly.feeds.reconnection import Backoff, after_failure
from nofly.run.feeding.abreast import Abreast
from nofly.run.feeding.credible_times import credible
from nofly.run.feeding.decoding_turns import Piece, decoded
from nofly.run.feeding.plans import FeedPlan, plan_feed
from nofly.run.feeding.replaying import Place, replayed
from nofly.schema import Coded, Positions, concatenate
from nofly.store.capture import Capture

__all__ = ["FeedChange", "FeedPlan", "Feeds", "Received", "plan_feed"]

TOGETHER = 64
"""So many small batches are put together into one, so that what waits is bounded in bytes, not rows alone."""
MOST_ERROR_CHARACTERS = 300
BACKOFF = Backoff()


class Received(NamedTuple):
    """What one feed brought since the last :meth:`Feeds.take`, in the order it came."""

    feed: int
    """Which of the plans."""
    positions: Positions
    """Each with ``received_us``, ``raw`` and ``station``: the feed's name where the feed tells none."""
    received_us: int
    """When the last of it came, by the clock of this process."""


class FeedChange(NamedTuple):
    """A feed's status is another than it was one tick ago."""

    feed: int
    before: Status
    after: Status
    state: FeedState


class Feeds:
    """Runs feeds. All methods but :meth:`run` return at once, and belong to the loop's own thread."""

    def __init__(
        self,
        plans: Sequence[FeedPlan],
        clock: Clock,
        *,
        capture: Capture | None = None,
        times_by: Clock | None = None,
        random: Callable[[], float] = chance.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_rows: int = 500_000,
    ) -> None:
        """``clock`` returns microseconds UTC; ``capture`` keeps the bytes of all feeds but replays.
        Positions whose time cannot be right by ``times_by``, microseconds UTC too, are left out with a
        finding (see :mod:`nofly.run.feeding.credible_times`); None leaves out none.

        At most about ``most_rows`` rows wait to be taken. Raises ConfigError where two feeds have one name or
        read one standard input.
        """
        _check_apart(plans)
        self._clock, self._capture, self._times_by = clock, capture, times_by
        self._random, self._sleep = random, sleep
        now_us = clock()
        share = max(1, most_rows // max(1, len(plans)))
        self._feeds = [_Feed(plan, share, now_us) for plan in plans]
        self._findings: dict[tuple[str, str], Finding] = {}
        self._places = _abreast(plans, clock)

    @property
    def states(self) -> list[FeedState]:
        """Return each feed's health, in the order of the plans."""
        return [feed.state for feed in self._feeds]

    @property
    def ended(self) -> bool:
        """Return whether no feed can bring any more."""
        return all(feed.state.status is Status.ENDED for feed in self._feeds)

    async def run(self) -> None:
        """Run until cancelled, or until every feed has ended. What was received before is still there to be
        taken, and is decoded to the last record."""
        async with asyncio.TaskGroup() as group:
            for feed in self._feeds:
                group.create_task(self._keep(feed), name=f"feed {feed.plan.name}")

    def take(self) -> list[Received]:
        """Return what has been decoded since the last call, and forget it: at most one of each feed."""
        taken = []
        for number, feed in enumerate(self._feeds):
            positions = feed.waiting.take()
            if len(positions):
                taken.append(Received(number, positions, feed.came_us))
        return taken

    def take_findings(self) -> list[Finding]:
        """Return what decoders have had to say since the last call, one finding for each feed and code."""
        findings, self._findings = list(self._findings.values()), {}
        return findings

    def tick(self, now_us: int) -> list[FeedChange]:
        """Return whose status is another than at the last call, with silence noticed as of ``now_us``.

        A feed of which not one byte ever came is silent too. What came and went between two calls shows in
        the state's counts of connections and failures.
        """
        changes = []
        for number, feed in enumerate(self._feeds):
            feed.state = feed.heard(now_us)
            before, feed.told = feed.told, feed.state.status
            if before is not feed.told:
                changes.append(FeedChange(number, before, feed.told, feed.state))
        return changes

    async def _keep(self, feed: _Feed) -> None:
        """Connect a feed again and again until there can be no more of it."""
        while True:
            try:
                await (self._connection(feed) if feed.plan.pace is None else self._recording(feed))
                feed.state = ended(feed.state, self._clock())
                return
            except Exception as error:  # A decoder's fault too is one feed's failure, never the others'.
                retry = after_failure(feed.state.failures, healthy_s(feed.state), self._random(), BACKOFF)
                feed.state = failed(feed.state, _told(error), retry.failures, self._clock())
                if feed.plan.pace is not None:
                    # Begun anew, a recording would tell everything twice.
                    feed.state = ended(feed.state, self._clock())
                    return
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # It failed while it was being stopped.
                    raise asyncio.CancelledError from error
                asked_s = getattr(error, "after_s", None) or 0.0
            await self._sleep(max(retry.wait_s, asked_s))

    async def _connection(self, feed: _Feed) -> None:
        """Read one connection to its end; what it left half read is finished, whatever ends it."""
        plan = feed.plan
        chunks = plan.transport.receive(plan.url.address, plan.transport_options, self._clock)
        async with aclosing(chunks):
            try:
                async for chunk in chunks:
                    await self._chunk(feed, chunk)
                    await feed.waiting.room()
            finally:
                self._finish(feed, self._clock())

    async def _chunk(self, feed: _Feed, chunk: Chunk) -> None:
        plan, capture = feed.plan, self._capture
        if feed.decoder is None:
            feed.decoder = plan.decoder()
            feed.began = feed.state.read_bytes
            if capture is not None:
                feed.began = capture.begin(
                    plan.name, plan.url.decoder, plan.decoder_options, finish_each=plan.finish_each,
                    address=str(plan.url),
                )  # fmt: skip
        if capture is not None:
            capture.write(plan.name, chunk.data, chunk.received_us, opened=chunk.opened, lost=chunk.lost)
        try:
            async for piece, positions, findings in decoded(feed.decoder, plan.framing, chunk):
                self._add(feed, piece, positions, findings)
            if plan.finish_each:
                self._tell_finish(feed, chunk.received_us)
        except Exception:
            # What it knows cannot be relied on any more.
            feed.decoder = None
            raise

    def _finish(self, feed: _Feed, now_us: int) -> None:
        """Tell the decoder that the connection is closed."""
        if feed.decoder is None:
            return
        if self._capture is not None:
            self._capture.closed(feed.plan.name, now_us)
        try:
            self._tell_finish(feed, now_us)
        except Exception:
            feed.decoder = None
            raise

    def _tell_finish(self, feed: _Feed, now_us: int) -> None:
        if feed.decoder is None:
            return
        positions, findings = feed.decoder.finish(now_us)
        if len(positions) or findings:
            # No byte came: silence counts from the last that did.
            last_us = feed.state.received_us
            self._add(feed, Chunk(b"", now_us if last_us is None else last_us, False), positions, findings)

    async def _recording(self, feed: _Feed) -> None:
        place = self._places.get(feed.plan.name)
        pieces = replayed(feed.plan, self._clock, self._sleep, place)
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    give = partial(self._replay, feed, piece)
                    give() if place is None else place.of.hold(give)
                    await feed.waiting.room()
        finally:
            if place is not None:
                place.of.end(place.number)

    def _replay(self, feed: _Feed, piece: Piece) -> None:
        self._add(feed, *piece)
        # How old a recording is says nothing of the feed.
        feed.state = replace(feed.state, lag_s=None)

    def _add(self, feed: _Feed, chunk: Chunk, positions: Positions, findings: list[Finding]) -> None:
        if self._times_by is not None and len(positions):
            live = feed.plan.pace is None
            positions, said = credible(positions, self._times_by(), feed.plan.name, live=live)
            findings = [*findings, *said]
        feed.state = received(feed.state, chunk, positions, findings)
        for finding in findings:
            key = (finding.source, finding.code)
            known = self._findings.get(key)
            count = finding.count + (known.count if known else 0)
            self._findings[key] = replace(known or finding, count=count)
        if len(positions):
            feed.came_us = chunk.received_us
            feed.waiting.add(_completed(positions, feed.plan.name, feed.began, chunk.received_us))


class _Waiting:
    """Rows that wait to be taken, at most about ``most_rows`` of them."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._large: list[Positions] = []
        self._small: list[Positions] = []
        self._rows = 0
        self._room = asyncio.Event()
        self._room.set()

    def add(self, positions: Positions) -> None:
        """Keep rows that have come."""
        self._small.append(positions)
        self._rows += len(positions)
        if len(self._small) >= TOGETHER:
            self._large.append(concatenate(self._small))
            self._small = []
        if self._rows >= self._most_rows:
            self._room.clear()

    async def room(self) -> None:
        """Return as soon as there is room for more."""
        await self._room.wait()

    def take(self) -> Positions:
        """Return all rows in the order they came, and forget them."""
        parts = self._large + self._small
        self._large, self._small, self._rows = [], [], 0
        self._room.set()
        return concatenate(parts)


class _Feed:
    """One feed: its plan, what is known of it, and what it has brought."""

    def __init__(self, plan: FeedPlan, most_rows: int, now_us: int) -> None:
        self.plan = plan
        self.state = new_feed(plan.name, now_us)
        self.told = self.state.status
        self.waiting = _Waiting(most_rows)
        self.decoder: Decoder | None = None
        self.began = 0
        """Where the decoder's first byte is among all bytes of the feed."""
        self.came_us = now_us
        self._mark: tuple[int, int | None] = (0, None)
        self._quiet_us = now_us

    def heard(self, now_us: int) -> FeedState:
        """Return the state with silence noticed, also of a feed that never spoke."""
        state = self.state
        mark = (state.read_bytes, state.received_us)
        if mark != self._mark:
            self._mark, self._quiet_us = mark, state.received_us or now_us
        # A clock that was set back would hide a silence for as long; so it is counted from now.
        self._quiet_us = min(self._quiet_us, now_us)
        silent = now_us - self._quiet_us >= self.plan.stall_after_s * 1e6
        if silent and state.status in (Status.CONNECTING, Status.ALIVE):
            return replace(state, status=Status.STALLED, since_us=state.received_us or state.since_us)
        return state


def _check_apart(plans: Sequence[FeedPlan]) -> None:
    names: set[str] = set()
    for plan in plans:
        # Names become names of folders, which on some systems are the same in capitals.
        if plan.name.casefold() in names:
            raise ConfigError(f"two feeds are called {plan.name!r}", expected="a name for each")
        names.add(plan.name.casefold())
    if sum(plan.url.transport == "stdin" for plan in plans) > 1:
        raise ConfigError("two feeds read standard input", expected="one")


def _abreast(plans: Sequence[FeedPlan], clock: Clock) -> dict[str, Place]:
    """Return the places of the recordings that are replayed side by side: those of one speed."""
    by_speed: dict[float | None, list[str]] = {}
    for plan in plans:
        if plan.pace is not None:
            by_speed.setdefault(plan.pace.factor, []).append(plan.name)
    return {
        name: Place(together, number)
        for names in by_speed.values()
        if len(names) > 1
        for together in [Abreast(len(names), clock)]
        for number, name in enumerate(names)
    }


def _completed(positions: Positions, name: str, began: int, received_us: int) -> Positions:
    """Return rows with all that a decoder leaves open."""
    columns, texts = dict(positions.columns), dict(positions.texts)
    n, raw, came = len(positions), columns.get("raw"), columns.get("received_us")
    if raw is not None and began:
        columns["raw"] = np.where(raw < 0, raw, raw + began)
    if came is None:
        columns["received_us"] = np.full(n, received_us, np.int64)
    elif (came < 0).any():
        columns["received_us"] = np.where(came < 0, received_us, came)
    told = texts.get("station")
    if told is None:
        texts["station"] = Coded(np.zeros(n, np.int32), [name])
    elif (told.codes < 0).any():
        codes = np.where(told.codes < 0, len(told.values), told.codes).astype(np.int32)
        texts["station"] = Coded(codes, [*told.values, name])
    return Positions(
        positions.time_us, positions.target, positions.lat_deg, positions.lon_deg, columns, texts
    )


def _told(error: Exception) -> str:
    """Return what went wrong, in a line; of what nobody foresaw, with its kind."""
    text = str(error) if isinstance(error, NoflyError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:MOST_ERROR_CHARACTERS]
