"""A shelf of visits is the book that holds all of them, however few targets a batch is about."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.incidents.stays import _bare, zone_activity
from nofly.kernel.detect import Detector, Params
from nofly.kernel.visit_shelf import VisitShelf
from nofly.kernel.visits import Quality, VisitBook, Visits
from nofly.schema import Coded, Positions
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Polygon
from tests.kernel.strategies import EPOCH_US, zone

TARGETS, ROUNDS = 300, 40
ZONES = [
    zone(f"Z{k}", Polygon(((a, 10.0), (a, 11.0), (a + 0.5, 11.0), (a + 0.5, 10.0))))
    for k, a in enumerate((10.0, 10.125, 10.25, 10.375))
]  # fmt: skip


def traffic(seed: int) -> list[Positions]:
    """Return batches of a few of many targets that wander in and out of the zones."""
    random = np.random.default_rng(seed)
    place = random.uniform(9.9, 11.1, (TARGETS, 2))
    batches = []
    for k in range(ROUNDS):
        who = np.sort(random.choice(TARGETS, random.integers(1, 60), replace=False))
        place[who] += random.normal(0.0, 0.1, (len(who), 2))
        time_us = EPOCH_US + k * 5_000_000 + np.zeros(len(who), np.int64)
        batches.append(Positions(time_us, Coded(who.astype(np.int32), []), *place[who].T.copy()))
    return batches


def rows(visits: Visits) -> list[tuple[object, ...]]:
    names = [name for name in Visits.__slots__ if name not in ("exit", "sums")]
    return sorted(
        (*numbers, *map(repr, sums))
        for *numbers, sums in zip(
            *(getattr(visits, name).tolist() for name in names), visits.sums.tolist(), strict=True
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_shelf_is_the_book(seed: int) -> None:
    zones = compile_zones(ZONES)
    active = zone_activity(ZONES, EPOCH_US, EPOCH_US + 10**9)
    detector, book, shelf = Detector(zones, *active, Params(60.0)), VisitBook(zones), VisitShelf(zones)
    heard_us = np.full(TARGETS, EPOCH_US - 10**9)
    ended = 0
    for k, batch in enumerate(traffic(seed)):
        reports = _bare(batch, zones.datums)
        n = len(batch)
        quality = Quality(np.full(n, 50.0), np.zeros_like(reports.low_m), *np.zeros((2, n), np.int8))
        changes = detector.step(reports)
        heard_us[batch.target.codes] = batch.time_us
        for one in (book, shelf):
            one.step(changes, reports, quality, *active)
        since_us = int(batch.time_us[0]) - 60_000_000
        inside = book.open.target
        silent = np.unique(inside[heard_us[inside] < since_us]).astype(np.int32)
        assert shelf.silent(heard_us, since_us).tolist() == silent.tolist()
        lost = detector.lose(silent)
        for one in (book, shelf):
            one.lose(lost)
        (said, done), (said_too, done_too) = book.take(), shelf.take()
        assert np.array_equal(said.time_us, said_too.time_us)
        assert rows(done) == rows(done_too)
        assert rows(book.open) == rows(shelf.open)
        few = np.arange(0, TARGETS, 7)
        kept = np.isin(book.open.target, few)
        some = Visits(*(getattr(book.open, name)[kept] for name in Visits.__slots__))
        assert rows(shelf.open_of(few)) == rows(some)
        ended += len(done)
        if k % 9 == 8:
            state, shelf = shelf.save(), VisitShelf(zones)
            shelf.load(state)
    assert ended > 100
