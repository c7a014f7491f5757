"""What Prometheus is told of the channels of alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nofly.run.alerting.line import ChannelState
from nofly.run.display.metrics import Metric, Sample
from nofly.units import US_PER_S


def alert_metrics(states: Sequence[ChannelState]) -> list[Metric]:
    """Return the state of each channel as metrics; what is not known has no sample."""

    def metric(name: str, kind: str, told: str, value: Callable[[ChannelState], float | None]) -> Metric:
        values = [(state, value(state)) for state in states]
        samples = [
            Sample(number, {"channel": s.name, "kind": s.kind}) for s, number in values if number is not None
        ]
        return Metric(f"nofly_alerts_{name}", kind, told, samples)

    return [
        metric("waiting", "gauge", "Alerts that are still to be told.", lambda s: s.waiting),
        metric("delivered_total", "counter", "Alerts that were told.", lambda s: s.delivered),
        metric(
            "given_up_total", "counter", "Alerts given up, silenced ones among them.", lambda s: s.given_up
        ),
        metric(
            "silenced_total", "counter", "Alerts acknowledged or muted since the start.", lambda s: s.silenced
        ),
        metric(
            "folded_total", "counter", "Alerts told by a newer one since the start.", lambda s: s.folded
        ),
        metric(
            "failures", "gauge", "Failures in a row to tell an alert.", lambda s: s.failures + s.refused
        ),
        metric(
            "unshown", "gauge", "Failures in a row to show what is watched, or that it is alive.",
            lambda s: s.unshown,
        ),
        metric(
            "last_told_timestamp_seconds", "gauge", "When the channel last told an alert.",
            lambda s: None if s.last_told_us is None else s.last_told_us / US_PER_S,
        ),
        metric(
            "last_error_timestamp_seconds", "gauge", "When the channel last failed.",
            lambda s: None if s.last_error_us is None else s.last_error_us / US_PER_S,
        ),
    ]  # fmt: skip
