"""Aircraft as they were last heard: all, in a circle, in a box, the closest; and the way one came."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError
from nofly.run.following.picture import DATUMS, Box, Picture
from nofly.run.outputs.text import iso_time, printable
from nofly.units import M_PER_NM, US_PER_S
from nofly.web.answers import answered
from nofly.web.errors import not_found
from nofly.web.served import AtOnce, Here

router = APIRouter(prefix="/api/v1/aircraft", tags=["aircraft"])
MOST_NM = 10_000.0
MEAN_RADIUS_M = 6_371_008.8
"""Of the sphere on which distances to an asked place are measured (IUGG)."""


class Place(BaseModel):
    """A report. Heights in metres with their datum; what is not known is null."""

    time: str
    age_s: float
    lat_deg: float
    lon_deg: float
    alt_m: float | None
    alt_datum: str | None = Field(description="STD, AMSL, HAE or AGL")
    on_ground: bool | None
    gs_mps: float | None
    track_deg: float | None
    vrate_mps: float | None
    pos_err_m: float | None = Field(description="95 %, as it states it")


class AircraftAnswer(Place):
    """An aircraft."""

    target_id: str = Field(examples=["icao24:4ca7b3"])
    callsign: str | None
    squawk: str | None
    category: str | None
    source: str | None = Field(examples=["adsb"])
    distance_m: float | None = Field(None, description="To the place that was asked for.")


class AircraftList(BaseModel):
    """Aircraft, as of ``time``."""

    time: str
    aircraft: list[AircraftAnswer]


class TrailAnswer(BaseModel):
    """An aircraft and the way it came in the last minutes."""

    aircraft: AircraftAnswer
    trail: list[Place]


def _of(what: str, example: str) -> Any:
    return Query(description=what, examples=[example], max_length=80)


@router.get("", operation_id="list_aircraft", responses={200: {"model": AircraftList}})
async def listed(
    request: Request, here: Here, _: AtOnce,
    circle: Annotated[str | None, _of("lat,lon,NM", "47.45,8.56,30")] = None,
    box: Annotated[str | None, _of("south,north,west,east", "45,48,6,11")] = None,
    closest: Annotated[str | None, _of("lat,lon,NM: the one aircraft", "47.45,8.56,30")] = None,
) -> Response:  # fmt: skip
    """Aircraft heard in the last ten minutes; ``circle``, ``box`` and ``closest`` as tar1090 has them."""
    now_us = here.follower.picture_us(here.clock())
    picture = here.follower.picture
    numbers = picture.shown(now_us)
    rows = picture.latest[numbers]
    distance_m: NDArray[np.float64] | None = None
    if box is not None:
        held = box_of(box).holds(rows["lat_deg"], rows["lon_deg"])
        numbers, rows = numbers[held], rows[held]
    if (place := circle or closest) is not None:
        lat_deg, lon_deg, radius_nm = _numbers(place, "circle" if circle else "closest", 3)
        distance_m = _distance_m(rows, lat_deg, lon_deg)
        near = np.flatnonzero(distance_m <= min(radius_nm, MOST_NM) * M_PER_NM)
        near = near[np.argsort(distance_m[near], kind="stable")][: None if circle else 1]
        numbers, distance_m = numbers[near], distance_m[near]
    aircraft = list(aircraft_rows(picture, numbers, now_us))
    if distance_m is not None:
        for row, one_m in zip(aircraft, distance_m.tolist(), strict=True):
            row["distance_m"] = round(one_m, 1)
    return answered(request, {"time": iso_time(now_us), "aircraft": aircraft})


@router.get("/{target_id}", operation_id="get_aircraft", responses={200: {"model": TrailAnswer}})
async def one(request: Request, here: Here, _: AtOnce, target_id: str) -> Response:
    """One aircraft, and where it was in the last ten minutes."""
    picture, now_us = here.follower.picture, here.follower.picture_us(here.clock())
    number = picture.number(target_id)
    if number is None:
        raise not_found(f"no aircraft {printable(target_id)[:80]!r} was heard", "an id of /api/v1/aircraft")
    (row,) = aircraft_rows(picture, np.array([number]), now_us)
    trail = [_place(report, now_us) for report in picture.trail(number)]
    return answered(request, {"aircraft": row, "trail": trail})


def aircraft_rows(picture: Picture, numbers: NDArray[np.int64], now_us: int) -> Iterable[dict[str, Any]]:
    """Yield aircraft as plain values."""
    for number, report in zip(numbers.tolist(), picture.latest[numbers], strict=True):
        told = picture.told[number]
        about = {name: None if v is None else printable(v) for name, v in told._asdict().items()}
        yield {**about, **_place(report, now_us), "distance_m": None}


def _place(report: Any, now_us: int) -> dict[str, Any]:
    def known(name: str, digits: int) -> float | None:
        value = float(report[name])
        return None if math.isnan(value) else round(value, digits)

    datum, ground = int(report["datum"]), int(report["on_ground"])
    return {
        "time": iso_time(int(report["time_us"])),
        "age_s": round((now_us - int(report["time_us"])) / US_PER_S, 1),
        "lat_deg": round(float(report["lat_deg"]), 7), "lon_deg": round(float(report["lon_deg"]), 7),
        "alt_m": known("alt_m", 1), "alt_datum": DATUMS[datum - 1].upper() if datum else None,
        "on_ground": None if ground < 0 else bool(ground), "gs_mps": known("gs_mps", 2),
        "track_deg": known("track_deg", 1), "vrate_mps": known("vrate_mps", 2),
        "pos_err_m": known("pos_err_m", 1),
    }  # fmt: skip


def box_of(text: str) -> Box:
    """Return the box of a query, south, north, west, east as tar1090 has them. Raises InputError for none."""
    south, north, west, east = _numbers(text, "box", 4)
    return Box(south, west, north, east)


def _numbers(text: str, name: str, count: int) -> list[float]:
    """Return so many numbers, the first latitudes and then longitudes. Raises InputError for what is none."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        raise InputError("no such numbers", locator=f"query.{name}", expected=f"{count} numbers with commas")
    lats, lons = (values[:2], values[2:]) if count == 4 else (values[:1], values[1:2])
    if any(abs(v) > 90 for v in lats) or any(abs(v) > 180 for v in lons) or (count == 3 and values[2] < 0):
        raise InputError(
            "out of range", locator=f"query.{name}", expected="latitudes to ±90, longitudes to ±180"
        )
    return values


def _distance_m(rows: NDArray[Any], lat_deg: float, lon_deg: float) -> NDArray[np.float64]:
    """Return great-circle distances on the mean sphere, within 0.6 % of those on the ellipsoid."""
    lat, lon = np.radians(rows["lat_deg"]), np.radians(rows["lon_deg"] - lon_deg)
    here = math.radians(lat_deg)
    half = np.sin((lat - here) / 2) ** 2 + math.cos(here) * np.cos(lat) * np.sin(lon / 2) ** 2
    found: NDArray[np.float64] = 2 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return found
