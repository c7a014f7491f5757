"""Heights on every datum, their bounds, terrain, the bridge between known heights, and the words for them."""

from __future__ import annotations

import struct
import sys
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.geo.bridge import Carry, bridge
from nofly.geo.heights import (
    AGL,
    AMSL,
    BOUND,
    ERR_M,
    GROUND,
    HAE,
    REPORTED,
    STD,
    UNKNOWN,
    HeightBounds,
    Heights,
    fill_heights,
)  # fmt: skip
from nofly.geo.heightwords import explain_height
from nofly.geo.qnh import ConstantQnh, QnhReport, StationQnh, offset_m
from nofly.geo.terrain import SRTM_ERR_M, Terrain, Tile
from nofly.run.files.heightfiles import load_geoid, load_terrain
from nofly.schema import Coded, Positions
from nofly.zones.model import Datum

ALL = (STD, AMSL, AGL, HAE)
NAN = np.nan
HIGHER, LOWER = float(offset_m(1050.0)), float(offset_m(950.0))


def rows(n: int = 1, lat=47.5, lon=8.5, **columns) -> Positions:
    made = {
        name: np.asarray(value, np.int8 if name == "on_ground" else np.float64)
        for name, value in columns.items()
    }
    return Positions(
        np.arange(n, dtype=np.int64) * 1_000_000, Coded(np.zeros(n, np.int32), ["t"]),
        np.full(n, lat), np.full(n, lon), made,
    )  # fmt: skip


def fill(positions: Positions, qnh=None, geoid=None, terrain=None, limits=None, datums=ALL) -> Heights:
    return fill_heights(positions, qnh, geoid, terrain, limits or HeightBounds(), datums)


def flat(height_m: float = 400.0, spread_m: float = 20.0) -> Terrain:
    """Ground round 47.5 N 8.5 E whose four posts run over ``spread_m``."""

    def window(r0: int, r1: int, c0: int, c1: int):
        posts = np.full((r1 - r0 + 1, c1 - c0 + 1), height_m)
        posts[0, 0] += spread_m
        return posts

    return Terrain([Tile(48.0, 8.0, 0.5, 0.5, 3, 3, window)], err_m=5.0)


def one(heights: Heights, datum: str) -> tuple[float, float]:
    return float(heights.lo[datum][0]), float(heights.hi[datum][0])


def test_a_whole_column_comes_back_itself():
    p = rows(3, alt_std_m=[1.0, 2.0, 3.0])
    found = fill(p, datums=[Datum.STD])
    assert found.lo[STD] is found.hi[STD] is p.columns["alt_std_m"]
    assert found.method[Datum.STD] == REPORTED
    assert found.err_m[STD] is None
    assert found.default_err_m[STD] == ERR_M[STD] == 38.0


def test_amsl_by_qnh():
    found = fill(rows(2, alt_std_m=[1000.0, 2000.0]), qnh=ConstantQnh(1003.0))
    assert found.lo[AMSL] is found.hi[AMSL]
    assert found.lo[AMSL] - [1000.0, 2000.0] == pytest.approx([float(offset_m(1003.0))] * 2)
    assert found.method[AMSL] == "QNH 1003"
    assert 38.0 < found.err_at(AMSL, 0) < 40.0


def test_amsl_without_qnh_is_bounded_by_950_and_1050_hpa():
    found = fill(rows(alt_std_m=[3000.0]))
    assert one(found, AMSL) == pytest.approx((3000.0 - 38.0 + LOWER, 3000.0 + 38.0 + HIGHER))
    assert found.method_at(AMSL, 0) == BOUND
    assert found.err_at(AMSL, 0) == 0.0


def test_std_of_an_altitude():
    p = rows(alt_amsl_m=[3000.0])
    by_qnh = 3000.0 - float(offset_m(1003.0))
    assert one(fill(p, qnh=ConstantQnh(1003.0)), STD) == pytest.approx((by_qnh, by_qnh))
    assert one(fill(p), STD) == pytest.approx((3000.0 - 38.0 - HIGHER, 3000.0 + 38.0 - LOWER))


