"""The table a person reads first: aviation units, UTC, one line a stay."""

from __future__ import annotations

from collections import Counter

from nofly.errors import Finding, Severity, fold_findings
from nofly.incidents.judge import PARTLY
from nofly.incidents.record import Cause, Certainty, Infringement, Outcomes, Side, Status, outcomes_of
from nofly.run.outputs.text import (
    clock,
    depth,
    duration,
    height,
    iso_time,
    many,
    printable,
    shorten,
    width,
    zone_label,
)
from nofly.run.result import CheckResult
from nofly.zones.model import Restriction

HEAD = (
    "ID", "ZONE", "AIRCRAFT", "CALLSIGN", "STATUS", "CERTAINTY", "FROM (UTC)", "TO", "FOR", "DEPTH", "HEIGHT",
)  # fmt: skip
_WIDEST = (8, 30, 24, 9, 12, 12, 21, 21, 14, 18, 22)
_RIGHT = {8, 9, 10}
_BOLD_RED, _DIM, _PLAIN = "\x1b[1;31m", "\x1b[2m", "\x1b[0m"


def write(result: CheckResult) -> bytes:
    """Return the table and its summary line as plain UTF-8 text."""
    return f"{table(result)}\n{summary(result)}\n".encode()


def table(result: CheckResult, *, colour: bool = False) -> str:
    """Return the stays as aligned text; a sentence where there are none."""
    stays = result.infringements
    if not stays:
        return nobody(result)
    rows = [cells(stay) for stay in stays]
    widths = [max(width(head), *(width(row[k]) for row in rows)) for k, head in enumerate(HEAD)]
    lines = [_line(HEAD, widths)]
    for stay, row in zip(stays, rows, strict=True):
        line = _line(row, widths)
        if colour and not (stay.status is Status.INFRINGEMENT and stay.certainty is Certainty.UNDETERMINED):
            line = f"{_BOLD_RED if stay.status is Status.INFRINGEMENT else _DIM}{line}{_PLAIN}"
        lines.append(line)
    return "\n".join(lines)


def nobody(result: CheckResult) -> str:
    """Return the sentence for a result without stays."""
    if not result.report_count or not result.answered:
        return "No reports: nothing can be said."
    if not result.zones:
        return "No zones: nothing can be said."
    keep_in = [zone.restriction is Restriction.KEEP_IN for zone in result.zones]
    left = "left a zone that must not be left"
    said = "Nobody was inside a zone"
    if any(keep_in):
        said = f"Nobody {left}" if all(keep_in) else f"{said}, nor {left}"
    unread = result.zones_not_read
    if unread:
        said += f" that could be read; {many(unread, 'zone')} could not, of which nothing can be said"
    rejected = sum(f.count for f in result.findings if f.severity is Severity.REJECTED) - unread
    return f"{said}; {many(rejected, 'record')} could not be read." if rejected else f"{said}."


def cells(stay: Infringement) -> tuple[str, ...]:
    """Return one stay as the texts of its line, in the order of HEAD."""
    same_day = iso_time(stay.entry_time_us)[:10] == iso_time(stay.exit_time_us)[:10]
    end = clock(stay.exit_time_us, date=not same_day).removesuffix(" Z")
    start = clock(stay.entry_time_us).removesuffix(" Z")
    cells = (
        stay.id[:8],
        zone_label(stay) if stay.side is Side.INSIDE else f"outside {zone_label(stay)}",
        printable(stay.icao24 or stay.target_id),
        printable(stay.callsign or "–"),
        stay.status.value,
        stay.certainty.value,
        start if stay.cause is not Cause.DATA_RESUMED else f"≤ {start}",
        end if stay.exit_cause is not Cause.DATA_LOST else f"≥ {end}",
        duration(stay.duration_s),
        depth(stay.depth_m, stay.depth_err_m),
        "within limits" if within_limits(stay) else height(stay.height_m, stay.height_datum),
    )
    return tuple(shorten(cell, most) for cell, most in zip(cells, _WIDEST, strict=True))


def within_limits(stay: Infringement) -> bool:
    """Return whether no height is told of a stay, and any it can have had is within floor and ceiling."""
    told = stay.height_m is not None or stay.certainty is Certainty.UNDETERMINED or PARTLY in stay.reasons
    return stay.side is Side.INSIDE and not told


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = []
    for k, (cell, wide) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (wide - width(cell))
        padded.append(space + cell if k in _RIGHT else cell + space)
    return "  ".join(padded).rstrip()


def summary(result: CheckResult) -> str:
    """Return one line: what was looked at and what came out."""
    if result.span_us is None:
        span = "no time span"
    else:
        span = f"{clock(result.span_us[0])} to {clock(result.span_us[1])}"
    looked = ", ".join(
        (
            many(result.report_count, "report"),
            f"{result.target_count:,} aircraft",
            many(len(result.zones), "zone"),
            *([f"{result.zones_not_read:,} more not read"] if result.zones_not_read else []),
            span,
        )
    )
    parts = counted(outcomes_of(result.infringements))
    if result.gaps:
        parts.append(many(len(result.gaps), "gap") + " not judged")
    if result.findings:
        parts.append(many(sum(f.count for f in result.findings), "finding"))
    return f"{looked}: {', '.join(parts)}."


def counted(outcomes: Outcomes) -> list[str]:
    """Return how many stays came out as what. Those of which it cannot be told are no infringements."""
    counts: Counter[str] = Counter()
    for (status, certainty), n in outcomes.items():
        untold = status is Status.INFRINGEMENT and certainty is Certainty.UNDETERMINED
        counts[certainty.value if untold else status.value] += n
    others = [Certainty.UNDETERMINED, *(status for status in Status if status is not Status.INFRINGEMENT)]
    return [
        many(counts[Status.INFRINGEMENT.value], "infringement"),
        *(f"{counts[other.value]:,} {other.value}" for other in others if counts[other.value]),
    ]


def finding_lines(findings: tuple[Finding, ...], keep: int = 2) -> list[str]:
    """Return findings folded, the rejected first, one line each."""
    order = {Severity.REJECTED: 0, Severity.WARNING: 1, Severity.INFO: 2}
    folded = sorted(fold_findings(findings, keep), key=lambda f: order[f.severity])
    return [f"{f.severity.value}: {printable(str(f))} [{f.code}]" for f in folded]
