"""OpenAir text to blocks of records: encodings, comments, line numbers, and where a block ends.

A block starts at ``AC`` and ends at the next ``AC``, at a terrain record (``TO``, ``TC``) after its geometry,
or at a ``TITLE=`` line of the Tim Newport-Peace format; blank lines and comments end nothing, because real
files set them at will.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from nofly.errors import Finding, Severity, ZoneFormatError
from nofly.zones.sentence import say

MAX_BYTES = 32 * 1024 * 1024
"""A larger file is refused: all the world's airspace is a few megabytes."""
MAX_LINE = 2_000
MAX_LINES = 2_000_000
MAX_BLOCKS = 100_000
"""About twice what all the world publishes; each costs more than its few bytes tell."""
MAX_BLOCK_LINES = 100_000

CODES = frozenset(
    {"AC", "AN", "AH", "AL", "AT", "AI", "AY", "AF", "AG", "AX", "AA", "DP", "DA", "DB", "DC", "DY"}
    | {"TP", "TO", "TC", "TX", "SP", "SB", "VD", "VX", "VW", "VZ", "VT"}
)
_PLAIN_CODES = frozenset(code for code in CODES if code[0] != "V")
"""Codes that, in capitals and with a space behind them, can be read in one way only: nearly every line."""
_SPACED = re.compile(r"\s*([A-Za-z]{2})(?:\s+(.*))?$", re.S)
_GLUED = re.compile(r"\s*(D[PABCY]|A[HL])((?:\d|FL|GND|SFC|UNL).*)$", re.S | re.I)
_VARIABLE = re.compile(r"\s*V\s*([A-Za-z])\s*=\s*(.*)$", re.S | re.I)
_TITLE = re.compile(r"\s*TITLE\s*=", re.I)
_DRAWING = re.compile(r"\s*(?:D[A-Za-z]|V)(?:\s|$|\d)", re.I)
_PLACE = re.compile(r"\d\d?:\d\d?|\d{5,7}(?:\.\d+)?\s*[NS]\b|\b[NS]\s*\d{6}", re.I)


class Record(NamedTuple):
    """One record: its code (``DP``, ``VX``), its value without the comment, the comment, its line."""

    code: str
    value: str
    comment: str
    line: int


@dataclass(slots=True)
class Block:
    """The records of one airspace; ``fault`` says why it cannot be read whatever they hold."""

    line: int
    records: list[Record] = field(default_factory=list)
    fault: tuple[str, str] | None = None
    fault_line: int = 0
    _shapeless: int = 0
    """So many of the first records are known to be no geometry: none is looked at twice."""

    def spoil(self, code: str, why: str, line: int) -> None:
        """Note the first reason for which the block is rejected."""
        if self.fault is None:
            self.fault, self.fault_line = (code, why), line

    @property
    def has_shape(self) -> bool:
        """Whether a geometry record was seen."""
        while self._shapeless < len(self.records) and self.records[self._shapeless].code[0] != "D":
            self._shapeless += 1
        return self._shapeless < len(self.records)


