"""How the records of one edition of an ASTERIX category are laid out, from the tables of ``libasterix``.

The library holds every edition's user application profile (UAP) as classes; walking those for each record is
slow and recursive, so an edition is compiled once to the sizes of its items and the places of the few fields
that are read. A record is taken apart strictly: an FSPEC bit of an item that the UAP does not have, an extent
that the edition does not know, or an item that ends beyond the data make it broken. Sources: EUROCONTROL
SPEC-0149 (ASTERIX part 1, ed. 3.1) § 4 and 5 for the kinds of items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from nofly.errors import ConfigError

_FIXED, _EXTENDED, _REPEATED, _REPEATED_FX, _EXPLICIT, _COMPOUND = range(6)
_MOST_FSPECS = 4096

Spans = dict[str, tuple[int, int]]
"""Item (``040``), or item and part of it (``380/ADR``) → where it begins and ends in the data."""


class Broken(ValueError):
    """A record is not of this edition, or not whole; the message says why."""


class Item(NamedTuple):
    """One item: how to find its end. ``sizes`` are bytes: of the item, of each extent, of one repetition."""

    name: str
    kind: int
    sizes: tuple[int, ...] = ()
    count_bytes: int = 0
    ends_fx: bool = True
    parts: tuple[Item | None, ...] = ()
    fspec_bytes: int = 0


class Field(NamedTuple):
    """Where a number stands in an item, and what one of it is worth; ``each``: one in every octet."""

    item: str
    last_bit: int
    """How many bits of the item come up to its end."""
    mask: int
    sign: int
    scale: float
    each: bool = False


class Layout:
    """One edition of one category. Raises ConfigError where libasterix does not know it.

    ``fields`` names what is read: ``040/RHO`` is item 040, its subitem RHO; a field that the edition does
    not have is None in every record.
    """

    def __init__(self, category: int, edition: str, fields: tuple[str, ...], source: str = "") -> None:
        record = _record(category, edition, source)
        self._items = tuple(_uap_item(item) for item in record.cv_items_list)
        self._fspec_bytes: int = record.cv_fspec_max_bytes
        self._known: dict[bytes, tuple[Item, ...]] = {}
        places = {name: place for item in record.cv_items_list for name, place in _places(item)}
        self._names = fields
        self._fields: dict[str, list[tuple[str, Field]]] = {}
        for name in fields:
            if name in places:
                self._fields.setdefault(places[name].item, []).append((name, places[name]))

    def record(self, data: bytes, at: int, end: int) -> tuple[Spans, int]:
        """Return where each item of the record at ``at`` stands, and where the record ends.

        Raises Broken where it is none of this edition.
        """
        items, at = self._present(data, at, end)
        spans: Spans = {}
        for item in items:
            name, kind, sizes = item[:3]
            after = at + sizes[0] if kind == _FIXED else _end_of(item, data, at, end, spans)
            spans[name] = (at, after)
            at = after
        if at > end:
            raise Broken("an item ends beyond the data")
        return spans, at

    def values(self, data: bytes, spans: Spans) -> dict[str, Any]:
        """Return the fields of a record in the unit of the specification, whole where it has none.

        What is repeated in extents of one octet (I048/030) is a tuple.
        """
        found: dict[str, Any] = dict.fromkeys(self._names)
        for item, (start, end) in spans.items():
            fields = self._fields.get(item)
            if fields is None:
                continue
            octets = data[start:end]
            bits, whole = 8 * len(octets), int.from_bytes(octets, "big")
            for name, (_, last_bit, mask, sign, scale, each) in fields:
                if each:
                    found[name] = tuple(octet >> 1 for octet in octets)
                elif last_bit <= bits:
                    raw = whole >> (bits - last_bit) & mask
                    if raw & sign:
                        raw -= mask + 1
                    found[name] = raw if scale == 1.0 else raw * scale
        return found

    def _present(self, data: bytes, at: int, end: int) -> tuple[tuple[Item, ...], int]:
        """Return the items that the FSPEC at ``at`` announces, and where the first begins."""
        after = at
        while after < end and data[after] & 1:
            after += 1
        after += 1
        if after > end:
            raise Broken("the FSPEC does not end")
        fspec = data[at:after]
        items = self._known.get(fspec)
        if items is None:
            items = _items_of(fspec, self._items, self._fspec_bytes)
            if len(self._known) >= _MOST_FSPECS:
                self._known.clear()
            self._known[fspec] = items
        return items, after


def editions(category: int) -> list[str]:
    """Return the editions of a category that libasterix knows, oldest first; ConfigError without it."""
    generated, _ = _library("")
    known = generated.manifest["CATS"].get(category, [])
    return [".".join(map(str, edition)) for edition in sorted(spec.cv_edition for spec in known)]


def _library(source: str) -> tuple[Any, Any]:
    try:
        from asterix import base, generated
    except ImportError as error:
        raise ConfigError(
            "ASTERIX is read with the tables of the package libasterix, which is not installed",
            source=source, expected="pip install libasterix",
        ) from error  # fmt: skip
    return generated, base


def _record(category: int, edition: str, source: str) -> Any:
    """Return the class of a category's records in libasterix."""
    generated, _ = _library(source)
    for spec in generated.manifest["CATS"].get(category, []):
        if ".".join(map(str, spec.cv_edition)) == edition:
            return spec.cv_uap.cv_record
    raise ConfigError(
        f"edition {edition!r} of ASTERIX category {category:03d} is not known",
        source=source, expected=f"one of {', '.join(editions(category))}",
    )  # fmt: skip


