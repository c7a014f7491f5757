"""What ExtendedData says, in the words of nofly's GeoJSON vocabulary (docs/reference/geojson.md)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from nofly.formats import _vocabulary
from nofly.formats._json import Rejected, as_list, as_number, as_text, bad, canonical
from nofly.formats._kml_tree import Node, Placemark
from nofly.units import length_m
from nofly.zones.limits import EXPECTED, datum_of, parse_limit
from nofly.zones.model import Limit

_SPELLINGS = {
    "identifier": "id", "title": "name", "type": "kind", "class": "kind",
    "floor": "lower", "ceiling": "upper", "lower_limit": "lower", "upper_limit": "upper",
}  # fmt: skip
_JSON = ("schedule", "rule", "authorities", "volumes", "reason", "extra")
_NUMBERS = ("radius_m", "half_width_m", "width_m", "edition")
_WORDS = (
    "id", "name", "kind", "lower", "upper", "restriction", "country", "message", "edges",
    "valid_from", "valid_to",
)  # fmt: skip
_KNOWN = frozenset((*_JSON, *_NUMBERS, *_WORDS))


def said_of(placemark: Node) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what ExtendedData says in the vocabulary, values decoded, and what else it says, as text."""
    said: dict[str, Any] = {}
    foreign: dict[str, str] = {}
    for extended in placemark.all("ExtendedData"):
        for data in extended.all("Data"):
            _put(data.attributes.get("name", ""), data.said("value"), data.line, said, foreign)
        for schema in extended.all("SchemaData"):
            for data in schema.all("SimpleData"):
                _put(data.attributes.get("name", ""), data.text.strip(), data.line, said, foreign)
    if "width_m" in said:
        said.setdefault("half_width_m", said["width_m"] / 2.0)
    return said, foreign


def _put(name: str, text: str, line: int, said: dict[str, Any], foreign: dict[str, str]) -> None:
    key = _SPELLINGS.get(name.lower(), name.lower())
    locator = f"line {line}"
    if not text:
        return
    if key not in _KNOWN:
        foreign[name] = text
        return
    if key in said and key in _WORDS:
        raise Rejected("kml-bad-data", f"{name[:40]!r} said twice", locator)
    value: Any = text
    if key in _JSON or (key in ("lower", "upper") and text.startswith("{")):
        try:
            value = text if key == "reason" and text[0] != "[" else msgspec.json.decode(text)
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            raise Rejected("kml-bad-data", f"{key} is no JSON: {str(error)[:80]}", locator) from None
    elif key in _NUMBERS:
        if not re.fullmatch(r"\d{1,12}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,2})?", text):
            raise Rejected("kml-bad-data", f"{key} {text[:40]!r} (expected a number above 0)", locator)
        value = float(text)
    said[key] = value


def limit_of(value: object, locator: str) -> Limit | None:
    """Return a limit from its text or from an object of value, unit, datum, text. Raises Rejected."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return parse_limit(value)
        found = _vocabulary.known_object(value, ("value", "unit", "datum", "text"), locator)
        metres = length_m(as_number(found.get("value"), locator), as_text(found.get("unit"), locator))
        datum = datum_of(as_text(found.get("datum"), locator))
        return Limit(metres, datum, as_text(found.get("text"), locator) or f"{metres:.10g} m {datum}")
    except (ValueError, KeyError):
        bad("bad-limit", value, EXPECTED, locator)


def reasons_of(said: dict[str, Any], locator: str) -> tuple[str, ...]:
    """Return the reasons: one text, or a JSON list."""
    reason = said.get("reason", [])
    listed = [reason] if isinstance(reason, str) else as_list(reason, locator)
    return tuple(as_text(word, locator) for word in listed)


def edition_of(said: dict[str, Any], locator: str) -> int:
    """Return the number of the edition. Raises Rejected."""
    edition = said.get("edition", 1.0)
    if edition < 1.0 or edition != int(edition):
        bad("bad-number", edition, "a whole number from 1", locator)
    return int(edition)


def extra_of(
    placemark: Placemark, said: dict[str, Any], foreign: dict[str, str], locator: str
) -> tuple[tuple[str, str], ...]:
    """Return what the zone model has no word for: foreign data, the description, the folders."""
    found: dict[str, object] = dict(foreign)
    if placemark.node.said("description"):
        found["description"] = placemark.node.said("description")[:10_000]
    if placemark.folders:
        found["folders"] = list(placemark.folders)
    extra = said.get("extra", {})
    if not isinstance(extra, dict):
        bad("bad-type", extra, "an object", locator)
    found |= extra
    return tuple(sorted((key, canonical(value, locator)) for key, value in found.items()))
