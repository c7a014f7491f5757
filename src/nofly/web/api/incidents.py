"""Incidents: those of the record, one with its life, and the four verbs that people say of one."""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError
from nofly.incidents.states import Told
from nofly.run.following.finding import result_of, told
from nofly.run.following.follower import RECORD
from nofly.run.outputs import kml
from nofly.run.outputs.text import iso_time, printable
from nofly.run.record import incident_export
from nofly.run.record.incident_log import Choice, Statement, deliveries, is_scope, row_of, say
from nofly.store.sqlite import Store
from nofly.web.access.rights import Principal, Right
from nofly.web.answers import Worded, answered
from nofly.web.errors import ApiError, not_found
from nofly.web.served import Here, Operator, Reader, Served

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
MOST = 1000
_RIGHTS = {
    Told.ACKNOWLEDGED: Right.SAY, Told.MUTED: Right.SAY, Told.EXEMPTED: Right.DECIDE,
    Told.CLEARED: Right.DECIDE,
}  # fmt: skip
_VERBS = {
    "acknowledge": Told.ACKNOWLEDGED,
    "mute": Told.MUTED,
    "exempt": Told.EXEMPTED,
    "clear": Told.CLEARED,
}
_MEDIA = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "geojson": "application/geo+json",
    "kml": "application/vnd.google-earth.kml+xml",
}  # fmt: skip


class IncidentAnswer(BaseModel):
    """One incident. Times are ISO 8601 UTC, heights and depths in metres; null is not known."""

    id: str
    phase: str = Field(examples=["infringing"])
    open: bool
    zone_id: str | None
    zone_name: str | None
    zone_hash: str | None
    target_id: str | None
    icao24: str | None
    callsign: str | None
    credible: bool = Field(description="false: of reports that failed screening")
    status: str | None = Field(description="infringement, exempt, cleared, suspect or predicted")
    certainty: str | None = Field(description="confirmed, probable or undetermined")
    predicted_entry_time: str | None
    entry_time: str | None
    exit_time: str | None
    last_time: str | None
    stays: int
    depth_m: float | None
    depth_err_m: float | None
    height_m: float | None
    height_datum: str | None
    warning: str | None
    said: list[str]


class IncidentList(BaseModel):
    """Incidents in the order in which they began, the newest first; ``next`` is the cursor of the rest."""

    incidents: list[IncidentAnswer]
    next: str | None


class RecordAnswer(BaseModel):
    """A record, with its place in the chain of hashes."""

    sequence: int
    time: str
    kind: str
    hash: str
    previous: str
    body: dict[str, Any]


class TellingAnswer(BaseModel):
    """What became of an alert."""

    sequence: int
    channel: str
    attempts: int
    delivered: str | None
    given_up: str | None
    error: str | None


class IncidentWhole(Worded):
    """An incident with its records, the verdicts on its stays, and who was told."""

    incident: IncidentAnswer
    verdicts: list[dict[str, Any]]
    sentences: list[list[str]] = Field(
        description="Each verdict in plain sentences, the first of which stands for itself."
    )
    records: list[RecordAnswer]
    alerts: list[TellingAnswer]


class StatementBody(BaseModel, extra="forbid"):
    """What is to be said."""

    verb: Literal["acknowledge", "mute", "exempt", "clear"]
    why: str = Field(min_length=1, max_length=500, examples=["the police helicopter, as agreed"])
    until: str | None = Field(
        None, description="ISO 8601 with a zone; for good where it is left out.", max_length=40
    )
    channel: str | None = Field(
        None, description="acknowledge and mute: of this channel alone", max_length=64
    )


class SaidAnswer(BaseModel):
    """Where it stands in the record."""

    sequence: int
    hash: str


