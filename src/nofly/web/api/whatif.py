"""What a zone would touch: one that is law, proposed or asked for, weighed over what the watch kept."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from nofly.errors import InputError, NoflyError
from nofly.run.at import instant
from nofly.run.deciding import acting
from nofly.run.outputs.text import iso_time, printable
from nofly.run.registering.opening import open_register
from nofly.run.weighing.pairs import LEVEL, level_m
from nofly.run.weighing.weighing_apart import Question, question, weighed_apart
from nofly.units import US_PER_S
from nofly.web.answers import Worded, answered
from nofly.web.errors import not_found
from nofly.web.features import ZoneFeature, features, proposals
from nofly.web.served import Authority, Here, Served
from nofly.web.turns import in_turn
from nofly.zones.decisions import Procedure
from nofly.zones.model import Restriction, Zone

router = APIRouter(prefix="/api/v1/whatif", tags=["what if"])
MOST_HOURS = 168.0
Of = Literal["law", "proposed", "request"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Ends = Annotated[
    list[Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]], Field(min_length=3, max_length=3)
]
Price = Annotated[float, Field(ge=0.0, le=1e12, allow_inf_nan=False)]


class ChoiceAnswer(BaseModel):
    """A zone that can be weighed."""

    of: Of
    id: str = Field(description="Hash of the zone; of a request, its name.")
    zone_id: str
    name: str
    valid_from: str | None
    valid_until: str | None


class ChoicesAnswer(BaseModel):
    """Zones that can be weighed: all but those that must not be left."""

    zones: list[ChoiceAnswer]
    until: str = Field(description="As of when the picture of the watch is.")
    warns: bool = Field(description="Whether the watch warns ahead, so that warnings can be foreseen.")
    has_ledger: bool = Field(description="Whether there is an exposure ledger to weigh with.")
    unread: list[str] = Field(description="What is wrong with requests that cannot be read.")


class PricesBody(BaseModel, extra="forbid"):
    """Prices of one's own, in one currency; null where a thing has none."""

    flight: Price | None = Field(None, description="Of a flight inside.")
    hour: Price | None = Field(None, description="Of an hour flown inside.")
    km: Price | None = Field(None, description="Of a kilometre flown inside.")
    currency: str = Field("", max_length=12)


class WhatIfBody(BaseModel, extra="forbid"):
    """What is weighed, and over which traffic: so many hours until a moment."""

    of: Of
    id: str = Field(min_length=1, max_length=500)
    hours: float = Field(24.0, gt=0, le=MOST_HOURS)
    until: str | None = Field(None, max_length=40, description="ISO 8601; null: as of when the picture is.")
    held: bool = Field(
        False, description="As if it held all the time, whatever it says of from when until when."
    )
    detours: bool = Field(
        False, description="Also going round it, of the pairs of airports that flights inside flew."
    )
    level: str = Field(LEVEL, max_length=20, description="At which these fly.", examples=["FL350", "10600m"])
    ledger: bool = Field(False, description="Also the exposure ledger.")
    inputs: dict[Name, Ends] = Field(
        {},
        max_length=40,
        examples=[{"patrol.stations": [4, 5, 6]}],
        description="Of the ledger, in place of its own: by name low, likely and high.",
    )
    instead_of: str | None = Field(
        None, min_length=1, max_length=500, description="Hash of a zone in force: also what changes."
    )
    warnings: bool = Field(False, description="Also how many warnings the watch would give.")
    prices: PricesBody | None = Field(None, description="Also what it comes to by these.")


class WhatIfAnswer(Worded):
    """What it would touch; a section that was asked for and could not be weighed is null, and in missing."""

    since: str
    until: str
    held: bool
    everywhere: bool = Field(description="All traffic of that time was looked at, not only what was near.")
    whole: bool = Field(description="false: there was more traffic than was looked at.")
    zones: list[ZoneFeature]
    instead_of: list[ZoneFeature]
    answer: dict[str, Any] = Field(
        description="figures, traffic, hours, tables (operators, states, types, airports, pairs), flights, "
        "ways, notes; change, warnings and money, null where not asked for"
    )
    detours: dict[str, Any] | None
    ledger: dict[str, Any] | None
    missing: dict[str, str]


@router.get("", operation_id="list_whatif_zones", responses={200: {"model": ChoicesAnswer}})
async def choices(request: Request, here: Here, _: Authority) -> Response:
    """Which zones can be weighed."""
    asked, unread = await _asked(here)
    of_requests = [(one.request.id, one.request.zone) for one in asked]
    found = [
        *(_choice("law", zone.zone_hash, zone) for zone in here.follower.law),
        *(_choice("proposed", zone.zone_hash, zone) for zone in _proposed(here)),
        *(_choice("request", name, zone) for name, zone in of_requests),
    ]
    return answered(request, {
        "zones": [one for one in found if one is not None],
        "until": iso_time(here.follower.picture_us(here.clock())),
        "warns": here.prediction is not None, "unread": unread,
        "has_ledger": here.ledger is not None and here.ledger.is_file(),
    })  # fmt: skip


