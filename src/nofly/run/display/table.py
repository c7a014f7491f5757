"""What a watch shows a person: who is inside, who will be, how the feeds are; and how that fits a terminal.

Pure: a view in, lines of text out. Every text that came from outside is made safe here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import nsmallest
from typing import Any

from nofly.feeds.health import FeedState, Status, positions_per_s
from nofly.incidents.machine import Case
from nofly.incidents.states import Phase, Told
from nofly.run.alerting.line import ChannelState
from nofly.run.display.view import View
from nofly.run.feeding.monitoring import (
    AHEAD,
    LONG_PAST,
    dry_since_us,
    since,
    unmonitored_since_us,
    unusable,
    words_of,
    wrong_times,
)
from nofly.run.feeding.plans import FeedPlan
from nofly.run.live.latest import Now
from nofly.run.outputs.text import clock, duration, height, printable, zone_words
from nofly.tracks.identity import icao24_of
from nofly.units import US_PER_S
from nofly.zones.model import Datum, Restriction, Zone

MOST_FACTS = 100_000
MOST_ROWS = 200
"""More are counted and not made: no terminal shows them."""
MOST_BANNERS = 3
LONG_US = 43_200 * US_PER_S
"""A time further away is shown with its date."""


class Tone(StrEnum):
    """How a line is shown."""

    PLAIN = "plain"
    TITLE = "title"
    QUIET = "quiet"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head, its rank (the highest goes first where there is no room), whether it ends flush."""

    head: str
    rank: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a section."""

    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its title; ``nobody`` stands where there are no rows."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    nobody: Row = Row(("none",), Tone.QUIET)
    more: int = 0
    """How many rows there are beyond those that were made."""


@dataclass(frozen=True, slots=True)
class Frame:
    """All that is shown at one moment."""

    status: tuple[str, ...]
    """What is said on top, in parts that may stand on lines of their own."""
    banners: Sequence[Row]
    sections: Sequence[Section]
    happened: Sequence[str]
    """What happened last, the latest at the end."""


_INSIDE = (
    Column("ZONE"), Column("CALLSIGN", 1), Column("ADDRESS"), Column("HOW"), Column("FOR", right=True),
    Column("SINCE", 3), Column("HEIGHT", 2, right=True), Column("LAST HEARD", 4, right=True),
)  # fmt: skip
_EXPECTED = (
    Column("ZONE"), Column("CALLSIGN", 1), Column("ADDRESS"), Column("IN", right=True), Column("AT", 3),
    Column("HEIGHT THEN", 4, right=True), Column("HEIGHT NOW", 2, right=True),
)  # fmt: skip
_FEEDS = (
    Column("FEED"), Column("STATE"), Column("RATE/s", 1, right=True), Column("LAG", 3, right=True),
    Column("LAST POSITION", 2), Column("REJECTED", 4, right=True), Column("REMARKS"),
)  # fmt: skip
_CHANNELS = (
    Column("ALERTS TO"), Column("WAITING", right=True), Column("TOLD", 2, right=True),
    Column("NOT TOLD", 3, right=True), Column("LAST ERROR", 1),
)  # fmt: skip
_HOW = {
    Phase.INFRINGING: "inside", Phase.UNDETERMINED: "perhaps inside", Phase.LOST_INSIDE: "lost inside",
    Phase.EXITED: "left",
}  # fmt: skip
_RANK = list(_HOW)
_HOW_OUTSIDE = {
    Phase.INFRINGING: "outside", Phase.UNDETERMINED: "perhaps outside", Phase.LOST_INSIDE: "lost outside",
    Phase.EXITED: "back",
}  # fmt: skip
"""Of zones that must not be left."""


@dataclass(slots=True)
class Facts:
    """What records said of incidents and warnings that the state of a case does not hold."""

    _of: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Take what was recorded."""
        for body in bodies:
            if body["kind"] not in tuple(Told) or not body.get("phase"):
                continue
            known = self._of.setdefault(body["incident"], {})
            for name in ("status", "callsign", "predicted_entry_us", "height_m", "height_datum"):
                if body.get(name) is not None:
                    known[name] = body[name]
        if len(self._of) > MOST_FACTS:
            for name in list(self._of)[: MOST_FACTS // 2]:
                del self._of[name]

    def of(self, case: Case) -> Mapping[str, Any]:
        """Return what is known of a case's warning and its incident."""
        return self._of.get(case.warning or "", {}) | self._of.get(case.incident or "", {})

    def __contains__(self, case: Case) -> bool:
        """Return whether anything was recorded of a case since the start."""
        return (case.incident or case.warning or "") in self._of


def frame(view: View, plans: Sequence[FeedPlan], facts: Facts, happened: Sequence[str] = ()) -> Frame:
    """Return what is to be shown of a view."""
    law = {zone.zone_hash: zone for zone in view.law}
    dry_us = unmonitored_since_us(plans, view.feeds, view.now_us)
    at_us = _at_us(view, plans)
    feeds = [_feed(p, s, view.now_us) for p, s in zip(plans, view.feeds, strict=True)]
    channels = [_channel(state) for state in view.channels]
    nobody = "Nobody is known to be inside." if dry_us is None else "Not monitored: nothing can be said."
    if view.trouble is not None:
        nobody = "Nothing is judged: nothing can be said."
    inside, expected = _inside(view, law, facts, at_us), _expected(view, law, facts, at_us)
    sections = [
        Section("INSIDE", _INSIDE, inside[0], Row((nobody,), Tone.QUIET), inside[1]),
        Section("EXPECTED", _EXPECTED, expected[0], Row(("Nobody.",), Tone.QUIET), expected[1]),
        Section("FEEDS", _FEEDS, feeds),
    ]
    if channels:
        sections.append(Section("ALERTS", _CHANNELS, channels))
    return Frame(_status(view), _banners(view, plans, dry_us), sections, happened)


def _at_us(view: View, plans: Sequence[FeedPlan]) -> int:
    """Return the time it is: of a replay the time of its reports."""
    if view.event_us is not None and all(plan.pace is not None for plan in plans):
        return view.event_us
    return view.now_us


def _status(view: View) -> tuple[str, ...]:
    judged = "nothing judged yet"
    if view.event_us is not None:
        judged = (
            f"judged up to {clock(view.event_us, date=abs(view.now_us - view.event_us) > 43_200_000_000)}"
        )
    wrong = ((wrong_times(view.feeds, AHEAD), "the future"), (wrong_times(view.feeds, LONG_PAST), "long ago"))
    return (
        clock(view.now_us), f"{len(view.law):,} zones", f"{view.targets:,} targets",
        f"{view.reports:,} reports", f"{view.late:,} late",
        *(f"{n:,} of {of} left out" for n, of in wrong if n),
        f"{view.records:,} recorded", judged,
        f"tick {view.step_s * 1000:.0f} ms",
    )  # fmt: skip


def _banners(view: View, plans: Sequence[FeedPlan], dry_us: int | None) -> list[Row]:
    out = []
    if view.trouble is not None:
        said = f"NOTHING IS JUDGED OR RECORDED: {printable(view.trouble)}. What comes waits until it can be."
        out.append(Row((said,), Tone.ALARM))
    if dry_us is not None:
        over = all(state.status is Status.ENDED for state in view.feeds)
        said = f"NOT MONITORED since {since(dry_us, view.now_us)}: no feed brings positions."
        said = "The recording is over." if over else said
        out.append(Row((said,), Tone.WARNING if over else Tone.ALARM))
        dry = [(state.feed, unusable(state)) for state in view.feeds]
    else:
        dry = [(s.feed, words_of(p, s, view.now_us)) for p, s in zip(plans, view.feeds, strict=True)]
    said_of = [f"Feed {printable(feed)}: {printable(said)}." for feed, said in dry if said is not None]
    out += [Row((said,), Tone.WARNING) for said in said_of[:MOST_BANNERS]]
    if len(said_of) > MOST_BANNERS:
        out.append(Row((f"… and {len(said_of) - MOST_BANNERS} more feeds.",), Tone.WARNING))
    failing = [state for state in view.channels if state.failures or state.refused or state.unshown]
    for state in failing[:MOST_BANNERS]:
        told = not (state.failures or state.refused)
        what = "How it stands is not shown at {}" if told else "Alerts to {} are not told"
        said = f"{what.format(state.name)}: {state.last_error or 'it failed'}."
        out.append(Row((printable(said),), Tone.WARNING))
    if view.archive_trouble is not None:
        said = f"Positions are not archived: {printable(view.archive_trouble)}. The journal keeps them."
        out.append(Row((said,), Tone.WARNING))
    return out


def _inside(view: View, law: Mapping[str, Zone], facts: Facts, at_us: int) -> tuple[list[Row], int]:
    """Return rows, those who entered last first, and how many more there are."""
    cases = [case for case in view.cases if case.phase in _HOW]
    first = nsmallest(
        MOST_ROWS, cases,
        key=lambda case: (case.shadow, _RANK.index(case.phase), -(case.entry_us or 0), case.target_id),
    )  # fmt: skip
    rows = [_stay(case, law.get(case.zone_hash), view.now_of(case), facts.of(case), at_us) for case in first]
    return rows, len(cases) - len(rows)


def _stay(case: Case, zone: Zone | None, now: Now | None, known: Mapping[str, Any], at_us: int) -> Row:
    status = known.get("status")
    how = (_HOW_OUTSIDE if zone and zone.restriction is Restriction.KEEP_IN else _HOW)[case.phase]
    tone = Tone.ALARM if case.phase is Phase.INFRINGING else Tone.WARNING
    if case.shadow:
        how += ", not credible"
    if status not in (None, "infringement"):
        how += f", {printable(str(status))}"
    if case.phase is Phase.EXITED or case.shadow or status not in (None, "infringement"):
        tone = Tone.QUIET
    since_us = case.away_us if case.phase is Phase.EXITED and case.away_us is not None else case.entry_us
    heard = "–" if now is None else f"{max(0, at_us - now.time_us) / US_PER_S:.0f} s ago"
    return Row(
        (
            _zone(case, zone), _callsign(now, known), _address(case), how, _passed(since_us, at_us),
            "–" if since_us is None else clock(since_us, date=at_us - since_us > LONG_US),
            _height(now, zone), heard,
        ),
        tone,
    )  # fmt: skip


def _expected(view: View, law: Mapping[str, Zone], facts: Facts, at_us: int) -> tuple[list[Row], int]:
    """Return rows, the nearest entry first, and how many more there are."""
    cases = [(facts.of(case), case) for case in view.cases if case.warned]
    first = nsmallest(
        MOST_ROWS, cases,
        key=lambda one: (one[1].shadow, one[0].get("predicted_entry_us") or 0, one[1].target_id),
    )  # fmt: skip
    rows = []
    for known, case in first:
        zone, now = law.get(case.zone_hash), view.now_of(case)
        entry_us = known.get("predicted_entry_us")
        cells = (
            _zone(case, zone), _callsign(now, known), _address(case), countdown(entry_us, at_us),
            "–" if entry_us is None else clock(entry_us, date=False),
            _height_then(known), _height(now, zone),
        )  # fmt: skip
        rows.append(Row(cells, Tone.QUIET if case.shadow else Tone.WARNING))
    return rows, len(cases) - len(rows)


def countdown(entry_us: int | None, at_us: int) -> str:
    """Return how long it is until an entry: ``1:05``, ``now`` when the time has come."""
    if entry_us is None:
        return "unknown"
    left_s = -(-(entry_us - at_us) // US_PER_S)
    return "now" if left_s <= 0 else f"{left_s // 60}:{left_s % 60:02d}"


def _zone(case: Case, zone: Zone | None) -> str:
    return f"zone {case.zone_hash[:8]}" if zone is None else zone_words(zone.id, zone.name)


def _address(case: Case) -> str:
    return printable(icao24_of(case.target_id) or case.target_id)


def _callsign(now: Now | None, known: Mapping[str, Any]) -> str:
    return printable(str((now.callsign if now else None) or known.get("callsign") or "–"))


def _passed(since_us: int | None, at_us: int) -> str:
    return "unknown" if since_us is None else duration(max(0, at_us - since_us) // US_PER_S)


def _datums(zone: Zone | None) -> list[str]:
    """Return the datums that a zone's heights are judged on, the floor's first. The ground is none: whoever
    flies is above it."""
    limits = [x for v in zone.volumes for x in (v.lower, v.upper) if x is not None] if zone else []
    known = (x.datum for x in limits if x.datum is not Datum.AGL or x.value_m > 0.0)
    return [datum.value for datum in dict.fromkeys(known)]


def _height_then(known: Mapping[str, Any]) -> str:
    """Return the height of an expected entry."""
    height_m, datum = known.get("height_m"), known.get("height_datum")
    return "unknown" if height_m is None or datum is None else height(height_m, printable(str(datum)))


def _height(now: Now | None, zone: Zone | None) -> str:
    known = {} if now is None else now.heights_m
    for datum in (*_datums(zone), "STD", "AMSL", "HAE", "AGL"):
        if datum in known:
            return height(known[datum], datum)
    return "unknown"


def _feed(plan: FeedPlan, state: FeedState, now_us: int) -> Row:
    dry = dry_since_us(plan, state, now_us) is not None
    remarks = []
    if state.error is not None and state.status is not Status.ALIVE:
        remarks.append(printable(state.error))
    rejected = sum(state.rejects.values())
    if rejected:
        most = max(state.rejects, key=lambda code: state.rejects[code])
        remarks.append(f"mostly {printable(most)}" if len(state.rejects) > 1 else printable(most))
    lag = "–" if state.lag_s is None else f"{state.lag_s:.1f} s"
    last = "never" if state.position_us is None else clock(state.position_us, date=False)
    tone = Tone.PLAIN if not dry else Tone.QUIET if state.status is Status.ENDED else Tone.ALARM
    return Row(
        (
            printable(state.feed), state.status.value, f"{positions_per_s(state, now_us):,.0f}", lag, last,
            f"{rejected:,}", "; ".join(remarks),
        ),
        tone,
    )  # fmt: skip


def _channel(state: ChannelState) -> Row:
    failing = state.failures + state.refused + state.unshown > 0
    error = "" if state.last_error is None else printable(state.last_error)
    if state.last_error_us is not None and error:
        error = f"{clock(state.last_error_us, date=False)} {error}"
    cells = (
        f"{printable(state.name)} ({printable(state.kind)})", f"{state.waiting:,}", f"{state.delivered:,}",
        f"{state.given_up:,}", error or "–",
    )  # fmt: skip
    return Row(cells, Tone.WARNING if failing else Tone.PLAIN)
