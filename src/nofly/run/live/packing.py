"""State as bytes: nested lists and tables of plain values and arrays, the same to the last bit."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from nofly.errors import StoreError
from nofly.schema import Coded, Positions

_ARRAY = 1
_KINDS = frozenset("biuf")


class Table(NamedTuple):
    """Positions as plain values and arrays; of texts the codes and the values they are used for."""

    time_us: NDArray[np.int64]
    target: list[Any]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    columns: dict[str, NDArray[Any]]
    texts: dict[str, list[Any]]


def as_table(p: Positions) -> Table:
    """Return positions for :func:`pack`."""
    texts = {name: _coded(text) for name, text in p.texts.items()}
    return Table(p.time_us, _coded(p.target), p.lat_deg, p.lon_deg, dict(p.columns), texts)


def as_positions(table: Table) -> Positions:
    """Return the positions of a table."""
    texts = {name: Coded(*text) for name, text in table.texts.items()}
    return Positions(
        table.time_us, Coded(*table.target), table.lat_deg, table.lon_deg, dict(table.columns), texts
    )


def _coded(text: Coded) -> list[Any]:
    used, codes = np.unique(text.codes, return_inverse=True)
    lowest = 1 if len(used) and used[0] < 0 else 0
    values = [text.values[k] for k in used[lowest:].tolist()]
    return [(codes - lowest).astype(np.int32).reshape(text.codes.shape), values]


def pack(state: Any) -> bytes:
    """Return a value of lists, tables, texts, bytes, numbers, None and NumPy arrays as bytes."""
    return msgspec.msgpack.encode(state, enc_hook=_encode)


def unpack(data: bytes, what: str) -> Any:
    """Return what was packed. Raises StoreError, naming ``what``, where the bytes are not such."""
    try:
        return msgspec.msgpack.decode(data, ext_hook=_decode)
    except (msgspec.MsgspecError, RecursionError, ValueError, TypeError) as error:
        raise StoreError(f"{what} cannot be read: {error}") from error


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in _KINDS:
        head = [value.dtype.str, list(value.shape)]
        return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode([*head, value.tobytes()]))
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} is no state")


def _decode(code: int, data: memoryview) -> Any:
    if code != _ARRAY:
        raise ValueError(f"extension {code}")
    kind, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, list[int], bytes])
    found = np.dtype(kind)
    if found.kind not in _KINDS or len(shape) > 4:
        raise ValueError(f"an array of {kind}")
    return np.frombuffer(raw, found).reshape(shape).copy()
