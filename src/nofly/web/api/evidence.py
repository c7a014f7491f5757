"""An incident as an evidence package, and what verifying it says."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.run.proving.making_apart import Apart, MadeApart, made_apart
from nofly.web.api.incidents import named
from nofly.web.errors import not_found
from nofly.web.served import AtOnce, Here, Served
from nofly.web.turns import in_turn

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


class StepAnswer(BaseModel):
    """One thing that was looked at."""

    subject: str = Field(examples=["finding"])
    outcome: str = Field(description="agrees, differs, not checked or note")
    message: str
    place: str
    recorded: str | None = Field(description="what the package says, where that differs")
    found: str | None = Field(description="what was found instead")


class VerifiedAnswer(BaseModel):
    """What ``nofly verify`` says of the package: 0 all agrees, 1 something differs, 3 something could not be
    checked."""

    exit_code: int
    unshown: list[str] = Field(
        description="of what nothing in it shows that it is so: signatures (who made it), coverage (what "
        "could have been seen)"
    )
    bytes: int
    steps: list[StepAnswer]


@router.get(
    "/{name}/evidence", operation_id="get_evidence", responses={200: {"content": {"application/zip": {}}}}
)
async def evidence(here: Here, who: AtOnce, name: str) -> Response:
    """The evidence package: raw bytes, law, finding, report, records; for ``nofly verify``. Signed where the
    station has a key; else whoever vouches for it signs it with ``nofly sign``. Of a stay that is not over it
    says how it stands. 404 where nobody entered, 503 where many wait."""
    name = named(here, who, name)
    made = await _made(here, name, who.name)
    attached = f'attachment; filename="incident-{name[:16]}.nofly.zip"'
    return Response(made.data, 200, {"Content-Disposition": attached}, "application/zip")


@router.get("/{name}/evidence/verified", operation_id="verify_evidence")
async def verified(here: Here, who: AtOnce, name: str) -> VerifiedAnswer:
    """What verifying the package says, step by step: it is made, and found again from its raw bytes."""
    made = await _made(here, named(here, who, name), who.name)
    steps = [
        StepAnswer(
            subject=s.subject, outcome=s.outcome, message=s.message, place=s.place, recorded=s.recorded,
            found=s.found,
        )
        for s in made.steps
    ]  # fmt: skip
    return VerifiedAnswer(exit_code=made.exit_code, unshown=made.unshown, bytes=len(made.data), steps=steps)


async def _made(here: Served, name: str, by: str) -> MadeApart:
    incident = here.follower.log.incidents[name]
    if not incident.verdicts and not incident.stays:
        raise not_found("there is no verdict on it, so there is no package", "an incident with an entry")
    async with in_turn(here.proving, "another package is being made"):
        wanted = Apart(here.folder, name, by, here.zone_files, here.signing)
        return await asyncio.to_thread(made_apart, wanted)
