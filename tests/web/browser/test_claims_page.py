"""The page of claims: both sides side by side, verdicts with reasons and numbers, the paths on the map,
documents that are shown and never executed, and claims put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nofly.run.claiming.attachments import attach
from tests.cli.live import Feed, until
from tests.run.test_claiming import HOSTILE, png
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server, square
from tests.web.browser.test_looks import CROWDED, OUTSIDE, SIZES, violations

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
MARKUP = '<img src=x onerror="document.title=1">'
SAID = """async () => {
  const { MORE_EN: en } = await import("/claims/words_en.mjs");
  const { MORE_UK: uk } = await import("/claims/words_uk.mjs");
  const holes = text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
  return [Object.keys(en).filter(key => !(key in uk) || holes(en[key]) !== holes(uk[key])),
    Object.keys(uk).filter(key => !(key in en))];
}"""
PARTS = ".box, .plot-head, .statement, .stated, .sides, .badge"


def claim_text() -> str:
    """Return the stadium example, with only one statement that paths are tried for."""
    text = (EXAMPLES / "data" / "stadium-claim.toml").read_text()
    return text.replace('duration = "10 min"\n', "")


def stadium(folder: Path) -> None:
    """Keep the stadium example as a claim with its tracks, a hostile page and a picture."""
    place = folder / "stadium"
    (place / "tracks").mkdir(parents=True)
    data = EXAMPLES / "data"
    text = claim_text().replace('"A neighbour"', f"'A neighbour {MARKUP}'")
    (place / "claim.toml").write_text(text)
    zones = (data / "stadium.geojson").read_text().replace("3000 ft AMSL", "3000 ft STD")
    (place / "stadium.geojson").write_text(zones)
    (place / "tracks" / "flights.csv").write_bytes((data / "flights.csv").read_bytes())
    for name, document in ((f"{MARKUP}.html", HOSTILE.encode()), ("map.png", png())):
        path = folder / name.replace("/", "_")
        path.write_bytes(document)
        attach(
            place / "claim.toml",
            path,
            captured="2026-05-03T10:00:00Z",
            statement="pilot",
            url="https://x.org/a",
        )
        path.unlink()


@pytest.fixture(scope="module")
def claiming(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server beside which a claim is kept, and one that cannot be read."""
    folder, feed = tmp_path_factory.mktemp("claims"), Feed()
    stadium(folder / "state" / "claims")
    broken = folder / "state" / "claims" / "broken"
    broken.mkdir()
    (broken / "claim.toml").write_text("format = 1")
    server = Server(folder, square(folder), f"jsonl+tcp://127.0.0.1:{feed.port}")
    server.begin()
    server.log_in()
    yield server
    server.end()
    feed.close()


def test_both_sides_stand_side_by_side_with_their_verdicts(
    claiming: Server, seen: Callable[..., Seen]
) -> None:
    page = seen(1300).open(claiming, "claims.html?claim=stadium")
    boxes = [one.bounding_box() for one in page.locator("#sides > .side").all()]
    assert len(boxes) == 2
    assert boxes[0]["y"] == boxes[1]["y"]
    verdicts = page.locator("#sides .statement > .badge")
    assert verdicts.evaluate_all("all => all.map(one => one.dataset.verdict)") == [
        "supported", "not checkable with this data", "contradicted",
    ]  # fmt: skip
    pilot = page.locator("[data-statement=pilot]").inner_text()
    assert "never inside: contradicted" in pilot
    assert "was inside for 2.93 min" in pilot
    assert "never inside EX-R1" in pilot
    officer = page.locator("[data-statement=stadium]").inner_text()
    assert "Its own numbers fit." in officer
    assert "measured" in officer
    assert page.title() == "EXA101 and the stadium – nofly"


