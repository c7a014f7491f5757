"""The tiles of the basemap: what they show as land is what the pictures of incidents show as land."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from nofly.web.app import STATIC

shapely = pytest.importorskip("shapely")
DEEPEST, EXTENT = 5, 8192


@pytest.fixture(scope="module")
def ground() -> dict[tuple[int, int, int], bytes]:
    """Return tiles by zoom, x and y."""
    data = (STATIC / "data" / "ground.bin").read_bytes()
    magic, count = struct.unpack_from("<4sI", data)
    assert magic == b"NFB1"
    found = {}
    for k in range(count):
        key, offset, length = struct.unpack_from("<III", data, 8 + 12 * k)
        assert offset + length <= len(data)
        found[key >> 24, key >> 12 & 4095, key & 4095] = data[offset : offset + length]
    return found


@pytest.fixture(scope="module")
def land() -> NDArray[np.object_]:
    features = json.loads((STATIC / "data" / "land.json").read_text())["features"]
    rings = [feature["geometry"]["coordinates"] for feature in features]
    return np.array([shapely.Polygon(outer, holes) for outer, *holes in rings])


def varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a protobuf message: number, and number or bytes."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
        else:
            length = number()
            yield key >> 3, data[at : at + length]
            at += length


def polygons(tile: bytes) -> list[list[list[tuple[int, int]]]]:
    """Return the land of a tile, as the standard has it (Mapbox Vector Tile 2.1, 4.3): rings."""
    found = []
    for _, layer in fields(tile):
        assert isinstance(layer, bytes)
        parts = list(fields(layer))
        if (1, b"land") not in parts:
            continue
        assert (5, EXTENT) in parts
        assert (15, 2) in parts
        for number, feature in parts:
            if number == 2:
                assert isinstance(feature, bytes)
                found.append(rings(dict(fields(feature))))
    return found


def rings(feature: dict[int, int | bytes]) -> list[list[tuple[int, int]]]:
    assert feature[3] == 3
    assert isinstance(feature[4], bytes)
    numbers, out, x, y = list(varints(feature[4])), list[list[tuple[int, int]]](), 0, 0
    while numbers:
        command = numbers.pop(0)
        if command & 7 == 1:
            out.append([])
        for _ in range(command >> 3 if command & 7 != 7 else 0):
            dx, dy = numbers.pop(0), numbers.pop(0)
            x, y = x + (dx >> 1 ^ -(dx & 1)), y + (dy >> 1 ^ -(dy & 1))
            out[-1].append((x, y))
    return out


def area(ring: list[tuple[int, int]]) -> float:
    x, y = np.array([*ring, ring[0]], float).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


@pytest.mark.parametrize("zoom", [0, 2, DEEPEST])
def test_land_is_land(
    ground: dict[tuple[int, int, int], bytes], land: NDArray[np.object_], zoom: int
) -> None:
    rng = np.random.default_rng(4)
    lon, lat = rng.uniform(-180, 180, 400), rng.uniform(-80, 80, 400)
    # Points that are nearer to a coast than what a zoom leaves out may be on either side.
    tree = shapely.STRtree(shapely.get_exterior_ring(land))
    off_deg = 2.0 * 360.0 / 512 / 2**zoom + 0.002
    points = shapely.points(lon, lat)
    inside = np.zeros(len(points), bool)
    inside[np.unique(shapely.STRtree(land).query(points, predicate="within")[0])] = True
    _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
    checked = 0
    for k in np.flatnonzero(distance > off_deg).tolist():
        north = np.log(np.tan(np.pi / 4 + np.radians(lat[k]) / 2))
        across, down = (lon[k] / 360 + 0.5) * 2**zoom, (0.5 - north / (2 * np.pi)) * 2**zoom
        tile = ground.get((zoom, int(across), int(down)), b"")
        place = shapely.Point(across % 1 * EXTENT, down % 1 * EXTENT)
        shown = any(
            shapely.Polygon(one[0]).buffer(0).contains(place)
            and not any(shapely.Polygon(hole).buffer(0).contains(place) for hole in one[1:])
            for one in polygons(tile)
        )
        assert shown == inside[k], (zoom, lat[k], lon[k])
        checked += 1
    assert checked > 150


def test_outer_rings_turn_one_way_and_holes_the_other(ground: dict[tuple[int, int, int], bytes]) -> None:
    holes = 0
    for tile in ground.values():
        for outer, *inner in polygons(tile):
            assert area(outer) > 0
            assert all(area(hole) < 0 for hole in inner)
            holes += len(inner)
    assert holes > 0


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "there"),
    [(67.0, 178.0, True), (67.0, -178.0, True), (67.0, -25.0, False), (-80.0, 0.0, True)],
)  # fmt: skip
def test_land_at_the_antimeridian_is_not_its_opposite(
    land: NDArray[np.object_], lat_deg: float, lon_deg: float, there: bool
) -> None:
    """Chukotka goes across it: cut wrongly, all between it and Norway was sea, and the sea land."""
    assert shapely.is_valid(land).all()
    assert shapely.contains_xy(land, lon_deg, lat_deg).any() == there
