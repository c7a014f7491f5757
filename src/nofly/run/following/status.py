"""What a watch says of itself, in a file that it replaces about once a second.

Whoever reads it can tell by ``at_us`` how old it is; that the disk is full is no reason for a watch to stop
telling the time, so what cannot be written is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from nofly.errors import StoreError
from nofly.feeds.health import positions_per_s
from nofly.run.display.metrics import Health, Metric, exposition
from nofly.run.display.view import View
from nofly.run.feeding.monitoring import dry_since_us, unmonitored_since_us, words_of
from nofly.run.feeding.plans import FeedPlan

NAME = "status.json"
EVERY_S = 1.0
MOST_BYTES = 16 << 20


class FeedStatus(msgspec.Struct, frozen=True):
    """One feed. ``silent_since_us`` is since when nothing is monitored through it, None while it is; ``why``
    says it in words."""

    name: str
    status: str
    positions: int
    positions_per_s: float
    rejected: int
    silent_since_us: int | None = None
    why: str | None = None
    lag_s: float | None = None
    error: str | None = None


class ChannelStatus(msgspec.Struct, frozen=True):
    """One alert channel."""

    name: str
    kind: str
    waiting: int
    delivered: int
    given_up: int
    failures: int
    last_error: str | None = None


class Status(msgspec.Struct, frozen=True):
    """A watch as of ``at_us``. ``judged_us`` is up to when all reports are judged, ``law`` the hashes of the
    zones watched, ``metrics`` the page for Prometheus."""

    at_us: int
    judged_us: int | None
    law: list[str]
    feeds: list[FeedStatus]
    channels: list[ChannelStatus]
    reports: int
    records: int
    aircraft: int
    ok: bool
    reasons: list[str]
    metrics: str
    unmonitored_since_us: int | None = None
    trouble: str | None = None
    archive_trouble: str | None = None
    ended: bool = False
    """Whether the watch has ended as it should."""


def status_of(view: View, plans: Sequence[FeedPlan], health: Health, metrics: Sequence[Metric]) -> Status:
    """Return the status that a view stands for."""
    now_us = view.now_us
    feeds = [
        FeedStatus(
            state.feed, state.status.value, state.positions, positions_per_s(state, now_us),
            sum(state.rejects.values()), dry_since_us(plan, state, now_us), words_of(plan, state, now_us),
            state.lag_s, state.error,
        )
        for plan, state in zip(plans, view.feeds, strict=True)
    ]  # fmt: skip
    channels = [
        ChannelStatus(c.name, c.kind, c.waiting, c.delivered, c.given_up, c.failures, c.last_error)
        for c in view.channels
    ]
    return Status(
        now_us, view.event_us, [*view.names], feeds, channels, view.reports, view.records, view.targets,
        health.ok, list(health.reasons), exposition(metrics),
        unmonitored_since_us(plans, view.feeds, now_us), view.trouble, view.archive_trouble,
    )  # fmt: skip


def read(folder: Path) -> Status | None:
    """Return what the watch of a state folder said last, None where it said nothing. Raises StoreError where
    that cannot be read."""
    path = folder / NAME
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StoreError(f"{path}: longer than {MOST_BYTES} bytes")
        return msgspec.json.decode(path.read_bytes(), type=Status)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(f"{path}: {error}") from error


class StatusFile:
    """The file of a watch; :meth:`told` is called after every tick."""

    def __init__(
        self, folder: Path, made: Callable[[View], Status], monotonic_s: Callable[[], float]
    ) -> None:
        self._path, self._made, self._monotonic_s = folder / NAME, made, monotonic_s
        self._due_s = monotonic_s()

    def told(self, view: View) -> None:
        """Write the file, where the last time is long enough ago."""
        if self._monotonic_s() >= self._due_s:
            self._due_s = self._monotonic_s() + EVERY_S
            self._write(self._made(view))

    def ended(self, view: View) -> None:
        """Write that the watch has ended."""
        self._write(msgspec.structs.replace(self._made(view), ended=True))

    def _write(self, status: Status) -> None:
        new = self._path.with_suffix(".new")
        with suppress(OSError):
            new.write_bytes(msgspec.json.encode(status))
            os.replace(new, self._path)
