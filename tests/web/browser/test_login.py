"""Whoever is not known is sent to the login page, and comes back to the view where he was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

SESSION: dict[str, Any] = {
    "name": "anna", "via": "login", "role": "viewer", "rights": ["read"], "csrf": "token",
    "must_change_password": False, "delay_s": 0.0, "expires": None,
}  # fmt: skip
REFUSED = {"error": {"id": "x", "code": "not-known", "message": "log in"}}


def test_a_login_leads_back_to_the_view(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.page
    known = {"in": False, "must": True}
    sent: list[Any] = []

    def answer(route: Any) -> None:
        request = route.request
        if request.method == "POST":
            sent.append((request.url.rpartition("/v1/")[2], json.loads(request.post_data)))
            known["in"] = True
            known["must"] = "password" not in request.url.rpartition("/v1/")[2]
        body = {**SESSION, "must_change_password": known["must"]} if known["in"] else REFUSED
        route.fulfill(status=200 if known["in"] else 401, json=body)

    page.route("**/api/v1/session**", answer)
    page.goto(f"{swiss.url}?tab=zones&filter=%3Cb%3E&lat=46.8&lon=8.2&zoom=6.5")
    page.wait_for_url("**/login.html**")
    look.until("!document.getElementById('login').hidden")
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("one-time")
    page.keyboard.press("Enter")
    look.until("!document.getElementById('change').hidden")
    page.keyboard.type("one-time")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough password")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough password")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{swiss.url}?**")
    assert sent == [
        ("session", {"name": "anna", "password": "one-time"}),
        ("session/password", {"current": "one-time", "new": "a long enough password"}),
    ]
    look.until("!document.getElementById('logout').hidden")
    assert page.evaluate("location.search.includes('tab=zones')") is True
    assert page.locator("#filter").input_value() == "<b>"


def test_another_site_is_no_way_back(swiss: Server, seen: Callable[..., Seen]) -> None:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    ways = ["//a.org/x", "http://a.org", "javascript:alert(1)", "/\\a.org", "", "/?tab=zones"]
    found = page.evaluate(
        "async ways => { const { wayBack } = await import('/page/api.mjs'); return ways.map(wayBack); }", ways
    )
    assert found == ["/", "/", "/", "/", "/", "/?tab=zones"]