def test_amsl_by_the_geoid_has_a_larger_error():
    found = fill(rows(alt_hae_m=[3000.0]), geoid=load_geoid())
    n = float(load_geoid().undulation_m(47.5, 8.5))
    assert one(found, AMSL) == pytest.approx((3000.0 - n,) * 2)
    assert found.method[AMSL] == "geoid"
    assert found.err_at(AMSL, 0) == pytest.approx(np.hypot(np.hypot(45.0, 1.0), 0.06 * (3000.0 - n)))
    assert one(found, HAE) == (3000.0, 3000.0)


def test_hae_without_the_geoid_bounds_amsl():
    lo, hi = one(fill(rows(alt_hae_m=[3000.0])), AMSL)
    err = np.hypot(45.0, 0.06 * 3000.0)
    assert (lo, hi) == pytest.approx((3000.0 - err - 86.0, 3000.0 + err + 107.0))


def test_hae_of_an_altitude():
    n = float(load_geoid().undulation_m(47.5, 8.5))
    p = rows(alt_amsl_m=[1000.0])
    assert one(fill(p, geoid=load_geoid()), HAE) == pytest.approx((1000.0 + n,) * 2)
    assert one(fill(p), HAE) == pytest.approx((1000.0 - 38.0 - 107.0, 1000.0 + 38.0 + 86.0))


def test_agl_over_terrain():
    found = fill(rows(alt_std_m=[3000.0]), qnh=ConstantQnh(1013.25), terrain=flat())
    assert one(found, AGL) == pytest.approx((3000.0 - 410.0,) * 2)
    assert found.method_at(AGL, 0) == "terrain"
    assert found.err_at(AGL, 0) == pytest.approx(np.hypot(np.hypot(38.9, 15.0), 0.06 * 2590.0), abs=0.1)


def test_agl_by_satellite_height_needs_no_qnh_and_no_allowance_for_temperature():
    n = float(load_geoid().undulation_m(47.5, 8.5))
    found = fill(rows(alt_hae_m=[600.0]), geoid=load_geoid(), terrain=flat())
    assert one(found, AGL) == pytest.approx((600.0 - n - 410.0,) * 2)
    assert found.err_at(AGL, 0) == pytest.approx(np.hypot(np.hypot(45.0, 1.0), 15.0))


def test_agl_without_terrain_is_between_nothing_and_the_altitude():
    assert one(fill(rows(alt_amsl_m=[700.0])), AGL) == pytest.approx((0.0, 738.0))
    assert one(fill(rows(alt_amsl_m=[10_000.0])), AGL) == pytest.approx((10_000.0 - 38.0 - 8849.0, 10_038.0))
    low = HeightBounds(terrain_min_m=-430.0)
    assert one(fill(rows(alt_amsl_m=[700.0]), limits=low), AGL) == pytest.approx((0.0, 1168.0))


def test_on_the_ground():
    found = fill(rows(on_ground=[1]))
    assert one(found, AGL) == (0.0, 0.0)
    assert found.method[AGL] == GROUND
    assert found.err_at(AGL, 0) == 0.0
    assert one(found, AMSL) == (0.0, 8849.0)
    over = fill(rows(on_ground=[1]), terrain=flat(), geoid=load_geoid())
    assert one(over, AMSL) == (410.0, 410.0)
    assert over.err_at(AMSL, 0) == pytest.approx(15.0)
    assert one(over, STD) == pytest.approx((395.0 - HIGHER, 425.0 - LOWER))


def test_a_drone_that_reports_only_height_above_ground():
    assert one(fill(rows(alt_agl_m=[100.0]), terrain=flat()), AMSL) == (510.0, 510.0)
    assert one(fill(rows(alt_agl_m=[100.0])), AMSL) == pytest.approx((62.0, 8987.0))


def test_nothing_reported_is_nothing_known():
    found = fill(rows(2, alt_std_m=[NAN, NAN]), qnh=ConstantQnh(1000.0), geoid=load_geoid(), terrain=flat())
    for datum in (STD, AMSL, HAE):
        assert one(found, datum) == (-np.inf, np.inf)
        assert found.method_at(datum, 1) == UNKNOWN
    assert one(found, AGL) == (0.0, np.inf)
    assert one(fill(rows()), STD) == (-np.inf, np.inf)


