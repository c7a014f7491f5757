"""One channel and what is on its way there: what is tried when, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from nofly.alerts import Channel, Condition, Outcome, Verdict, later
from nofly.errors import NoflyError, StoreError
from nofly.feeds.reconnection import Backoff, after_failure
from nofly.plugins.reasons import reason
from nofly.run.alerting.desk import Desk
from nofly.run.alerting.hand import Hand, Held
from nofly.run.alerting.pacing import TokenBucket
from nofly.run.alerting.plans import AlertPlan
from nofly.run.alerting.standing import LOOK_S, Standing
from nofly.run.alerting.words import notice_of
from nofly.store.outbox import Alert
from nofly.store.sqlite import Store
from nofly.units import US_PER_S
from nofly.zones.model import Zone

MOST_IN_HAND = 500
"""So many alerts of a channel are held at once, to see which supersede others."""
IDLE_S = 30.0
"""A channel that nobody wakes looks for alerts so often."""
COUNT_EVERY_S = 2.0
CONDITION_S = 1.0
"""So often it is looked whether the watch is as the channel was told last."""
CLOSE_S = 5.0
"""Longest that a channel may take to give back what it holds."""
BACKOFF = Backoff(first_s=1.0, longest_s=600.0)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel is. Times are UTC microseconds; None: not yet."""

    name: str
    kind: str
    waiting: int = 0
    """Alerts that are still to be told, those being told among them."""
    delivered: int = 0
    given_up: int = 0
    """With a reason in the outbox; silenced ones among them."""
    silenced: int = 0
    """Since the start: not told because somebody acknowledged or muted."""
    folded: int = 0
    """Since the start: told by a newer notice of the same incident."""
    failures: int = 0
    """In a row."""
    refused: int = 0
    """In a row: given up because they can never be told."""
    unshown: int = 0
    """Failures in a row to show what is watched, or that the watch is alive."""
    last_told_us: int | None = None
    last_error: str | None = None
    last_error_us: int | None = None


