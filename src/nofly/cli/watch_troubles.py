"""What goes wrong with a watch itself, a line as it begins and one as it is over."""

from __future__ import annotations

from collections.abc import Callable

from nofly.run.alerting.line import ChannelState
from nofly.run.display.view import View
from nofly.run.outputs.text import duration, printable
from nofly.units import US_PER_S


class TroublesTold:
    """Says what cannot be written and which channels cannot tell; :meth:`take` is called after every tick."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._begun_us: dict[str, int] = {}
        """Since when what was said to be wrong is."""
        self._errors: dict[str, str] = {}
        """The error of each channel that was said last."""

    def take(self, view: View) -> None:
        """Say what has begun, and what is over."""
        now_us, record, archive = view.now_us, view.trouble, view.archive_trouble
        begins = None if record is None else f"nothing is judged or recorded: {record}; what comes waits"
        self._step("record", now_us, begins, "it is judged and recorded again")
        begins = None if archive is None else f"positions are not archived: {archive}; the journal keeps them"
        self._step("archive", now_us, begins, "positions are archived again")
        for state in view.channels:
            self._channel(state, now_us)

    def _channel(self, state: ChannelState, now_us: int) -> None:
        name, error = f"alerts to {state.name} ({state.kind})", state.last_error or "it failed"
        then = "they wait, and are tried again" if state.failures else "they are given up"
        fail = f"{name} are not told: {error}; {then}" if state.failures or state.refused else None
        known = f"alerts {state.name}" in self._begun_us
        self._step(f"alerts {state.name}", now_us, fail, f"{name} are told again")
        mute = f"{name}: how it stands cannot be shown: {error}; it is tried again" if state.unshown else None
        self._step(f"shown {state.name}", now_us, mute, f"{name}: how it stands is shown again")
        if state.last_error is None or state.last_error == self._errors.get(state.name):
            return
        self._errors[state.name] = state.last_error
        if fail is not None and known and state.refused and not state.failures:
            # What was tried again until now is no more.
            self._say(printable(f"nofly: {fail}"))

    def _step(self, of: str, now_us: int, begins: str | None, over: str) -> None:
        begun_us = self._begun_us.get(of)
        if begins is not None and begun_us is None:
            self._begun_us[of] = now_us
            self._say(printable(f"nofly: {begins}"))
        elif begins is None and begun_us is not None:
            del self._begun_us[of]
            self._say(printable(f"nofly: {over}, after {duration(max(0, now_us - begun_us) / US_PER_S)}"))
