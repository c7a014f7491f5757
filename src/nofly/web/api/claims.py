"""Claims of all sides, kept beside the watch: listed, checked by the same code, put there with their zones
and documents."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError
from nofly.run.at import instant
from nofly.run.claiming.attachments import MOST_BYTES, keep
from nofly.run.claiming.checking_apart import CheckedApart
from nofly.run.claiming.kept import Kept, claim_path, keep_claim, keep_zones, kept_claims
from nofly.run.files.reading_apart import read_apart
from nofly.run.outputs.text import printable
from nofly.run.record.acts import Act, record_act
from nofly.web.answers import Worded, answered
from nofly.web.errors import not_found
from nofly.web.features import proposals
from nofly.web.served import AtOnce, Here, Operator, Served
from nofly.zones.reading import zone_from

router = APIRouter(prefix="/api/v1/claims", tags=["claims"])
_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_TEXT = Query(max_length=500)
_Qnh = Annotated[
    float | None,
    Query(ge=850.0, le=1100.0, description="QNH in hPa: pressure heights are told above the sea by it."),
]


class ClaimAnswer(BaseModel):
    """A claim that is kept."""

    name: str
    title: str
    question: str
    sides: list[str]
    statements: int
    wrong: str = Field(description="What is the matter with its file; empty: nothing.")
    verdicts: dict[str, str] | None = Field(
        description="By statement; null: not checked since it was changed."
    )


class ClaimsAnswer(BaseModel):
    """All claims, by name."""

    claims: list[ClaimAnswer]


class SheetAnswer(Worded):
    """The sheet as ``nofly claim check -f json`` has it, with what a page shows besides."""

    name: str
    sheet: dict[str, Any] = Field(description="Format nofly-claim-sheet/1.")
    zones: dict[str, Any] = Field(description="The zones it speaks of: GeoJSON, outlines as they are judged.")
    excerpts: dict[str, str] = Field(description="How texts and pages among its documents begin, by hash.")
    watched: bool = Field(description="Its tracks are what this watch received.")
    whole: bool = Field(description="false: more reports of that time were received than were looked at.")


class KeptAnswer(BaseModel):
    """What was kept."""

    name: str
    sha256: str


@router.get("", operation_id="list_claims", responses={200: {"model": ClaimsAnswer}})
async def listed(request: Request, here: Here, _: AtOnce) -> Response:
    """All claims that are kept here."""
    found = await asyncio.to_thread(kept_claims, here.claims.folder)
    return answered(request, {"claims": [_told(here, one) for one in found]})


def _told(here: Served, one: Kept) -> dict[str, Any]:
    claim = one.claim
    sides = [] if claim is None else list(dict.fromkeys(printable(s.side or s.who) for s in claim.statements))
    return {
        "name": one.name, "title": printable(claim.title) if claim else one.name,
        "question": printable(claim.question) if claim else "", "sides": sides,
        "statements": len(claim.statements) if claim else 0, "wrong": printable(one.wrong),
        "verdicts": here.claims.verdicts(claim_path(here.claims.folder, one.name), here.follower.law),
    }  # fmt: skip


@router.get("/{name}", operation_id="get_claim_sheet", responses={200: {"model": SheetAnswer}})
async def sheet(request: Request, here: Here, _: AtOnce, name: str, qnh: _Qnh = None) -> Response:
    """The sheet with all sides: it is checked, which takes seconds, where it was not since it changed. 503
    where many wait."""
    found = await _sheet(here, name, qnh)
    return answered(request, {
        "name": name, "sheet": found.sheet, "excerpts": found.excerpts, "watched": found.watched,
        "whole": found.whole,
        "zones": {"type": "FeatureCollection", "features": proposals(list(map(zone_from, found.zones)))},
    }, known=found.words)  # fmt: skip


@router.get("/{name}/page", operation_id="get_claim_page", responses={200: {"content": {"text/html": {}}}})
async def page(here: Here, _: AtOnce, name: str, qnh: _Qnh = None) -> Response:
    """The sheet as a page that stands alone, to be handed on."""
    found = await _sheet(here, name, qnh)
    return _attached(found.page.encode(), "text/html; charset=utf-8", f"{name}.html")


@router.get(
    "/{name}/documents/{sha256}", operation_id="get_claim_document",
    responses={200: {"content": {"application/octet-stream": {}, "image/png": {}, "image/jpeg": {}}}},
)  # fmt: skip
async def document(here: Here, _: AtOnce, name: str, sha256: str) -> Response:
    """The bytes of a document. A picture is one; anything else is given out to be kept, not to be opened."""
    from nofly.run.claiming.attachments import attached, picture_px
    from nofly.run.claiming.attachments import document as bytes_of

    path = _path(here, name)
    kept, _said = await asyncio.to_thread(attached, path)
    one = next((d for d in kept if d.sha256 == sha256 and d.sound), None)
    if one is None:
        raise not_found("there is no such document, or its bytes are not those that were captured")
    data = await asyncio.to_thread(bytes_of, one, MOST_BYTES)
    if one.kind in ("png", "jpeg") and picture_px(data):
        return Response(data, 200, media_type=f"image/{one.kind}")
    return _attached(data, "application/octet-stream", f"{sha256}.bin")


@router.put(
    "/{name}", operation_id="keep_claim", responses={200: {"model": KeptAnswer}},
    openapi_extra={"requestBody": _BYTES},
)  # fmt: skip
async def put(request: Request, here: Here, who: Operator, name: str) -> Response:
    """Keep a claim file (TOML, nofly-claims/1), in place of the one of that name."""
    data = await request.body()
    await asyncio.to_thread(keep_claim, here.claims.folder, name, data)
    return await _kept(request, here, who.name, name, "claim.toml", data)


@router.put(
    "/{name}/zones/{file}", operation_id="keep_claim_zones", responses={200: {"model": KeptAnswer}},
    openapi_extra={"requestBody": _BYTES},
)  # fmt: skip
async def put_zones(request: Request, here: Here, who: Operator, name: str, file: str) -> Response:
    """Keep a zone file that the claim names; it is read first."""
    data = await request.body()
    _path(here, name)
    found = await asyncio.to_thread(read_apart, data, file)
    if not found.zones:
        raise InputError("no zone can be read in it", source=printable(file))
    await asyncio.to_thread(keep_zones, here.claims.folder, name, file, data)
    return await _kept(request, here, who.name, name, file, data)


@router.post(
    "/{name}/documents", operation_id="attach_claim_document", responses={200: {"model": KeptAnswer}},
    openapi_extra={"requestBody": _BYTES},
)  # fmt: skip
async def attach(
    request: Request, here: Here, who: Operator, name: str,
    file: Annotated[str, Query(min_length=1, max_length=200, description="What it is called.")],
    captured: Annotated[str, Query(max_length=40, description="When it was captured, ISO 8601.")],
    statement: Annotated[str, _TEXT] = "", url: Annotated[str, _TEXT] = "",
) -> Response:  # fmt: skip
    """Keep a document of the claim, by its hash: text, HTML, PDF, picture. It is never executed."""
    data = await request.body()
    path = _path(here, name)
    instant(captured)
    if not data:
        raise InputError("the document is empty", source=printable(file))
    await asyncio.to_thread(
        keep, path, data, printable(file), captured=captured, statement=statement, url=url
    )
    return await _kept(request, here, who.name, name, file, data)


async def _kept(request: Request, here: Served, who: str, name: str, file: str, data: bytes) -> Response:
    """Note in the record who kept what, and answer."""
    from hashlib import sha256

    found = sha256(data).hexdigest()
    what = {"file": printable(file), "sha256": found}
    record, about = here.folder / "record.sqlite", f"claim:{name}"
    await asyncio.to_thread(record_act, record, Act.CLAIM_KEPT, about, who, "", here.clock(), what)
    return answered(request, {"name": name, "sha256": found})


async def _sheet(here: Served, name: str, qnh_hpa: float | None) -> CheckedApart:
    return await here.claims.sheet(_path(here, name), here.folder, here.follower.law, monotonic, qnh_hpa)


def _path(here: Served, name: str) -> Any:
    """Return the claim file of a name. Raises ApiError 404 where there is none."""
    try:
        return claim_path(here.claims.folder, name)
    except InputError as error:
        raise not_found(error.message, error.expected or "a name of /api/v1/claims") from error


def _attached(data: bytes, kind: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(data, 200, {"Content-Disposition": disposition}, kind)
