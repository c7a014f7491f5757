"""Coverage as text: what was received, by band; what could be seen of each zone; its calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nofly.proof.coverage import Seen
from nofly.run.coverage import Told, Trial, document
from nofly.run.outputs.text import many, printable, zone_words

MOST_ZONES = 40
_SHORT = {Seen.SEEN: "SEEN", Seen.COULD: "COULD", Seen.COULD_NOT: "COULD NOT", Seen.UNKNOWN: "UNKNOWN"}


def table(it: Told) -> str:
    """Return a coverage as text: a table by band, each zone and the place in sentences."""
    whole = document(it)
    aircraft = f"{'at least ' if whole['aircraft_at_least'] else ''}{whole['aircraft']:,} aircraft"
    span = f"{whole['from_time'][:16].replace('T', ' ')} to {whole['until_time'][:16].replace('T', ' ')} UTC"
    asked = f"{whole['hours_with_reports']:,} of {many(whole['hours'], 'hour')} with reports"
    lines = [f"{many(whole['reports'], 'report')} of {aircraft}; asked for: {span}, {asked}."]
    for one in whole["receivers"]:
        received = f"{many(one['reports'], 'report')} in {many(one['minutes'], 'minute')}"
        lines.append(f"Receiver {one['station']}: {received}.")
    lines += ["", "Cells of a quarter of a degree × hours, by height band:", _bands(whole["bands"]), ""]
    lines.append(
        "Seen: received there. Could: it would have been received. Could not: aircraft that were there "
        "were not received."
    )
    lines.append("Unknown: the data does not tell; an empty sky looks the same as no reception.")
    for zone, statement in list(zip(it.zones, it.statements, strict=True))[:MOST_ZONES]:
        lines += [
            "",
            f"{zone_words(zone.id, zone.name)}:",
            *(f"  {printable(s)}" for s in statement.sentences[:-1]),
        ]
    if len(it.zones) > MOST_ZONES:
        lines += ["", f"{many(len(it.zones) - MOST_ZONES, 'more zone')}: in --format json."]
    if it.place is not None:
        lines += ["", *(printable(sentence) for sentence in it.place.sentences)]
    if it.place is None:
        lines += ["", whole["says_nothing_of"]]
    return "\n".join(lines)


def _bands(counted: Sequence[dict[str, Any]]) -> str:
    rows = [("BAND", *(_SHORT[name] for name in Seen))]
    rows += [(one["band"], *(f"{one[name.value]:,}" for name in Seen)) for one in counted]
    return _aligned(rows)


def trials_table(trials: Sequence[Trial]) -> str:
    """Return what came of hiding part of the traffic."""
    lines = [
        "CELLS: cells × bands × hours that were called so. SEEN: of them, seen by the aircraft held back.",
        "PASSAGES: of aircraft held back through such cells. RECEIVED: of them, by the receiver.",
    ]
    for trial in trials:
        rows = [("CALLED", "CELLS", "SEEN", "", "PASSAGES", "RECEIVED", "")]
        for line in trial.lines:
            rows.append(
                (
                    line.verdict.value,
                    f"{line.called:,}",
                    f"{line.called_seen:,}",
                    _share(line.called_seen, line.called),
                    f"{line.passages:,}",
                    f"{line.received:,}",
                    _share(line.received, line.passages),
                )
            )
        lines += ["", f"Hidden: {trial.hidden}", _aligned(rows)]
    return "\n".join(lines)


def trials_document(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return the same as plain values."""
    return [
        {
            "hidden": t.hidden,
            "verdicts": [{**line._asdict(), "verdict": line.verdict.value} for line in t.lines],
        }
        for t in trials
    ]


def _share(part: int, count: int) -> str:
    return f"{100.0 * part / count:.1f} %" if count else "–"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True)))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
