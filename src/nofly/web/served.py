"""What the application serves, and how a route gets at it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from nofly.incidents.warnings import PredictionParams
from nofly.proof.packing.signing import SigningKey
from nofly.run.following.follower import Follower
from nofly.web.access.oidc.provider import Provider
from nofly.web.access.rights import Principal, Right
from nofly.web.errors import ApiError
from nofly.web.horizons import Horizons
from nofly.web.sheets import Sheets
from nofly.web.style import Style
from nofly.web.tiles import Tiles

if TYPE_CHECKING:
    from nofly.run.declaring.registered import TeamRegister

log = logging.getLogger("nofly.web")
FOLLOW_S = 0.25


class Access(Protocol):
    """Who asks."""

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Return who sends a request. Raises ApiError 401 where that is not known."""
        ...


@dataclass(slots=True)
class Served:
    """A watch as it is served. ``clock`` gives UTC microseconds."""

    follower: Follower
    access: Access
    clock: Callable[[], int]
    channels: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _: ()
    """Returns on which alert channels a record is to be told."""
    tiles: Tiles | None = None
    """What lies under the map beside what is served here."""
    style: Style | None = None
    """What lies under it in place of what is shipped."""
    embedders: tuple[str, ...] = ()
    """Origins of pages that may show the map in a frame."""
    provider: Provider | None = None
    """Who vouches for users beside those who have a password here."""
    register: TeamRegister | None = None
    """Where what is put in force here is entered too."""
    signing: SigningKey | None = None
    """What signs evidence packages that are taken along."""
    zone_files: tuple[str, ...] = ()
    """The files that the zones were read from, but those declared here."""
    declaring: threading.Lock = field(default_factory=threading.Lock)
    """Held while a zone is declared."""
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a picture is drawn: one at a time."""
    proving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while an evidence package is made: one at a time."""
    weighing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a zone is weighed over traffic: one at a time."""
    ledger: Path | None = None
    """The exposure ledger that zones are weighed with; ``ledger.toml`` in the state folder where nothing is
    said."""
    prediction: PredictionParams | None = field(default_factory=PredictionParams)
    """How the watch warns; None where it does not."""
    claims: Sheets = field(init=False)
    """The claims that are kept, and their sheets."""
    claims_folder: InitVar[Path | None] = None
    """Where they are; ``claims`` in the state folder where nothing is said."""
    positions: object = None
    """What the clients of positions have in common; theirs."""
    horizons: Horizons = field(init=False)
    """What could have been seen lately."""
    turned: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified when something new was taken."""
    ending: bool = False
    """True: streams end."""

    def __post_init__(self, claims_folder: Path | None) -> None:
        self.horizons = Horizons(self.follower.folder)
        self.claims = Sheets(claims_folder or self.follower.folder / "claims")
        self.ledger = self.ledger or self.follower.folder / "ledger.toml"

    @property
    def folder(self) -> Path:
        """The state folder."""
        return self.follower.folder

    def close(self) -> None:
        """Have the streams end, which a server that ends would else have to break off. Any thread may."""
        self.ending = True

    async def follow(self) -> None:
        """Follow the watch for as long as the application runs."""
        while True:
            try:
                await asyncio.to_thread(self.follower.follow, self.clock())
            except Exception as error:  # one fault must not freeze the page for good
                log.exception("the state of the watch cannot be followed")
                self.follower.trouble = f"a fault of nofly: {type(error).__name__}"
            async with self.turned:
                self.turned.notify_all()
            await asyncio.sleep(FOLLOW_S)


def served(connection: HTTPConnection) -> Served:
    """Return what the application serves."""
    found: Served = connection.app.state.served
    return found


Here = Annotated[Served, Depends(served)]


def needs(right: Right) -> Callable[[HTTPConnection], Awaitable[Principal]]:
    """Return a dependency that gives who asks. It raises ApiError 401 where that is not known, 403 of who may
    not."""

    async def asked(connection: HTTPConnection) -> Principal:
        who = await served(connection).access.principal(connection)
        if right not in who.rights:
            raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", f"{who.name} may not {right}")
        return who

    return asked


async def _at_once(who: Annotated[Principal, Depends(needs(Right.READ))]) -> Principal:
    """Return who asks. Raises ApiError 403 of who is shown only what is past."""
    if who.delay_s:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", f"{who.name} is not shown what is now")
    return who


Reader = Annotated[Principal, Depends(needs(Right.READ))]
AtOnce = Annotated[Principal, Depends(_at_once)]
"""A reader who may see what is now."""
Operator = Annotated[Principal, Depends(needs(Right.SAY))]
Authority = Annotated[Principal, Depends(needs(Right.DECIDE))]
Administrator = Annotated[Principal, Depends(needs(Right.ADMINISTER))]
