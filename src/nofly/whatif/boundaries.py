"""The outlines of compiled zones as closed chains of corners, and as edges between directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.geo import geodesic
from nofly.whatif.sphere import directions, unit
from nofly.zones.compiled import CompiledZones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

PLANE_M = 3.0
"""How far an edge straight in longitude and latitude may leave the plane through its ends and the centre."""
BLOCK = 8
"""So many edges of one body have one cap round them."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges (n, 3) from direction to direction, area on the left, body by body; each is within
    :data:`PLANE_M` of its plane.

    ``plane`` (n, 3) are the normals of these planes, ``first`` (bodies + 1) the first edge of each body and
    the end. ``block`` are the first edges of blocks and the end; ``cap`` (m, 3) and ``reach`` (m) the centre
    of each block and how far from it, as a chord, it reaches; ``first_block`` (bodies + 1) the first block of
    each body and the end, ``wide`` and ``wide_reach`` its own cap.
    """

    start: Floats
    end: Floats
    plane: Floats
    first: Whole
    block: Whole
    cap: Floats
    reach: Floats
    first_block: Whole
    wide: Floats
    wide_reach: Floats


def rings(zones: CompiledZones) -> list[tuple[int, Floats]]:
    """Return (part, corners): every ring as the kernel sees it, area on the left, as (lat, lon) in degrees.

    Edges straight in longitude and latitude are cut as in :func:`edges`; a ring that crosses the antimeridian
    has a corner where it does.
    """
    found: list[tuple[int, Floats]] = []
    ends = zones.ends
    borders = np.flatnonzero((np.diff(zones.edge_part) != 0) | (np.diff(zones.edge_ring) != 0)) + 1
    if len(ends) == 0:
        return found
    for first, past in zip([0, *borders.tolist()], [*borders.tolist(), len(ends)], strict=True):
        part = int(zones.edge_part[first])
        found += [(part, _cut(chain)[0][:, ::-1]) for chain in _chains(ends[first:past])]
    return found


def _chains(ends: Floats) -> list[Floats]:
    """Return edges (lon, lat, lon, lat), whatever their order, as the closed chains that they make."""
    if (np.abs(ends[1:, :2] - ends[:-1, 2:]) < 1e-12).all():
        return [ends]
    starts: dict[tuple[float, float], list[int]] = {}
    for k, row in enumerate(ends.tolist()):
        starts.setdefault(_place(row[0], row[1]), []).append(k)
    chains: list[Floats] = []
    while starts:
        key = next(iter(starts))
        chain: list[int] = []
        while waiting := starts.get(key):
            k = waiting.pop(0)
            if not waiting:
                del starts[key]
            chain.append(k)
            key = _place(float(ends[k, 2]), float(ends[k, 3]))
        chains.append(ends[chain])
    return chains


def _place(lon_deg: float, lat_deg: float) -> tuple[float, float]:
    if abs(lat_deg) > 90.0 - 1e-9:
        return 0.0, round(lat_deg, 6)
    return round(lon_deg % 360.0, 9) % 360.0, round(lat_deg, 9)


def edges(zones: CompiledZones, part_body: Whole, bodies: int) -> Edges:
    """Return all edges of all zones, in order of the bodies that their parts belong to."""
    order = np.argsort(part_body[zones.edge_part], kind="stable")
    begin, past, which = _cut(zones.ends[order])
    start, end = directions(begin[:, 1], begin[:, 0]), directions(past[:, 1], past[:, 0])
    body = part_body[zones.edge_part[order]][which]
    size = np.bincount(body, minlength=bodies)
    blocks = -(-size // BLOCK)
    first_block = np.concatenate([[0], np.cumsum(blocks)])
    step_in = np.arange(int(first_block[-1])) - np.repeat(first_block[:-1], blocks)
    block = np.append(np.repeat(np.cumsum(size) - size, blocks) + BLOCK * step_in, len(start))
    first = np.append(np.cumsum(size) - size, len(start))
    return Edges(
        start, end, np.cross(start, end), first, block, *_caps(start, end, block), first_block,
        *_caps(start, end, first),
    )  # fmt: skip


def _cut(ends: Floats) -> tuple[Floats, Floats, Whole]:
    """Return begin and end (n, 2) of the pieces of edges, lon and lat, and of which edge each is a piece."""
    x0, y0, x1, y1 = ends.T
    bend_m = geodesic.sagittas_m(y0, y1, x1 - x0)
    n = np.maximum(np.ceil(np.sqrt(bend_m / PLANE_M)), 1.0).astype(np.int64)
    which = np.repeat(np.arange(len(n)), n)
    step = ((np.arange(len(which)) - (np.cumsum(n) - n)[which]) / n[which])[:, None]
    more = (1.0 / n[which])[:, None]
    first, way = ends[which, :2], (ends[:, 2:] - ends[:, :2])[which]
    return first + way * step, first + way * (step + more), which


def _caps(start: Floats, end: Floats, first: Whole) -> tuple[Floats, Floats]:
    """Return centre and reach of a cap round the edges from each first to the next; none of them is empty."""
    if len(start) == 0:
        return np.zeros((len(first) - 1, 3)), np.zeros(len(first) - 1)
    centre = unit(np.add.reduceat(start + end, first[:-1]))
    near = np.repeat(centre, np.diff(first), axis=0)
    chord = np.maximum(((start - near) ** 2).sum(axis=1), ((end - near) ** 2).sum(axis=1))
    reach: Any = np.sqrt(np.maximum.reduceat(chord, first[:-1]))
    return centre, reach * 1.0001 + 1e-7
