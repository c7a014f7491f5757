"""Cuts coasts and borders into vector tiles: a browser that gets them cut need not cut them before it draws.

Tiles are Mapbox Vector Tiles 2.1 with the layers ``land`` and ``borders``, all in one file: ``NFB1``, a u32
that says how many, for each its key ``zoom << 24 | x << 12 | y``, offset and length as u32, little-endian,
and then their bytes. A tile that is not there is sea.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely

MAGIC = b"NFB1"
DEEPEST = 5
"""At this zoom a unit of a tile is 153 m: less than the points of 1 : 50,000,000 are off."""
EXTENT, BUFFER = 8192, 128
MOST_LAT_DEG = 85.051
PIXELS = 512
OFF_PX, LEAST_PX2 = 0.6, 1.0
"""So far off a line may be, and so small land may be and is left out, in all zooms but the deepest."""
_MOVE, _LINE, _CLOSE = 1, 2, 7
_LINES, _POLYGON = 2, 3

Rings = Sequence[Sequence[Sequence[float]]]


def tiles(land: Iterable[Rings], borders: Iterable[Sequence[Sequence[float]]]) -> bytes:
    """Return the file of tiles of pieces of land, by their rings, and of lines; longitude, latitude."""
    world = shapely.box(-180, -MOST_LAT_DEG, 180, MOST_LAT_DEG)
    areas = _round([shapely.Polygon(outer, holes).intersection(world) for outer, *holes in land])
    lines = _round([shapely.LineString(line) for line in borders])
    found: dict[int, bytes] = {}
    for zoom in range(DEEPEST + 1):
        off = 0.0 if zoom == DEEPEST else OFF_PX / PIXELS / 2**zoom
        shown = shapely.simplify(areas, off) if off else areas
        if off:
            shown = shown[shapely.area(shown) * (PIXELS * 2**zoom) ** 2 >= LEAST_PX2]
        drawn = shapely.simplify(lines, off) if off else lines
        for x, y, part in _cut(zoom, {"land": shown, "borders": drawn}):
            if part:
                found[zoom << 24 | x << 12 | y] = part
    return _packed(found)


def _round(shapes: Iterable[Any]) -> Any:
    """Return shapes in Web Mercator, the world from 0 to 1, each also a world to the left and to the right:
    a tile shows a little of what is across the antimeridian."""
    plane = [shapely.transform(shape, _mercator) for shape in shapes]
    return shapely.get_parts([
        shapely.transform(shape, lambda xy, by=by: xy + [by, 0.0]) for shape in plane for by in (-1, 0, 1)
    ])  # fmt: skip


def _mercator(lonlat: Any) -> Any:
    out = lonlat.copy()
    out[:, 0] = lonlat[:, 0] / 360.0 + 0.5
    for k, lat in enumerate(lonlat[:, 1]):
        out[k, 1] = 0.5 - math.asinh(math.tan(math.radians(lat))) / math.tau
    return out


def _cut(zoom: int, layers: dict[str, Any]) -> Iterator[tuple[int, int, bytes]]:
    """Yield every tile of a zoom: x, y, its bytes."""
    trees = {name: (shapes, shapely.STRtree(shapes)) for name, shapes in layers.items()}
    size, more = 1 / 2**zoom, BUFFER / EXTENT / 2**zoom
    for x in range(2**zoom):
        for y in range(2**zoom):
            bounds = (x * size - more, y * size - more, (x + 1) * size + more, (y + 1) * size + more)
            frame = shapely.box(*bounds)
            parts = b""
            for name, (shapes, tree) in trees.items():
                near = shapes[sorted(tree.query(frame, predicate="intersects"))]
                cut = [shapely.intersection(shapely.make_valid(shape), frame) for shape in near]
                features = [
                    body
                    for shape in shapely.get_parts(shapely.transform(cut, _units(x, y, zoom)))
                    for body in _feature(shape)
                ]
                parts += _layer(name, features) if features else b""
            yield x, y, parts


def _units(x: int, y: int, zoom: int) -> Any:
    return lambda xy: ((xy * 2**zoom - [x, y]) * EXTENT).round()


def _feature(shape: Any) -> Iterator[bytes]:
    """Yield what a feature of the shape is in a tile, nothing where no area or length is left of it."""
    if shape.geom_type == "Polygon":
        rings = [shape.exterior, *shape.interiors]
        lines = [_way(ring.coords[:-1]) for ring in rings if abs(shapely.Polygon(ring).area) >= 1]
        # Downwards: an outer ring turns right where y grows to the south, a hole left.
        turned = [line[:: 1 if (_area(line) > 0) == (k == 0) else -1] for k, line in enumerate(lines)]
        whole = [line for line in turned if len(line) >= 3]
        if whole and len(turned[0]) >= 3:
            yield _message(_POLYGON, whole)
    elif shape.geom_type in ("LineString", "LinearRing"):
        line = _way(shape.coords)
        if len(line) >= 2:
            yield _message(_LINES, [line])
    elif shape.geom_type in ("MultiPolygon", "MultiLineString", "GeometryCollection"):
        for part in shape.geoms:
            yield from _feature(part)


def _way(coords: Any) -> list[tuple[int, int]]:
    """Return whole places, none twice in a row."""
    found: list[tuple[int, int]] = []
    for x, y in coords:
        if not found or found[-1] != (int(x), int(y)):
            found.append((int(x), int(y)))
    return found


def _area(line: Sequence[tuple[int, int]]) -> int:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(line, [*line[1:], line[0]], strict=True))


def _message(kind: int, lines: Sequence[Sequence[tuple[int, int]]]) -> bytes:
    numbers, at = [], (0, 0)
    for line in lines:
        for k, place in enumerate(line):
            if k < 2:
                numbers.append((_MOVE | 1 << 3) if k == 0 else (_LINE | (len(line) - 1) << 3))
            numbers += [_zigzag(place[0] - at[0]), _zigzag(place[1] - at[1])]
            at = place
        if kind == _POLYGON:
            numbers.append(_CLOSE | 1 << 3)
    geometry = b"".join(map(_varint, numbers))
    return b"\x18" + _varint(kind) + b"\x22" + _varint(len(geometry)) + geometry


def _layer(name: str, features: Iterable[bytes]) -> bytes:
    said = name.encode()
    body = b"\x0a" + _varint(len(said)) + said
    body += b"".join(b"\x12" + _varint(len(one)) + one for one in features)
    body += b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return b"\x1a" + _varint(len(body)) + body


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _packed(found: dict[int, bytes]) -> bytes:
    """Return the file; tiles that are the same are in it once."""
    start = 8 + 12 * len(found)
    offsets: dict[bytes, int] = {}
    body, index = b"", b""
    for key, tile in sorted(found.items()):
        if tile not in offsets:
            offsets[tile] = start + len(body)
            body += tile
        index += struct.pack("<III", key, offsets[tile], len(tile))
    return MAGIC + struct.pack("<I", len(found)) + index + body
