"""What could have been seen, in a package: the statement, and what it is told from.

That are the source files, where the package has all that the check read; else the table of sightings (of each
aircraft, by a number, and receiver, hour, cell and band how often it was received), whose reports are not in
the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice, zip_longest
from typing import Any, NamedTuple

import numpy as np

from nofly import __version__
from nofly.proof.coverage import Coverage
from nofly.proof.covering.sightings import hours
from nofly.proof.package import Package, Part
from nofly.proof.packing.canonical import canonical, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import UNSHOWN, Step, agrees, differs, note, unchecked
from nofly.run.outputs.text import clock

STATEMENT, TABLE = "coverage.json", "coverage/sightings.json"
MOST_TABLE_ROWS = 200_000
"""A longer table is not put into a package."""
MOST_HOURS = 24 * 31
"""Of more hours with reports no statement is told anew."""
_MOST_NAMED = 50
_GONE = ("not there",)
"""No value that JSON gives."""
Span = tuple[int, int]
Telling = Callable[[Coverage, Span | None], Mapping[str, Any] | None]
"""Tells the statement from a coverage and from when until when its traffic was looked at (None: all)."""


class Sighted(NamedTuple):
    """A statement as plain values (verdict, sentences, numbers), None where nothing is said and why; what it
    is told from, and from when until when traffic was looked at where that was not all there is."""

    statement: Mapping[str, Any] | None
    why: str = ""
    coverage: Coverage | None = None
    looked_us: Span | None = None


def with_traffic(said: Mapping[str, Any], coverage: Coverage, looked_us: Span) -> dict[str, Any]:
    """Return a statement that says also how much traffic of a watch it rests on."""
    told = (
        f"Told from {coverage.reports:,} reports that the watch kept round the zone, from "
        f"{clock(looked_us[0])} to {clock(looked_us[1])}."
    )
    return {**said, "sentences": [*said["sentences"], told]}


def parts(it: Sighted) -> tuple[dict[str, Part], list[str]]:
    """Return the files of a statement, with the table of sightings where it is given and not too long, and in
    words what is left out."""
    if it.statement is None:
        return {}, []
    out = {STATEMENT: Part(canonical(dict(it.statement)))}
    if it.coverage is None:
        return out, []
    rows = len(it.coverage.rows())
    if rows > MOST_TABLE_ROWS:
        return out, [f"the table of sightings that coverage.json is told from ({rows:,} rows)"]
    looked_us = None if it.looked_us is None else list(it.looked_us)
    out[TABLE] = Part(canonical({"coverage": it.coverage.as_json(), "looked_us": looked_us}))
    return out, []


def steps(package: Package, telling: Telling, from_sources: Callable[[], Coverage] | None) -> Iterator[Step]:
    """Yield whether the statement of a package is what is told anew, and what of it cannot be checked.

    ``from_sources`` gives the coverage of the source files where these are all that it was told from. Raises
    PackageError or InputError for what is no statement or no table.
    """
    if STATEMENT not in package.files:
        if TABLE in package.files:
            yield differs("coverage", "a table of sightings without a statement that is told from it", TABLE)
        else:
            yield note("coverage", "it does not say what could have been seen: of silence nothing follows")
        return
    said = mapping(parsed(package.files[STATEMENT], STATEMENT), STATEMENT)
    if TABLE in package.files:
        coverage, looked_us = _table(package.files[TABLE])
        yield _compared(package, said, telling, coverage, looked_us, "the table of sightings gives")
        text = (
            f"{UNSHOWN} to be true: the {coverage.reports:,} reports that this table counts"
            f"{_when(looked_us)} are not all in the package; the statement follows from the table"
        )
        yield note("coverage", text, TABLE)
    elif from_sources is not None:
        yield _compared(package, said, telling, from_sources(), None, "the source files give")
    else:
        text = "neither the traffic that it is told from nor a table of it is in the package: not told anew"
        yield unchecked("coverage", text, STATEMENT)


def _when(looked_us: Span | None) -> str:
    return "" if looked_us is None else f", from {clock(looked_us[0])} to {clock(looked_us[1])},"


def _table(data: bytes) -> tuple[Coverage, Span | None]:
    told = mapping(parsed(data, TABLE), TABLE)
    coverage = Coverage.from_json(mapping(told.get("coverage"), TABLE, "coverage"), MOST_TABLE_ROWS)
    looked = told.get("looked_us")
    if looked is None:
        return coverage, None
    good = isinstance(looked, list) and len(looked) == 2 and all(type(one) is int for one in looked)
    if not good or not 0 <= looked[0] <= looked[1] < 1 << 57:
        raise PackageError("no time from when until when", source=TABLE, locator="looked_us")
    return coverage, (looked[0], looked[1])


def _compared(
    package: Package, said: Any, telling: Telling, coverage: Coverage, looked_us: Span | None, given: str
) -> Step:
    count = len(np.unique(hours(coverage.rows()["key"])))
    if count > MOST_HOURS:
        text = f"of traffic of {count:,} hours it is not told anew (at most {MOST_HOURS:,})"
        return unchecked("coverage", text, STATEMENT)
    anew = telling(coverage, looked_us)
    ours = {} if anew is None else parsed(canonical(dict(anew)), STATEMENT)
    wrong = list(islice(_differences(said, ours), _MOST_NAMED + 1))
    if not wrong:
        return agrees("coverage", f"{said.get('verdict')}: {given} the same statement", STATEMENT)
    by = package.manifest["created_by"][:40]
    if all(path.startswith("sentences") for path, _, _ in wrong) and by != f"nofly {__version__}":
        return unchecked("coverage", f"its numbers are told anew; {by} worded them otherwise", STATEMENT)
    path, old, new = wrong[0]
    more = f", and {'more' if len(wrong) > _MOST_NAMED else len(wrong) - 1} besides" if wrong[1:] else ""
    text = f"{given} another statement: {path[:200]}{more}"
    return differs("coverage", text, STATEMENT, *(_words(one) for one in (old, new)))


def _words(value: Any) -> str:
    return _GONE[0] if value is _GONE else str(value)[:500]


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where plain values differ, with both; :data:`_GONE` where one is not there. A number that is no
    integer agrees within what another processor may round otherwise."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from _differences(old.get(name, _GONE), new.get(name, _GONE), f"{path}.{name}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list):
        for k, (a, b) in enumerate(zip_longest(old, new, fillvalue=_GONE)):
            yield from _differences(a, b, f"{path}[{k}]")
    elif type(old) is not type(new) or (
        abs(old - new) > 1e-9 * max(1.0, abs(new)) if type(old) is float else old != new
    ):
        yield path, old, new
