"""What a result holds, and when it is made."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import nofly
from nofly.run.result import CheckResult, Gap, when_asked
from nofly.schema import Coded, Positions, concatenate
from nofly.zones.model import Circle, Volume, Zone

GAP = Gap("icao24:4b1800", 1, 2)


@pytest.fixture
def checked() -> CheckResult:
    n = 40
    track = Positions(
        1_700_000_000_000_000 + np.arange(n) * np.where(np.arange(n) < 30, 5_000_000, 60_000_000),
        Coded.from_list(["icao24:4b1800"] * n), np.full(n, 46.95), np.linspace(7.3, 7.6, n),
        {"alt_std_m": np.full(n, 800.0)},
    )  # fmt: skip
    return nofly.check(track, [Zone("R", "R", (Volume(Circle((46.95, 7.45), 5000.0)),))])


def test_a_field_is_made_once_and_only_when_asked_for() -> None:
    made = []

    def gaps() -> tuple[Gap, ...]:
        made.append(True)
        return (GAP,)

    result = CheckResult((), 0, 0, None, gaps=when_asked(gaps), tracks=when_asked(lambda: concatenate([])))
    assert result.exit_code == 3
    assert not made
    assert result.gaps == (GAP,) == result.gaps
    assert len(made) == 1
    assert result.tracks is result.tracks
    assert dataclasses.replace(result, report_count=1).gaps == (GAP,)
    assert len(made) == 1


def test_what_is_given_is_what_is_held() -> None:
    result = CheckResult((), 0, 0, None)
    assert result.tracks is None
    assert result.gaps == ()
    assert CheckResult((), 0, 0, None, gaps=(GAP,)).gaps == (GAP,)


def test_a_result_travels_whole(checked: CheckResult) -> None:
    for other in (pickle.loads(pickle.dumps(checked)), copy.deepcopy(checked)):
        assert other.infringements == checked.infringements
        assert len(other.infringements) == 1
        assert other.gaps == checked.gaps
        assert len(other.gaps) == 1
        assert other.tracks is not None
        assert checked.tracks is not None
        assert np.array_equal(other.tracks.lon_deg, checked.tracks.lon_deg)
        assert other.exit_code == checked.exit_code == 1
