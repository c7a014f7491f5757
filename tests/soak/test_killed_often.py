"""Two hundred deaths under load; `make check-long` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.test_watch_killed import survives

KILLS = 200


@pytest.mark.big
def test_two_hundred_deaths(tmp_path: Path) -> None:
    survives(tmp_path, KILLS, seed=11)
