"""The zone page in a real browser: drawn, typed, taken over from a file, put in force, judged, withdrawn."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.live import Feed, until
from tests.web.browser.conftest import Seen
from tests.web.browser.test_looks import CROWDED, OUTSIDE, violations
from tests.web.keys import NAME, PASSWORD
from tests.web.test_serve import Server, serving

HOSTILE = '<img src=x onerror="document.title=1">'
SQUARE: dict[str, Any] = {
    "type": "Feature",
    "properties": {
        "id": "OF-FILE", "name": HOSTILE, "restriction": "PROHIBITED", "lower": "GND", "upper": "FL150",
    },
    "geometry": {"type": "Polygon", "coordinates": [[[15, 49], [15.3, 49], [15.3, 49.2], [15, 49]]]},
}  # fmt: skip
VIEW = "zones.html?lat=50&lon=14&zoom=8"
OPENAIR = """AC R
AN {name}
AL GND
AH FL95
V X=50:00:00 N 014:00:00 E
DC 5

AC P
AN ODD
AL GND
AH FLx
DP 47:00:00 N 008:00:00 E
DP 47:10:00 N 008:00:00 E
DP 47:00:00 N 008:20:00 E
"""
PLACES = """async texts => {
  const { parsePlace, placeText } = await import("/zones/places.mjs");
  return texts.map(text => {
    try { const place = parsePlace(text); return [...place, placeText(place, "dms")]; } catch { return null; }
  });
}"""
LENGTHS = """async texts => {
  const { parseLength, lengthText } = await import("/zones/lengths.mjs");
  return texts.map(text => {
    try { return [parseLength(text), lengthText(parseLength(text))]; } catch { return null; }
  });
}"""


@pytest.fixture
def feed() -> Iterator[Feed]:
    found = Feed()
    yield found
    found.close()


@pytest.fixture
def served(browser: object, tmp_path: Path, feed: Feed) -> Iterator[Server]:
    """Give a server whose law is a square of a file, and that hears a feed."""
    zones, state = tmp_path / "zones.geojson", tmp_path / "state"
    zones.write_text(json.dumps(SQUARE))
    address = f"jsonl+tcp://127.0.0.1:{feed.port}"
    args = ("--state", str(state), "--zones", str(zones), "--feed", address, "--metrics", "")
    with serving(state, *args) as it:
        until(lambda: it.asked("status")[1]["zones"] == 1, "the square is watched")
        yield it


def shown(look: Seen, url: str) -> None:
    """Open an address, and wait until the map is drawn."""
    look.page.goto(url)
    look.until("document.body.dataset.drawn === 'true'")


@pytest.fixture
def opened(served: Server, seen: Callable[..., Seen]) -> Callable[..., Seen]:
    """Give what opens the page, logged in."""

    def open_page(address: str = VIEW, **more: Any) -> Seen:
        look = seen(**more)
        known = look.page.request.post(
            served.url.rstrip("/") + "/api/v1/session", data={"name": NAME, "password": PASSWORD},
            headers={"Origin": served.url.rstrip("/")},
        )  # fmt: skip
        assert known.ok, known.text()
        shown(look, served.url + address)
        return look

    return open_page


def act(look: Seen, why: str) -> None:
    """Give the reason that is asked for."""
    look.until("document.querySelector('#act').open")
    look.page.keyboard.type(why)
    look.page.locator("#act-form [type=submit]").click()
    look.until("!document.querySelector('#act').open")


def draft(look: Seen) -> dict[str, Any]:
    """Return the draft as the page holds it."""
    found: dict[str, Any] = json.loads(look.page.evaluate("document.querySelector('#raw').value"))
    return found


@contextmanager
def at(page: Any, x: float, y: float) -> Iterator[tuple[float, float]]:
    """Give a place of the map, in parts of its width and height, on the screen."""
    box = page.locator("#map").bounding_box()
    yield box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_zone_is_drawn_put_in_force_judged_and_withdrawn(
    served: Server, feed: Feed, opened: Callable[..., Seen]
) -> None:
    feed.fly("icao24:4b1804", 13.95, 14.0)
    until(lambda: served.asked("aircraft")[1]["aircraft"], "it is heard")
    look = opened()
    page = look.page
    look.until("document.querySelectorAll('[data-zone]').length === 1")
    page.locator("#begin-polygon").click()
    look.until("document.querySelector('#draw-add').getAttribute('aria-pressed') === 'true'")
    for x, y in ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)):
        with at(page, x, y) as place:
            page.mouse.click(*place)
        page.wait_for_timeout(400)
    typed = page.locator("#places").input_value()
    assert len(typed.splitlines()) == 4
    assert len(draft(look)["geometry"]["coordinates"][0]) == 5
    page.locator("#draw-add").click()
    with at(page, 0.4, 0.4) as place:
        page.mouse.move(*place)
        page.mouse.down()
    with at(page, 0.3, 0.3) as place:
        page.mouse.move(*place, steps=4)
        page.mouse.up()
    look.until(f"document.querySelector('#places').value.split('\\n')[0] !== '{typed.splitlines()[0]}'")
    assert page.locator("#places").input_value().splitlines()[1:] == typed.splitlines()[1:]
    page.locator("#draw-undo").click()
    assert page.locator("#places").input_value() == typed
    page.locator("#name").fill(HOSTILE)
    page.locator("#upper").fill("FL150")
    look.until("document.querySelector('#checked .sound') && !document.querySelector('#propose').disabled")
    page.locator("#effect-weigh").click()
    look.until("document.querySelectorAll('.effect tbody tr').length === 1")
    page.locator("#propose").click()
    act(look, "by order")
    look.until("document.querySelector('#activate')")
    assert served.asked("status")[1]["zones"] == 1
    page.locator("#activate").click()
    act(look, "signed")
    look.until("document.querySelector('#withdraw')")
    until(lambda: served.asked("status")[1]["zones"] == 2, "the watch has taken it over")
    feed.fly("icao24:4b1804", 14.01, 14.02)
    (incident,) = until(lambda: served.asked("incidents")[1]["incidents"], "it is judged")
    assert incident["zone_id"] == "NEW-1"
    assert page.locator(".acts li").count() == 2
    page.locator("#withdraw").click()
    act(look, "over")
    look.until("document.querySelectorAll('.acts li').length === 3")
    until(lambda: served.asked("status")[1]["zones"] == 1, "the watch has dropped it")
    assert page.title() == "nofly – zones"


def test_by_the_keyboard_alone(opened: Callable[..., Seen]) -> None:
    look = opened()
    page = look.page
    look.until("document.querySelector('#begin-circle')")
    page.locator("#begin-circle").focus()
    page.keyboard.press("Enter")
    look.until("document.querySelector('#places')")
    page.locator("#places").focus()
    page.keyboard.type("500000N 0140000E")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "radius_m"
    page.keyboard.press("Control+a")
    page.keyboard.type("3.5 NM")
    found = draft(look)
    assert found["geometry"] == {"type": "Point", "coordinates": [14, 50]}
    assert found["properties"]["radius_m"] == 6482
    page.keyboard.press("Control+a")
    page.keyboard.type("3.5")
    assert page.locator("#radius_m").get_attribute("aria-invalid") == "true"
    assert draft(look)["properties"]["radius_m"] == 6482
    page.locator("#draw-undo").focus()
    page.keyboard.press("Control+z")
    assert page.locator("#radius_m").get_attribute("aria-invalid") is None
    page.locator("#upper").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("FLx")
    look.until("document.querySelector('#upper').getAttribute('aria-invalid') === 'true'")
    assert page.locator("#propose").is_disabled()
    page.keyboard.press("Control+a")
    page.keyboard.type("1500 ft AMSL")
    look.until("document.querySelector('#checked .sound') && !document.querySelector('#propose').disabled")
    assert page.locator("#upper").get_attribute("aria-invalid") is None
    page.reload()
    look.until("document.querySelector('#upper')?.value === '1500 ft AMSL'")


def test_times_and_exemptions_are_told(opened: Callable[..., Seen]) -> None:
    look = opened()
    page = look.page
    look.until("document.querySelector('#begin-corridor')")
    page.locator("#begin-corridor").click()
    page.locator("#places").fill("50.1 14.0\n49.9, 14.2")
    page.locator("#half_width_m").fill("4 NM")
    page.locator("#edges").select_option("PLANAR")
    page.locator("#when").select_option("times")
    page.locator("#time-zone").fill("Europe/Prague")
    page.locator("[data-where$='periods[0].start']").fill("SR-30min")
    page.locator("[data-where$='periods[0].end']").fill("SS")
    page.get_by_text("Add an exemption").click()
    page.locator("[data-where$='exempt[0].who[0]']").fill("REGA*, OKR?")
    page.locator("[data-where$='exempt[0].reason']").fill("rescue")
    page.locator("[data-where$='exempt[0].upper_m']").fill("3000 ft")
    properties = draft(look)["properties"]
    assert properties["half_width_m"] == 3704
    assert properties["edges"] == "PLANAR"
    days = ["MON", "TUE", "WED", "THU", "FRI"]
    assert properties["schedule"] == {
        "time_zone": "Europe/Prague",
        "windows": [{"periods": [{"days": days, "start": "SR-30min", "end": "SS"}]}],
    }
    who = [{"kind": "callsign", "values": ["REGA*", "OKR?"]}]
    assert properties["rule"] == {"exempt": [{"who": who, "reason": "rescue", "upper_m": 914.4}]}
    look.until("document.querySelectorAll('.bars .bar').length >= 19")
    assert page.locator(".bars tr").count() in (28, 29)
    assert "rescue (callsign REGA* or OKR?" in page.locator("#checked").inner_text()
    properties["rule"]["exempt"][0]["nobody"] = 1
    page.locator("details:has(#raw) > summary").click()
    page.locator("#raw").fill(json.dumps({**draft(look), "properties": properties}))
    look.until("document.querySelector('#checked .error')")
    assert "unknown key" in page.locator("#checked .rejected").inner_text()
    assert page.locator("#propose").is_disabled()


def test_a_file_is_taken_over(served: Server, opened: Callable[..., Seen], tmp_path: Path) -> None:
    path = tmp_path / "new.txt"
    path.write_text(OPENAIR.format(name=HOSTILE))
    look = opened(f"{VIEW}&show=import")
    page = look.page
    look.until("document.querySelector('#import-file')")
    page.locator("#import-file").set_input_files(path)
    look.until("document.querySelector('#import-count')")
    count = page.locator("#import-count").inner_text()
    assert count == "new.txt (openair): 1 zones + 1 rejected = 2 records."
    assert "line 11" in page.locator(".findings .rejected").inner_text()
    page.locator(".import-rows input").check()
    page.locator("#import-propose").click()
    act(look, "taken over")
    (one,) = served.asked("declared")[1]["declared"]
    assert (one["in_force"], one["proposed"]["properties"]["name"]) == (None, HOSTILE)
    page.locator("#back").click()
    look.until("document.querySelector('.zone-row.proposed')")
    path.write_bytes(b"\0" * 100)
    page.locator("#begin-import").click()
    page.locator("#import-file").set_input_files(path)
    look.until("document.querySelector('.imported .error')")
    assert [fault for fault in look.faults if "/preview" not in fault] == []
    look.faults.clear()


def test_an_edition_is_compared_with_the_one_in_force(served: Server, opened: Callable[..., Seen]) -> None:
    feature = {**SQUARE, "properties": {**SQUARE["properties"], "id": "MINE"}}
    _, one = served.asked("declared", {"feature": feature, "why": "x"})
    served.asked("declared/MINE/activate", {"why": "x", "hash": one["proposed"]["id"]})
    look = opened(f"{VIEW}&zone=MINE")
    page = look.page
    look.until("document.querySelector('#edit')")
    page.locator("#edit").click()
    look.until("document.querySelector('#upper')?.value === 'FL150'")
    page.locator("#upper").fill("FL160")
    look.until("document.querySelector('#checked .sound') && !document.querySelector('#propose').disabled")
    page.locator("#propose").click()
    act(look, "higher")
    look.until("document.querySelector('.differences')")
    assert "FL150" in page.locator(".differences").inner_text()
    page.locator("#activate").click()
    look.until("document.querySelector('#act').open")
    facts = page.locator("#act-facts").inner_text()
    (mine,) = served.asked("declared")[1]["declared"]
    assert mine["proposed"]["id"] in facts
    assert "FL160" in facts
    page.keyboard.press("Escape")
    page.locator("#discard").click()
    act(look, "too high")
    look.until("!document.querySelector('#activate')")
    (mine,) = served.asked("declared")[1]["declared"]
    assert mine["proposed"] is None
    assert mine["in_force"] is not None
    page.goto(f"{served.url}zones.html?zone=OF-FILE")
    look.until("document.querySelector('#of-file')")
    assert page.locator("#withdraw, #activate, #edit").count() == 0


def test_zones_of_a_file_that_cannot_be_read_again_are_told_on_the_map(
    served: Server, opened: Callable[..., Seen], tmp_path: Path
) -> None:
    look = opened("")
    (tmp_path / "zones.geojson").write_text("{")
    served.process.send_signal(signal.SIGHUP)
    look.until("document.querySelector('#banner').textContent.includes('as they were')")
    (tmp_path / "zones.geojson").write_text(json.dumps(SQUARE))
    served.process.send_signal(signal.SIGHUP)
    look.until("!document.querySelector('#banner').textContent.includes('as they were')")


def test_who_may_not_declare_may_look(served: Server, seen: Callable[..., Seen]) -> None:
    look = seen()
    page = look.page
    body = {
        "name": "v", "via": "login", "role": "viewer", "rights": ["read"], "csrf": "t",
        "must_change_password": False,
    }  # fmt: skip
    known = page.request.post(
        served.url.rstrip("/") + "/api/v1/session", data={"name": NAME, "password": PASSWORD},
        headers={"Origin": served.url.rstrip("/")},
    )  # fmt: skip
    assert known.ok
    page.route("**/api/v1/session", lambda route: route.fulfill(json=body))
    shown(look, f"{served.url}zones.html?zone=OF-FILE&show=draft")
    look.until("document.querySelector('#of-file')")
    assert page.locator("#copy, #propose, #effect-weigh").count() == 0
    page.locator("#back").click()
    look.until("document.querySelector('[data-zone]')")
    assert page.locator("[id^=begin-]").count() == 0


def walk(look: Seen) -> Iterator[str]:
    """Yield what is shown, one after the other."""
    page = look.page
    look.until("document.querySelector('#begin-circle')")
    yield "list"
    page.locator("[data-zone]").first.click()
    look.until("document.querySelector('#of-file')")
    yield "zone"
    page.locator("#back").click()
    page.locator("#begin-circle").click()
    page.locator("#places").fill("500000N 0140000E")
    page.locator("#when").select_option("times")
    page.get_by_text("Add an exemption").click()
    look.until("document.querySelector('#checked')?.textContent.includes('names nobody')")
    page.locator("[data-where$='exempt[0].who[0]']").fill("REGA*")
    page.locator("[data-where$='exempt[0].reason']").fill("rescue")
    look.until("document.querySelector('#checked .bars')")
    yield "draft"
    page.locator("#back").click()
    page.locator("#begin-import").click()
    yield "import"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_or_overlaps(opened: Callable[..., Seen], pictures: Path, scheme: str) -> None:
    look = opened(scheme=scheme)
    page = look.page
    for name in walk(look):
        for width, height in ((1024, 768), (390, 844), (1400, 900)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)
            page.screenshot(path=pictures / f"{width}-{name}.png")
            assert page.evaluate(OUTSIDE) == [], (name, width)
            assert page.evaluate(CROWDED) == [], (name, width)
    assert len(list(Path(pictures).glob("*.png"))) == 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_against_accessibility(opened: Callable[..., Seen], scheme: str) -> None:
    look = opened(scheme=scheme)
    for name in walk(look):
        assert violations(look.page) == [], name


def test_places_and_lengths_are_read_as_aviation_writes_them(opened: Callable[..., Seen]) -> None:
    page = opened().page
    texts = [
        "473012N 0083000E", "47 30 12 N 008 30 00 E", "47°30'12\"N 8°30'00\"E", "N473012 E0083000",
        "0083000E 473012N", "4730.2N 00830E", "47:30:12N 008:30:00E", "473012.00N0083000.00E",
        "47.50333333 8.5", "335200S 1511230W", "473060N 0083000E", "476000N 0083000E", "913000N 0083000E",
        "473012 0083000", "47,5 8,5", "47.5", "47.5 190", "473012N", "", "47.5N 8",
    ]  # fmt: skip
    found = page.evaluate(PLACES, texts)
    for place in found[:9]:
        assert place[0] == pytest.approx(47.5033333, abs=1e-7)
        assert place[1:] == [8.5, "473012N 0083000E"]
    assert found[9] == [pytest.approx(-33.8666667, abs=1e-7), pytest.approx(-151.2083333, abs=1e-7), texts[9]]
    assert found[10:] == [None] * 10
    lengths = page.evaluate(LENGTHS, ["5 NM", "9.26km", "800 m", "3000 ft", "5", "-1 NM", "NM", "1e3 m"])
    assert lengths[:4] == [[9260, "5 NM"], [9260, "5 NM"], [800, "800 m"], [914.4, "914.4 m"]]
    assert lengths[4:] == [None] * 4


HOLED: dict[str, Any] = {
    "type": "Feature",
    "properties": {
        "id": "HOLED", "name": "", "restriction": "PROHIBITED", "lower": "GND", "upper": "FL100",
        "edges": "GEODESIC",
    },
    "geometry": {
        "type": "Polygon", "coordinates": [[[14, 50], [14.6, 50], [14.6, 50.4], [14, 50.4], [14, 50]]],
    },
}  # fmt: skip
SHAPES = """async ([text, arcs]) => {
  const { readRows, rowText } = await import("/zones/places.mjs");
  const { rows, wrong } = readRows(text, [], "dms", arcs);
  return [rows, rows.map(row => rowText(row, "dms")), wrong];
}"""


def test_arcs_are_typed_as_they_are_published(swiss: Any, seen: Callable[..., Seen]) -> None:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    arc = "ARC 460000N 0090000E 7000 m 90 180 CW"
    uneven = "ARC 460000N 0090000E 5 NM / 9270 m 350.5 10 CCW"
    rows, told, wrong = page.evaluate(SHAPES, [f"470000N 0080000E\n{arc}\n{uneven}", True])
    assert wrong == []
    assert rows[0] == [47, 8]
    common = {"centre": [9, 46], "radius_m": 7000, "end_radius_m": 7000, "start_deg": 90, "end_deg": 180}
    assert rows[1] == {**common, "clockwise": True}
    assert (rows[2]["radius_m"], rows[2]["end_radius_m"], rows[2]["start_deg"]) == (9260, 9270, 350.5)
    assert rows[2]["clockwise"] is False
    assert told == ["470000N 0080000E", arc, uneven]
    bad = ("ARC 460000N 0090000E 7000 90 180 CW", "ARC 460000N 0090000E 7 NM 90 400 CW",
           "ARC 460000N 7 NM 9 18 CW", "ARC 460000N 0090000E 0 m 90 180 CW",
           "ARC 460000N 0090000E 7 NM 90 180")  # fmt: skip
    for text in bad:
        assert len(page.evaluate(SHAPES, [text, True])[2]) == 1, text
    assert len(page.evaluate(SHAPES, [arc, False])[2]) == 1, "the way of a corridor has none"


def test_a_hole_is_drawn_and_typed_and_an_arc_too(opened: Callable[..., Seen], tmp_path: Path) -> None:
    look = opened("zones.html?lat=50.2&lon=14.3&zoom=9")
    page = look.page
    page.evaluate("one => sessionStorage.setItem('nofly.draft', JSON.stringify(one))", HOLED)
    page.goto(page.url + "&show=draft")
    look.until("document.body.dataset.drawn === 'true' && document.querySelector('#ring-add') !== null")
    page.locator("#ring-add").click()
    look.until("document.querySelector('#draw-add').getAttribute('aria-pressed') === 'true'")
    assert page.locator("#places").input_value() == ""
    for x, y in ((0.45, 0.5), (0.55, 0.5), (0.5, 0.4)):
        with at(page, x, y) as (left, top):
            page.mouse.click(left, top)
        page.wait_for_timeout(350)
    page.keyboard.press("Escape")
    look.until("document.querySelector('#places').value.trim().split('\\n').length === 3")
    outline, hole = draft(look)["geometry"]["coordinates"]
    assert outline == HOLED["geometry"]["coordinates"][0]
    assert len(hole) == 4
    assert hole[0] == hole[3]
    look.until("!document.querySelector('#propose').disabled")
    page.locator("#places").fill("501000N 0141000E\n501000N 0142000E\nARC 501000N 0141500E 3 NM 90 270 CCW")
    look.until("JSON.parse(document.querySelector('#raw').value).properties.arcs?.length === 1")
    (arc,) = draft(look)["properties"]["arcs"]
    assert (arc["ring"], arc["first"], arc["radius_m"], arc["clockwise"]) == (1, 2, 5556, False)
    assert arc["first"] + arc["points"] == len(draft(look)["geometry"]["coordinates"][1]) - 1
    look.until("!document.querySelector('#propose').disabled")
    page.wait_for_timeout(600)
    page.screenshot(path=tmp_path / "hole.png")
    assert page.evaluate(OUTSIDE) == []
    page.get_by_role("button", name="Outline", exact=True).click()
    assert page.locator("#places").input_value().splitlines()[0] == "500000N 0140000E"
    page.get_by_role("button", name="Hole 1", exact=True).click()
    assert "ARC 501000N 0141500E 3 NM 90 270 CCW" in page.locator("#places").input_value()
    page.locator("#ring-remove").click()
    assert draft(look) == HOLED
    page.locator("#draw-undo").click()
    assert len(draft(look)["geometry"]["coordinates"]) == 2


ARCED: dict[str, Any] = {
    "type": "Feature",
    "properties": {
        "id": "ARCED", "name": "", "restriction": "PROHIBITED", "lower": "GND", "upper": "FL100",
        "edges": "GEODESIC",
    },
    "geometry": {"type": "Polygon", "coordinates": [[]]},
}  # fmt: skip
VIEWED = ("lat", "lon", "zoom")
ARC = "ARC 500000N 0140000E 10 NM 0 90 CW"
DRAGGED = """async ([arc, grip, place]) => {
  const { draggedArc } = await import("/zones/arcs.mjs");
  return draggedArc(arc, grip, place, { step_m: 185.2, step_deg: 1 });
}"""
PARTED = """async features => {
  const { partsOf, withParts } = await import("/zones/parts.mjs");
  return features.map(one => [partsOf(one), withParts(one, partsOf(one))]);
}"""


def on_screen(page: Any, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Return where a place is on the screen, by the address: Web Mercator, 512 px wide at zoom 0."""
    told = {
        name: float(value[0]) for name, value in parse_qs(urlsplit(page.url).query).items() if name in VIEWED
    }
    size_px = 512 * 2 ** told["zoom"]
    box = page.locator("#map").bounding_box()

    def north(deg: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(deg) / 2)) / (2 * math.pi)

    x = (lon_deg - told["lon"]) / 360 * size_px
    y = (north(told["lat"]) - north(lat_deg)) * size_px
    return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y


