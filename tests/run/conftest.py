"""Results made by hand, for every test of what is made of a result."""

from __future__ import annotations

import dataclasses

import pytest

from nofly.run.result import CheckResult
from tests.run.sample import sample


@pytest.fixture(scope="session")
def result() -> CheckResult:
    return sample()


@pytest.fixture(scope="session")
def nobody(result: CheckResult) -> CheckResult:
    return dataclasses.replace(result, infringements=(), tracks=None, gaps=())
