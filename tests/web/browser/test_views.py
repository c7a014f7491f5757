"""Every view is an address, and everything is reached by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

SWISS = "?lat=46.8&lon=8.2&zoom=6.5"


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_view_is_an_address_and_back_goes_back(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(swiss, f"{SWISS}&tab=aircraft")
    look.until("document.querySelectorAll('#aircraft-rows tr').length >= 3")
    page.locator("#filter").fill("tvs")
    look.until("document.querySelectorAll('#aircraft-rows tr').length === 1")
    page.get_by_role("button", name="TVS2453", exact=True).click()
    look.until("document.getElementById('selected-name').textContent === 'TVS2453'")
    assert asked(page.url)["aircraft"] == "icao24:49d283"
    page.locator("#selected .incident-link").click()
    look.until("document.querySelectorAll('.life li').length >= 1")
    incident = asked(page.url)["incident"]
    page.go_back()
    look.until("document.getElementById('incident-whole').hidden")
    assert "incident" not in asked(page.url)
    page.go_forward()
    look.until("document.querySelectorAll('.life li').length >= 1")
    kept = page.url
    look.open(swiss, kept.removeprefix(swiss.url))
    look.until("document.querySelectorAll('.life li').length >= 1")
    view = asked(page.url)
    assert view == asked(kept)
    assert (view["incident"], view["aircraft"], view["filter"]) == (incident, "icao24:49d283", "tvs")
    assert (view["lat"], view["lon"], view["zoom"]) == ("46.8000", "8.2000", "6.50")
    assert page.locator("#selected-name").inner_text() == "TVS2453"


def test_keys_alone_reach_everything(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(swiss, f"{SWISS}&lang=uk")
    page.keyboard.press("a")
    look.until("document.querySelectorAll('#aircraft-rows tr').length >= 3")
    page.keyboard.press("f")
    page.keyboard.type("tvs2453")
    look.until("document.querySelectorAll('#aircraft-rows tr').length === 1")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "TVS2453":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    look.until("!document.getElementById('selected').hidden")
    page.keyboard.press("Escape")
    assert page.locator("#selected").is_hidden()
    page.keyboard.press("l")
    assert asked(page.url)["labels"] == "0"
    page.keyboard.press("j")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    look.until("document.querySelectorAll('.life li').length >= 1")
    assert page.evaluate("document.activeElement.id") == "incident-title"
    page.keyboard.press("?")
    assert page.get_by_role("dialog").inner_text().startswith("Клавіші")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    look.until("document.getElementById('incident-whole').hidden")
    page.keyboard.press("m")
    page.keyboard.press("+")
    look.until("new URLSearchParams(location.search).get('zoom') > 7")


def test_what_is_said_goes_on_record_with_its_reason(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(swiss, SWISS)
    look.until("document.querySelectorAll('#incidents-open button').length >= 1")
    page.locator("#incidents-open button").first.click()
    look.until("document.querySelectorAll('.verbs button:not(.link)').length === 4")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_role("button", name="Put on record").click()
    assert page.locator("#statement").is_visible(), "without a reason nothing is recorded"
    page.locator("#statement textarea").fill("seen by the tower")
    page.get_by_role("button", name="Put on record").click()
    look.until("document.getElementById('incident-body').textContent.includes('seen by the tower')")
    assert page.locator("#statement").is_hidden()


def test_t_shows_the_trails_of_all_and_says_so_in_the_address(
    swiss: Server, seen: Callable[..., Seen], tmp_path: Path
) -> None:
    look = seen()
    page = look.open(swiss, f"{SWISS}&veil=off")
    asked_for: list[str] = []
    page.on("request", lambda one: asked_for.append(one.url) if "/trails?" in one.url else None)
    page.wait_for_timeout(300)
    assert asked_for == [], "nobody wants them"
    look.until(
        "fetch('/api/v1/trails').then(answer => answer.json())"
        ".then(({ trails }) => Math.max(...trails.map(({ places }) => places.length)) >= 3)"
    )
    with page.expect_response("**/api/v1/trails?**") as answered:
        page.keyboard.press("t")
    assert asked(page.url)["trails"] == "1"
    trails = answered.value.json()["trails"]
    assert len(trails) >= 3
    assert max(len(one["places"]) for one in trails) >= 2
    page.wait_for_timeout(700)
    page.screenshot(path=tmp_path / "trails.png")
    page.keyboard.press("t")
    assert "trails" not in asked(page.url)
    with page.expect_response("**/api/v1/trails?**"):
        look.open(swiss, f"{SWISS}&trails=1")
