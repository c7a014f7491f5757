"""The ways that all aircraft in a box came: what the map draws where it shows every trail."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.following.picture import Box, Picture
from nofly.run.outputs.text import iso_time, printable
from nofly.units import US_PER_S
from nofly.web.answers import answered
from nofly.web.api.aircraft import box_of
from nofly.web.served import AtOnce, Here

router = APIRouter(prefix="/api/v1/trails", tags=["aircraft"])
MOST_TRAILS = 2_000
MOST_PLACES = 40_000
LEAST_STEP_S = 5
LEAST_TRAIL_S = 600


class TrailPlace(BaseModel):
    """Where it was. Height in metres; what is not known is null."""

    time: str
    lat_deg: float
    lon_deg: float
    alt_m: float | None
    on_ground: bool | None


class Trail(BaseModel):
    """The way of an aircraft, in order of time."""

    target_id: str
    places: list[TrailPlace]


class TrailList(BaseModel):
    """Trails as of ``time``, of those heard last where there are more aircraft than are told."""

    time: str
    step_s: int = Field(description="At most one place in so many seconds, and the newest.")
    aircraft: int = Field(description="How many are in the box.")
    trails: list[Trail]


@router.get("", operation_id="list_trails", responses={200: {"model": TrailList}})
async def listed(
    request: Request, here: Here, _: AtOnce,
    box: Annotated[str | None, Query(description="south,north,west,east", max_length=80)] = None,
) -> Response:  # fmt: skip
    """Where the aircraft of a box were in the last ten minutes, those of at most 2,000."""
    asked = None if box is None else box_of(box)
    now_us = here.follower.picture_us(here.clock())
    return answered(request, await asyncio.to_thread(_trails, here.follower.picture, asked, now_us))


def _trails(picture: Picture, box: Box | None, now_us: int) -> dict[str, Any]:
    numbers = picture.shown(now_us)
    rows = picture.latest[numbers]
    held = numbers if box is None else numbers[box.holds(rows["lat_deg"], rows["lon_deg"])]
    newest = held[np.argsort(-picture.latest["time_us"][held], kind="stable")][:MOST_TRAILS]
    step_s = max(LEAST_STEP_S, math.ceil(LEAST_TRAIL_S * len(newest) / MOST_PLACES))
    found = picture.trails(newest, step_s * US_PER_S)
    return {
        "time": iso_time(now_us), "step_s": step_s, "aircraft": len(held),
        "trails": [
            {"target_id": printable(picture.told[number].target_id), "places": [*map(_place, places)]}
            for number, places in found.items()
        ],
    }  # fmt: skip


def _place(report: Any) -> dict[str, Any]:
    height_m, ground = float(report["alt_m"]), int(report["on_ground"])
    return {
        "time": iso_time(int(report["time_us"])),
        "lat_deg": round(float(report["lat_deg"]), 5), "lon_deg": round(float(report["lon_deg"]), 5),
        "alt_m": None if math.isnan(height_m) else round(height_m, 1),
        "on_ground": None if ground < 0 else bool(ground),
    }  # fmt: skip
