"""The boundary of a part in space, to measure how deep inside it a place is.

Coordinates are Earth-centred metres on the WGS 84 ellipsoid. A polygon is the pieces of its boundary; a
circle and a corridor are their centre or centre line and a radius, so that their depth does not depend on how
they were cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo import geodesic
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Circle, Corridor, Polygon
from nofly.zones.outline import cut_path

PIECE_M = 5_000.0
BEND_M = 0.3
BLOCK = 4
"""Pieces are bounded by spheres, so many at a time; :mod:`nofly.kernel.depth_scan` counts on it."""
WIDE = 8
"""So are blocks."""

_A_M = 6378137.0
_E2 = 0.00669437999014131699613723354004
_M_PER_DEG = 111_320.0
_MEAN_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""
_B_A = (1.0 - 1.0 / 298.257223563) ** 2


def to_space(lat_deg: NDArray[Any], lon_deg: NDArray[Any]) -> NDArray[np.float64]:
    """Return (n, 3) Earth-centred metres of points on the ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    up = np.sin(lat)
    n = _A_M / np.sqrt(1.0 - _E2 * up**2)
    flat = n * np.cos(lat)
    found = np.empty((len(lat), 3))
    found[:, 0], found[:, 1], found[:, 2] = flat * np.cos(lon), flat * np.sin(lon), n * (1.0 - _E2) * up
    return found


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of some parts, n pieces and m blocks in all; parts of one zone may have the same.

    ``pieces`` (n, 6) are from point to point; ``block`` (m, 4) are the centre and radius of a sphere round
    every BLOCK pieces, ``wide`` (m, 4) of every WIDE blocks of a shape, in the row of the first of them;
    ``index`` (parts, 4) is first and past-last piece, first and past-last block; ``radius_m`` (parts) is NaN
    where the pieces are a boundary.
    """

    pieces: NDArray[np.float64]
    block: NDArray[np.float64]
    wide: NDArray[np.float64]
    index: NDArray[np.int64]
    radius_m: NDArray[np.float64]


def shapes(zones: CompiledZones, parts: Sequence[int]) -> Shapes:
    """Return the shapes of parts, in the order given.

    The edges that two polygons of a zone share, limits alike, are no boundary: a zone cut at the antimeridian
    is one.
    """
    radius_m = np.full(len(parts), np.nan)
    made: list[NDArray[np.float64]] = []
    edges: list[NDArray[np.float64]] = []
    known: dict[tuple[int, ...], int] = {}
    of = np.zeros(len(parts), np.int64)
    owner = zones.part_zone[parts]
    alone = np.bincount(zones.part_zone)[owner] == 1
    columns = owner.tolist(), zones.part_volume[parts].tolist(), alone.tolist()
    for k, (part, zone, volume, single) in enumerate(zip(parts, *columns, strict=True)):
        footprint = zones.zones[zone].volumes[volume].footprint
        if isinstance(footprint, Polygon):
            key = (part,) if single else _alike(zones, part)
            together = _boundary(zones, key)
            key = key if together is not None else (part,)
            if key not in known:
                known[key] = len(edges)
                edges.append(_edges(zones, part) if together is None else together)
            of[k] = known[key]
        else:
            pieces, radius_m[k] = _round(footprint)
            of[k] = -1 - len(made)
            made.append(pieces)
    cut, count = _cut(edges)
    whole = np.concatenate([cut, *made])
    count = np.concatenate([count, np.array([len(pieces) for pieces in made], np.int64)])
    of = np.where(of < 0, len(edges) - 1 - of, of)
    return _with_blocks(whole, count, of, radius_m)


def _with_blocks(
    pieces: NDArray[np.float64], count: NDArray[np.int64], of: NDArray[np.int64],
    radius_m: NDArray[np.float64],
) -> Shapes:  # fmt: skip
    """Return shapes of so many pieces each, one after the other; ``of`` is the shape of each part."""
    first = np.cumsum(count) - count
    blocks = -(-count // BLOCK)
    first_block = np.cumsum(blocks) - blocks
    step = np.arange(int(blocks.sum())) - np.repeat(first_block, blocks)
    start = np.repeat(first, blocks) + BLOCK * step
    index = np.column_stack([first, first + count, first_block, first_block + blocks])[of]
    block = _spheres(pieces, start)
    return Shapes(pieces, block, _round_spheres(block, np.flatnonzero(step % WIDE == 0)), index, radius_m)


def shape(zones: CompiledZones, part: int) -> tuple[NDArray[np.float64], float]:
    """Return (pieces, radius_m) of a part: pieces (n, 6) from point to point; radius NaN for a boundary."""
    made = shapes(zones, [part])
    return made.pieces, float(made.radius_m[0])


def distance_m(pieces: NDArray[np.float64], radius_m: float, lat_deg: float, lon_deg: float) -> float:
    """Return the geodesic distance from a place to a shape of :func:`shape`: to the boundary, or, of a circle
    or corridor, below 0 inside it."""
    point = to_space(np.array([lat_deg]), np.array([lon_deg]))[0]
    start, way = pieces[:, :3], pieces[:, 3:] - pieces[:, :3]
    length = np.maximum((way**2).sum(axis=1), 1e-12)
    part = np.clip(((point - start) * way).sum(axis=1) / length, 0.0, 1.0)
    feet = start + part[:, None] * way
    x, y, z = feet[((feet - point) ** 2).sum(axis=1).argmin()].tolist()
    lat = float(np.degrees(np.arctan2(z, np.hypot(x, y) * _B_A)))
    length_m, _, _ = geodesic.length_and_azimuths(lat_deg, lon_deg, lat, float(np.degrees(np.arctan2(y, x))))
    if np.isnan(length_m):  # Nearly antipodal: a great circle of the mean radius is good to half a percent.
        chord_m = math.dist(point.tolist(), (x, y, z))
        length_m = 2.0 * _MEAN_M * math.asin(min(1.0, chord_m / (2.0 * _MEAN_M)))
    return float(length_m - (0.0 if np.isnan(radius_m) else radius_m))


def _round(footprint: Circle | Corridor) -> tuple[NDArray[np.float64], float]:
    """Return the centre or centre line of a footprint, and its radius."""
    if isinstance(footprint, Circle):
        centre = to_space(np.array([footprint.centre[0]]), np.array([footprint.centre[1]]))
        return np.hstack([centre, centre]), footprint.radius_m
    path = np.array(cut_path(footprint.path, footprint.edge_kind))
    if len(path) == 1:
        path = np.vstack([path, path])
    points = to_space(path[:, 0], path[:, 1])
    return np.hstack([points[:-1], points[1:]]), footprint.half_width_m


def outline_pieces(zones: CompiledZones, part: int) -> NDArray[np.float64]:
    """Return the pieces (n, 6) of a part's outline as the kernel sees it: a circle is its circumscribed
    polygon."""
    return _cut([_edges(zones, part)])[0]


def blocks(pieces: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``block`` and ``wide`` of one shape (see :class:`Shapes`)."""
    block = _spheres(pieces, np.arange(0, len(pieces), BLOCK))
    return block, _round_spheres(block, np.arange(0, len(block), WIDE))


