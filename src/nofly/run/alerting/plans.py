"""Which alerts go to which channel: a channel's configuration, checked before anything is watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from math import isfinite
from types import ModuleType
from typing import Any, TypeVar, get_type_hints

import msgspec

from nofly import plugins
from nofly.alerts._channel import PER_MINUTE
from nofly.errors import ConfigError, PluginError
from nofly.feeds.decoding import words_of
from nofly.incidents.record import Status
from nofly.incidents.states import Told
from nofly.run.alerting.words import ENDS, FEED_ALIVE, FEED_SILENT, STATES, Template
from nofly.run.live.verdicts import JUDGED

KIND = "nofly.alerts"
KINDS = (*(kind.value for kind in Told), JUDGED, FEED_SILENT, FEED_ALIVE)
"""Kinds of records that a channel can be told of."""
TOLD_BY_DEFAULT = (
    Told.PREDICTED.value, Told.UNPREDICTED.value, Told.ENTERED.value, Told.REENTERED.value,
    Told.DETERMINED.value, Told.DOUBTED.value, Told.LOST.value, Told.FOUND_OUTSIDE.value,
    Told.EXITED.value, Told.RECOGNISED.value, FEED_SILENT, FEED_ALIVE,
)  # fmt: skip
"""What happens to a target or a feed. Not what is said of it, nor that it is closed or amended."""
_STATUSES = tuple(status.value for status in Status)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TellOptions:
    """What every channel has beside its own options. Raises ConfigError for a value that cannot be."""

    tell: tuple[str, ...] | None = None
    """Kinds of records that are told; None: :data:`TOLD_BY_DEFAULT`. A channel that shows a state is told
    every end too."""
    statuses: tuple[str, ...] = (Status.INFRINGEMENT.value,)
    """Statuses that are told: ``infringement``, ``exempt``, ``cleared``, ``suspect``."""
    template: str = "{text}"
    title: str = "{title}"
    per_minute: int | None = None
    """Most notices a minute; more wait. 0 is as many as come; None the channel's own number."""
    burst: int = 10
    """So many may come at once."""
    attempts: int = 50
    """After so many failures an alert is given up, with the reason."""
    try_s: float = 60.0
    """Longest that one try may take, whatever the channel's own limits are."""

    def __post_init__(self) -> None:
        for name, known in (("tell", KINDS), ("statuses", _STATUSES)):
            for word in getattr(self, name) or ():
                if word not in known:
                    near = get_close_matches(word, known, 1)
                    expected = near[0] if near else f"of {', '.join(known)}"
                    raise ConfigError(f"option {name} names {word!r}", expected=expected)
        if self.per_minute is not None and self.per_minute < 0:
            raise ConfigError("option per_minute", expected="0 or more; 0 is as many as come")
        if not (1 <= self.burst <= 10_000 and 1 <= self.attempts <= 1_000_000):
            raise ConfigError("option burst or attempts", expected="1 or more")
        if not (isfinite(self.try_s) and 0 < self.try_s <= 3600):
            raise ConfigError("option try_s", expected="seconds, more than 0, at most 3600")


