"""Whose each message of some bytes is, so that those of one aircraft can be kept apart from the others'.

A decoder or an archive format whose messages stand one by one has a function ``senders(data, options)`` that
yields :class:`Sent`, and says in ``BLANK`` what may stand for bytes that are left out: bytes that it passes
over, or nothing where the rest may close up. One whose messages tell of many aircraft together has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

EVERYBODY = "*"
"""Of a line that belongs to nobody, and without which the others cannot be read."""
SPACES = bytes(code if code == 0x0A else 0x20 for code in range(256))
"""A line of blanks is no line."""
ZEROS = bytes(256)


class Sent(NamedTuple):
    """A message: where it begins and ends in the bytes, and whose it is: a target id, or 24 bits of address
    in 6 hexadecimal digits; None where it tells nobody's name."""

    start: int
    end: int
    who: str | None


def lines_of(data: bytes, whose: Callable[[bytes], str | None]) -> Iterator[Sent]:
    """Yield the lines of some bytes, each with its end."""
    at = 0
    for line in data.splitlines(keepends=True) if b"\n" in data else [data]:
        yield Sent(at, at + len(line), whose(line.strip()))
        at += len(line)


def kept(data: bytes, sent: Iterable[Sent], target_ids: Iterable[str], blank: bytes) -> bytes:
    """Return only what some targets sent; of the rest what ``blank`` makes of it, nothing where that is
    empty."""
    names = {part for name in target_ids for part in (name, name.rpartition(":")[2].lstrip("~"))}
    out: list[bytes] = []
    at = 0
    for one in sent:
        if one.who != EVERYBODY and one.who not in names:
            continue
        out += [data[at : one.start].translate(blank) if blank else b"", data[one.start : one.end]]
        at = one.end
    return b"".join([*out, data[at:].translate(blank) if blank else b""])
