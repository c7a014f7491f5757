"""What could have been seen in the last hour, told of a watch for the map."""

from __future__ import annotations

from pathlib import Path

import pytest

from nofly.proof.coverage import Seen
from nofly.proof.covering.cells import box
from nofly.run import coverage as covering
from nofly.run.following import horizon as module
from nofly.run.following.horizon import horizon, horizon_apart
from nofly.store.positions.layout import Wanted
from tests.run.proving.test_live_case import brought_lines, lines, log_of, only, recorded, through
from tests.run.watches import RING

HOUR_US = 3_600_000_000


@pytest.fixture
def state(tmp_path: Path) -> tuple[Path, int]:
    """Return the state of a watch that saw two pass, and when it saw the last."""
    before = lines("icao24:4b0002", range(-600, 0, 5), lambda s: 14.5 + (s + 300) * 0.001, alt_std_m=1000.0)
    recorded(brought_lines([*before, *through(range(0, 600, 5))]), [RING], tmp_path / "state")
    last_us = int(only(tmp_path / "state", log_of(tmp_path / "state")).reports.time_us.max())
    return tmp_path / "state", last_us


def test_a_process_of_its_own_tells_what_the_statement_tells(state: tuple[Path, int]) -> None:
    folder, now_us = state
    found = horizon_apart(folder, now_us)
    assert found == horizon(folder, now_us)
    assert (found.why, found.time_us, found.from_us) == ("", now_us, now_us - 6 * HOUR_US)
    assert any(one.could for one in found.cells)
    wanted = Wanted(found.from_us, now_us + 1)
    coverage = covering.read(covering.kept(folder, wanted))
    told = {(one.south_deg, one.west_deg): one for one in found.cells}
    for cell in coverage.evidence.cells.tolist():
        south, west, _, _ = box(cell)
        for band, height_m in enumerate((100.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 10_000.0)):
            place = south + 0.1, west + 0.1, height_m, now_us - HOUR_US, now_us
            verdict = coverage.statement(*place).verdict
            one = told.get((south, west))
            if verdict in (Seen.SEEN, Seen.COULD):
                assert one is not None
                assert band in one.could
            elif verdict is Seen.COULD_NOT:
                assert one is not None
                assert band in one.could_not


def test_of_too_much_it_looks_at_less_and_says_why_there_is_nothing(
    state: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, now_us = state
    monkeypatch.setattr(module, "MOST_ROWS", 200)
    monkeypatch.setattr(module, "LOOKED_BACK_US", (6 * HOUR_US, HOUR_US // 60))
    assert horizon(folder, now_us).from_us == now_us - HOUR_US // 60
    monkeypatch.setattr(module, "MOST_ROWS", 5)
    found = horizon(folder, now_us)
    assert (found.cells, found.why) == ([], "more than 5 positions are kept of 1 minutes")


def test_where_nothing_is_kept_nothing_is_known(tmp_path: Path) -> None:
    assert horizon_apart(tmp_path, HOUR_US).cells == []