@dataclass(frozen=True, slots=True)
class AlertPlan:
    """One channel as configured: its name, its plugin, what it is told and how often."""

    name: str
    kind: str
    options: TellOptions
    own: Any = field(repr=False)
    """The plugin's ``OPTIONS``."""
    module: ModuleType = field(repr=False)
    template: Template = field(repr=False)
    title: Template = field(repr=False)

    @property
    def stateful(self) -> bool:
        """Whether the channel shows a state, so that an end is told there in any case."""
        return bool(getattr(self.module, "STATEFUL", False))

    @property
    def says_when(self) -> bool:
        """Whether the channel itself says the time of a notice, so that its text does not."""
        return bool(getattr(self.module, "SAYS_WHEN", False))

    @property
    def tells(self) -> tuple[str, ...]:
        """Kinds of records that are told; to a channel that shows a state every end too."""
        told = TOLD_BY_DEFAULT if self.options.tell is None else self.options.tell
        ends = (kind.value for kind in Told if kind in ENDS and kind.value not in told)
        return (*told, *ends) if self.stateful else told

    def tells_status(self, body: Mapping[str, Any]) -> bool:
        """Return whether records of a status such as this one's are told.

        A record that says no status is of an infringement; of a suspect one where it rests on reports that
        are not credible (``shadow``). A warning that is inhibited is told nobody.
        """
        status = body.get("status") or (Status.SUSPECT if body.get("shadow") else Status.INFRINGEMENT)
        return not body.get("inhibited") and status in self.options.statuses

    @property
    def per_minute(self) -> int | None:
        """Most notices a minute; None: as many as come."""
        if self.options.per_minute is not None:
            return self.options.per_minute or None
        found: int | None = getattr(self.module, "PER_MINUTE", PER_MINUTE)
        return found


def plan_alert(name: str, kind: str, options: Mapping[str, object]) -> AlertPlan:
    """Return a channel's plan. Raises ConfigError, which shows no value of an option, for what cannot be, and
    PluginError where the channel cannot load."""
    source = f"alert {name!r}"
    if not _NAME.fullmatch(name):
        raise ConfigError("a name that cannot be", source=source, expected="a-z, 0-9, _ and -, at most 64")
    try:
        module = plugins.load(KIND, kind.replace("-", "_"))
    except PluginError as error:
        raise PluginError(f"{source}, kind: {error}") from error
    for wanted in ("NAME", "OPTIONS", "channel"):
        if not hasattr(module, wanted):
            raise PluginError(f"{KIND}: {kind!r} defines no {wanted}")
    shared = {f.name for f in fields(TellOptions)}
    mine = {f.name for f in fields(module.OPTIONS)}
    for option in options:
        if option not in shared | mine:
            near = get_close_matches(option, shared | mine, 1)
            expected = near[0] if near else f"one of {', '.join(sorted(shared | mine))}"
            raise ConfigError(f"unknown option {option!r}", source=source, expected=expected)
    tell = _options(TellOptions, {n: v for n, v in options.items() if n in shared}, source)
    return AlertPlan(
        name=name, kind=module.NAME, options=tell, module=module,
        own=_options(module.OPTIONS, {n: v for n, v in options.items() if n in mine}, source),
        template=Template(tell.template, f"{source}, template"),
        title=Template(tell.title, f"{source}, title"),
    )  # fmt: skip


def _options(kind: type[T], given: Mapping[str, object], source: str) -> T:
    """Return options as a dataclass, each value of the type it has there."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = msgspec.convert(value, hints[name])
        except msgspec.ValidationError:
            message = f"option {name} is of a wrong kind"
            raise ConfigError(message, source=source, expected=words_of(hints[name])) from None
    missing = [
        f.name
        for f in fields(kind)  # type: ignore[arg-type]
        if f.default is MISSING and f.default_factory is MISSING and f.name not in values
    ]
    if missing:
        raise ConfigError(f"option {missing[0]} is missing", source=source)
    try:
        return kind(**values)
    except ConfigError as error:
        where = error.source or source
        raise ConfigError(error.message, source=where, expected=error.expected) from None


def channels_for(
    plans: Sequence[AlertPlan], body: Mapping[str, Any],
    was_told: Callable[[Sequence[str], str], bool] = lambda *_: False,
) -> list[str]:  # fmt: skip
    """Return the names of the channels that a record is to be told on, in the order of ``plans``.

    ``was_told`` says whether anything of some incidents was to be told on a channel: there it is told too how
    one goes on whose status is none any more that is told, as where a callsign that came late exempts.
    """
    kind = body.get("kind")
    names = [body[name] for name in ("incident", "warning") if body.get(name)]
    return [
        plan.name
        for plan in plans
        if kind in plan.tells and (plan.tells_status(body) or (kind in STATES and was_told(names, plan.name)))
    ]
