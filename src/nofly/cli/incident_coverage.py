"""What could have been seen round incidents: of ``nofly incidents show`` and ``export``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.run.proving.sighted import Sighted
    from nofly.run.record.incident_log import Incident


def coverage_lines(record: Path, incident: Incident) -> list[str]:
    """Return what could have been seen in an incident, as lines."""
    from nofly.run.outputs.text import printable

    found = _covered(record, incident)
    if found.statement is None:
        return [f"{printable(found.why)[:1].upper()}{printable(found.why)[1:]}."]
    head = f"What could have been seen: {printable(found.statement['verdict'])}"
    return [head, *(f"  {printable(line)}" for line in found.statement["sentences"])]


def add_coverage(rows: Iterable[dict[str, Any]], incidents: Iterable[Incident], record: Path) -> None:
    """Put into the verdicts of incidents what could have been seen in each: its verdict and sentences."""
    found = {one.id: _covered(record, one) for one in incidents if one.verdicts}
    for row in rows:
        statement, why = found[row["incident"]][:2]
        row["coverage"] = None if statement is None else statement["verdict"]
        row["coverage_notes"] = [f"{why}."] if statement is None else statement["sentences"]


def _covered(record: Path, incident: Incident) -> Sighted:
    from nofly.run.proving.covered import covered
    from nofly.run.proving.sighted import Sighted
    from nofly.run.record.editions import edition_as_of
    from nofly.store.sqlite import Store

    with Store(record, create=False, read_only=True) as store:
        edition = edition_as_of(store, incident.zone_hash or "", store.head().sequence)
    if edition is None:
        return Sighted(None, "what could have been seen is not told: the law of that moment was not kept")
    return covered(record.parent, incident, edition)
