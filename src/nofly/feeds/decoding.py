"""What a decoder of a live feed is: bytes in, positions and findings out, and nothing else.

A decoder opens nothing and reads no clock: whoever holds the connection hands over what came and when. It
is a plugin of the kind ``nofly.feeds.decoders`` (see :mod:`nofly.plugins`), chosen by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from nofly.errors import ConfigError, Finding
from nofly.schema import Positions

STREAM = "stream"
"""Bytes of one connection in order; how they are cut into calls makes no difference."""
DATAGRAM = "datagram"
"""Each call gets one whole datagram; what is wrong with one touches no other."""
DOCUMENT = "document"
"""Each call gets one whole body of an answer or file; what is wrong with one touches no other."""
FRAMINGS = (STREAM, DATAGRAM, DOCUMENT)

Decoded = tuple[Positions, list[Finding]]

T = TypeVar("T")

_WORDS = {
    float: ("a number", "numbers"), int: ("a whole number", "whole numbers"), str: ("a text", "texts"),
    bool: ("true or false", "of true and false"),
}  # fmt: skip
"""Type of an option → one of its values in words, several."""


class Decoder(Protocol):
    """One feed's decoder. Its memory is bounded whatever it is fed; it raises nothing for bad input.

    Rows come in the order of their bytes, each with ``received_us`` and ``raw`` (its record's offset among
    all bytes fed so far) and without ``station``, unless the feed names one; findings have the decoder's
    ``source``. A row once returned is never changed. One that takes many lines at once may say in an
    attribute ``turn_lines`` of up to how many lines a call is short, which without it is a few kilobytes.
    """

    @property
    def records(self) -> int:
        """Records taken so far: always the rows, the findings of severity rejected, and those of a code of
        :data:`nofly.feeds.faults.NOT_ROWS`, by their counts, that have been returned."""

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of all records that end in ``data``, and findings that count the others.

        ``received_us`` is when the bytes came (UTC), and the time of records that have none of their own.
        """

    def finish(self, received_us: int) -> Decoded:
        """Return what a last record without an end gives: the connection is closed.

        Bytes of the next connection may follow; a record never reaches from one into the other.
        """


def options_of(kind: type[T], given: Mapping[str, object], source: str) -> T:
    """Return options as a dataclass ``kind``; a text is read as the number, flag or list it stands for.

    So an option is the same from a configuration file (``receiver = [47.4, 8.5]``) and out of a URL
    (``?receiver=47.4,8.5``; a table there is ``name:value:value,name:…``). Raises ConfigError, with the
    nearest right name, for one that is not known or has a value that cannot be; ``kind`` may raise it too for
    a value out of range.
    """
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise ConfigError(
                f"unknown option {name!r}", source=source, expected=near[0] if near else _listed(known)
            )
        meant = _from_text(value, hints[name]) if isinstance(value, str) else value
        try:
            values[name] = msgspec.convert(meant, hints[name], strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(
                f"option {name} = {value!r}", source=source, expected=words_of(hints[name])
            ) from error
    return kind(**values)


def words_of(hint: Any) -> str:
    """Return in words what a value of a type is: ``a list of 2 numbers``."""
    if hint in _WORDS:
        return _WORDS[hint][0]
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(words_of(one) for one in args if one is not NoneType)
    if origin in (tuple, list, Sequence):
        count = "" if origin is not tuple or Ellipsis in args else f"{len(args)} "
        return f"a list of {count}{_WORDS[args[0]][1] if args[0] in _WORDS else 'values'}"
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}"
    if origin in (dict, Mapping):
        return f"a table, each value of it {words_of(args[1])}"
    return "another kind of value"


def _from_text(text: str, hint: Any) -> Any:
    """Return a text as a list or table where that is what an option is."""
    if getattr(hint, "__origin__", None) is Mapping:
        entries = [entry.split(":") for entry in text.split(",") if entry]
        return {name: values for name, *values in entries}
    if "," in text and str not in (hint, *getattr(hint, "__args__", ())):
        return text.split(",")
    return text


def _listed(names: list[str]) -> str:
    return f"one of {', '.join(names)}" if names else "none: there are no options"
