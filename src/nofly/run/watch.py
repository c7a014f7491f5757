"""The loop of live traffic: feeds to records, each durable before anybody is told.

One process. A tick takes what the feeds have brought, writes it to the journal, judges what no feed can bring
an older report of, appends what follows to the record, and wakes the channels. Where the disk is full nothing
is judged, nothing is dropped and the feeds are read no further until there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial

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
from nofly.run.live.amending import Amending, amendments
from nofly.run.live.apart import judged_apart
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.run.live.event_clock import EventClock
from nofly.run.live.forgetting import without_silent
from nofly.run.live.in_force import InForce
from nofly.run.live.intake import NEVER_US, Intake
from nofly.run.live.moment import Moment
from nofly.run.live.packing import pack
from nofly.run.live.recovery import (
    LAYOUT,
    Kept,
    Recorded,
    keep,
    keep_law,
    kept_beside,
    kept_law,
    latest_received_us,
    silent_since_us,
    taken_up,
)  # fmt: skip
from nofly.run.live.reloading import reloaded
from nofly.run.record.archive_thread import ArchiveThread
from nofly.run.record.editions import Editions
from nofly.run.record.known_names import note_names
from nofly.run.watch_plan import WatchPlan
from nofly.store.capture import Capture
from nofly.store.journal import Batch, Journal, Mark
from nofly.store.sqlite import Store
from nofly.zones.model import Zone

Clock = Callable[[], int]

AMEND_S = 10.0
"""Targets of which something came late are judged again so often."""
RECENT = 20_000
"""So many records at most are looked at for what was recorded of the last minutes before a start."""
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
    _law: tuple[Zone, ...] = ()
    _trouble: str | None = None
    _counts: Counts = field(default_factory=Counts)
    _next_law: Sequence[Zone] | None = None
    _next_options: EngineOptions | None = None
    _options: EngineOptions | None = None
    _event_us: int | None = None
    _lapse_us: int | None = None
    _store: Store = field(init=False)
    _journal: Journal = field(init=False)
    _engine: Engine = field(init=False)
    _intake: Intake = field(init=False)
    _received: ReceiveClock = field(init=False)
    _read_us: int = 0
    """What the receive clock of the process before read last, as far as it was kept."""
    _watched_us: int | None = None
    """When the process before was at work last; None: there was none."""
    _times: EventClock = field(default_factory=EventClock)
    _feeds: Feeds = field(init=False)
    _telling: Telling = field(init=False)
    _silences: Silences = field(init=False)
    _archive: ArchiveThread = field(init=False)
    _amending: Amending = field(init=False)
    _editions: Editions = field(init=False)
    _unstored: list[Body] = field(default_factory=list)
    _pending: list[Received] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until told to stop, or until no feed can bring any more.

        Raises StoreError where the state cannot be read or another process has it, ConfigError for a channel
        that cannot be.
        """
        plan, state = self.plan, self.plan.state
        state.mkdir(parents=True, exist_ok=True)
        self._law = plan.law
        async with AsyncExitStack() as ends:
            self._journal = ends.enter_context(Journal(state / "journal"))
            self._store = ends.enter_context(Store(state / "record.sqlite"))
            note_names(self._store, [alert.name for alert in plan.alerts], [f.name for f in plan.feeds])
            capture = None
            if plan.capture is not None:
                capture = Capture(state / "capture", plan.capture)
                ends.callback(capture.close)
            self._editions = Editions(self._store, plan.received)
            self._recover()
            self._received = ReceiveClock(self.clock, self.monotonic_s, self._read_us)
            times_by = ForwardClock(self.clock, self.monotonic_s, self._read_us)
            self._feeds = Feeds(plan.feeds, self._received, capture=capture, times_by=times_by)
            silent_us = [silent_since_us(self._store, f.name) for f in plan.feeds]
            self._silences = Silences(plan.feeds, silent_us, self._watched_us)
            self._telling = Telling(
                plan.alerts, state / "record.sqlite", self.clock, zone_of=self._zone,
                condition=self._condition,
            )  # fmt: skip
            self._telling.watch(self._law, self._engine.open_names)
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
        self._next_law, self._next_options = law, options

    def view(self) -> View:
        """Return what is to be shown now."""
        return View(
            now_us=self.clock(), event_us=self._event_us, law=self._law,
            cases=tuple(self._engine.cases.values()),
            names={zone.zone_hash: zone.id for zone in self._law},
            feeds=self._feeds.states, channels=self._telling.states, records=self._counts.records,
            reports=self._counts.reports, late=self._counts.late,
            targets=self._engine.aircraft,
            step_s=self._counts.step_s, trouble=self._trouble, archive_trouble=self._archive.error,
            now_of=lambda case: self._engine.now(case.target_id, case.shadow),
        )  # fmt: skip

    def _condition(self) -> Condition:
        return condition_of(self.plan.feeds, self._feeds.states, self.clock(), self._trouble)

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
            archive.until(self._journal.committed, self._event_us or 0)
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
        now_us, steady_us = self.clock(), self._steady_us()
        try:
            self._append([])
            if not self._pending:
                if self._next_law is not None:
                    self._change(self._next_law, self._intake.until_us + 1)
                    self._next_law = None
                    self._telling.watch(self._law, self._engine.open_names)
                self._take(steady_us)
                self._times.came(self._intake.latest_us, now_us)
            until_us = self._intake.latest_us if ended else self._intake.watermark_us(steady_us)
            # While nothing could be kept the feeds were not read: that was no silence.
            lapse_us = until_us if self._trouble else self._intake.lapse_us(steady_us)
            moment = Moment(until_us, lapse_us, ended)
            for one in self._pending:
                self._journal.append(one.feed, one.positions)
            self._journal.mark(now_us, moment.encoded())
            self._journal.commit()
            self._pending.clear()
            self._amending.tick(until_us, self._journal.committed, self._intake.latest_us)
            silences = self._silences.step(self._feeds.states, now_us, steady_us)
            self._append([*self._judged(moment), *silences])
            self._trouble = None
        except StoreError as error:
            self._trouble = str(error)
        self._feeds.tick(now_us)
        self._read_us = self._received()
        said, self._received.findings = self._received.findings, []
        self.findings = fold_findings([*self.findings, *said, *self._feeds.take_findings()])[:MOST_FINDINGS]
        if capture is not None:
            self.findings += capture.flush()

    def _take(self, steady_us: int) -> None:
        for one in self._feeds.take():
            self._counts.reports += len(one.positions)
            self._intake.add(one.feed, one.positions, steady_us)
            self._pending.append(one)

    def _judged(self, moment: Moment) -> list[Body]:
        try:
            return self._judge(moment)
        except StoreError:
            raise
        except Exception:
            # Half a tick was judged: all since the state was kept is judged again, this tick with care.
            self._recover()
            return []

    def _judge(self, moment: Moment) -> list[Body]:
        tick = self._engine.step(self._intake.release(moment.until_us), moment.lapse_us)
        self._lapse_us = moment.lapse_us
        if moment.until_us > NEVER_US:
            self._event_us = moment.until_us
        if tick.late is not None:
            self._counts.late += len(tick.late)
            self._amending.late(tick.late)
        self._amending.judged(self._engine, moment.until_us)
        return [*tick.bodies, *(self._engine.finish().bodies if moment.ended else [])]

    def _append(self, bodies: Iterable[Body]) -> None:
        """Append what is to be recorded, and wake the channels; what cannot be appended is kept for later."""
        self._unstored += bodies
        if not self._unstored:
            return
        plans, was_told = self.plan.alerts, self._store.outbox.was_told
        keep = self._editions.to_keep(self._engine, self._unstored)
        self._store.append(self._unstored, lambda body: channels_for(plans, body, was_told), keep)
        stored, self._unstored = self._unstored, []
        self._counts.records += len(stored)
        self._amending.recorded(stored)
        self.on_records(stored)
        self._telling.wake()

    async def _amend(self) -> None:
        """Record what late reports show to have been otherwise."""
        at, until_us = self._journal.committed, self._intake.until_us
        again = self._amending.take(self._engine, self._journal.folder, at, until_us, self._lapse_us)
        if again is None:
            return
        try:
            self._append(self._amending.fresh(await asyncio.to_thread(amendments, again)))
        except StoreError as error:
            self._trouble = str(error)

    def _change(self, law: Sequence[Zone], at_us: int) -> None:
        """Judge by other zones from then on. What was judged was judged by the law before, of which no more
        is known once this is kept."""
        if self._next_options is not None:
            self._engine.options = self._next_options
        engine, ended = reloaded(self._engine, law, at_us, self.plan.predictor)
        ended = [*self._unstored, *ended]
        keep_law(self.plan.law_path, [*self._engine.law, *engine.law])
        keep(self.plan.kept_path, self._state(engine, ended, self._journal.commit(sync=True)))
        self._engine, self._unstored = engine, ended
        self._law, self._options = tuple(law), self._next_options

    def _new_engine(
        self, law: Sequence[Zone], in_force: Sequence[InForce] | None, options: EngineOptions | None = None
    ) -> Engine:
        engine = Engine(law, options or self._options or self.plan.options, in_force=in_force)
        engine.predictor = self.plan.predictor(engine.law_in_force)
        return engine

    def _new_intake(self) -> Intake:
        return Intake([feed.lateness_s for feed in self.plan.feeds], self.plan.watch.hold_s)

    def _recover(self) -> None:
        """Take up the state that was kept, and work out again what came after it. Where the engine fails on a
        tick, that one is judged target by target, and what cannot be is left out with a finding."""
        failing: set[int] = set()
        while (at := self._take_up(failing)) is not None:
            failing.add(at)
        if self._engine.watched != {zone.zone_hash for zone in self._law}:
            live = any(feed.pace is None for feed in self.plan.feeds)
            self._change(self._law, self._times.started_us(self.clock(), self._intake.until_us, live=live))

    def _take_up(self, failing: Set[int]) -> int | None:
        """Return the offset of the tick that the engine fails on; None where it is none but ``failing``."""
        self._intake = self._new_intake()
        self._amending = Amending(self.plan.options.max_gap_s)
        self._unstored = []
        law, found, steady_us = self._law, kept_beside(self._store, self.plan.kept_path), self._steady_us()
        ended: list[Body] = []
        if found is None:
            self._engine = self._new_engine(law, None)
            keep_law(self.plan.law_path, law)
            found = self._state(self._engine, [], 0)
            keep(self.plan.kept_path, found)
        else:
            known = {zone.zone_hash: zone for zone in law}
            before = kept_law(self.plan.law_path, found.law, known)
            self._watched_us = found.received_us or None
            force = found.in_force
            self._engine, self._intake, ended, said = taken_up(
                self.plan.kept_path, found, lambda: (self._new_engine(before, force), self._new_intake()),
                steady_us,
            )  # fmt: skip
            self.findings += [one for one in said if one not in self.findings]
        offset, sequence = found.offset, found.sequence
        self._times = EventClock(found.behind_us, self._intake.latest_us)
        self._read_us = max(self._read_us, found.received_us)
        recorded = Recorded(self._store.read(sequence + 1))
        self._unstored += recorded.fresh([*found.unstored, *ended])
        self._amending.recorded(record.content for record in self._store.read(max(1, sequence - RECENT)))
        self._amending.tick(self._intake.until_us, offset, self._intake.latest_us)
        self._amending.judged(self._engine, self._intake.until_us)
        for entry in self._journal.read(offset):
            if isinstance(entry, Batch):
                self._intake.add(entry.feed, entry.positions, steady_us)
                self._read_us = max(self._read_us, latest_received_us(entry.positions))
            elif isinstance(entry, Mark):
                moment = Moment.decoded(entry.value)
                self._times.came(self._intake.latest_us, entry.now_us)
                self._watched_us = max(self._watched_us or 0, entry.now_us)
                try:
                    apart = entry.offset_after in failing
                    bodies = self._judge_apart(moment) if apart else self._judge(moment)
                except StoreError:
                    raise
                except Exception:
                    if entry.offset_after in failing:
                        raise
                    return entry.offset_after
                self._unstored += recorded.fresh(bodies)
        return None

    def _judge_apart(self, moment: Moment) -> list[Body]:
        before = self._engine
        rows = self._intake.release(moment.until_us)
        anew = partial(self._new_engine, before.law, before.in_force, before.options)
        self._engine, bodies, said = judged_apart(before, rows, moment.lapse_us, anew)
        self.findings += said
        return [*bodies, *(self._engine.finish().bodies if moment.ended else [])]

    def _steady_us(self) -> int:
        return round(self.monotonic_s() * 1e6)

    async def _keep(self, archive: ArchiveThread) -> None:
        """Keep the state, and let go of the journal before it."""
        if self._pending or self._unstored:
            return
        self._engine = without_silent(self._engine, self._intake.until_us) or self._engine
        try:
            offset = self._journal.commit(sync=True)
            await asyncio.to_thread(keep, self.plan.kept_path, self._state(self._engine, [], offset))
            self._journal.forget(min(offset, archive.forgettable, self._amending.needed))
        except StoreError as error:
            self._trouble = str(error)

    def _state(self, engine: Engine, unstored: list[Body], offset: int) -> Kept:
        return Kept(
            engine.hashes, engine.in_force, self._store.head().sequence, offset, engine.save(),
            pack(self._intake.save()), unstored, self._read_us, LAYOUT, self._times.behind_us,
        )  # fmt: skip

    def _zone(self, zone_hash: str) -> Zone | None:
        return next((zone for zone in self._law if zone.zone_hash == zone_hash), None)