def _items_of(fspec: bytes, items: tuple[Item | None, ...], most_bytes: int) -> tuple[Item, ...]:
    if len(fspec) > most_bytes:
        raise Broken("the FSPEC is longer than the UAP")
    present = []
    for place in range(7 * len(fspec)):
        if fspec[place // 7] >> (7 - place % 7) & 1:
            item = items[place] if place < len(items) else None
            if item is None:
                raise Broken("an FSPEC bit stands for no item")
            present.append(item)
    return tuple(present)


def _end_of(item: Item, data: bytes, at: int, end: int, spans: Spans) -> int:
    """Return where an item ends; the parts of a compound one are added to the spans."""
    kind = item.kind
    if kind == _FIXED:
        after = at + item.sizes[0]
    elif kind == _EXTENDED:
        after = _end_of_extended(item, data, at, end)
    elif kind == _COMPOUND:
        after = at
        while after < end and data[after] & 1:
            after += 1
        after += 1
        if after > end:
            raise Broken(f"item {item.name} does not end")
        for part in _items_of(data[at:after], item.parts, item.fspec_bytes):
            start, after = after, _end_of(part, data, after, end, spans)
            spans[part.name] = (start, after)
    elif kind == _REPEATED_FX:
        after = at + item.sizes[0]
        while after <= end and data[after - 1] & 1:
            after += item.sizes[0]
    else:
        first = at + (item.count_bytes if kind == _REPEATED else 1)
        count = int.from_bytes(data[at:first], "big") if first <= end else 0
        if kind == _EXPLICIT and not count:
            raise Broken(f"item {item.name} has no length")
        after = first + count * item.sizes[0] if kind == _REPEATED else at + max(count, 1)
    if after > end:
        raise Broken(f"item {item.name} ends beyond the data")
    return after


def _end_of_extended(item: Item, data: bytes, at: int, end: int) -> int:
    last = len(item.sizes) - 1
    for place, size in enumerate(item.sizes):
        at += size
        if at > end:
            break
        if place == last and not item.ends_fx:
            break
        if not data[at - 1] & 1:
            break
        if place == last:
            raise Broken(f"item {item.name} has an extent that this edition does not know")
    return at


def _kind_of(thing: Any) -> str:
    """Return the name of the library's own class that a class of an edition is made from."""
    return next(str(c.__name__) for c in thing.__mro__ if c.__module__ == "asterix.base")


def _variation(rule: Any) -> Any:
    return getattr(rule, "cv_variation", None) or rule.cv_default_variation


def _uap_item(item: Any) -> Item | None:
    return _item(item.cv_non_spare, "") if _kind_of(item) == "UapItem" else None


def _item(spec: Any, prefix: str) -> Item:
    name, variation = prefix + spec.cv_name, _variation(spec.cv_rule)
    kind = _kind_of(variation)
    if kind in ("Element", "Group"):
        return Item(name, _FIXED, (variation.cv_bit_size // 8,))
    if kind == "Extended":
        extents = variation.cv_items_list
        sizes = tuple(sum(1 if part is None else part[1] for part in extent) // 8 for extent in extents)
        return Item(name, _EXTENDED, sizes, ends_fx=extents[-1][-1] is None)
    if kind == "Repetitive":
        bits, count_bytes = _bits(variation.cv_variation), variation.cv_rep_bytes
        if count_bytes is None:
            return Item(name, _REPEATED_FX, ((bits + 1) // 8,))
        return Item(name, _REPEATED, (bits // 8,), count_bytes)
    if kind == "Compound":
        parts = tuple(None if p is None else _item(p, f"{name}/") for p in variation.cv_items_list)
        return Item(name, _COMPOUND, parts=parts, fspec_bytes=variation.cv_fspec_max_bytes)
    return Item(name, _EXPLICIT)


def _bits(variation: Any) -> int:
    return int(variation.cv_bit_size)


def _places(uap_item: Any) -> Iterator[tuple[str, Field]]:
    """Yield the path and the place of every number in an item of the UAP."""
    if _kind_of(uap_item) == "UapItem":
        spec = uap_item.cv_non_spare
        yield from _places_in(spec.cv_name, spec.cv_name, _variation(spec.cv_rule), 0)


def _places_in(path: str, item: str, variation: Any, bit: int) -> Iterator[tuple[str, Field]]:
    kind = _kind_of(variation)
    if kind == "Element":
        yield path, _field(item, variation, bit)
    elif kind == "Group":
        yield from _members(path, item, variation.cv_items_list, bit)
    elif kind == "Extended":
        for extent in variation.cv_items_list:
            yield from _members(path, item, [part for part in extent if part is not None], bit)
            bit += sum(1 if part is None else part[1] for part in extent)
    elif kind == "Compound":
        for part in variation.cv_items_list:
            if part is not None:
                name = f"{path}/{part.cv_name}"
                yield from _places_in(name, name, _variation(part.cv_rule), 0)
    elif kind == "Repetitive" and variation.cv_rep_bytes is None and _bits(variation.cv_variation) == 7:
        yield path, Field(item, 0, 0, 0, 1.0, each=True)


def _members(path: str, item: str, members: Any, bit: int) -> Iterator[tuple[str, Field]]:
    for member, size in members:
        if _kind_of(member) == "Item":
            spec = member.cv_non_spare
            yield from _places_in(f"{path}/{spec.cv_name}", item, _variation(spec.cv_rule), bit)
        bit += size


def _field(item: str, element: Any, bit: int) -> Field:
    size = element.cv_bit_size
    content = getattr(element.cv_rule, "cv_content", None)
    signed = getattr(content, "cv_signedness", None)
    scale = float(getattr(content, "cv_lsb", 1.0))
    sign = 1 << (size - 1) if signed is not None and signed.__name__ == "Signed" else 0
    return Field(item, bit + size, (1 << size) - 1, sign, scale)
