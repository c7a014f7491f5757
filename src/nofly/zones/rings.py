"""A published line of points becomes sound rings: closed, free of repeats, not crossing itself.

The crossing test works in a plane in which the edges are straight: the gnomonic plane of the sphere for
geodesic edges, unwrapped longitude and latitude for planar ones, so that neither the antimeridian nor a pole
is special. Two edges count as crossing where they pass through each other by more than a millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import chain
from struct import pack_into
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nofly.errors import Finding, Severity
from nofly.zones._crossings import LONGEST_DEG, TURN_DEG, Cutting, Loops, Tangled, simple_loops
from nofly.zones._few_points import sound_ring
from nofly.zones.model import Arc, EdgeKind, Ring, Vertex

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Geod

    Floats = NDArray[np.float64]

MIN_AREA_DEG2 = 1e-12
"""About a hundredth of a square metre at the equator: a loop smaller than that is no area."""
MOST_ROUNDS = 6
"""So often loops are cut into loops: those of a line that runs along itself may do so still."""
_LINE_DEG = 1e-9
_TOUCH_DEG = 1e-8
_TURN_DEG2 = 1e-14
_CAP_COS = math.cos(math.radians(75.0))


def clean_ring(
    points: Sequence[Vertex | Arc],
    source: str,
    locator: str,
    edge_kind: EdgeKind = EdgeKind.GEODESIC,
    cutting: Cutting | None = None,
) -> tuple[list[Ring], list[Finding]]:
    """Return the simple rings a published closed line encloses, and what had to be done to get them.

    A closing point equal to the first is dropped; so are repeats (info ``ring-duplicate-points``) and spikes
    A-B-A (warning ``ring-spikes``). A line that crosses itself becomes one ring a loop (warning
    ``ring-self-intersects``); rings with arcs are not tested for that. One that winds round a pole is sound.
    No ring and one rejected finding: a point that is not finite or beyond ±90°, ±180°
    (``ring-bad-coordinate``), an arc without a radius (``ring-bad-arc``), fewer than three distinct points
    (``ring-too-few-points``), no area (``ring-no-area``), more crossings than a boundary can mean
    (``ring-tangled``). ``cutting`` is shared by the rings of a file, so that all of them together cannot have
    more of them than a file may; a ring that does not cross itself takes nothing from it.
    """
    sound = sound_ring(points, edge_kind)
    if sound is not None:
        return [sound], []
    line: list[Vertex | Arc] = list(points)
    findings, lat_lon = [], _plain(line)
    if lat_lon is None:
        for place, point in enumerate(points):
            fault = _fault(point)
            if fault:
                return _reject(fault[0], f"point {place + 1}: {fault[1]}", source, locator)
        line, repeats = _without_repeats(points)
        line, spikes = _without_spikes(line)
        if repeats:
            text = f"{repeats} repeated point{'s' * (repeats > 1)} dropped"
            findings.append(Finding("ring-duplicate-points", Severity.INFO, text, source, locator))
        if spikes:
            text = f"{spikes} spike{'s' * (spikes > 1)} (out and back on one line) dropped"
            findings.append(Finding("ring-spikes", Severity.WARNING, text, source, locator))
        vertices = [p for p in line if not isinstance(p, Arc)]
        if len(vertices) < len(line):
            return [tuple(line)], findings
        if len(vertices) < 3 or len(set(vertices)) < 3:
            text = f"a ring of {len(set(vertices))} distinct points (expected at least 3)"
            return _reject("ring-too-few-points", text, source, locator)
        lat_lon = _rows(vertices)
    else:
        vertices = cast("list[Vertex]", line[: len(lat_lon)])
    rings, more = _checked(vertices, lat_lon, source, locator, edge_kind, cutting or Cutting())
    return rings, (findings + more if rings else more)


def ring_area_sign(ring: Sequence[Vertex | Arc]) -> int:
    """Return 1 where the ring runs anticlockwise (area on its left), −1 clockwise, 0 where it has no area.

    A ring round a pole is 1 when it runs east, −1 when it runs west. An arc counts by points on it.
    """
    points: list[Vertex] = []
    for part in ring:
        points.extend(_arc_points(part) if isinstance(part, Arc) else [part])
    if len(points) < 3:
        return 0
    xy, winding = _unwrapped(_rows(points))
    if winding:
        return int(np.sign(winding))
    area = _area(xy[:-1])
    return 0 if abs(area) < MIN_AREA_DEG2 else int(math.copysign(1, area))


def arc_between(centre: Vertex, start: Vertex, end: Vertex, clockwise: bool) -> Arc:
    """Return the arc about ``centre`` from ``start`` to ``end``; radii and bearings on WGS 84."""
    bearings, _, radii = _geod().inv([centre[1]] * 2, [centre[0]] * 2, [start[1], end[1]], [start[0], end[0]])
    return Arc(centre, radii[0], radii[1], bearings[0] % 360.0, bearings[1] % 360.0, clockwise)


@cache
def _geod() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def _reject(code: str, text: str, source: str, locator: str) -> tuple[list[Ring], list[Finding]]:
    return [], [Finding(code, Severity.REJECTED, text, source, locator)]


def _plain(line: list[Vertex | Arc]) -> Floats | None:
    """Return the points as (lat, lon) rows without the closing one, three of which at least are distinct;
    None where something is to be done: an arc, a point out of range, a repeat or a spike."""
    if len(line) < 4 or Arc in map(type, line):
        return None
    lat_lon = _rows(cast("list[Vertex]", line))
    if line[0] == line[-1]:
        lat_lon = lat_lon[:-1]
    lat, lon = lat_lon.T
    furthest_deg = np.abs(lat_lon).max(axis=0).tolist()
    if not (furthest_deg[0] <= 90.0 and furthest_deg[1] <= 180.0):
        return None
    if furthest_deg[1] < 180.0 and len(set(line)) == len(line) - (len(lat_lon) < len(line)):
        return lat_lon
    if lon.min() == -180.0:
        lon = np.where(lon == -180.0, 180.0, lon)
    n = len(lat)
    for step in (1, 2):
        same = (lat[step:] == lat[:-step]) & (lon[step:] == lon[:-step])
        ends = any(lat[k] == lat[k + n - step] and lon[k] == lon[k + n - step] for k in range(step))
        if ends or same.any():
            return None
    return lat_lon


def _rows(vertices: Sequence[Vertex]) -> Floats:
    """Return the points as (lat, lon) rows, in a third of the time that NumPy takes."""
    rows: Any = np.empty((len(vertices), 2))
    pack_into(f"{rows.size}d", rows, 0, *chain.from_iterable(vertices))
    found: Floats = rows
    return found


def _fault(point: Vertex | Arc) -> tuple[str, str] | None:
    """Return code and sentence of what is wrong with one point, or None."""
    lat, lon = point.centre if isinstance(point, Arc) else point
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        expected = "expected latitude within ±90° and longitude within ±180°"
        return "ring-bad-coordinate", f"latitude {lat}, longitude {lon} ({expected})"
    if isinstance(point, Arc):
        numbers = (point.radius_m, point.end_radius_m, point.start_deg, point.end_deg)
        if not all(map(math.isfinite, numbers)) or point.radius_m <= 0 or point.end_radius_m <= 0:
            return "ring-bad-arc", f"arc of radius {point.radius_m} m (expected more than 0)"
    return None


def _same(a: Vertex | Arc, b: Vertex | Arc) -> bool:
    if isinstance(a, Arc) or isinstance(b, Arc):
        return False
    return a[0] == b[0] and (a[1] == b[1] or abs(a[1] - b[1]) == 360.0)


def _without_repeats(points: Sequence[Vertex | Arc]) -> tuple[list[Vertex | Arc], int]:
    """Return the points without closing point and consecutive repeats, and the number of repeats."""
    line: list[Vertex | Arc] = []
    for point in points:
        if not line or not _same(line[-1], point):
            line.append(point)
    repeats = len(points) - len(line)
    if len(line) > 1 and _same(line[0], line[-1]):
        line.pop()
    return line, repeats


def _without_spikes(line: list[Vertex | Arc]) -> tuple[list[Vertex | Arc], int]:
    """Return the line without A-B-A, also over its ends, and the number of spikes."""
    kept: list[Vertex | Arc] = []
    spikes = 0
    for point in line:
        if len(kept) > 1 and _same(kept[-2], point) and not isinstance(kept[-1], Arc):
            kept.pop()
            spikes += 1
        else:
            kept.append(point)
    first, last = 0, len(kept) - 1
    while last - first > 2:
        if _same(kept[first], kept[last - 1]) and not isinstance(kept[last], Arc):
            last -= 2
        elif _same(kept[first + 1], kept[last]) and not isinstance(kept[first], Arc):
            first += 2
        else:
            break
        spikes += 1
    return kept[first : last + 1], spikes


def _checked(
    vertices: list[Vertex],
    lat_lon: Floats,
    source: str,
    locator: str,
    edge_kind: EdgeKind,
    cutting: Cutting,
    rounds: int = 0,
) -> tuple[list[Ring], list[Finding]]:
    """Return the ring, or its loops where it crosses itself; ``rounds`` is how often it was cut before."""
    plane = None if edge_kind is EdgeKind.PLANAR else _gnomonic(lat_lon)
    if plane is not None and _is_star(plane[0]):
        return [tuple(vertices)], []
    flat, winding = _unwrapped(lat_lon)
    rolled = plane is None and float(np.ptp(flat[:, 0])) >= TURN_DEG - 2.0 * _TOUCH_DEG
    if plane is None and not rolled and _is_star(flat[:-1]):
        return [tuple(vertices)], []
    if (not winding and _on_one_line(flat)) or (plane is not None and _on_one_line(plane[0])):
        return _reject("ring-no-area", "all points lie on one line: no area", source, locator)
    xy = np.vstack([plane[0], plane[0][:1]]) if plane is not None else _in_pieces(flat) if rolled else flat
    if abs(winding) > 1 and plane is None:
        return _reject("ring-tangled", f"winds round the earth {abs(winding)} times", source, locator)
    try:
        loops = simple_loops(xy, _TOUCH_DEG, cutting, rolled)
        if rolled and loops is not None and _turns(loops) > abs(winding):
            loops = simple_loops(xy, _TOUCH_DEG, cutting, rolled, cancel=True)
    except Tangled as error:
        return _reject("ring-tangled", str(error), source, locator)
    if loops is None:
        return [tuple(vertices)], []
    if not loops.crossings:
        return _reject("ring-no-area", "runs out and back on its own lines: no area", source, locator)
    if rolled:
        vertices = [_vertex(point, None) for point in xy[:-1]]
        if (turns := _turns(loops)) > abs(winding):
            return _reject("ring-tangled", f"its loops wind round the earth {turns} times", source, locator)
    rings: list[Ring] = []
    for loop in loops.loops:
        if _is_empty(loop, loops.points, plane is None):
            continue
        corners = [vertices[k] if k < len(vertices) else _vertex(loops.points[k], plane) for k in loop]
        ring = _without_spikes(_without_repeats(corners)[0])[0]  # that the cut left
        simple, more = _again(ring, source, locator, edge_kind, cutting, rounds)
        if more and more[0].code == "ring-tangled":
            return simple, more
        rings += simple
    if not rings:
        return _reject("ring-no-area", "encloses no area", source, locator)
    return rings, [_cut(loops, plane, len(rings), source, locator)]


def _turns(loops: Loops) -> int:
    """Return how often the loops, each for itself, go round the earth."""
    return sum(abs(_unwrapped(loops.points[loop][:, ::-1])[1]) for loop in loops.loops)


def _cut(loops: Loops, plane: _Plane | None, rings: int, source: str, locator: str) -> Finding:
    lat, lon = _vertex(loops.points[loops.crossings[0]], plane)
    many = len(loops.crossings)
    where = f"at {lat:.5f}, {lon:.5f}" + (f" and {many - 1} more places" if many > 1 else "")
    text = f"crosses itself {where}: read as {rings} ring{'s' * (rings > 1)}"
    return Finding("ring-self-intersects", Severity.WARNING, text, source, locator)


def _is_empty(loop: list[int], points: Floats, unwrap: bool) -> bool:
    """Return whether a loop surely encloses nothing."""
    xy, winding = points[loop], 0
    if unwrap:
        flat, winding = _unwrapped(xy[:, ::-1])
        xy = flat[:-1]
    once = len(set(loop)) == len(loop)
    return not winding and (len(loop) < 3 or (once and abs(_area(xy)) < MIN_AREA_DEG2))


def _in_pieces(flat: Floats) -> Floats:
    """Return a line with the edges cut that are too long for a plane that is rolled up."""
    parts = np.ceil(np.abs(np.diff(flat[:, 0])) / LONGEST_DEG).astype(int).clip(1)
    along = np.concatenate([np.arange(n) / n for n in parts])[:, None]
    start, step = np.repeat(flat[:-1], parts, axis=0), np.repeat(np.diff(flat, axis=0), parts, axis=0)
    return np.vstack([start + along * step, flat[-1:]])


def _again(
    ring: list[Vertex | Arc],
    source: str,
    locator: str,
    edge_kind: EdgeKind,
    cutting: Cutting,
    rounds: int,
) -> tuple[list[Ring], list[Finding]]:
    """Return a loop that was cut off as simple rings: lines that lie on each other may cross in it still."""
    if rounds >= MOST_ROUNDS:
        return _reject("ring-tangled", "runs along itself again and again", source, locator)
    corners = [point for point in ring if not isinstance(point, Arc)]
    if len(set(corners)) < 3:
        return [], []
    lat_lon = np.asarray(corners, np.float64)
    return _checked(corners, lat_lon, source, locator, edge_kind, cutting, rounds + 1)


def _is_star(xy: Floats) -> bool:
    """Return whether all of the ring is seen from the mean of its corners, which makes it simple and is
    cheap to know; False also where it is a sliver, whose area must be looked at."""
    x, y = (xy - xy.sum(axis=0) / len(xy)).T
    x2, y2 = np.concatenate([x[1:], x[:1]]), np.concatenate([y[1:], y[:1]])
    turns = x * y2 - x2 * y
    if turns[0] < 0.0:
        turns, y, y2 = -turns, -y, -y2
    if float(turns.min()) <= _TURN_DEG2:
        return False
    extent_deg2 = max(float((x * x).max()), float((y * y).max()))
    return int(((y < 0.0) & (y2 >= 0.0)).sum()) == 1 and float(turns.sum()) > 1e-3 * extent_deg2


def _unwrapped(lat_lon: Floats) -> tuple[Floats, int]:
    """Return (longitude, latitude) of the closed ring, no step longer than 180°, and its turns eastward."""
    lat_lon = np.concatenate([lat_lon, lat_lon[:1]])
    lon = lat_lon[:, 1]
    steps = lon[1:] - lon[:-1]
    turns = -np.rint(steps / 360.0)
    turns[np.abs(steps) == 180.0] = 0.0
    shift = np.concatenate([[0.0], np.cumsum(turns)])
    return np.column_stack([lon + 360.0 * shift, lat_lon[:, 0]]), int(shift[-1])


_Plane = tuple["Floats", "Floats"]


def _gnomonic(lat_lon: Floats) -> _Plane | None:
    """Return the points in the gnomonic plane about their mean direction, in degrees, and the plane's three
    axes as rows; None where some point is more than 75° away from it."""
    lat, lon = np.radians(lat_lon).T
    flat = np.cos(lat)
    xyz = np.array([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)])
    mean = (xyz.sum(axis=1) / len(lat)).tolist()
    length = math.hypot(*mean)
    if length < 0.1:
        return None
    up_x, up_y, up_z = (part / length for part in mean)
    level = math.hypot(up_x, up_y)
    east_x, east_y = (-up_y / level, up_x / level) if level > 1e-9 else (1.0, 0.0)
    axes = np.array(
        [
            [east_x, east_y, 0.0],
            [-up_z * east_y, up_z * east_x, up_x * east_y - up_y * east_x],
            [up_x, up_y, up_z],
        ]
    )
    east, north, up = axes @ xyz
    if float(up.min()) < _CAP_COS:
        return None
    plane = np.empty((len(lat), 2))
    plane[:, 0], plane[:, 1] = east / up, north / up
    return np.degrees(plane), axes


def _vertex(point: Floats, plane: _Plane | None) -> Vertex:
    """Return a point of the plane as (lat, lon); longitude within ±180°."""
    if plane is None:
        lon = float(point[0])
        return float(point[1]), lon - 360.0 * round(lon / 360.0) if abs(lon) > 180.0 else lon
    x, y, z = np.array([point[0], point[1], math.degrees(1.0)]) @ plane[1]
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _area(xy: Floats) -> float:
    """Return the signed area of an open list of plane points, anticlockwise positive."""
    x, y = (xy - xy[0]).T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _on_one_line(xy: Floats) -> bool:
    """Return whether all points are within a millimetre or so of one straight line."""
    apart = xy - xy[0]
    far = apart[int(np.argmax((apart**2).sum(axis=1)))]
    length = math.hypot(far[0], far[1])
    offsets = np.abs(apart[:, 0] * far[1] - apart[:, 1] * far[0])
    return length == 0.0 or float(offsets.max()) <= _LINE_DEG * length


def _arc_points(arc: Arc) -> list[Vertex]:
    """Return nine points along an arc, on the sphere: good enough for the sense of rotation."""
    sweep = (arc.end_deg - arc.start_deg) % 360.0
    sweep = sweep if arc.clockwise else sweep - 360.0
    points = []
    for step in range(9):
        bearing = math.radians(arc.start_deg + sweep * step / 8.0)
        radius = (arc.radius_m + (arc.end_radius_m - arc.radius_m) * step / 8.0) / 111_195.0
        lat = max(-90.0, min(90.0, arc.centre[0] + radius * math.cos(bearing)))
        shrink = max(math.cos(math.radians(arc.centre[0])), 1e-6)
        points.append((lat, arc.centre[1] + radius * math.sin(bearing) / shrink))
    return points
