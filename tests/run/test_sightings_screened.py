"""Reports that fail the screen are no sightings: not of a check, nor of a coverage, nor on the map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nofly
from nofly.cli import main
from nofly.proof.coverage import Coverage, Seen
from nofly.proof.covering.cells import cells_at
from nofly.run.archive import write_table
from nofly.run.following.coverage import Coverage as LiveCoverage
from nofly.run.judging.credible import Credible
from nofly.schema import Positions, concatenate
from tests.proof.level_flights import FT_M, START_US, flight

MINUTE_US = 60_000_000
ELSEWHERE = 52.1, 8.1
"""500 km from where all fly."""


def _reported(positions: Positions, gs_mps: float) -> Positions:
    n = len(positions)
    columns = {"gs_mps": np.full(n, gs_mps), "track_deg": np.full(n, 90.0)}
    return Positions(
        positions.time_us, positions.target, positions.lat_deg, positions.lon_deg,
        {**positions.columns, **columns}, positions.texts,
    )  # fmt: skip


def _moved(positions: Positions, rows: slice, place: tuple[float, float], still: bool = False) -> Positions:
    """Return the reports, some of them from elsewhere: on a way of their own, or from one place."""
    lat, lon = positions.lat_deg.copy(), positions.lon_deg.copy()
    lat[rows], lon[rows] = place[0], place[1] + (0.0 if still else lon[rows] - lon[rows][0])
    return Positions(
        positions.time_us, positions.target, lat, lon, positions.columns, positions.texts
    )  # fmt: skip


def teleported() -> Positions:
    """Return a flight of which one report comes from far away."""
    return _moved(flight("aa", (47.1, 6.0), (47.1, 10.0)), slice(90, 91), ELSEWHERE)


def spoofed() -> Positions:
    """Return a flight that is elsewhere for ten minutes, as smoothly as it flew before."""
    return _moved(flight("bb", (47.1, 6.0), (47.1, 10.0)), slice(60, 120), ELSEWHERE)


def frozen() -> Positions:
    """Return a flight whose place stays where the spoofer says, though it is said to move."""
    begun = flight("cc", (52.1, 8.0), (52.1, 8.1), seconds=300)
    stuck = flight("cc", ELSEWHERE, ELSEWHERE, from_us=START_US + 310_000_000, seconds=600)
    return _reported(concatenate([begun, stuck]), 220.0)


def _seen(coverage: Coverage, place: tuple[float, float], from_us: int, until_us: int) -> Seen:
    return coverage.statement(*place, 35_000 * FT_M, from_us, until_us).verdict


def _screened(*parts: Positions) -> Coverage:
    coverage, credible = Coverage(), Credible()
    for positions in parts:
        coverage.take(positions, credible.of(positions))
    return coverage


@pytest.mark.parametrize("kind", [teleported, spoofed])
def test_where_nobody_can_have_been_nothing_was_seen(kind: Any) -> None:
    positions = kind()
    span = START_US, START_US + 1800_000_000
    assert _seen(_taken(positions), ELSEWHERE, *span) is Seen.SEEN, "taken at its word"
    screened = _screened(positions)
    assert _seen(screened, ELSEWHERE, *span) is Seen.UNKNOWN
    assert screened.reports == len(positions)
    assert screened.heights["doubtful"] > 0
    assert _seen(screened, (47.1, 6.1), *span) is Seen.SEEN, "before the jump it stands"
    (last,) = (s for s in screened.statement(*ELSEWHERE, None, *span).sentences if "failed the screen" in s)
    assert f"{screened.heights['doubtful']:,} of 181 reports" in last


def _taken(positions: Positions) -> Coverage:
    coverage = Coverage()
    coverage.take(positions)
    return coverage


def test_a_frozen_place_is_seen_only_as_long_as_it_is_believed() -> None:
    screened, whole = _screened(frozen()), _taken(frozen())
    late = START_US + 600_000_000, START_US + 900_000_000
    assert _seen(whole, ELSEWHERE, *late) is Seen.SEEN
    assert _seen(screened, ELSEWHERE, *late) is not Seen.SEEN


def test_who_is_spoofed_is_not_taken_for_lost() -> None:
    """Others go on being received; its reports, though not believed, show that it was received too."""
    others = [flight(f"{k:06x}", (46.9, 6.0 + k), (46.9, 9.0 + k), 20_000.0, seconds=3500) for k in range(2)]
    jammed = [
        _moved(flight(f"b{k}", (47.1, 5.0), (47.1, 9.0), seconds=3000), slice(100, None), ELSEWHERE)
        for k in range(3)
    ]
    cut = [one.take(slice(0, 100)) for one in jammed]
    last_deg = float(cut[0].lon_deg[-1])
    ahead = 47.1, last_deg + 0.4
    asked = START_US + 1000_000_000, START_US + 1500_000_000
    assert _seen(_screened(*others, *cut), ahead, *asked) is Seen.COULD_NOT, "three were lost on their way"
    assert _seen(_screened(*others, *jammed), ahead, *asked) is Seen.UNKNOWN


def test_who_is_spoofed_keeps_its_receiver_up() -> None:
    positions = [
        flight("1", (47.1, 8.0), (47.1, 8.2), seconds=600, station="s"),
        _moved(flight("2", (47.1, 6.0), (47.1, 9.0), seconds=1800, station="s"), slice(1, None), ELSEWHERE),
    ]
    said = _screened(*positions).statement(
        47.1, 8.1, 35_000 * FT_M, START_US + 900_000_000, START_US + 1200_000_000
    )
    assert said.numbers["minutes_up"] == said.numbers["minutes"] == 5


def test_receivers_are_screened_each_by_itself() -> None:
    """The second tells the same with a delay that would look like a jump back."""
    one = flight("1", (47.1, 5.0), (47.1, 9.0), station="a")
    late = flight("1", (47.1, 5.0), (47.1, 9.0), from_us=START_US + 7_000_000, station="b")
    both = concatenate([one, late])
    both = both.take(np.argsort(both.time_us, kind="stable"))
    assert Credible().of(both) is None


def test_however_the_batches_are_cut_the_same_reports_stand() -> None:
    both = concatenate([spoofed(), frozen(), teleported()])
    both = both.take(np.argsort(both.time_us, kind="stable"))
    whole, credible = Credible().of(both), Credible()
    assert whole is not None
    parts = [both.take(slice(a, a + 17)) for a in range(0, len(both), 17)]
    cut = [np.ones(len(p), bool) if (m := credible.of(p)) is None else m for p in parts]
    assert np.array_equal(np.concatenate(cut), whole)


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Return a file, its reports in no order."""
    whole = concatenate([teleported(), spoofed(), flight("1", (47.1, 6.0), (47.1, 9.0))])
    path = tmp_path / "t.parquet"
    write_table([whole.take(np.random.default_rng(1).permutation(len(whole)))], path)
    return path


def test_the_verb_and_a_check_say_the_same(tracks: Path, capsys: Any) -> None:
    place = ["--place", f"{ELSEWHERE[0]},{ELSEWHERE[1]}", "--height", "FL350"]
    assert main(["coverage", str(tracks), *place, "--format", "json", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["place"]["verdict"] == "unknown"
    assert told["heights"]["doubtful"] > 60
    checked = nofly.check(str(tracks), [], coverage=True).coverage
    assert checked is not None
    assert checked.heights == told["heights"]
    believed = nofly.check(str(tracks), [], coverage=True, screening=False).coverage
    assert believed is not None
    assert believed.heights["doubtful"] == 0


def test_the_map_shows_no_place_that_is_not_believed() -> None:
    live, positions = LiveCoverage(), spoofed()
    live.take(positions, Credible().of(positions))
    lit = live.seen(int(positions.time_us[-1]), 3600)
    assert lit
    assert int(cells_at([52.1], [8.1])[0]) not in {
        int(cells_at([cell.south_deg + 0.1], [cell.west_deg + 0.1])[0]) for cell in lit
    }
