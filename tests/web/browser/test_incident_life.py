"""An aircraft comes, enters and leaves, and the page says so by itself, whatever it calls itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cli.live import Feed
from tests.web.browser.conftest import Seen
from tests.web.browser.served import HOSTILE_CALLSIGN, HOSTILE_ZONE, Server

FLIGHT: dict[str, Any] = {"callsign": HOSTILE_CALLSIGN, "gs_mps": 143.0, "track_deg": 90.0}
PHASES = "[...document.querySelectorAll('#incidents-open button')].map(one => one.dataset.phase).join()"
AT_SQUARE = "?lat=50&lon=14.1&zoom=8"


def test_warning_entry_and_exit_appear_without_reload(
    flown: Server, feed: Feed, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(flown, AT_SQUARE)
    page.evaluate("window.sameDocument = true")
    assert page.evaluate(PHASES) == ""
    feed.fly("icao24:4b1234", 13.70, 13.95, **FLIGHT)
    look.until(f"{PHASES} === 'predicted'")
    look.until("document.getElementById('announce').textContent.includes('entry expected')")
    feed.fly("icao24:4b1234", 13.96, 14.10, **FLIGHT)
    look.until(f"{PHASES} === 'infringing'")
    look.until("document.getElementById('announce-alarm').textContent.startsWith('entered')")
    feed.fly("icao24:4b1234", 14.11, 14.45, **FLIGHT)
    look.until(f"{PHASES} === 'exited'")
    assert page.evaluate("window.sameDocument") is True
    page.locator("#incidents-open button").click()
    look.until("document.querySelectorAll('.life li').length >= 4")
    kinds = page.evaluate("[...document.querySelectorAll('.life li')].map(one => one.dataset.kind)")
    assert kinds[:3] == ["predicted", "entered", "exited"]
    assert "judged" in kinds
    assert "confirmed" in page.locator(".finding").inner_text()
    assert_nothing_was_taken_for_markup(page)


def assert_nothing_was_taken_for_markup(page: Any) -> None:
    """The names are there, as text; nothing was made of them."""
    title = page.locator("#incident-title").inner_text()
    assert HOSTILE_CALLSIGN in title
    assert HOSTILE_ZONE in title
    page.locator("#tab-zones").click()
    assert HOSTILE_ZONE in page.locator("#zone-rows").inner_text()
    assert page.evaluate("document.querySelectorAll('img, i').length") == 0
    assert page.title() == "nofly – map"


def test_the_page_goes_on_when_the_server_comes_back(
    flown: Server, feed: Feed, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(flown, AT_SQUARE)
    feed.fly("icao24:4b1234", 13.70, 14.05, **FLIGHT)
    look.until(f"{PHASES} === 'infringing'")
    flown.end()
    look.until("document.body.classList.contains('old')")
    assert page.evaluate("document.querySelectorAll('#banner .alarm').length") >= 1
    feed.leave()
    flown.begin()
    look.until("!document.body.classList.contains('old')")
    feed.fly("icao24:4b1234", 14.06, 14.10, **FLIGHT)
    feed.fly("icao24:4b5678", 13.70, 14.05, **{**FLIGHT, "callsign": "SECOND"})
    look.until("document.querySelector('#incidents-open').textContent.includes('SECOND')")
    names = page.locator("#incidents-open .who").all_inner_texts()
    assert sorted(names) == [HOSTILE_CALLSIGN, "SECOND"]
