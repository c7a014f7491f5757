"""The verb zones: list, show, validate, convert, diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main

FEATURE: dict[str, Any] = {
    "type": "Feature",
    "properties": {"id": "Z1", "name": "ONE \x1b[2J"},
    "geometry": {"type": "Polygon", "coordinates": [[[8, 46], [9, 46], [9, 47], [8, 47], [8, 46]]]},
}


def _file(path: Path, *features: Any) -> str:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return str(path)


@pytest.fixture
def one(tmp_path: Path) -> str:
    return _file(tmp_path / "one.geojson", FEATURE)


def test_list(one: str, capsys: Any) -> None:
    assert main(["zones", "list", one]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ID")
    assert "ONE \\x1b[2J" in out
    assert "\x1b" not in out
    assert main(["zones", "list", one, "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert json.loads(out)[0]["name"] == FEATURE["properties"]["name"]


def test_show(one: str, capsys: Any) -> None:
    assert main(["zones", "show", one, "--id", "Z1"]) == 0
    out = capsys.readouterr().out
    for told in ("polygon of 4 points", "from ground to unlimited", "active: always", "hash: "):
        assert told in out
    assert main(["zones", "show", one]) == 0
    assert capsys.readouterr().out == out
    assert main(["zones", "show", one, "--id", "Z9"]) == 1
    assert "no zone 'Z9'" in capsys.readouterr().err


def test_validate_says_what_was_read_and_rejected(tmp_path: Path, one: str, capsys: Any) -> None:
    assert main(["zones", "validate", one]) == 0
    assert "1 record, 1 zone, 0 rejected" in capsys.readouterr().out
    flat = {**FEATURE, "geometry": {"type": "Polygon", "coordinates": [[[8, 46], [9, 46], [8, 46]]]}}
    bad = _file(tmp_path / "bad.geojson", FEATURE, flat)
    assert main(["zones", "validate", bad]) == 1
    out = capsys.readouterr().out
    assert "2 records, 1 zone, 1 rejected" in out
    assert "rejected: " in out
    assert main(["zones", "validate", bad, "--strict"]) == 2
    (tmp_path / "no.geojson").write_text("no zones at all")
    assert main(["zones", "validate", str(tmp_path / "no.geojson")]) == 2


def test_convert_says_what_it_loses(tmp_path: Path, one: str, capsys: Any) -> None:
    out = tmp_path / "out.geojson"
    assert main(["zones", "convert", one, "-o", str(out)]) == 0
    assert main(["zones", "diff", one, str(out)]) == 0
    assert "the same" in capsys.readouterr().out
    openair = tmp_path / "out.openair"
    assert main(["zones", "convert", one, "--to", "openair", "-o", str(openair)]) == 2
    assert "cannot say its name" in capsys.readouterr().err
    assert not openair.exists()
    plain = _file(tmp_path / "plain.geojson", {**FEATURE, "properties": {"id": "Z1", "name": "ONE"}})
    code = main(["zones", "convert", plain, "--to", "openair", "-o", str(openair)])
    assert openair.stat().st_size
    assert code == ("cannot be said fully" in capsys.readouterr().err)
    assert main(["zones", "convert", one, "-o", str(tmp_path / "out.xyz")]) == 2
    assert not (tmp_path / "out.xyz").exists()


def test_the_ending_of_a_file_says_its_format(tmp_path: Path, capsys: Any) -> None:
    plain = _file(tmp_path / "plain.geojson", {**FEATURE, "properties": {"id": "Z1", "name": "ONE"}})
    for ending, said in (("ed269.json", "as ed269"), ("ed318.json", "as ed318"), ("GeoJSON", "as geojson")):
        assert main(["zones", "convert", plain, "-o", str(tmp_path / f"out.{ending}")]) in (0, 1)
        assert said in capsys.readouterr().err
    assert main(["zones", "convert", plain, "-o", str(tmp_path / "out.json")]) == 2
    assert "the extension names no one format" in capsys.readouterr().err


def test_diff_speaks_in_words(tmp_path: Path, one: str, capsys: Any) -> None:
    moved = json.loads(json.dumps(FEATURE))
    moved["geometry"]["coordinates"][0][1][0] = 9.01
    moved["properties"]["name"] = "UNO"
    new = _file(tmp_path / "new.geojson", moved, {**FEATURE, "properties": {"id": "Z2"}})
    assert main(["zones", "diff", one, new]) == 1
    out = capsys.readouterr().out
    assert "name: ONE \\x1b[2J → UNO" in out
    assert "1 of 4 points moved, by at most 0.42 NM" in out
    assert "added Z2" in out
    assert "1 added, 0 removed, 1 changed" in out
    assert main(["zones", "diff", new, one, "--format", "json"]) == 1
    changes = json.loads(capsys.readouterr().out)
    assert [(c["zone_id"], c["change"]) for c in changes] == [("Z1", "changed"), ("Z2", "removed")]


def test_patterns_name_files(tmp_path: Path, one: str, capsys: Any) -> None:
    assert main(["zones", "validate", str(tmp_path / "*.geojson")]) == 0
    assert main(["zones", "validate", str(tmp_path / "*.kml")]) == 2
    assert "no file fits" in capsys.readouterr().err


def test_real_files_convert_and_come_back(shared: Path, tmp_path: Path, capsys: Any) -> None:
    source = str(shared / "zones-openair" / "LF-P25_LF-R35A.openair.txt")
    out = str(tmp_path / "paris.geojson")
    assert main(["zones", "convert", source, "-o", out]) == 0
    assert main(["zones", "diff", source, out]) == 0


def test_show_tells_all_that_is_said_and_what_was_not_read(tmp_path: Path, capsys: Any) -> None:
    who = [{"kind": "callsign", "values": ["RES*"]}]
    permission = {
        "who": who, "reason": "rescue", "source": "NOTAM A1", "upper_m": 914.4, "end": "2026-05-01T12:00:00Z",
    }  # fmt: skip
    said = {**FEATURE, "properties": {"id": "Z1", "rule": {"cleared": [permission]}, "ceiling": 3000}}
    path = _file(tmp_path / "said.geojson", said, {**FEATURE, "geometry": None})
    assert main(["zones", "show", path]) == 0
    shown = capsys.readouterr()
    assert (
        "rescue (callsign RES*; up to 3,000 ft; until 2026-05-01 12:00:00 Z; source: NOTAM A1)" in shown.out
    )
    assert "ceiling (kept, not used): 3000" in shown.out
    assert "a feature without geometry" in shown.err
    assert "[limit-unread]" in shown.err


def test_a_permission_made_longer_differs_in_words(tmp_path: Path, capsys: Any) -> None:
    files = []
    for hour in (12, 14):
        who = [{"kind": "callsign", "values": ["RES*"]}]
        permission = {"who": who, "reason": "rescue", "end": f"2026-05-01T{hour}:00:00Z"}
        feature = {**FEATURE, "properties": {"id": "Z1", "rule": {"cleared": [permission]}}}
        files.append(_file(tmp_path / f"{hour}.geojson", feature))
    assert main(["zones", "diff", *files]) == 1
    out = capsys.readouterr().out
    assert "until 2026-05-01 12:00:00 Z" in out
    assert "until 2026-05-01 14:00:00 Z" in out


def test_what_could_not_be_read_is_not_the_same(tmp_path: Path, capsys: Any) -> None:
    nobody = {"who": [], "reason": "rescue"}
    feature = {**FEATURE, "properties": {"id": "Z1", "rule": {"cleared": [nobody]}}}
    path = _file(tmp_path / "z.geojson", feature)
    assert main(["zones", "diff", path, path]) == 3
    assert "0 zones before, 0 zones after: the same; 2 more not read" in capsys.readouterr().out


def test_a_polygon_of_arcs_is_not_one_of_its_points_alone(tmp_path: Path, capsys: Any) -> None:
    text = (
        "AC R\nAN R-2\nAH FL 95\nAL GND\nV D=-\nV X=47:20:00 N 008:00:00 E\nDA 5,350,20\n"
        "DB 47:25:00 N 008:00:00 E,47:15:00 N 008:00:00 E\nDP 47:20:00 N 008:00:00 E\n"
    )
    path = tmp_path / "r2.txt"
    path.write_text(text)
    assert main(["zones", "list", str(path)]) == 0
    assert "polygon of 1 point, 2 arcs" in capsys.readouterr().out
