"""What could have been seen stands in every output of a check that covers, and in none of another."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import nofly
from nofly.cli import main
from nofly.proof.covering.coverage_words import TRANSPONDERS
from nofly.run.archive import write_table
from nofly.run.outputs import FORMATS, render
from nofly.run.result import CheckResult
from nofly.schema import concatenate
from tests.proof.level_flights import START_US, flight, only

SEEN = ("HERE", "BESIDE")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Return tracks, of which one breaks off inside a zone and comes back, and two zones: nobody flies near
    one of them."""
    flights = [
        flight(f"{k:06x}", (47.1, 5.0), (47.1, 11.0), from_us=START_US + k * 60_000_000) for k in range(3)
    ]
    flights[2] = concatenate([only(flights[2], 5.0, 8.2), only(flights[2], 9.0, 12.0)])
    tracks, zones = tmp_path / "t.parquet", tmp_path / "z.geojson"
    write_table([concatenate(flights)], tracks)
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name, "restriction": "PROHIBITED"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[8.1, s], [9.4, s], [9.4, s + 0.2], [8.1, s + 0.2], [8.1, s]]],
            },
        }
        for name, s in zip(SEEN, (47.01, 45.01), strict=True)
    ]  # fmt: skip
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(tracks), str(zones)


@pytest.fixture
def result(files: tuple[str, str]) -> CheckResult:
    return nofly.check(*files, coverage=True)


def _gap_stay(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["icao24"] == "000002")


def test_csv_has_two_more_columns(result: CheckResult) -> None:
    rows = list(csv.DictReader(io.StringIO(render(result, "csv").decode())))
    assert len(rows) >= 3
    assert list(rows[0])[-2:] == ["coverage", "coverage_notes"]
    stay = _gap_stay(rows)
    assert stay["coverage"] == "unknown", "it is lower too, and there nobody knows"
    zone, gap = stay["coverage_notes"].split(" | ")
    assert zone.startswith("Unknown: an aircraft with a transponder in HERE")
    assert "it could have been seen, and was not" in gap


def test_parquet_has_them_too_and_all_zones_in_its_metadata(result: CheckResult, tmp_path: Path) -> None:
    result.save(tmp_path / "x.parquet")
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.column_names[-2:] == ["coverage", "coverage_notes"]
    rows = table.to_pylist()
    told = list(csv.DictReader(io.StringIO(render(result, "csv").decode())))
    assert [row["coverage_notes"] for row in rows] == [r["coverage_notes"].split(" | ") for r in told]
    document = json.loads(table.schema.metadata[b"coverage"])
    assert document == json.loads(render(result, "json"))["coverage"]
    assert [zone["numbers"]["zone"] for zone in document["zones"]] == list(SEEN)
    assert result.to_arrow().column_names == table.column_names


def test_geojson_has_it_of_stays_and_of_zones_that_nobody_entered(result: CheckResult) -> None:
    collection = json.loads(render(result, "geojson"))
    assert [zone["numbers"]["zone"] for zone in collection["coverage"]["zones"]] == list(SEEN)
    assert collection["coverage"]["says_nothing_of"] == TRANSPONDERS
    stays = [f["properties"] for f in collection["features"] if f["properties"]["type"] == "stay"]
    assert _gap_stay(stays)["coverage"] == "unknown"
    assert len(_gap_stay(stays)["coverage_notes"]) == 2


def test_kml_has_it_in_words(result: CheckResult) -> None:
    root = ET.fromstring(render(result, "kml"))
    space = "{http://www.opengis.net/kml/2.2}"
    told = root.find(f"{space}Document/{space}description")
    assert told is not None
    assert told.text is not None
    assert "an aircraft with a transponder in BESIDE" in told.text
    assert TRANSPONDERS in told.text
    places = [d.text or "" for d in root.iter(f"{space}description")]
    assert any("it could have been seen, and was not" in text for text in places[1:])
    assert all("in HERE (" in text for text in places[1:])


def test_html_has_a_table_of_zones(result: CheckResult) -> None:
    page = render(result, "html").decode()
    _, _, rest = page.partition("<h2>What could have been seen</h2>")
    assert rest.index("in HERE (") < rest.index("in BESIDE (")
    assert TRANSPONDERS in rest


def test_names_of_zones_cannot_steer_any_of_them(files: tuple[str, str], capsys: Any) -> None:
    tracks, zones = files
    text = Path(zones).read_text().replace("HERE", "<i>\\u202e=1")
    Path(zones).write_text(text)
    covered = nofly.check(tracks, zones, coverage=True)
    for format in FORMATS:
        data = render(covered, format)
        assert "\u202e".encode() not in data, format
    assert main(["coverage", "--zones", zones, "--format", "json", "-q", tracks]) == 0
    assert "\u202e" not in capsys.readouterr().out
    assert b"<i>" not in render(covered, "html")
    ET.fromstring(render(covered, "kml"))


def test_without_it_no_output_speaks_of_it(files: tuple[str, str]) -> None:
    plain = nofly.check(*files)
    for format in FORMATS:
        assert b"overage" not in render(plain, format), format
        assert b"could have been seen" not in render(plain, format), format


def test_where_csv_has_no_row_it_is_said_beside_it(files: tuple[str, str], capsys: Any) -> None:
    tracks, zones = files
    document = json.loads(Path(zones).read_text())
    document["features"] = document["features"][1:]
    Path(zones).write_text(json.dumps(document))
    assert main(["check", "--zones", zones, tracks, "--coverage", "--format", "csv"]) == 0
    told = capsys.readouterr()
    assert "What could have been seen: 1 unknown, of 1 zone." in told.err
    assert "could have been" not in told.out
