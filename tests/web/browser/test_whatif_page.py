"""The page of what-if: a zone is chosen and weighed; figures, ways on the map, bars, tables, tornado."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nofly.run.deciding.acting import ask, clock_us
from nofly.run.registering.signing import Hand
from nofly.run.weighing.notes import SENTENCES
from nofly.store.register import Register
from nofly.zones.decision_bodies import Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.model import Circle, Volume, Zone
from tests.cli.live import until
from tests.web.browser.conftest import Seen
from tests.web.browser.served import HOSTILE_ZONE, Server, demo
from tests.web.browser.test_looks import CROWDED, OUTSIDE, SIZES, violations

LEDGER = Path(__file__).resolve().parents[3] / "docs" / "examples" / "ledger.toml"
ZONE = Zone(
    "SKY", HOSTILE_ZONE, (Volume(Circle((46.8, 8.2), 80_000.0)),), valid_from_us=4_077_000_000_000_000
)
SAID = """async () => {
  const { MORE_EN: en } = await import("/whatif/words_en.mjs");
  const { MORE_UK: uk } = await import("/whatif/words_uk.mjs");
  const holes = text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
  return [Object.keys(en).filter(key => !(key in uk) || holes(en[key]) !== holes(uk[key])),
    Object.keys(uk).filter(key => !(key in en))];
}"""
VIEW = "whatif.html?of=request&id=sky&until=2018-08-01T20:00:00Z&ledger=1&detours=1"
KEYS = "async () => Object.keys((await import('/whatif/words_uk.mjs')).MORE_UK)"
ROUND = {
    "pairs": [
        {"from": "LSZH", "to": "LSGG", "flights": 1, "outcome": "round", "direct_m": 230e3, "length_m": 250e3,
         "extra_m": 20e3},
        {"from": "LSZA", "to": "LFSB", "flights": 1, "outcome": "too-intricate", "direct_m": 230e3,
         "length_m": None, "extra_m": None},
    ],
    "in_all": 2,
    "ways": [{"from": "LSZH", "to": "LSGG", "direct": [[47.46, 8.55], [46.24, 6.11]],
              "way": [[47.46, 8.55], [47.45, 7.9], [46.7, 7.0], [46.24, 6.11]]}],
}  # fmt: skip
PARTS = ".box, .card, .ticks, .fields, .key"


@pytest.fixture(scope="module")
def weighing(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that kept the demo's flights over Switzerland, with a request for a zone and a ledger."""
    folder = tmp_path_factory.mktemp("whatif")
    with Register(str(folder / "law.sqlite")) as register:
        rule = DecisionRule(RuleKind.UNANIMITY)
        ask(
            register,
            Request("sky", "A", ZONE, Purpose.PREVENT, "w", ("B",), "N", rule),
            Hand("a", clock_us()),
        )
    (folder / "state").mkdir()
    shutil.copy(LEDGER, folder / "state" / "ledger.toml")
    zones, flights = demo(folder, first_s=0)
    config = '[register]\nurl = "law.sqlite"\nparty = "N"\n'
    server = Server(folder, zones, f"replay+file:{flights}?speed=max", config)
    server.begin()
    server.log_in()
    until(lambda: server.asked("/api/v1/incidents?limit=1000")["incidents"], "incidents")
    yield server
    server.end()


def weighed(look: Seen, server: Server, address: str = VIEW) -> Any:
    page = look.open(server, address)
    page.locator("#weigh").click()
    look.until("!document.getElementById('told').hidden && document.getElementById('map').dataset.shown")
    return page


def with_ways_round(page: Any) -> None:
    """Give answers ways round, which the demo's flights, of which no airports are known, have none of."""

    def answer(route: Any) -> None:
        given = route.fetch()
        found = given.json()
        if "answer" in found:
            found["detours"], found["missing"] = ROUND, {}
        route.fulfill(response=given, json=found)

    page.route("**/api/v1/whatif", answer)


