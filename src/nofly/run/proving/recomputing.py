"""What happened to one target and one zone, worked out again from the bytes as they were received: the same
decoders, the same engine, nothing else.

Two orders are known. By time, each report in its place, is what a watch comes to once late reports are
amended; as received, what it came to without. Both give the same where nothing came late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import numpy as np

from nofly.errors import Finding
from nofly.incidents.states import Told
from nofly.run.feeding.credible_times import credible
from nofly.run.feeding.recorded_feed import RecordedFeed
from nofly.run.live.engine import Body, Engine, EngineOptions
from nofly.run.live.intake import Intake
from nofly.run.live.verdicts import JUDGED
from nofly.run.proving.raw_extract import RawPiece
from nofly.run.record.editions import Edition
from nofly.schema import Positions, concatenate
from nofly.units import US_PER_S

MOST_FINDINGS = 200


class Order(StrEnum):
    """In which order reports are judged."""

    TIME = "by time"
    RECEIVED = "as received"


class Part(NamedTuple):
    """The reports of a target in one chunk of a feed: when it came, the latest time that any report in it
    told, the target's reports."""

    received_us: int
    latest_us: int
    feed: str
    positions: Positions


class Recomputed(NamedTuple):
    """``verdicts`` are the last on each stay, in the columns of a check, by the stay's name; ``entered`` the
    records of entries by the same; ``reports`` the target's, in the order in which they were judged."""

    verdicts: dict[str, dict[str, Any]]
    entered: dict[str, Body]
    reports: Positions


def told(reports: Positions) -> list[Part]:
    """Return reports whose bytes are not there, as if they had come at once."""
    return [Part(0, int(reports.time_us.max()), "", reports)] if len(reports) else []


def heard(pieces: Iterable[RawPiece], target_id: str) -> tuple[list[Part], list[Finding]]:
    """Return what pieces say of a target, in the order in which it was received, and what their decoders say
    of everything. Raises PluginError for a decoder that is not there, ConfigError for options it has not."""
    parts: list[Part] = []
    said: dict[tuple[str, str], Finding] = {}
    feeds: dict[str, RecordedFeed] = {}
    for piece in pieces:
        name = piece.header.feed
        for entry in piece.entries():
            feed = feeds.get(name)
            if feed is None or feed.header.began != entry.header.began:
                feed = feeds[name] = RecordedFeed(entry)
            for positions, findings in feed.fed(entry):
                _count(said, findings)
                if len(positions):
                    parts += _of(positions, target_id, entry.received_us, name)
    return sorted(parts, key=lambda part: part.received_us), list(said.values())


def _count(said: dict[tuple[str, str], Finding], findings: Iterable[Finding]) -> None:
    """Add findings to those said, one for each feed and code."""
    for one in findings:
        known = said.get((one.source, one.code))
        if known is not None or len(said) < MOST_FINDINGS:
            count = one.count + (known.count if known else 0)
            said[one.source, one.code] = replace(known or one, count=count)


def _of(positions: Positions, target_id: str, received_us: int, feed: str) -> Iterator[Part]:
    # As live, a report of the future or of long ago is no report.
    positions, _ = credible(positions, received_us, feed, live=True)
    wanted = [k for k, name in enumerate(positions.target.values) if name == target_id]
    rows = np.flatnonzero(np.isin(positions.target.codes, wanted))
    if len(positions):
        latest_us = int(positions.time_us.max())
        yield Part(received_us, latest_us, feed, positions.take(rows).copied())


def recompute(
    parts: Sequence[Part], edition: Edition, order: Order, options: EngineOptions | None = None
) -> Recomputed:
    """Return what parts, in the order in which they were received, come to by an edition of a zone, judged
    with its own options unless others are given."""
    chosen = options or edition.judged.options()
    engine = Engine([edition.zone], chosen, in_force=[edition.in_force])
    steps = _by_time(parts) if order is Order.TIME else _as_received(parts, edition)
    bodies: list[Body] = []
    reports: list[Positions] = []
    for positions, until_us in steps:
        bodies += engine.step(positions, until_us).bodies
        reports.append(positions)
    bodies += engine.finish().bodies
    verdicts = {body["stay"]: body["verdict"] for body in bodies if body["kind"] == JUDGED}
    entered = {body["stay"]: body for body in bodies if body["kind"] in (Told.ENTERED, Told.REENTERED)}
    return Recomputed(
        msgspec.json.decode(msgspec.json.encode(verdicts)),
        entered,
        concatenate([r for r in reports if len(r)]),
    )


def _by_time(parts: Sequence[Part]) -> Iterator[tuple[Positions, int]]:
    whole = concatenate([part.positions for part in parts if len(part.positions)])
    if len(whole):
        ordered = whole.take(np.argsort(whole.time_us, kind="stable"))
        yield ordered, int(ordered.time_us[-1])


def _as_received(parts: Sequence[Part], edition: Edition) -> Iterator[tuple[Positions, int]]:
    """Yield what each tick of a watch judges, and as of when silent targets are lost."""
    received = edition.judged.received
    names = [*received.lateness_s, *sorted({part.feed for part in parts} - received.lateness_s.keys())]
    number = {name: k for k, name in enumerate(names)}
    intake = Intake([received.lateness_s.get(name, 0.0) for name in names], received.hold_s)
    tick_us = max(1, round(received.tick_s * US_PER_S))
    by_tick: dict[int, list[Part]] = {}
    for part in parts:
        by_tick.setdefault(part.received_us // tick_us, []).append(part)
    for at, came in by_tick.items():
        now_us = (at + 1) * tick_us
        for part in sorted(came, key=lambda one: number[one.feed]):
            intake.add(number[part.feed], part.positions, now_us, part.latest_us)
        until_us = intake.watermark_us(now_us)
        yield intake.release(until_us), intake.lapse_us(now_us)
    yield intake.release(intake.latest_us), intake.latest_us