def test_each_row_its_own_way():
    p = rows(4, alt_std_m=[1000.0, NAN, NAN, NAN], alt_hae_m=[NAN, 900.0, NAN, NAN], on_ground=[0, 0, 1, -1])
    found = fill(p, qnh=ConstantQnh(1013.25), geoid=load_geoid(), terrain=flat(spread_m=0.0))
    assert [found.method_at(AMSL, row) for row in range(4)] == ["QNH 1013.25", "geoid", "terrain", UNKNOWN]
    assert [found.method_at(AGL, row) for row in range(4)] == ["terrain", "terrain", GROUND, BOUND]
    assert np.array_equal(found.lo[AMSL][:3], found.hi[AMSL][:3])
    assert found.lo[AMSL][2] == 400.0


def test_stated_errors_are_of_the_satellite_height_where_there_is_one():
    p = rows(2, alt_std_m=[1000.0, 1000.0], alt_hae_m=[1050.0, NAN], alt_err_m=[6.0, 20.0])
    found = fill(p)
    assert [found.err_at(HAE, 0), found.err_at(STD, 0), found.err_at(STD, 1)] == [6.0, 38.0, 20.0]


def test_a_qnh_that_ends_leaves_a_bound():
    p = rows(2, alt_std_m=[3000.0, 3000.0])
    p.time_us[1] = 200 * 60_000_000
    found = fill(p, qnh=StationQnh([QnhReport(0, 47.5, 8.5, 1003.0)]))
    assert found.lo[AMSL][0] == found.hi[AMSL][0]
    assert found.lo[AMSL][1] < 2500.0 < 3300.0 < found.hi[AMSL][1]


def test_two_heights_that_contradict_each_other_bound_with_their_span():
    p = rows(alt_std_m=[10_000.0], alt_hae_m=[0.0])
    lo, hi = one(fill(p), AMSL)
    assert lo < 0.0
    assert hi > 10_000.0


def test_no_rows():
    assert all(len(fill(rows(0, alt_std_m=[]), qnh=ConstantQnh(1000.0)).lo[d]) == 0 for d in ALL)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-300, 15_000), st.floats(0, 4000), st.floats(955, 1045),
    st.sets(st.sampled_from(["qnh", "geoid", "terrain"])), st.sampled_from([STD, AMSL, HAE]),
)  # fmt: skip
def test_what_is_true_lies_within_what_is_said(amsl, ground, qnh, given_, reported):
    n = float(load_geoid().undulation_m(47.5, 8.5))
    true = {STD: amsl - float(offset_m(qnh)), AMSL: amsl, HAE: amsl + n, AGL: amsl - ground}
    if true[AGL] < 0.0:
        return
    found = fill(
        rows(**{f"alt_{reported.lower()}_m": [true[reported]]}),
        qnh=ConstantQnh(qnh) if "qnh" in given_ else None,
        geoid=load_geoid() if "geoid" in given_ else None,
        terrain=flat(ground, 0.0) if "terrain" in given_ else None,
    )
    for datum in ALL:
        lo, hi = one(found, datum)
        err = found.err_at(datum, 0) + 1e-6
        assert lo - err <= true[datum] <= hi + err
        assert lo <= hi


def hgt(side: int, posts) -> bytes:
    return np.broadcast_to(np.asarray(posts, ">i2"), (side, side)).tobytes()


def test_hgt_tiles(tmp_path):
    posts = np.arange(1201)[:, None] * 2 + np.zeros(1201, int)
    posts[600, 600] = -32768
    (tmp_path / "N47E008.hgt").write_bytes(hgt(1201, posts))
    terrain = load_terrain([str(tmp_path / "N47E008.hgt")])
    assert terrain is not None
    lat = np.array([48.0, 47.0, 47.9996, 47.5, 47.25, 46.9, 47.5])
    lon = np.array([8.0, 9.0, 8.3, 8.5, 8.9996, 8.5, 9.1])
    low, high = terrain.elevation_m(lat, lon)
    assert low[:3] == pytest.approx(np.array([0.0, 2398.0, 0.0]) - SRTM_ERR_M)
    assert high[:3] == pytest.approx(np.array([2.0, 2400.0, 2.0]) + SRTM_ERR_M)
    assert np.isnan(low[[3, 5, 6]]).all()
    assert low[4] + SRTM_ERR_M in (1800.0, 1798.0)


