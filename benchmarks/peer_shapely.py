"""shapely, vectorised throughout: the honest peer of the whole job, and an independent second opinion.

Edges and paths are straight in longitude and latitude.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks import workload

MAX_GAP_US = 120_000_000
TOUCH_US = 1_000
CHUNK = 200_000


def versions() -> str:
    return f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"


def geometries(zones: workload.Zones) -> Any:
    """Return the zones as an array of geometries, invalid outlines repaired."""
    found = shapely.from_wkb([zones.wkb(z) for z in range(len(zones))])
    return np.where(shapely.is_valid(found), found, shapely.make_valid(found))


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    zones, traffic = workload.load_zones(zones_at), workload.load_traffic(traffic_at, reports)
    shapes = geometries(zones)
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)

    def join() -> Any:
        report, zone = tree.query(shapely.points(traffic.lon_deg, traffic.lat_deg))
        inside = shapely.intersects_xy(shapes[zone], traffic.lon_deg[report], traffic.lat_deg[report])
        return report[inside], zone[inside]

    def pairs() -> Any:
        report, zone = join()
        held = (traffic.height_m[report] >= zones.floor_m[zone]) & (
            traffic.height_m[report] <= zones.ceiling_m[zone]
        )
        held &= (traffic.time_us[report] >= zones.from_us[zone]) & (
            traffic.time_us[report] < zones.until_us[zone]
        )
        return report[held], zone[held]

    return {"join": join, "pairs": pairs, "whole": lambda: whole(shapes, tree, zones, traffic)}


def whole(shapes: Any, tree: Any, zones: workload.Zones, traffic: workload.Traffic) -> Any:
    """Return the intervals (target, zone, entry, exit) of reports sorted by target and time."""
    follows = traffic.target[1:] == traffic.target[:-1]
    start = np.flatnonzero(follows & (np.diff(traffic.time_us) <= MAX_GAP_US))
    found = [
        _stretches(shapes, tree, zones, traffic, start[k : k + CHUNK]) for k in range(0, len(start), CHUNK)
    ]
    target, zone, entry_us, exit_us = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((entry_us, zone, target))
    target, zone, entry_us, exit_us = target[order], zone[order], entry_us[order], exit_us[order]
    new = np.ones(len(order), bool)
    new[1:] = (target[1:] != target[:-1]) | (zone[1:] != zone[:-1]) | (entry_us[1:] > exit_us[:-1] + TOUCH_US)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1 if len(order) else first
    return target[first], zone[first], entry_us[first], exit_us[last]


def _stretches(shapes: Any, tree: Any, zones: workload.Zones, traffic: workload.Traffic, a: Any) -> Any:
    """Return, unmerged, when the segments that begin at rows ``a`` are inside."""
    b = a + 1
    x, y, h, t = traffic.lon_deg, traffic.lat_deg, traffic.height_m, traffic.time_us
    lines = shapely.linestrings(np.stack([x[a], x[b]], 1).ravel(), np.stack([y[a], y[b]], 1).ravel(),
                                indices=np.repeat(np.arange(len(a)), 2))  # fmt: skip
    s, z = tree.query(lines)
    low, high = np.minimum(h[a], h[b])[s], np.maximum(h[a], h[b])[s]
    maybe = (high >= zones.floor_m[z]) & (low <= zones.ceiling_m[z])
    maybe &= (t[b][s] >= zones.from_us[z]) & (t[a][s] < zones.until_us[z])
    s, z = s[maybe], z[maybe]
    covered = shapely.covers(shapes[z], lines[s])
    others = np.flatnonzero(~covered)
    crossing = others[shapely.intersects(shapes[z[others]], lines[s[others]])]
    pieces, of = shapely.get_parts(
        shapely.intersection(shapes[z[crossing]], lines[s[crossing]]), return_index=True
    )
    ends = [shapely.line_locate_point(lines[s[crossing[of]]], shapely.points(shapely.get_coordinates(
        shapely.get_point(pieces, k)))) / shapely.length(lines[s[crossing[of]]])
        for k in (0, -1)] if len(pieces) else [np.zeros(0)] * 2  # fmt: skip
    s, z = np.concatenate([s[covered], s[crossing][of]]), np.concatenate([z[covered], z[crossing][of]])
    none = np.zeros(int(covered.sum()))
    enter, leave = np.concatenate([none, np.minimum(*ends)]), np.concatenate([none + 1.0, np.maximum(*ends)])
    for value, bottom, top in (
        (h, zones.floor_m[z], zones.ceiling_m[z]),
        (t, zones.from_us[z], zones.until_us[z]),
    ):
        at, change = value[a][s], (value[b] - value[a])[s]
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two = (bottom - at) / change, (top - at) / change
        flat = change == 0
        enter = np.maximum(enter, np.where(flat, 0.0, np.minimum(one, two)))
        leave = np.minimum(leave, np.where(flat, 1.0, np.maximum(one, two)))
    held = leave >= enter
    s, z, enter, leave = s[held], z[held], enter[held], leave[held]
    begin, takes = t[a][s], (t[b] - t[a])[s]
    return (traffic.target[a][s], z, begin + np.rint(enter * takes).astype(np.int64),
            begin + np.rint(leave * takes).astype(np.int64))  # fmt: skip
