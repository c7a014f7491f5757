"""JSON: one object that says what was checked, what was odd, and every stay."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from nofly import __version__
from nofly.errors import Finding
from nofly.run.outputs.columns import record
from nofly.run.outputs.coverage_told import coverage_block
from nofly.run.outputs.text import iso_time, printable
from nofly.run.result import CheckResult, Gap
from nofly.zones.model import Zone


def document(result: CheckResult) -> dict[str, Any]:
    """Return the whole result as plain values.

    ``zone_set_hash`` names the law that was applied: the SHA-256 over the sorted zone hashes, one a line.
    """
    zones = [_zone(zone) for zone in result.zones]
    hashes = [zone["zone_hash"] for zone in zones]
    lines = "\n".join(sorted(hashes))
    first, last = result.span_us or (None, None)
    return {
        "nofly": __version__,
        "zones": zones,
        "zones_not_read": result.zones_not_read,
        "zone_set_hash": hashlib.sha256(lines.encode()).hexdigest(),
        "positions": {
            "reports": result.report_count,
            "targets": result.target_count,
            "first_time": None if first is None else iso_time(first),
            "last_time": None if last is None else iso_time(last),
            "gaps": [_gap(gap) for gap in result.gaps],
        },
        "findings": [finding_record(finding) for finding in result.findings],
        "infringements": [record(stay) for stay in result.infringements],
        **({} if result.coverage is None else {"coverage": coverage_block(result, hashes)}),
    }  # fmt: skip


def write(result: CheckResult) -> bytes:
    """Return the document as indented UTF-8 JSON with a line feed at its end."""
    return (json.dumps(document(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values."""
    return {
        "code": finding.code, "severity": finding.severity.value, "message": str(printable(finding.message)),
        "source": printable(finding.source), "locator": printable(finding.locator), "count": finding.count,
    }  # fmt: skip


def _gap(gap: Gap) -> dict[str, str]:
    times = {"start_time": iso_time(gap.start_us), "end_time": iso_time(gap.end_us)}
    return {"target_id": printable(gap.target_id), **times}


def _zone(zone: Zone) -> dict[str, Any]:
    def moment(time_us: int | None) -> str | None:
        return None if time_us is None else iso_time(time_us)

    return {
        "id": printable(zone.id), "name": printable(zone.name), "zone_hash": zone.zone_hash,
        "kind": printable(zone.kind), "restriction": zone.restriction.value, "edition": zone.edition,
        "valid_from": moment(zone.valid_from_us), "valid_to": moment(zone.valid_to_us),
        "source": {
            "format": printable(zone.source.format), "sha256": zone.source.sha256,
            "locator": printable(zone.source.locator),
        },
    }  # fmt: skip