def test_zipped_tiles_folders_and_the_south_west(tmp_path):
    with zipfile.ZipFile(tmp_path / "S01W001.SRTMGL1.hgt.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("S01W001.hgt", hgt(1201, 77))
    (tmp_path / "N00W001.hgt").write_bytes(hgt(3601, 33))
    terrain = load_terrain([str(tmp_path)])
    assert terrain is not None
    low, _ = terrain.elevation_m(np.array([-0.5, 0.5]), np.array([-0.5, -0.5]))
    assert low + SRTM_ERR_M == pytest.approx([77.0, 33.0])


def test_what_is_no_tile_is_an_error(tmp_path):
    (tmp_path / "N47E008.hgt").write_bytes(b"\0" * 100)
    (tmp_path / "N47E009.hgt.zip").write_bytes(b"PK")
    (tmp_path / "ground.hgt").write_bytes(hgt(1201, 0))
    (tmp_path / "ground.txt").write_text("")
    (tmp_path / "empty").mkdir()
    for name in ("N47E008.hgt", "N47E009.hgt.zip", "ground.hgt", "ground.txt", "empty", "absent.hgt"):
        with pytest.raises(ConfigError) as caught:
            load_terrain([str(tmp_path / name)])
        assert name in str(caught.value)
    assert load_terrain([]) is None


def test_geotiff_without_rasterio_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(ConfigError, match=r"nofly\[terrain\]"):
        load_terrain([str(tmp_path / "ground.tif")])


def geotiff(posts: np.ndarray, west: float, north: float, step: float, epsg: int = 4326) -> bytes:
    """The least GeoTIFF: one strip of int16, cells as areas, a void of -9999."""
    rows_, columns = posts.shape
    data = posts.astype("<i2").tobytes()
    doubles = struct.pack("<3d", step, step, 0.0) + struct.pack("<6d", 0, 0, 0, west, north, 0)
    model, key = (2, 2048) if epsg == 4326 else (1, 3072)
    keys = struct.pack("<16H", 1, 1, 0, 3, 1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, epsg)
    at = 8 + len(data)
    scale, tie, geo, void = at, at + 24, at + 72, at + 104
    tags = [
        (256, 4, 1, columns), (257, 4, 1, rows_), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, rows_), (279, 4, 1, len(data)), (339, 3, 1, 2),
        (33550, 12, 3, scale), (33922, 12, 6, tie), (34735, 3, 16, geo), (42113, 2, 6, void),
    ]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    extra = doubles + keys + b"-9999\0"
    return struct.pack("<2sHI", b"II", 42, 8 + len(data) + len(extra)) + data + extra + directory + b"\0" * 4


def test_geotiff(tmp_path):
    pytest.importorskip("rasterio", reason="the extra nofly[terrain] is not installed")
    posts = np.arange(100).reshape(10, 10) * 10
    posts[9, 9] = -9999
    (tmp_path / "ground.tif").write_bytes(geotiff(posts, 8.0, 48.0, 0.1))
    terrain = load_terrain([str(tmp_path / "ground.tif")], err_m=0.0)
    assert terrain is not None
    low, high = terrain.elevation_m(np.array([47.9, 47.1, 47.9, 48.0]), np.array([8.1, 8.9, 8.9, 8.1]))
    assert (low[0], high[0]) == (0.0, 110.0)
    assert np.isnan(low[[1, 3]]).all()
    assert (low[2], high[2]) == (80.0, 190.0)
    (tmp_path / "swiss.tif").write_bytes(geotiff(posts, 2_600_000.0, 1_200_000.0, 100.0, 2056))
    with pytest.raises(ConfigError, match="gdalwarp"):
        load_terrain([str(tmp_path / "swiss.tif")])
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_terrain([str(tmp_path / "broken.tif")])


def bridged(lo, hi, codes, seconds, carry=None, err=10.0, **options):
    lo, hi = np.asarray(lo, np.float64), np.asarray(hi, np.float64)
    time_us = (np.asarray(seconds) * 1_000_000).astype(np.int64)
    codes = np.asarray(codes, np.int32)
    return bridge(lo, hi, err, codes, time_us, carry or Carry.empty(int(codes.max()) + 1), **options)


INF = np.inf


def test_the_bridge_widens_with_time_and_looks_back_only():
    lo, hi, _ = bridged(
        [-INF, 1000.0, -INF, -INF, 2000.0], [INF, 1000.0, INF, INF, 2000.0], [0] * 5, [0, 1, 3, 200, 201]
    )
    assert lo.tolist() == [-INF, 1000.0, 1000.0 - 10.0 - 200.0, -INF, 2000.0]
    assert hi.tolist() == [INF, 1000.0, 1000.0 + 10.0 + 200.0, INF, 2000.0]


