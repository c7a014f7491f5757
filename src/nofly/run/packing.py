"""State as bytes: nested lists and tables of plain values and arrays, the same to the last bit."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from nofly.errors import StoreError

_ARRAY = 1
_KINDS = frozenset("biuf")


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
