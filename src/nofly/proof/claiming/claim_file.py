"""The claim file, format ``nofly-claims/1``: TOML to :class:`nofly.proof.claims.ClaimFile`.

Strict: an unknown key is refused with the nearest valid one; docs/reference/claims.md lists the keys.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from nofly.errors import InputError
from nofly.proof.claiming.claim_table import Table
from nofly.proof.claiming.flying import CLASSES
from nofly.proof.claiming.quantities import DATUMS, UNITS, Kind, Span, read_span
from nofly.proof.claims import QUANTITIES, About, Cited, ClaimFile, Inside, Item, Reading, Statement
from nofly.zones.sentence import joined, say

FORMAT = "nofly-claims/1"
MOST_BYTES = 1 << 20
MOST_STATEMENTS = 200
MOST_READINGS = 16

_TOP = ("format", "title", "question", "notes", "zones", "statement")
_ABOUT = ("party", "address", "callsign", "type", "class", "transponder", "speed_range")
_SOURCE = ("url", "title", "published", "sha256", "captured")
_ITEM = ("label", "evidence", "url")
_UNIT_KEYS = {
    "m": "m", "km": "km", "ft": "ft", "nmi": "nmi", "mi": "mi", "s": "s", "min": "min", "h": "h",
    "kmh": "km/h", "kt": "kt", "mps": "m/s", "mph": "mph", "deg": "deg",
}  # fmt: skip
QUANTITY_KEYS = {
    **{name: (name, "") for name in QUANTITIES},
    **{
        f"{name}_{suffix}": (name, unit)
        for name, kind in QUANTITIES.items()
        for suffix, unit in _UNIT_KEYS.items()
        if unit in UNITS[kind]
    },
}
"""Key → (quantity, unit): ``depth`` takes a text with its unit, ``depth_km`` a bare number."""
_STATEMENT = (
    "id", "who", "says", "side", "language", "wording", "about", "zone", "inside", "time", "time_error",
    "until", "left", "closest_to", "closest_name", "altitude_datum", "item", "source", "evidence_offered",
    "evidence_withheld", "reading", *QUANTITY_KEYS,
)  # fmt: skip


def parse(text: str, source: str = "claim.toml") -> ClaimFile:
    """Return the claim; raises InputError saying which file, which key and what was expected."""
    if len(text.encode()) > MOST_BYTES:
        raise InputError("too large for a claim file", source=source, expected=f"{MOST_BYTES} bytes at most")
    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"no valid TOML: {error}", source=source) from error
    top = Table(given, source, "")
    top.known(_TOP)
    if given.get("format") != FORMAT:
        raise top.wrong(f"{given.get('format')!r}", "format", f'"{FORMAT}"')
    zones = top.table("zones")
    zones.known(("files", "boundary_error", "note"))
    boundary = _single(zones, "boundary_error", Kind.LENGTH)
    stated = top.tables("statement")
    if not 0 < len(stated) <= MOST_STATEMENTS:
        raise top.wrong(f"{len(stated)} statements", "statement", f"1 to {MOST_STATEMENTS}: [[statement]]")
    statements = tuple(_statement(table, k) for k, table in enumerate(stated, 1))
    ids = [one.id for one in statements]
    for k, name in enumerate(ids):
        if name in ids[:k]:
            raise stated[k].wrong(f"{name!r} twice", "id", "an id of its own for each statement")
    return ClaimFile(
        top.text("title", required=True), top.text("question"), statements, zones.texts("files"),
        boundary.nominal_high_value if boundary else 0.0, zones.text("note"), top.texts("notes"), source,
    )  # fmt: skip


def _statement(table: Table, number: int) -> Statement:
    table.known(_STATEMENT)
    error = _single(table, "time_error", Kind.DURATION)
    time_us, until_us = table.moment_us("time"), table.moment_us("until")
    if until_us is not None and (time_us is None or until_us < time_us):
        raise table.wrong("before the time", "until", "a time, and an until that is not before it")
    return Statement(
        id=table.text("id") or f"s{number}", who=table.text("who", required=True),
        says=table.text("says", required=True), side=table.text("side"), language=table.text("language"),
        wording=table.word("wording", ("", "quote", "paraphrase"), ""),
        about=_about(table.table("about")), zone_id=table.text("zone"),
        inside=Inside(table.word("inside", [i.value for i in Inside], Inside.UNSAID)),
        time_us=time_us, time_err_s=error.nominal_high_value if error else 0.0, until_us=until_us,
        left=table.flag("left", True), readings=_readings(table),
        closest_to=_place(table), closest_name=table.text("closest_name"),
        items=tuple(_item(one) for one in table.tables("item")),
        cited=tuple(_cited(one) for one in table.tables("source")),
        evidence_offered=table.texts("evidence_offered"), evidence_withheld=table.texts("evidence_withheld"),
    )  # fmt: skip


def _about(table: Table) -> About:
    table.known(_ABOUT)
    address = table.text("address").lower()
    if address and not re.fullmatch(r"[0-9a-f]{6}", address):
        raise table.wrong(f"{address!r}", "address", "six hexadecimal digits, as 4ca7b3")
    return About(
        table.text("party"), address, table.text("callsign"), table.text("type"),
        table.word("class", ["", *CLASSES], ""), table.word("transponder", ("", "on", "off"), ""),
        _single(table, "speed_range", Kind.SPEED),
    )  # fmt: skip


def _cited(table: Table) -> Cited:
    table.known(_SOURCE)
    sha256 = table.text("sha256").lower()
    if sha256 and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise table.wrong(f"{sha256!r}", "sha256", "64 hexadecimal digits")
    table.moment_us("captured")
    return Cited(table.text("url"), table.text("title"), str(table.given.get("published", "")), sha256,
                 str(table.given.get("captured", "")))  # fmt: skip


def _item(table: Table) -> Item:
    table.known(_ITEM)
    return Item(table.text("label", required=True), table.text("evidence"), table.text("url"))


def _place(table: Table) -> tuple[float, float] | None:
    given = table.given.get("closest_to")
    if given is None:
        return None
    numbers = isinstance(given, list) and len(given) == 2 and all(type(x) in (int, float) for x in given)
    if not numbers or not (-90 <= given[0] <= 90 and -180 <= given[1] <= 180):
        raise table.wrong(f"{given!r}", "closest_to", "[latitude, longitude] in degrees")
    return float(given[0]), float(given[1])


def _readings(table: Table) -> tuple[Reading, ...]:
    """Return every way to read a statement: its readings, each with both miles where it speaks of miles."""
    told = table.tables("reading")
    for one in told:
        one.known(("name", *QUANTITY_KEYS, "altitude_datum"))
    base = _quantities(table)
    found = []
    named = [(one.text("name", required=True), _quantities(one)) for one in told]
    for name, more in named or [("", {})]:
        stated = {**base, **more}
        # All miles of a statement are of one kind.
        words = sorted({word for ways in stated.values() for word, _ in ways if word}, reverse=True) or [""]
        for word in words:
            chosen = {q: next(s for w, s in ways if w in ("", word)) for q, ways in stated.items()}
            parts = [part for part in (name, word and say(word)) if part]
            found.append(Reading(joined(", ", parts) if parts else "", chosen))
    if len(found) > MOST_READINGS:
        raise table.wrong(f"{len(found)} ways to read it", "reading", f"{MOST_READINGS} at most")
    return tuple(found)


_Ways = tuple[tuple[str, Span], ...]


def _quantities(table: Table) -> dict[str, _Ways]:
    found: dict[str, _Ways] = {}
    for key, (name, unit) in QUANTITY_KEYS.items():
        if key not in table.given:
            continue
        if name in found:
            raise table.wrong(f"the {name} a second time", key, "it once")
        found[name] = _ways(table, key, QUANTITIES[name], unit)
    return found


def _single(table: Table, key: str, kind: Kind) -> Span | None:
    return _ways(table, key, kind, "")[0][1] if key in table.given else None


def _ways(table: Table, key: str, kind: Kind, unit: str) -> _Ways:
    value: Any = table.given[key]
    bare = type(value) in (int, float)
    if not bare and not isinstance(value, str):
        raise table.wrong(f"{value!r}", key, "a number or a text with its unit")
    if bare and not unit and kind is not Kind.COUNT:
        raise table.wrong(f"{value!r} has no unit", key, 'a text with its unit, as "17 s", or a key with one')
    if unit and not bare:
        raise table.wrong(f"{value!r}", key, f"a number: the key says that it is in {unit}")
    try:
        ways = read_span(value, kind, unit)
        datum = table.given.get("altitude_datum", "")
        if kind is Kind.HEIGHT and datum:
            if datum not in DATUMS:
                raise table.wrong(f"{datum!r}", "altitude_datum", f"one of {', '.join(DATUMS)}")
            ways = tuple((word, _on(span, datum)) for word, span in ways)
    except InputError as error:
        if error.source:
            raise
        raise table.wrong(error.message, key, error.expected) from None
    return ways


def _on(span: Span, datum: str) -> Span:
    return Span(span.text, span.low_value, span.high_value, span.nominal_low_value, span.nominal_high_value,
                span.datum or datum)  # fmt: skip
