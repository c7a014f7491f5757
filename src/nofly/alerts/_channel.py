"""What a channel is, what it is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from nofly.zones.model import Zone

MAX_WHY_CHARACTERS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Clock = Callable[[], int]
"""Returns the time now, in microseconds UTC."""


class Urgency(StrEnum):
    """How soon somebody should look."""

    INFORMATION = "information"
    WARNING = "warning"
    """Expected, or not to be told; a feed that is silent."""
    ALARM = "alarm"
    """Inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One record to be told. What is not known is None. Times are UTC microseconds, places WGS 84 degrees."""

    key: str
    """The same whenever this is told again on this channel, of no other record or channel."""
    sequence: int
    """Number of the record."""
    record_hash: str
    kind: str
    """What happened: a kind of record (``predicted``, ``entered``, ``feed-silent`` …)."""
    incident: str
    time_us: int
    urgency: Urgency
    title: str
    text: str
    """One sentence, one line."""
    active: bool | None
    """Whether afterwards the target is inside, may be, or is expected to be; None of what is no incident."""
    phase: str | None = None
    warning: str | None = None
    """Name of the warning that led to the incident."""
    zone_id: str | None = None
    zone_name: str | None = None
    zone_hash: str | None = None
    target_id: str | None = None
    icao24: str | None = None
    callsign: str | None = None
    squawk: str | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    height_m: float | None = None
    height_datum: str | None = None
    height_words: str | None = None
    begun_us: int | None = None
    """Since when the target is inside, perhaps inside, or expected to be; when it was so, once it is over."""
    predicted_entry_us: int | None = None
    certainty: str | None = None
    status: str | None = None
    depth_m: float | None = None
    cause: str | None = None
    who: str | None = None
    why: str | None = None
    folded: int = 0
    """How many older notices of the incident this one stands for too."""

    @property
    def thread(self) -> str:
        """What all notices have in common from a warning to the end of what it led to; an incident without a
        warning is a thread of its own."""
        return self.warning or self.incident

    def plain(self) -> dict[str, Any]:
        """Return every field as JSON has it, null where it is not known, and the time in ISO 8601."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**named, "urgency": self.urgency.value, "time": iso_time(self.time_us)}


def iso_time(time_us: int) -> str | None:
    """Return ISO 8601 UTC in milliseconds and Z; None for a time beyond the years 1 to 9999."""
    try:
        moment = _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Verdict(StrEnum):
    """What came of telling."""

    TOLD = "told"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of telling a notice. ``why`` holds no secret; ``after_s``: not to be tried again before."""

    verdict: Verdict
    why: str = ""
    after_s: float | None = None


def told() -> Outcome:
    """Return that it was told."""
    return Outcome(Verdict.TOLD)


def later(why: str, after_s: float | None = None) -> Outcome:
    """Return that it could not be told now."""
    return Outcome(Verdict.LATER, why[:MAX_WHY_CHARACTERS], after_s)


def never(why: str) -> Outcome:
    """Return that it can never be told: trying again would be of no use."""
    return Outcome(Verdict.NEVER, why[:MAX_WHY_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Condition:
    """How the watch itself is. ``monitored``: whether any feed brings positions (not before the first
    came); ``degraded``: whether some feed does not, or something is overloaded."""

    monitored: bool = False
    degraded: bool = False


class Channel:
    """One channel, open as long as the watch runs; the methods are called one after the other.

    What it holds in memory is bounded by the number of zones and of open incidents. No secret is in any
    error, outcome or ``repr``.
    """

    beat_s: float | None = None
    """How often :meth:`beat` is to be called, beside at once where the condition has changed; None: never."""

    async def watch(self, zones: Sequence[Zone], standing: Sequence[Notice]) -> None:
        """Take what is watched, and the last notice of each incident that is to be shown; whatever else is
        shown is taken off. It is called at the start, whenever the zones change, and, of a channel that shows
        a state, whenever somebody mutes, exempts, clears or takes that back. It may raise where it cannot be
        shown now; it is then called again."""

    async def tell(self, notice: Notice) -> Outcome:
        """Tell a notice, and return what came of it. Whatever it raises means that it is tried later."""
        raise NotImplementedError

    async def beat(self, condition: Condition) -> None:
        """Say that the watch is alive, and how it is."""

    async def reach(self) -> str | None:
        """Return in words whom it reaches, without telling anybody anything; None where that cannot be told.
        Raises OSError where it cannot be reached."""
        return None

    async def aclose(self) -> None:
        """Give back what is held. Nothing is called afterwards."""


class Plugin(Protocol):
    """What a channel's module defines at its top.

    ``STATEFUL`` (False where it is missing): the channel shows a state, so an end is told there even where
    the beginning was silenced. ``PER_MINUTE`` (:data:`PER_MINUTE`): how many notices a minute it is told
    unless its options say otherwise; None is as many as come. ``SAYS_WHEN`` (False where it is missing): the
    channel itself says the time of a notice, so its text does not.
    """

    NAME: str
    OPTIONS: type[Any]
    """A frozen dataclass; raises ConfigError for a value that cannot be."""

    @staticmethod
    def channel(options: Any, source: str, clock: Clock) -> Channel:
        """Return the channel, nothing opened yet; ConfigError for options that cannot be."""


PER_MINUTE = 60
