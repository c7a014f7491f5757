"""Detours over many pairs: names, distribution, and every form they are told in."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nofly.errors import ConfigError
from nofly.run.weighing import detour_outputs
from nofly.run.weighing.airports import Pair, pair, pairs, read_pairs
from nofly.run.weighing.detour_picture import figure
from nofly.run.weighing.detours import DetourTable, weigh_detours
from nofly.whatif.detour import Outcome
from nofly.whatif.fuel import TypeFigures
from tests.whatif.areas import box, circle

ZONES = [box("A", 47.0, 8.0, 50.0, 9.0), circle("<b>B</b>", 51.0, 12.0, 60_000.0)]
STEADY = TypeFigures("X", (250.0, 250.0), (1.5e5, 2e5), 12e6, lambda _: 2.0, "a test")


def table(**how: object) -> DetourTable:
    asked = [
        Pair("W", "E", (48.0, 5.0), (48.5, 15.0), 3), Pair("N", "F", (53.0, 5.0), (54.0, 15.0), 6),
        Pair("IN", "OUT", (48.0, 8.5), (48.0, 15.0), 1),
    ]  # fmt: skip
    return weigh_detours(ZONES, asked, level_m=10_668.0, **how)  # type: ignore[arg-type]


def test_pairs_as_people_write_them() -> None:
    assert pair("HEL-ICN").start == pytest.approx((60.32, 24.96), abs=0.02)
    assert pair("efhk-rksi").start == pair("HEL-ICN").start
    assert pair("60.3,24.9--37.5,-126.5") == Pair("60.3,24.9", "-37.5,-126.5", (60.3, 24.9), (-37.5, -126.5))
    assert [each.name for each in pairs(["HEL-60.3,24.9", "CPH-SIN"])] == ["HEL-60.3,24.9", "CPH-SIN"]


@pytest.mark.parametrize("text", ["HEL", "HEL-", "HEL-QQQ", "91,0-0,0", "HEL-ICN-SIN", "a-b", "ZZZZ-HEL", ""])
def test_what_is_no_pair_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        pair(text)


def test_pairs_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("# weekly\nHEL-ICN 7\n\nFRA-DEL  # no number\n", encoding="utf-8")
    assert [(each.name, each.flights) for each in read_pairs(file)] == [("HEL-ICN", 7), ("FRA-DEL", 1)]
    file.write_text("HEL-ICN\nnonsense\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        read_pairs(file)


def test_the_distribution_counts_flights_not_pairs() -> None:
    it = table()
    assert (it.flights(), it.flights(Outcome.CLEAR), it.flights(Outcome.INSIDE)) == (10, 6, 1)
    extra = it.weighed(lambda row: row.detour.extra_m)
    assert extra is not None
    longest = it.rows[0].detour.extra_m
    # Six of nine flights have nothing added.
    assert extra.quantiles == (0.0, 0.0, 0.0, 0.0, longest, longest, longest)
    assert extra.mean_value == pytest.approx(longest / 3.0)
    assert extra.total_value == pytest.approx(3.0 * longest)


def test_nothing_is_added_up_where_no_pair_has_a_way() -> None:
    inside = [Pair("IN", "OUT", (48.0, 8.5), (48.0, 15.0))]
    it = weigh_detours(ZONES, inside, level_m=10_668.0)
    assert it.weighed(lambda row: row.detour.extra_m) is None
    assert "not admissible: start in A" in it.text()
    assert it.as_json()["extra_m"] is None
    assert it.html()


def test_json_csv_and_geojson_say_the_same() -> None:
    it = table(figures=STEADY)
    plain = json.loads(json.dumps(it.as_json(), allow_nan=False))
    rows = list(csv.DictReader(io.StringIO(detour_outputs.csv_text(it))))
    features = detour_outputs.feature_collection(it)["features"]
    ways = [f["properties"] for f in features if f["properties"]["type"] == "way"]
    assert (
        [p["outcome"] for p in plain["pairs"]] == [r["outcome"] for r in rows] == ["round", "clear", "inside"]
    )
    assert plain["pairs"][0]["extra_m"] == float(rows[0]["extra_m"]) == ways[0]["extra_m"]
    assert plain["pairs"][0]["fuel_kg"][0] == float(rows[0]["fuel_kg_low"]) > 0.0
    assert plain["pairs"][2]["length_m"] is None
    assert rows[2]["length_m"] == ""
    assert plain["pairs"][1]["extra_m"] == 0.0
    assert sum(f["properties"]["type"] == "zone" for f in features) == 2


def test_the_text_has_aviation_units_and_hides_no_pair() -> None:
    text = table(figures=STEADY).text()
    assert text.splitlines()[0].split() == ["PAIR", "DIRECT", "WAY", "EXTRA", "TIME", "FUEL", "CO2", "ROUND"]
    for word in (
        "W-E",
        "N-F",
        "0 NM",
        "IN-OUT",
        "not admissible: start in A",
        "2 zones in the way",
        "a test",
    ):
        assert word in text


def test_a_zone_left_out_is_told_of() -> None:
    it = weigh_detours(ZONES, [table().rows[0].pair], level_m=10_668.0, at_us=0)
    assert it.left_out == ()
    late = [dataclasses.replace(ZONES[0], valid_from_us=1)]
    found = weigh_detours(late, [table().rows[0].pair], level_m=10_668.0, at_us=0)
    assert found.rows[0].detour.extra_m == 0.0
    assert "left out: 1 (not active then)" in found.text()


def test_the_section_is_well_formed_and_escapes_names() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.opened: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.opened.pop() == tag

    page = table().html()
    tags = Tags()
    tags.feed(page)
    assert not tags.opened
    assert "<script" not in page
    assert "<b>" not in page


def test_the_picture_shows_every_pair() -> None:
    texts = " ".join(text.get_text() for text in figure(table()).texts)
    for word in ("W-E", "N-F", "clear of every zone", "IN-OUT", "no admissible way"):
        assert word in texts


def test_a_type_by_openap() -> None:
    pytest.importorskip("openap")
    from nofly.run.weighing.aircraft_types import type_figures

    figures = type_figures("A359", 10_668.0)
    assert figures is not None
    assert 245.0 < figures.cruise_mps[0] < 256.0
    it = table(figures=figures)
    cost = it.rows[0].cost
    assert cost is not None
    assert cost.fuel_kg is not None
    # Some 5 to 9 kg a kilometre.
    per_km = [kg / it.rows[0].detour.extra_m * 1000.0 for kg in cost.fuel_kg]
    assert 4.0 < per_km[0] < per_km[1] < 10.0
    with pytest.raises(ConfigError, match="aircraft type"):
        type_figures("NOPE", 10_668.0)
