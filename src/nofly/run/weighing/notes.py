"""What has to be said aloud of what was weighed: each note a code, its numbers, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nofly.whatif.effect import Effect

if TYPE_CHECKING:
    from nofly.run.weighing.hitting import Knowing
    from nofly.run.weighing.looking import LookingOn
    from nofly.run.weighing.weigh import Asked

SENTENCES = {
    "pairs": "One flight a pair, along the great circle from airport to airport: no airways, no wind, no "
             "other closure.",
    "thinned": "The archive is long: ways were measured by one report in {every:,}, so distances are the "
               "least they can be.",
    "silent-hours": "In {silent:,} of {hours:,} hours nothing was heard at all: they count as not known, not "
                    "as empty.",
    "far-hours": "In {far:,} of {heard:,} hours with traffic no report came from near the zone: nobody was "
                 "there, or nobody was received.",
    "no-operator": "{without:,} of {flights:,} flights sent no callsign that begins with an operator's three "
                   "letters.",
    "no-type": "The traffic tells no type of aircraft (no emitter category): --registry FILE can name them.",
    "airports": "The airport of departure is known of {departures:,}, that of arrival of {arrivals:,} of "
                "{flights:,} flights: the others were not heard low enough near one.",
}  # fmt: skip
"""What each code says; numbers stand in braces."""


@dataclass(frozen=True, slots=True)
class Note:
    """A code of :data:`SENTENCES` and the numbers in it."""

    code: str
    counts: dict[str, int]

    @property
    def text(self) -> str:
        """The sentence, in English."""
        return SENTENCES[self.code].format(**self.counts)


def notes_of(asked: Asked, effect: Effect, seen: LookingOn, knowing: Knowing) -> Iterable[Note]:
    """Yield what is to be said aloud of the answer."""
    hits, heard = effect.hits, len(effect.heard)
    if asked.pairs:
        yield Note("pairs", {})
    if seen.ways.every > 1:
        yield Note("thinned", {"every": seen.ways.every})
    silent = sum(not hour.heard for hour in effect.hours)
    if silent:
        yield Note("silent-hours", {"silent": silent, "hours": len(effect.hours)})
    if asked.pairs:
        return
    far = heard - len(effect.near_hours)
    if far > 0:
        yield Note("far-hours", {"far": far, "heard": heard})
    if knowing.without_operator:
        yield Note("no-operator", {"without": knowing.without_operator, "flights": len(hits)})
    if hits and all(hit.type is None for hit in hits):
        yield Note("no-type", {})
    if asked.airports and hits:
        yield Note("airports", {
            "departures": sum(hit.origin is not None for hit in hits),
            "arrivals": sum(hit.destination is not None for hit in hits), "flights": len(hits),
        })  # fmt: skip
