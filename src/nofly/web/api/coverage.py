"""Where and how high something was seen lately, and where it could have been; all else is unknown."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.following.coverage import BANDS_FT, CELL_DEG
from nofly.run.outputs.text import iso_time, printable
from nofly.web.answers import answered
from nofly.web.served import AtOnce, Here

router = APIRouter(prefix="/api/v1", tags=["aircraft"])


class CellAnswer(BaseModel):
    """A cell by its south-west corner."""

    south_deg: float
    west_deg: float
    ages_s: list[int | None] = Field(description="Per band how long ago; null: not within the time.")


class ReceiverAnswer(BaseModel):
    """A receiver by its name (that of the feed, where it tells none), and when it received anything."""

    station: str
    minutes_up: int = Field(description="in so many of the minutes asked for it received anything")
    minutes: int
    last_s: int = Field(description="how long ago it did last")


class HorizonCellAnswer(BaseModel):
    """A cell by its south-west corner and its width; a quarter of a degree high."""

    south_deg: float
    west_deg: float
    width_deg: float
    could: list[int] = Field(
        description="By number the bands in which an aircraft with a transponder could have been seen."
    )
    could_not: list[int] = Field(description="Those in which it could not have been.")


class HorizonAnswer(BaseModel):
    """What could have been seen in the hour before ``time``, told from what was received since
    ``from_time``."""

    time: str
    from_time: str
    cells: list[HorizonCellAnswer]
    why: str = Field(description="Why there are no cells, where it cannot be told; else empty.")


class CoverageAnswer(BaseModel):
    """Cells from which reports came. What could have been seen in all others is ``coverage/horizon``."""

    time: str
    cell_deg: float
    bands_ft: list[int] = Field(description="Where each band of height begins; the last has no end.")
    cells: list[CellAnswer]
    receivers: list[ReceiverAnswer] = Field(description="those that received anything within the time")


@router.get("/coverage", operation_id="get_coverage", responses={200: {"model": CoverageAnswer}})
async def coverage(
    request: Request, here: Here, _: AtOnce, within_s: Annotated[int, Query(ge=1, le=86_400)] = 3600
) -> Response:
    """Where, and how high, something was seen within so many seconds, and when the receivers were up."""
    now_us = here.follower.picture_us(here.clock())
    known = here.follower.coverage
    return answered(request, {
        "time": iso_time(now_us), "cell_deg": CELL_DEG, "bands_ft": list(BANDS_FT),
        "cells": [one._asdict() for one in known.seen(now_us, within_s)],
        "receivers": [
            {**one._asdict(), "station": printable(one.station)} for one in known.receivers(now_us, within_s)
        ],
    })  # fmt: skip


@router.get("/coverage/horizon", operation_id="get_horizon", responses={200: {"model": HorizonAnswer | None}})
async def horizon(request: Request, here: Here, _: AtOnce) -> Response:
    """Where, and how high, an aircraft with a transponder could have been seen in the last hour, and where
    not; of all else nothing is known. It is told anew every five minutes while anybody asks, and nobody waits
    for it: null where nothing is told yet."""
    return answered(request, here.horizons.at(here.follower.picture_us(here.clock())))
