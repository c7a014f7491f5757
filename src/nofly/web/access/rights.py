"""Roles, what each may do, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nofly.units import US_PER_S


class Right(StrEnum):
    """What may be done; a route names the one it needs."""

    READ = "read"
    SAY = "say"
    """Acknowledge, mute; keep claims."""
    DECIDE = "decide"
    """Exempt, clear; zones."""
    ADMINISTER = "administer"
    """Users, tokens, links."""


class Role(StrEnum):
    """What a user is; each may do all that the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    AUTHORITY = "authority"
    ADMINISTRATOR = "administrator"

    @property
    def rights(self) -> frozenset[Right]:
        """What it may do."""
        return frozenset([*Right][: [*Role].index(self) + 1])


def rights_of(role: str) -> frozenset[Right]:
    """Return what a role by its name may do; of one that is not known, nothing."""
    return Role(role).rights if role in tuple(Role) else frozenset()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user, a token of one, or whoever holds a public link."""

    name: str
    rights: frozenset[Right]
    delay_s: float = 0.0
    """Shown is what was this long ago."""

    def sees(self, time_us: int, now_us: int) -> bool:
        """Return whether what happened then is shown now."""
        return not self.delay_s or time_us <= now_us - round(self.delay_s * US_PER_S)
