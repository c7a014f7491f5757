"""Telling: nothing lost, nothing told twice, and whatever a channel does, the others are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nofly.alerts import Channel, Condition, Notice, Outcome, Verdict, later, never, told
from nofly.alerts.log import OPTIONS
from nofly.errors import StoreError
from nofly.run.alerting import line as alert_line
from nofly.run.alerting import telling as telling_module
from nofly.run.alerting.channel_metrics import alert_metrics
from nofly.run.alerting.plans import AlertPlan, TellOptions, channels_for, plan_alert
from nofly.run.alerting.telling import Telling
from nofly.run.alerting.words import Template
from nofly.store.outbox import Backlog, Outbox, alert_key
from nofly.store.sqlite import Store
from nofly.zones.model import Zone
from tests.alerts.site import site
from tests.run.watches import RING

S = 1_000_000
PATIENCE_S = 20.0
Answer = Callable[[Notice], Awaitable[Outcome]]


class Ear(Channel):
    """A channel that hears everything, and answers as it is told."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.heard: list[Notice] = []
        self.zones: Sequence[Zone] = ()
        self.standing: Sequence[Notice] = ()
        self.beats: list[Condition] = []
        self.closed = False
        self._answer = answer

    async def tell(self, notice: Notice) -> Outcome:
        self.heard.append(notice)
        return told() if self._answer is None else await self._answer(notice)

    async def watch(self, zones: Sequence[Zone], standing: Sequence[Notice]) -> None:
        self.zones, self.standing = zones, standing

    async def beat(self, condition: Condition) -> None:
        self.beats.append(condition)

    async def aclose(self) -> None:
        self.closed = True

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(n.incident, n.kind) for n in self.heard]


class Clock:
    def __init__(self) -> None:
        self.now_us = 1_600_000_000 * S

    def __call__(self) -> int:
        return self.now_us


def plan(name: str, ear: Channel, *, stateful: bool = False, **options: Any) -> AlertPlan:
    module = ModuleType("ear")
    module.__dict__.update(channel=lambda *_: ear, STATEFUL=stateful, PER_MINUTE=None, OPTIONS=OPTIONS)
    return AlertPlan(
        name, "ear", TellOptions(**options), OPTIONS(), module,
        Template(options.get("template", "{text}")), Template("{title}"),
    )  # fmt: skip


def body(
    incident: str = "i", kind: str = "entered", phase: str = "infringing", **more: Any
) -> dict[str, Any]:
    known = {"zone_hash": "z", "zone_id": "Z1", "target_id": "icao24:4ca7b3", "time_us": 1_600_000_000 * S}
    return {**known, "kind": kind, "incident": incident, "phase": phase, **more}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Store(tmp_path / "record.sqlite").close()
    return tmp_path / "record.sqlite"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from nofly.feeds.reconnection import Backoff

    monkeypatch.setattr(alert_line, "BACKOFF", Backoff(first_s=0.01, longest_s=0.02))
    monkeypatch.setattr(alert_line, "COUNT_EVERY_S", 0.01)


def append(path: Path, bodies: Sequence[dict[str, Any]], *channels: str) -> None:
    with Store(path) as store:
        store.append(bodies, channels)


def backlog(path: Path, channel: str) -> Backlog:
    with Store(path) as store:
        return store.outbox.backlog(channel)


