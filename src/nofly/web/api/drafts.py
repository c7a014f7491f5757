"""Zones that are not yet declared: read from a file or as drawn, shown with what is odd, and weighed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly import plugins
from nofly.errors import Finding, InputError
from nofly.run.declaring.effect import effect
from nofly.run.files.reading_apart import Read, read_apart
from nofly.run.files.zonewords import sentences
from nofly.run.following.law import times
from nofly.run.outputs.text import iso_time, printable
from nofly.units import US_PER_S
from nofly.web.answers import answered
from nofly.web.api.zones import ZoneFeature, features
from nofly.web.served import Authority, Here
from nofly.zones.model import Zone

router = APIRouter(prefix="/api/v1/zones", tags=["declared zones"])
WEEKS_US = 28 * 86_400 * US_PER_S
AT_ONCE = asyncio.Semaphore(2)
"""So many files are read, or effects weighed, at a time."""


class FindingAnswer(BaseModel):
    """What a reader had to say of a record."""

    said: str
    severity: str = Field(description="info, warning or rejected: the record is not in the result")
    message: str
    where: str
    count: int


class TimesAnswer(BaseModel):
    """From when until when a zone is active."""

    start: str | None
    end: str | None
    certain: bool = Field(description="false: announced elsewhere, so it may be")


class DraftAnswer(BaseModel):
    """A zone as it was read; ``draft`` is what is sent to propose it."""

    zone: ZoneFeature
    draft: dict[str, Any]
    sentences: list[str]
    times: list[TimesAnswer] = Field(description="In the next four weeks.")


class PreviewAnswer(BaseModel):
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
    reports: int
    whole: bool
    stays: list[dict[str, Any]]


_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/preview", responses={200: {"model": PreviewAnswer}}, openapi_extra={"requestBody": _BYTES}
)  # fmt: skip
async def preview(
    request: Request, here: Here, _: Authority,
    name: Annotated[str, Query(max_length=200, description="What the file is called.")] = "zones.geojson",
) -> Response:  # fmt: skip
    """Read a zone file of any format (GeoJSON, ED-269, ED-318, OpenAir, KML, KMZ); nothing is kept of it."""
    found = await _reading(await request.body(), name)
    now_us = here.clock()
    return answered(request, {
        "format": found.format, "records": found.records, "rejected": found.rejected,
        "zones": [_draft(zone, now_us) for zone in found.zones], "findings": _findings(found.findings),
    })  # fmt: skip


@router.post("/effect", responses={200: {"model": EffectAnswer}})
async def weigh(
    request: Request, here: Here, _: Authority, body: EffectBody,
    hours: Annotated[float, Query(gt=0, le=168)] = 24.0,
) -> Response:  # fmt: skip
    """Who would have been inside in the last hours, had this zone been in force at its times."""
    zone = await drawn(body.feature)
    since_us = here.clock() - round(hours * 3600 * US_PER_S)
    async with AT_ONCE:
        found = await asyncio.to_thread(effect, here.folder, zone, since_us)
    said = {"since": iso_time(since_us), "reports": found.reports, "whole": found.whole}
    return answered(request, {**said, "stays": found.stays})


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


def _draft(zone: Zone, now_us: int) -> dict[str, Any]:
    writer = plugins.load("nofly.formats", "geojson")
    draft = msgspec.json.decode(writer.write([zone]))["features"][0]
    rows = [
        {"start": iso_time(start), "end": iso_time(end), "certain": certain}
        for start, end, certain in times(zone, now_us, now_us + WEEKS_US)
    ]
    return {
        "zone": features([zone], now_us)[0], "draft": draft, "times": rows,
        "sentences": [printable(sentence) for sentence in sentences(zone)],
    }  # fmt: skip


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{
        "said": f.code, "severity": f.severity.value, "message": printable(f.message),
        "where": printable(f.locator), "count": f.count,
    } for f in findings]  # fmt: skip
