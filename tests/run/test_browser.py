"""The page opens in a real browser: nothing is blocked, the picture decodes, nothing sticks out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from nofly.run.outputs.table import HEAD
from nofly.run.result import CheckResult

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROBE = """<!doctype html><meta charset="utf-8"><body><pre id="told"></pre>
<iframe id="page" src="page.html" style="border:0;width:{width}px;height:900px"></iframe><script>
document.getElementById("page").addEventListener("load", () => {{
  const inside = document.getElementById("page").contentDocument, root = inside.documentElement;
  const shown = [...inside.querySelectorAll("table.stays td")].filter(td => td.offsetHeight > 0);
  const out = [...inside.querySelectorAll("body *")].filter(
    e => !e.closest(".wide") && e.getBoundingClientRect().right > root.clientWidth + 1);
  document.getElementById("told").textContent = JSON.stringify({{
    across: root.scrollWidth, wide: root.clientWidth, picture: inside.querySelector("img").naturalWidth,
    cells: shown.length, labelled: shown.filter(td => td.dataset.label).length, out: out.map(e => e.tagName),
    table: inside.querySelector("table.stays").scrollWidth,
    cards: getComputedStyle(inside.querySelector("table.stays thead")).display === "none",
    scripts: inside.scripts.length, bold: inside.querySelectorAll("b").length}});
}});
</script>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine: the page is not opened in a browser (apt install chromium)")
    return found


def opened(chromium: str, page: Path, folder: Path) -> str:
    """Return the document as the browser has it once everything is loaded."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("width", [390, 1000, 1400])
def test_the_page_fits_the_screen(result: CheckResult, tmp_path: Path, chromium: str, width: int) -> None:
    result.save(tmp_path / "page.html")
    (tmp_path / "probe.html").write_text(PROBE.format(width=width), encoding="utf-8")
    dom = opened(chromium, tmp_path / "probe.html", tmp_path)
    told: dict[str, Any] = json.loads(unescape(re.findall(r'<pre id="told">(.*?)</pre>', dom)[0]))
    assert told["picture"] > 1000
    assert told["cells"] == told["labelled"] == len(HEAD) * len(result.infringements)
    assert told["across"] <= width
    assert told["out"] == []
    assert told["table"] <= told["wide"]
    assert told["cards"] is (width < 900)
    assert told["scripts"] == 0


def test_a_hostile_name_is_text_in_the_browser(result: CheckResult, tmp_path: Path, chromium: str) -> None:
    result.save(tmp_path / "page.html")
    dom = opened(chromium, tmp_path / "page.html", tmp_path)
    assert "&lt;b&gt;BERN&lt;/b&gt;" in dom
    assert "<b>BERN" not in dom
    assert "</html>" in dom
