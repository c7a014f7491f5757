"""The map in a frame of another site's page: where that is allowed, by a public link, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.live import Feed, until
from tests.web.browser.conftest import Seen
from tests.web.browser.other_server import OtherServer, other_server
from tests.web.browser.served import HOSTILE_ZONE, Server, square
from tests.web.browser.test_looks import OUTSIDE, violations

AT = "lat=50&lon=14.1&zoom=8"
REFUSED = ("frame-ancestors", "Refused to frame", "Framing")


@pytest.fixture
def sites() -> Iterator[tuple[OtherServer, OtherServer]]:
    """Give two other sites: one that may embed, one that may not."""
    with other_server() as friend, other_server() as stranger:
        yield friend, stranger


@pytest.fixture
def embedded(tmp_path: Path, feed: Feed, sites: tuple[OtherServer, OtherServer]) -> Iterator[Server]:
    config = f'[web]\nembed_origins = ["{sites[0].url}"]\n'
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}", config)
    server.begin()
    server.log_in()
    yield server
    server.end()


def link(server: Server, **more: Any) -> str:
    """Return the secret of a new public link."""
    csrf = server.asked("/api/v1/session")["csrf"]
    made = server.asked("/api/v1/links", {"name": "press", "why": "asked", **more}, csrf)
    return str(made["path"]).partition("=")[2]


def framing(site: OtherServer, address: str) -> str:
    """Have a site serve a page with a frame in it; return where."""
    page = f'<!doctype html><title>News</title><iframe src="{address}" title="map" width="700" height="480">'
    site.served["/news.html"] = ("text/html", page.encode())
    return f"{site.url}/news.html"


def frame_of(page: Any, server: Server) -> Any:
    return until(lambda: next((f for f in page.frames if f.url.startswith(server.url)), None), "the frame")


def test_a_page_that_may_shows_the_map(
    embedded: Server, sites: tuple[OtherServer, OtherServer], feed: Feed, seen: Callable[..., Seen],
    tmp_path: Path,
) -> None:  # fmt: skip
    feed.fly("icao24:4b1802", 13.9, 14.1, callsign="SWR123")
    until(lambda: embedded.asked("/api/v1/incidents?open=true")["incidents"], "an incident")
    page = seen(width=760, height=540).page
    secret = link(embedded)
    page.goto(framing(sites[0], f"{embedded.url}embed.html?{AT}&lang=en&theme=light#link={secret}"))
    frame = frame_of(page, embedded)
    until(lambda: frame.evaluate("document.body.dataset.drawn === 'true'"), "the map in the frame")
    until(lambda: "Open incidents: 1" in frame.locator("#inside").inner_text(), "the incident")
    until(lambda: "1" in frame.locator("#watched").inner_text(), "an aircraft")
    assert (
        frame.evaluate("document.querySelectorAll('button:not(.maplibregl-ctrl button), input, form').length")
        == 0
    )
    assert frame.evaluate(OUTSIDE) == []
    assert frame.evaluate("document.querySelector('#map canvas').getBoundingClientRect().height") > 300
    assert frame.evaluate("document.getElementById('map-part').getBoundingClientRect().height") > 300
    assert HOSTILE_ZONE not in frame.content()
    page.wait_for_timeout(500)
    page.screenshot(path=tmp_path / "embedded.png")
    # It is known by the link alone: no cookie of ours is in the browser.
    assert [one for one in page.context.cookies() if one["name"].startswith("nofly")] == []
    assert secret not in (embedded.folder / "serve.log").read_text()
    page.set_viewport_size({"width": 390, "height": 540})
    assert frame.evaluate(OUTSIDE) == []
    page.goto(f"{embedded.url}embed.html?{AT}#link={secret}")
    until(lambda: page.evaluate("document.body.dataset.drawn === 'true'"), "the map")
    assert violations(page) == []


def test_where_a_link_was_revoked_it_says_so(
    embedded: Server, sites: tuple[OtherServer, OtherServer], seen: Callable[..., Seen]
) -> None:
    page = seen().page
    page.goto(framing(sites[0], f"{embedded.url}embed.html?{AT}#link=wrong"))
    frame = frame_of(page, embedded)
    until(lambda: "revoked" in frame.locator("#banner").inner_text(), "why nothing is shown")
    assert frame.url.startswith(f"{embedded.url}embed.html")


def test_who_is_logged_in_is_nobody_in_a_frame(
    embedded: Server, sites: tuple[OtherServer, OtherServer], seen: Callable[..., Seen]
) -> None:
    page = seen().page
    page.context.add_cookies(embedded.as_logged_in())
    page.goto(framing(sites[0], f"{embedded.url}embed.html?{AT}"))
    frame = frame_of(page, embedded)
    until(lambda: "no public link" in frame.locator("#banner").inner_text(), "why nothing is shown")
    assert "SWR" not in frame.content()


@pytest.mark.parametrize(
    ("site", "address"),
    [(1, "embed.html"), (0, ""), (0, "login.html"), (0, "zones.html"), (0, "incident.html")],
)
def test_no_other_page_and_no_other_site(
    embedded: Server,
    sites: tuple[OtherServer, OtherServer],
    seen: Callable[..., Seen],
    site: int,
    address: str,
) -> None:
    look = seen()
    look.page.goto(framing(sites[site], f"{embedded.url}{address}?{AT}#link=x"))
    until(lambda: any(any(word in fault for word in REFUSED) for fault in look.faults), "it is refused")
    assert all(not frame.url.startswith(embedded.url) for frame in look.page.frames)
    look.faults.clear()
