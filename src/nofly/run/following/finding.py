"""An incident as the result of a check: what its sentences, its picture and its KML are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nofly.errors import InputError
from nofly.incidents.record import Infringement
from nofly.run.following.evidence import evidence, gaps_us, span_us
from nofly.run.outputs import explain
from nofly.run.outputs.columns import stay_of
from nofly.run.record.incident_log import Incident
from nofly.run.result import CheckResult, Gap
from nofly.zones.model import Zone

MARGIN_S = 300.0
Law = Callable[[str], Zone | None]
"""Returns the zone of a hash; None where it is not known any more."""


def told(rows: Iterable[Mapping[str, Any]], law: Law) -> list[list[str]]:
    """Return each verdict in plain sentences, as ``nofly check --explain`` says them; of a row that is no
    verdict, none."""
    out: list[list[str]] = []
    for row in rows:
        lines: list[str] = []
        with suppress(InputError):
            stay = stay_of(row)
            lines = explain.told(CheckResult(_zones([stay], law), 0, 0, None), stay)
        out.append(lines)
    return out


def result_of(folder: Path, incident: Incident, law: Law) -> CheckResult:
    """Return the stays of an incident that verdicts were given on, with the reports round it, from the state
    folder of a watch. Raises StoreError where that cannot be read."""
    stays = []
    for row in incident.verdicts.values():
        with suppress(InputError):
            stays.append(stay_of(row))
    stays.sort(key=lambda stay: stay.entry_time_us)
    zones = _zones(stays, law)
    if incident.target_id is None:
        return CheckResult(zones, 0, 0, None, infringements=stays)
    reports = evidence(folder, incident.target_id, *span_us(incident, MARGIN_S), None).reports
    times_us = reports.time_us
    return CheckResult(
        zones, len(reports), 1, (int(times_us[0]), int(times_us[-1])) if len(reports) else None,
        infringements=stays, tracks=reports,
        gaps=tuple(Gap(incident.target_id, start_us, end_us) for start_us, end_us in gaps_us(times_us)),
    )  # fmt: skip


def _zones(stays: Iterable[Infringement], law: Law) -> tuple[Zone, ...]:
    found = [law(name) for name in dict.fromkeys(stay.zone_hash for stay in stays)]
    return tuple(zone for zone in found if zone is not None)