def tell(
    telling: Telling, until: Callable[[], bool], during: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Run until it is so."""

    async def run() -> None:
        task = asyncio.create_task(telling.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                if during is not None:
                    await during()
                while not until():
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.002)
        finally:
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())


def settled(path: Path, *channels: str) -> Callable[[], bool]:
    def check() -> bool:
        counts = [backlog(path, channel) for channel in channels]
        return not any(count.waiting + count.claimed for count in counts)

    return check


def test_every_alert_is_told_once_in_order_and_marked(path: Path) -> None:
    append(path, [body(f"i{n}") for n in range(50)], "a", "b")
    a, b = Ear(), Ear()
    clock = Clock()
    telling = Telling([plan("a", a), plan("b", b)], path, clock)
    tell(telling, settled(path, "a", "b"))
    for ear in (a, b):
        assert [n.incident for n in ear.heard] == [f"i{n}" for n in range(50)]
        assert len({n.key for n in a.heard + b.heard}) == 100
        assert ear.closed
    assert backlog(path, "a") == Backlog(0, 0, 50, 0)
    state = telling.states[0]
    assert (state.name, state.failures, state.last_told_us, state.last_error) == ("a", 0, clock.now_us, None)
    tell(Telling([plan("a", Ear(never_called))], path, Clock()), settled(path, "a"))


async def never_called(notice: Notice) -> Outcome:
    raise AssertionError(notice)


def test_what_is_appended_while_it_runs_is_told_when_woken(path: Path) -> None:
    ear = Ear()
    telling = Telling([plan("a", ear)], path, Clock())

    async def during() -> None:
        for n in range(5):
            append(path, [body(f"i{n}")], "a")
            telling.wake()
            assert await telling.drain(PATIENCE_S)
            assert len(ear.heard) == n + 1

    tell(telling, lambda: len(ear.heard) == 5, during)


def test_a_channel_that_hangs_or_raises_holds_up_no_other(path: Path) -> None:
    async def hang(notice: Notice) -> Outcome:
        await asyncio.sleep(3600)
        return told()

    async def fault(notice: Notice) -> Outcome:
        raise ValueError("the password is hunter2")

    append(path, [body(f"i{n}") for n in range(20)], "a", "b", "c")
    good = Ear()
    plans = [plan("a", Ear(hang)), plan("b", Ear(fault)), plan("c", good)]
    telling = Telling(plans, path, Clock())
    tell(telling, settled(path, "c"))
    assert len(good.heard) == 20
    assert backlog(path, "a") == Backlog(0, 20, 0, 0)
    assert backlog(path, "b").delivered == 0
    assert telling.states[1].last_error == "ValueError"


def test_a_webhook_that_hangs_does_not_hold_up_the_log(path: Path, tmp_path: Path) -> None:
    append(path, [body(f"i{n}") for n in range(20)], "hook", "log")
    file = tmp_path / "alerts.log"

    async def run() -> None:
        async with site(["hang"]) as one:
            hook = plan_alert("hook", "webhook", {"url": f"http://127.0.0.1:{one.port}/"})
            telling = Telling([hook, plan_alert("log", "log", {"file": str(file)})], path, Clock())
            task = asyncio.create_task(telling.run())
            async with asyncio.timeout(PATIENCE_S):
                while not settled(path, "log")() or not one.posts:
                    await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())
    assert len(file.read_text().splitlines()) == 20
    assert backlog(path, "hook") == Backlog(0, 20, 0, 0)


def test_a_try_that_takes_too_long_is_tried_again(path: Path) -> None:
    async def hang_once(notice: Notice) -> Outcome:
        if len(ear.heard) == 1:
            await asyncio.sleep(3600)
        return told()

    append(path, [body()], "a")
    ear = Ear(hang_once)
    clock = Clock()
    telling = Telling([plan("a", ear, try_s=0.05)], path, clock)
    tell(telling, advanced(clock, settled(path, "a")))
    assert [n.key for n in ear.heard] == [ear.heard[0].key] * 2
    assert telling.states[0].last_error == "no answer in time"


def advanced(clock: Clock, until: Callable[[], bool]) -> Callable[[], bool]:
    """Let the clock go on while it is waited."""

    def check() -> bool:
        clock.now_us += S
        return until()

    return check


def test_failures_are_tried_again_with_the_same_key_until_it_is_given_up(path: Path) -> None:
    async def refuse(notice: Notice) -> Outcome:
        return later("no room")

    append(path, [body()], "a")
    ear, clock = Ear(refuse), Clock()
    tell(Telling([plan("a", ear, attempts=4)], path, clock), advanced(clock, settled(path, "a")))
    assert len(ear.heard) == 4
    assert len({n.key for n in ear.heard}) == 1
    assert backlog(path, "a") == Backlog(0, 0, 0, 1)


def test_what_can_never_be_told_is_given_up_at_once_and_the_next_told(path: Path) -> None:
    async def refuse_one(notice: Notice) -> Outcome:
        return never("status 400") if notice.incident == "i0" else told()

    append(path, [body(f"i{n}") for n in range(3)], "a")
    ear = Ear(refuse_one)
    telling = Telling([plan("a", ear)], path, Clock())
    tell(telling, settled(path, "a"))
    assert len(ear.heard) == 3
    assert backlog(path, "a") == Backlog(0, 0, 2, 1)
    assert telling.states[0].last_error == "status 400"
    assert telling.states[0].refused == 0


def test_refusals_are_counted_until_one_is_told(path: Path) -> None:
    async def refuse(notice: Notice) -> Outcome:
        return never("status 404")

    append(path, [body(f"i{n}") for n in range(3)], "a")
    telling = Telling([plan("a", Ear(refuse))], path, Clock())
    tell(telling, settled(path, "a"))
    assert (telling.states[0].refused, telling.states[0].failures) == (3, 0)
    (metric,) = [m for m in alert_metrics(telling.states) if m.name == "nofly_alerts_failures"]
    assert metric.samples[0].value == 3


def test_one_that_fails_is_not_told_after_a_newer_one_of_its_incident(path: Path) -> None:
    async def fail_first(notice: Notice) -> Outcome:
        if len(ear.heard) == 1:
            append(path, [body("i", "exited", "exited")], "a")
            telling.wake()
            return later("no room")
        return told()

    append(path, [body()], "a")
    ear = Ear(fail_first)
    telling = Telling([plan("a", ear)], path, Clock())
    tell(telling, settled(path, "a"))
    assert ear.kinds == [("i", "entered"), ("i", "exited")]
    assert ear.heard[1].folded == 1
    assert "stands for 1 older notice of this incident too" in ear.heard[1].text
    assert backlog(path, "a") == Backlog(0, 0, 2, 0)
    assert telling.states[0].folded == 1


def test_beyond_the_rate_the_newest_of_an_incident_stands_for_the_older(path: Path) -> None:
    kinds = [("predicted", "predicted"), ("entered", "infringing"), ("exited", "exited")]
    bodies = [body(f"i{n}", *kind, warning=f"w{n}") for kind in kinds for n in range(4)]
    append(path, bodies, "a")
    ear = Ear()
    telling = Telling([plan("a", ear, per_minute=6000, burst=2)], path, Clock())
    tell(telling, settled(path, "a"))
    assert ear.kinds == [(f"i{n}", "exited") for n in range(4)]
    assert [n.folded for n in ear.heard] == [2] * 4
    assert backlog(path, "a") == Backlog(0, 0, 12, 0)


def test_beyond_the_rate_what_is_not_superseded_waits_and_is_told(path: Path) -> None:
    append(path, [body(f"i{n}") for n in range(30)], "a")
    ear = Ear()
    tell(Telling([plan("a", ear, per_minute=60_000, burst=2)], path, Clock()), settled(path, "a"))
    assert [n.incident for n in ear.heard] == [f"i{n}" for n in range(30)]


def test_a_backlog_larger_than_a_hand_is_told_to_the_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_line, "MOST_IN_HAND", 7)
    append(path, [body(f"i{n}") for n in range(60)], "a")
    ear = Ear()
    tell(Telling([plan("a", ear)], path, Clock()), settled(path, "a"))
    assert [n.incident for n in ear.heard] == [f"i{n}" for n in range(60)]


def test_the_next_process_tells_what_was_left_once_more_with_the_same_key(path: Path) -> None:
    async def hang(notice: Notice) -> Outcome:
        await asyncio.sleep(3600)
        return told()

    append(path, [body()], "a")
    first, second = Ear(hang), Ear()
    tell(Telling([plan("a", first)], path, Clock()), lambda: bool(first.heard))
    tell(Telling([plan("a", second)], path, Clock()), settled(path, "a"))
    assert [n.key for n in first.heard] == [n.key for n in second.heard]


def test_a_clock_put_back_delays_nothing(path: Path) -> None:
    async def fail_first(notice: Notice) -> Outcome:
        return told() if len(ear.heard) > 1 else later("no room")

    append(path, [body()], "a")
    ear, clock = Ear(fail_first), Clock()
    telling = Telling([plan("a", ear)], path, clock)
    began_us = clock.now_us

    def check() -> bool:
        if telling.states[0].last_error and clock.now_us == began_us:
            clock.now_us -= 3600 * S
        return settled(path, "a")()

    tell(telling, check)
    assert len(ear.heard) == 2


def said(kind: str, incident: str, phase: str | None = None, **more: Any) -> dict[str, Any]:
    known = {"kind": kind, "incident": incident, "time_us": 1, "who": "ops", "why": "known\x1b"}
    return {**known, **({"phase": phase} if phase else {}), **more}


LIFE = [
    body("w", "predicted", "predicted", warning="w"), body("i", "entered", "infringing", warning="w"),
    body("i", "exited", "exited", warning="w"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "stateful", "expected"),
    [
        ([], False, ["predicted", "entered", "exited"]),
        ([said("acknowledged", "w", "predicted")], False, ["entered"]),
        ([said("acknowledged", "w", "predicted")], True, ["entered", "exited"]),
        ([said("acknowledged", "w", "infringing")], False, []),
        ([said("muted", "w")], False, []),
        ([said("muted", "zone:Z1")], False, []),
        ([said("exempted", "target:icao24:4ca7b3")], False, []),
        ([said("cleared", "i")], False, ["predicted"]),
        ([said("cleared", "i", until_us=1)], False, ["predicted", "entered", "exited"]),
        ([said("muted", "zone:Z1")], True, ["exited"]),
        ([said("muted", "zone:Z2")], False, ["predicted", "entered", "exited"]),
        ([said("muted", "target:icao24:4ca7b3")], False, []),
        ([said("muted", "everything", channel="a")], False, []),
        ([said("muted", "everything", channel="b")], False, ["predicted", "entered", "exited"]),
        ([said("muted", "everything", until_us=1)], False, ["predicted", "entered", "exited"]),
        ([said("muted", "everything", until_us=2**60)], False, []),
        (
            [said("muted", "zone:Z1"), said("muted", "zone:Z1", until_us=1)],
            False,
            ["predicted", "entered", "exited"],
        ),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_somebody_said_something_of_is_not_told(
    path: Path, before: list[dict[str, Any]], stateful: bool, expected: list[str]
) -> None:
    append(path, before)
    append(path, LIFE, "a")
    ear = Ear()
    telling = Telling([plan("a", ear, stateful=stateful)], path, Clock())
    tell(telling, lambda: telling.states[0].silenced == 3 - len(expected) and settled(path, "a")())
    assert [n.kind for n in ear.heard] == expected
    assert backlog(path, "a") == Backlog(0, 0, len(expected), 3 - len(expected))


def test_what_was_told_and_could_not_be_noted_is_noted_later_and_not_told_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, refusals = Outbox.deliver, iter(range(3))

    def deliver(self: Outbox, keys: Sequence[str], now_us: int) -> None:
        if next(refusals, None) is not None:
            raise StoreError("the disk is full")
        real(self, keys, now_us)

    monkeypatch.setattr(Outbox, "deliver", deliver)
    monkeypatch.setattr(telling_module, "_AFTER_FAULT_S", 0.01)
    append(path, [body(f"i{n}") for n in range(3)], "a")
    ear = Ear()
    telling = Telling([plan("a", ear)], path, Clock())
    tell(telling, settled(path, "a"))
    assert [n.incident for n in ear.heard] == ["i0", "i1", "i2"]
    assert telling.states[0].last_error == "the disk is full"


@pytest.mark.parametrize("kinds", [("retry",), ("give_up",), ("claim",)], ids="-".join)
def test_a_store_that_fails_for_a_while_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, kinds: tuple[str, ...]
) -> None:
    for kind in kinds:
        real, refusals = getattr(Outbox, kind), iter(range(2))

        def failing(self: Outbox, *args: Any, real: Any = real, refusals: Any = refusals) -> Any:
            if next(refusals, None) is not None:
                raise StoreError("locked")
            return real(self, *args)

        monkeypatch.setattr(Outbox, kind, failing)
    monkeypatch.setattr(telling_module, "_AFTER_FAULT_S", 0.01)

    async def answer(notice: Notice) -> Outcome:
        if notice.incident == "i0":
            return later("no room") if len(ear.heard) < 4 else told()
        return never("no") if notice.incident == "i1" else told()

    append(path, [body(f"i{n}") for n in range(4)], "a")
    ear, clock = Ear(answer), Clock()
    tell(Telling([plan("a", ear)], path, clock), advanced(clock, settled(path, "a")))
    assert {n.incident for n in ear.heard} == {f"i{n}" for n in range(4)}
    assert backlog(path, "a") == Backlog(0, 0, 3, 1)


def test_silence_is_written_in_the_outbox_with_who_and_why(path: Path) -> None:
    import sqlite3

    append(path, [said("muted", "zone:Z1")])
    append(path, [body()], "a")
    tell(Telling([plan("a", Ear())], path, Clock()), settled(path, "a"))
    (why,) = sqlite3.connect(path).execute("SELECT error FROM alert").fetchone()
    assert why == "muted by ops: known\\x1b"


def test_a_channel_is_shown_what_stands_open(path: Path) -> None:
    append(path, [*LIFE[:2], said("acknowledged", "i", "infringing")])
    ear = Ear()
    ear.beat_s = 0.01
    telling = Telling([plan("a", ear)], path, Clock())
    telling.watch([], ["i", "nothing of that name"])
    tell(telling, lambda: bool(ear.standing) and len(ear.beats) > 2)
    assert [(n.incident, n.kind, n.active) for n in ear.standing] == [("i", "entered", True)]


@pytest.mark.parametrize("name", ["Z\t1", "so\u00adft", "\x1b[31mred\n\u202e", "x" * 400], ids=repr)
def test_a_zone_is_called_the_same_when_shown_and_when_told_of(path: Path, name: str) -> None:
    append(path, [body(zone_id=name)], "a")
    ear, zone = Ear(), replace(RING, id=name, name=name)
    telling = Telling([plan("a", ear)], path, Clock(), zone_of=lambda _: zone)
    telling.watch([zone])
    tell(telling, lambda: bool(ear.heard) and bool(ear.zones))
    (shown,), (heard,) = ear.zones, ear.heard
    assert (shown.id, shown.name) == (heard.zone_id, heard.zone_name)


def test_a_channel_is_told_at_once_that_the_watch_is_otherwise(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_line, "CONDITION_S", 0.01)
    now = [Condition()]
    ear = Ear()
    ear.beat_s = 3600.0
    telling = Telling([plan("a", ear)], path, Clock(), condition=lambda: now[0])

    async def during() -> None:
        while not ear.beats:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        now[0] = Condition(monitored=True)

    tell(telling, lambda: len(ear.beats) > 1, during)
    assert ear.beats == [Condition(), Condition(monitored=True)]


def test_the_outbox_is_not_counted_where_nothing_came(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    real = Outbox.backlog

    def backlog_of(self: Outbox, channel: str) -> Backlog:
        counted.append(channel)
        return real(self, channel)

    monkeypatch.setattr(Outbox, "backlog", backlog_of)
    append(path, [body()], "a")
    ear = Ear()
    ear.beat_s = 0.01
    telling = Telling([plan("a", ear)], path, Clock())
    tell(telling, lambda: len(ear.beats) > 20)
    assert telling.states[0].delivered == 1
    assert len(counted) < 5


def test_what_cannot_be_shown_is_counted_and_said_until_it_can(path: Path) -> None:
    class Broken(Ear):
        async def beat(self, condition: Condition) -> None:
            await super().beat(condition)
            if len(self.beats) < 4:
                raise ConnectionRefusedError(111, "Connection refused")

    ear = Broken()
    ear.beat_s = 0.01
    telling = Telling([plan("a", ear)], path, Clock())
    seen: list[int] = []

    def until() -> bool:
        seen.append(telling.states[0].unshown)
        return len(ear.beats) > 4

    tell(telling, until)
    assert (max(seen), seen[-1], telling.states[0].failures) == (3, 0, 0)
    assert telling.states[0].last_error == "Connection refused"


def test_templates(path: Path) -> None:
    append(path, [body(callsign="A\nB{text}")], "a")
    ear = Ear()
    tell(
        Telling([plan("a", ear, template="{{{callsign}}} in {zone_name}")], path, Clock()), settled(path, "a")
    )
    assert ear.heard[0].text == "{A B{text}} in not known"


def test_without_a_channel_it_goes_on(path: Path) -> None:
    telling = Telling([], path, Clock())

    async def during() -> None:
        assert await telling.drain(PATIENCE_S)
        await asyncio.sleep(0.05)

    tell(telling, lambda: telling.states == (), during)


def test_no_store(tmp_path: Path) -> None:
    telling = Telling([plan("a", Ear())], tmp_path / "none.sqlite", Clock())
    with pytest.raises(StoreError):
        asyncio.run(telling.run())


def test_channels_for() -> None:
    plans = [
        plan("all", Ear(), tell=("entered", "acknowledged"), statuses=("infringement", "suspect")),
        plan("usual", Ear()),
    ]
    assert channels_for(plans, body()) == ["all", "usual"]
    assert channels_for(plans, body(shadow=True)) == ["all"]
    assert channels_for(plans, body(status="exempt")) == []
    assert channels_for(plans, body(inhibited={"who": "tower", "why": "training"})) == []
    assert channels_for(plans, body(kind="exited")) == ["usual"]
    assert channels_for(plans, {"kind": "feed-silent", "incident": "feed:x", "time_us": 1}) == ["usual"]
    assert channels_for(plans, {"kind": "closed", "incident": "x"}) == []


def test_how_it_goes_on_is_told_who_heard_of_it_whatever_its_status_is_now() -> None:
    plans = [plan("a", Ear(), tell=("entered", "exited", "muted")), plan("b", Ear())]
    asked: list[tuple[list[str], str]] = []

    def was_told(names: Sequence[str], channel: str) -> bool:
        asked.append((list(names), channel))
        return channel == "a"

    exempt = body("i", "exited", "exited", status="exempt", warning="w")
    assert channels_for(plans, exempt, was_told) == ["a"]
    assert asked == [(["i", "w"], "a"), (["i", "w"], "b")]
    assert channels_for(plans, {**exempt, "kind": "muted"}, was_told) == []
    assert channels_for(plans, {**exempt, "kind": "doubted"}, was_told) == []


def test_a_channel_that_shows_a_state_is_told_every_end() -> None:
    shown, told_of = plan("a", Ear(), stateful=True, tell=("entered",)), plan("b", Ear(), tell=("entered",))
    assert set(shown.tells) == {"entered", "unpredicted", "found-outside", "exited", "closed"}
    assert told_of.tells == ("entered",)
    assert len(set(plan("a", Ear(), stateful=True).tells)) == len(plan("a", Ear(), stateful=True).tells)


def test_what_turns_out_to_be_exempt_is_over_for_who_is_not_told_of_such(path: Path) -> None:
    append(path, [LIFE[0], body("i", "entered", "infringing", warning="w", status="exempt")], "a")
    ear = Ear()
    tell(Telling([plan("a", ear, stateful=True)], path, Clock()), settled(path, "a"))
    assert [(n.kind, n.active, n.urgency.value) for n in ear.heard] == [
        ("predicted", True, "warning"), ("entered", False, "information"),
    ]  # fmt: skip
    assert ear.heard[1].title.startswith("entered [exempt]: ")
    assert ear.heard[1].text.startswith("[exempt] ")
    other = Ear()
    append(path, [body("j", status="exempt")], "b")
    options = {"statuses": ("infringement", "exempt")}
    tell(Telling([plan("b", other, stateful=True, **options)], path, Clock()), settled(path, "b"))
    assert other.heard[0].active


@pytest.mark.parametrize(
    ("bodies", "channels", "kinds"),
    [
        ([body()], [], ["entered"]),
        ([body()], ["a"], ["entered"]),
        ([body(status="exempt")], [], []),
        ([body(shadow=True)], [], []),
        ([body("i", "predicted", "predicted", inhibited={"who": "tower", "why": "training"})], [], []),
        ([said("muted", "zone:Z1"), body()], [], []),
        ([said("acknowledged", "zone:Z1"), body()], [], ["entered"]),
        ([body(), said("muted", "zone:Z1")], ["a"], []),
        ([body(), said("acknowledged", "zone:Z1")], ["a"], ["entered"]),
        ([body(), said("muted", "zone:Z1"), said("muted", "zone:Z1", until_us=1)], ["a"], ["entered"]),
        ([body(), body(kind="judged", phase="infringing", status="infringement")], ["a"], ["entered"]),
        ([body(), body(kind="doubted", phase="undetermined")], ["a"], ["doubted"]),
        ([body(), body(kind="exited", phase="exited", status="exempt")], ["a"], []),
    ],
    ids=range(13),
)
def test_after_a_restart_a_channel_shows_what_it_showed(
    path: Path, bodies: list[dict[str, Any]], channels: list[str], kinds: list[str]
) -> None:
    append(path, bodies, *channels)
    if channels:
        with Store(path) as store:
            store.outbox.deliver([alert_key(r.hash, "a") for r in store.read()], 1)
    ear = Ear()
    ear.beat_s = 0.01
    telling = Telling([plan("a", ear, stateful=True)], path, Clock())
    telling.watch([], ["i"])
    tell(telling, lambda: len(ear.beats) > 2)
    assert [n.kind for n in ear.standing] == kinds


def test_after_a_restart_who_was_warned_of_and_has_entered_is_inside(path: Path) -> None:
    append(path, LIFE[:2], "a")
    with Store(path) as store:
        store.outbox.deliver([alert_key(r.hash, "a") for r in store.read()], 1)
    ear = Ear()
    ear.beat_s = 0.01
    telling = Telling([plan("a", ear, stateful=True)], path, Clock())
    telling.watch([], ["i", "w"])
    tell(telling, lambda: len(ear.beats) > 2)
    assert [n.kind for n in ear.standing] == ["entered"]


WITH_TIMES = [
    body("w", "predicted", "predicted", warning="w", time_us=1000),
    body("i", "entered", "infringing", warning="w", time_us=2000),
    body("i", "doubted", "undetermined", warning="w", time_us=3000),
    body("i", "exited", "exited", warning="w", time_us=4000),
    body("i", "re-entered", "infringing", warning="w", time_us=5000),
]


def test_since_when_it_lasts_is_told_and_shown_as_recorded(path: Path) -> None:
    append(path, WITH_TIMES, "a")
    ear = Ear()
    tell(Telling([plan("a", ear, stateful=True)], path, Clock()), settled(path, "a"))
    assert [n.begun_us for n in ear.heard] == [1000, 1000, 1000, 1000, 5000]
    after = Ear()
    telling = Telling([plan("a", after, stateful=True)], path, Clock())
    telling.watch([], ["i", "w"])
    tell(telling, lambda: bool(after.standing))
    assert [(n.kind, n.begun_us) for n in after.standing] == [("re-entered", 5000)]


@pytest.mark.parametrize("verb", ["muted", "exempted", "cleared"])
@pytest.mark.parametrize("again", [None, "taken back", "over"])
def test_what_somebody_mutes_is_shown_no_more_until_that_is_over(
    path: Path, monkeypatch: pytest.MonkeyPatch, verb: str, again: str | None
) -> None:
    monkeypatch.setattr(alert_line, "LOOK_S", 0.01)
    ear, clock = Ear(), Clock()
    ear.beat_s = 0.01
    until_us = clock.now_us + 60 * S if again == "over" else None
    telling = Telling([plan("a", ear, stateful=True)], path, clock)
    telling.watch([RING])

    async def shown(names: list[str]) -> None:
        while [n.incident for n in ear.standing] != names:
            await asyncio.sleep(0.002)

    async def during() -> None:
        append(path, [body("i"), body("j", target_id="icao24:000001")], "a")
        telling.wake()
        while len(ear.heard) < 2:
            await asyncio.sleep(0.002)
        append(path, [said(verb, "i", until_us=until_us)])
        await shown(["j"])
        if again == "taken back":
            append(path, [said(verb, "i", until_us=clock.now_us)])
        elif again == "over":
            clock.now_us += 61 * S
        if again is not None:
            await shown(["j", "i"] if ear.standing[0].incident == "i" else ["i", "j"])

    tell(telling, settled(path, "a"), during)
    assert [n.kind for n in ear.heard] == ["entered", "entered"]
    assert ear.zones == (RING,)


def test_what_was_muted_before_it_came_is_shown_once_that_is_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_line, "LOOK_S", 0.01)
    ear, clock = Ear(), Clock()
    ear.beat_s = 0.01
    append(path, [said("muted", "zone:Z1", until_us=clock.now_us + 60 * S)])
    telling = Telling([plan("a", ear, stateful=True)], path, clock)
    telling.watch([RING])

    async def during() -> None:
        append(path, [body("i"), body("i", "doubted", "undetermined")], "a")
        telling.wake()
        while telling.states[0].silenced < 2:
            await asyncio.sleep(0.002)
        assert list(ear.standing) == []
        clock.now_us += 61 * S
        while not ear.standing:
            await asyncio.sleep(0.002)

    tell(telling, settled(path, "a"), during)
    assert [(n.kind, n.active) for n in ear.standing] == [("doubted", True)]
    assert ear.heard == []


def test_a_channel_that_says_when_is_told_it_once(path: Path) -> None:
    append(path, LIFE[1:2], "a", "b")
    when, other = Ear(), Ear()
    told_of = plan("a", when)
    told_of.module.SAYS_WHEN = True  # type: ignore[attr-defined]
    tell(Telling([told_of, plan("b", other)], path, Clock()), settled(path, "a", "b"))
    assert when.heard[0].text == "icao24:4ca7b3 entered Z1."
    assert other.heard[0].text == "icao24:4ca7b3 entered Z1, 2020-09-13 12:26:40.0 Z."


def test_verdicts_are_all_known() -> None:
    assert {v.value for v in Verdict} == {"told", "later", "never"}


def test_a_real_plan(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "alerts.log"
    append(path, LIFE, "log")
    tell(Telling([plan_alert("log", "log", {"file": str(file)})], path, Clock()), settled(path, "log"))
    lines = file.read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("2020-09-13T12:26:40.000Z ALARM icao24:4ca7b3 entered Z1. [")
