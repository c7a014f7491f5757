"""The whole API by its own description: no fault, and every answer as it is described (schemathesis)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.conftest import application

WANTED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip


@pytest.fixture
def described(watched: Path, tmp_path: Path) -> schemathesis.BaseSchema:
    """Return the description of an application over a state folder of its own."""
    folder = Path(shutil.copytree(watched, tmp_path / "state"))
    time_s = iter(range(1_000_000))
    client = application(folder, monotonic_s=lambda: float(next(time_s)))
    found = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app)
    return found.exclude(path_regex="/stream/|/readyz")


@pytest.mark.thorough
def test_every_answer_is_as_described(described: schemathesis.BaseSchema) -> None:
    tried = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def asked(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=WANTED)

        asked()
        tried += 1
    assert tried > 20
