"""API tokens: what a program shows in place of a name and a password."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from nofly.errors import InputError
from nofly.run.outputs.text import iso_time
from nofly.run.record.acts import Act
from nofly.store.access import Token, User
from nofly.units import US_PER_S
from nofly.web.access.ledger import By, Ledger
from nofly.web.access.provided import LONGEST_TOKEN_S, provided
from nofly.web.access.random_ids import TOKEN_PREFIX, digest, new_name, new_token
from nofly.web.access.rights import Right, rights_of
from nofly.web.errors import ApiError, not_found

LONGEST_S = 366 * 86_400
MOST_OF_USER = 50


class Tokens:
    """The tokens of all users."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, secret: str) -> tuple[Token, User] | None:
        """Return a token and its owner; None where there is none, or it has expired."""
        found = self._ledger.store.token(digest(secret)) if secret.startswith(TOKEN_PREFIX) else None
        over = found is None or found[1].disabled or self._ledger.clock() >= found[0].expires_us
        return None if over else found

    def make(
        self, owner: User, name: str, scopes: Iterable[Right], expires_us: int, by: By
    ) -> tuple[str, Token]:
        """Return a new token: itself, to be shown once, and what is kept of it.

        Raises InputError where it is to do what its owner may not, or to last too long; ApiError 409 where
        there are too many.
        """
        now_us = self._ledger.clock()
        longest_us = (LONGEST_TOKEN_S if provided(owner.name) else LONGEST_S) * US_PER_S
        if not now_us < expires_us <= now_us + longest_us:
            raise InputError(
                "it would last too long, or not at all", locator="body.expires",
                expected=f"a time to come, before {iso_time(now_us + longest_us)}",
            )  # fmt: skip
        wanted = set(scopes)
        if more := wanted - rights_of(owner.role):
            raise InputError(
                f"{owner.name} himself may not {', '.join(sorted(more))}", locator="body.scopes",
                expected="what its owner may do",
            )  # fmt: skip
        secret = new_token()
        scopes_text = " ".join(right for right in Right if right in wanted)
        token = Token(digest(secret), new_name(), name, owner.name, scopes_text, now_us, expires_us)
        with self._ledger.acting() as changes:
            if len(changes.tokens(owner.name)) >= MOST_OF_USER:
                raise ApiError(
                    HTTPStatus.CONFLICT, "too-many", "too many tokens", expected=f"at most {MOST_OF_USER}"
                )
            changes.add(token)
            self._ledger.record(
                Act.TOKEN_MADE, owner.name, by, token=token.id, name=name, scopes=scopes_text.split(),
                expires=iso_time(expires_us),
            )  # fmt: skip
        return secret, token

    def revoke(self, token_id: str, owner: str | None, by: By) -> None:
        """Revoke a token; where an owner is named, only one of his. Raises ApiError 404 where there is
        none."""
        with self._ledger.acting() as changes:
            token = changes.token(token_id)
            if token is None or owner not in (None, token.owner):
                raise not_found("no such token", "an id of /api/v1/tokens")
            changes.remove(token)
            self._ledger.record(Act.TOKEN_REVOKED, token.owner, by, token=token.id, name=token.name)


def scopes_of(token: Token) -> frozenset[Right]:
    """Return what a token was made for."""
    return frozenset(Right(word) for word in token.scopes.split() if word in tuple(Right))