def test_a_zone_of_a_request_is_weighed(weighing: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(weighing, "whatif.html")
    assert page.locator("#zone optgroup").count() == 2
    page.locator("#zone").select_option(label=page.locator("#zone option", has_text="SKY").inner_text())
    page.locator("#until").fill("2018-08-01 20:00")
    page.locator("#weigh").click()
    look.until("document.getElementById('map').dataset.shown")
    assert "of=request" in page.url
    assert "id=sky" in page.url
    inside = int(page.locator("#figures .card b").first.inner_text())
    assert inside > 2
    assert page.evaluate("Number(document.getElementById('map').dataset.shown)") == inside
    assert page.locator("#name").inner_text() == HOSTILE_ZONE
    assert page.locator("#told img").count() == 0
    assert "As if the zone held all the time" in page.locator("#figures").inner_text()
    bars = page.locator("#hours .hour rect")
    assert bars.count() >= 1
    assert page.locator("#flights tbody tr").count() == inside
    assert page.locator("[data-shares=states] tbody tr").count() >= 1
    assert page.locator("#ledger-part").is_hidden()


def test_its_ledger_has_a_tornado(weighing: Server, seen: Callable[..., Seen]) -> None:
    page = weighed(seen(), weighing)
    assert page.locator("#ledger .tornado").count() >= 1
    assert page.locator("#ledger .tornado rect.high").count() >= 2
    assert "No score" in page.locator("#ledger").inner_text()
    assert page.locator("#detours-part").is_visible()


def test_inputs_are_tried_otherwise_and_stand_in_the_address(
    weighing: Server, seen: Callable[..., Seen], tmp_path: Path
) -> None:
    look = seen()
    page = weighed(look, weighing)
    page.locator("#inputs summary").click()
    likely = page.locator("[data-input='patrol.stations likely']")
    before = likely.input_value()
    likely.fill("many")
    page.locator("#inputs-send").click()
    assert "No number: many" in page.locator("#inputs-wrong").inner_text()
    assert "inputs=" not in page.url
    for end, value in (("low", "7"), ("likely", "8"), ("high", "9,5")):
        page.locator(f"[data-input='patrol.stations {end}']").fill(value)
    page.locator("#inputs-send").click()
    look.until("document.querySelector('#ledger').textContent.includes('changed for this once')")
    assert "inputs=patrol.stations%3D7%2C8%2C9.5" in page.url
    assert page.locator("[data-input='patrol.stations high']").input_value() == "9.5"
    page.screenshot(path=tmp_path / "inputs.png", full_page=True)
    page.locator("#inputs-back").click()
    look.until("!document.querySelector('#ledger').textContent.includes('changed for this once')")
    assert page.locator("[data-input='patrol.stations likely']").input_value() == before
    assert "inputs=" not in page.url


def test_a_ledger_is_said_in_ukrainian(weighing: Server, seen: Callable[..., Seen]) -> None:
    page = weighed(seen(), weighing, VIEW + "&lang=uk")
    heads = page.locator("#ledger .ledger section > h3").all_inner_texts()
    assert len(heads) >= 5
    cells = page.locator("#ledger .ledger th").all_inner_texts()
    captions = page.locator("#ledger .ledger figcaption").all_inner_texts()
    for text in (*heads, *filter(None, cells), *captions):
        assert any("а" <= letter <= "я" for letter in text), text


def test_a_change_warnings_and_money_are_told(weighing: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(weighing, VIEW.replace("&ledger=1&detours=1", ""))
    assert page.locator("#change-part").is_hidden()
    page.locator("#instead").select_option(index=1)
    page.get_by_text("Also what the watch would warn of").click()
    page.locator("#prices summary").click()
    page.locator("#per_flight").fill("ten")
    page.locator("#weigh").click()
    assert "No price: ten" in page.locator("#ask-form").inner_text()
    assert page.locator("#told").is_hidden()
    page.locator("#per_flight").fill("12,5")
    page.locator("#currency").fill("EUR")
    page.locator("#weigh").click()
    look.until("!document.getElementById('told').hidden && document.getElementById('map').dataset.shown")
    inside = int(page.locator("#figures .card b").first.inner_text())
    assert page.locator("#change tbody tr").count() == 6
    assert page.locator("#change tbody tr").first.locator("td").last.inner_text() == str(inside)
    assert "warnings of an entry ahead" in page.locator("#figures").inner_text()
    assert f"{12.5 * inside:,.2f}".removesuffix("0").removesuffix(".0") in page.locator("#money").inner_text()
    assert "per_flight=12.5" in page.url
    page.reload()
    look.until("document.body.dataset.drawn === 'true'")
    assert page.locator("#per_flight").input_value() == "12.5"
    assert page.locator("#instead").input_value() != ""


def test_ways_round_are_drawn(weighing: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(weighing, VIEW.replace("&ledger=1", ""))
    with_ways_round(page)
    page.locator("#weigh").click()
    look.until("document.getElementById('map').dataset.detours === '2'")
    assert "way round" in page.locator("#map-key").inner_text()
    assert "too intricate" in page.locator("#detours").inner_text()


def test_what_has_to_be_said_is_said_in_ukrainian(weighing: Server, seen: Callable[..., Seen]) -> None:
    page = weighed(seen(), weighing, VIEW + "&lang=uk")
    notes = page.locator("#figures .notes li").all_inner_texts()
    assert notes
    assert all(any("а" <= letter <= "я" for letter in note) and "{" not in note for note in notes)
    assert all(f"whatif.note.{code}" in page.evaluate(KEYS) for code in SENTENCES if code != "pairs")


def test_what_cannot_be_weighed_is_said(weighing: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(weighing, VIEW.replace("until=2018-08-01T20:00:00Z", "until=2000-01-01T00:00:00Z"))
    page.locator("#weigh").click()
    look.until("document.querySelector('#banner .warning')")
    assert "no reports" in page.locator("#banner").inner_text()
    assert page.locator("#told").is_hidden()
    look.faults[:] = [one for one in look.faults if "400 (Bad Request)" not in one]


def test_both_languages_say_the_same(weighing: Server, seen: Callable[..., Seen]) -> None:
    page = seen().open(weighing, "whatif.html?lang=uk")
    assert page.evaluate(SAID) == [[], []]
    assert page.locator("#title").inner_text() == "Що, якби ця зона існувала?"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    weighing: Server, seen: Callable[..., Seen], pictures: Path, scheme: str
) -> None:
    look = seen(scheme=scheme)
    all_of_it = f"{VIEW}&warnings=1&per_flight=850&per_km=0.9&currency=EUR"
    page = look.open(weighing, all_of_it + ("&lang=uk" if scheme == "dark" else ""))
    page.locator("#instead").select_option(index=1)
    with_ways_round(page)
    page.locator("#weigh").click()
    look.until("document.getElementById('map').dataset.detours === '2'")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=pictures / f"{width}.png", full_page=True)
        inside = OUTSIDE.replace(".maplibregl-map,", ".maplibregl-map, .wide,")
        assert page.evaluate(inside) == [], width
        assert page.evaluate(CROWDED.replace("header, nav", f"{PARTS}, header")) == [], width
    assert violations(page) == []
