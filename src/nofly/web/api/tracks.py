"""The reports round an incident: what a replay, a profile and a table are made of."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.geo.heights import ERR_M
from nofly.run.files import zonewords
from nofly.run.following.evidence import GAP_S, Evidence, evidence, gaps_us, span_us
from nofly.run.judging.preparing import position_errors_m
from nofly.run.outputs.text import iso_time, printable
from nofly.web.answers import Worded, answered
from nofly.web.api.incidents import named
from nofly.web.features import features
from nofly.web.served import Here, Reader, Served
from nofly.zones.model import Limit, Zone
from nofly.zones.sentence import say

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
_HEIGHTS = ("alt_std_m", "alt_amsl_m", "alt_agl_m", "alt_hae_m")
_NUMBERS = ("gs_mps", "track_deg", "vrate_mps", "pos_err_m", "alt_err_m")


class ReportAnswer(BaseModel):
    """A report; what it does not tell is null. ``marks`` is what screening has against it."""

    time: str
    lat_deg: float
    lon_deg: float
    alt_std_m: float | None
    alt_amsl_m: float | None
    alt_agl_m: float | None
    alt_hae_m: float | None
    gs_mps: float | None
    track_deg: float | None
    vrate_mps: float | None
    pos_err_m: float | None
    alt_err_m: float | None
    judged_err_m: float = Field(
        description="95 % error of the place that it is judged by: stated, by NACp, or assumed."
    )
    inside_m: float | None = Field(description="Distance inside the lateral boundary; below 0: outside.")
    marks: list[str]


class GapAnswer(BaseModel):
    """Not seen from … to …: nothing is said of the time between."""

    start: str
    end: str


class LimitAnswer(BaseModel):
    """A floor or ceiling."""

    value_m: float
    datum: str
    text: str


class VolumeAnswer(BaseModel):
    """What a profile is drawn against; null is ground, or unlimited."""

    lower: LimitAnswer | None
    upper: LimitAnswer | None


class TrackAnswer(Worded):
    """The reports round an incident, in order of time."""

    target_id: str | None
    start: str
    end: str
    whole: bool = Field(description="false: more reports may exist")
    reports: list[ReportAnswer]
    gap_s: float = Field(description="Reports further apart have a gap between them.")
    gaps: list[GapAnswer]
    assumed_err_m: dict[str, float] = Field(
        description="95 % error of a height by datum, where the report does not state its own."
    )
    volumes: list[VolumeAnswer]
    zone: dict[str, Any] | None = Field(description="The zone in the edition that was judged by, as GeoJSON.")
    law: list[str] = Field(description="That edition in sentences: limits, schedule, rule, source, hash.")


@router.get("/{name}/track", operation_id="get_incident_track", responses={200: {"model": TrackAnswer}})
async def track(
    request: Request, here: Here, who: Reader, name: str,
    margin_s: Annotated[float, Query(ge=0, le=3600, description="So long before and after.")] = 300.0,
) -> Response:  # fmt: skip
    """The reports of the aircraft from shortly before to shortly after, with what stands against each."""
    name = named(here, who, name)
    return answered(request, await asyncio.to_thread(_track, here, name, margin_s))


def _track(here: Served, name: str, margin_s: float) -> dict[str, Any]:
    incident = here.follower.log.incidents[name]
    from_us, until_us = span_us(incident, margin_s)
    zone = None if incident.zone_hash is None else here.follower.zone(incident.zone_hash)
    target = incident.target_id
    reports: list[dict[str, Any]] = []
    unseen: list[dict[str, str]] = []
    whole = target is not None
    if target is not None:
        found = evidence(here.folder, target, from_us, until_us, zone)
        reports, unseen, whole = list(rows(found)), gaps(found.reports.time_us), found.whole
    return {
        "target_id": None if target is None else printable(target), "start": iso_time(from_us),
        "end": iso_time(until_us), "whole": whole, "reports": reports, "gap_s": GAP_S,
        "gaps": unseen, "assumed_err_m": ERR_M,
        "volumes": [] if zone is None else _volumes(zone),
        "zone": None if zone is None else features([zone], incident.entry_us or incident.last_us)[0],
        "law": [] if zone is None else [printable(one) for one in zonewords.told(zone)],
    }  # fmt: skip


def rows(found: Evidence) -> Iterator[dict[str, Any]]:
    """Yield reports as :class:`ReportAnswer` has them."""
    reports = found.reports
    columns = {name: reports.floats(name).tolist() for name in (*_HEIGHTS, *_NUMBERS)}
    errors_m = position_errors_m(reports).tolist()
    inside = None if found.inside_m is None else found.inside_m.tolist()
    for row, time_us in enumerate(reports.time_us.tolist()):
        yield {
            "time": iso_time(time_us), "lat_deg": round(float(reports.lat_deg[row]), 7),
            "lon_deg": round(float(reports.lon_deg[row]), 7),
            **{name: _known(values[row]) for name, values in columns.items()},
            "judged_err_m": round(errors_m[row], 2),
            "inside_m": None if inside is None else _known(inside[row]),
            "marks": [say(mark) for mark in found.marks[row]],
        }  # fmt: skip


def _known(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None


def gaps(times_us: NDArray[np.int64]) -> list[dict[str, str]]:
    """Return the time spans between reports in which nothing was heard."""
    return [{"start": iso_time(start_us), "end": iso_time(end_us)} for start_us, end_us in gaps_us(times_us)]


def _volumes(zone: Zone) -> list[dict[str, Any]]:
    return [{"lower": _limit(volume.lower), "upper": _limit(volume.upper)} for volume in zone.volumes]


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"value_m": limit.value_m, "datum": limit.datum.value, "text": printable(limit.text)}
