"""What the command line says to standard output and standard error."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.errors import Finding
    from nofly.run.files.trackfiles import TrackBatch

PATIENCE_S = 0.7
"""A check shorter than this shows no progress bar."""


def say(data: bytes) -> None:
    """Write to standard output and flush; where nobody reads any more, be quiet."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        drop_stdout()


def say_text(text: str) -> None:
    """Write text to standard output in its own encoding; what that lacks becomes a question mark."""
    say(f"{text}\n".encode(sys.stdout.encoding or "utf-8", "replace"))


def say_json(value: Any) -> None:
    """Write a value as JSON to standard output: escapes keep what a name holds, and let no control character
    reach a terminal."""
    say((json.dumps(value, ensure_ascii=True, indent=1).replace("\x7f", "\\u007f") + "\n").encode())


def note(text: str) -> None:
    """Write a line to standard error; where that cannot be, there is nobody to tell."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, UnicodeEncodeError):
        return


class Lines:
    """Standard output of what goes on whether or not it can be written, as on a disk that is full: what
    cannot be is left out, and that is said once."""

    def __init__(self) -> None:
        self._out = Unbuffered()
        self._failing = False

    def say(self, text: str) -> None:
        """Write a text."""
        try:
            self._out.write(f"{text}\n")
        except BrokenPipeError:
            drop_stdout()
            return
        except OSError as error:
            if not self._failing:
                note(f"nofly: standard output: {error.strerror or error}; lines are left out")
            self._failing = True
            return
        if self._failing:
            note("nofly: standard output: lines are written again")
        self._failing = False


class Unbuffered(io.TextIOBase):
    """Standard output without its buffer: what that holds and cannot write is in the way of all that comes
    after, and a thread that waits in it for a terminal which takes nothing holds its lock, of which the
    interpreter dies as it ends."""

    encoding = property(lambda _: sys.stdout.encoding or "utf-8")

    def write(self, text: str) -> int:
        """Write it all."""
        data = text.encode(self.encoding, "replace")
        while data:
            data = data[os.write(self.fileno(), data) :]
        return len(text)

    def fileno(self) -> int:
        """Return that of standard output."""
        return sys.stdout.fileno()

    def isatty(self) -> bool:
        """Return whether standard output is a terminal."""
        return sys.stdout.isatty()


def complain(error: Exception) -> None:
    """Write an error as one clear line to standard error."""
    from nofly.run.outputs.text import printable

    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error)
    note(f"nofly: {printable(text)}")


def note_findings(findings: tuple[Finding, ...], most: int = 20) -> None:
    """Write findings, alike ones folded, to standard error."""
    from nofly.run.outputs.table import finding_lines

    lines = finding_lines(findings)
    for line in lines[:most]:
        note(line)
    if len(lines) > most:
        note(f"… and {len(lines) - most} lines more: --format json lists them")


def drop_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's last flush does not complain."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, sys.stdout.fileno())
    except (OSError, ValueError):  # a standard output that is no file
        return
    finally:
        os.close(devnull)


def colour_wanted() -> bool:
    """Return whether standard output is a terminal that is to have colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def with_progress(batches: Iterable[TrackBatch], total_bytes: int) -> Iterator[TrackBatch]:
    """Yield the batches; on a terminal show on standard error how far they are, once it takes a while."""
    if not sys.stderr.isatty():
        yield from batches
        return
    from time import monotonic

    start_s = monotonic()
    done_bytes, current, path, reports = 0, 0, "", 0
    bar = None
    try:
        for batch in batches:
            if batch.path != path:
                done_bytes, path = done_bytes + current, batch.path
            current, reports = batch.bytes_read, reports + len(batch.positions)
            if bar is None and monotonic() - start_s > PATIENCE_S:
                bar = _Bar(total_bytes)
            if bar is not None:
                bar.show(done_bytes + current, reports)
            yield batch
    finally:
        if bar is not None:
            bar.close()


class _Bar:
    """A progress bar on standard error; it goes when it is done."""

    def __init__(self, total_bytes: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("checking"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[reports]:,} reports"), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._task = self._progress.add_task("check", total=total_bytes or None, reports=0)
        self._progress.start()

    def show(self, done_bytes: int, reports: int) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=done_bytes, reports=reports)

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
