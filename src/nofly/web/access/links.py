"""Public links: whoever has one may read, and nothing else.

A link is ``/#link=SECRET``. What stands behind ``#`` is never sent by a browser (RFC 3986, 3.5): it is in no
log, no Referer, no proxy. The page gives it to ``/api/v1/session/link`` and gets a cookie; a program sends it
as ``X-Nofly-Link``. A page in another's frame, which gets no cookie, does as a program; over a WebSocket, to
which a browser lets it give no header, it offers ``nofly.link.SECRET`` beside the subprotocol ``nofly``.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import HTTPConnection

from nofly.errors import InputError
from nofly.run.outputs.text import iso_time
from nofly.run.record.acts import Act
from nofly.store.access import Link
from nofly.web.access.ledger import By, Ledger
from nofly.web.access.random_ids import digest, new_id, new_name
from nofly.web.errors import ApiError, not_found

HEADER = "x-nofly-link"
MOST = 200
SUBPROTOCOL = "nofly"
_OFFERED = "nofly.link."


def offered(connection: HTTPConnection) -> str | None:
    """Return the link that is offered among the subprotocols of a WebSocket."""
    told = connection.scope.get("subprotocols") or ()
    return next((one.removeprefix(_OFFERED) for one in told if one.startswith(_OFFERED)), None)


class Links:
    """The public links."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, secret: str) -> Link | None:
        """Return a link; None where there is none, or it has expired."""
        found = self._ledger.store.link(digest(secret))
        over = found is None or (found.expires_us is not None and self._ledger.clock() >= found.expires_us)
        return None if over else found

    def make(self, name: str, expires_us: int | None, delay_s: float, by: By) -> tuple[str, Link]:
        """Return a new link: its secret, to be shown once, and what is kept of it.

        Raises InputError where it is over already, ApiError 409 where there are too many.
        """
        now_us, secret = self._ledger.clock(), new_id()
        if expires_us is not None and expires_us <= now_us:
            raise InputError("it is over already", locator="body.expires", expected="a time to come, or null")
        link = Link(digest(secret), new_name(), name, by.who, now_us, expires_us, delay_s)
        with self._ledger.acting() as changes:
            if changes.count("link") >= MOST:
                raise ApiError(HTTPStatus.CONFLICT, "too-many", "too many links", expected=f"at most {MOST}")
            changes.add(link)
            until = None if expires_us is None else iso_time(expires_us)
            self._ledger.record(
                Act.LINK_MADE, f"link:{link.id}", by, name=name, expires=until, delay_s=delay_s
            )
        return secret, link

    def revoke(self, link_id: str, by: By) -> None:
        """Revoke a link. Raises ApiError 404 where there is none."""
        with self._ledger.acting() as changes:
            link = changes.link(link_id)
            if link is None:
                raise not_found("no such link", "an id of /api/v1/links")
            changes.remove(link)
            self._ledger.record(Act.LINK_REVOKED, f"link:{link.id}", by, name=link.name)
