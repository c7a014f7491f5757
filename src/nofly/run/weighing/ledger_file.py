"""The ledger file, format ``nofly-ledger/1``: TOML to :class:`nofly.whatif.ledger.Ledger`.

Strict: an unknown key is refused with the nearest valid one, and every key about weapons, engagement or a
score with the sentence that says why. docs/reference/ledger.md lists the keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nofly.errors import InputError
from nofly.proof.claiming.claim_table import Table
from nofly.run.weighing.ledger_changes import changed
from nofly.whatif import patrol
from nofly.whatif.enforcement import Answer, Consent, Level, Place
from nofly.whatif.ledger import Change, Ledger, Party
from nofly.whatif.precedents import Precedent
from nofly.whatif.ranges import Input, Range
from nofly.whatif.refused import refused_keys, why_refused
from nofly.whatif.sharing import DAY_H
from nofly.zones.rule_mapping import predicate_from_mapping
from nofly.zones.sentence import say

FORMAT = "nofly-ledger/1"
MOST_BYTES = 1 << 20
MOST_PARTIES = 12
_TOP = (
    "format",
    "title",
    "question",
    "notes",
    "zones",
    "party",
    "sharing",
    "enforcement",
    "patrol",
    "precedent",
    "change",
)
_PARTY = ("name", "who", "hours_a_day", "aircraft", "note")
_PLACE = ("by", "over", "from", "decided_by", "note")
_CONSENT = ("party", "answer", "statement", "date", "source", "acts")
_PRECEDENT = (
    "name",
    "when",
    "counted",
    "count",
    "days",
    "area_km2",
    "source",
    "at_least",
    "caveat",
)
_BOUNDS = {"readiness": (0.0, 1.0), "hours_a_day": (0.0, DAY_H), "coincidence": (-1.0, 1.0)}
_FROM_ZERO = ("hours_a_day", "aircraft", "coincidence", "hours")
_MOST = 1e12


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A ledger and the zone files it names, from the folder of the file."""

    ledger: Ledger
    zones: tuple[str, ...]
    source: str


def read_ledger(given: str | Path | Mapping[str, Any], changes: Sequence[str] = ()) -> LedgerFile:
    """Return the ledger of a file, or of the mapping that a file would hold, with inputs replaced
    (:func:`nofly.run.weighing.ledger_changes.changed`).

    Raises InputError saying which file, which key and what was expected.
    """
    if isinstance(given, Mapping):
        return _ledger_file(changed(given, changes, "ledger"), "ledger", Path())
    source = str(given)
    try:
        with Path(given).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", source=source) from error
    if len(data) > MOST_BYTES:
        raise InputError("too large for a ledger", source=source, expected=f"{MOST_BYTES} bytes at most")
    try:
        mapping = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"no valid TOML: {error}", source=source) from error
    return _ledger_file(changed(mapping, changes, source), source, Path(given).parent)


def _ledger_file(given: Mapping[str, Any], source: str, folder: Path) -> LedgerFile:
    for locator, why in refused_keys(given):
        raise InputError(why, source=source, locator=locator)
    top = Table(given, source, "")
    top.known(_TOP)
    if given.get("format") != FORMAT:
        raise top.wrong(f"{given.get('format')!r}", "format", f'"{FORMAT}"')
    zones = top.table("zones")
    zones.known(("files",))
    sharing, level, places, consents = top.table("sharing"), *_enforcement(top.table("enforcement"))
    sharing.known(("coincidence",))
    ledger = Ledger(
        title=top.text("title", required=True),
        question=top.text("question"),
        notes=top.texts("notes"),
        parties=_parties(top.tables("party"), top),
        level=level,
        places=places,
        consents=consents,
        patrol=_patrol(top.table("patrol")),
        precedents=tuple(map(_precedent, top.tables("precedent"))),
        changes=tuple(map(_change, top.tables("change"))),
    )
    if "coincidence" in sharing.given:
        old = ledger.coincidence
        one = _input(sharing, "coincidence", "coincidence", old.label, "")
        ledger = replace(ledger, coincidence=replace(one, note=one.note or old.note))
    return LedgerFile(ledger, tuple(str(folder / name) for name in zones.texts("files")), source)


def _parties(tables: list[Table], top: Table) -> tuple[Party, ...]:
    if len(tables) > MOST_PARTIES:
        raise top.wrong(f"{len(tables)} parties", "party", f"{MOST_PARTIES} at most")
    parties: list[Party] = []
    for table in tables:
        table.known(_PARTY)
        name = table.text("name", required=True)
        if name in [party.name for party in parties]:
            raise table.wrong(f"{name!r} twice", "name", "each party once")
        who = tuple(predicate_from_mapping(one.given, one.source, one.path) for one in table.tables("who"))
        hours, aircraft = (
            _input(table, key, f"{what}:{name}", say(label, name=name), unit) if key in table.given else None
            for key, what, label, unit in (
                ("hours_a_day", "hours", "hours a day with an aircraft of {name}", "h"),
                ("aircraft", "aircraft", "aircraft at once of {name}", ""),
            )
        )
        parties.append(Party(name, who, hours, aircraft, table.text("note")))
    return tuple(parties)


