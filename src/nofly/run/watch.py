"""The loop of live traffic: feeds to records, each durable before anybody is told.

One process. A tick takes what the feeds have brought, writes it to the journal, judges what no feed can bring
an older report of, appends what follows to the record, and wakes the channels. Where the disk is full nothing
is judged, nothing is dropped and the feeds are read no further until there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from nofly.alerts import Condition
from nofly.errors import Finding, StoreError, fold_findings
from nofly.run.alerting.plans import channels_for
from nofly.run.alerting.telling import Telling
from nofly.run.display.view import Counts, View
from nofly.run.feeding.connections import Feeds, Received
from nofly.run.feeding.credible_times import ForwardClock
from nofly.run.feeding.monitoring import condition_of
from nofly.run.feeding.receive_clock import ReceiveClock
from nofly.run.feeding.silence import Silences
from nofly.run.live import beside
from nofly.run.live.amending import amendments
from nofly.run.live.engine import Body, EngineOptions
from nofly.run.live.judging import Judging
from nofly.run.live.recovery import silent_since_us
from nofly.run.record.archive_thread import ArchiveThread
from nofly.run.record.editions import Editions
from nofly.run.record.known_names import note_names
from nofly.run.watch_plan import WatchPlan
from nofly.store.capture import Capture
from nofly.store.journal import Journal
from nofly.store.sqlite import Store
from nofly.zones.model import Zone

Clock = Callable[[], int]

AMEND_S = 10.0
"""Targets of which something came late are judged again so often."""
DRAIN_S = 5.0
"""At the end, so long the channels are given to tell what is recorded."""
MOST_FINDINGS = 1000


@dataclass(slots=True)
class Watch:
    """A watch of live traffic. :meth:`run` does everything; what it shows is in :meth:`view`."""

    plan: WatchPlan
    clock: Clock
    monotonic_s: Callable[[], float]
    findings: list[Finding] = field(default_factory=list)
    on_records: Callable[[Sequence[Body]], None] = lambda _: None
    """Called with what was recorded, once it is durable."""
    on_tick: Callable[[View], None] = lambda _: None
    law_trouble: str | None = None
    """Why the zones could not be read again: they are as they were."""
    _running: bool = False
    _trouble: str | None = None
    _counts: Counts = field(default_factory=Counts)
    _next_law: Sequence[Zone] | None = None
    _next_options: EngineOptions | None = None
    _store: Store = field(init=False)
    _journal: Journal = field(init=False)
    _judging: Judging = field(init=False)
    _received: ReceiveClock = field(init=False)
    _feeds: Feeds = field(init=False)
    _telling: Telling = field(init=False)
    _silences: Silences = field(init=False)
    _archive: ArchiveThread = field(init=False)
    _editions: Editions = field(init=False)
    _pending: list[Received] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until told to stop, or until no feed can bring any more.

        Raises StoreError where the state cannot be read or another process has it, ConfigError for a channel
        that cannot be.
        """
        plan, state = self.plan, self.plan.state
        state.mkdir(parents=True, exist_ok=True)
        async with AsyncExitStack() as ends:
            self._journal = ends.enter_context(Journal(state / "journal"))
            self._store = ends.enter_context(Store(state / "record.sqlite"))
            note_names(self._store, [alert.name for alert in plan.alerts], [f.name for f in plan.feeds])
            capture = None
            if plan.capture is not None:
                capture = Capture(state / "capture", plan.capture)
                ends.callback(capture.close)
            self._editions = Editions(self._store, plan.received)
            judging = Judging(plan, self.clock, self.monotonic_s, self._store, self._journal)
            self._judging = judging
            judging.recover()
            self._running = True
            self._received = ReceiveClock(self.clock, self.monotonic_s, judging.read_us)
            times_by = ForwardClock(self.clock, self.monotonic_s, judging.read_us)
            self._feeds = Feeds(plan.feeds, self._received, capture=capture, times_by=times_by)
            silent_us = [silent_since_us(self._store, f.name) for f in plan.feeds]
            self._silences = Silences(plan.feeds, silent_us, judging.watched_us)
            self._telling = Telling(
                plan.alerts, state / "record.sqlite", self.clock, zone_of=self._zone,
                condition=self._condition,
            )  # fmt: skip
            self._telling.watch(judging.law, judging.engine.open_names)
            archive = await ends.enter_async_context(ArchiveThread(state, plan.watch.archive_days))
            self._archive = archive
            telling = asyncio.create_task(self._telling.run(), name="alerts")
            feeding = asyncio.create_task(self._feeds.run(), name="feeds")
            try:
                await self._loop(stop, feeding, telling, capture, archive)
            finally:
                for task in (feeding, telling):
                    await beside.end(task)

    def reload(self, law: Sequence[Zone], options: EngineOptions | None = None) -> None:
        """Judge by other zones from the next tick on, and with other heights and lists where given."""
        self._next_law, self._next_options, self.law_trouble = law, options, None

    @property
    def judged_us(self) -> int | None:
        """Up to which time of the reports all is judged; None before anything is."""
        return self._judging.event_us if self._running else None

    def view(self) -> View:
        """Return what is to be shown now."""
        judging = self._judging
        return View(
            now_us=self.clock(), event_us=judging.event_us, law=judging.law,
            cases=tuple(judging.engine.cases.values()),
            names={zone.zone_hash: zone.id for zone in judging.law},
            feeds=self._feeds.states, channels=self._telling.states, records=self._counts.records,
            reports=self._counts.reports, late=judging.late,
            targets=judging.engine.aircraft,
            step_s=self._counts.step_s, trouble=self._trouble, archive_trouble=self._archive.error,
            law_trouble=self.law_trouble,
            now_of=lambda case: judging.engine.now(case.target_id, case.shadow),
        )  # fmt: skip

    def _condition(self) -> Condition:
        troubles = self._trouble, self.law_trouble
        return condition_of(self.plan.feeds, self._feeds.states, self.clock(), *troubles)

    async def _loop(
        self, stop: asyncio.Event, feeding: asyncio.Task[None], telling: asyncio.Task[None],
        capture: Capture | None, archive: ArchiveThread,
    ) -> None:  # fmt: skip
        tick_s, snapshot_s = self.plan.watch.tick_s, self.plan.watch.snapshot_s
        due_s = self.monotonic_s()
        kept_s = amended_s = due_s
        over = False
        while not over:
            over = stop.is_set() or self._feeds.ended
            if over:
                # What a decoder still holds comes as its feed ends.
                await beside.end(feeding)
            begun_s = self.monotonic_s()
            ended = over and not stop.is_set()
            self._tick(capture, ended=ended)
            # What came and could not be kept yet is not given up because no more comes.
            over = over and not (ended and self._trouble)
            self._counts.step_s = self.monotonic_s() - begun_s
            archive.until(self._journal.committed, self._judging.event_us or 0)
            if begun_s - amended_s >= AMEND_S or over:
                await self._amend()
                amended_s = begun_s
            if begun_s - kept_s >= snapshot_s or over:
                await self._keep(archive)
                kept_s = begun_s
            self.on_tick(self.view())
            beside.check(feeding, telling)
            due_s = max(due_s + tick_s, self.monotonic_s())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.0 if over else max(0.0, due_s - self.monotonic_s())):
                    await stop.wait()
            await asyncio.sleep(0)
        await self._telling.drain(DRAIN_S)

    def _tick(self, capture: Capture | None, *, ended: bool = False) -> None:
        """Take what came, and judge it once it is in the journal; the whole of it where no more comes."""
        now_us, judging = self.clock(), self._judging
        steady_us = judging.steady_us()
        try:
            self._append([])
            if not self._pending:
                if self._next_law is not None:
                    judging.change(self._next_law, self._next_options, judging.intake.until_us + 1)
                    self._next_law = None
                    self._telling.watch(judging.law, judging.engine.open_names)
                self._take(steady_us)
                judging.came(now_us)
            # While nothing could be kept the feeds were not read: that was no silence.
            moment = judging.moment(steady_us, ended=ended, deaf=bool(self._trouble))
            for one in self._pending:
                self._journal.append(one.feed, one.positions)
            self._journal.mark(now_us, moment.encoded())
            self._journal.commit()
            self._pending.clear()
            judging.noted(moment)
            silences = self._silences.step(self._feeds.states, now_us, steady_us)
            self._append([*judging.judged(moment), *silences])
            self._trouble = None
        except StoreError as error:
            self._trouble = str(error)
        self._feeds.tick(now_us)
        judging.read_us = self._received()
        said, self._received.findings = self._received.findings, []
        said += [*judging.take_findings(), *self._feeds.take_findings()]
        self.findings = fold_findings([*self.findings, *said])[:MOST_FINDINGS]
        if capture is not None:
            self.findings += capture.flush()

    def _take(self, steady_us: int) -> None:
        for one in self._feeds.take():
            self._counts.reports += len(one.positions)
            self._judging.intake.add(one.feed, one.positions, steady_us)
            self._pending.append(one)

    def _append(self, bodies: Iterable[Body]) -> None:
        """Append what is to be recorded, and wake the channels; what cannot be appended is kept for later."""
        judging = self._judging
        judging.unstored += bodies
        if not judging.unstored:
            return
        plans, was_told = self.plan.alerts, self._store.outbox.was_told
        keep = self._editions.to_keep(judging.engine, judging.unstored)
        self._store.append(judging.unstored, lambda body: channels_for(plans, body, was_told), keep)
        stored = judging.recorded()
        self._counts.records += len(stored)
        self.on_records(stored)
        self._telling.wake()

    async def _amend(self) -> None:
        """Record what late reports show to have been otherwise."""
        again = self._judging.to_amend()
        if again is None:
            return
        try:
            self._append(self._judging.amending.fresh(await asyncio.to_thread(amendments, again)))
        except StoreError as error:
            self._trouble = str(error)

    async def _keep(self, archive: ArchiveThread) -> None:
        """Keep the state, and let go of the journal before it."""
        if self._pending or self._judging.unstored:
            return
        try:
            await self._judging.keep(archive.forgettable)
        except StoreError as error:
            self._trouble = str(error)

    def _zone(self, zone_hash: str) -> Zone | None:
        return next((zone for zone in self._judging.law if zone.zone_hash == zone_hash), None)
