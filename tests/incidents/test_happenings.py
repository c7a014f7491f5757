"""What the machine makes of the kernel's changes, live, are the stays of a recorded check."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import StoreError
from nofly.incidents import open_stays
from nofly.incidents.amendments import Spell, spells
from nofly.incidents.happenings import NONE, Happened, ZoneSides
from nofly.incidents.judge import incident_id
from nofly.incidents.machine import Case, Params, Record, step
from nofly.incidents.open_stays import OpenStays
from nofly.incidents.states import Event, Told
from nofly.incidents.stays import Stay, Stays, _bare, joined_stays, merge, zone_activity
from nofly.kernel.detect import Changes, Detector, State, joined
from nofly.kernel.detect import Params as Gap
from nofly.kernel.visit_shelf import VisitShelf
from nofly.kernel.visits import Quality, Visits, joined_visits
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Polygon
from tests.incidents.test_stays import ZONES, visited
from tests.kernel.strategies import EPOCH_US, Report, cases, positions_of, zone
from tests.kernel.strategies import Case as Flight


@pytest.fixture(autouse=True, scope="module")
def _what_nothing_refers_to_is_dropped_at_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_stays, "_LEAST_CHANGES", 0)
        yield


cut_places = st.sets(st.integers(0, 500), max_size=6)


def watched(
    flight: Flight, cuts: set[int], *, early: bool = False, reload: bool = False
) -> tuple[list[Happened], list[Stay], list[Stay]]:
    """Return what happened, with the reports cut into batches, the stays as they ended, and those of the
    recorded check. ``early`` says losses as soon as they are known."""
    positions = positions_of(flight.reports)
    zones = compile_zones(flight.zones)
    time_us = positions.time_us
    starts, active = zone_activity(flight.zones, int(time_us.min()), int(time_us.max()))
    detector = Detector(zones, starts, active, Gap(flight.max_gap_s))
    book, sides, stays = VisitShelf(zones), ZoneSides(zones), OpenStays(zones)
    heard_us = np.full(len(positions.target.values), np.iinfo(np.int64).min // 2)
    edges = sorted({0, len(positions), *(cut % (len(positions) + 1) for cut in cuts)})
    out: list[Happened] = []
    ended: list[Stay] = []
    whole: list[tuple[Changes, Visits]] = []

    def take(changes: Changes, lost: Any) -> None:
        out.extend(sides.step(changes, heard_us, lost))
        whole.append(book.take())
        ended.extend(stays.step(*whole[-1], book, heard_us, lost))

    for first, end in itertools.pairwise(edges):
        reports = _bare(positions.take(slice(first, end)), zones.datums)
        if early:
            # The kernel need not have seen the next report to know that it comes too late.
            silent = heard_us < reports.time_us[0] - flight.max_gap_s * 1e6
            lost = np.flatnonzero(silent & (heard_us > 0)).astype(np.int32)
            changes = detector.lose(lost)
            book.lose(changes)
            take(changes, lost)
        changes = detector.step(reports)
        book.step(changes, reports, _plain(len(reports.time_us), len(zones.datums)), starts, active)
        np.maximum.at(heard_us, reports.target, reports.time_us)
        take(changes, NONE)
        if reload:
            old = sides, book, stays
            sides, book, stays = ZoneSides(zones), VisitShelf(zones), OpenStays(zones)
            for new, one in zip((sides, book, stays), old, strict=True):
                new.load(one.save())  # type: ignore[attr-defined]
    last = detector.finish()
    book.lose(last)
    out += sides.finish(last)
    whole.append(book.take())
    everyone = np.arange(len(heard_us), dtype=np.int32)
    ended.extend(stays.step(*whole[-1], book, heard_us, everyone))
    recorded = merge(zones, joined([c for c, _ in whole]), joined_visits([v for _, v in whole]))
    return out, [*joined_stays([Stays.of(ended)])], [*recorded]


def _plain(n: int, rows: int) -> Quality:
    return Quality(np.full(n, np.inf), np.zeros((rows, n)), np.zeros(n, np.int8), np.zeros(n, np.int8))


def by_case(happened: list[Happened]) -> dict[tuple[int, int], list[Any]]:
    found: dict[tuple[int, int], list[Any]] = {}
    for target, number, happening in happened:
        found.setdefault((target, number), []).append(happening)
    return found


def recorded(happened: list[Happened]) -> dict[tuple[int, int], list[Record]]:
    """Return the records of each case, every stay an incident of its own."""
    out = {}
    for (target, number), many in by_case(happened).items():
        case, records = Case(f"zone {number}", f"target {target}"), []
        for one in many:
            case, more = step(case, one, Params(0.0, 0.0))
            records += more
        out[target, number] = records
    return out


@settings(max_examples=-(-settings.default.max_examples // 2))
@given(cases(), cut_places)
def test_live_is_recorded(flight: Flight, cuts: set[int]) -> None:
    happened, ended, stays = watched(flight, cuts)
    assert repr(ended) == repr(stays)
    records = recorded(happened)
    expected: dict[tuple[int, int], list[Spell]] = {}
    causes: dict[tuple[int, int], list[Any]] = {}
    for stay in stays:
        key = stay.target, stay.zone
        name = incident_id(f"zone {stay.zone}", f"target {stay.target}", stay.entry_us, False)
        expected.setdefault(key, []).append(Spell(name, stay.entry_us, stay.exit_us, stay.determined))
        causes.setdefault(key, []).append((stay.entry_cause, stay.exit_cause))
    assert {key: spells(many) for key, many in records.items()} == expected
    assert {key: _causes(many) for key, many in records.items()} == causes
    assert not any(r.kind in (Told.AMENDED, Told.CONTRADICTED) for many in records.values() for r in many)


def _causes(records: list[Record]) -> list[Any]:
    ends = [r.cause for r in records if r.kind in (Told.ENTERED, Told.EXITED, Told.LOST)]
    return list(zip(ends[::2], ends[1::2], strict=True))


@settings(max_examples=-(-settings.default.max_examples // 2))
@given(cases("several", "shared border", "scheduled", "unknown heights"), cut_places)
def test_batches_losses_said_early_and_restarts_change_nothing(flight: Flight, cuts: set[int]) -> None:
    whole, _, stays = watched(flight, set())
    for early in (False, True):
        happened, ended, _ = watched(flight, cuts, early=early, reload=True)
        assert by_case(happened) == by_case(whole)
        assert repr(ended) == repr(stays)


@given(st.integers(0, 2**32), st.lists(st.integers(0, 20), max_size=4))
def test_neighbouring_parts_are_one_stay_as_in_the_recorded_check(seed: int, cuts: list[int]) -> None:
    changes, visits = visited(seed)
    after = np.full(len(changes), int(State.OUTSIDE))
    after[visits.entry] = np.where(visits.first_in >= 0, int(State.INSIDE), int(State.UNDETERMINED))
    changes = replace(changes, after=after)
    order = np.argsort(changes.time_us, kind="stable")
    sides, happened = ZoneSides(ZONES), []
    edges = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    for first, end in itertools.pairwise(edges):
        rows = order[first:end]
        batch = Changes(*(getattr(changes, name)[rows] for name in Changes.__slots__))
        happened += sides.step(batch, np.full(2, batch.time_us[-1]))
    happened += sides.finish(Changes(*(getattr(changes, name)[:0] for name in Changes.__slots__)))
    found = {
        (*key, spell.entry_us, spell.exit_us, spell.determined)
        for key, records in recorded(happened).items()
        for spell in spells(records)
    }
    merged = merge(ZONES, changes, visits)
    assert found == {(s.target, s.zone, s.entry_us, s.exit_us, s.determined) for s in merged}


def test_a_silent_target_is_lost_before_it_is_heard_again() -> None:
    square = Polygon(((10.0, 10.0), (10.0, 11.0), (11.0, 11.0), (11.0, 10.0)))
    zones = compile_zones([zone("Z", square)])
    starts, active = zone_activity(zones.zones, EPOCH_US, EPOCH_US)
    detector, sides = Detector(zones, starts, active, Gap(120.0)), ZoneSides(zones)
    reports = _bare(positions_of([Report(EPOCH_US, "a", 10.5, 10.5)]), zones.datums)
    heard_us = np.array([EPOCH_US])
    events = [one.happening.event for one in sides.step(detector.step(reports), heard_us)]
    assert events == [Event.ENTER]
    silent = np.array([0], np.int32)
    (lost,) = sides.step(detector.lose(silent), heard_us, silent)
    assert (lost.happening.event, lost.happening.time_us) == (Event.LOSE, EPOCH_US)
    assert lost.happening.lat_deg == 10.5
    assert sides.step(detector.lose(silent), heard_us, silent) == []
    assert sides.finish(detector.finish()) == []
    again = _bare(positions_of([Report(EPOCH_US + 500_000_000, "a", 10.5, 10.5)]), zones.datums)
    heard_us[0] += 500_000_000
    (found,) = sides.step(detector.step(again), heard_us)
    assert (found.happening.event, found.happening.time_us) == (Event.ENTER, EPOCH_US + 500_000_000)


def test_saved_sides_that_are_none_are_refused() -> None:
    with pytest.raises(StoreError):
        ZoneSides(compile_zones([])).load(b"nothing")
