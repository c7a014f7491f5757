"""Zones that are not yet declared: read from a file or as drawn, shown with what is odd, and weighed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import Finding, InputError
from nofly.run.at import instant
from nofly.run.declaring.effect import effect
from nofly.run.files.reading_apart import Read, read_apart
from nofly.run.outputs.text import iso_time, printable
from nofly.units import US_PER_S
from nofly.web.answers import Worded, answered
from nofly.web.served import Authority, Here
from nofly.web.telling import DraftAnswer, told
from nofly.zones.model import Zone

router = APIRouter(prefix="/api/v1/zones", tags=["declared zones"])
MOST_HOURS = 168.0
_MOMENT = Query(description="ISO 8601; until: now, or as of when the picture is.", max_length=40)
AT_ONCE = asyncio.Semaphore(2)
"""So many files are read, or effects weighed, at a time."""


class FindingAnswer(BaseModel):
    """What a reader had to say of a record."""

    said: str
    severity: str = Field(description="info, warning or rejected: the record is not in the result")
    message: str
    where: str
    count: int


class PreviewAnswer(Worded):
    """A file as it was read: zones + rejected = records."""

    format: str
    records: int
    rejected: int
    zones: list[DraftAnswer]
    findings: list[FindingAnswer]


class EffectBody(BaseModel, extra="forbid"):
    """A zone to be weighed."""

    feature: dict[str, Any]


class EffectAnswer(BaseModel):
    """Who would have been inside, had the zone been in force; ``whole`` false: more may have been."""

    since: str
    until: str
    reports: int = Field(description="Reports near the zone, on which this rests.")
    whole: bool
    stays: list[dict[str, Any]]


_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/preview", operation_id="preview_zones", responses={200: {"model": PreviewAnswer}},
    openapi_extra={"requestBody": _BYTES},
)  # fmt: skip
async def preview(
    request: Request, here: Here, _: Authority,
    name: Annotated[str, Query(max_length=200, description="What the file is called.")] = "zones.geojson",
) -> Response:  # fmt: skip
    """Read a zone file of any format (GeoJSON, ED-269, ED-318, OpenAir, KML, KMZ); nothing is kept of it."""
    found = await _reading(await request.body(), name)
    now_us = here.follower.picture_us(here.clock())
    zones = await asyncio.to_thread(lambda: [told(zone, now_us) for zone in found.zones])
    return answered(request, {
        "format": found.format, "records": found.records, "rejected": found.rejected, "zones": zones,
        "findings": _findings(found.findings),
    }, known=found.words)  # fmt: skip


@router.post("/effect", operation_id="weigh_zone", responses={200: {"model": EffectAnswer}})
async def weigh(
    request: Request, here: Here, _: Authority, body: EffectBody,
    hours: Annotated[float, Query(gt=0, le=MOST_HOURS, description="Before until, without since.")] = 24.0,
    since: Annotated[str | None, _MOMENT] = None, until: Annotated[str | None, _MOMENT] = None,
) -> Response:  # fmt: skip
    """Who would have been inside, had this zone been in force at its times: in the last hours, as of the
    time of the picture, or in a time span of at most a week."""
    until_us = _moment_us(until, "query.until", here.follower.picture_us(here.clock()))
    since_us = _moment_us(since, "query.since", until_us - round(hours * 3600 * US_PER_S))
    if not 0 < until_us - since_us <= MOST_HOURS * 3600 * US_PER_S:
        raise InputError(
            "no time span", locator="query.since", expected=f"one of at most {MOST_HOURS:g} hours"
        )
    zone = await drawn(body.feature)
    async with AT_ONCE:
        found = await asyncio.to_thread(effect, here.folder, zone, since_us, until_us)
    return answered(request, {
        "since": iso_time(since_us), "until": iso_time(until_us), "reports": found.reports,
        "whole": found.whole, "stays": found.stays,
    })  # fmt: skip


def _moment_us(text: str | None, where: str, otherwise_us: int) -> int:
    """Return a moment. Raises InputError for what is none."""
    try:
        return otherwise_us if text is None else instant(text)
    except InputError as error:
        error.locator = where
        raise


async def drawn(feature: dict[str, Any]) -> Zone:
    """Return the zone that a GeoJSON feature draws. Raises InputError where it draws none, or not rightly."""
    found = await _reading(msgspec.json.encode(feature), "zone.geojson")
    if len(found.zones) != 1 or found.rejected:
        first = next((f for f in found.findings), None)
        raise InputError(
            "the feature is no zone" if first is None else printable(first.message), locator="body.feature",
            expected="one GeoJSON feature in nofly's vocabulary",
        )  # fmt: skip
    return found.zones[0]


async def _reading(data: bytes, name: str) -> Read:
    async with AT_ONCE:
        return await asyncio.to_thread(read_apart, data, name)


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{
        "said": f.code, "severity": f.severity.value, "message": printable(f.message),
        "where": printable(f.locator), "count": f.count,
    } for f in findings]  # fmt: skip
