"""The reports of one aircraft in a time span."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError
from nofly.run.at import instant
from nofly.run.following.evidence import MOST_SPAN_S, evidence
from nofly.run.outputs.text import iso_time, printable
from nofly.units import US_PER_S
from nofly.web.answers import answered
from nofly.web.api.tracks import GapAnswer, ReportAnswer, gaps, rows
from nofly.web.served import AtOnce, Here

router = APIRouter(prefix="/api/v1/flown", tags=["aircraft"])
_MOMENT = Query(description="ISO 8601.", max_length=40)


class FlownAnswer(BaseModel):
    """The reports of an aircraft, in order of time."""

    target_id: str
    start: str
    end: str
    whole: bool = Field(description="false: more reports may exist")
    reports: list[ReportAnswer]
    gaps: list[GapAnswer]


@router.get("/{target_id:path}", operation_id="get_flown", responses={200: {"model": FlownAnswer}})
async def flown(
    request: Request, here: Here, _: AtOnce, target_id: str,
    since: Annotated[str, _MOMENT], until: Annotated[str, _MOMENT],
) -> Response:  # fmt: skip
    """Where an aircraft was from since to until, at most six hours, by the reports that are kept."""
    since_us, until_us = instant(since), instant(until)
    if not 0 < until_us - since_us <= MOST_SPAN_S * US_PER_S:
        expected = f"one of at most {MOST_SPAN_S / 3600:g} hours"
        raise InputError("no time span", locator="query.since", expected=expected)
    found = await asyncio.to_thread(evidence, here.folder, target_id, since_us, until_us, None)
    said: dict[str, Any] = {
        "target_id": printable(target_id), "start": iso_time(since_us), "end": iso_time(until_us),
        "whole": found.whole, "reports": list(rows(found)), "gaps": gaps(found.reports.time_us),
    }  # fmt: skip
    return answered(request, said)
