"""The page at every size, light and dark: nothing sticks out, all is accessible; pictures are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

SWISS = "?lat=46.8&lon=8.2&zoom=6.5"
SIZES = ((1400, 800), (1024, 768), (390, 844))
TABS = ("incidents", "aircraft", "zones")
OUTSIDE = """[...document.querySelectorAll("body *")].filter(one => {
  const box = one.getBoundingClientRect();
  const cut = one.closest(".maplibregl-map, .unseen, .skip");
  return !cut && box.width > 1 && (box.right > innerWidth + 1 || box.left < -1);
}).map(one => one.outerHTML.slice(0, 80))"""
CROWDED = """(() => {
  const found = [];
  for (const parent of document.querySelectorAll("header, nav, .incident, .zone-row, tr, .verbs, .tools")) {
    const boxes = [...parent.children].filter(one => !one.matches(".unseen"))
      .map(one => [one, one.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1 && box.height > 1);
    boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const what = [one, other].map(each => each.outerHTML.slice(0, 60));
      if (wide > 1 && high > 1) found.push(what.join(" over "));
    }));
  }
  return found;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    swiss: Server, seen: Callable[..., Seen], pictures: Path, scheme: str
) -> None:
    look = seen(scheme=scheme)
    page = look.open(swiss, f"{SWISS}&aircraft=icao24:49d283")
    look.until("document.querySelectorAll('#incidents-open button').length >= 1")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for tab in (*TABS, "map") if width < 700 else TABS:
            page.locator(f"#tab-{tab}").click()
            page.wait_for_timeout(300)
            page.screenshot(path=pictures / f"{width}-{tab}.png")
            assert page.evaluate(OUTSIDE) == [], (width, tab)
            assert page.evaluate(CROWDED) == [], (width, tab)
    assert len(list(Path(pictures).glob("*.png"))) == 10


def violations(page: Any) -> list[str]:
    """Return what axe-core finds that is serious or worse."""
    module = "axe_playwright_python.sync_playwright"
    axe = pytest.importorskip(
        module, reason="axe-playwright-python is not installed: accessibility is not tested"
    )
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_axe_finds_no_serious_violation(swiss: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(swiss, f"{SWISS}&aircraft=icao24:49d283")
    look.until("document.querySelectorAll('#incidents-open button').length >= 1")
    for tab in TABS:
        page.locator(f"#tab-{tab}").click()
        assert violations(page) == [], tab
    page.keyboard.press("?")
    assert violations(page) == [], "help"
    page.keyboard.press("Escape")
    page.locator("#tab-incidents").click()
    page.locator("#incidents-open button").first.click()
    look.until("document.querySelectorAll('.life li').length >= 1")
    for theme in ("light", "dark"):
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert violations(page) == [], theme
        page.keyboard.press("d")
    page.context.clear_cookies()
    page.goto(f"{swiss.url}login.html")
    look.until("!document.getElementById('login').hidden")
    assert violations(page) == []
