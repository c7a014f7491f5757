"""A line for each alert, to standard error or to a file."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from errno import EACCES
from functools import partial

from nofly.alerts._channel import Channel, Clock, Notice, Outcome, later, told
from nofly.alerts._texts import one_line
from nofly.alerts._thread import OwnThread
from nofly.errors import ConfigError
from nofly.plugins.reasons import placed, reason

NAME = "log"
STATEFUL = False
PER_MINUTE = None
SAYS_WHEN = True


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Where and how to write. Raises ConfigError for a value that cannot be."""

    file: str | None = None
    """File that lines are appended to; None is standard error."""
    format: str = "text"
    """``text`` or ``json``: one object a line."""

    def __post_init__(self) -> None:
        if self.format not in ("text", "json"):
            raise ConfigError(f"option format is {self.format!r}", expected="text or json")
        if self.file is not None and (not self.file or "\0" in self.file):
            raise ConfigError("option file names no file", expected="the name of a file")


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; see :mod:`nofly.alerts`. Raises ConfigError where its folder is not there."""
    folder = os.path.dirname(options.file or "") or "."
    if not os.path.isdir(folder):
        raise ConfigError(f"{folder} is no folder", source=source, expected="file in a folder that is there")
    return _Log(options)


class _Log(Channel):
    def __init__(self, options: OPTIONS) -> None:
        self._options = options
        self._thread = OwnThread(NAME)

    async def tell(self, notice: Notice) -> Outcome:
        """Write the line. A full disk, a file that cannot be opened: tried later."""
        line = _json(notice) if self._options.format == "json" else _text(notice)
        try:
            await self._thread.run(partial(_write, self._options.file, f"{line}\n".encode()))
        except OSError as error:
            return later(f"{self._options.file or 'standard error'}: {reason(error)}")
        return told()

    async def reach(self) -> str | None:
        """Look whether the file can be written; nothing is."""
        file = self._options.file
        if file is None:
            return "standard error"
        place = file if os.path.exists(file) else os.path.dirname(file) or "."
        if not os.access(place, os.W_OK):
            raise placed(file, PermissionError(EACCES, os.strerror(EACCES)))
        return f"{file} can be written"

    async def aclose(self) -> None:
        """End the thread."""
        self._thread.close()


def _text(notice: Notice) -> str:
    moment = notice.plain()["time"] or notice.time_us
    return f"{moment} {notice.urgency.upper()} {one_line(notice.text)} [{one_line(notice.key)[:16]}]"


def _json(notice: Notice) -> str:
    # ASCII: JSON's own escapes stand for everything that could steer a terminal.
    return json.dumps(notice.plain(), ensure_ascii=True).replace("\x7f", "\\u007f")


def _write(file: str | None, line: bytes) -> None:
    """Write a whole line at once, so that lines of several writers do not mingle."""
    if file is None:
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
        return
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o640)
    try:
        rest = line
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)