def test_the_map_shows_the_paths_that_fit_and_where_it_was_seen(
    claiming: Server, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(claiming, "claims.html?claim=stadium")
    look.until("document.getElementById('map').dataset.shown")
    name, paths, pieces = page.evaluate("document.getElementById('map').dataset.shown").split()
    rows = page.locator("#paths tbody tr")
    assert (name, int(paths), int(pieces)) == ("stadium", rows.count(), 1)
    assert rows.count() == 8
    assert "km/h" in rows.first.inner_text()
    page.locator("[data-statement=pilot] .show-on-map").click()
    assert page.evaluate("document.getElementById('map').dataset.shown") == "pilot 0 1"
    assert "shown=pilot" in page.url
    assert page.locator("#paths table").count() == 0


def test_a_qnh_is_taken_and_stays_in_the_address(claiming: Server, seen: Callable[..., Seen]) -> None:
    look = seen(1300)
    page = look.open(claiming, "claims.html?claim=stadium")
    assert "Without a QNH" in page.locator("#qnh").inner_text()
    page.locator("#qnh input").fill("1019.5")
    page.locator("#qnh button").click()
    page.wait_for_url("**/claims.html?*qnh=1019.5*")
    look.until("document.querySelector('#qnh p')?.textContent.includes('1019.5')")
    assert page.locator("#taken a").get_attribute("href").endswith("/page?qnh=1019.5")
    assert "--qnh 1019.5" in page.locator("#taken").inner_text()


def test_documents_are_shown_and_never_executed(claiming: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(claiming, "claims.html?claim=stadium")
    documents = page.locator("#documents")
    assert "<script>alert(1)</script>" in documents.locator("pre").inner_text()
    assert documents.locator("img").count() == 1
    look.until("document.querySelector('#documents img').complete")
    assert page.evaluate("document.querySelector('#documents img').naturalWidth") == 2
    assert MARKUP in page.locator("#sides").inner_text()
    assert page.title() == "EXA101 and the stadium – nofly"
    for link in documents.locator("a").all():
        answer = page.request.get(claiming.url.rstrip("/") + link.get_attribute("href"))
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_claim_is_put_there_checked_and_given_a_document(
    claiming: Server, seen: Callable[..., Seen], tmp_path: Path
) -> None:
    look = seen()
    page = look.open(claiming, "claims.html")
    assert page.locator("[data-claim=broken] .changed").inner_text().startswith("Its file cannot be read")
    page.locator("#keep-part summary").click()
    page.locator("#keep [name=name]").fill("put-here")
    claim = tmp_path / "claim.toml"
    claim.write_text(claim_text())
    page.locator("#keep [name=claim]").set_input_files(claim)
    page.locator("#keep [name=zones]").set_input_files(EXAMPLES / "data" / "stadium.geojson")
    page.locator("#keep [type=submit]").click()
    page.wait_for_url("**/claims.html?*claim=put-here*")
    look.until("document.querySelectorAll('#sides .side').length === 2")
    note = tmp_path / "note.txt"
    note.write_text("what the pilot wrote")
    page.locator("#attach-part summary").click()
    page.locator("#attach [name=file]").set_input_files(note)
    page.locator("#attach [name=captured]").fill("2026-05-03T10:00:00")
    page.locator("#attach [name=statement]").select_option("pilot")
    page.locator("#attach [type=submit]").click()
    look.until("document.querySelector('#documents pre')?.textContent === 'what the pilot wrote'")
    page.goto(f"{claiming.url}claims.html")
    look.until("document.querySelector('[data-claim=put-here] .badge')")
    counts = page.locator("[data-claim=put-here] .badge").all_inner_texts()
    assert sum(int(text.split("×")[1]) for text in counts) == 3


def test_what_is_refused_is_said(claiming: Server, seen: Callable[..., Seen], tmp_path: Path) -> None:
    look = seen()
    page = look.open(claiming, "claims.html")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('format = "nofly-claims/1"\ntitle = 3')
    look.faults = _Without("400 (Bad Request)")  # type: ignore[assignment]
    page.locator("#keep-part summary").click()
    page.locator("#keep [name=name]").fill("wrong")
    page.locator("#keep [name=claim]").set_input_files(wrong)
    page.locator("#keep [type=submit]").click()
    look.until("document.querySelector('#keep-part .error').textContent.startsWith('Refused')")
    assert page.locator("[data-claim=wrong]").count() == 0


class _Without(list[str]):
    """Faults, but for one that is meant to be said."""

    def __init__(self, known: str) -> None:
        super().__init__()
        self._known = known

    def append(self, text: str) -> None:
        if self._known not in text:
            super().append(text)


def test_both_languages_say_the_same(claiming: Server, seen: Callable[..., Seen]) -> None:
    page = seen().open(claiming, "claims.html?lang=uk")
    assert page.evaluate(SAID) == [[], []]
    assert page.locator("#title").inner_text() == "Твердження"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    claiming: Server, seen: Callable[..., Seen], pictures: Path, scheme: str
) -> None:
    look = seen(scheme=scheme)
    for address in ("claims.html", "claims.html?claim=stadium"):
        page = look.open(claiming, address)
        page.locator("summary").last.click()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            page.screenshot(path=pictures / f"{width}-{address[-7:]}.png", full_page=True)
            inside = OUTSIDE.replace(".maplibregl-map,", ".maplibregl-map, .wide,")
            assert page.evaluate(inside) == [], (width, address)
            crowded = CROWDED.replace("header, nav", f"{PARTS}, header")
            assert page.evaluate(crowded) == [], (width, address)
        assert violations(page) == [], address


def test_a_viewer_puts_nothing_there(claiming: Server) -> None:
    import json
    import urllib.error
    import urllib.request

    answer: Any = until(lambda: claiming.asked("/api/v1/claims"), "the claims")
    assert {one["name"] for one in answer["claims"]} >= {"stadium", "broken"}
    request = urllib.request.Request(f"{claiming.url}api/v1/claims", headers={"Cookie": "x=1"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert json.load(refused.value)["error"]["kind"]
    assert refused.value.code == 401
