"""Modules of the page, in the browser: what they make of what the server sends."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np

from nofly.run.following.picture import Picture
from nofly.web.frames import RECORD, frame, records
from tests.store.batches import batch
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

NOW_US = 1_700_000_000_000_000
DECODED = """async text => {
  const { decode } = await import("/page/frames.mjs");
  return decode(Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer);
}"""
LINES = """async places => {
  const { linesOf } = await import("/page/trail.mjs");
  return linesOf(places, "light").map(one => [one.properties.gap, one.geometry.coordinates]);
}"""
MARKS = """async incidents => {
  const { markOf } = await import("/page/marks.mjs");
  return incidents.map(markOf);
}"""
SIZES = """async counts => {
  const { sizeAmong } = await import("/page/icons.mjs");
  let now = 1;
  return counts.map(count => now = sizeAmong(count, now));
}"""
UNSEEN = """async ([coverage, band]) => {
  const { unseen } = await import("/page/coverage_layer.mjs");
  return unseen(coverage, band).map(one => [one.properties.verdict, one.geometry.coordinates[0]]);
}"""
COUNTRIES = """async codes => {
  const { country, speak } = await import("/page/words.mjs");
  speak("uk");
  return codes.map(([code, name]) => country(code, name));
}"""
SAID = """async () => {
  const { EN } = await import("/page/words_en.mjs"), { UK } = await import("/page/words_uk.mjs");
  const holes = text => (text.match(/\\{\\w+\\}/g) ?? []).sort().join();
  return [Object.keys(EN).filter(key => !(key in UK) || holes(EN[key]) !== holes(UK[key])),
    Object.keys(UK).filter(key => !(key in EN))];
}"""


def plain(swiss: Server, seen: Callable[..., Seen]) -> Any:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    return page


def test_the_page_reads_the_frames_that_the_server_writes(swiss: Server, seen: Callable[..., Seen]) -> None:
    picture = Picture()
    picture.take(batch(50, NOW_US, seed=3))
    rows = records(picture, NOW_US)
    rows = np.concatenate([rows, np.zeros(1, RECORD)])
    rows[-1] = (7, -900000000, 1799999999, np.nan, np.nan, 65535, 65535, 0, 255, -32768)
    told = plain(swiss, seen).evaluate(DECODED, b64encode(frame(rows, NOW_US, 99)).decode())
    assert (told["time_ms"], told["known"], len(told["reports"])) == (NOW_US / 1000, 99, len(rows))
    for row, report in zip(rows, told["reports"], strict=True):
        assert report["number"] == row["number"]
        assert abs(report["lat_deg"] - row["lat"] * 1e-7) < 1e-9
        assert abs(report["lon_deg"] - row["lon"] * 1e-7) < 1e-9
        assert report["alt_m"] == (None if np.isnan(row["alt_m"]) else float(row["alt_m"]))
        assert report["track_deg"] == (None if row["track"] == 65535 else row["track"] / 100)
        assert report["vrate_mps"] == (None if row["vrate"] == -32768 else row["vrate"] / 100)
        assert report["ground"] == {0: False, 1: True, 255: None}[int(row["ground"])]


def test_a_gap_is_never_drawn_as_flown(swiss: Server, seen: Callable[..., Seen]) -> None:
    places = [
        {"time": f"2026-03-04T12:{minute:02}:{second:02}Z", "lat_deg": 50.0, "lon_deg": lon, "alt_m": 9000.0,
         "on_ground": False}
        for minute, second, lon in ((0, 0, 179.8), (0, 10, 179.9), (2, 11, -179.9), (2, 20, -179.8))
    ]  # fmt: skip
    lines = plain(swiss, seen).evaluate(LINES, places)
    assert [gap for gap, _ in lines] == [False, True, False]
    assert lines[0][1] == [[179.8, 50], [179.9, 50]]
    assert np.allclose(lines[1][1], [[179.9, 50], [180.1, 50]]), "the short way over the antimeridian"


def test_pictures_of_many_aircraft_are_smaller_and_do_not_flicker(
    swiss: Server, seen: Callable[..., Seen]
) -> None:
    counts = [0, 1999, 2000, 1990, 1700, 1599, 1990, 6000, 5500, 4801, 4799, 12_000, 0]
    sizes = plain(swiss, seen).evaluate(SIZES, counts)
    assert sizes == [1, 1, 0.7, 0.7, 0.7, 1, 1, 0.5, 0.5, 0.5, 0.7, 0.5, 1]


def test_each_kind_of_incident_has_a_mark_of_its_own(swiss: Server, seen: Callable[..., Seen]) -> None:
    usual = {
        "open": True,
        "credible": True,
        "phase": "infringing",
        "status": "infringement",
        "certainty": None,
    }
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({}, "infringing"), ({"phase": "lost-inside"}, "infringing"), ({"phase": "predicted"}, "predicted"),
        ({"phase": "undetermined"}, "undetermined"), ({"certainty": "undetermined"}, "undetermined"),
        ({"credible": False}, "suspect"), ({"status": "exempt"}, "exempt"), ({"status": "cleared"}, "exempt"),
        ({"phase": "exited"}, None), ({"open": False}, None),
    ]  # fmt: skip
    marks = plain(swiss, seen).evaluate(MARKS, [{**usual, **case} for case, _ in cases])
    assert marks == [mark for _, mark in cases]


def test_the_veil_lies_on_all_that_was_not_seen(swiss: Server, seen: Callable[..., Seen]) -> None:
    cells = [
        (46.0, 7.0, [None, 30]),
        (46.0, 7.25, [5, None]),
        (46.0, 8.0, [None, 9]),
        (47.0, 7.0, [None, None]),
    ]
    coverage = {
        "cell_deg": 0.25, "bands_ft": [0, 1000], "horizon": None,
        "cells": [{"south_deg": s, "west_deg": w, "ages_s": ages} for s, w, ages in cells],
    }  # fmt: skip
    page = plain(swiss, seen)
    for band, holes in (("", 3), ("0", 1), ("1", 2), ("7", 0)):
        veiled = page.evaluate(UNSEEN, [coverage, band])
        area = sum((ring[2][0] - ring[0][0]) * (ring[2][1] - ring[0][1]) for _, ring in veiled)
        assert area == 170 * 360 - holes * 0.25**2
        assert {verdict for verdict, _ in veiled} == {"unknown"}
    for south, west, _ in cells[:3]:
        assert there(page.evaluate(UNSEEN, [coverage, ""]), south + 0.1, west + 0.1) == "seen"


def there(veiled: list[Any], lat: float, lon: float) -> str:
    """Return what the veil says of a place."""
    found = [v for v, r in veiled if r[0][0] < lon < r[2][0] and r[0][1] < lat < r[2][1]]
    assert len(found) <= 1, "no two lie on each other"
    return found[0] if found else "seen"


def test_the_veil_tells_what_could_have_been_seen(swiss: Server, seen: Callable[..., Seen]) -> None:
    """Also of cells that are wider than those from which reports came; what was seen is seen."""
    horizon = [
        (60.0, 10.0, 0.5, [1], [0]),
        (60.0, 10.5, 0.5, [0, 1], []),
        (60.0, 11.0, 0.5, [], [0, 1]),
        (60.25, 10.0, 0.5, [], [0]),
        (-90.0, -180.0, 360.0, [0], []),
    ]
    names = ("south_deg", "west_deg", "width_deg", "could", "could_not")
    coverage = {
        "cell_deg": 0.25, "bands_ft": [0, 1000],
        "horizon": {"cells": [dict(zip(names, one, strict=True)) for one in horizon]},
        "cells": [{"south_deg": 60.0, "west_deg": 10.25, "ages_s": [9, None]}],
    }  # fmt: skip
    page = plain(swiss, seen)
    expected = {
        "": ["could", "seen", "could", "could", "could_not", "could_not", "unknown", "unknown"],
        "0": ["could_not", "seen", "could", "could", "could_not", "could_not", "unknown", "could_not"],
        "1": ["could", "could", "could", "could", "could_not", "could_not", "unknown", "unknown"],
    }
    for band, verdicts in expected.items():
        veiled = page.evaluate(UNSEEN, [coverage, band])
        row = [there(veiled, 60.1, 10.1 + k * 0.25) for k in range(7)]
        assert [*row, there(veiled, 60.3, 10.3)] == verdicts, band
        area = sum((ring[2][0] - ring[0][0]) * (ring[2][1] - ring[0][1]) for _, ring in veiled)
        assert area == 170 * 360 - (0.25**2 if band != "1" else 0.0)


def test_both_languages_say_the_same(swiss: Server, seen: Callable[..., Seen]) -> None:
    assert plain(swiss, seen).evaluate(SAID) == [[], []]


def test_countries_are_named_in_the_language_that_is_spoken(swiss: Server, seen: Callable[..., Seen]) -> None:
    named = plain(swiss, seen).evaluate(COUNTRIES, [["380", "Italy"], ["804", "Ukraine"], [None, "Kosovo"]])
    assert named == ["Італія", "Україна", "Kosovo"]
