"""The report and the replays: they stand alone, and what people called things is only text in them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nofly.proof.packing.container import packed
from nofly.run.outputs.explain import sentences
from nofly.run.proving.verify import verify
from tests.run.proving.cases import checked, one_each, track_file, wanted, zone_file

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> ‮evil & $\\frac{1}{0}$ ]]>"


class Page(HTMLParser):
    """The tags of a page and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    zones = [
        zone_file(tmp_path / "z.geojson", id="LS<R7>", name=EVIL, message=EVIL, lower="GND", upper="FL120")
    ]
    tracks = [track_file(tmp_path / "t<b>.csv", callsign="<b>&\"'")]
    result, inputs = checked(zones, tracks)
    return one_each(result, inputs, wanted())[1]


def test_the_page_stands_alone_and_runs_nothing(files: dict[str, bytes]) -> None:
    text = files["report.html"].decode()
    page = Page()
    page.feed(text)
    assert page.tags.count("img") == 1
    assert not {"script", "iframe", "object", "embed", "link", "form", "a", "base", "b" * 2} & set(page.tags)
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert not page.handlers
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "<script" not in text
    assert "‮" not in text
    assert "&lt;script&gt;" in text


def test_what_the_finding_says_is_on_the_page(tmp_path: Path) -> None:
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [track_file(tmp_path / "t.csv")])
    for stay, files in zip(result.infringements, one_each(result, inputs, wanted()), strict=True):
        text = files["report.html"].decode()
        for line in sentences(result, stay).splitlines():
            assert line.replace("'", "&#x27;") in text
        assert stay.zone_hash in text
        assert "nofly verify case.nofly.zip" in text
        assert "This does not show" in text or "What this does not show" in text


def test_replays_are_read_as_what_they_are(files: dict[str, bytes]) -> None:
    ElementTree.fromstring(files["replay.kml"])
    packets = json.loads(files["replay.czml"])
    assert packets[0]["id"] == "document"
    flights = [packet for packet in packets if packet["id"].startswith("flight")]
    assert flights
    for flight in flights:
        assert "<script" not in flight["description"]
        samples = flight["position"]["cartographicDegrees"]
        assert len(samples) % 4 == 0
        assert all(abs(lat) <= 90 for lat in samples[2::4])
    zone = next(packet for packet in packets if packet["id"].startswith("zone"))
    assert zone["polygon"]["extrudedHeight"] == pytest.approx(120 * 30.48)


def test_nothing_is_shown_where_nothing_was_seen(tmp_path: Path) -> None:
    """A flight that is silent in the zone for five minutes is not drawn on its way there."""
    lines = Path(track_file(tmp_path / "all.csv")).read_text().splitlines()
    kept = [line for line in lines if "4ca7b3" not in line or not 1533115690 < int(line[:10]) < 1533115990]
    kept = [lines[0], *(line for line in kept[1:] if "4ca7b3" in line)]
    (tmp_path / "t.csv").write_text("\n".join(kept) + "\n")
    result, inputs = checked([zone_file(tmp_path / "z.geojson")], [str(tmp_path / "t.csv")])
    files = one_each(result, inputs, wanted())[0]
    flight = next(p for p in json.loads(files["replay.czml"]) if p["id"].startswith("flight"))
    assert len(flight["availability"]) == 2
    assert "Times of silence" in files["report.html"].decode()


def test_hostile_names_do_not_keep_it_from_being_found_again(files: dict[str, bytes]) -> None:
    assert verify(packed(files)).exit_code == 0
    assert all(re.fullmatch(r"[A-Za-z0-9._/-]+", name) for name in files)