def decoded(data: bytes, source: str) -> tuple[str, list[Finding]]:
    """Return the text of the file, and a finding where it is not UTF-8.

    A byte-order mark decides; otherwise UTF-8, and where that fails Windows-1252, which most older files are
    in. Raises ZoneFormatError for a file of more than ``MAX_BYTES``.
    """
    if len(data) > MAX_BYTES:
        raise ZoneFormatError(
            f"{len(data)} bytes", source=source, expected=f"an OpenAir file of at most {MAX_BYTES} bytes"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        text = say("not UTF-8: read as Windows-1252")
        return data.decode("cp1252", errors="replace"), [
            Finding("openair-encoding", Severity.INFO, text, source)
        ]


def split_blocks(text: str, source: str) -> tuple[list[Block], list[Finding]]:
    """Return the blocks of a text in file order, and findings on what stands between and inside them.

    A zone in Tim Newport-Peace form is a block with a fault, so that it counts as a record. Raises
    ZoneFormatError for more than ``MAX_LINES`` lines or ``MAX_BLOCKS`` blocks.
    """
    reader = _Reader(source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") >= MAX_LINES:
        raise ZoneFormatError("too many lines", source=source, expected=f"at most {MAX_LINES:,}")
    for number, line in enumerate(text.split("\n"), 1):
        reader.take(number, line)
    return reader.blocks, reader.findings()


class _Reader:
    """Assembles blocks; keeps one count a kind of stray line, so that garbage costs no memory."""

    def __init__(self, source: str) -> None:
        self.blocks: list[Block] = []
        self._open: Block | None = None
        self._source = source
        self._stray: dict[str, tuple[str, int, int]] = {}

    def take(self, number: int, line: str) -> None:
        """Take one line; those of points, which most are, the short way."""
        held = self._open
        plain = line[:3] == "DP " and "*" not in line and len(line) <= MAX_LINE
        if plain and held is not None and len(held.records) < MAX_BLOCK_LINES:
            held.records.append(Record("DP", line[3:].strip(), "", number))
            return
        if not line or line.isspace():
            return
        if len(line) > MAX_LINE:
            self._too_long(number, line)
            return
        comment = ""
        if "*" in line:
            line, star, comment = line.partition("*")
            comment = (star + comment).strip()
        if not line or line.isspace():
            return
        record = _record(line, comment, number)
        if record is None:
            self._unknown(number, line)
        elif record.code == "AC":
            self._class(record)
        elif record.code in ("TO", "TC"):
            self._terrain(number)
        elif self._open is None:
            self._note(
                "openair-outside-block", say("{code} outside any airspace block", code=record.code), number
            )
        elif len(self._open.records) >= MAX_BLOCK_LINES:
            why = say("more than {count} records", count=str(MAX_BLOCK_LINES))
            self._open.spoil("openair-block-too-long", why, number)
        else:
            self._open.records.append(record)

    def findings(self) -> list[Finding]:
        """Return one finding a kind of stray line: its first place, and how many there were."""
        return [
            Finding(code, Severity.WARNING, message, self._source, f"line {line}", count)
            for code, (message, line, count) in self._stray.items()
        ]

    def _class(self, record: Record) -> None:
        held = self._open
        if held is not None and held.fault is None and held.records[-1].code == "AC":
            held.records.append(record)
            return
        self._start(record.line).records.append(record)

    def _start(self, line: int) -> Block:
        if len(self.blocks) >= MAX_BLOCKS:
            raise ZoneFormatError(
                "too many airspaces", source=self._source, locator=f"line {line}",
                expected=f"at most {MAX_BLOCKS:,}",
            )  # fmt: skip
        self._open = Block(line)
        self.blocks.append(self._open)
        return self._open

    def _terrain(self, number: int) -> None:
        self._note("openair-terrain", say("terrain record: nofly reads airspace alone"), number)
        if self._open is not None and self._open.has_shape:
            self._open = None

    def _too_long(self, number: int, line: str) -> None:
        if line.lstrip().startswith("*"):
            return
        why = say(
            "a line of {count} characters (expected at most {most})",
            count=str(len(line)), most=str(MAX_LINE),
        )  # fmt: skip
        if self._open is not None:
            self._open.spoil("openair-line-too-long", why, number)
        else:
            self._note("openair-line-too-long", why, number)

    def _unknown(self, number: int, content: str) -> None:
        shown = content.strip()[:40]
        if _TITLE.match(content):
            self._start(number).spoil("openair-foreign", say("a zone in Tim Newport-Peace form"), number)
        elif self._open is not None and (_DRAWING.match(content) or _PLACE.search(content)):
            why = say("{line} looks like geometry, but is no OpenAir record", line=repr(shown))
            self._open.spoil("openair-unknown-geometry", why, number)
        else:
            self._note("openair-unknown-line", say("{line} is no OpenAir record", line=repr(shown)), number)

    def _note(self, code: str, message: str, line: int) -> None:
        first, at, count = self._stray.get(code, (message, line, 0))
        self._stray[code] = (first, at, count + 1)


def _record(content: str, comment: str, number: int) -> Record | None:
    """Return the record a line holds, or None where its code is not one."""
    code = content[:2]
    if content[2:3] == " " and code in _PLAIN_CODES:
        return Record(code, content[3:].strip(), comment, number)
    variable = _VARIABLE.match(content)
    if variable:
        code, value = "V" + variable[1].upper(), variable[2]
    else:
        found = _SPACED.match(content) or _GLUED.match(content)
        if found is None:
            return None
        code, value = found[1].upper(), found[2] or ""
    if code not in CODES:
        return None
    return Record(code, value.strip(), comment, number)