def test_the_bridge_keeps_targets_apart_and_what_is_known_of_the_row():
    lo, hi, _ = bridged(
        [500.0, 100.0, 0.0, 0.0], [500.0, 100.0, INF, INF], [0, 1, 1, 0], [0, 0, 10, 1], max_vrate_mps=50.0
    )
    assert lo.tolist() == [500.0, 100.0, 0.0, 440.0]
    assert hi.tolist() == [500.0, 100.0, 610.0, 560.0]


def test_where_all_is_known_nothing_is_copied():
    at = np.array([1.0, 2.0])
    lo, hi, carry = bridged(at, at, [0, 0], [0, 1])
    assert lo is at
    assert hi is at
    assert (carry.lo_m[0], carry.hi_m[0]) == (-8.0, 12.0)
    assert carry.grown(3).lo_m.tolist() == [-8.0, -INF, -INF]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 50), max_size=4))
def test_however_the_rows_are_cut_the_bridge_is_the_same(seed, cuts):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 50))
    codes, seconds = rng.integers(0, 3, n), np.cumsum(rng.choice([1, 5, 60], n))
    lo = rng.uniform(0, 9000, n)
    hi = lo.copy()
    unknown = rng.random(n) < 0.5
    lo[unknown], hi[unknown] = -INF, INF
    err = rng.uniform(0, 50, n)
    whole = bridged(lo, hi, codes, seconds, Carry.empty(3), err)
    edges = sorted({0, n, *(c for c in cuts if c < n)})
    carry, parts = Carry.empty(3), []
    for a, b in pairwise(edges):
        *part, carry = bridged(lo[a:b], hi[a:b], codes[a:b], seconds[a:b], carry, err[a:b])
        parts.append(part)
    assert np.array_equal(np.concatenate([p[0] for p in parts]), whole[0])
    assert np.array_equal(np.concatenate([p[1] for p in parts]), whole[1])
    for name in ("time_us", "lo_m", "hi_m"):
        assert np.array_equal(getattr(carry, name), getattr(whole[2], name))


def words(positions: Positions, datum: str, **given_) -> str:
    return explain_height(fill(positions, **given_), datum, 0, positions, **given_)


def test_words_of_a_known_height():
    assert words(rows(alt_std_m=[5791.2]), STD) == "flight level FL190 ± 125 ft (as reported)"
    assert words(rows(alt_std_m=[304.8]), AMSL, qnh=ConstantQnh(1013.25)) == (
        "altitude above mean sea level 1,000 ft AMSL ± 128 ft (from flight level and QNH 1013.25)"
    )
    assert words(rows(on_ground=[1]), AGL) == (
        "height above ground 0 ft AGL (the aircraft reports that it is on the ground)"
    )


def test_words_of_a_height_that_is_not_known():
    assert words(rows(alt_amsl_m=[666.0]), AGL) == (
        "height above ground not known: no terrain data given; between 0 and 2,310 ft"
    )
    assert words(rows(alt_std_m=[3048.0]), AMSL) == (
        "altitude above mean sea level not known: only a flight level is reported and no QNH is given;"
        " between 8,103 and 11,114 ft"
    )
    assert words(rows(alt_std_m=[NAN]), STD) == "flight level not known: the report gives no height"
    assert words(rows(alt_hae_m=[3048.0]), AMSL).startswith(
        "altitude above mean sea level not known: only a satellite height is reported and no geoid is given"
    )
    assert words(rows(alt_amsl_m=[3048.0], lat=10.0), AGL, terrain=flat()).startswith(
        "height above ground not known: the terrain data do not reach this place; between 0 and"
    )
    field = StationQnh([QnhReport(0, -60.0, 0.0, 1000.0)])
    said = words(rows(alt_std_m=[99.0]), AMSL, qnh=field)
    assert "no QNH of a station near enough and fresh enough" in said
    assert words(rows(alt_amsl_m=[3048.0]), STD) == (
        "flight level not known: only an altitude is reported and no QNH is given; between FL089 and FL119"
    )
    assert words(rows(on_ground=[1]), STD).startswith(
        "flight level not known: the report says only that the aircraft is on the ground; between"
    )
