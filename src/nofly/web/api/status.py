"""How the watch is: whether anything is monitored, by which feeds, what is told by which channels."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse, Response

from nofly.run.display.metrics import CONTENT_TYPE
from nofly.run.outputs.text import clock, iso_time, printable
from nofly.units import US_PER_S
from nofly.web.answers import answered
from nofly.web.errors import ApiError
from nofly.web.served import Here, Reader, Served

router = APIRouter()
OLD_S = 10.0
"""A watch that has said nothing of itself for so long does not run, or hangs."""


class FeedAnswer(BaseModel):
    """One feed."""

    name: str
    status: str = Field(description="connecting, alive, stalled, failed or ended", examples=["alive"])
    positions: int
    positions_per_s: float
    rejected: int
    lag_s: float | None
    silent_since: str | None = Field(
        description="Since when nothing is monitored through it; null while it is."
    )
    why: str | None
    error: str | None


class ChannelAnswer(BaseModel):
    """One alert channel."""

    name: str
    kind: str
    waiting: int
    delivered: int
    given_up: int
    failures: int
    last_error: str | None


class StatusAnswer(BaseModel):
    """A watch."""

    time: str = Field(description="Now, UTC.", examples=["2026-03-04T12:00:00.000000Z"])
    picture_time: str = Field(description="What the map shows is as of then: now, or of a replay its time.")
    watching: bool = Field(description="Whether a watch runs on this state.")
    monitored: bool = Field(description="Whether some feed brings positions, and they are judged.")
    unmonitored_since: str | None
    judged_until: str | None = Field(description="Up to when all reports are judged.")
    ok: bool
    reasons: list[str] = Field(description="Why it is not ok.")
    feeds: list[FeedAnswer]
    channels: list[ChannelAnswer]
    aircraft: int
    zones: int
    records: int = Field(description="Number of the last record.")


def status_row(here: Served) -> dict[str, Any]:
    """Return how the watch is, as plain values."""
    now_us, follower = here.clock(), here.follower
    found = follower.status
    age_s = None if found is None else (now_us - found.at_us) / US_PER_S
    watching = found is not None and age_s is not None and abs(age_s) <= OLD_S and not found.ended
    reasons = [] if found is None else list(found.reasons)
    if found is None:
        reasons.append("no watch has run on this state")
    elif found.ended:
        reasons.insert(0, f"the watch ended at {clock(found.at_us)}")
    elif not watching:
        reasons.insert(0, f"the watch has said nothing of itself since {clock(found.at_us)}")
    if follower.trouble:
        reasons.append("the state cannot be read: the log of the server says why")
    silent_us = None if found is None else found.unmonitored_since_us
    since_us = found.at_us if found is not None and not watching and silent_us is None else silent_us
    feeds = [] if found is None else found.feeds
    return {
        "time": iso_time(now_us), "picture_time": iso_time(follower.picture_us(now_us)), "watching": watching,
        "monitored": watching and silent_us is None and found is not None and found.trouble is None,
        "unmonitored_since": None if since_us is None else iso_time(since_us),
        "judged_until": None if found is None or found.judged_us is None else iso_time(found.judged_us),
        "ok": watching and found is not None and found.ok and not follower.trouble,
        "reasons": [printable(reason) for reason in reasons],
        "feeds": [{
            "name": printable(f.name), "status": f.status, "positions": f.positions,
            "positions_per_s": round(f.positions_per_s, 2), "rejected": f.rejected, "lag_s": f.lag_s,
            "silent_since": None if f.silent_since_us is None else iso_time(f.silent_since_us),
            "why": None if f.why is None else printable(f.why),
            "error": None if f.error is None else printable(f.error),
        } for f in feeds],
        "channels": [] if found is None else [{
            "name": printable(c.name), "kind": c.kind, "waiting": c.waiting, "delivered": c.delivered,
            "given_up": c.given_up, "failures": c.failures,
            "last_error": None if c.last_error is None else printable(c.last_error),
        } for c in found.channels],
        "aircraft": len(follower.picture.shown(follower.picture_us(now_us))), "zones": len(follower.law),
        "records": follower.sequence,
    }  # fmt: skip


@router.get(
    "/api/v1/status", operation_id="get_status", tags=["status"], responses={200: {"model": StatusAnswer}}
)
async def status(request: Request, here: Here, _: Reader) -> Response:
    """How the watch is, and through which feeds it sees."""
    return answered(request, status_row(here))


@router.get("/healthz", operation_id="get_health", tags=["status"], response_class=PlainTextResponse)
async def healthz() -> Response:
    """The server answers; whether anything is monitored, says ``/readyz``."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", operation_id="get_readiness", tags=["status"], response_class=PlainTextResponse)
async def readyz(here: Here) -> Response:
    """200 while a watch runs, sees and records; else 503. Reasons are for those who may read the status."""
    if not status_row(here)["ok"]:
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "not-monitored", "no watch runs, sees and records")
    return PlainTextResponse("ok\n")


@router.get("/metrics", operation_id="get_metrics", tags=["status"], response_class=PlainTextResponse)
async def metrics(here: Here, _: Reader) -> Response:
    """What the watch measures of itself, for Prometheus."""
    found = here.follower.status
    return Response("" if found is None else found.metrics, media_type=CONTENT_TYPE)