def _input(table: Table, key: str, name: str, label: str, unit: str) -> Input:
    """Return an input: a number, [low, likely, high], or a table of those with source and note."""
    value = table.given[key]
    source = note = ""
    if isinstance(value, Mapping):
        inner = table.table(key)
        inner.known(("low", "likely", "high", "value", "source", "note"))
        source, note = inner.text("source"), inner.text("note")
        value = (
            inner.given["value"]
            if "value" in inner.given
            else [inner.given.get(end) for end in ("low", "likely", "high")]
        )
    ends = value if isinstance(value, list) else [value] * 3
    if len(ends) != 3 or not all(type(end) in (int, float) and abs(end) < _MOST for end in ends):
        raise table.wrong(
            f"{value!r}",
            key,
            "a number, [low, likely, high], or { low = …, likely = …, high = … }",
        )
    least, most = _BOUNDS.get(key, (0.0, _MOST))
    if min(ends) < least or max(ends) > most or (min(ends) == 0.0 and key not in _FROM_ZERO):
        span = f"from {least:g} to {most:g}" if key in _BOUNDS else "above 0"
        raise table.wrong(f"{value!r}", key, f"numbers {span}")
    try:
        return Input(name, label, unit, Range(*map(float, ends)), source, note)
    except InputError as error:
        raise table.wrong(error.message, key, error.expected) from None


def _patrol(table: Table) -> dict[str, Input]:
    table.known(patrol.INPUTS)
    given = {
        name: _input(table, name, name, *patrol.INPUTS[name]) for name in patrol.INPUTS if name in table.given
    }
    if "stations" in given and "area_per_station_km2" in given:
        raise table.wrong("given beside the stations", "area_per_station_km2", "one of the two")
    cycle, station = given.get("cycle_h"), given.get("on_station_h")
    if cycle and station and cycle.range.likely_value < station.range.likely_value:
        raise table.wrong("shorter than on_station_h, which is a part of it", "cycle_h", "a longer time")
    if given:
        for name, range in patrol.DEFAULTS.items():
            given.setdefault(
                name, Input(name, *patrol.INPUTS[name], range, note=say("where nothing is given"))
            )
    return given


def _enforcement(table: Table) -> tuple[Level, dict[Level, Place], tuple[Consent, ...]]:
    table.known(("level", *_PLACE, "act", "consent"))
    level = _level(table, "level", Level.OBSERVE)
    general = _place(table, Place())
    places = dict.fromkeys(Level, general)
    for one in table.tables("act"):
        one.known(("act", *_PLACE))
        places[_level(one, "act", None)] = _place(one, general)
    consents = []
    for one in table.tables("consent"):
        one.known(_CONSENT)
        answer = one.word("answer", [str(a) for a in Answer], Answer.NOT_SAID)
        acts = tuple(_level_word(one, "acts", word) for word in one.texts("acts"))
        consents.append(
            Consent(
                one.text("party", required=True),
                Answer(answer),
                one.text("statement"),
                str(one.given.get("date", "")),
                one.text("source"),
                acts,
            )
        )
    return level, places, tuple(consents)


def _level(table: Table, key: str, default: Level | None) -> Level:
    value = table.given.get(key, default)
    return _level_word(table, key, value)


def _level_word(table: Table, key: str, value: Any) -> Level:
    if why := why_refused(str(value)):
        raise table.wrong(why, key)
    if value not in list(Level):
        raise table.wrong(f"{value!r}", key, f"one of {', '.join(Level)}")
    return Level(value)


def _place(table: Table, general: Place) -> Place:
    given = {
        field: table.texts(key)
        for key, field in (("by", "by"), ("over", "over"), ("from", "bases"), ("decided_by", "decided_by"))
        if key in table.given
    }
    return replace(general, **given, note=table.text("note") or general.note)


def _precedent(table: Table) -> Precedent:
    table.known(_PRECEDENT)
    numbers = {}
    for key in ("count", "days", "area_km2"):
        value = table.given.get(key)
        if value is not None and (type(value) not in (int, float) or not 0 < value < _MOST):
            raise table.wrong(f"{value!r}", key, "a number above 0")
        numbers[key] = value
    return Precedent(
        table.path,
        table.text("name", required=True),
        table.text("when"),
        table.text("counted", required=True),
        numbers["count"],
        table.text("source", required=True),
        table.flag("at_least", False),
        numbers["days"],
        numbers["area_km2"],
        table.text("caveat"),
    )


def _change(table: Table) -> Change:
    table.known(("text", "source"))
    return Change(table.text("text", required=True), table.text("source"))
