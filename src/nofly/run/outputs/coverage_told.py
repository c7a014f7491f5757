"""What a check says of coverage: of each zone, and of the times in which an aircraft was not received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.incidents.record import Cause, Infringement
from nofly.run.outputs.text import iso_time, many, printable
from nofly.run.result import CheckResult, Gap
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from nofly.proof.areas import Fix
    from nofly.proof.coverage import Statement

MOST_ZONES = 20
BEFORE_US = AFTER_US = 600 * US_PER_S
"""What could have been seen before reports of an aircraft began inside, and after they ended there."""


def coverage_block(result: CheckResult) -> dict[str, Any]:
    """Return what a check that covers says, as plain values; of stays only those of which there is
    something to say."""
    from nofly.proof.coverage_words import TRANSPONDERS

    stays = {stay.id: [_plain(one) for one in _of_stay(result, stay)] for stay in result.infringements}
    first, last = result.span_us or (None, None)
    return {
        "from_time": None if first is None else iso_time(first),
        "until_time": None if last is None else iso_time(last),
        "zones": [_plain(statement) for statement in zone_statements(result)],
        "stays": {key: said for key, said in stays.items() if said},
        "says_nothing_of": TRANSPONDERS,
    }


def zone_statements(result: CheckResult) -> list[Statement]:
    """Return a statement on each zone, over all the time of the reports; none without coverage or reports."""
    if result.coverage is None or result.span_us is None:
        return []
    from nofly.proof.areas import zone_statement
    from nofly.proof.statements import Asked

    asked = Asked(result.coverage.evidence, *result.span_us)
    return [zone_statement(result.coverage, zone, asked) for zone in result.zones]


def zones_text(result: CheckResult) -> str:
    """Return what could have been seen of the zones, as lines after the summary; empty without coverage."""
    if result.coverage is None or result.span_us is None:
        return ""
    from nofly.proof.coverage_words import TRANSPONDERS

    statements = zone_statements(result)
    lines = ["", "", "What could have been seen:"]
    for one in statements[:MOST_ZONES]:
        head, *rest = one.sentences[:-1]
        lines += [printable(head), *(f"  {printable(line)}" for line in rest)]
    if len(statements) > MOST_ZONES:
        lines.append(f"{many(len(statements) - MOST_ZONES, 'more zone')}: in --format json.")
    return "\n".join([*lines, TRANSPONDERS])


def coverage_sentences(result: CheckResult, stay: Infringement) -> list[str]:
    """Return what could have been seen while the aircraft of a stay was not received, in sentences."""
    return [printable(sentence) for one in _of_stay(result, stay) for sentence in one.sentences[:1]]


def _of_stay(result: CheckResult, stay: Infringement) -> Iterator[Statement]:
    coverage = result.coverage
    if coverage is None:
        return
    from nofly.proof.areas import way_statement

    for gap in result.gaps:
        inside = gap.start_us < stay.exit_time_us and gap.end_us > stay.entry_time_us
        ends = _ends(result, gap) if gap.target_id == stay.target_id and inside else None
        if ends is not None:
            yield way_statement(coverage, *ends)
    if stay.cause is Cause.DATA_RESUMED:
        place, at_us = (stay.entry_lat_deg, stay.entry_lon_deg), stay.entry_time_us
        yield coverage.statement(*place, stay.height_m, at_us - BEFORE_US, at_us)
    if stay.exit_cause is Cause.DATA_LOST:
        place, at_us = (stay.exit_lat_deg, stay.exit_lon_deg), stay.exit_time_us
        yield coverage.statement(*place, stay.height_m, at_us, at_us + AFTER_US)


def _ends(result: CheckResult, gap: Gap) -> tuple[Fix, Fix] | None:
    """Return the last report before a gap and the first after it; None where they are not kept."""
    from nofly.proof.areas import Fix
    from nofly.proof.cells import heights_of

    tracks = result.tracks
    if tracks is None or gap.target_id not in tracks.target.values:
        return None
    track = tracks.take(tracks.target.codes == tracks.target.values.index(gap.target_id))
    before, after = track.time_us <= gap.start_us, track.time_us >= gap.end_us
    if not (before.any() and after.any()):
        return None
    height_m = heights_of(track)
    rows = int(np.where(before)[0][-1]), int(np.where(after)[0][0])
    a, b = (
        Fix(int(track.time_us[k]), float(track.lat_deg[k]), float(track.lon_deg[k]), float(height_m[k]))
        for k in rows
    )
    return a, b


def _plain(statement: Statement) -> dict[str, Any]:
    """Return a statement as plain values that a terminal may show."""
    said = statement.as_json()
    return {**said, "sentences": [printable(sentence) for sentence in said["sentences"]]}
