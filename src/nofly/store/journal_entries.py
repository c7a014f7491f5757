"""The entries of a journal as bytes: a batch of positions, bit for bit, or a mark.

An entry is a head of 16 bytes and its content. The head: four letters, the length of the content, the CRC-32
of the content, and the CRC-32 of the offset and all that (CRC-32 as in ISO/IEC 13239, what zlib computes). As
the offset counts, bytes that look like an entry are none unless they were written where they are found.

The content of a batch is a MessagePack list that says how each column is packed, then the columns. A column
is packed as whole numbers: its values less the smallest, in as few bytes as the largest needs; where all are
alike that is none. A float is the whole number of its bits, so that NaN and −0 come back as they were. Of
the values of a coded text only those used are written.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from nofly.errors import SchemaError, StoreError
from nofly.schema import FLOATS, LONGS, SMALLS, TEXTS, Coded, Positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD = struct.Struct("<4sIII")
MAGIC = b"nfJ1"
MOST_ROWS = 1 << 20
"""Rows of one entry: a longer batch is written in parts."""
MOST_BYTES = 1 << 28
"""Bytes of the content of one entry."""

_OFFSET = struct.Struct("<Q")
_LENGTH = struct.Struct("<I")
_BATCH, _MARK = b"b", b"m"
_DTYPES = frozenset({"<f8", "<f4", "<i8", "<i4", "<i2", "|i1", "|u1", "|b1"})
_SIGNED: dict[int, np.dtype[Any]] = {
    1: np.dtype("i1"),
    2: np.dtype("<i2"),
    4: np.dtype("<i4"),
    8: np.dtype("<i8"),
}
_UNSIGNED: dict[int, np.dtype[Any]] = {1: np.dtype("u1"), 2: np.dtype("<u2"), 4: np.dtype("<u4")}
_OPTIONAL = frozenset({*FLOATS, *SMALLS, *LONGS})


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions of a feed as they were appended; ``offset_after`` is where the next entry begins."""

    feed: int
    positions: Positions
    offset_after: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What was marked at ``now_us`` (microseconds UTC)."""

    now_us: int
    value: bytes
    offset_after: int


Entry = Batch | Mark


class _Packed(msgspec.Struct, array_like=True):
    """A column: its name, NumPy type, smallest value, and bytes a value (0: all are alike)."""

    name: str
    dtype: str
    base: int
    width: int


class _Text(msgspec.Struct, array_like=True):
    """A coded text: its codes, how many values, and the bytes of them and of their lengths."""

    codes: _Packed
    values: int
    length: int


class _Table(msgspec.Struct, array_like=True):
    feed: int
    rows: int
    columns: list[_Packed]
    texts: list[_Text]


_table_decoder = msgspec.msgpack.Decoder(_Table)
_table_encoder = msgspec.msgpack.Encoder()


def head_of(content: list[bytes], offset: int) -> bytes:
    """Return the head of an entry at ``offset`` whose content is these parts."""
    length, check = 0, 0
    for part in content:
        length += len(part)
        check = zlib.crc32(part, check)
    if length > MOST_BYTES:
        raise StoreError(f"an entry of {length} bytes is too long for the journal: at most {MOST_BYTES}")
    begin = struct.pack("<4sII", MAGIC, length, check)
    return begin + _LENGTH.pack(zlib.crc32(begin, zlib.crc32(_OFFSET.pack(offset))))


def length_in(head: bytes, offset: int) -> int | None:
    """Return the length of the content that a head announces; None where this is no head of an entry at
    ``offset``."""
    if len(head) != HEAD.size:
        return None
    magic, length, _, check = HEAD.unpack(head)
    right = zlib.crc32(head[:12], zlib.crc32(_OFFSET.pack(offset)))
    return length if magic == MAGIC and check == right and length <= MOST_BYTES else None


def content_matches(head: bytes, content: bytes) -> bool:
    """Whether the content is whole, and what the head was made for."""
    _, length, check, _ = HEAD.unpack(head)
    return len(content) == int(length) and zlib.crc32(content) == int(check)


def mark_content(now_us: int, value: bytes) -> list[bytes]:
    """Return the content of a mark."""
    return [_MARK, struct.pack("<q", now_us), value]


def batch_content(feed: int, positions: Positions) -> list[bytes]:
    """Return the content of a batch of at most MOST_ROWS rows.

    Raises StoreError where a column is of a type, or a code of a value, that there is not.
    """
    rows = len(positions)
    columns: list[_Packed] = []
    texts: list[_Text] = []
    parts: list[bytes] = []
    fixed = {"time_us": positions.time_us, "lat_deg": positions.lat_deg, "lon_deg": positions.lon_deg}
    for name, column in (*fixed.items(), *positions.columns.items()):
        if len(column) != rows:
            raise StoreError(f"column {name} has {len(column)} values, not {rows} as time has")
        packed, data = _pack(name, column)
        columns.append(packed)
        parts.append(data)
    for name, text in (("target_id", positions.target), *positions.texts.items()):
        if len(text.codes) != rows:
            raise StoreError(f"column {name} has {len(text.codes)} values, not {rows} as time has")
        used = only_used(name, text)
        packed, data = _pack(name, used.codes)
        written = _text_bytes(used.values)
        texts.append(_Text(packed, len(used.values), len(written)))
        parts += (data, written)
    table = _table_encoder.encode(_Table(feed, rows, columns, texts))
    return [_BATCH, _LENGTH.pack(len(table)), table, *parts]


def entry_from(content: bytes, offset_after: int) -> Entry:
    """Return the entry with this content. Raises StoreError where it is not one that was written here."""
    try:
        if content[:1] == _MARK:
            return Mark(struct.unpack_from("<q", content, 1)[0], content[9:], offset_after)
        if content[:1] != _BATCH:
            raise StoreError("an entry of no known kind")
        (length,) = _LENGTH.unpack_from(content, 1)
        table = _table_decoder.decode(content[5 : 5 + length])
        return Batch(table.feed, _positions(table, memoryview(content)[5 + length :]), offset_after)
    except (msgspec.MsgspecError, struct.error, ValueError, OverflowError, SchemaError) as error:
        raise StoreError(f"an entry that cannot be read: {error}") from error


def _pack(name: str, column: NDArray[Any]) -> tuple[_Packed, bytes]:
    kind = column.dtype.str
    if kind not in _DTYPES:
        raise StoreError(f"column {name} is of type {column.dtype}, which the journal does not keep")
    size = column.dtype.itemsize
    whole = np.ascontiguousarray(column).view(_SIGNED[size])
    if not len(whole):
        return _Packed(name, kind, 0, size), b""
    low, high = int(whole.min()), int(whole.max())
    if low == high:
        return _Packed(name, kind, low, 0), b""
    for width, narrow in _UNSIGNED.items():
        if width < size and high - low < 1 << 8 * width:
            return _Packed(name, kind, low, width), (whole - _SIGNED[size].type(low)).astype(narrow).tobytes()
    return _Packed(name, kind, 0, size), whole.tobytes()


def _unpack(packed: _Packed, rows: int, data: memoryview) -> NDArray[Any]:
    if packed.dtype not in _DTYPES:
        raise StoreError(f"column {packed.name} is of the type {packed.dtype!r}")
    kind = np.dtype(packed.dtype)
    signed = _SIGNED[kind.itemsize]
    if packed.width == 0:
        return np.full(rows, packed.base, signed).view(kind)
    if packed.width == kind.itemsize:
        return np.frombuffer(data, signed).copy().view(kind)
    if packed.width not in _UNSIGNED or packed.width > kind.itemsize:
        raise StoreError(f"column {packed.name} is packed in {packed.width} bytes")
    found: NDArray[Any] = np.frombuffer(data, _UNSIGNED[packed.width]).astype(signed)
    found += signed.type(packed.base)
    return found.view(kind)


def only_used(name: str, text: Coded) -> Coded:
    """Return a text with the values that occur, in their order."""
    codes, count = text.codes, len(text.values)
    if len(codes) and (int(codes.min()) < -1 or int(codes.max()) >= count):
        raise StoreError(f"column {name} has a code beyond its {count} values")
    seen = np.zeros(count + 1, bool)
    seen[codes] = True  # code -1, null, is the one after the last
    used = np.flatnonzero(seen[:count])
    if len(used) == count:
        return text
    renumbered = np.empty(count + 1, np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    renumbered[count] = -1
    return Coded(renumbered[codes], [text.values[k] for k in used.tolist()])


def _text_bytes(values: list[str]) -> bytes:
    """Return texts in UTF-8, each ended by a zero byte; where one holds that character itself, the lengths
    come first."""
    joined = "\0".join(values)
    if joined.count("\0") == max(len(values) - 1, 0):
        return b"\0" + joined.encode("utf-8", "surrogatepass")
    lengths = np.array([len(v) for v in values], "<u4").tobytes()
    return b"\1" + lengths + "".join(values).encode("utf-8", "surrogatepass")


def _texts_from(data: bytes, count: int) -> list[str]:
    if data[:1] == b"\0":
        values = data[1:].decode("utf-8", "surrogatepass").split("\0") if count else []
        if len(values) != count or (not count and len(data) > 1):
            raise StoreError(f"a text of {len(values)} values, not {count}")
        return values
    ends = np.cumsum(np.frombuffer(data[1 : 1 + 4 * count], "<u4"), dtype=np.int64)
    joined = data[1 + 4 * count :].decode("utf-8", "surrogatepass")
    if data[:1] != b"\1" or len(ends) != count or not count or int(ends[-1]) != len(joined):
        raise StoreError("a text whose lengths do not fit")
    begins = [0, *ends[:-1].tolist()]
    return [joined[a:b] for a, b in zip(begins, ends.tolist(), strict=True)]


def _positions(table: _Table, data: memoryview) -> Positions:
    """Return the positions that a table describes; every byte of ``data`` has to be one of them."""
    if not 0 <= table.rows <= MOST_ROWS:
        raise StoreError(f"a batch of {table.rows} rows")
    at = 0

    def taken(length: int) -> memoryview:
        nonlocal at
        if not 0 <= length <= len(data) - at:
            raise StoreError("a batch that is shorter than it says")
        at += length
        return data[at - length : at]

    columns: dict[str, NDArray[Any]] = {}
    for packed in table.columns:
        columns[packed.name] = _unpack(packed, table.rows, taken(packed.width * table.rows))
    texts: dict[str, Coded] = {}
    for text in table.texts:
        codes = _unpack(text.codes, table.rows, taken(text.codes.width * table.rows))
        values = _texts_from(bytes(taken(text.length)), text.values)
        if len(codes) and (int(codes.min()) < -1 or int(codes.max()) >= len(values)):
            raise StoreError(f"column {text.codes.name} has a code beyond its {len(values)} values")
        texts[text.codes.name] = Coded(codes, values)
    twice = len(columns) < len(table.columns) or len(texts) < len(table.texts)
    needed = {"time_us", "lat_deg", "lon_deg"} <= set(columns) and "target_id" in texts
    if at != len(data) or twice or not needed:
        raise StoreError("a batch whose columns are not those of positions")
    time_us, lat_deg, lon_deg = (columns.pop(name) for name in ("time_us", "lat_deg", "lon_deg"))
    target = texts.pop("target_id")
    if not (set(columns) <= _OPTIONAL and set(texts) <= {*TEXTS}):
        raise StoreError("a batch with columns that are not known")
    return Positions(time_us, target, lat_deg, lon_deg, columns, texts)
