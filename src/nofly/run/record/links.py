"""What lies in the chain between some records and a head: of the other records the SHA-256 of their bodies,
no more, so that whoever has them can follow the chain and learns nothing of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nofly.store.chain import Head, Stored, body_sha256, linked

MOST_LINKS = 200_000
"""So many are put into a file; where there are more, they lead to a head before the last."""


class Run(NamedTuple):
    """Records one after the other that follow the record of this number: SHA-256 of their bodies, in
    hexadecimal."""

    after: int
    bodies: list[str]


def with_links(
    stored: Iterable[Stored], wanted: Callable[[Stored], bool], most: int = MOST_LINKS
) -> tuple[list[Stored], list[Run]]:
    """Return the records that are wanted, and what links the first of them to the last of all.

    A record of an earlier version, whose body was not hashed by itself, ends a run.
    """
    chosen: list[Stored] = []
    runs: list[Run] = []
    whole = False
    for record in stored:
        if wanted(record):
            chosen.append(record)
            runs.append(Run(record.sequence, []))
            whole = True
        elif whole:
            digest = body_sha256(record.body)
            whole = most > 0 and linked(record.previous, digest) == record.hash
            if whole:
                runs[-1].bodies.append(digest)
                most -= 1
    return chosen, [run for run in runs if run.bodies]


def followed(last: Head, run: Run | None) -> Iterable[Head]:
    """Yield the heads that a run leads to from the record it follows; none where it follows another."""
    if run is None or run.after != last.sequence:
        return
    previous = last.hash
    for number, digest in enumerate(run.bodies, last.sequence + 1):
        previous = linked(previous, digest)
        yield Head(number, previous)


def plain(runs: Sequence[Run]) -> list[dict[str, object]]:
    """Return runs as an export has them."""
    return [{"after": run.after, "bodies": run.bodies} for run in runs]
