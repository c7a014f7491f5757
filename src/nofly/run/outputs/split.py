"""Cuts lines and polygons at the antimeridian, as RFC 7946 § 3.1.9 asks.

Input lines are arrays (n, 2) of latitude and longitude whose longitudes run on past ±180°; output
longitudes lie within ±180°. A ring that winds round a pole is closed over that pole.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Line = NDArray[np.float64]


def split_line(line: Line) -> list[Line]:
    """Return the pieces of a line; a line that stays at one place is one piece."""
    pieces = _pieces(line)
    return [piece for piece in pieces if np.ptp(piece, axis=0).any()] or [pieces[0]]


def split_polygon(rings: list[Line]) -> list[list[Line]]:
    """Return polygons (exterior anticlockwise, then holes clockwise) from an exterior and its holes."""
    whole: list[Line] = []
    chains: list[Line] = []
    for ring in rings:
        pieces = _pieces(_over_pole(ring))
        if len(pieces) == 1:
            whole.append(pieces[0])
            continue
        first, last = pieces[0], pieces[-1]
        joined = np.concatenate([last, first[1:]]) if len(last) else first
        chains += [joined, *pieces[1:-1]]
    if not chains:
        return [[_turned(ring, k == 0) for k, ring in enumerate(whole)]]
    return _nested(whole + [loop for loop in _linked(chains) if abs(_area(loop)) > 1e-12])


def _over_pole(ring: Line) -> Line:
    """Return a ring that ends a full turn from its start closed over the nearer pole."""
    if abs(ring[-1, 1] - ring[0, 1]) < 180.0:
        return ring
    pole = math.copysign(90.0, float(ring[:, 0].mean()))
    return np.concatenate([ring, [[pole, ring[-1, 1]], [pole, ring[0, 1]], ring[0]]])


def _pieces(line: Line) -> list[Line]:
    """Return a line cut wherever its longitude passes an odd multiple of 180°, brought within ±180°."""
    out: list[Line] = []
    current = [line[0]]
    strip = _strip(line[0, 1])
    for a, b in pairwise(line):
        here = a
        while (target := _strip(b[1])) != strip:
            step = 1 if target > strip else -1
            cut_lon = 360.0 * strip + 180.0 * step
            t = (cut_lon - here[1]) / (b[1] - here[1]) if b[1] != here[1] else 1.0
            cut = np.array([here[0] + t * (b[0] - here[0]), cut_lon])
            out.append(_based([*current, cut], strip))
            strip += step
            current, here = [cut], cut
        current.append(b)
    out.append(_based(current, strip))
    return out


def _strip(lon_deg: float) -> int:
    return math.floor((lon_deg + 180.0) / 360.0)


def _based(points: list[Line], strip: int) -> Line:
    piece = np.array(points)
    piece[:, 1] -= 360.0 * strip
    return piece


def _linked(chains: list[Line]) -> list[Line]:
    """Return closed rings from chains that begin and end on ±180°: along that line, inside and outside
    alternate, so ends in order of latitude belong together in pairs."""
    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for side in (-180.0, 180.0):
        ends = [
            (float(chain[end, 0]), k, end)
            for k, chain in enumerate(chains)
            for end in (0, -1)
            if chain[end, 1] == side
        ]
        ends.sort()
        for low, high in zip(ends[::2], ends[1::2], strict=False):
            partner[low[1:]], partner[high[1:]] = high[1:], low[1:]
    rings = []
    left = set(range(len(chains)))
    while left:
        start = at = (left.pop(), 0)
        parts = []
        while True:
            k, end = at
            left.discard(k)
            parts.append(chains[k] if end == 0 else chains[k][::-1])
            at = partner.get((k, -1 if end == 0 else 0), start)
            if at == start or at[0] not in left:
                break
        rings.append(np.concatenate([*parts, parts[0][:1]]))
    return rings


def _nested(rings: list[Line]) -> list[list[Line]]:
    """Return polygons from rings of which none cross: a ring within an odd number of others is a hole."""
    order = sorted(rings, key=lambda r: -abs(_area(r)))
    polygons: list[list[Line]] = []
    for k, ring in enumerate(order):
        around = [j for j in range(k) if _contains(order[j], ring)]
        if len(around) % 2 == 0:
            polygons.append([_turned(ring, True)])
            continue
        home = next((p for p in reversed(polygons) if _contains(p[0], ring)), None)
        if home is not None:
            home.append(_turned(ring, False))
    return polygons


def _contains(outer: Line, inner: Line) -> bool:
    """Return whether most points of ``inner`` lie within ``outer`` (even-odd)."""
    probe = inner[:-1][:: max(1, len(inner) // 9)]
    x, y = outer[:, 1], outer[:, 0]
    inside = 0
    for lat, lon in probe:
        above = y > lat
        hit = above[:-1] != above[1:]
        x0, x1, y0, y1 = x[:-1][hit], x[1:][hit], y[:-1][hit], y[1:][hit]
        inside += int(np.count_nonzero(lon < x0 + (lat - y0) * (x1 - x0) / (y1 - y0)) % 2)
    return 2 * inside > len(probe)


def _area(ring: Line) -> float:
    x, y = ring[:, 1] - ring[0, 1], ring[:, 0]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2.0)


def _turned(ring: Line, anticlockwise: bool) -> Line:
    return ring if (_area(ring) > 0) == anticlockwise else ring[::-1]
