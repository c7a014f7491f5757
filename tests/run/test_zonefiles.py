"""Zone files: opened within bounds, recognised, counted."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nofly.errors import PluginError, ZoneFormatError
from nofly.run.files.zonefiles import read_zones
from tests.formats.json_mutations import mutations

DATA = Path(__file__).parents[1] / "data/formats"
SAMPLE = DATA / "geojson/vocabulary.geojson"
NO_ZONES = (
    "Schema_",
    "PartialExample_GeoZoneProperties",
    "PartialExample_TimePeriod",
    "PartialExample_ZoneAuth",
)


def test_every_record_is_a_zone_or_rejected() -> None:
    read = read_zones([SAMPLE, DATA / "ed269/deviations.json", str(DATA / "ed318/layers.json")])
    assert [f.format for f in read.files] == ["geojson", "ed269", "ed318"]
    assert (len(read.zones), read.rejected, read.records) == (7, 3, 10)
    assert read.files[0].sha256 == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert {z.source.sha256 for z in read.zones} == {f.sha256 for f in read.files}
    assert read.zones[0].source.locator == "$.features[0]"
    assert len(read.set_id) == 64
    backwards = read_zones([DATA / "ed318/layers.json", DATA / "ed269/deviations.json", SAMPLE])
    assert backwards.set_id == read.set_id


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_compressed_files_are_read_and_named_by_their_own_hash(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / "zones.geojson.packed"
    path.write_bytes(pack(SAMPLE.read_bytes()))
    read = read_zones(path)
    assert [z.zone_hash for z in read.zones] == [z.zone_hash for z in read_zones([SAMPLE]).zones]
    assert read.files[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_bomb_is_stopped(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / "bomb"
    path.write_bytes(pack(b" " * 20_000_000))
    with pytest.raises(ZoneFormatError, match="longer than 1,000,000 bytes when decompressed"):
        read_zones([path], max_bytes=1_000_000)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_broken_archive_is_an_error(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    path = tmp_path / "broken"
    packed = pack(SAMPLE.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ZoneFormatError):
        read_zones([path])


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_bytes(b"[" + b" " * 2_000_000)
    with pytest.raises(ZoneFormatError, match="longer than"):
        read_zones([path], max_bytes=1_000_000)


def test_standard_input() -> None:
    read = read_zones("-", stdin=io.BytesIO(SAMPLE.read_bytes()))
    assert read.files[0].path == "standard input"
    assert len(read.zones) == 3


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"\x00\x01"])
def test_an_unknown_format_names_those_there_are(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "what"
    path.write_bytes(content)
    with pytest.raises(ZoneFormatError, match=r"no known format \(expected one of .*ed269.*geojson"):
        read_zones([path])


def test_missing_files_folders_and_formats(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.json", "bad\0name"):
        with pytest.raises(ZoneFormatError, match="cannot be opened"):
            read_zones([path])
    with pytest.raises(PluginError, match="has no 'shapefile'"):
        read_zones([SAMPLE], format="shapefile")


def test_a_folder_stands_for_all_its_zone_files_in_order(tmp_path: Path) -> None:
    names = ["b/one.geojson", "a.geojson", "c.geojson", "b/.hidden.geojson"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(SAMPLE.read_bytes())
    (tmp_path / "README.txt").write_text("read me")
    (tmp_path / "cut.geojson").write_bytes(SAMPLE.read_bytes()[:-20])
    found = read_zones(tmp_path)
    read = [str(Path(file.path).relative_to(tmp_path)) for file in found.files]
    assert read == ["a.geojson", "c.geojson", "cut.geojson", "b/one.geojson"]
    one = read_zones(SAMPLE)
    assert (len(found), found.rejected) == (3 * len(one), 3 * one.rejected + 1)
    said = {Path(f.source).name: f.code for f in found.findings if f.code.endswith("not-read")}
    assert said == {"README.txt": "file-not-read", "cut.geojson": "zone-file-not-read"}
    with pytest.raises(ZoneFormatError):
        read_zones(tmp_path, strict=True)


def test_a_folder_without_zone_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZoneFormatError, match="no zone file in this folder"):
        read_zones(tmp_path)
    (tmp_path / "README.txt").write_text("read me")
    with pytest.raises(ZoneFormatError, match="no zone file in this folder"):
        read_zones(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_in_a_folder_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.geojson")
    (tmp_path / "zones.geojson").write_bytes(SAMPLE.read_bytes())
    said = [(Path(f.source).name, f.code) for f in read_zones(tmp_path).findings if f.code == "file-not-read"]
    assert said == [("pipe.geojson", "file-not-read")]


def test_a_second_copy_of_a_file_names_the_first(tmp_path: Path) -> None:
    first, second = tmp_path / "first.geojson", tmp_path / "second.geojson"
    for path in (first, second):
        path.write_bytes(SAMPLE.read_bytes())
    twice = [f for f in read_zones([first, second]).findings if f.code == "duplicate-id"]
    assert twice
    for finding in twice:
        assert finding.source == str(second)
        assert str(first) in finding.message


def test_strict_raises_at_the_first_rejected_record() -> None:
    with pytest.raises(ZoneFormatError, match=r"features\[3\].*radius_m"):
        read_zones([SAMPLE], strict=True)


def test_a_second_zone_of_one_id_is_a_finding(tmp_path: Path) -> None:
    root = json.loads(SAMPLE.read_bytes())
    root["features"].append(root["features"][0])
    path = tmp_path / "twice.geojson"
    path.write_text(json.dumps(root))
    found = [f for f in read_zones([path]).findings if f.code == "duplicate-id"]
    assert [(f.locator, "$.features[0]" in f.message) for f in found] == [("$.features[4]", True)]
    assert [f.code for f in read_zones([SAMPLE, SAMPLE]).findings].count("duplicate-id") == 3


def test_every_real_json_zone_file_reads_or_is_no_zone_file(shared: Path) -> None:
    paths = [*sorted((shared / "zones-uas").glob("*/*.json")), shared / "boundaries/eurofirs.json.gz"]
    assert len(paths) > 20
    for path in paths:
        if path.name.startswith(NO_ZONES):
            with pytest.raises(ZoneFormatError, match="no known format"):
                read_zones([path])
        else:
            read = read_zones([path])
            assert read.zones
            assert len(read.zones) + read.rejected == read.records


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_real_files_read_or_raise_and_lose_nothing(shared: Path, data: st.DataObject) -> None:
    paths = sorted(p for p in (shared / "zones-uas").glob("*/*.json") if not p.name.startswith(NO_ZONES))
    content = data.draw(mutations(data.draw(st.sampled_from(paths)).read_bytes()))
    with contextlib.suppress(ZoneFormatError):
        read = read_zones("-", stdin=io.BytesIO(content))
        assert len(read.zones) + read.rejected == read.records
