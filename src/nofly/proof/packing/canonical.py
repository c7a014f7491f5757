"""JSON with one spelling: what is hashed and signed, and how it is read again within bounds."""

from __future__ import annotations

import json
import math
from typing import Any

from nofly.proof.packing.container import PackageError

MOST_BYTES = 32 << 20
MOST_VALUES = 2_000_000
MOST_DEPTH = 60


def canonical(value: Any) -> bytes:
    """Return a value as canonical JSON (RFC 8259): keys sorted, no blanks, UTF-8, one line feed at the end.

    Raises PackageError for what is no JSON: a NaN, a date, a loop, a key that is no text.
    """
    try:
        text = json.dumps(
            value,
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
            check_circular=True,
        )
        return (text + "\n").encode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as error:
        raise PackageError(f"this cannot be written as JSON: {error}") from error


def parsed(data: bytes, name: str) -> Any:
    """Return what a file of JSON says. Raises PackageError for what is broken, larger than
    :data:`MOST_BYTES`, of more than :data:`MOST_VALUES` values, nested deeper than :data:`MOST_DEPTH`, says a
    key twice or a number that is none.
    """
    if len(data) > MOST_BYTES:
        raise PackageError(f"{len(data):,} bytes of JSON", source=name, expected=f"at most {MOST_BYTES:,}")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        raise PackageError("too much JSON", source=name, expected=f"at most {MOST_VALUES:,} values")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number, parse_int=_integer,
            parse_float=_finite,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise PackageError(f"no JSON: {error}", source=name) from error
    if _depth(value) > MOST_DEPTH:
        raise PackageError("JSON nested too deep", source=name, expected=f"at most {MOST_DEPTH}")
    return value


def mapping(value: Any, name: str, where: str = "") -> dict[str, Any]:
    """Return a value that has to be a JSON object; PackageError for another."""
    if not isinstance(value, dict):
        raise PackageError(f"{type(value).__name__} where an object should be", source=name, locator=where)
    return value


def text_of(value: dict[str, Any], key: str, name: str) -> str:
    """Return a value of an object that has to be text; PackageError for another."""
    found = value.get(key)
    if not isinstance(found, str):
        raise PackageError(f"{key!r} is {type(found).__name__}", source=name, expected="text")
    return found


def list_of(value: dict[str, Any], key: str, name: str) -> list[Any]:
    """Return a value of an object that has to be a list; PackageError for another."""
    found = value.get(key)
    if not isinstance(found, list):
        raise PackageError(f"{key!r} is {type(found).__name__}", source=name, expected="a list")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:25]} is too large a number")
    return value


def _integer(text: str) -> int:
    if len(text) > 25:
        raise ValueError("a number too long")
    return int(text)


def _depth(value: Any) -> int:
    """Return how deep lists and objects are nested, level by level."""
    depth, level = 0, [value]
    while level and depth <= MOST_DEPTH:
        depth += 1
        level = [
            one
            for each in level
            if isinstance(each, dict | list)
            for one in (each.values() if isinstance(each, dict) else each)
        ]
    return depth