@router.post("", operation_id="weigh_whatif", responses={200: {"model": WhatIfAnswer}})
async def weigh(request: Request, here: Here, _: Authority, body: WhatIfBody) -> Response:
    """Weigh a zone over traffic that was kept, which takes seconds. 503 where others wait too."""
    zone = await _zone(here, body.of, body.id)
    old = [] if body.instead_of is None else [await _zone(here, "law", body.instead_of)]
    asked = _question(here, body, zone, old)
    async with in_turn(here.weighing, "another zone is being weighed"):
        found = await asyncio.to_thread(weighed_apart, asked)
    return answered(request, {
        "since": iso_time(asked.since_us), "until": iso_time(asked.until_us), "held": body.held,
        "everywhere": found.everywhere, "whole": found.whole, "zones": proposals([zone]),
        "instead_of": features(old, asked.until_us),
        "answer": found.answer, "detours": found.detours, "ledger": found.ledger, "missing": found.missing,
    }, known=found.words)  # fmt: skip


def _question(here: Served, body: WhatIfBody, zone: Zone, old: list[Zone]) -> Question:
    """Return what is asked. Raises InputError for what cannot be, as a moment or a level that is none."""
    if zone in old:
        raise InputError(
            "a zone in place of itself changes nothing", locator="body.instead_of", expected="another zone"
        )
    try:
        picture_us = here.follower.picture_us(here.clock())
        until_us = picture_us if body.until is None else instant(body.until)
    except InputError as error:
        error.locator = "body.until"
        raise
    if body.warnings and here.prediction is None:
        raise InputError(
            "this watch does not warn ahead", locator="body.warnings",
            expected="enabled = true of [prediction] in nofly.toml",
        )  # fmt: skip
    ledger = ""
    if body.ledger:
        if here.ledger is None or not here.ledger.is_file():
            raise InputError(
                "there is no exposure ledger", locator="body.ledger",
                expected="ledger.toml in the state folder, or ledger of [web] in nofly.toml",
            )  # fmt: skip
        ledger = str(here.ledger.absolute())
    since_us = until_us - round(body.hours * 3600 * US_PER_S)
    level = level_m(body.level) if body.detours else None
    prices = body.prices.model_dump(exclude_none=True) if body.prices else {}
    currency = prices.pop("currency", "")
    return question(
        [zone], here.folder, since_us, until_us, held=body.held, level_m=level, ledger=ledger, instead_of=old,
        inputs=[f"{name}={','.join(map(repr, ends))}" for name, ends in body.inputs.items()],
        prediction=here.prediction if body.warnings else None, prices=prices, currency=currency,
    )  # fmt: skip


async def _zone(here: Served, of: Of, name: str) -> Zone:
    """Return the zone that is meant. Raises ApiError 404 where there is none."""
    if of == "request":
        known = {one.request.id: one.request.zone for one in (await _asked(here))[0]}
    else:
        known = {z.zone_hash: z for z in (here.follower.law if of == "law" else _proposed(here))}
    if name not in known:
        raise not_found(f"no such zone: {printable(name)[:80]}", "one of /api/v1/whatif")
    return known[name]


def _proposed(here: Served) -> list[Zone]:
    declared = (one.proposed for _, one in sorted(here.follower.declarations.zones.items()))
    return [zone for zone in declared if zone is not None]


async def _asked(here: Served) -> tuple[list[Procedure], list[str]]:
    """Return the requests of the register, and what is wrong with those that cannot be read."""
    team = here.register
    if team is None:
        return [], []

    def reading() -> tuple[list[Procedure], list[InputError]]:
        with open_register(team.url) as register:
            return acting.all_standing(register)

    try:
        found, unread = await asyncio.to_thread(reading)
    except NoflyError:
        return [], ["the register cannot be read"]
    return found, [printable(str(error)) for error in unread]


def _choice(of: Of, name: str, zone: Zone) -> dict[str, Any] | None:
    """Return a zone as a choice; None where it must not be left."""
    if zone.restriction is Restriction.KEEP_IN:
        return None
    start_us, end_us = zone.valid_from_us, zone.valid_to_us
    return {
        "of": of, "id": name, "zone_id": printable(zone.id), "name": printable(zone.name),
        "valid_from": None if start_us is None else iso_time(start_us),
        "valid_until": None if end_us is None else iso_time(end_us),
    }  # fmt: skip
