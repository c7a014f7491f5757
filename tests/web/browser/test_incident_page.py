"""The page of an incident: what it says, its replay, and every part of it on the same moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nofly.proof.packing.steps import Outcome
from nofly.run.proving.verify import verify
from tests.cli.live import Feed, until
from tests.web.browser.conftest import Seen
from tests.web.browser.served import HOSTILE_CALLSIGN, HOSTILE_ZONE, Server, square
from tests.web.browser.test_looks import CROWDED, OUTSIDE, SIZES, violations
from tests.web.browser.test_views import asked

FLIGHT: dict[str, Any] = {"callsign": HOSTILE_CALLSIGN, "gs_mps": 143.0, "track_deg": 90.0}
TARGET = "icao24:4b1234"
SAID = """async () => {
  const { MORE_EN: en } = await import("/incident/words_en.mjs");
  const { MORE_UK: uk } = await import("/incident/words_uk.mjs");
  const holes = text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
  return [Object.keys(en).filter(key => !(key in uk) || holes(en[key]) !== holes(uk[key])),
    Object.keys(uk).filter(key => !(key in en))];
}"""
CURSORS = "[...document.querySelectorAll('.cursor')].map(one => Number(one.getAttribute('x1')))"
ROW = "document.querySelector('#reports tr[aria-current]')?.dataset.row"
PARTS = ".box, .plot-head, .verdict, #scrub, .facts, .stay-card"


def judged(server: Server) -> list[dict[str, Any]]:
    """Return the infringements on which a verdict was given."""
    found: list[dict[str, Any]] = server.asked("/api/v1/incidents?limit=1000")["incidents"]
    return [one for one in found if one["certainty"] and one["credible"]]


@pytest.fixture(scope="module")
def watching(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give a server that has seen a stay, with heights that are not known, a doubtful report and a gap."""
    folder, feed = tmp_path_factory.mktemp("stay"), Feed()
    server = Server(folder, square(folder), f"jsonl+tcp://127.0.0.1:{feed.port}")
    server.begin()
    server.log_in()
    feed.fly(TARGET, 13.90, 14.10, **FLIGHT)
    feed.fly(TARGET, 14.11, 14.15, **FLIGHT, alt_std_m=None)
    feed.fly(TARGET, 14.16, 14.20, **FLIGHT)
    feed.fly(TARGET, 14.21, 14.21, **FLIGHT, lat_deg=50.06)
    feed.fly(TARGET, 14.22, 14.34, **FLIGHT)
    feed.time_us += 200_000_000
    feed.fly(TARGET, 14.40, 14.45, **FLIGHT)
    until(lambda: judged(server), "a verdict")
    name = judged(server)[0]["id"]
    until(lambda: server.asked(f"/api/v1/incidents/{name}/track")["gaps"], "the reports after the gap")
    yield server
    server.end()
    feed.close()


@pytest.fixture
def incident(watching: Server) -> str:
    """Return the address of its incident, on the server."""
    return f"incident.html?id={judged(watching)[0]['id']}"


def go(look: Seen, row: int) -> None:
    """Go to a report by the table."""
    look.page.evaluate(f"document.getElementById('reports').scrollTop = {row * 28}")
    look.page.locator(f"#reports tr[data-row='{row}']").click()


def aircraft(look: Seen) -> str:
    """Return how the map shows the aircraft now: where, how pale, with which words."""
    return str(look.page.evaluate("document.getElementById('map').dataset.aircraft"))


