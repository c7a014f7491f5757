"""What was weighed, as CSV: one flight a line, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from nofly.run.outputs.csv import LIST_SEPARATOR, cell
from nofly.run.outputs.text import iso_time
from nofly.run.weighing.weigh import Weighed
from nofly.whatif.effect import Hit

COLUMNS = (
    "target_id", "icao24", "callsign", "operator", "operator_name", "state", "type", "origin", "destination",
    "first_heard", "last_heard", "entered", "left", "inside_s", "inside_m", "outcome", "zones", "reasons",
)  # fmt: skip


def write(weighed: Weighed) -> bytes:
    """Return the flights inside as CSV (RFC 4180, UTF-8) with a header; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for hit in weighed.effect.hits:
        name = weighed.operator_names.get(hit.operator or "")
        writer.writerow([cell(value) for value in _row(hit, name)])
    return out.getvalue().encode()


def _row(hit: Hit, operator_name: str | None) -> list[object]:
    zones = list(dict.fromkeys(one.zone_id for one in hit.inside))
    reasons = list(dict.fromkeys(one.reason for one in hit.inside if one.reason))
    return [
        hit.target_id, hit.icao24, hit.callsign, hit.operator, operator_name, hit.state, hit.type,
        hit.origin, hit.destination, iso_time(hit.first_us), iso_time(hit.last_us),
        iso_time(hit.spans_us[0][0]), iso_time(hit.spans_us[-1][1]), round(hit.inside_s, 6),
        round(hit.inside_m, 1), hit.outcome.value,
        LIST_SEPARATOR.join(zones), LIST_SEPARATOR.join(reasons),
    ]  # fmt: skip
