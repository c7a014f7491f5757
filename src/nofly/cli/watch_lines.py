"""What happens in a watch, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nofly.incidents.record import Certainty, Side, Status
from nofly.run.alerting.words import notice_of
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.text import clock, depth, duration, printable
from nofly.store.chain import Stored, canonical
from nofly.zones.model import Zone


def lines_of(bodies: Iterable[Mapping[str, Any]], zone_of: Callable[[str], Zone | None]) -> str:
    """Return records that became known together as lines, by time."""
    return "\n".join(line_of(body, zone_of) for body in sorted(bodies, key=lambda body: body["time_us"]))


def line_of(body: Mapping[str, Any], zone_of: Callable[[str], Zone | None]) -> str:
    """Return a record as a line: when, what, who and where."""
    if body["kind"] == JUDGED:
        return _verdict(body)
    stored = Stored(0, body["time_us"], body["kind"], body["incident"], canonical(body), "", "")
    notice = notice_of("", stored, zone_of, timed=False)
    return f"{clock(body['time_us'], tenths=True)}  {printable(body['kind']):<14} {notice.text}"


def _verdict(body: Mapping[str, Any]) -> str:
    row = body["verdict"]
    who = " ".join(printable(str(row[name])) for name in ("callsign", "target_id") if row[name])
    zone = printable(str(row["zone_name"]))
    side = row.get("side", Side.INSIDE.value)
    outside = side == Side.OUTSIDE
    far = f"at most {depth(row['depth_m'], row['depth_err_m'])} {'away' if outside else 'deep'}"
    where = f"{who} was {printable(side)} {zone}"
    how = f"{row['status']}, {row['certainty']}"
    if (row["status"], row["certainty"]) == (Status.INFRINGEMENT, Certainty.UNDETERMINED):
        where, how = f"it cannot be told whether {where}; by place alone", row["certainty"]
    when = f"{clock(body['time_us'], tenths=True)}  {JUDGED:<14}"
    return f"{when} {where} for {duration(row['duration_s'])}, {far}: {how}"
