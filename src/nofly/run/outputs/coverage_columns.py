"""What could have been seen, beside each stay: two more columns of a check that covers."""

from __future__ import annotations

from typing import Any

from nofly.run.outputs.coverage_told import coverage_sentences, zone_statements
from nofly.run.outputs.text import printable
from nofly.run.result import CheckResult

COVERAGE_COLUMNS: tuple[tuple[str, str], ...] = (("coverage", "text"), ("coverage_notes", "list"))
"""The verdict on the stay's zone over all the time of the reports; sentences on that, and on the times in
which the aircraft was not received."""


def coverage_of_stays(result: CheckResult) -> dict[str, dict[str, Any]]:
    """Return the columns of each stay by its id; nothing of a check that does not cover."""
    if result.coverage is None:
        return {}
    from nofly.proof.covering.coverage_words import zone_sentence

    by_hash = {one.numbers["zone_hash"]: one for one in zone_statements(result)}
    out = {}
    for stay in result.infringements:
        said, notes = by_hash.get(stay.zone_hash), coverage_sentences(result, stay)
        if said is not None:
            notes.insert(0, printable(zone_sentence(said)))
        out[stay.id] = {"coverage": None if said is None else said.verdict.value, "coverage_notes": notes}
    return out
