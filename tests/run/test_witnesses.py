from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from nofly.run.judging import witnesses
from nofly.run.judging.preparing import Taken
from nofly.run.judging.witnesses import Tracks
from nofly.schema import Coded, Positions
from nofly.tracks.screening import Mark

START_US = 1_780_000_000_000_000
NAMES = ["icao24:4b0000", "icao24:4b0001"]


def taken(first: int, rows: int, marks: int = 0) -> Taken:
    number = (np.arange(first, first + rows) % 2).astype(np.int32)
    callsign = Coded(np.where(np.arange(rows) % 3 == 0, -1, number).astype(np.int32), ["SWR1", "SWR2"])
    positions = Positions(
        START_US + np.arange(first, first + rows) * 1_000_000, Coded(number, NAMES), np.full(rows, 47.0),
        np.full(rows, 8.0), {"nac_p": np.full(rows, 8, np.int8)}, {"callsign": callsign},
    )  # fmt: skip
    nothing = cast("Any", None)
    return Taken(positions, number, np.full(rows, marks, np.uint16), nothing, nothing)


def test_of_a_long_archive_no_more_is_held_than_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnesses, "KEPT_ROWS", 100)
    tracks = Tracks(120.0)
    for k in range(60):
        tracks.add(taken(k * 50, 50))
        kept = [(p.time_us, p.lat_deg, p.target.codes, p.columns["nac_p"]) for p in tracks._parts]
        arrays = [*tracks._target, *tracks._marks, *(column for part in kept for column in part)]
        assert sum(map(len, tracks._target)) <= 100
        assert all(array.base is None or array.base.nbytes <= array.nbytes for array in arrays)
    tracks.end(NAMES, set())
    # Every so manieth row of the batches, not of a target: with two that take turns only one is left.
    found = tracks.of(set(NAMES))
    assert 0 < len(found) <= 100
    assert np.all(np.diff(found.time_us) > 0)
    assert tracks.gaps(set(NAMES)) == ()


def test_only_those_wanted_are_put_together() -> None:
    tracks = Tracks(120.0)
    tracks.add(taken(0, 40))
    tracks.add(taken(400, 40, int(Mark.FROZEN | Mark.DUPLICATE)))
    tracks.end(NAMES, set(), np.array([False, True]))
    found = tracks.of({NAMES[1]})
    assert [found.target.at(k) for k in range(len(found))] == [NAMES[1]] * 40
    assert np.all(np.diff(found.time_us) > 0)
    assert len(tracks.gaps({NAMES[1]})) == 1
    seen = tracks.during(1, START_US + 395_000_000, START_US + 411_000_000)
    assert seen.callsign == "SWR2"
    assert list(seen.sentences.values()) == [6]
    assert seen.stated_errors
    assert tracks.first(1, START_US + 2_500_000).time_us.tolist() == [START_US + 3_000_000]
    assert len(tracks.first(1, START_US + 999_000_000)) == 0
    assert tracks.during(0, START_US, START_US + 9_000_000).callsign is None
    assert len(tracks.first(0, START_US)) == 0


def test_nothing_kept_is_nothing_seen() -> None:
    tracks = Tracks(120.0)
    tracks.end(NAMES, set())
    assert len(tracks.of(set(NAMES))) == 0
    assert tracks.gaps(set(NAMES)) == ()
    assert tracks.during(0, 0, 1).callsign is None