@router.get("", operation_id="list_incidents", responses={200: {"model": IncidentList}})
async def listed(
    request: Request, here: Here, who: Reader,
    open: Annotated[bool, Query(description="Only those that are not closed.")] = False,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    target: Annotated[str | None, Query(description="Target id, address or callsign.", max_length=80)] = None,
    since: Annotated[str | None, Query(description="Something happened since.", max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:  # fmt: skip
    """Incidents, the newest first."""
    choice = Choice(
        None, None if zone is None else frozenset({zone}), None if target is None else frozenset({target}),
        None if since is None else _instant(since, "query.since"), open,
    )  # fmt: skip
    log, now_us = here.follower.log, here.clock()
    shown = (one for one in choice.of(log) if who.sees(one.last_us, now_us))
    found = sorted(shown, key=lambda one: (one.first_us, one.id), reverse=True)
    if cursor is not None:
        after = _after(cursor)
        found = [one for one in found if (one.first_us, one.id) < after]
    page = found[:limit]
    following = _cursor(page[-1].first_us, page[-1].id) if len(found) > limit else None
    rows = [row_of(one, log, now_us) for one in page]
    return answered(request, {"incidents": rows, "next": following})


@router.get("/{name}", operation_id="get_incident", responses={200: {"model": IncidentWhole}})
async def one(request: Request, here: Here, who: Reader, name: str) -> Response:
    """One incident, by its id or the first digits of it: its life, its verdicts, and who was told."""
    name = named(here, who, name)
    return answered(request, await asyncio.to_thread(_whole, here, name))


@router.get(
    "/{name}/export", operation_id="export_incident", response_class=Response,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in _MEDIA.values()}}},
)  # fmt: skip
async def export(
    here: Here, who: Reader, name: str,
    form: Annotated[Literal["json", "csv", "geojson", "kml"], Query(alias="format")] = "json",
    records: Annotated[bool, Query(description="Every record with its hashes, not the verdicts.")] = False,
) -> Response:  # fmt: skip
    """Verdicts or records as a file; of the records as JSON ``nofly incidents verify FILE`` proves each. KML
    has the zone, the stays, and the track from shortly before to shortly after."""
    incident = here.follower.log.incidents[named(here, who, name)]
    if form == "kml" and records:
        raise InputError("no records as KML", locator="query.format", expected="json, csv or geojson")

    def made() -> bytes:
        if form == "kml":
            return kml.write(result_of(here.folder, incident, here.follower.zone))
        with _opened(here) as store:
            if records:
                names = [incident.warning, incident.id] if incident.warning else [incident.id]
                found = [record for each in names for record in store.read(incident=each)]
                return incident_export.records(found, store.head(), form)
            return incident_export.verdicts(incident_export.verdict_rows([incident]), store.head(), form)

    attached = f'attachment; filename="incident-{incident.id[:16]}.{form}"'
    return Response(await asyncio.to_thread(made), 200, {"Content-Disposition": attached}, _MEDIA[form])


@router.post("/{name}/statements", operation_id="state_on_incident", status_code=201)
async def statement(here: Here, who: Operator, name: str, body: StatementBody) -> SaidAnswer:
    """Acknowledge, mute, exempt or clear an incident, or ``zone:ID``, ``target:ID``, ``everything``."""
    return await said(here, who, name, body)


async def said(here: Served, who: Principal, name: str, body: StatementBody) -> SaidAnswer:
    """Append what somebody says. Raises ApiError 403 where he may not, 400 for what cannot be said."""
    verb = _VERBS[body.verb]
    if _RIGHTS[verb] not in who.rights:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", f"{who.name} may not {body.verb}")
    if body.channel is not None and _RIGHTS[verb] is not Right.SAY:
        raise InputError("only acknowledge and mute are of one channel", locator="body.channel")
    log, now_us = here.follower.log, here.clock()
    scope = log.scope_of(name) if is_scope(name) else named(here, who, name)
    until_us = None if body.until is None else _instant(body.until, "body.until")
    if until_us is not None and until_us < now_us:
        raise InputError("that is past", locator="body.until", expected="a time to come")
    spoken = Statement(scope, verb, who.name, body.why, now_us, until_us, body.channel)

    def appended() -> SaidAnswer:
        with Store(here.folder / RECORD, create=False) as store:
            head = say(store, spoken, here.channels)
        return SaidAnswer(sequence=head.sequence, hash=head.hash)

    return await asyncio.to_thread(appended)


def named(here: Served, who: Principal, name: str) -> str:
    """Return the id of an incident by its first digits. Raises ApiError 404 where none, or several, have
    them, and of one that is not shown to who asks."""
    try:
        found = here.follower.log.name_of(name)
    except InputError as error:
        raise not_found(error.message, error.expected) from error
    if not who.sees(here.follower.log.incidents[found].last_us, here.clock()):
        raise not_found("no such incident is shown yet")
    return found


def _whole(here: Served, name: str) -> dict[str, Any]:
    log, incident = here.follower.log, here.follower.log.incidents[name]
    with _opened(here) as store:
        names = [incident.warning, name] if incident.warning else [name]
        records = [record for each in names for record in store.read(incident=each)]
    alerts = [one for each in names for one in deliveries(here.folder / RECORD, each)]
    rows = incident_export.verdict_rows([incident])
    return {
        "incident": row_of(incident, log, here.clock()), "verdicts": rows,
        "sentences": told(rows, here.follower.zone),
        "records": [{
            "sequence": r.sequence, "time": iso_time(r.time_us), "kind": r.kind, "hash": r.hash,
            "previous": r.previous, "body": r.content,
        } for r in records],
        "alerts": [{
            "sequence": d.sequence, "channel": printable(d.channel), "attempts": d.attempts,
            "delivered": None if d.delivered_us is None else iso_time(d.delivered_us),
            "given_up": None if d.given_up_us is None else iso_time(d.given_up_us),
            "error": None if d.error is None else printable(d.error),
        } for d in alerts],
    }  # fmt: skip


def _opened(here: Served) -> Store:
    return Store(here.folder / RECORD, create=False, read_only=True)


def _instant(text: str, where: str) -> int:
    from nofly.run.at import instant

    try:
        return instant(text)
    except InputError as error:
        raise InputError(error.message, locator=where, expected=error.expected) from error


def _cursor(first_us: int, name: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([first_us, name])).decode()


def _after(cursor: str) -> tuple[int, str]:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        expected = "what next was in the answer before"
        raise InputError("no cursor", locator="query.cursor", expected=expected) from error
