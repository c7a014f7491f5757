"""Fixtures for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared real data; where it is absent, skip and say so."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real data not found: no folder ../shared/data beside the checkout")
    return SHARED / "data"
