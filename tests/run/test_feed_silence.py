"""Feeds that bring nothing, bytes alone, or what cannot be used: recorded once, and said to be over once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nofly.errors import ConfigError, Finding, Severity
from nofly.feeds.health import FeedState, Status, ended, new_feed, received, ticked
from nofly.feeds.receiving import Chunk
from nofly.run.alerting.words import notice_of
from nofly.run.display.table import Facts, frame
from nofly.run.display.watch_metrics import WatchPages
from nofly.run.feeding.credible_times import ForwardClock, credible
from nofly.run.feeding.plans import FeedPlan, Pace, plan_feed
from nofly.run.feeding.silence import Silences
from nofly.schema import concatenate
from nofly.store.chain import GENESIS, Head, chained
from tests.run.watches import (
    RING,
    START_US,
    Script,
    Turn,
    bodies,
    flight,
    plan_of,
    scripted_feeds,
    watched,
)

TARGET = "icao24:4ca7b3"
NONE = concatenate([])
BROKEN = Finding("record-broken", Severity.REJECTED, "no line", "f0")


def at_us(second: float) -> int:
    return START_US + round(second * 1e6)


def bytes_at(second: float) -> Chunk:
    return Chunk(b"x", at_us(second), False)


class Listened:
    """One feed as a watch sees it, second by second."""

    def __init__(self, plan: FeedPlan, silent_us: int | None = None) -> None:
        self.plan, self.state = plan, new_feed(plan.name, START_US)
        self.silences = Silences([plan], [silent_us])
        self.told: list[dict[str, Any]] = []

    def empty(self, seconds: Iterator[int] | range, *findings: Finding) -> None:
        for second in seconds:
            self.state = received(self.state, bytes_at(second), NONE, findings)
            self.look(second)

    def positions(self, second: int) -> None:
        self.state = received(self.state, bytes_at(second), flight(TARGET, at_us(second), 1))
        self.look(second)

    def look(self, second: int, jump_us: int = 0) -> None:
        self.state = ticked(self.state, at_us(second), self.plan.stall_after_s)
        self.told += self.silences.step([self.state], at_us(second) + jump_us, second * 1_000_000)


def said(body: dict[str, Any]) -> str:
    (record,) = chained(Head(0, GENESIS), [body])
    return notice_of("k", record, lambda _: None).text


def one() -> Listened:
    return Listened(*scripted_feeds(1))


def test_bytes_and_no_positions_is_a_silence_and_ends_with_a_position() -> None:
    it = one()
    it.positions(0)
    it.empty(range(1, 599))
    assert it.told == []
    it.empty(range(599, 700))
    (silent,) = it.told
    assert (silent["kind"], silent["time_us"], silent["noticed_us"]) == ("feed-silent", START_US, at_us(600))
    assert said(silent).startswith(
        "Feed f0 brings bytes and no positions: not monitored through it since 2026-09-21 14:13:20.0 Z"
    )
    it.positions(700)
    it.positions(701)
    assert [body["kind"] for body in it.told] == ["feed-silent", "feed-alive"]
    assert it.told[1]["since_us"] == START_US
    assert said(it.told[1]) == (
        "Feed f0 brings positions again: it was not monitored through it from 2026-09-21 14:13:20.0 Z until "
        "now, 2026-09-21 14:25:00.0 Z."
    )


def test_what_is_rejected_is_no_empty_sky() -> None:
    it = one()
    it.positions(0)
    it.empty(range(1, 100), BROKEN)
    (silent,) = it.told
    assert silent["noticed_us"] == at_us(60)
    assert silent["why"] == "60 records were rejected, record-broken"
    assert "brings bytes and no positions" in said(silent)
    assert "60 records were rejected, record-broken" in said(silent)


def test_a_feed_that_never_brought_a_position() -> None:
    it = Listened(plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {"dry_after_s": 90.0}))
    it.empty(range(30, 200))
    assert [(body["kind"], body["time_us"], body["noticed_us"]) for body in it.told] == [
        ("feed-silent", at_us(30), at_us(120))
    ]


def test_bytes_alone_end_no_silence() -> None:
    it = one()
    it.positions(0)
    it.look(40)
    assert [body["kind"] for body in it.told] == ["feed-silent"]
    assert said(it.told[0]).startswith("Feed f0 is silent")
    it.empty(range(41, 50))
    assert len(it.told) == 1
    it.positions(50)
    assert it.told[1]["since_us"] == START_US


def test_the_next_process_knows_since_when() -> None:
    it = Listened(*scripted_feeds(1), silent_us=START_US - 5_000_000)
    it.empty(range(10))
    assert it.told == []
    it.positions(10)
    assert [(body["kind"], body["since_us"]) for body in it.told] == [("feed-alive", START_US - 5_000_000)]


def away(seconds: int, plan: FeedPlan, silent_us: int | None = None) -> Listened:
    """Return a feed of a watch that begins so many seconds after the one before it was at work last."""
    it = Listened(plan, silent_us)
    it.silences = Silences([plan], [silent_us], START_US - seconds * 1_000_000)
    return it


def test_while_no_watch_was_at_work_nothing_was_monitored() -> None:
    it = away(3600, plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {}))
    it.positions(0)
    it.positions(1)
    assert [(body["kind"], body["time_us"]) for body in it.told] == [
        ("feed-silent", at_us(-3600)), ("feed-alive", at_us(0)),
    ]  # fmt: skip
    assert said(it.told[0]) == (
        "Feed f0 is silent: not monitored through it since 2026-09-21 13:13:20.0 Z, no watch was at work."
    )
    assert it.told[1]["since_us"] == at_us(-3600)


@pytest.mark.parametrize(
    "it",
    [
        away(10, plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {})),
        away(-3600, plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {})),
        away(3600, replace(plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {}), pace=Pace("max"))),
        Listened(plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {})),
    ],
    ids=["a short while", "a clock put back", "a recording", "the first"],
)
def test_a_start_that_is_no_silence(it: Listened) -> None:
    it.positions(0)
    assert it.told == []


def test_a_feed_that_was_silent_before_is_so_since_then() -> None:
    it = away(60, plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {}), at_us(-500))
    it.positions(0)
    assert [(body["kind"], body["since_us"]) for body in it.told] == [("feed-alive", at_us(-500))]


def test_a_clock_that_is_set_forward_makes_nothing_dry() -> None:
    it = one()
    it.positions(0)
    it.state = received(it.state, bytes_at(1), NONE)
    it.look(1, jump_us=3_600_000_000)
    assert it.told == []


def test_a_feed_that_ended_says_why_it_gave_nothing() -> None:
    it = one()
    old = flight(TARGET, at_us(-100_000), 17)
    rows, findings = credible(old, at_us(0), "f0", live=True)
    it.state = ended(received(it.state, bytes_at(0), rows, findings), at_us(1))
    it.look(1)
    assert it.told[0]["why"] == "its clock is wrong: 17 reports of long ago were left out"


def test_an_alert_of_before_says_no_wrong_time() -> None:
    alive = {"kind": "feed-alive", "incident": "feed:f0", "time_us": START_US, "feed": "f0"}
    assert said(alive) == "Feed f0 brings positions again, 2026-09-21 14:13:20.0 Z."


@pytest.mark.parametrize("option", ["stall_after_s", "dry_after_s"])
def test_no_time_at_all(option: str) -> None:
    with pytest.raises(ConfigError, match=option):
        plan_feed("f0", "jsonl+tcp://127.0.0.1:9", {option: 0})


def test_times_that_cannot_be_right() -> None:
    mixed = concatenate([flight(TARGET, at_us(s), 1) for s in (-86_401, -86_400, 0, 60, 61, 120)])
    rows, findings = credible(mixed, START_US, "f0", live=True)
    assert ((rows.time_us - START_US) // 1_000_000).tolist() == [-86_400, 0, 60]
    assert [(f.code, f.severity, f.source, f.count) for f in findings] == [
        ("time-ahead", Severity.REJECTED, "f0", 2),
        ("time-long-past", Severity.REJECTED, "f0", 1),
    ]
    assert "at least 2 min 00 s ahead" in findings[0].message
    assert "24 h 00 min old" in findings[1].message
    rows, findings = credible(mixed, START_US, "f0", live=False)
    assert len(rows) == 4
    assert [f.code for f in findings] == ["time-ahead"]


def test_a_clock_set_back_makes_nothing_one_of_the_future() -> None:
    now_us, steady_s = START_US, 100.0
    clock = ForwardClock(lambda: now_us, lambda: steady_s)
    assert clock() == START_US
    now_us, steady_s = START_US - 3_600_000_000, 101.0
    assert clock() == START_US + 1_000_000
    now_us, steady_s = START_US + 3_600_000_000, 102.0
    assert clock() == now_us


def wrong(off_s: float, seconds: int = 90) -> Script:
    """Return a feed whose clock is off for a while, then right."""
    turns = [Turn(at_us(k), [(0, flight(TARGET, at_us(k + off_s), 1))]) for k in range(seconds)]
    return Script([*turns, *(Turn(at_us(k), [(0, flight(TARGET, at_us(k), 1))]) for k in range(90, 95))])


@pytest.mark.parametrize(("off_s", "of"), [(120.0, "the future"), (-90_000.0, "long ago")])
def test_a_feed_whose_clock_is_wrong_monitors_nothing(off_s: float, of: str, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [RING], scripted_feeds(1), alerts=[("log", "log", {"file": f"{tmp_path}/log"})])
    pages, shown, script = WatchPages(plan.feeds, 1.0, lambda: 0.0), [], wrong(off_s)

    def each(watch: Any, _: Any) -> None:
        pages.told(watch.view())
        health = pages.health()
        metrics = {m.name: [(s.value, s.labels) for s in m.samples] for m in pages.metrics()}
        banners = [row.cells[0] for row in frame(watch.view(), plan.feeds, Facts()).banners]
        shown.append((health, metrics, " ".join(banners)))

    watched(plan, script, each)
    health, metrics, banners = shown[30]
    why = f"its clock is wrong: 31 reports of {of} were left out"
    assert not health.ok
    assert f"feed f0: {why}" in health.reasons
    assert metrics["nofly_monitored"] == [(False, {})]
    assert metrics["nofly_feed_up"] == [(False, {"feed": "f0"})]
    assert metrics["nofly_feed_positions_total"] == [(0, {"feed": "f0"})]
    counts = {labels["of"]: count for count, labels in metrics["nofly_wrong_time_reports_total"]}
    assert counts == {"future": 31 if off_s > 0 else 0, "past": 0 if off_s > 0 else 31}
    assert "NOT MONITORED" in banners
    assert why in banners
    assert shown[-1][0].ok
    silent, alive = (body for body in bodies(tmp_path) if body["kind"].startswith("feed"))
    assert (silent["kind"], silent["how"]) == ("feed-silent", "no-positions")
    assert "its clock is wrong" in silent["why"]
    assert (alive["kind"], alive["since_us"]) == ("feed-alive", silent["time_us"])
    assert "its clock is wrong" in (tmp_path / "log").read_text()


def test_one_feed_of_two_whose_clock_is_wrong(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [RING], scripted_feeds(2))
    turns = [
        Turn(at_us(k), [(0, flight(TARGET, at_us(k), 1)), (1, flight(TARGET, at_us(k + 120), 1))])
        for k in range(30)
    ]
    banners = []

    def each(watch: Any, _: Any) -> None:
        banners.extend(row.cells[0] for row in frame(watch.view(), plan.feeds, Facts()).banners)

    watched(plan, Script(turns), each)
    assert any(
        line.startswith("Feed f1: its clock is wrong: 12 reports of the future were left out: not monitored")
        for line in banners
    )


def test_the_same_words_after_a_record_was_read() -> None:
    body = {"kind": "feed-silent", "incident": "feed:f0", "time_us": START_US, "how": "no-positions"}
    assert said(json.loads(json.dumps(body))).startswith("Feed f0 brings bytes and no positions")


def test_a_state_that_was_never_alive_is_silent_as_before() -> None:
    it = one()
    it.state = replace(FeedState("f0", Status.FAILED, START_US), error="refused")
    for second in range(31):
        it.look(second)
    assert [(body["kind"], body["why"], body.get("how")) for body in it.told] == [
        ("feed-silent", "refused", None)
    ]
