"""What a check says of coverage: of each zone, and of the times in which an aircraft was not received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.incidents.record import Cause, Infringement
from nofly.run.outputs.text import iso_time, many, printable
from nofly.run.result import CheckResult
from nofly.schema import Positions
from nofly.units import US_PER_S

if TYPE_CHECKING:
    from nofly.proof.coverage import Statement
    from nofly.proof.covering.areas import Fix

MOST_ZONES = 20
BEFORE_US = AFTER_US = 600 * US_PER_S
"""What could have been seen before reports of an aircraft began inside, and after they ended there."""


def coverage_block(result: CheckResult, hashes: Sequence[str] | None = None) -> dict[str, Any]:
    """Return what a check that covers says, as plain values; of stays only those of which there is
    something to say. ``hashes`` are those of the zones, where they are known."""
    from nofly.proof.covering.coverage_words import TRANSPONDERS

    stays = {stay.id: [plain(one) for one in _of_stay(result, stay)] for stay in result.infringements}
    first, last = result.span_us or (None, None)
    return {
        "from_time": None if first is None else iso_time(first),
        "until_time": None if last is None else iso_time(last),
        "zones": [plain(statement) for statement in zone_statements(result, hashes)],
        "stays": {key: said for key, said in stays.items() if said},
        "says_nothing_of": TRANSPONDERS,
    }


def zone_statements(result: CheckResult, hashes: Sequence[str] | None = None) -> list[Statement]:
    """Return a statement on each zone, over all the time of the reports; none without coverage or reports."""
    if result.coverage is None or result.span_us is None:
        return []
    from nofly.proof.covering.areas import zone_statements as of_zones
    from nofly.proof.covering.statements import Asked

    asked = Asked(result.coverage.evidence, *result.span_us)
    return of_zones(result.coverage, result.zones, asked, hashes=hashes)


def stays_covered(result: CheckResult, stays: Sequence[Infringement]) -> dict[str, Any] | None:
    """Return one statement on some stays, as plain values: on their zones from ten minutes before the first
    to ten after the last, and on the times in which the aircraft was not received; None without coverage."""
    if result.coverage is None or not stays:
        return None
    from nofly.proof.covering.areas import zone_statements as of_zones
    from nofly.proof.covering.statements import Asked

    hashes = {stay.zone_hash for stay in stays}
    since_us = min(stay.entry_time_us for stay in stays) - BEFORE_US
    until_us = max(stay.exit_time_us for stay in stays) + AFTER_US
    zones = [zone for zone in result.zones if zone.zone_hash in hashes]
    said = of_zones(result.coverage, zones, Asked(result.coverage.evidence, since_us, until_us))
    told = [plain(one) for one in [*said, *(one for stay in stays for one in _of_stay(result, stay))]]
    sentences = dict.fromkeys(sentence for one in told for sentence in one["sentences"])
    return {
        "verdict": "; ".join(dict.fromkeys(one["verdict"] for one in told)),
        "sentences": list(sentences),
        "numbers": {"statements": told},
    }


def zones_text(result: CheckResult) -> str:
    """Return what could have been seen of the zones, as lines after the summary; empty without coverage."""
    if result.coverage is None or result.span_us is None:
        return ""
    from nofly.proof.covering.coverage_words import TRANSPONDERS

    statements = zone_statements(result)
    lines = ["", "", "What could have been seen:"]
    for one in statements[:MOST_ZONES]:
        head, *rest = one.sentences[:-1]
        lines += [printable(head), *(f"  {printable(line)}" for line in rest)]
    if len(statements) > MOST_ZONES:
        lines.append(f"{many(len(statements) - MOST_ZONES, 'more zone')}: in --format json.")
    return "\n".join([*lines, TRANSPONDERS])


def zones_line(result: CheckResult) -> str:
    """Return in one sentence of how many zones an aircraft would have been seen; empty without coverage."""
    counts = Counter(one.verdict for one in zone_statements(result))
    if not counts:
        return ""
    from nofly.proof.coverage import Seen

    parts = [f"{counts[one]:,} {one.value}" for one in Seen if counts[one]]
    return f"What could have been seen: {', '.join(parts)}, of {many(counts.total(), 'zone')}."


def coverage_sentences(result: CheckResult, stay: Infringement) -> list[str]:
    """Return what could have been seen while the aircraft of a stay was not received, in sentences."""
    return [printable(sentence) for one in _of_stay(result, stay) for sentence in one.sentences[:1]]


def _of_stay(result: CheckResult, stay: Infringement) -> Iterator[Statement]:
    """Yield a statement on each gap that touches a stay, and on the time before or after it where reports
    began or ended inside."""
    coverage = result.coverage
    if coverage is None:
        return
    from nofly.proof.covering.areas import way_statement

    begins_us, ends_us = stay.entry_time_us, stay.exit_time_us
    gaps = [
        gap
        for gap in result.gaps
        if gap.target_id == stay.target_id and gap.start_us <= ends_us and gap.end_us >= begins_us
    ]
    track = _track(result, stay.target_id) if gaps else None
    for gap in gaps:
        if track is not None and track.time_us[0] <= gap.start_us and track.time_us[-1] >= gap.end_us:
            rows = np.searchsorted(track.time_us, [gap.start_us + 1, gap.end_us]) - [1, 0]
            yield way_statement(coverage, *(_fix(track, int(row)) for row in rows))
    if stay.cause is Cause.DATA_RESUMED and begins_us not in {gap.end_us for gap in gaps}:
        place = stay.entry_lat_deg, stay.entry_lon_deg, stay.height_m
        yield coverage.statement(*place, begins_us - BEFORE_US, begins_us)
    if stay.exit_cause is Cause.DATA_LOST and ends_us not in {gap.start_us for gap in gaps}:
        place = stay.exit_lat_deg, stay.exit_lon_deg, stay.height_m
        yield coverage.statement(*place, ends_us, ends_us + AFTER_US)


def _track(result: CheckResult, target_id: str) -> Positions | None:
    """Return the reports of a target in order of time; None where they are not kept."""
    tracks = result.tracks
    if tracks is None or target_id not in tracks.target.values:
        return None
    found = tracks.take(tracks.target.codes == tracks.target.values.index(target_id))
    return found.take(np.argsort(found.time_us, kind="stable")) if len(found) else None


def _fix(track: Positions, row: int) -> Fix:
    from nofly.proof.covering.areas import Fix
    from nofly.proof.covering.cells import heights_of

    height_m = float(heights_of(track.take(slice(row, row + 1)))[0])
    return Fix(int(track.time_us[row]), float(track.lat_deg[row]), float(track.lon_deg[row]), height_m)


def plain(statement: Statement) -> dict[str, Any]:
    """Return a statement as plain values that a terminal may show."""
    said = statement.as_json()
    numbers = dict(said["numbers"])
    if "zone" in numbers:
        numbers["zone"] = printable(numbers["zone"])
    return {**said, "sentences": [printable(s) for s in said["sentences"]], "numbers": numbers}
