"""A real browser on a page that a real process serves. Without one, the tests are skipped and say so."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.live import Feed, until
from tests.web.browser.served import Server, demo, square


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens a browser: ``make test`` leaves it to ``make browser``."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
KNOWN = (
    "401 (Unauthorized)", "GPU stall", "ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY",
    "WebSocket connection",
)  # fmt: skip
"""What a console may say: whoever is not known is told so, one that is ended breaks lines and refuses
new ones, and a machine without a graphics card is slow."""


class Seen:
    """A page, and what its console said that it should not."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog {dialog.message}"))

    def _said(self, message: Any) -> None:
        text = f"{message.text} {message.location.get('url', '')}"
        if message.type in ("error", "warning") and not any(known in text for known in KNOWN):
            self.faults.append(text)

    def open(self, server: Server, address: str) -> Any:
        """Open a view of a server as who is logged in, wait until the map is drawn, and return the page."""
        self.page.context.add_cookies(server.as_logged_in())
        self.page.goto(server.url + address)
        self.until("document.body.dataset.drawn === 'true'")
        return self.page

    def until(self, script: str) -> Any:
        """Return the first true value of a script. The page's policy forbids Playwright's own way to wait."""
        return until(lambda: self.page.evaluate(script), script)


PAGES = Path(os.environ.get("NOFLY_PAGES") or Path(__file__).resolve().parents[3] / "build" / "pages")
"""Where the pictures of pages are kept, to be looked at."""


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    """Give an empty folder for the pictures of a test, which stay when it has passed."""
    folder = PAGES / re.sub(r"\W+", "-", f"{request.path.stem}-{request.node.name}").strip("-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Give a browser; where there is none, skip and say so."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: the page is not opened in a browser"
    )
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page is not opened in a browser (apt install chromium)")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def seen(browser: Any) -> Iterator[Callable[..., Seen]]:
    """Give what opens a page of a size and a colour scheme; afterwards, nothing was amiss on any."""
    pages: list[Seen] = []

    def opened(width: int = 1000, height: int = 640, scheme: str = "light", **more: Any) -> Seen:
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, **{"locale": "en-GB", **more}
        )
        pages.append(Seen(page))
        return pages[-1]

    yield opened
    for one in pages:
        one.page.close()
    assert [fault for one in pages for fault in one.faults] == []


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Give a feed whose flights the test flies."""
    found = Feed()
    yield found
    found.close()


@pytest.fixture
def flown(tmp_path: Path, feed: Feed) -> Iterator[Server]:
    """Give a server that watches a square by the feed."""
    server = Server(tmp_path, square(tmp_path), f"jsonl+tcp://127.0.0.1:{feed.port}")
    server.begin()
    server.log_in()
    yield server
    server.end()


@pytest.fixture(scope="session")
def swiss(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that replays the demo's flights over Switzerland, some minutes into the closure, and no
    faster than they flew: who is inside stays so while other tests run."""
    folder = tmp_path_factory.mktemp("swiss")
    zones, flights = demo(folder, first_s=14 * 60)
    server = Server(folder, zones, f"replay+file:{flights}?speed=1")
    server.begin()
    server.log_in()
    until(lambda: len(server.asked("/api/v1/incidents?open=true")["incidents"]) >= 2, "incidents")
    yield server
    server.end()
