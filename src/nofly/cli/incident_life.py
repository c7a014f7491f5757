"""The life of an incident as lines: what happened, who was told, what holds, the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.run.record.incident_log import Delivery, Incident, Log
    from nofly.store.chain import Stored


def life(
    one: Incident, log: Log, records: Sequence[Stored], alerts: Iterable[Delivery], now_us: int
) -> list[str]:
    """Return the lines of an incident; ``records`` and ``alerts`` are its own, in order."""
    from nofly.cli.watch_lines import line_of
    from nofly.run.outputs.text import printable
    from nofly.run.record.incident_log import row_of, sentence

    told: dict[int, list[str]] = {}
    for alert in alerts:
        told.setdefault(alert.sequence, []).append(_told(alert))
    row = row_of(one, log, now_us)
    credible = "" if row["credible"] else ", resting on positions that are not credible"
    lines = [f"Incident {one.id}: {row['phase']}, {row['status'] or 'status not known'}{credible}", ""]
    for record in records:
        lines.append(
            line_of({**record.content, "time_us": record.time_us, "kind": record.kind}, lambda _: None)
        )
        lines += [f"{'':22}    {text}" for text in told.get(record.sequence, ())]
    for said in log.holding(one, now_us):
        lines.append(f"In force: {sentence(said)} ({printable(said.scope)})")
    for number, verdict in enumerate(one.verdicts.values(), 1):
        lines += ["", f"Verdict on stay {number}:"]
        for name, value in verdict.items():
            lines.append(f"  {name:<18} {'not known' if value is None else _shown(value) or '–'}")
    return lines


def _shown(value: Any) -> str:
    """Return a value of a verdict as text: of several, a sentence begins after a blank, all else after a
    comma."""
    from nofly.run.outputs.text import printable

    if not isinstance(value, list):
        return printable(str(value))
    texts = [str(one).strip() for one in value]
    joined = "".join(f"{one}{' ' if one.endswith('.') else ', '}" for one in texts)
    return printable(joined.strip(" ,"))


def _told(alert: Delivery) -> str:
    from nofly.run.outputs.text import clock, printable

    channel, error = printable(alert.channel), printable(alert.error or "")
    if alert.delivered_us is not None:
        return f"told on {channel} at {clock(alert.delivered_us, tenths=True)}"
    if alert.given_up_us is not None:
        return f"not told on {channel}: {error or 'no reason is known'}"
    tried = f", tried {alert.attempts} times: {error}" if error else ""
    return f"waits to be told on {channel}{tried}"