def test_map_plots_and_table_are_of_one_moment(
    watching: Server, incident: str, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(watching, incident)
    first = page.evaluate(CURSORS)
    assert len(first) == 2
    assert first[0] == pytest.approx(first[1])
    before = (page.evaluate(ROW), aircraft(look))
    page.locator("#scrubber").focus()
    page.keyboard.press("End")
    last = page.evaluate(CURSORS)
    assert last[0] == pytest.approx(last[1])
    assert last[0] > first[0]
    assert (page.evaluate(ROW), aircraft(look)) != before
    page.keyboard.press("Home")
    assert page.evaluate(ROW) == "0"
    assert page.evaluate(CURSORS)[0] < first[0]
    page.keyboard.press("ArrowRight")
    assert "between" in page.locator("#moment-said").inner_text().lower()
    page.locator("#after").click()
    assert page.evaluate(ROW) == "1"
    assert page.locator("#moment-said").inner_text().startswith("Report: ")
    moment = page.locator("#clock").inner_text()
    look.until(f"new URLSearchParams(location.search).get('t').slice(11, 21) + ' Z' === '{moment}'")
    kept = page.url
    look.open(watching, kept.removeprefix(watching.url))
    assert page.locator("#clock").inner_text() == moment
    assert page.evaluate(ROW) == "1"


def test_it_plays_and_rests_at_the_end(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, f"{incident}&speed=120")
    page.keyboard.press("Space")
    look.until("document.getElementById('play').title.startsWith('Pause')")
    look.until("document.getElementById('play').title.startsWith('Play')")
    scrubber = page.locator("#scrubber")
    assert int(scrubber.input_value()) >= int(scrubber.get_attribute("max") or 0) - 1
    assert page.locator("#moment-said").inner_text().startswith("Report: ")


def test_nothing_moves_over_a_gap(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    page.locator("#gaps button").click()
    said = page.locator("#moment-said").inner_text()
    assert re.fullmatch(
        r"Not seen from \d\d:\d\d:\d\d Z to \d\d:\d\d:\d\d Z. Where it was meanwhile is not known.", said
    )
    place, cursors = aircraft(look), page.evaluate(CURSORS)
    page.locator("#scrubber").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(CURSORS)[0] > cursors[0]
    assert aircraft(look) == place
    assert page.locator("#profile-said").inner_text() == "not seen"
    assert page.locator("#boundary-said").inner_text() == "not seen"


def test_what_is_not_known_is_not_zero(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    go(look, 23)
    assert page.locator("#profile-said").inner_text() == "height not known"
    assert page.locator("#reports tr[data-row='23'] td").nth(1).inner_text() == "–"
    assert page.locator("#profile rect[fill='url(#unknown-height)']").count() == 1
    page.locator("#datum").select_option("AGL")
    assert asked(page.url)["datum"] == "AGL"
    assert page.locator("#profile svg").get_attribute("aria-label") == "No height is known on AGL."
    assert page.locator("#profile .way").first.get_attribute("d") == ""
    assert "another datum" in page.locator("#profile").text_content()


def test_a_doubtful_report_is_marked_everywhere(
    watching: Server, incident: str, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(watching, incident)
    assert page.evaluate("document.querySelectorAll('#profile .cross').length") >= 1
    row = int(page.evaluate("document.querySelectorAll('#profile .dot').length && 31"))
    go(look, row)
    assert page.locator("#reports tr[data-row='31']").get_attribute("class") == "doubtful"
    assert "Against this report" in page.locator("#report-marks").inner_text()


def test_the_finding_is_said_with_its_certainty_and_why(
    watching: Server, incident: str, seen: Callable[..., Seen]
) -> None:
    look = seen()
    page = look.open(watching, incident)
    whole = watching.asked(f"/api/v1/incidents/{asked(incident)['id']}")
    shown = page.locator("#finding").inner_text()
    assert whole["sentences"][0]
    for sentence in whole["sentences"][0]:
        assert " ".join(sentence.split()) in " ".join(shown.split())
    for record in whole["records"]:
        assert record["hash"][:12] in page.locator("#life").inner_text()
    assert whole["verdicts"][0]["zone_hash"] in page.locator("#law").inner_text()


def test_hostile_names_stay_text(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    title = page.locator("#title").inner_text()
    assert HOSTILE_CALLSIGN in title
    assert HOSTILE_ZONE in title
    assert HOSTILE_ZONE in page.locator("#law").inner_text()
    assert page.evaluate("document.querySelectorAll('img, i').length") == 0
    assert page.title().endswith("– nofly")


def test_it_is_drawn_once_it_is_known(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    """However long the server takes: a map alone is no incident."""
    look = seen()

    def late(route: Any) -> None:
        look.page.wait_for_timeout(3000)
        route.continue_()

    look.page.route("**/api/v1/incidents/*/track", late)
    page = look.open(watching, incident)
    assert page.evaluate("document.querySelector('#whole').dataset.kind") is not None


def test_what_is_not_an_infringement_does_not_look_like_one(swiss: Server, seen: Callable[..., Seen]) -> None:
    def found() -> list[dict[str, Any]]:
        every = swiss.asked("/api/v1/incidents?limit=1000")["incidents"]
        return [one for one in every if one["status"] in ("exempt", "cleared")]

    exempt = until(found, "an exempt flight")
    look = seen()
    page = look.open(swiss, f"incident.html?id={exempt[0]['id']}")
    assert page.evaluate("document.querySelector('#whole').dataset.kind") == "exempt"
    assert page.evaluate("document.querySelectorAll('.infringing').length") == 0


def test_what_is_said_is_shown(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    page.get_by_role("button", name="Mute").click()
    page.locator("#statement textarea").fill("known to the tower <b>")
    page.get_by_role("button", name="Put on record").click()
    look.until("document.getElementById('said').textContent.includes('known to the tower <b>')")
    assert "muted" in page.locator("#life").inner_text()


def test_every_export_can_be_had(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    links = page.evaluate("[...document.querySelectorAll('#exports a')].map(one => one.href)")
    assert len(links) == 7
    for link in links:
        answer = page.request.get(link)
        assert answer.status == 200, link
        assert answer.headers["content-disposition"].startswith("attachment")
    assert page.request.get(links[-1]).body().startswith(b"\x89PNG")


def test_the_map_page_leads_here_and_back(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    name = asked(incident)["id"]
    page = look.open(watching, incident.replace("incident.html?id=", "?theme=dark&incident="))
    look.until("document.getElementById('incident-replay')")
    page.locator("#incident-replay").click()
    look.until("location.pathname === '/incident.html' && document.body.dataset.drawn === 'true'")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#to-map").click()
    look.until("location.pathname === '/' && document.body.dataset.drawn === 'true'")
    view = asked(page.url)
    assert (view["incident"], view["theme"]) == (name, "dark")
    assert float(view["lat"]) == pytest.approx(50.0, abs=0.1)


def test_an_incident_that_is_not_there_is_told(watching: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    look.page.context.add_cookies(watching.as_logged_in())
    look.page.goto(f"{watching.url}incident.html?id=0000000000000000")
    look.until("document.getElementById('banner').textContent.includes('not in the record')")
    assert look.page.locator("#whole").is_hidden()
    assert all("404 (Not Found)" in fault for fault in look.faults)
    look.faults.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(
    watching: Server,
    incident: str,
    seen: Callable[..., Seen],
    pictures: Path,
    scheme: str,
) -> None:
    look = seen(scheme=scheme)
    page = look.open(watching, f"{incident}&lang={'uk' if scheme == 'dark' else 'en'}")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=pictures / f"{width}.png", full_page=True)
        outside = OUTSIDE.replace(".maplibregl-map,", ".maplibregl-map, #reports, svg,")
        assert page.evaluate(outside) == [], width
        crowded = CROWDED.replace("header, nav", f"{PARTS}, header, nav")
        assert page.evaluate(crowded) == [], width


def test_axe_finds_no_serious_violation(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, incident)
    assert violations(page) == []
    page.keyboard.press("d")
    page.locator("#gaps button").click()
    assert violations(page) == []


def test_it_says_the_same_in_both_languages(watching: Server, seen: Callable[..., Seen]) -> None:
    page = seen().page
    page.goto(f"{watching.url}login.html")
    assert page.evaluate(SAID) == [[], []]


def test_an_open_incident_goes_on_by_itself(flown: Server, feed: Feed, seen: Callable[..., Seen]) -> None:
    feed.fly(TARGET, 13.90, 14.10, **FLIGHT)
    found = until(lambda: flown.asked("/api/v1/incidents?open=true")["incidents"], "an incident")
    look = seen()
    page = look.open(flown, f"incident.html?id={found[0]['id']}")
    page.evaluate("window.sameDocument = true")
    assert "No stay has been judged yet" in page.locator("#finding").inner_text()
    assert page.locator("#exports a[href$=picture]").count() == 0
    row = page.evaluate(ROW)
    feed.fly(TARGET, 14.11, 14.45, **FLIGHT)
    look.until("document.querySelectorAll('.stay-card').length === 1")
    assert page.evaluate("window.sameDocument") is True
    assert page.locator("#exports a[href$=picture]").count() == 1
    assert page.evaluate(ROW) == row, "the moment that is looked at stays"


def test_the_evidence_package_is_taken_along_and_verified_on_the_page(
    watching: Server, incident: str, seen: Callable[..., Seen], tmp_path: Path
) -> None:
    look = seen()
    page = look.open(watching, incident)
    with page.expect_download() as taken:
        page.locator("#take-evidence").click()
    path = tmp_path / "case.nofly.zip"
    taken.value.save_as(path)
    found = verify(path.read_bytes())
    assert not [step for step in found.steps if step.outcome is Outcome.DIFFERS]
    page.locator("#verify-evidence").click()
    look.until("document.querySelectorAll('#verified li').length > 3")
    outcomes = page.evaluate("[...document.querySelectorAll('#verified li')].map(one => one.dataset.outcome)")
    assert outcomes == [step.outcome.value for step in found.steps]
    said = page.locator("#verified p").inner_text()
    assert said == (
        "Everything in it agrees. Nothing in it shows who made it. What could have been seen rests on a "
        "table of sightings that nothing in it shows to be true."
    )


def test_it_says_why_in_ukrainian(watching: Server, incident: str, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.open(watching, f"{incident}&lang=uk")
    look.until("document.querySelectorAll('.why li').length >= 5")
    said = page.locator(".why li").all_inner_texts()
    assert page.locator(".why li[lang=en]").count() == 0, page.locator(".why li[lang=en]").all_inner_texts()
    assert all(re.search("[а-яіїєґ]{4}", text) for text in said), said
    english = look.open(watching, incident).locator(".why li").all_inner_texts()
    assert len(english) == len(said)
    assert not any(re.search("[а-яіїєґ]", text) for text in english)
