"""What live traffic amounts to: the judgement of each tick, and its state, kept and taken up again.

Nothing here connects to a feed or tells anybody. What is judged is in the journal; what follows from it is to
be recorded by whoever asks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import partial

from nofly.errors import Finding, StoreError
from nofly.run.live.amending import Again, Amending
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
    taken_up,
)  # fmt: skip
from nofly.run.live.reloading import reloaded
from nofly.run.watch_plan import WatchPlan
from nofly.store.journal import Batch, Journal, Mark
from nofly.store.sqlite import Store
from nofly.zones.model import Zone

RECENT = 20_000
"""So many records at most are looked at for what was recorded of the last minutes before a start."""


MOST_FINDINGS = 1000


@dataclass(slots=True)
class Judging:
    """The judgement of a watch. :meth:`recover` before anything else."""

    plan: WatchPlan
    clock: Callable[[], int]
    monotonic_s: Callable[[], float]
    store: Store
    journal: Journal
    law: tuple[Zone, ...] = ()
    options: EngineOptions | None = None
    event_us: int | None = None
    lapse_us: int | None = None
    late: int = 0
    """Reports that came too late to be judged with the others."""
    engine: Engine = field(init=False)
    intake: Intake = field(init=False)
    read_us: int = 0
    """What the receive clock read last, of the process before as far as it was kept."""
    watched_us: int | None = None
    """When the process before was at work last; None: there was none."""
    times: EventClock = field(default_factory=EventClock)
    amending: Amending = field(init=False)
    unstored: list[Body] = field(default_factory=list)
    """What is to be recorded."""
    _findings: list[Finding] = field(default_factory=list)
    _taken_up: deque[Finding] = field(default_factory=lambda: deque(maxlen=MOST_FINDINGS))
    """What was said of the state as it was taken up, which is not said again."""

    def __post_init__(self) -> None:
        self.law = self.plan.law

    def steady_us(self) -> int:
        """Return the time of a clock that is never set."""
        return round(self.monotonic_s() * 1e6)

    def came(self, now_us: int) -> None:
        """Note when what the intake holds came."""
        self.times.came(self.intake.latest_us, now_us)

    def moment(self, steady_us: int, *, ended: bool, deaf: bool) -> Moment:
        """Return up to when all is judged now. ``ended``: no more comes; ``deaf``: no feed was read."""
        until_us = self.intake.latest_us if ended else self.intake.watermark_us(steady_us)
        return Moment(until_us, until_us if deaf else self.intake.lapse_us(steady_us), ended)

    def noted(self, moment: Moment) -> None:
        """Note where the journal is once it holds what is judged up to a moment."""
        self.amending.tick(moment.until_us, self.journal.committed, self.intake.latest_us)

    def recorded(self) -> list[Body]:
        """Return what was to be recorded and is now."""
        stored, self.unstored = self.unstored, []
        self.amending.recorded(stored)
        return stored

    def to_amend(self) -> Again | None:
        """Return what is to be judged again of late reports, None where nothing is."""
        at, until_us = self.journal.committed, self.intake.until_us
        return self.amending.take(self.engine, self.journal.folder, at, until_us, self.lapse_us)

    def take_findings(self) -> list[Finding]:
        """Return what was found since this was called last."""
        found, self._findings = self._findings, []
        return found

    async def keep(self, forgettable: int) -> None:
        """Keep the state, and let go of the journal before it, as far as nobody else needs it. Raises
        StoreError."""
        self.engine = without_silent(self.engine, self.intake.until_us) or self.engine
        offset = self.journal.commit(sync=True)
        await asyncio.to_thread(keep, self.plan.kept_path, self._state(self.engine, [], offset))
        self.journal.forget(min(offset, forgettable, self.amending.needed))

    def judged(self, moment: Moment) -> list[Body]:
        """Return what follows from a moment whose rows are in the journal. Raises StoreError."""
        try:
            return self._judge(moment)
        except StoreError:
            raise
        except Exception:
            # Half a tick was judged: all since the state was kept is judged again, this tick with care.
            self.recover()
            return []

    def _judge(self, moment: Moment) -> list[Body]:
        tick = self.engine.step(self.intake.release(moment.until_us), moment.lapse_us)
        self.lapse_us = moment.lapse_us
        if moment.until_us > NEVER_US:
            self.event_us = moment.until_us
        if tick.late is not None:
            self.late += len(tick.late)
            self.amending.late(tick.late)
        self.amending.judged(self.engine, moment.until_us)
        return [*tick.bodies, *(self.engine.finish().bodies if moment.ended else [])]

    def change(self, law: Sequence[Zone], options: EngineOptions | None, at_us: int) -> None:
        """Judge by other zones from then on. What was judged was judged by the law before, of which no more
        is known once this is kept."""
        if options is not None:
            self.engine.options = options
        known = {*self.engine.hashes}
        # Of a register come all editions that ever were: one that is over can be entered no more.
        law = [
            one for one in law
            if one.zone_hash in known or one.valid_to_us is None or one.valid_to_us > at_us
        ]  # fmt: skip
        engine, ended = reloaded(self.engine, law, at_us, self.plan.predictor)
        ended = [*self.unstored, *ended]
        keep_law(self.plan.law_path, [*self.engine.law, *engine.law])
        keep(self.plan.kept_path, self._state(engine, ended, self.journal.commit(sync=True)))
        self.engine, self.unstored = engine, ended
        self.law, self.options = tuple(law), options

    def _new_engine(
        self, law: Sequence[Zone], in_force: Sequence[InForce] | None, options: EngineOptions | None = None
    ) -> Engine:
        engine = Engine(law, options or self.options or self.plan.options, in_force=in_force)
        engine.predictor = self.plan.predictor(engine.law_in_force)
        return engine

    def _new_intake(self) -> Intake:
        return Intake([feed.lateness_s for feed in self.plan.feeds], self.plan.watch.hold_s)

    def recover(self) -> None:
        """Take up the state that was kept, and work out again what came after it. Where the engine fails on a
        tick, that one is judged target by target, and what cannot be is left out with a finding."""
        failing: set[int] = set()
        while (at := self._take_up(failing)) is not None:
            failing.add(at)
        if self.engine.watched != {zone.zone_hash for zone in self.law}:
            live = any(feed.pace is None for feed in self.plan.feeds)
            self.change(
                self.law, self.options, self.times.started_us(self.clock(), self.intake.until_us, live=live)
            )

    def _take_up(self, failing: Set[int]) -> int | None:
        """Return the offset of the tick that the engine fails on; None where it is none but ``failing``."""
        self.intake = self._new_intake()
        self.amending = Amending(self.plan.options.max_gap_s)
        self.unstored = []
        law, found, steady_us = self.law, kept_beside(self.store, self.plan.kept_path), self.steady_us()
        ended: list[Body] = []
        if found is None:
            self.engine = self._new_engine(law, None)
            keep_law(self.plan.law_path, law)
            found = self._state(self.engine, [], 0)
            keep(self.plan.kept_path, found)
        else:
            known = {zone.zone_hash: zone for zone in law}
            before = kept_law(self.plan.law_path, found.law, known)
            self.watched_us = found.received_us or None
            force = found.in_force
            self.engine, self.intake, ended, said = taken_up(
                self.plan.kept_path, found, lambda: (self._new_engine(before, force), self._new_intake()),
                steady_us,
            )  # fmt: skip
            said = [one for one in said if one not in self._taken_up]
            self._taken_up += said
            self._findings += said
        offset, sequence = found.offset, found.sequence
        self.times = EventClock(found.behind_us, self.intake.latest_us)
        self.read_us = max(self.read_us, found.received_us)
        recorded = Recorded(self.store.read(sequence + 1))
        self.unstored += recorded.fresh([*found.unstored, *ended])
        self.amending.recorded(record.content for record in self.store.read(max(1, sequence - RECENT)))
        self.amending.tick(self.intake.until_us, offset, self.intake.latest_us)
        self.amending.judged(self.engine, self.intake.until_us)
        for entry in self.journal.read(offset):
            if isinstance(entry, Batch):
                self.intake.add(entry.feed, entry.positions, steady_us)
                self.read_us = max(self.read_us, latest_received_us(entry.positions))
            elif isinstance(entry, Mark):
                moment = Moment.decoded(entry.value)
                self.times.came(self.intake.latest_us, entry.now_us)
                self.watched_us = max(self.watched_us or 0, entry.now_us)
                try:
                    apart = entry.offset_after in failing
                    bodies = self._judge_apart(moment) if apart else self._judge(moment)
                except StoreError:
                    raise
                except Exception:
                    if entry.offset_after in failing:
                        raise
                    return entry.offset_after
                self.unstored += recorded.fresh(bodies)
        return None

    def _judge_apart(self, moment: Moment) -> list[Body]:
        before = self.engine
        rows = self.intake.release(moment.until_us)
        anew = partial(self._new_engine, before.law, before.in_force, before.options)
        self.engine, bodies, said = judged_apart(before, rows, moment.lapse_us, anew)
        self._findings += said
        return [*bodies, *(self.engine.finish().bodies if moment.ended else [])]

    def _state(self, engine: Engine, unstored: list[Body], offset: int) -> Kept:
        return Kept(
            engine.hashes, engine.in_force, self.store.head().sequence, offset, engine.save(),
            pack(self.intake.save()), unstored, self.read_us, LAYOUT, self.times.behind_us,
        )  # fmt: skip