def drag(look: Seen, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag what is at one place of the map, in latitude and longitude, to another."""
    page = look.page
    page.wait_for_timeout(400)
    (x0, y0), (x1, y1) = (on_screen(page, *place) for place in (start, end))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()


def test_an_arc_is_dragged_by_its_centre_its_ends_and_its_middle(
    opened: Callable[..., Seen], tmp_path: Path
) -> None:
    look = opened("zones.html?lat=50&lon=14.1&zoom=8.5")
    page = look.page
    page.evaluate("one => sessionStorage.setItem('nofly.draft', JSON.stringify(one))", ARCED)
    page.goto(page.url + "&show=draft")
    look.until("document.body.dataset.drawn === 'true' && document.querySelector('#places') !== null")
    page.locator("#places").fill(f"{ARC}\n500000N 0135000E")
    look.until("JSON.parse(document.querySelector('#raw').value).properties.arcs?.length === 1")
    page.keyboard.press("Escape")
    if page.locator("#draw-add").get_attribute("aria-pressed") == "true":
        page.locator("#draw-add").click()

    def arc() -> dict[str, Any]:
        found: dict[str, Any] = draft(look)["properties"]["arcs"][0]
        return found

    north, east = (50 + 10 / 60, 14.0), (50.0, 14 + 10 / 60 / 0.6428)
    drag(look, east, (50 - 0.12, 14 + 0.12 / 0.6428))
    look.until("JSON.parse(document.querySelector('#raw').value).properties.arcs[0].end_deg !== 90")
    assert 120 < arc()["end_deg"] < 160
    assert arc()["radius_m"] == pytest.approx(18520)
    drag(look, north, (50 + 0.12, 14 - 0.12 / 0.6428))
    look.until("JSON.parse(document.querySelector('#raw').value).properties.arcs[0].start_deg !== 0")
    assert 300 < arc()["start_deg"] < 330
    drag(look, (50.0, 14.0), (50.05, 14.05))
    look.until("JSON.parse(document.querySelector('#raw').value).properties.arcs[0].centre[0] !== 14")
    assert arc()["centre"] == [pytest.approx(14.05, abs=0.01), pytest.approx(50.05, abs=0.01)]
    page.screenshot(path=tmp_path / "arc.png")
    first = page.locator("#places").input_value().splitlines()[0]
    assert first.startswith("ARC 5003")
    look.until("!document.querySelector('#propose').disabled")
    page.locator("#draw-delete").click()
    assert "arcs" not in draft(look)["properties"]
    page.locator("#draw-undo").click()
    assert arc()["centre"] == [pytest.approx(14.05, abs=0.01), pytest.approx(50.05, abs=0.01)]


def test_the_middle_of_an_arc_sizes_it(opened: Callable[..., Seen]) -> None:
    page = opened().page
    arc = {"centre": [14, 50], "radius_m": 18520, "start_deg": 350, "end_deg": 10, "clockwise": True}
    wider = page.evaluate(DRAGGED, [arc, "radius", [50.25, 14]])
    assert wider == {**arc, "radius_m": pytest.approx(27780, rel=0.01)}
    spiral = page.evaluate(DRAGGED, [{**arc, "end_radius_m": 37040}, "radius", [50.25, 14]])
    assert spiral["end_radius_m"] == pytest.approx(2 * spiral["radius_m"], rel=1e-6)
    assert spiral["radius_m"] + spiral["end_radius_m"] == pytest.approx(2 * 27780, rel=0.01)
    assert page.evaluate(DRAGGED, [arc, "start", [50, 13]])["start_deg"] == 270
    assert page.evaluate(DRAGGED, [arc, "radius", [50, 14]])["radius_m"] == pytest.approx(185.2)


def test_shapes_of_several_parts_come_apart_and_together(opened: Callable[..., Seen]) -> None:
    page = opened().page
    ring = [[14, 50], [14.2, 50], [14.2, 50.2], [14, 50]]
    other = [[15, 50], [15.2, 50], [15.2, 50.2], [15, 50]]
    base = {"type": "Feature", "properties": {"id": "A", "lower": "GND", "upper": "FL100", "x": 1}}
    multi = {**base, "geometry": {"type": "MultiPolygon", "coordinates": [[ring], [other]]}}
    volumes = [{"upper": "FL90"}, {"radius_m": 5.0}]
    mixed = {
        "type": "Feature", "properties": {**base["properties"], "volumes": volumes},
        "geometry": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "coordinates": [ring]}, {"type": "Point", "coordinates": [14, 50]},
        ]},
    }  # fmt: skip
    unfit = {**mixed, "properties": {**mixed["properties"], "volumes": [{}]}}
    (parts, whole), (own, again), (one, _) = page.evaluate(PARTED, [multi, mixed, unfit])
    assert [part["geometry"]["type"] for part in parts] == ["Polygon", "Polygon"]
    assert whole["properties"] == {**base["properties"], "volumes": [{}, {}]}
    assert [part["properties"]["upper"] for part in own] == ["FL90", "FL100"]
    assert again["properties"]["volumes"] == [{"upper": "FL90"}, {"upper": "FL100", "radius_m": 5.0}]
    assert again["properties"]["lower"] == "GND"
    assert again["geometry"] == mixed["geometry"]
    assert one == [unfit], "what cannot be told apart stays as it is"


def test_a_part_is_chosen_edited_added_and_taken_away(opened: Callable[..., Seen], tmp_path: Path) -> None:
    look = opened("zones.html?lat=50.1&lon=14.3&zoom=9")
    page = look.page
    parts = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[14, 50], [14.2, 50], [14.2, 50.2], [14, 50]]],
            [[[14.5, 50], [14.7, 50], [14.7, 50.2], [14.5, 50]]],
        ],
    }
    page.evaluate(
        "one => sessionStorage.setItem('nofly.draft', JSON.stringify(one))", {**ARCED, "geometry": parts}
    )
    page.goto(page.url + "&show=draft")
    look.until("document.body.dataset.drawn === 'true' && document.querySelector('#parts') !== null")
    page.get_by_role("button", name="Part 2", exact=True).click()
    assert page.locator("#places").input_value().splitlines()[0] == "500000N 0143000E"
    page.locator("#upper").fill("FL200")
    found = draft(look)
    assert [one["upper"] for one in found["properties"]["volumes"]] == ["FL100", "FL200"]
    drag(look, (50.2, 14.7), (50.25, 14.75))
    look.until("document.querySelector('#places').value.includes('5015')")
    first, second = draft(look)["geometry"]["geometries"]
    assert first["coordinates"] == parts["coordinates"][0]
    assert second["coordinates"][0][2] == [pytest.approx(14.75, abs=0.01), pytest.approx(50.25, abs=0.01)]
    look.until("!document.querySelector('#propose').disabled")
    page.wait_for_timeout(600)
    page.screenshot(path=tmp_path / "parts.png")
    page.locator("#part-add").click()
    page.get_by_role("button", name="Circle", exact=True).click()
    page.keyboard.press("Escape")
    page.locator("#places").fill("501000N 0142000E")
    page.locator("#radius_m").fill("3 NM")
    look.until("!document.querySelector('#propose').disabled")
    page.screenshot(path=tmp_path / "three.png")
    assert page.evaluate(OUTSIDE) == []
    assert draft(look)["properties"]["volumes"][2]["radius_m"] == 5556
    page.locator("#part-remove").click()
    page.locator("#part-remove").click()
    found = draft(look)
    assert found["geometry"] == second
    assert found["properties"]["upper"] == "FL200"
    assert "volumes" not in found["properties"]
