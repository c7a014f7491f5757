"""Metrics and health of a watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nofly.alerts import Condition
from nofly.errors import ConfigError
from nofly.feeds.health import Status
from nofly.incidents.states import Phase
from nofly.run.display.metrics import exposition
from nofly.run.display.watch_metrics import MOST_TICKS, WatchPages, served_at
from nofly.run.feeding.monitoring import condition_of
from tests.run.test_metrics import read
from tests.run.views import NOW_US, PLANS, busy, case, feed, view


def pages(one: Any, passed_s: float = 0.0) -> WatchPages:
    clock_s = [100.0]
    made = WatchPages(PLANS, 0.25, lambda: clock_s[0])
    made.told(one)
    clock_s[0] += passed_s
    return made


def test_every_metric_is_on_the_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/reference/metrics.md").read_text(encoding="utf-8")
    names = {metric.name for metric in pages(busy()).metrics()}
    assert names
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_before_the_first_tick() -> None:
    made = WatchPages(PLANS, 0.25, lambda: 0.0)
    assert made.metrics() == []
    assert not made.health().ok


def test_what_is_measured() -> None:
    told = read(exposition(pages(busy()).metrics()))
    assert told["nofly_reports_total"] == ("counter", {(): 123_456.0})
    assert told["nofly_incidents"][1][("phase", "infringing"), ("credible", "true")] == 42.0
    assert told["nofly_incidents"][1][("phase", "infringing"), ("credible", "false")] == 1.0
    assert told["nofly_feed_rejected_total"][1][("feed", "roof"), ("reason", "record-broken")] == 12.0
    assert told["nofly_feed_up"][1] == {(("feed", "roof"),): 1.0, (("feed", "hill"),): 0.0}
    assert told["nofly_trouble"][1] == {(("of", "record"),): 1.0, (("of", "archive"),): 1.0}
    assert told["nofly_alerts_waiting"][1][("channel", "hook"), ("kind", "webhook")] == 37.0
    assert told["nofly_monitored"][1] == {(): 1.0}
    assert told["nofly_judged_until_timestamp_seconds"][1] == {(): NOW_US / 1e6 - 2.0}


def test_how_long_ticks_took_is_told_of_the_last_ones_alone() -> None:
    made = WatchPages(PLANS, 0.25, lambda: 0.0)
    for step_s in (9.0, *(n / 1000 for n in range(1, MOST_TICKS + 1))):
        made.told(view(step_s=step_s))
    kind, told = read(exposition(made.metrics()))["nofly_tick_seconds"]
    assert kind == "summary"
    assert told == {
        (("quantile", "0.5"),): 0.120, (("quantile", "0.99"),): 0.238, (("quantile", "1"),): 0.240,
    }  # fmt: skip


@pytest.mark.parametrize("phase", [p for p in Phase if p not in (Phase.CLEAR, Phase.CLOSED)])
def test_every_phase_is_told_though_nobody_is_in_it(phase: Phase) -> None:
    told = read(exposition(pages(view()).metrics()))
    assert told["nofly_incidents"][1][("phase", phase.value), ("credible", "true")] == 0.0
    assert case("x", phase).phase is phase


def test_all_is_well() -> None:
    assert pages(view(), 4.0).health().ok


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (pages(view(feeds=[feed(PLANS[0], 90.0), feed(PLANS[1], 80.0, Status.STALLED)])), "no feed brings"),
        (pages(view(feeds=[feed(PLANS[0], None), feed(PLANS[1], None)])), "no feed brings"),
        (pages(view(trouble="the disk is full")), "the disk is full"),
        (pages(view(), 5.5), "late"),
        (pages(view(step_s=6.0)), "late"),
    ],
    ids=range(5),
)
def test_what_makes_it_ill(made: WatchPages, reason: str) -> None:
    health = made.health()
    assert not health.ok
    assert any(reason in said for said in health.reasons)


def test_zones_that_cannot_be_read_again_are_told_and_stop_nothing() -> None:
    health = pages(view(law_trouble="a.json: no JSON")).health()
    assert health.ok
    assert any("a.json: no JSON" in said for said in health.reasons)
    states = [feed(plan) for plan in PLANS]
    assert condition_of(PLANS, states, NOW_US, None, "a.json: no JSON") == Condition(True, degraded=True)


def test_the_condition_that_channels_are_told() -> None:
    well, ill = feed(PLANS[0]), feed(PLANS[1], 90.0, Status.STALLED)
    other = feed(PLANS[1])
    assert condition_of(PLANS, [well, other], NOW_US, None).monitored is True
    assert not condition_of(PLANS, [well, other], NOW_US, None).degraded
    assert condition_of(PLANS, [well, ill], NOW_US, None).degraded
    assert condition_of(PLANS, [ill, ill], NOW_US, None).monitored is False
    assert condition_of(PLANS, [well, other], NOW_US, "disk full").monitored is False
    new = [feed(plan, None, Status.CONNECTING) for plan in PLANS]
    assert condition_of(PLANS, new, NOW_US, None) == Condition(monitored=False, degraded=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [("127.0.0.1:9107", ("127.0.0.1", 9107)), ("[::1]:9107", ("::1", 9107)), ("", None),
     ("localhost:0", ("localhost", 0))],
)  # fmt: skip
def test_where_they_are_served(text: str, place: tuple[str, int] | None) -> None:
    assert served_at(text) == place


@pytest.mark.parametrize("text", ["9107", "127.0.0.1", ":9107", "host:99999", "a@b:1", "::1:80"])
def test_no_address(text: str) -> None:
    with pytest.raises(ConfigError):
        served_at(text)
