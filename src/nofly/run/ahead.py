"""Something read in another thread while what came before is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")

AHEAD = 2
"""Items that may be ready before they are asked for."""


@contextmanager
def ahead(items: Iterable[Item]) -> Iterator[Iterator[Item]]:
    """Return the items, the next ones made meanwhile by one other thread; at the end it has stopped.

    What the items raise is raised where they are asked for.
    """
    source, pool = iter(items), ThreadPoolExecutor(1, "ahead")
    waiting: deque[Future[list[Item]]] = deque()

    def one() -> list[Item]:
        for item in source:
            return [item]
        return []

    def each() -> Iterator[Item]:
        waiting.extend(pool.submit(one) for _ in range(AHEAD))
        while found := waiting.popleft().result():
            waiting.append(pool.submit(one))
            yield found[0]

    try:
        yield each()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(source, Generator):
            source.close()
