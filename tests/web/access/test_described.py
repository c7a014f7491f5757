"""The routes of access by their description, by token and by login: no fault, and answers as described."""

from __future__ import annotations

from itertools import count

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from nofly.run.following.follower import Follower
from nofly.web.access.rights import Right
from nofly.web.app import create_app
from nofly.web.served import Served
from tests.web.access.doors import House
from tests.web.test_schema import WANTED

OURS = "^/api/v1/session|^/api/v1/(users|tokens|links)"


@pytest.mark.thorough
@pytest.mark.parametrize("via", ["token", "login"])
def test_every_answer_is_as_described(here: House, via: str) -> None:
    if via == "token":
        headers = {"Authorization": f"Bearer {here.token('administrator', *Right)}"}
    else:
        browser = here.logged_in("administrator")
        headers = {
            "Cookie": f"nofly={browser.cookies['nofly']}", "X-CSRF-Token": browser.headers["X-CSRF-Token"],
        }  # fmt: skip
    time_s = count()
    app = create_app(Served(Follower(here.folder), here.access, here.clock), lambda: float(next(time_s)))
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    tried = 0
    asked_of = described.include(path_regex=OURS)
    if via == "login":  # which would end with the first request to log out
        asked_of = asked_of.exclude(method="DELETE", path="/api/v1/session")
    for found in asked_of.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def asked(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=WANTED, headers=headers)

        asked()
        tried += 1
    assert tried >= 14
    assert {act["kind"] for act in here.acts()} >= {"access-user-made", "access-link-made"}
