"""What is said of coverage, held against traffic that was held back."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from nofly.proof.coverage import Coverage, Seen
from nofly.proof.covering.calibration import Horizon, compared, held_back
from nofly.run.coverage import Trial, calibrated
from nofly.run.files.trackfiles import read_batches
from nofly.schema import Positions, concatenate
from tests.proof.level_flights import START_US, flight


@functools.cache
def _trials(path: Path) -> list[Trial]:
    return calibrated(lambda: (batch.positions for batch in read_batches(path)))


def _of(trials: list[Trial], hidden: str, verdict: Seen) -> tuple[int, int, int, int]:
    (trial,) = (trial for trial in trials if trial.hidden.startswith(hidden))
    (line,) = (line for line in trial.lines if line.verdict is verdict)
    return line[1:]


@pytest.fixture(scope="module")
def swiss(shared: Path) -> list[Trial]:
    """Return the trials of real traffic: 842 aircraft over 17 hours."""
    return _trials(shared / "traffic" / "switzerland.json.gz")


@pytest.mark.parametrize(("hidden", "least_fraction"), [("half", 0.55), ("9 of 10", 0.7)])
def test_cells_that_could_be_seen_are_seen_by_aircraft_held_back(
    swiss: list[Trial], hidden: str, least_fraction: float
) -> None:
    called, seen, *_ = _of(swiss, hidden, Seen.COULD)
    assert called >= 400
    assert seen / called >= least_fraction
    called, seen, *_ = _of(swiss, hidden, Seen.COULD_NOT)
    assert called >= 20_000
    assert seen / called <= 0.001


@pytest.mark.parametrize(
    ("least_deg", "could_fraction", "could_not_fraction"),
    [(3, 0.95, 0.10), (6, 0.90, 0.03), (10, 0.75, 0.01)],
)
def test_a_simulated_receiver_gets_what_could_be_seen_and_not_what_could_not(
    swiss: list[Trial], least_deg: int, could_fraction: float, could_not_fraction: float
) -> None:
    hidden = f"what is lower than {least_deg}°"
    *_, passages, received = _of(swiss, hidden, Seen.COULD)
    assert passages >= 50
    assert received / passages >= could_fraction
    *_, passages, received = _of(swiss, hidden, Seen.COULD_NOT)
    assert passages >= 500
    assert received / passages <= could_not_fraction


def test_low_traffic_too(shared: Path) -> None:
    trials = _trials(shared / "traffic" / "paris-2021-10-07-42ac.json.gz")
    for least_deg, least_fraction in ((1, 0.95), (3, 0.95), (6, 0.5)):
        hidden = f"what is lower than {least_deg}°"
        *_, passages, received = _of(trials, hidden, Seen.COULD)
        assert passages >= 10
        assert received / passages >= least_fraction
        *_, received = _of(trials, hidden, Seen.COULD_NOT)
        assert received == 0


def test_a_named_receiver_is_held_against_what_others_received() -> None:
    parts = []
    for k in range(60):
        whole = flight(f"{k:06x}", (46.0 + k % 5 / 10, 5.0), (46.0 + k % 5 / 10, 11.0), 35_000.0,
                       START_US + k * 120_000_000, station="east")  # fmt: skip
        west = whole.take(whole.lon_deg < 8.3)
        west.texts["station"].values[:] = ["west"]
        east = flight(f"{k:06x}", (46.0 + k % 5 / 10, 5.0), (46.0 + k % 5 / 10, 11.0), 35_000.0,
                      START_US + k * 120_000_000, station="east")  # fmt: skip
        parts += [west, east.take(east.lon_deg >= 7.0)]
    whole = concatenate(parts)
    trials = calibrated(lambda: [whole])
    assert [t.hidden.split(",")[0] for t in trials[2:4]] == [
        "all but receiver east", "all but receiver west"
    ]  # fmt: skip
    *_, passages, received = _of(trials, "all but receiver west", Seen.SEEN)
    assert received >= 0.95 * passages > 0
    *_, passages, received = _of(trials, "all but receiver west", Seen.COULD_NOT)
    assert passages > 50
    assert received == 0


def test_a_horizon_is_a_line_of_sight() -> None:
    # At 0° over an Earth of 4/3: d = sqrt(2 × 4/3 × R × h), 411 km for 10 km.
    lat = 47.0 + np.array([400.0, 420.0]) / 111.195
    there = Positions(
        np.zeros(2, np.int64), flight("a", (0.0, 0.0), (1.0, 1.0)).target, lat, np.full(2, 8.0),
        {"alt_std_m": np.full(2, 10_000.0)},
    )  # fmt: skip
    assert Horizon(47.0, 8.0, 0.0).gets(there).tolist() == [True, False]


def test_nothing_hidden_and_nothing_there_make_no_fault() -> None:
    empty = Coverage().rows()
    lines = compared(empty, empty, held_back, False)
    assert [line[1:] for line in lines] == [(0, 0, 0, 0)] * 4
    assert len(calibrated(lambda: [concatenate([])])) == 2
