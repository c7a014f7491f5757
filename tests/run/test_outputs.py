"""Every output says the same, whole, and safely."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import stat
import unicodedata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError, Finding, InputError, Severity
from nofly.run.files.atomic import write_whole
from nofly.run.outputs import FORMATS, format_of, render, write
from nofly.run.outputs.columns import COLUMNS, record, stay_of
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.split import split_line, split_polygon
from nofly.run.outputs.table import finding_lines, summary, table
from nofly.run.outputs.table import nobody as clear
from nofly.run.outputs.text import clock, depth, duration, height, iso_time, place, printable, width
from nofly.run.result import CheckResult
from nofly.zones.model import Circle, Corridor, Polygon

TEXTUAL = ("table", "json", "csv", "geojson", "kml", "html")
ISSUE_FIELDS = {
    "id", "zone_id", "zone_name", "zone_hash", "target_id", "icao24", "callsign", "status", "certainty",
    "cause", "entry_time", "exit_time", "entry_lat_deg", "entry_lon_deg", "exit_lat_deg", "exit_lon_deg",
    "duration_s", "depth_m", "lower_margin_m", "upper_margin_m", "reports", "longest_gap_s",
    "findings", "reasons",
}  # fmt: skip


@pytest.mark.parametrize("format", TEXTUAL)
def test_no_output_holds_a_control_character(result: CheckResult, format: str) -> None:
    text = render(result, format).decode("utf-8")
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r"}
    assert not bad


def test_json_has_the_promised_fields(result: CheckResult) -> None:
    document = json.loads(render(result, "json"))
    assert {"nofly", "zones", "positions", "findings", "infringements"} <= set(document)
    first = document["infringements"][0]
    assert set(first) >= ISSUE_FIELDS
    assert first["entry_time"] == "2018-08-01T09:24:05.000000Z"
    unknown = document["infringements"][3]
    assert unknown["depth_m"] is None
    assert unknown["height_m"] is None
    assert document["positions"]["reports"] == 660
    assert len(document["positions"]["gaps"]) == 1
    assert len(document["findings"]) == 9


def test_csv_and_parquet_carry_the_same_columns_and_values(result: CheckResult) -> None:
    rows = list(csv.DictReader(io.StringIO(render(result, "csv").decode())))
    parquet = pq.read_table(io.BytesIO(render(result, "parquet")))
    assert list(rows[0]) == parquet.column_names == [name for name, _ in COLUMNS]
    assert parquet.schema.field("entry_time").type.tz == "UTC"
    for row, other in zip(rows, parquet.to_pylist(), strict=True):
        assert row["id"] == other["id"]
        assert row["depth_m"] == ("" if other["depth_m"] is None else str(other["depth_m"]))
        assert row["entry_time"] == other["entry_time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_csv_runs_no_formula_and_keeps_numbers(result: CheckResult) -> None:
    rows = list(csv.DictReader(io.StringIO(render(result, "csv").decode())))
    assert rows[2]["callsign"] == "'=HYPERLINK(1)"
    assert float(rows[2]["entry_lat_deg"]) == -19.0
    for row in rows:
        for name, kind in COLUMNS:
            assert kind in ("float", "int") or not row[name].startswith(tuple("=+-@\t\r"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\t", "\r", "\uff1d"])
def test_csv_disarms_every_start_of_a_formula(result: CheckResult, start: str) -> None:
    import dataclasses

    stay = dataclasses.replace(result.infringements[0], callsign=f"{start}1")
    one = dataclasses.replace(result, infringements=(stay,))
    row = next(csv.DictReader(io.StringIO(render(one, "csv").decode())))
    assert row["callsign"].startswith("'")


def test_the_file_of_no_stay_still_has_its_head(nobody: CheckResult) -> None:
    assert render(nobody, "csv").decode().startswith("id,zone_id,")
    assert json.loads(render(nobody, "json"))["infringements"] == []
    assert json.loads(render(nobody, "geojson"))["features"] == []
    assert pq.read_table(io.BytesIO(render(nobody, "parquet"))).num_rows == 0
    assert "Nobody was inside" in render(nobody, "table").decode()


def _coordinates(geometry: dict[str, Any]) -> list[list[float]]:
    if geometry["type"] == "GeometryCollection":
        return [c for g in geometry["geometries"] for c in _coordinates(g)]

    def flat(value: Any) -> list[list[float]]:
        return [value] if isinstance(value[0], float | int) else [c for part in value for c in flat(part)]

    return flat(geometry["coordinates"])


def test_geojson_is_split_at_the_antimeridian(result: CheckResult) -> None:
    collection = json.loads(render(result, "geojson"))
    kinds = [f["properties"]["type"] for f in collection["features"]]
    assert kinds.count("zone") == 3
    assert kinds.count("stay") == kinds.count("entry") == kinds.count("exit") == 4
    for feature in collection["features"]:
        assert all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in _coordinates(feature["geometry"]))
    pacific = [
        f
        for f in collection["features"]
        if f["properties"].get("zone_id", f["properties"].get("id")) == "NZ-1"
    ]
    assert pacific[0]["geometry"]["type"] == "MultiPolygon"
    assert (
        next(f for f in pacific if f["properties"]["type"] == "stay")["geometry"]["type"] == "MultiLineString"
    )
    assert result.__geo_interface__["type"] == "FeatureCollection"


def test_kml_parses_and_its_tracks_have_as_many_times_as_places(result: CheckResult) -> None:
    root = ElementTree.fromstring(render(result, "kml"))
    gx = "{http://www.google.com/kml/ext/2.2}"
    tracks = root.findall(f".//{gx}Track")
    assert len(tracks) == 4
    for track in tracks:
        assert (
            len(track.findall("{http://www.opengis.net/kml/2.2}when")) == len(track.findall(f"{gx}coord")) > 1
        )
    assert "<b>BERN" not in render(result, "kml").decode()


def test_the_page_stands_alone_and_is_escaped(result: CheckResult) -> None:
    page = render(result, "html").decode()
    assert "<b>BERN" not in page
    assert "<script" not in page
    assert 'src="data:image/png;base64,' in page
    assert "http://" not in page
    assert "<b>BERN" not in result._repr_html_()


def test_table_reads_in_aviation_units(result: CheckResult) -> None:
    lines = table(result).splitlines()
    assert len(lines) == 5
    assert "0.75 ± 0.20 NM" in lines[1]
    assert "FL190" in lines[1]
    assert "2018-08-01 09:24:05" in lines[1]
    assert "1 infringement, 1 undetermined, 1 exempt, 1 suspect" in summary(result)
    starts = {line.index("FROM" if k == 0 else "2018") - 2 * ("≤" in line) for k, line in enumerate(lines)}
    assert len(starts) == 1


def test_findings_are_folded(result: CheckResult) -> None:
    lines = finding_lines(result.findings)
    assert len(lines) == 3
    assert "× 7" in lines[-1]


@given(st.text(max_size=60))
def test_printable_text_is_printable_and_says_it_once(text: str) -> None:
    safe = printable(text)
    assert printable(safe) == safe
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in safe)
    assert width(safe) >= 0
    safe.encode()


def test_bidi_controls_become_visible_and_joiners_stay() -> None:
    assert printable("LS\u202eABC") == "LS\\u202eABC"
    assert printable("a\u200cb") == "a\u200cb"
    assert printable("a\x1b[2Jb") == "a\\x1b[2Jb"
    assert printable("two\nlines") == "two lines"


def test_words_for_quantities() -> None:
    assert duration(17.2) == "17 s"
    assert duration(6.0) == "6 s"
    assert duration(243) == "4 min 03 s"
    assert duration(7500) == "2 h 05 min"
    assert duration(float("nan")) == "unknown"
    assert depth(1389, 370.4) == "0.75 ± 0.20 NM"
    assert depth(12.4, 3.0) == "12 ± 3 m"
    assert depth(None) == "unknown"
    assert height(5791.2, "STD") == "FL190"
    assert height(457.2, "AMSL") == "1,500 ft AMSL"
    assert height(None, None) == "unknown"
    assert place(48.0 + 47.73 / 60, -2.5) == "48°47.73′ N 002°30.00′ W"
    assert place(-0.99999999, 179.99999999) == "01°00.00′ S 180°00.00′ E"
    assert iso_time(1) == "1970-01-01T00:00:00.000001Z"
    for time_us in (-1, -(1 << 55), 1 - (1 << 55), (1 << 55) - 1, 1 << 55, 1 << 60):
        assert iso_time(time_us) == f"{np.datetime64(time_us, 'us')}Z"
    assert clock(1_533_115_445_600_000) == "2018-08-01 09:24:06 Z"


@pytest.mark.parametrize(
    "zone", [Circle((10.0, 179.99), 30_000.0), Circle((89.9, 0.0), 50_000.0), Circle((-90.0, 0.0), 1000.0),
             Corridor(((0.0, 179.0), (1.0, -179.0)), 5000.0)],
)  # fmt: skip
def test_split_keeps_the_area_and_stays_in_range(zone: Any) -> None:
    for outline in outlines(zone):
        pieces = split_polygon(outline)
        assert pieces
        for rings in pieces:
            for k, ring in enumerate(rings):
                assert np.abs(ring[:, 1]).max() <= 180.0
                assert (ring[0] == ring[-1]).all()
                x, y = ring[:, 1], ring[:, 0]
                area = np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2
                assert (area > 0) == (k == 0)
        if abs(outline[0][-1, 1] - outline[0][0, 1]) < 1:
            assert sum(map(_area, pieces)) == pytest.approx(abs(_ring_area(outline[0])), rel=1e-9)


def _ring_area(ring: Any) -> float:
    x, y = ring[:, 1] - ring[0, 1], ring[:, 0]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def _area(rings: list[Any]) -> float:
    return sum(_ring_area(ring) for ring in rings)


def test_a_hole_across_the_antimeridian_is_cut_with_its_zone() -> None:
    square = ((-10.0, 170.0), (-10.0, -170.0), (10.0, -170.0), (10.0, 170.0))
    hole = ((-2.0, 178.0), (-2.0, -178.0), (2.0, -178.0), (2.0, 178.0))
    rings = outlines(Polygon(square, (hole,)), drawn=False)[0]
    pieces = split_polygon(rings)
    assert sum(map(_area, pieces)) == pytest.approx(20 * 20 - 4 * 4, rel=0.02)
    assert len(pieces) == 2


@given(st.lists(st.tuples(st.floats(-89, 89), st.floats(-170, 170)), min_size=2, max_size=8))
def test_split_lines_lose_no_end(steps: list[tuple[float, float]]) -> None:
    line = np.array(steps)
    line[:, 1] = np.cumsum(line[:, 1])
    pieces = split_line(line)
    assert all(np.abs(piece[:, 1]).max() <= 180.0 for piece in pieces)
    turned = np.round((line[[0, -1], 1] - [pieces[0][0, 1], pieces[-1][-1, 1]]) / 360.0)
    back = [pieces[0][0, 1], pieces[-1][-1, 1]] + 360.0 * turned
    assert back == pytest.approx(line[[0, -1], 1], abs=1e-6)


def test_an_output_appears_whole_or_not_at_all(result: CheckResult, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    path.chmod(0o640)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write(result, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write(result, path)
    assert json.loads(path.read_text())["nofly"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_writing_follows_links_and_leaves_devices_alone(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    write_whole("/dev/null", b"gone")
    assert not os.path.isfile("/dev/null")
    with pytest.raises(OSError, match=r"Is a directory"):
        write_whole(tmp_path, b"")
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "no" / "where", b"")
    assert caught.value.filename == str(tmp_path / "no" / "where")


def test_every_format_has_a_module_and_an_extension(result: CheckResult, tmp_path: Path) -> None:
    for name, suffixes in FORMATS.items():
        for suffix in suffixes:
            assert format_of(f"x{suffix.upper()}") == name
    with pytest.raises(ConfigError, match="names no format"):
        format_of("x.docx")
    with pytest.raises(ConfigError, match="no output format"):
        render(result, "docx")


def test_records_follow_the_columns(result: CheckResult) -> None:
    for stay in result.infringements:
        assert list(record(stay)) == [name for name, _ in COLUMNS]


def test_exit_codes(result: CheckResult, nobody: CheckResult) -> None:
    import dataclasses

    assert result.exit_code == 1
    assert nobody.exit_code == 0
    assert dataclasses.replace(result, infringements=result.infringements[1:2]).exit_code == 3
    assert dataclasses.replace(result, infringements=result.infringements[2:]).exit_code == 0
    assert dataclasses.replace(nobody, report_count=0).exit_code == 3
    assert dataclasses.replace(nobody, answered=False).exit_code == 3


def test_without_zones_nothing_is_clear(nobody: CheckResult) -> None:
    assert (nobody.exit_code, clear(nobody)) == (0, "Nobody was inside a zone.")
    none = dataclasses.replace(nobody, zones=())
    assert (none.exit_code, clear(none)) == (3, "No zones: nothing can be said.")


def test_a_clear_says_what_could_not_be_read(nobody: CheckResult) -> None:
    findings = (
        Finding("no-area", Severity.REJECTED, "no area", "z.geojson", "", 2),
        Finding("id-missing", Severity.INFO, "no id", "z.geojson"),
    )
    partly = dataclasses.replace(nobody, findings=findings)
    assert clear(partly) == "Nobody was inside a zone; 2 records could not be read."


def test_of_a_zone_that_was_not_read_nobody_is_cleared(nobody: CheckResult) -> None:
    findings = (Finding("no-area", Severity.REJECTED, "no area", "z.geojson", "", 2),)
    partly = dataclasses.replace(nobody, findings=findings, zones_not_read=2)
    assert partly.exit_code == 3
    words = "Nobody was inside a zone that could be read; 2 zones could not, of which nothing can be said."
    assert clear(partly) == words
    assert ", 2 more not read," in summary(partly)
    assert partly.to_dict()["zones_not_read"] == 2


def test_a_row_is_read_back_as_the_stay(result: CheckResult) -> None:
    for stay in result.infringements:
        row = json.loads(json.dumps(record(stay)))
        again = stay_of(row)
        assert record(again) == record(stay)
        assert (again.status, again.entry_time_us, again.findings) == (
            stay.status,
            stay.entry_time_us,
            tuple(map(printable, stay.findings)),
        )
    with pytest.raises(InputError, match="no verdict"):
        stay_of({**row, "status": "guilty"})
    unknown = stay_of({**row, "duration_low_s": None, "depth_m": None})
    assert np.isnan(unknown.duration_low_s)
    assert unknown.depth_m is None
