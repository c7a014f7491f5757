"""Zones weighed over what a watch kept, in a process of its own, within bounds of memory and time: whoever
serves pages goes on serving."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from nofly.errors import InputError, NoflyError
from nofly.incidents.warnings import PredictionParams
from nofly.run.apart import DRAWING, Bounds, answer_of, bound
from nofly.zones.model import Zone, canonical_json
from nofly.zones.sentence import Words, taken_apart

BOUNDS = Bounds()


class Question(msgspec.Struct, frozen=True):
    """What is weighed: zones over the positions of a state folder in a time span.

    ``held``: as if they held all the time, whatever is said of from when until when; their schedules stay.
    ``instead_of``: zones that these would stand in place of. ``level_m``: also going round at that pressure
    altitude. ``ledger``: also the exposure ledger of a file, ``inputs`` in place of its
    own. ``prediction``: also what a watch would warn of.
    ``prices`` are by :data:`nofly.run.weighing.prices.UNITS`; none, no money.
    """

    zones: list[str]
    state: str
    since_us: int
    until_us: int
    held: bool = False
    level_m: float | None = None
    ledger: str = ""
    inputs: list[str] = []
    instead_of: list[str] = []
    prediction: PredictionParams | None = None
    prices: dict[str, float] = {}
    currency: str = ""


class WeighedApart(msgspec.Struct):
    """The answer as of :func:`nofly.run.weighing.shown.shown`. ``everywhere``: all traffic of the time was
    looked at, not only what was near the zones; ``whole`` false: there was more than was looked at.
    Sections that were asked for and could not be weighed are None; ``missing`` says why. ``words``: what the
    sentences of the ledger are made of."""

    answer: dict[str, Any] = {}
    everywhere: bool = True
    whole: bool = True
    detours: dict[str, Any] | None = None
    ledger: dict[str, Any] | None = None
    missing: dict[str, str] = {}
    words: dict[str, Words] = {}
    error: tuple[str, str, str] | None = None


def question(
    zones: list[Zone], state: Path, since_us: int, until_us: int, *, instead_of: Sequence[Zone] = (),
    **more: Any,
) -> Question:  # fmt: skip
    """Return what is asked of a state folder; ``more`` are the other fields."""
    new, old = ([canonical_json(zone) for zone in some] for some in (zones, instead_of))
    return Question(new, str(state.absolute()), since_us, until_us, instead_of=old, **more)


def weighed_apart(asked: Question) -> WeighedApart:
    """Return what was asked, weighed.

    Raises InputError where it cannot be, or not within the bounds.
    """
    given = msgspec.json.encode(asked)
    said = answer_of("nofly.run.weighing.weighing_apart", [], given, WeighedApart, BOUNDS, knows=DRAWING)
    if said is None:
        raise InputError(
            "the zone could not be weighed within bounds",
            expected=f"a shorter time: {BOUNDS.words}; nofly whatif has no bounds",
        )
    if said.error is not None:
        message, locator, expected = said.error
        raise InputError(message, locator=locator, expected=expected)
    return said


def _weighed(asked: Question) -> WeighedApart:
    from nofly.run.declaring.effect import Near, box_round
    from nofly.run.weighing.prices import Prices
    from nofly.run.weighing.shown import shown
    from nofly.run.weighing.weigh import Asked, law_of, weigh
    from nofly.store.positions.layout import Wanted

    zones, old = _zones(asked.zones, asked.held), _zones(asked.instead_of, asked.held)
    prices = Prices(asked.prices, asked.currency) if asked.prices else None
    what = Asked(zones, old, asked.prediction, prices=prices)
    law = law_of(what)
    near = Near(Path(asked.state), Wanted(from_us=asked.since_us, until_us=asked.until_us))
    for _ in near.batches():
        pass
    everywhere = near.whole
    if not everywhere:
        box = box_round([volume for zone in law for volume in zone.volumes])
        near = Near(Path(asked.state), Wanted(asked.since_us, asked.until_us, box_deg=box))
    weighed = weigh(what, near.batches(), again=near.batches)
    said = WeighedApart(shown(weighed), everywhere, near.whole)
    _sections(asked, weighed, said)
    return said


def _zones(texts: list[str], held: bool) -> list[Zone]:
    from nofly.zones.reading import zone_from

    zones = [zone_from(text) for text in texts]
    return [replace(zone, valid_from_us=None, valid_to_us=None) for zone in zones] if held else zones


def _sections(asked: Question, weighed: Any, said: WeighedApart) -> None:
    """Add the sections that were asked for; one that cannot be weighed takes nothing from the others."""
    from nofly.run.weighing.ledger import weigh_ledger
    from nofly.run.weighing.sections import ways_round
    from nofly.run.weighing.shown import detours_shown, ledger_shown

    if asked.level_m is not None:
        try:
            said.detours = detours_shown(ways_round(weighed, asked.level_m))
        except NoflyError as error:
            said.missing["detours"] = _why(error)
    if asked.ledger:
        try:
            table = weigh_ledger(asked.ledger, weighed.zones, changes=asked.inputs)
            said.ledger, said.words = taken_apart(ledger_shown(table))
        except NoflyError as error:
            said.missing["ledger"] = _why(error)


def _why(error: NoflyError) -> str:
    """Return why, without where files of the server lie."""
    from nofly.run.outputs.text import printable

    if not isinstance(error, InputError):
        return printable(str(error))
    where = f"{error.locator}: " if error.locator else ""
    return printable(f"{where}{error.message}" + (f" (expected {error.expected})" if error.expected else ""))


def _main() -> None:
    bound(BOUNDS)
    try:
        said = _weighed(msgspec.json.decode(sys.stdin.buffer.read(), type=Question))
    except InputError as error:
        said = WeighedApart(error=(error.message, error.locator, error.expected))
    except NoflyError as error:
        said = WeighedApart(error=(str(error), "", ""))
    except (MemoryError, RecursionError):
        said = WeighedApart(error=("the zone needs too much memory to weigh", "", "a shorter time"))
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main()
