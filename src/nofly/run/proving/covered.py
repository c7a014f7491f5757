"""What could have been seen round an incident, told from the positions that its watch has kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nofly.errors import InputError
from nofly.proof.covering.areas import zone_cells, zone_statements
from nofly.proof.covering.cells import HOUR_US, centres
from nofly.proof.covering.evidence import NEAR_M
from nofly.proof.covering.statements import Asked
from nofly.run.coverage import kept, read
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.following.evidence import evidence
from nofly.run.outputs.coverage_told import AFTER_US, BEFORE_US, plain, stays_covered
from nofly.run.proving.live import result_of
from nofly.run.proving.live_case import LiveCase
from nofly.run.proving.sighted import Sighted, with_traffic
from nofly.run.record.editions import Edition
from nofly.run.record.incident_log import Incident
from nofly.schema import Positions
from nofly.store.positions.layout import Wanted
from nofly.zones.model import Zone

LOOKED_BACK_US, LOOKED_ON_US = 6 * HOUR_US, HOUR_US
"""Traffic so long before an incident and after it tells what could have been seen in it."""
MOST_ROWS = 5_000_000
_MARGIN_DEG = NEAR_M / 111_195.0


def covered(
    folder: Path, incident: Incident, edition: Edition, reports: Positions | None = None,
    so_far: Mapping[str, Mapping[str, Any]] | None = None,
) -> Sighted:  # fmt: skip
    """Return what could have been seen of an incident's zone, from ten minutes before it to ten minutes after
    it, and while its aircraft was not received. ``reports`` are the aircraft's (those that are kept),
    ``so_far`` the verdicts on stays that are not over, as they stand.

    Raises StoreError where what is kept cannot be read.
    """
    begun_us = min(incident.first_us, incident.entry_us or incident.first_us)
    until_us = max(incident.last_us, incident.exit_us or 0, begun_us)
    wanted = Wanted(begun_us - LOOKED_BACK_US, until_us + LOOKED_ON_US, box_deg=_round(edition.zone))
    try:
        coverage = read(_few(kept(folder, wanted)), lambda: _few(kept(folder, wanted)))
    except InputError as error:
        return Sighted(None, f"what could have been seen is not told: {error.message}")
    if not coverage.reports:
        return Sighted(None, "what could have been seen is not told: no positions of that time are kept")
    verdicts = {**(so_far or {}), **incident.verdicts}
    if verdicts:
        tracks = _reports(folder, incident, begun_us, until_us) if reports is None else reports
        result = result_of(edition.zone, verdicts.values(), tracks, edition.judged.max_gap_s, coverage)
        said = stays_covered(result, list(result.infringements)) or {}
    else:
        asked = Asked(coverage.evidence, begun_us - BEFORE_US, until_us + AFTER_US)
        said = plain(zone_statements(coverage, [edition.zone], asked)[0])
    looked_us = begun_us - LOOKED_BACK_US, until_us + LOOKED_ON_US
    return Sighted(with_traffic(said, coverage, looked_us), "", coverage, looked_us)


def case_covered(folder: Path, case: LiveCase) -> Sighted:
    """Return what could have been seen in a case; where nothing is said of it, why is put into the case's."""
    found = covered(folder, case.incident, case.edition, case.reports, case.so_far)
    if found.statement is None:
        case.why.append(found.why)
    return found


def _reports(folder: Path, incident: Incident, begun_us: int, until_us: int) -> Positions:
    return evidence(folder, incident.target_id or "", begun_us - BEFORE_US, until_us + AFTER_US, None).reports


def _few(batches: Iterable[TrackBatch]) -> Iterator[TrackBatch]:
    """Yield batches; InputError past so many rows as are looked at."""
    rows = 0
    for batch in batches:
        rows += len(batch.positions)
        if rows > MOST_ROWS:
            raise InputError(f"more than {MOST_ROWS:,} positions are kept of that time round the zone")
        yield batch


def _round(zone: Zone) -> tuple[float, float, float, float] | None:
    """Return a box round a zone with a margin in which receivers of it are looked for; None: all of the
    Earth, of a zone that is so wide or so near a pole."""
    lat, lon = centres(zone_cells([zone])[0])
    if not len(lat):
        return None
    south, north = float(lat.min()) - _MARGIN_DEG, float(lat.max()) + _MARGIN_DEG
    lon = np.unique(lon)
    after = np.append(lon[1:], lon[0] + 360.0) - lon
    gap = int(after.argmax())
    margin = _MARGIN_DEG / max(np.cos(np.radians(min(max(-south, north), 89.0))), 0.02)
    if max(-south, north) > 85.0 or after[gap] <= 2.0 * margin + 1.0:
        return None
    west, east = lon[(gap + 1) % len(lon)] - margin, lon[gap] + margin
    return south, float((west + 180.0) % 360.0 - 180.0), north, float((east + 180.0) % 360.0 - 180.0)
