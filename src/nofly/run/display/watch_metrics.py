"""What a watch tells Prometheus, and whether it is well."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from nofly.feeds.feed_url import host_and_port
from nofly.feeds.health import FeedState, positions_per_s
from nofly.incidents.states import Phase
from nofly.run.alerting.channel_metrics import alert_metrics
from nofly.run.display.metrics import Health, Metric, Sample
from nofly.run.display.view import View
from nofly.run.feeding.monitoring import (
    AHEAD,
    LONG_PAST,
    dry_since_us,
    since,
    unmonitored_since_us,
    unusable,
    wrong_times,
)
from nofly.run.feeding.plans import FeedPlan
from nofly.units import US_PER_S

LATE_S = 5.0
"""A tick that comes, or takes, so much longer than it should is no tick."""
MOST_TICKS = 240
"""Of so many of the last ticks it is told how long they took: a minute of them as a watch is set."""
QUANTILES = (0.5, 0.99, 1.0)


class WatchPages:
    """The two pages of a watch; :meth:`told` is called after every tick."""

    def __init__(self, plans: Sequence[FeedPlan], tick_s: float, monotonic_s: Callable[[], float]) -> None:
        self._plans, self._tick_s, self._monotonic_s = plans, tick_s, monotonic_s
        self._view: View | None = None
        self._told_s = monotonic_s()
        self._steps_s: deque[float] = deque(maxlen=MOST_TICKS)

    def told(self, view: View) -> None:
        """Take what the last tick left."""
        self._view, self._told_s = view, self._monotonic_s()
        self._steps_s.append(view.step_s)

    def health(self) -> Health:
        """Return whether positions come, are judged in time and recorded, and why not; and whether the zones
        are those of their files."""
        view, reasons = self._view, []
        if view is None:
            return Health(False, ["nothing has been judged yet"])
        if view.trouble is not None:
            reasons.append(f"nothing is judged: {view.trouble}")
        since_us = unmonitored_since_us(self._plans, view.feeds, view.now_us)
        if since_us is not None:
            reasons.append(f"no feed brings positions: not monitored since {since(since_us, view.now_us)}")
            whys = ((state.feed, unusable(state)) for state in view.feeds)
            reasons += [f"feed {feed}: {why}" for feed, why in whys if why is not None]
        passed_s = max(self._monotonic_s() - self._told_s - self._tick_s, view.step_s)
        if passed_s > LATE_S:
            reasons.append(f"a tick is {passed_s:.1f} s late")
        ok = not reasons
        # It judges, if by the zones of before: whoever starts anew what is ill would stop that.
        if view.law_trouble is not None:
            reasons.append(f"the zones are as they were, and cannot be read again: {view.law_trouble}")
        return Health(ok, reasons)

    def metrics(self) -> list[Metric]:
        """Return all metrics; none before the first tick."""
        view = self._view
        if view is None:
            return []
        return [
            *_of_watch(view, self._plans),
            _of_ticks(self._steps_s),
            *_of_feeds(view, self._plans),
            *alert_metrics(view.channels),
        ]


def _of_watch(view: View, plans: Sequence[FeedPlan]) -> list[Metric]:
    monitored = unmonitored_since_us(plans, view.feeds, view.now_us) is None
    phases = Counter((case.phase, not case.shadow) for case in view.cases)
    cases = [
        Sample(phases[phase, credible], {"phase": phase.value, "credible": str(credible).lower()})
        for phase in Phase
        for credible in (True, False)
        if phase not in (Phase.CLEAR, Phase.CLOSED)
    ]
    troubles = {"record": view.trouble, "archive": view.archive_trouble}
    wrong = [
        Sample(wrong_times(view.feeds, code), {"of": of})
        for of, code in (("future", AHEAD), ("past", LONG_PAST))
    ]
    judged = [] if view.event_us is None else [Sample(view.event_us / US_PER_S)]
    return [
        Metric("nofly_monitored", "gauge", "1 while some feed brings positions.", [Sample(monitored)]),
        _one("nofly_reports_total", "counter", "Reports taken from all feeds since the start.", view.reports),
        _one("nofly_late_reports_total", "counter", "Reports older than what was judged.", view.late),
        Metric("nofly_wrong_time_reports_total", "counter", "Reports left out for their time.", wrong),
        _one("nofly_records_total", "counter", "Records written since the start.", view.records),
        _one("nofly_targets", "gauge", "Targets heard.", view.targets),
        _one("nofly_zones", "gauge", "Zones watched.", len(view.law)),
        Metric("nofly_incidents", "gauge", "Targets and zones by phase, credible or not.", cases),
        Metric("nofly_judged_until_timestamp_seconds", "gauge", "Up to when reports are judged.", judged),
        Metric(
            "nofly_trouble", "gauge", "1 while the record, or the archive of positions, cannot be written.",
            [Sample(why is not None, {"of": name}) for name, why in troubles.items()],
        ),
    ]  # fmt: skip


def _of_ticks(steps_s: Iterable[float]) -> Metric:
    """Return how long ticks took: the least length that so large a part of them did not exceed."""
    ordered = sorted(steps_s)
    return Metric(
        "nofly_tick_seconds", "summary", "How long the last ticks took.",
        [Sample(ordered[math.ceil(q * len(ordered)) - 1], {"quantile": f"{q:g}"}) for q in QUANTILES],
    )  # fmt: skip


def _of_feeds(view: View, plans: Sequence[FeedPlan]) -> list[Metric]:
    pairs = list(zip(plans, view.feeds, strict=True))

    def metric(name: str, kind: str, told: str, value: Callable[[FeedState], float | None]) -> Metric:
        values = [(state.feed, value(state)) for state in view.feeds]
        return Metric(
            f"nofly_feed_{name}", kind, told,
            [Sample(number, {"feed": feed}) for feed, number in values if number is not None],
        )  # fmt: skip

    rejects = [
        Sample(count, {"feed": state.feed, "reason": code})
        for state in view.feeds
        for code, count in state.rejects.items()
    ]
    up = [Sample(dry_since_us(p, s, view.now_us) is None, {"feed": s.feed}) for p, s in pairs]
    return [
        Metric("nofly_feed_up", "gauge", "1 while the feed brings positions.", up),
        metric("positions_total", "counter", "Positions brought.", lambda s: s.positions),
        metric(
            "positions_per_second", "gauge", "Rate of positions over about ten seconds.",
            lambda s: positions_per_s(s, view.now_us),
        ),
        metric("read_bytes_total", "counter", "Bytes read.", lambda s: s.read_bytes),
        metric("lag_seconds", "gauge", "How old the newest position was when it came.", lambda s: s.lag_s),
        metric(
            "last_position_timestamp_seconds", "gauge", "When the last position came.",
            lambda s: None if s.position_us is None else s.position_us / US_PER_S,
        ),
        metric("connections_total", "counter", "Connections that brought bytes.", lambda s: s.connections),
        metric("failures", "gauge", "Failures in a row.", lambda s: s.failures),
        metric("lost_messages_total", "counter", "Messages known to be lost.", lambda s: s.lost),
        Metric("nofly_feed_rejected_total", "counter", "Records rejected, by finding code.", rejects),
    ]  # fmt: skip


def _one(name: str, kind: str, told: str, number: float) -> Metric:
    return Metric(name, kind, told, [Sample(number)])


def served_at(metrics: str) -> tuple[str, int] | None:
    """Return host and port of ``[watch] metrics``; None where nothing is to be served. Port 0 is any that is
    free. Raises ConfigError for what is no address."""
    if not metrics:
        return None
    if metrics.endswith(":0"):
        host, _, _ = host_and_port(f"http://{metrics[:-2]}", 1)
        return host, 0
    host, port, _ = host_and_port(f"http://{metrics}")
    return host, port
