"""What a watch shows of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nofly.feeds.health import FeedState
from nofly.incidents.machine import Case
from nofly.run.alerting.line import ChannelState
from nofly.run.live.latest import Now
from nofly.zones.model import Zone


@dataclass(slots=True)
class View:
    """What a watch shows: to the terminal, to Prometheus, to whoever asks."""

    now_us: int
    event_us: int | None
    """Up to when all reports have been judged."""
    law: Sequence[Zone]
    cases: Sequence[Case]
    """Who is inside, may be, will be, or was a short while ago."""
    names: dict[str, str]
    """Zone hash → the zone's id and name."""
    feeds: Sequence[FeedState]
    channels: Sequence[ChannelState]
    records: int
    reports: int
    late: int
    targets: int
    step_s: float
    """How long the last tick took."""
    trouble: str | None
    """Why nothing is judged at the moment."""
    archive_trouble: str | None
    """Why positions are not archived at the moment; the journal keeps them."""
    now_of: Callable[[Case], Now | None]
    """Returns the target of a case as it was last heard. To be called before the next tick."""
    law_trouble: str | None = None
    """Why the zones could not be read again: they are as they were."""


@dataclass(slots=True)
class Counts:
    """What a watch counts; ``step_s`` is how long its last tick took."""

    reports: int = 0
    late: int = 0
    records: int = 0
    step_s: float = 0.0