class Line:
    """Takes a channel's alerts from the desk and has them told. :meth:`turn` is called again and again."""

    def __init__(
        self, plan: AlertPlan, channel: Channel, desk: Desk, condition: Callable[[], Condition],
        chance: Callable[[], float],
    ) -> None:  # fmt: skip
        self.plan, self.state = plan, ChannelState(plan.name, plan.kind)
        self._channel, self._desk, self._condition, self._chance = channel, desk, condition, chance
        self._bucket = TokenBucket(plan.per_minute, plan.options.burst, 0.0)
        self._hand = Hand()
        self._unmarked: list[str] = []
        """Told, and not noted in the store yet."""
        self._more = False
        """The outbox had more than could be taken in hand."""
        self._uncounted = True
        """It was looked for alerts since they were counted."""
        self._zones: Sequence[Zone] | None = None
        self._standing = Standing()
        self._is_shown = True
        self._show_failures = self._beat_failures = 0
        self._beaten: Condition | None = None
        self._paused_until_s = self._look_s = self._beat_s = self._show_s = self._count_s = 0.0
        self._said_s = 0.0

    def look(self) -> None:
        """Look for alerts at the next turn."""
        self._look_s = 0.0

    def show(self, zones: Sequence[Zone], open_incidents: Sequence[str]) -> None:
        """Show at the next turn what is watched."""
        self._standing.begin(open_incidents)
        self._zones, self._is_shown, self._show_s = zones, False, 0.0

    async def close(self) -> None:
        """Have the channel give back what it holds."""
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_S):
                await self._channel.aclose()

    async def turn(self) -> float:
        """Do what is to be done now; return for how many seconds there is nothing more."""
        loop = asyncio.get_running_loop()
        await self._mark()
        await self._attend(loop.time)
        if loop.time() >= self._look_s or (self._more and len(self._hand.ready()) < MOST_IN_HAND // 2):
            # Before it is looked: who wakes meanwhile is not overheard.
            self._look_s, self._uncounted = loop.time() + IDLE_S, True
            try:
                await self._fill()
            except Exception:
                self.look()
                raise
        await self._tell_all(loop.time)
        if self._is_uncounted() and loop.time() >= self._count_s:
            await self._count()
            self._count_s = loop.time() + COUNT_EVERY_S
        return self._wait_s(loop.time())

    def failed(self, why: str, now_us: int, *, row: int) -> None:
        """Note an error; ``row``: how many times the channel has failed in a row by now."""
        self.state = replace(self.state, last_error=why, last_error_us=now_us, failures=row)

    def _wait_s(self, now_s: float) -> float:
        ready = self._hand.ready()
        until_s = [now_s if self._more and len(ready) < MOST_IN_HAND // 2 else self._look_s]
        if self._channel.beat_s is not None:
            until_s.append(min(self._beat_s, now_s + CONDITION_S))
        if not self._is_shown:
            until_s.append(self._show_s)
        if self.plan.stateful:
            until_s.append(self._said_s)
        if ready:
            until_s.append(max(self._paused_until_s, now_s + self._bucket.wait_s(now_s)))
        if self._is_uncounted():
            until_s.append(self._count_s)
        return max(0.0, min(until_s) - now_s)

    def _is_uncounted(self) -> bool:
        return self._uncounted or bool(self.state.waiting or self._unmarked)

    async def _attend(self, clock_s: Callable[[], float]) -> None:
        """Show the channel what is watched, and let it beat. Whatever fails there holds up no alert."""
        if self.plan.stateful and clock_s() >= self._said_s:
            if await self._standing.is_due(self._desk):
                self._is_shown = False
            self._said_s = clock_s() + LOOK_S
        if self._zones is not None and not self._is_shown and clock_s() >= self._show_s:
            await self._show(self._zones, clock_s)
        if self._channel.beat_s is None:
            return
        condition = self._condition()
        if clock_s() >= self._beat_s or condition != self._beaten:
            self._beat_s, self._beaten = clock_s() + self._channel.beat_s, condition
            why = await self._within(self._channel.beat(condition))
            self._beat_failures = 0 if why is None else self._beat_failures + 1
            await self._showed(why)

    async def _show(self, zones: Sequence[Zone], clock_s: Callable[[], float]) -> None:
        """Show what is watched and what stands; where that fails, it is done again."""
        standing = await self._standing.notices(self._desk, self.plan)
        if self._zones is zones:
            # What is said from here on is shown the next time.
            self._is_shown = True
        why = await self._within(self._channel.watch(zones, standing))
        if why is None:
            self._show_failures = 0
        else:
            self._is_shown = False
            self._show_failures, wait_s = after_failure(self._show_failures, 0.0, self._chance(), BACKOFF)
            self._show_s = clock_s() + max(wait_s, 0.1)
        await self._showed(why)

    async def _showed(self, why: str | None) -> None:
        """Note that what is watched could be shown, or why not."""
        self.state = replace(self.state, unshown=self._show_failures + self._beat_failures)
        if why is not None:
            self.failed(why, await self._desk.now_us(), row=self.state.failures)

    async def _within(self, doing: Coroutine[Any, Any, object]) -> str | None:
        """Return why a channel failed; None where it did not."""
        try:
            async with asyncio.timeout(self.plan.options.try_s):
                await doing
        except Exception as error:  # whatever a channel raises, the others and the alerts go on
            return shown(error)
        return None

    async def _fill(self) -> None:
        """Take alerts in hand that are due, and see which of them are to be told."""
        now_us = await self._desk.now_us()
        limit = max(1, MOST_IN_HAND - len(self._hand.ready()))
        name = self.plan.name
        claimed = await self._desk.claim(name, now_us, limit)
        self._more = len(claimed) == limit
        unread = {one.key: why for one, begun in claimed if (why := self._take(one, begun)) is not None}
        for key, why in unread.items():
            await self._give_up([key], why)
        for held in self._hand.ready():
            if not held.asked:
                held.asked = not await self._silenced(held)
        ready = self._hand.ready()
        tokens = self._bucket.ready(asyncio.get_running_loop().time())
        count = self._hand.fold(every=tokens is not None and len(ready) > tokens)
        self.state = replace(self.state, folded=self.state.folded + count)

    def _take(self, alert: Alert, begun_us: int | None) -> str | None:
        """Take an alert in hand; return why its record cannot be read, None where it can."""
        known = self._hand.get(alert.key)
        if known is not None:
            known.ready = True
            known.alert = alert if known.alert.key == alert.key else known.alert
        elif alert.key not in self._unmarked:
            try:
                timed = not self.plan.says_when
                notice = notice_of(alert.key, alert.record, self._desk.zone_of, timed=timed)
                notice = replace(notice, begun_us=begun_us)
                if notice.active and not self.plan.tells_status(alert.record.content):
                    # Whoever heard of it before hears that it is over.
                    notice = replace(notice, active=False)
                self._hand.take(Held(alert, notice))
            except StoreError as error:
                return shown(error)
        return None

    async def _silenced(self, held: Held) -> bool:
        """Give an alert up that somebody has acknowledged or muted; return whether it was so."""
        silence = await self._desk.silence(held.notice, self.plan.name, self.plan.stateful)
        if silence is None:
            return False
        await self._give_up(held.keys, silence.why)
        self._standing.silenced(held.notice, silence)
        self._hand.drop(held)
        self.state = replace(self.state, silenced=self.state.silenced + len(held.keys))
        return True

    async def _tell_all(self, clock_s: Callable[[], float]) -> None:
        """Tell what is ready, as far as the rate goes, until the channel fails or there is news."""
        for held in self._hand.ready():
            if clock_s() < self._paused_until_s or clock_s() >= self._look_s:
                return
            if self._bucket.ready(clock_s()) == 0:
                return
            if not await self._silenced(held):
                self._bucket.take(clock_s())
                await self._tell(held, clock_s)

    async def _tell(self, held: Held, clock_s: Callable[[], float]) -> None:
        notice, plan = held.told_as, self.plan
        notice = replace(notice, text=plan.template.render(notice), title=plan.title.render(notice))
        try:
            async with asyncio.timeout(plan.options.try_s):
                outcome = await self._channel.tell(notice)
        except Exception as error:  # a channel's fault is an alert to be tried again, never the end
            outcome = later(shown(error))
        now_us = await self._desk.now_us()
        if outcome.verdict is Verdict.TOLD:
            self._hand.drop(held)
            self._standing.told(held.notice)
            self._unmarked += held.keys
            self.state = replace(self.state, last_told_us=now_us, failures=0, refused=0)
            await self._mark()
        elif outcome.verdict is Verdict.NEVER:
            self.state = replace(self.state, refused=self.state.refused + 1)
            self.failed(outcome.why, now_us, row=0)
            await self._give_up(held.keys, outcome.why)
            self._hand.drop(held)
        else:
            await self._put_off(held, outcome, now_us, clock_s)

    async def _put_off(self, held: Held, outcome: Outcome, now_us: int, clock_s: Callable[[], float]) -> None:
        """Have an alert tried again later, or give it up; let the channel rest meanwhile."""
        row, wait_s = after_failure(self.state.failures, 0.0, self._chance(), BACKOFF)
        wait_s = max(wait_s, outcome.after_s or 0.0)
        self.failed(outcome.why, now_us, row=row)
        self._paused_until_s = clock_s() + wait_s
        if held.alert.attempts >= self.plan.options.attempts:
            await self._give_up(held.keys, f"{held.alert.attempts} times: {outcome.why}")
            self._hand.drop(held)
            return
        due_us = now_us + round(wait_s * US_PER_S)

        def put_off(store: Store) -> None:
            for key in held.keys:
                store.outbox.retry(key, due_us, outcome.why)

        await self._desk.do(put_off)
        held.ready = False
        self._look_s = min(self._look_s, clock_s() + wait_s)

    async def _give_up(self, keys: Sequence[str], why: str) -> None:
        now_us = await self._desk.now_us()

        def give_up(store: Store) -> None:
            for key in keys:
                store.outbox.give_up(key, now_us, why)

        await self._desk.do(give_up)

    async def _mark(self) -> None:
        """Note in the store what was told. Where that fails, it is not told again and noted later."""
        if self._unmarked:
            keys, now_us = list(self._unmarked), await self._desk.now_us()
            await self._desk.do(lambda store: store.outbox.deliver(keys, now_us))
            self._unmarked = [key for key in self._unmarked if key not in keys]

    async def _count(self) -> None:
        name, self._uncounted = self.plan.name, False
        found = await self._desk.do(lambda store: store.outbox.backlog(name))
        self.state = replace(
            self.state, waiting=found.waiting + found.claimed, delivered=found.delivered,
            given_up=found.given_up,
        )  # fmt: skip


def shown(error: Exception) -> str:
    """Return an error fit to be shown: of one that is not nofly's own what the system says of it, or else
    only the kind, for it may hold a secret."""
    if isinstance(error, NoflyError):
        return str(error)[:300]
    return reason(error)[:300] if isinstance(error, OSError) else type(error).__name__
