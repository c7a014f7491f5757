"""JSON tables of positions as the ``traffic`` library and pandas write them.

A list of objects, objects by lines, or (pandas' default) an object of columns, each an object or a list
of values. Names and units are told as for the other tables (:mod:`nofly.feeds.columns`). Times are
epoch numbers or ISO 8601 texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, BinaryIO

import msgspec

from nofly.errors import DecodeError, Finding, InputError
from nofly.feeds.columns import Plan, convention, plan, recognised
from nofly.feeds.json_columns import TEXT_COLUMNS, TIMES, JsonColumns
from nofly.feeds.json_records import Records, first_objects, records
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions

NAME = "traffic_json"
EXTENSIONS = (".json", ".jsonl", ".ndjson")
BESIDE = True

_HEAD_BYTES = 1 << 16
_ENOUGH_ROWS = 32_768
_NEEDED = {"lat_deg", "lon_deg"}
_COLUMN = re.compile(rb'"([^"\\]{1,64})"\s*:\s*[\[{]')
_LATER = ("callsign", "squawk", "onground", "geoaltitude", "track", "groundspeed", "vertical_rate")
"""Keys that a list by ``traffic`` may begin to have later on."""


def sniff(head: bytes) -> int:
    """Return 75 for objects with time and place, 70 for columns of them, else 0."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"[", b"{"):
        return 0
    columns = _by_columns(text)
    if columns:
        return 70 if _is_table(columns) else 0
    objects = first_objects(text, 8)
    names = {name for record in objects for name in record}
    if "frame" in names or not objects:
        return 0
    return 75 if _is_table(names) else 0


def _is_table(names: set[str]) -> bool:
    found = recognised(sorted(names))
    return found >= _NEEDED and bool(found & {"time", "position_time"})


def _by_columns(text: bytes) -> set[str]:
    """Return the names of the columns that a head in column order shows (it may show only one)."""
    opening = re.match(rb'\{\s*"([^"\\]{1,64})"\s*:\s*[\[{]\s*("0"\s*:|[-0-9.nt"])', text)
    if not opening:
        return set()
    names = {name.decode("utf-8", "replace") for name in _COLUMN.findall(text)}
    known = recognised(sorted(names))
    return names | {"time", "lat", "lon"} if known and "trace" not in names else names


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order.

    Raises DecodeError where it is not such JSON, SchemaError where time or place is not among its keys.
    """
    head = file.read(_HEAD_BYTES)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{" and _by_columns(text):
        yield from _read_columns(file, head, source, options)
        return
    names: dict[str, None] = {}
    for record in first_objects(head):
        names.update(dict.fromkeys(record))
    while not names:
        more = file.read(_HEAD_BYTES)
        head += more
        for record in first_objects(head, 1):
            names.update(dict.fromkeys(record))
        if not more or len(head) > options.max_line_bytes:
            break
    if not names:
        raise DecodeError("no JSON object in it", source=source, expected="a list of objects")
    chosen = plan(list(names), options, source)
    wider = _with_later(chosen, options, source)
    held = _Held(JsonColumns(wider, options, source), options.batch_rows)
    close = _struct(chosen, exact=True) if len(names) == len(chosen.readings) else None
    try:
        for block in records(file, source, options, _struct(wider), head, close=close):
            yield from held.take(block)
    except InputError:
        yield from held.rest()
        raise
    yield from held.rest()


def _with_later(chosen: Plan, options: ArchiveOptions, source: str) -> Plan:
    """Return the plan with the keys that may come later."""
    names = [reading.name for reading in chosen.readings.values()]
    if convention(names) != "traffic":
        return chosen
    wider = plan([*names, *(n for n in _LATER if n not in names)], options, source)
    return Plan(wider.readings, chosen.findings)


def _struct(chosen: Plan, exact: bool = False) -> type[msgspec.Struct]:
    """Return a type that holds just the keys that are used, each possibly null or absent; ``exact``, it
    refuses any other key."""
    kinds: list[tuple[str, Any, Any]] = []
    for ours in chosen.readings:
        if ours in TIMES or ours in TEXT_COLUMNS:
            kinds.append((ours, int | float | str | None, None))
        elif ours == "on_ground":
            kinds.append((ours, bool | int | float | str | None, None))
        elif ours == "raw":
            kinds.append((ours, int | None, None))
        else:
            kinds.append((ours, float | None, None))
    names = {ours: reading.name for ours, reading in chosen.readings.items()}
    return msgspec.defstruct("Row", kinds, rename=names, gc=False, forbid_unknown_fields=exact)


class _Held:
    """Blocks of objects on their way to batches that are worth a step of the check."""

    def __init__(self, columns: JsonColumns, batch_rows: int) -> None:
        self._columns = columns
        self._most = batch_rows
        self._enough = min(batch_rows, _ENOUGH_ROWS)
        self._findings: list[Finding] = []
        self._first, self._rows = 1, 0
        self._told = False

    def take(self, block: Records[Any]) -> Iterator[tuple[Positions, list[Finding]]]:
        """Add the objects of a block, and yield what is enough for a batch. The objects of a batch follow on
        each other in the file, so that the number of its first tells that of each."""
        if block.first != self._first + self._rows:
            yield from self.rest()
            self._first = block.first
        self._findings += block.findings
        for start in range(0, len(block.objects), self._most):
            some = block.objects[start : start + self._most]
            fields = some[0].__struct_fields__
            self._columns.add({ours: list(map(attrgetter(ours), some)) for ours in fields})
            self._rows += len(some)
            if self._rows >= self._enough:
                yield from self.rest()

    def rest(self) -> Iterator[tuple[Positions, list[Finding]]]:
        """Yield what is held: of a file, one batch at least."""
        if not self._rows and not self._findings and self._told:
            return
        if not self._rows:
            self._columns.add({})
        positions, notes = self._columns.take(self._first)
        yield positions, self._findings + notes
        self._first += self._rows
        self._findings, self._rows, self._told = [], 0, True


def _read_columns(
    file: BinaryIO, head: bytes, source: str, options: ArchiveOptions
) -> Iterator[tuple[Positions, list[Finding]]]:
    data = head + file.read(options.max_document_bytes - len(head) + 1)
    if len(data) > options.max_document_bytes:
        raise DecodeError(
            "a table in column order has to be held whole", source=source,
            expected=f"at most {options.max_document_bytes} bytes (or the table as a list of objects)",
        )  # fmt: skip
    try:
        table = msgspec.json.decode(data, type=dict[str, dict[str, Any] | list[Any]])
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise DecodeError(f"broken JSON: {error}", source=source, expected="an object of columns") from error
    chosen = plan(list(table), options, source)
    values = {ours: table[reading.name] for ours, reading in chosen.readings.items()}
    columns = JsonColumns(chosen, options, source)
    aligned = _aligned(values, source)
    rows = max(map(len, aligned.values()))
    for start in range(0, max(1, rows), options.batch_rows):
        some = {ours: column[start : start + options.batch_rows] for ours, column in aligned.items()}
        yield columns.convert(some, start + 1, "row")


def _aligned(values: Mapping[str, dict[str, Any] | list[Any]], source: str) -> dict[str, list[Any]]:
    """Return columns of one length, by row number where they are objects of row number → value."""
    lists = {ours: column for ours, column in values.items() if isinstance(column, list)}
    if lists:
        if len(lists) < len(values) or len({len(column) for column in lists.values()}) > 1:
            raise DecodeError(
                "columns of different length", source=source, expected="one value a row in each"
            )
        return lists
    rows: dict[str, None] = {}
    for column in values.values():
        rows.update(dict.fromkeys(column))
    return {ours: [column.get(row) for row in rows] for ours, column in values.items()}  # type: ignore[union-attr]
