"""Something read in another thread while what came before is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import Semaphore, Thread
from typing import TypeVar

Item = TypeVar("Item")

AHEAD = 2
"""Items that may be ready before they are asked for."""


@contextmanager
def ahead(items: Iterable[Item], most: int = AHEAD) -> Iterator[Iterator[Item]]:
    """Return the items, up to ``most`` of the next ones made meanwhile by one other thread; at the end it has
    stopped.

    What the items raise is raised where they are asked for.
    """
    source = iter(items)
    done: deque[tuple[Item] | BaseException | None] = deque()
    room, ready, wanted = Semaphore(most), Semaphore(0), [True]

    def make() -> None:
        end: BaseException | None = None
        try:
            while room.acquire() and wanted:
                for item in source:
                    done.append((item,))
                    break
                else:
                    break
                ready.release()
        except BaseException as error:  # for whoever asks for the next one
            end = error
        done.append(end)
        ready.release()

    def each() -> Iterator[Item]:
        while ready.acquire():
            found = done.popleft()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            room.release()
            yield found[0]

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield each()
    finally:
        wanted.clear()
        room.release()
        thread.join()
        if isinstance(source, Generator):
            source.close()
