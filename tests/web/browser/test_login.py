"""Whoever is not known is sent to the login page, and comes back to the view where he was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.live import Feed
from tests.web.access.identity_provider import CLIENT, SECRET, identity_provider
from tests.web.browser.conftest import Seen
from tests.web.browser.served import PASSWORD, Server, square
from tests.web.browser.test_looks import CROWDED, OUTSIDE, SIZES, violations

VIEW = "?tab=zones&filter=%3Cb%3E&lat=50&lon=14.1&zoom=8"


def test_a_login_leads_back_to_the_view_and_a_logout_out_of_it(
    tmp_path: Path, feed: Feed, seen: Callable[..., Seen]
) -> None:
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}")
    server.begin()
    look = seen()
    page = look.page
    page.goto(server.url + VIEW)
    page.wait_for_url("**/login.html**")
    look.until("!document.getElementById('login').hidden")
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    look.until("document.querySelector('#login .error').textContent.startsWith('Refused')")
    page.get_by_label("Password", exact=True).fill(server.first_password())
    page.keyboard.press("Enter")
    look.until("!document.getElementById('change').hidden")
    for given in (server.first_password(), PASSWORD, PASSWORD):
        page.keyboard.type(given)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}?**")
    look.until("!document.getElementById('logout').hidden")
    assert page.evaluate("location.search.includes('tab=zones')") is True
    assert page.locator("#filter").input_value() == "<b>"
    page.locator("#logout").click()
    page.wait_for_url("**/login.html**")
    page.goto(server.url + VIEW)
    page.wait_for_url("**/login.html**")
    page.goto("about:blank")
    server.end()


def test_the_provider_leads_in_and_back_to_the_view(
    tmp_path: Path, feed: Feed, seen: Callable[..., Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    with identity_provider() as idp:
        config = (
            f'[web.oidc]\nissuer = "{idp.issuer}"\nclient_id = "{CLIENT}"\nname = "the <b>ministry</b>"\n'
            'client_secret = "env:OIDC_SECRET"\nroles = { operators = "operator" }\n'
        )
        server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
        server.begin()
        look = seen()
        page = look.page
        idp.claims = {"groups": ["nobody"]}
        page.goto(server.url + VIEW)
        page.get_by_role("link", name="Sign in with the <b>ministry</b>").click()
        page.wait_for_url("**/login.html?refused=role**")
        look.until("document.querySelector('#login .error').textContent.includes('no role')")
        assert violations(page) == []
        page.screenshot(path=tmp_path / "provider.png")
        idp.claims = {"groups": ["operators"]}
        page.get_by_role("link", name="Sign in with").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{server.url}?**")
        look.until("!document.getElementById('logout').hidden")
        assert page.evaluate("location.search.includes('tab=zones')") is True
        assert page.locator("#filter").input_value() == "<b>"
        page.locator("#logout").click()
        page.wait_for_url("**/login.html**")
        page.goto("about:blank")
        server.end()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    swiss: Server, seen: Callable[..., Seen], pictures: Path, scheme: str
) -> None:
    look = seen(scheme=scheme)
    page = look.page
    page.goto(f"{swiss.url}login.html")
    look.until("!document.getElementById('login').hidden")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=pictures / f"{width}.png")
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate(CROWDED) == [], width


def test_another_site_is_no_way_back(swiss: Server, seen: Callable[..., Seen]) -> None:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    ways = ["//a.org/x", "https://a.org/", "javascript:alert(1)", "/\\a.org", "", "/?tab=zones"]
    found = page.evaluate(
        "async ways => { const { wayBack } = await import('/page/api.mjs'); return ways.map(wayBack); }", ways
    )
    assert found == ["/", "/", "/", "/", "/", "/?tab=zones"]
