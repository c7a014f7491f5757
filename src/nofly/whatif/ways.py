"""What is known of the ways between turning points: which bodies each runs through, as far as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nofly.whatif.sight import Bodies, Sight
from nofly.whatif.sphere import Place

_NONE: Bodies = frozenset()


@dataclass(slots=True)
class _Asked:
    """Of one way: bodies that it does not run through (None for all others), and some that it does."""

    about: Bodies | None
    through: Bodies


class Ways:
    """Answers for ways by their two numbers, and keeps them."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._asked: dict[tuple[int, int], _Asked] = {}

    def blocked(self, way: tuple[int, int], start: Place, end: Place, among: Sequence[int]) -> bool:
        """Return whether a way runs through any of some bodies."""
        asked = self._asked.get(way)
        if asked is None:
            asked = self._asked[way] = _Asked(_NONE, _NONE)
        if not asked.through.isdisjoint(among):
            return True
        if asked.about is None:
            return False
        new = [body for body in among if body not in asked.about]
        if not new:
            return False
        found = self._sight.some_across(start, end, new)
        if found:
            asked.through |= found
            return True
        asked.about = asked.about.union(new)
        return False

    def through(self, way: tuple[int, int], start: Place, end: Place) -> Bodies:
        """Return all bodies that a way runs through."""
        asked = self._asked.get(way)
        if asked is None or asked.about is not None:
            known = _NONE if asked is None else asked.through
            asked = self._asked[way] = _Asked(None, known | self._sight.across(start, end))
        return asked.through

    def note(self, way: tuple[int, int], bodies: Bodies) -> None:
        """Take note that a way runs through bodies, whatever is found when it is looked at."""
        asked = self._asked.setdefault(way, _Asked(_NONE, _NONE))
        asked.through |= bodies
