"""What the map page costs in a real browser: from its address to the drawn map, and pictures a second."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import web

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-component-update",
]  # fmt: skip
SIZE = (1400, 800)
LOADS = 7
COUNTS: tuple[int, ...] = (100, web.AIRCRAFT)
PATIENCE_MS = 60_000
MOVE_S = 8.0
COUNT = """() => {
  window.pictures = [];
  const next = at => { pictures.push(at); requestAnimationFrame(next); };
  requestAnimationFrame(next);
}"""
DRAWN = "(performance.getEntriesByName('map-drawn')[0] ?? {}).startTime ?? null"
VIEWS = {
    "12,000 aircraft": "lat=47&lon=8&zoom=4.5&labels=0&veil=off",
    "12,000 aircraft and the veil": "lat=47&lon=8&zoom=4.5&labels=0",
    "one zone, 100 aircraft": "lat=47.5&lon=8.5&zoom=8&veil=off",
}


def measure() -> dict[str, Any]:
    """Return milliseconds from the address to the drawn map by number of aircraft, each with an empty cache,
    the first after the server's start first; and pictures a second. ``missing`` says why there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {"missing": "playwright is not installed"}
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return {"missing": "no Chromium on this machine"}
    drawn = {}
    with tempfile.TemporaryDirectory(prefix="nofly-bench-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        for aircraft in COUNTS:
            state = Path(folder, str(aircraft))
            state.mkdir()
            with web.watched(state, aircraft) as (_, url, link):
                time.sleep(web.WARM_S)
                drawn[f"{aircraft:,}"] = [round(_load(browser, url, link)) for _ in range(LOADS + 1)]
                if aircraft == web.AIRCRAFT:
                    moving = {name: _moving(browser, url, view, link) for name, view in VIEWS.items()}
        version = browser.version
        browser.close()
    return {
        "browser": f"Chromium {version}", "size": list(SIZE), "drawn ms": drawn,
        "pictures a second": moving, "load": os.getloadavg()[0],
    }  # fmt: skip


@contextmanager
def _opened(browser: Any, url: str, link: str) -> Iterator[Any]:
    """Give a page with nothing in its cache that shows what the public link shows."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    try:
        answer = context.request.post(f"{url.rstrip('/')}/api/v1/session/link", data={"link": link})
        assert answer.ok, answer.text()
        yield context.new_page()
    finally:
        context.close()


def _until(page: Any, script: str) -> Any:
    until_s = time.monotonic() + PATIENCE_MS / 1e3
    while (found := page.evaluate(script)) in (None, False) and time.monotonic() < until_s:
        time.sleep(0.05)
    return found


def _load(browser: Any, url: str, link: str) -> float:
    """Return how long after its address was opened the page said that the map is on the screen."""
    with _opened(browser, url, link) as page:
        page.goto(url, wait_until="commit")
        return float(_until(page, DRAWN))


def _moving(browser: Any, url: str, view: str, link: str) -> dict[str, float]:
    """Return how many pictures a second there are while the map is moved, and how long the longest takes."""
    with _opened(browser, url, link) as page:
        page.goto(f"{url}?{view}", wait_until="commit")
        _until(page, "document.body?.dataset.drawn === 'true'")
        page.wait_for_timeout(3000)
        page.mouse.move(400, 400)
        page.mouse.down()
        page.evaluate(COUNT)
        begun_s, step = time.monotonic(), 0
        while time.monotonic() < begun_s + MOVE_S:
            step += 1
            page.mouse.move(400 + step * 7 % 200, 400 + step * 3 % 60)
        page.mouse.up()
        at = page.evaluate("pictures")
    gaps = [b - a for a, b in pairwise(at)]
    return {"median": round(1e3 / statistics.median(gaps), 1), "mean": round(1e3 * len(gaps) / sum(gaps), 1),
            "longest ms": round(max(gaps))}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
