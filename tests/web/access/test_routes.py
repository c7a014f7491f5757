"""Every route, as it is: who may use it, tried with no, wrong, expired, revoked and too small rights."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nofly.web.access.asked import anybody, himself, own
from nofly.web.access.rights import Right, Role
from nofly.web.app import STATIC
from nofly.web.served import needs
from tests.web.access.doors import WHO, House

OPEN = {
    ("GET", "/healthz"): "says nothing of the watch",
    ("GET", "/readyz"): "says yes or no",
    ("GET", "/api/v1/openapi.json"): "the same everywhere",
    ("POST", WHO): "to log in",
    ("POST", f"{WHO}/link"): "to use a public link",
    ("GET", f"{WHO}/ways"): "how one may log in",
    ("GET", f"{WHO}/provider"): "to log in by the provider",
    ("GET", f"{WHO}/provider/callback"): "to come back from the provider",
}
KNOWN = "whoever is known"
USER = "a user"
LOGIN = "a user who is logged in"
OF_DEPENDENCY: dict[Callable[..., Any], str] = {anybody: KNOWN, own: USER, himself: LOGIN}
WRONG = {
    "no word": {},
    "a wrong token": {"Authorization": "Bearer nofly_" + "x" * 43},
    "no token": {"Authorization": "Bearer "},
    "another scheme": {"Authorization": "Basic YWRtaW46YWRtaW4="},
    "a token that is too long": {"Authorization": "Bearer nofly_" + "x" * 4000},
    "a wrong link": {"X-Nofly-Link": "x" * 43},
    "a wrong cookie": {"Cookie": "nofly=x; nofly-link=y"},
}


class Door(NamedTuple):
    """A route, and who may use it: a right, or one of the words above; None: everybody."""

    method: str
    path: str
    rule: Right | str | None


def doors(house: House) -> Iterator[Door]:
    """Yield all routes but the static files. A new one without a rule fails here."""
    for context in iter_route_contexts(house.app._app.routes):
        route: Any = context.original_route
        if isinstance(route, Mount):
            assert (route.path, route.name) == ("", "static")
        elif isinstance(route, APIRoute | APIWebSocketRoute):
            methods = route.methods if isinstance(route, APIRoute) else {"WEBSOCKET"}
            for method in methods - {"HEAD"}:
                yield Door(method, route.path, rule_of(method, route.path, route.dependant))
        else:
            for method in route.methods - {"HEAD"}:
                assert (method, route.path) in OPEN, f"{method} {route.path} is no route of ours"
                yield Door(method, route.path, None)


def rule_of(method: str, path: str, dependant: Dependant) -> Right | str | None:
    calls = list(called(dependant))
    named = [OF_DEPENDENCY[call] for call in calls if call in OF_DEPENDENCY]
    rights = [inspect.getclosurevars(call).nonlocals["right"] for call in calls if made_by_needs(call)]
    if method == "WEBSOCKET":
        return Right.READ
    if (method, path) in OPEN:
        assert not named
        assert not rights
        return None
    (rule,) = {*named, *rights} or {None}
    assert rule is not None, f"{method} {path} says nowhere who may use it"
    return rule if isinstance(rule, str) and not isinstance(rule, Right) else Right(rule)


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from called(one)


def made_by_needs(call: Callable[..., Any]) -> bool:
    return getattr(call, "__code__", None) is needs(Right.READ).__code__


def tried(browser: TestClient, door: Door, headers: dict[str, str]) -> int:
    """Return the status with which a route answers a request without a body."""
    path = door.path
    while "{" in path:
        path = path.partition("{")[0] + "x" + path.partition("}")[2]
    if door.method != "WEBSOCKET":
        return asyncio.run(status_of(browser, browser.build_request(door.method, path, headers=headers)))
    try:
        with browser.websocket_connect(f"ws://nofly.example{path}", headers=headers):
            return 101
    except WebSocketDisconnect:
        return 403


async def status_at(browser: TestClient, method: str, path: str) -> int:
    """Return the status of what is at a path, to the letter."""
    request: Any = browser.build_request(method, "/")
    return await status_of(browser, request, path)


async def status_of(browser: TestClient, request: httpx.Request, path: str | None = None) -> int:
    """Return the status of an answer as soon as it begins: some never end."""
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    asked = [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await asyncio.shield(begun)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            begun.set_result(message["status"])

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
        "path": path or request.url.path, "raw_path": request.url.raw_path, "query_string": request.url.query,
        "root_path": "", "scheme": request.url.scheme, "client": browser._transport.client,  # type: ignore[attr-defined]
        "server": (request.url.host, 80), "headers": [(k.lower(), v) for k, v in request.headers.raw],
    }  # fmt: skip
    answering = asyncio.ensure_future(browser.app(scope, receive, send))
    await asyncio.wait([begun, answering], return_when=asyncio.FIRST_COMPLETED)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    return begun.result()


def refused(door: Door) -> int:
    """Return the status that says who asks is not known; a stream that is not opened has but one."""
    return 403 if door.method == "WEBSOCKET" else 401


@pytest.mark.parametrize("how", WRONG)
def test_who_is_not_known(here: House, how: str) -> None:
    seen = {door: tried(here.browser(), door, WRONG[how]) for door in doors(here)}
    assert len(seen) > 25
    for door, status in seen.items():
        if door.rule is not None:
            assert status == refused(door), door
        else:
            assert status not in (401, 403), door
    assert {(d.method, d.path) for d in seen if d.rule is None} == set(OPEN)


@pytest.mark.parametrize("how", ["expired", "revoked", "of a disabled user"])
def test_who_is_not_known_any_more(here: House, how: str) -> None:
    root = here.logged_in("administrator")
    here.user("second", Role.ADMINISTRATOR)
    token = here.token("second", *Right)
    link = root.post("/api/v1/links", json={"name": "p", "why": "x", "expires": here.in_hours(1)}).json()
    credentials = [
        {"Authorization": f"Bearer {token}"}, {"X-Nofly-Link": link["path"].partition("=")[2]},
    ]  # fmt: skip
    for headers in credentials:
        assert here.browser().get("/api/v1/status", headers=headers).status_code == 200
    if how == "expired":
        here.now_s += 3601
    else:
        assert root.delete(f"/api/v1/links/{link['id']}").status_code == 204
        if how == "revoked":
            (made,) = root.get("/api/v1/tokens?everybody=true").json()["tokens"]
            assert root.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
        else:
            root.patch("/api/v1/users/second", json={"disabled": True, "why": "left"})
    for number, headers in enumerate(credentials):
        browser = here.browser(address=f"192.0.2.{number + 10}")
        for door in doors(here):
            if door.rule is not None:
                assert tried(browser, door, headers) == refused(door), door


@pytest.mark.parametrize("right", [None, *Right])
def test_too_small_rights(here: House, right: Right | None) -> None:
    """A token that may all but one right, and one that may nothing any more."""
    root = here.logged_in("administrator")
    here.user("second", Role.ADMINISTRATOR)
    held = [one for one in Right if one is not right] if right is not None else [Right.ADMINISTER]
    headers = {"Authorization": f"Bearer {here.token('second', *held)}"}
    if right is None:
        assert root.patch("/api/v1/users/second", json={"role": "viewer", "why": "x"}).status_code == 200
        held = []
    browser = here.browser(address="192.0.2.9")
    for door in doors(here):
        status = tried(browser, door, headers)
        if door.rule is None:
            assert status not in (401, 403), door
        elif door.rule == LOGIN or (door.path, door.method) == (f"{WHO}/password", "POST"):
            assert status in (403, 422), door
        elif isinstance(door.rule, Right):
            if door.method == "WEBSOCKET":
                assert status == (101 if door.rule in held else 403), door
            else:
                assert (status == 403) == (door.rule not in held), door
        elif door.rule == USER:
            assert (status == 403) == (Right.READ not in held), door
        else:
            assert status not in (401, 403), door


def test_a_public_link_reads_and_does_nothing_else(here: House) -> None:
    root = here.logged_in("administrator")
    path = root.post("/api/v1/links", json={"name": "press", "why": "asked"}).json()["path"]
    secret = path.partition("=")[2]
    browser, by_header = here.browser(address="192.0.2.8"), here.browser(address="192.0.2.7")
    assert browser.post(f"{WHO}/link", json={"link": secret}).json()["rights"] == ["read"]
    by_header.headers["X-Nofly-Link"] = secret
    for who in (browser, by_header):
        for door in doors(here):
            status = tried(who, door, {"Origin": "http://nofly.example"})
            may = door.rule is None or (door.method == "GET" and door.rule in (KNOWN, Right.READ))
            if door.method == "WEBSOCKET":
                assert status == 101, door
            else:
                assert (status == 403) != may, door


def test_who_must_change_the_password_may_nothing_else(here: House) -> None:
    here.user("new", Role.ADMINISTRATOR, must_change=True)
    browser = here.logged_in("new")
    for door in sorted(doors(here), key=lambda door: (door.method, door.path) == ("DELETE", WHO)):
        status = tried(browser, door, {"Origin": "http://nofly.example"})
        if door.rule not in (None, KNOWN):
            assert status == 403, door
        elif door.rule == KNOWN:
            assert status != 403, door


def test_a_stream_is_opened_by_our_own_page_alone(here: House) -> None:
    browser = here.logged_in("viewer")
    (door,) = (door for door in doors(here) if door.method == "WEBSOCKET")
    for headers, status in (
        ({}, 403), ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
        ({"Origin": "http://nofly.example"}, 101),
    ):  # fmt: skip
        assert tried(browser, door, headers) == status, headers
    token = {"Authorization": f"Bearer {here.token('viewer', 'read')}"}
    assert tried(here.browser(), door, token) == 101
    assert tried(here.browser(), door, {**token, "Origin": "http://evil.example"}) == 403


def test_static_files_are_for_everybody(here: House) -> None:
    assert here.browser().get("/").status_code == 200
    assert (STATIC.parent / "app.py").is_file(), "there is something to be found beside them"
    for path in (
        "/../app.py", "/page/../../app.py", "/..//app.py", "//../app.py", "/..\\app.py",
        f"/{STATIC.parent}/app.py", f"//{STATIC.parent}/app.py", "/page/..", "/..", "/app.py\0",
        "/\0/../../app.py",
    ):  # fmt: skip
        for method in ("GET", "HEAD"):
            # As it is after it was decoded; a client would take the dots out.
            assert asyncio.run(status_at(here.browser(), method, path)) in (404, 307), path
    assert asyncio.run(status_at(here.browser(), "GET", "/page/../index.html")) == 200