def _spheres(pieces: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return centre and radius (n, 4) of a sphere round the pieces from each start to the next."""
    if len(start) == 0:
        return np.zeros((0, 4))
    size = np.diff(start, append=len(pieces))
    centre = np.add.reduceat(pieces[:, :3] + pieces[:, 3:], start) / (2.0 * size)[:, None]
    off = pieces.reshape(-1, 2, 3) - np.repeat(centre, size, axis=0)[:, None]
    far = np.maximum.reduceat((off**2).sum(axis=2).max(axis=1), start)
    return np.column_stack([centre, np.sqrt(far)])


def _round_spheres(spheres: NDArray[np.float64], start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (n, 4): in the rows of the starts centre and radius of a sphere round the spheres from each
    start to the next, else 0."""
    found = np.zeros((len(spheres), 4))
    if len(start) == 0:
        return found
    size = np.diff(start, append=len(spheres))
    centre = np.add.reduceat(spheres[:, :3], start) / size[:, None]
    off = np.sqrt(((spheres[:, :3] - np.repeat(centre, size, axis=0)) ** 2).sum(axis=1))
    found[start, :3] = centre
    # Rounded up: what is inside a sphere must be inside the sphere round it.
    found[start, 3] = np.maximum.reduceat(off + spheres[:, 3], start) * (1.0 + 1e-12)
    return found


def _edges(zones: CompiledZones, part: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = zones.ends[zones.part_edge[part] : zones.part_edge[part + 1]]
    return found


def _alike(zones: CompiledZones, part: int) -> tuple[int, ...]:
    """Return the polygons of a part's zone that have the limits of the part, itself among them."""
    z = zones.part_zone[part]
    first, past = np.searchsorted(zones.part_zone, np.array([z, z + 1], np.int32))
    volumes = zones.zones[z].volumes
    same = (zones.limits[first:past] == zones.limits[part]).all(axis=1)
    return tuple(
        p
        for p in (first + np.flatnonzero(same)).tolist()
        if isinstance(volumes[zones.part_volume[p]].footprint, Polygon)
    )


def _boundary(zones: CompiledZones, parts: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Return the edges of polygons that no two of them share, each seen from its own side; None where they
    share none, or all."""
    if len(parts) < 2:
        return None
    together = np.concatenate([_edges(zones, p) for p in parts])
    middle = np.sort(together[:, 0] + together[:, 2])
    if not (middle[1:] == middle[:-1]).any():
        return None
    known = {tuple(edge) for edge in together.tolist()}
    kept = [edge for edge in together.tolist() if (edge[2], edge[3], edge[0], edge[1]) not in known]
    return np.array(kept).reshape(-1, 4) if 0 < len(kept) < len(together) else None


def _cut(edges: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the pieces of outlines, one after the other, and how many each has."""
    if not edges:
        return np.zeros((0, 6)), np.zeros(0, np.int64)
    whole = np.concatenate(edges)
    number = _pieces_of(whole)
    size = np.array([len(some) for some in edges])
    upto = np.concatenate([[0], np.cumsum(number)])[np.cumsum(size)]
    return _pieces(whole, number), np.diff(upto, prepend=0)


def _pieces_of(ends: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return into how many pieces each edge is cut, so that straight lines in space may stand for them."""
    x0, y0, x1, y1 = ends.T
    bend_m = geodesic.sagittas_m(y0, y1, x1 - x0)
    width = (x1 - x0) * np.cos(np.radians(0.5 * (y0 + y1)))
    length_m = np.hypot(width, y1 - y0) * _M_PER_DEG
    n = np.ceil(np.maximum(length_m / PIECE_M, np.sqrt(bend_m / BEND_M)))
    found: NDArray[np.int64] = np.maximum(n, 1.0).astype(np.int64)
    return found


def _pieces(ends: NDArray[np.float64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cut edges, straight in longitude and latitude, each into so many pieces."""
    x0, y0, x1, y1 = ends.T
    first = np.cumsum(n) - n
    step = np.arange(int(n.sum())) - np.repeat(first, n)
    of = np.repeat(n, n)
    dx, dy = np.repeat(x1 - x0, n), np.repeat(y1 - y0, n)
    bx, by = np.repeat(x0, n), np.repeat(y0, n)
    start = to_space(by + dy * step / of, bx + dx * step / of)
    end = to_space(by + dy * (step + 1) / of, bx + dx * (step + 1) / of)
    return np.hstack([start, end])
