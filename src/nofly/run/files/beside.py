"""Batches made by a process beside this one, which has other things to do meanwhile.

A thread would only take turns with the others where a reader decodes in Python: one at a time holds its lock.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn

from nofly.errors import DecodeError
from nofly.feeds.options import ArchiveOptions
from nofly.run.files.ahead import AHEAD, ahead
from nofly.run.files.inputs import read_beside
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.schema import Coded

READY_BATCHES = 4
"""Batches of another process not yet taken: enough for it to go on while the zones are read."""
_PREFIX = struct.Struct("<qq")
_ALIGNED_BYTES = 64
_THREADS = "/proc/self/task"


@contextmanager
def begun(
    tracks: Sequence[str], options: ArchiveOptions, several: bool = True
) -> Iterator[Iterator[TrackBatch]]:
    """Return the batches of files, folders and stdin, whose reading has begun: by a process beside this one
    where that is of use and ``several`` may work, else by a thread; at the end it has stopped."""
    batches, most = read_batches(tracks, options), AHEAD
    with ExitStack() as stack:
        if several and read_beside(tracks, options.format) and possible():
            batches, most = stack.enter_context(beside(batches)), READY_BATCHES
        yield stack.enter_context(ahead(batches, most))


def possible() -> bool:
    """Return whether this process may have one beside it: there is a second processor, and no second thread,
    which a fork would not copy."""
    if sys.platform != "linux":
        return False
    try:
        return len(os.listdir(_THREADS)) == 1 and len(os.sched_getaffinity(0)) > 1
    except OSError:
        return False


@contextmanager
def beside(batches: Iterable[TrackBatch]) -> Iterator[Iterator[TrackBatch]]:
    """Return the batches, made by a fork of this process; at the end it has stopped.

    What they raise is raised where they are asked for; DecodeError where the process was killed.
    """
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        ours.close()
        _make(batches, theirs)
    theirs.close()
    try:
        with ours:
            yield _made(ours)
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def _make(batches: Iterable[TrackBatch], pipe: socket.socket) -> NoReturn:
    """Send the batches, then what they raised or None, and end the process whatever comes. An interruption is
    left to the other process, which then ends this one."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.freeze()
        lists: _Sent = {}
        end: Exception | None = None
        try:
            for batch in batches:
                lists = _send(pipe, batch, lists)
        except Exception as error:
            end = error
        _send(pipe, end, lists)
    finally:
        os._exit(0)


def _made(pipe: socket.socket) -> Iterator[TrackBatch]:
    lists: dict[int, list[str]] = {}
    while True:
        found, lists = _received(pipe, lists)
        if found is None:
            return
        if isinstance(found, Exception):
            raise found
        yield found


_Sent = dict[int, tuple[list[str], int]]
"""The values of text columns of the last message, by a number, and how many of them have been sent."""


class _Pickler(pickle.Pickler):
    """Leaves columns to be sent as they lie in memory, and of the values of a text column, which only grow
    from batch to batch, those that have been sent."""

    def __init__(self, file: io.BytesIO, columns: list[pickle.PickleBuffer], before: _Sent) -> None:
        super().__init__(file, 5, buffer_callback=columns.append)
        self._before = before
        self.lists: _Sent = {}

    def persistent_id(self, value: Any) -> tuple[int, list[str], Any] | None:
        if type(value) is not Coded:
            return None
        number = id(value.values)
        values, sent = self.lists.get(number) or self._before.get(number) or (value.values, 0)
        self.lists[number] = values, len(values)
        return number, values[sent:], value.codes


class _Unpickler(pickle.Unpickler):
    """Puts together what :class:`_Pickler` left apart: the same list from batch to batch."""

    def __init__(self, text: memoryview, columns: Sequence[memoryview], before: dict[int, list[str]]) -> None:
        super().__init__(io.BytesIO(text), buffers=columns)
        self._before = before
        self.lists: dict[int, list[str]] = {}

    def persistent_load(self, said: tuple[int, list[str], Any]) -> Coded:
        number, more, codes = said
        values = self.lists.setdefault(number, self._before.get(number, []))
        values.extend(more)
        return Coded(codes, values)


def _send(pipe: socket.socket, value: TrackBatch | Exception | None, lists: _Sent) -> _Sent:
    """Send lengths, text and columns, each with room to begin the next where columns may."""
    columns: list[pickle.PickleBuffer] = []
    pickler = _Pickler(file := io.BytesIO(), columns, lists)
    pickler.dump(value)
    parts: list[memoryview] = [file.getbuffer(), *(column.raw() for column in columns)]
    lengths = struct.pack(f"<{len(parts)}q", *map(len, parts))
    pieces = [memoryview(lengths), *parts]
    pipe.sendall(_PREFIX.pack(len(parts), sum(_room(len(piece)) for piece in pieces)))
    for piece in pieces:
        pipe.sendall(piece)
        pipe.sendall(bytes(_room(len(piece)) - len(piece)))
    return pickler.lists


def _received(
    pipe: socket.socket, lists: dict[int, list[str]]
) -> tuple[TrackBatch | Exception | None, dict[int, list[str]]]:
    count, size = _PREFIX.unpack(_read(pipe, _PREFIX.size))
    data = _read(pipe, size)
    lengths = struct.unpack_from(f"<{count}q", data)
    parts, start = [], _room(8 * count)
    for length in lengths:
        parts.append(data[start : start + length])
        start += _room(length)
    unpickler = _Unpickler(parts[0], parts[1:], lists)
    return unpickler.load(), unpickler.lists


def _room(length: int) -> int:
    return -(-length // _ALIGNED_BYTES) * _ALIGNED_BYTES


def _read(pipe: socket.socket, size: int) -> memoryview:
    """Return so many bytes, waited for at once: whoever comes back for each part waits for the lock as
    often."""
    data = memoryview(bytearray(size))
    done = 0
    while done < size:
        more = pipe.recv_into(data[done:], 0, socket.MSG_WAITALL)
        if not more:
            raise DecodeError("the process that reads the tracks was ended")
        done += more
    return data
