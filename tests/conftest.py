"""Fixtures for every test, and how hard hypothesis looks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from nofly.kernel import compiled
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# No deadline: a shared machine is slow at times, and no test asserts a time. In continuous integration the
# same cases come every time, so that a change is not blamed for what chance found; make check-long looks
# further.
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]
FIXED = "CI" in os.environ
settings.register_profile("usual", deadline=None, max_examples=100, derandomize=FIXED)
settings.register_profile(
    "uncompiled", deadline=None, max_examples=5, derandomize=FIXED, suppress_health_check=QUIET
)
settings.register_profile("long", deadline=None, max_examples=3000, suppress_health_check=QUIET)
settings.load_profile(os.environ.get("NOFLY_PROFILE") or ("usual" if compiled() else "uncompiled"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared real data; where it is absent, skip and say so."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real data not found: no folder ../shared/data beside the checkout")
    return SHARED / "data"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: an archive holds the time of its making, and every worker must
    find the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """Yield the URL of a PostgreSQL of its own; where there is none, skip and say so."""
    if why := postgres.missing():
        pytest.skip(f"not tested on PostgreSQL: {why}")
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def register_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a register that is not there yet, on either database."""
    if request.param == "sqlite":
        return str(tmp_path / "register.sqlite")
    return postgres.new_database(request.getfixturevalue("postgres_cluster"))
