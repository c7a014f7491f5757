"""The screen of ``nofly watch``: drawn anew at most four times a second, by a thread of its own, so that a
terminal that takes nothing holds up no tick."""

from __future__ import annotations

import select
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, cast

from nofly.cli.streams import Unbuffered

if TYPE_CHECKING:
    from rich.console import Console, Group

    from nofly.run.display.table import Frame
    from nofly.run.display.view import View
    from nofly.run.watch_plan import WatchPlan
    from nofly.zones.model import Zone

PER_S = 4.0
MOST_HAPPENED = 50
_WAIT_S, _MOST_WAITS = 2.0, 15
_STYLES = {
    "plain": "", "title": "bold", "quiet": "dim", "warning": "yellow", "alarm": "bold red",
}  # fmt: skip


class Screen:
    """The terminal, taken until the block it is entered for ends; then it is as it was."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console

        self._console = console or Console(
            file=cast("IO[str]", Unbuffered()), markup=False, highlight=False, emoji=False
        )
        self._frame: Frame | None = None
        self._happened: deque[str] = deque(maxlen=MOST_HAPPENED)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="screen", daemon=True)

    def __enter__(self) -> Screen:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for _ in range(_MOST_WAITS):
            self._thread.join(_WAIT_S)
            # A terminal that takes nothing any more is left as it is.
            if not self._thread.is_alive() or not self._takes():
                return

    def _takes(self) -> bool:
        """Return whether the terminal takes anything now."""
        try:
            return bool(select.select([], [self._console.file], [], 0.0)[1])
        except (OSError, ValueError):  # no file of the system
            return False

    @property
    def happened(self) -> Sequence[str]:
        """The lines of what happened last."""
        return list(self._happened)

    def say(self, line: str) -> None:
        """Show a line below the tables."""
        self._happened.append(line)

    def show(self, frame: Frame) -> None:
        """Show a frame, when it is its turn. What was not drawn yet is not drawn any more."""
        self._frame = frame

    def _draw(self) -> None:
        from rich.live import Live
        from rich.text import Text

        live = Live(
            Text("nofly watch"), console=self._console, screen=True, auto_refresh=False,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        with live:
            drawn = None
            size = self._console.size
            while not self._over.wait(1.0 / PER_S):
                frame, now = self._frame, self._console.size
                if frame is not None and (frame is not drawn or now != size):
                    drawn, size = frame, now
                    live.update(drawing(frame, size.width, size.height), refresh=True)


class Display:
    """What a watch shows on a screen. Its two methods are a watch's ``on_records`` and ``on_tick``."""

    def __init__(
        self, screen: Screen, plan: WatchPlan, zones: Mapping[str, Zone], monotonic_s: Callable[[], float]
    ) -> None:
        from nofly.run.display.table import Facts

        self._screen, self._plan, self._zones, self._monotonic_s = screen, plan, zones, monotonic_s
        self._facts = Facts()
        self._due_s: float | None = None

    def records(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Show what was recorded."""
        from nofly.cli.watch_lines import line_of

        self._facts.take(bodies)
        for body in bodies[-MOST_HAPPENED:]:
            self._screen.say(line_of(body, self._zones.get))

    def tick(self, view: View) -> None:
        """Show a view, if the last was shown long enough ago."""
        from nofly.run.display.table import frame

        now_s = self._monotonic_s()
        if self._due_s is None:
            self._remember(view)
        elif now_s < self._due_s:
            return
        self._due_s = now_s + 1.0 / PER_S
        self._screen.show(frame(view, self._plan.feeds, self._facts, self._screen.happened))

    def _remember(self, view: View) -> None:
        """Take from the record what was said of incidents that were open at the start."""
        from nofly.errors import StoreError
        from nofly.store.sqlite import Store

        names = {name for case in view.cases for name in (case.warning, case.incident) if name is not None}
        if not names:
            return
        with suppress(StoreError), Store(self._plan.state / "record.sqlite", read_only=True) as store:
            for name in names:
                self._facts.take([record.content for record in store.read(incident=name)])


def drawing(frame: Frame, columns: int, height: int) -> Group:
    """Return a frame as rich draws it. No text in it is markup."""
    from rich.console import Group
    from rich.text import Text

    from nofly.run.display.layout import lines

    shown = lines(frame, columns, height)
    return Group(*(Text(text, _STYLES[tone], no_wrap=True, end="\n") for text, tone in shown))
