"""An extract of the raw capture as plain files: the bytes as they came, when each chunk came, and how they
were decoded.

``raw/index.json`` names the pieces. A piece is bytes of one feed in a row, fed to one decoder; ``raw/NN.bin``
are its bytes, nothing put in or left out, and ``raw/NN.csv`` says of each chunk when it was received and how
long it is. Read as hostile input: what cannot be is an InputError that says where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec

from nofly.errors import InputError
from nofly.store.capture_reading import Captured, Header

FORMAT = "nofly-raw/1"
INDEX = "raw/index.json"
MOST_INDEX_BYTES = 1 << 20
MOST_PIECES = 9_999
_COLUMNS = "received_us,bytes,event,lost"
_EVENTS = ("", "opened", "closed")
_LARGEST = 1 << 62
_WANTED = "an extract of a raw capture"
_HEADER = [field.name for field in fields(Header)]


class Arrival(msgspec.Struct, frozen=True):
    """A chunk: when it was received, how long it is, whether it was the first of a connection or is no bytes
    but the end of one, and how many messages are known to have been lost before it."""

    received_us: int
    bytes: int
    event: str = ""
    lost: int = 0


@dataclass(frozen=True, slots=True)
class RawPiece:
    """Bytes of one feed in a row."""

    header: Header
    """``offset`` is that of the first byte here, as the ``raw`` of a position counts."""
    data: bytes
    arrivals: tuple[Arrival, ...]
    whole_sha256: str = ""
    """SHA-256 of all that was received, where the data are only what one target sent."""

    def entries(self) -> Iterator[Captured]:
        """Yield the chunks as the capture has them."""
        offset, at = self.header.offset, 0
        for one in self.arrivals:
            data = self.data[at : at + one.bytes]
            yield Captured(
                self.header, offset + at, data, one.received_us, one.event == "opened",
                one.event == "closed", one.lost,
            )  # fmt: skip
            at += one.bytes


def pieces_of(entries: Iterable[Captured]) -> Iterator[RawPiece]:
    """Yield the pieces that entries of one feed make: a new one where bytes are missing, or a decoder begins
    that knows nothing of what came before."""
    header: Header | None = None
    parts: list[bytes] = []
    arrivals: list[Arrival] = []
    following = 0
    for entry in entries:
        if header is None or entry.offset != following or entry.header.began != header.began:
            if header is not None:
                yield RawPiece(header, b"".join(parts), tuple(arrivals))
            parts, arrivals = [], []
            header = replace(entry.header, offset=entry.offset)
        event = "opened" if entry.opened else "closed" if entry.closed else ""
        parts.append(entry.data)
        arrivals.append(Arrival(entry.received_us, len(entry.data), event, entry.lost))
        following = entry.offset + len(entry.data)
    if header is not None:
        yield RawPiece(header, b"".join(parts), tuple(arrivals))


def files_of(pieces: Iterable[RawPiece]) -> dict[str, bytes]:
    """Return the files of an extract by their paths in a package; the same pieces give the same bytes."""
    files: dict[str, bytes] = {}
    listed: list[dict[str, Any]] = []
    for number, piece in enumerate(pieces, 1):
        name = f"raw/{number:04d}"
        rows = [f"{a.received_us},{a.bytes},{a.event},{a.lost}" for a in piece.arrivals]
        files[f"{name}.bin"] = piece.data
        files[f"{name}.csv"] = "\n".join([_COLUMNS, *rows, ""]).encode()
        told = {**msgspec.to_builtins(piece.header), "data": f"{name}.bin", "arrivals": f"{name}.csv"}
        listed.append(told | ({"whole_sha256": piece.whole_sha256} if piece.whole_sha256 else {}))
    index = {"format": FORMAT, "pieces": listed}
    files[INDEX] = (json.dumps(index, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()
    return files


def receivers(pieces: Iterable[RawPiece]) -> list[dict[str, Any]]:
    """Return of each feed in pieces, in order of name, what it is and when its first and last bytes came, UTC
    microseconds."""
    out: dict[str, dict[str, Any]] = {}
    for piece in pieces:
        times_us = [one.received_us for one in piece.arrivals]
        header = piece.header
        told = out.setdefault(header.feed, {
            "feed": header.feed, "decoder": header.decoder, "address": header.address,
            "first_us": min(times_us), "last_us": max(times_us),
        })  # fmt: skip
        told["first_us"] = min(told["first_us"], *times_us)
        told["last_us"] = max(told["last_us"], *times_us)
    return [out[name] for name in sorted(out)]


class _Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    feed: str
    decoder: str
    options: dict[str, Any]
    finish_each: bool
    began: int
    offset: int
    data: str
    arrivals: str
    address: str = ""
    whole_sha256: str = ""


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    pieces: list[_Listed]


def pieces_in(files: Mapping[str, bytes]) -> list[RawPiece]:
    """Return the pieces of an extract. Raises InputError for what is none."""
    data = files.get(INDEX)
    if data is None:
        raise InputError("is not there", source=INDEX, expected=_WANTED)
    if len(data) > MOST_INDEX_BYTES:
        raise InputError("too long", source=INDEX, expected=f"at most {MOST_INDEX_BYTES} bytes")
    try:
        index = msgspec.json.decode(data, type=_Index)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise InputError(f"cannot be read: {error}"[:300], source=INDEX, expected=_WANTED) from None
    if index.format != FORMAT:
        raise InputError(f"format {index.format[:40]!r}", source=INDEX, expected=FORMAT)
    if len(index.pieces) > MOST_PIECES:
        raise InputError("too many pieces", source=INDEX, expected=f"at most {MOST_PIECES}")
    return [_piece(one, files, f"$.pieces[{k}]") for k, one in enumerate(index.pieces)]


def _piece(one: _Listed, files: Mapping[str, bytes], at: str) -> RawPiece:
    for name in (one.data, one.arrivals):
        if name not in files:
            raise InputError(f"{name[:80]!r} is not there", source=INDEX, locator=at, expected=_WANTED)
    if not 0 <= one.began <= one.offset < _LARGEST:
        raise InputError("offsets that cannot be", source=INDEX, locator=at, expected=_WANTED)
    data, arrivals = files[one.data], tuple(_arrivals(files[one.arrivals], one.arrivals))
    if sum(a.bytes for a in arrivals) != len(data):
        raise InputError(
            "the chunks are not as long as the bytes", source=one.arrivals, expected=f"{len(data)} in all"
        )
    header = Header(**{name: getattr(one, name) for name in _HEADER})
    return RawPiece(header, data, arrivals, one.whole_sha256)


def _arrivals(data: bytes, source: str) -> Iterator[Arrival]:
    lines = data.decode("ascii", "replace").split("\n")
    if lines[0] != _COLUMNS or lines[-1]:
        raise InputError("no table of arrivals", source=source, locator="line 1", expected=_COLUMNS)
    for number, line in enumerate(lines[1:-1], 2):
        cells = line.split(",")
        numbers = [cells[k] for k in (0, 1, 3)] if len(cells) == 4 else []
        good = all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers)
        if not numbers or not good or cells[2] not in _EVENTS or (cells[2] == "closed" and cells[1] != "0"):
            raise InputError("no arrival", source=source, locator=f"line {number}", expected=_COLUMNS)
        yield Arrival(int(cells[0]), int(cells[1]), cells[2], int(cells[3]))
