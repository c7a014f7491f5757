"""The verb check from files to answer."""

from __future__ import annotations

import gzip
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

import nofly
from nofly.cli import main

SQUARE = [[8.0, 46.0], [9.0, 46.0], [9.0, 47.0], [8.0, 47.0], [8.0, 46.0]]
START_S = 1_533_115_440


def _zones(path: Path, **properties: Any) -> str:
    feature = {
        "type": "Feature",
        "properties": {"id": "LS-R7", "name": "GRIMSEL", "restriction": "PROHIBITED", **properties},
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return str(path)


def _tracks(path: Path, lon: float = 8.5, alt: str = "10000", callsign: str = "SWR123") -> str:
    """Write a flight north along a meridian, 10 s between reports, 45.9° to 47.1°."""
    lines = ["time,icao24,callsign,lat,lon,alt_std_m,pos_err_m"]
    for k in range(121):
        lines.append(f"{START_S + 10 * k},4ca7b3,{callsign},{45.9005 + 0.01 * k:.4f},{lon},{alt},30")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def zones(tmp_path: Path) -> str:
    return _zones(tmp_path / "z.geojson")


@pytest.fixture
def tracks(tmp_path: Path) -> str:
    return _tracks(tmp_path / "t.csv")


def _json(capsys: Any, *args: str) -> tuple[int, Any]:
    code = main(["check", *args, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_flight_through_a_zone(zones: str, tracks: str, capsys: Any) -> None:
    code, said = _json(capsys, "--zones", zones, tracks)
    assert code == 1
    (stay,) = said["infringements"]
    assert stay["zone_id"] == "LS-R7"
    assert stay["icao24"] == "4ca7b3"
    assert stay["callsign"] == "SWR123"
    assert (stay["status"], stay["certainty"], stay["cause"]) == ("infringement", "confirmed", "moved")
    assert stay["entry_lat_deg"] == pytest.approx(46.0, abs=1e-6)
    assert stay["exit_lat_deg"] == pytest.approx(47.0, abs=1e-6)
    assert stay["duration_s"] == pytest.approx(1000, abs=5)
    assert stay["depth_m"] == pytest.approx(math.cos(math.radians(46.5)) * 0.5 * 111_320, rel=0.01)
    assert said["positions"]["reports"] == 121
    assert said["zones"][0]["id"] == "LS-R7"


def test_nobody_inside(zones: str, tmp_path: Path, capsys: Any) -> None:
    code, said = _json(capsys, "--zones", zones, _tracks(tmp_path / "far.csv", lon=7.5))
    assert code == 0
    assert said["infringements"] == []


def test_nobody_is_cleared_of_a_zone_that_was_not_read(zones: str, tmp_path: Path, capsys: Any) -> None:
    root = json.loads(Path(zones).read_text(encoding="utf-8"))
    root["features"].append({**root["features"][0], "geometry": {"type": "Polygon", "coordinates": []}})
    partly = tmp_path / "partly.geojson"
    partly.write_text(json.dumps(root), encoding="utf-8")
    far, near = _tracks(tmp_path / "far.csv", lon=7.5), _tracks(tmp_path / "near.csv")
    code, said = _json(capsys, "--zones", str(partly), far)
    assert (code, said["zones_not_read"], said["infringements"]) == (3, 1, [])
    code, said = _json(capsys, "--zones", str(partly), near)
    assert (code, said["zones_not_read"]) == (1, 1)
    found = nofly.check(far, str(partly))
    assert (found.exit_code, found.at("2018-08-01T09:05:00Z").exit_code) == (3, 3)


def test_folders_of_zones_and_tracks_are_told_apart_by_what_is_in_them(
    zones: str, tracks: str, tmp_path: Path, capsys: Any
) -> None:
    law, more, traffic = tmp_path / "law", tmp_path / "more", tmp_path / "traffic"
    for folder, source in ((law, zones), (more, zones), (traffic, tracks)):
        folder.mkdir()
        (folder / Path(source).name).write_bytes(Path(source).read_bytes())
        (folder / "AUTHORS").write_text("nobody")
    for ask in (("--zones", law, traffic), ("--zones", law, more, traffic), ("-z", law, "-z", more, traffic)):
        code, said = _json(capsys, *map(str, ask))
        assert (code, {z["id"] for z in said["zones"]}, said["positions"]["reports"]) == (1, {"LS-R7"}, 121)


def test_an_unknown_height_is_undetermined(tmp_path: Path, capsys: Any) -> None:
    high = _zones(
        tmp_path / "high.geojson",
        lower={"value": 100, "unit": "FL", "datum": "STD"},
        upper={"value": 200, "unit": "FL", "datum": "STD"},
    )
    code, said = _json(capsys, "--zones", high, _tracks(tmp_path / "none.csv", alt=""))
    assert said["zones"][0]["id"] == "LS-R7"
    assert [s["certainty"] for s in said["infringements"]] == ["undetermined"]
    assert code == 3
    assert main(["check", "--zones", high, str(tmp_path / "none.csv"), "--explain", "all", "-q"]) == 3
    assert "It cannot be told whether 4ca7b3 (SWR123) was inside" in capsys.readouterr().out


def test_at(zones: str, tracks: str, capsys: Any) -> None:
    for time, inside, code in (
        ("2018-08-01T09:33:00Z", 1, 1),
        ("2018-08-01T09:24:30Z", 0, 0),
        ("2018-08-02T00:00:00Z", 0, 3),
    ):
        got, said = _json(capsys, "--zones", zones, tracks, "--at", time)
        assert (got, len(said["infringements"])) == (code, inside)
    assert main(["check", "--zones", zones, tracks, "--at", "2018-08-01T09:33:00"]) == 2
    assert "has no zone" in capsys.readouterr().err


def test_packed_piped_and_mapped(zones: str, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    plain = Path(_tracks(tmp_path / "t.csv")).read_text()
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(plain.encode()))
    assert _json(capsys, "--zones", zones, str(packed))[0] == 1

    class Pipe:
        buffer = io.BytesIO(plain.encode())

    monkeypatch.setattr("sys.stdin", Pipe())
    assert _json(capsys, "--zones", zones, "-")[0] == 1
    odd = tmp_path / "odd.csv"
    odd.write_text(plain.replace("lat,", "breite,").replace("alt_std_m", "Höhe (ft)"))
    mapped = ["--map", "breite=lat_deg:deg", "--map", "Höhe (ft)=alt_std_m:ft"]
    code, said = _json(capsys, "--zones", zones, str(odd), *mapped)
    assert code == 1
    assert said["infringements"][0]["height_m"] in (None, pytest.approx(3048.0))
    assert main(["check", "--zones", zones, str(odd), "--map", "breite"]) == 2
    assert main(["check", "--zones", zones, str(odd), "--map", "breite=lat_deg:ft"]) == 2


def test_configuration_and_lists(tracks: str, tmp_path: Path, capsys: Any) -> None:
    rule = {"exempt": [{"who": [{"kind": "list", "values": ["military"]}], "reason": "military flight"}]}
    _zones(tmp_path / "ruled.geojson", rule=rule)
    (tmp_path / "military.txt").write_text("4ca7b3\n")
    toml = tmp_path / "nofly.toml"
    toml.write_text('[check]\nzones = ["ruled.geojson"]\n[lists]\nmilitary = "military.txt"\n')
    code, said = _json(capsys, "--config", str(toml), tracks)
    assert code == 0
    assert said["infringements"][0]["status"] == "exempt"
    assert main(["check", "--zones", str(tmp_path / "ruled.geojson"), tracks]) == 2
    assert "military" in capsys.readouterr().err
    toml.write_text("[check]\nzoness = 1")
    assert main(["check", "--config", str(toml), tracks]) == 2
    assert "perhaps zones" in capsys.readouterr().err


@pytest.mark.parametrize(
    "bad", [b"", b"no tracks", b"\x1f\x8bbroken", b"time,icao24,lat\n1,4ca7b3,46\n", b"PAR1broken"]
)
def test_bad_input_leaves_nothing_behind(zones: str, tmp_path: Path, bad: bytes, capsys: Any) -> None:
    path = tmp_path / "bad"
    path.write_bytes(bad)
    out = tmp_path / "out.json"
    assert (
        main(["check", "--zones", zones, str(path), "-o", str(out), "--plot", str(tmp_path / "p.png")]) == 2
    )
    said = capsys.readouterr()
    assert said.err.startswith("nofly: ")
    assert said.err.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad", "z.geojson"]


def test_every_output_at_once(zones: str, tracks: str, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    out.mkdir()
    names = ["a.json", "a.csv", "a.geojson", "a.kml", "a.parquet", "a.html", "a.txt"]
    outputs = [part for name in names for part in ("-o", str(out / name))]
    assert main(["check", "--zones", zones, tracks, *outputs, "--plot", str(out / "a.svg")]) == 1
    assert sorted(p.name for p in out.iterdir()) == sorted([*names, "a.svg"])
