"""``nofly whatif`` as it is called: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.run.weighing.operators import read_operators

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = str(ROOT / "examples/data/flights.csv")
STADIUM = str(ROOT / "examples/data/stadium.geojson")


def zone(path: Path, lon: float, lat: float, size: float = 0.5, **properties: Any) -> str:
    corners = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size), (lon, lat)]
    feature = {
        "type": "Feature",
        "properties": {"id": "Z", "restriction": "PROHIBITED", "lower": "GND", "upper": "UNL", **properties},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return str(path)


def test_all_formats_tell_of_the_same_flights(tmp_path: Path) -> None:
    names = {kind: tmp_path / f"effect.{kind}" for kind in ("txt", "json", "csv", "html")}
    outputs = [word for path in names.values() for word in ("-o", str(path))]
    assert main(["whatif", STADIUM, "--traffic", FLIGHTS, "-q", *outputs]) == 0
    document = json.loads(names["json"].read_text())
    flights = document["effect"]["flights"]
    effect = document["effect"]
    assert effect["flights_inside"] == len(flights) - effect["outcomes"]["undetermined"] > 0
    rows = list(csv.DictReader(io.StringIO(names["csv"].read_text())))
    assert [row["target_id"] for row in rows] == [flight["target_id"] for flight in flights]
    first = names["txt"].read_text().splitlines()[2]
    assert first.startswith(f"{effect['flights_inside']} of ")
    assert first.split(":")[0] in names["html"].read_text()
    assert document["warnings"]["given"] >= 0
    assert document["traffic"]["hours_covered"] > 0


def test_the_page_stands_alone_and_names_are_text(tmp_path: Path) -> None:
    features = json.loads(Path(STADIUM).read_text())
    features["features"][0]["properties"]["name"] = "<script>alert(1)</script>&\u202e"
    hostile = tmp_path / "hostile.geojson"
    hostile.write_text(json.dumps(features))
    page = tmp_path / "page.html"
    assert main(["whatif", str(hostile), "--traffic", FLIGHTS, "-q", "-o", str(page)]) == 0
    text = page.read_text()
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "\u202e" not in text
    assert "<svg" in text
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!data:)', text), "nothing is fetched"


def test_a_zone_far_from_all_traffic_is_a_sentence_and_changes_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "effect.json"
    kept.write_text("before")
    far = zone(tmp_path / "far.geojson", 170.0, -45.0)
    assert main(["whatif", far, "--traffic", FLIGHTS, "-o", str(kept)]) == 2
    assert "no report of the traffic is anywhere near the zone" in capsys.readouterr().err
    assert kept.read_text() == "before"


def test_a_zone_of_another_time_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    features = json.loads(Path(STADIUM).read_text())
    features["features"][0]["properties"] |= {"valid_from": "2099-01-01T00:00:00Z"}
    later = tmp_path / "later.geojson"
    later.write_text(json.dumps(features))
    assert main(["whatif", str(later), "--traffic", FLIGHTS, "-q"]) == 2
    assert "no zone holds at any time of the traffic" in capsys.readouterr().err


def test_a_pair_that_clears_the_zone_gets_exactly_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = zone(tmp_path / "z.geojson", 30.0, 48.0, size=3.0)
    assert main(["whatif", place, "--pairs", "FRA-DEL,LHR-JFK", "-f", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == ["FRA-DEL", "LHR-JFK"]
    [flight] = found["effect"]["flights"]
    assert (flight["target_id"], flight["origin"], flight["destination"]) == ("pair:FRA-DEL", "EDDF", "VIDP")
    assert main(["whatif", place, "--pairs", "LHR-JFK", "-f", "json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["effect"]["flights"] == []
    assert found["effect"]["inside_s"]["total"] == found["effect"]["inside_m"]["total"] == 0


def test_detours_and_ledger_are_parts_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = zone(tmp_path / "z.geojson", 30.0, 48.0, size=3.0)
    page, ledger = tmp_path / "page.html", str(ROOT / "examples/ukraine-2022/ledger.toml")
    call = ["whatif", place, "--pairs", "FRA-DEL,LHR-JFK", "--detours", "--ledger", ledger, "-q"]
    assert main([*call, "-f", "json"]) == 0
    sections = json.loads(capsys.readouterr().out)["sections"]
    assert list(sections) == ["detours", "ledger"]
    assert {"FRA", "DEL", "LHR", "JFK"} <= set(re.findall(r"\b[A-Z]{3}\b", json.dumps(sections["detours"])))
    assert main([*call, "-o", str(page)]) == 0
    assert page.read_text().count("Going round</h2>") == 1
    assert "<script" not in page.read_text()
    assert main(call) == 0
    assert "FRA-DEL" in capsys.readouterr().out


def test_detours_without_a_known_pair_are_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whatif", STADIUM, "--traffic", FLIGHTS, "--no-airports", "--detours", "-q"]) == 2
    assert "of no flight inside both airports are known" in capsys.readouterr().err


def test_money_is_what_prices_say_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["whatif", STADIUM, "--traffic", FLIGHTS, "-f", "json", "-q"]
    assert main(call) == 0
    assert json.loads(capsys.readouterr().out)["money"] is None
    assert main([*call, "--price", "flight=10", "--price", "hour=60", "--currency", "EUR"]) == 0
    found = json.loads(capsys.readouterr().out)
    effect, money = found["effect"], found["money"]
    assert money["total"] == pytest.approx(10 * effect["flights_inside"] + effect["inside_s"]["total"] / 60)
    assert money["currency"] == "EUR"


def test_a_change_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whatif", STADIUM, "--instead-of", STADIUM, "--traffic", FLIGHTS, "-q"]) == 0
    text = capsys.readouterr().out
    assert "Change" in text
    assert "0 flights are hit that were not, 0 no longer" in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "traffic or pairs of airports"),
        (["--traffic", FLIGHTS, "--pairs", "FRA-DEL"], "traffic or pairs of airports"),
        (["--traffic", FLIGHTS, "--level", "FL350"], "--level does not go with this"),
        (["--pairs", "FRA-QQQ"], "no airport 'QQQ'"),
        (["--traffic", FLIGHTS, "-o", "effect.pdf"], "its extension names no format"),
        (["--traffic", FLIGHTS, "-o", "no/such/folder.json"], "its folder does not exist"),
        (["--traffic", "no-such-file.csv"], "no-such-file.csv"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["whatif", STADIUM, *more]) == 2
    assert said in capsys.readouterr().err


def test_a_zone_that_must_not_be_left_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept_in = zone(tmp_path / "in.geojson", 2.0, 48.0, restriction="KEEP_IN")
    assert main(["whatif", kept_in, "--traffic", FLIGHTS]) == 2
    assert "must not be left" in capsys.readouterr().err


def test_operators_are_named_by_a_file_of_the_users_own(tmp_path: Path, capsys: Any) -> None:
    """In every format; what the file does not name stays three letters, and what it says wrongly is told."""
    flights = tmp_path / "flights.csv"
    head, *lines = Path(FLIGHTS).read_text().splitlines()
    others = [re.sub("EXA", "OTH", line) for line in lines if "4b1801" in line]
    flights.write_text("\n".join([head, *(line for line in lines if "4b1801" not in line), *others]) + "\n")
    whatif = ["whatif", STADIUM, "--traffic", str(flights)]
    assert main([*whatif, "-q", "-f", "json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["operator_names"] == {}
    codes = [row["name"] for row in plain["effect"]["operators"] if row["name"]]
    assert len(codes) > 1
    names = tmp_path / "operators.csv"
    names.write_text(
        f"IATA,ICAO,Name\nxx,{codes[0].lower()},<b>One &amp; Co\u202e\n\nxx,{codes[0]},Another\n"
        "xx,12,Nobody\nxx\nzz,ZZZ,Unheard\n"
    )
    files = {kind: tmp_path / f"effect.{kind}" for kind in ("txt", "json", "csv", "html")}
    outputs = [word for path in files.values() for word in ("-o", str(path))]
    assert main([*whatif, "--operators", str(names), *outputs]) == 0
    assert "operator-not-named" in capsys.readouterr().err
    wrong = [(one.message, one.locator) for one in read_operators(names).findings]
    assert wrong == [
        ("another name for one that was named", "line 4"), ("no designator with a name", "line 5"),
        ("no designator with a name", "line 6"),
    ]  # fmt: skip
    found = json.loads(files["json"].read_text())
    assert found["operator_names"] == {codes[0]: "<b>One &amp; Co\u202e"}
    assert found["effect"] == plain["effect"]
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text())))
    assert {row["operator_name"] for row in rows if row["operator"] == codes[0]} == {"<b>One &amp; Co\u202e"}
    assert {row["operator_name"] for row in rows if row["operator"] != codes[0]} == {""}
    text, page = files["txt"].read_text(), files["html"].read_text()
    assert f"{codes[0]} <b>One &amp; Co" in text
    assert "&lt;b&gt;One &amp;amp; Co" in page
    assert "\u202e" not in text + page
    assert codes[1] in text
    (tmp_path / "none.csv").write_text("callsign,who\nDLH,x\n")
    assert main([*whatif, "--operators", str(tmp_path / "none.csv")]) == 2
    assert "not a list of operators (expected a header with icao and name)" in capsys.readouterr().err
