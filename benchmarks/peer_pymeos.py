"""PyMEOS (MobilityDB's library): the whole job, a moving point at a time.

A trajectory is cut at the zone's area, its height at the zone's limits, both at its times of validity.
Boxes are compared first, by NumPy, so that no zone is tried in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pymeos import (
    FloatSpan,
    TFloatInst,
    TFloatSeq,
    TGeomPointInst,
    TGeomPointSeq,
    TsTzSpan,
    pymeos_initialize,
)

from benchmarks import workload
from benchmarks.peer_shapely import MAX_GAP_US, geometries

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def versions() -> str:
    return f"PyMEOS {version('pymeos')}"


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    pymeos_initialize("UTC")
    zones, traffic = workload.load_zones(zones_at), workload.load_traffic(traffic_at, reports)
    shapes = geometries(zones)
    boxes = shapely.bounds(shapes)

    def whole() -> Any:
        cut = np.flatnonzero((np.diff(traffic.target) != 0) | (np.diff(traffic.time_us) > MAX_GAP_US)) + 1
        found = [stay for rows in np.split(np.arange(len(traffic)), cut) if len(rows) > 1
                 for stay in _track(zones, shapes, boxes, traffic.take(rows))]  # fmt: skip
        return tuple(np.array(found, np.int64).reshape(-1, 4).T)

    return {"whole": whole}


def _track(
    zones: workload.Zones, shapes: Any, boxes: Any, track: workload.Traffic
) -> Iterator[tuple[int, int, int, int]]:
    x, y, h, t = track.lon_deg, track.lat_deg, track.height_m, track.time_us
    near = (
        (boxes[:, 0] <= x.max())
        & (boxes[:, 2] >= x.min())
        & (boxes[:, 1] <= y.max())
        & (boxes[:, 3] >= y.min())
    )
    near &= (zones.floor_m <= h.max()) & (zones.ceiling_m >= h.min())
    near &= (zones.from_us <= t[-1]) & (zones.until_us > t[0])
    times = [_text(int(v)) for v in t]
    points = [
        TGeomPointInst(point=p, timestamp=at) for p, at in zip(shapely.points(x, y), times, strict=True)
    ]
    place = TGeomPointSeq.from_instants(points, upper_inc=True, normalize=False)
    heights = [TFloatInst(value=float(v), timestamp=at) for v, at in zip(h, times, strict=True)]
    height = TFloatSeq.from_instants(heights, upper_inc=True, normalize=False)
    for z in np.flatnonzero(near):
        part = place.at(shapes[z])
        if part is None:
            continue
        span = FloatSpan(lower=float(zones.floor_m[z]), upper=float(zones.ceiling_m[z]), upper_inc=True)
        level = height.at(span)
        if level is None:
            continue
        both = part.time() * level.time()
        if both is not None and zones.until_us[z] != workload.LAST_US:
            both *= TsTzSpan(lower=_text(int(zones.from_us[z])), upper=_text(int(zones.until_us[z])))
        for stay in () if both is None else getattr(both, "spans", lambda both=both: [both])():
            yield int(track.target[0]), int(z), _micros(stay.lower()), _micros(stay.upper())


def _text(time_us: int) -> str:
    """Return a time as text: PyMEOS cuts a datetime to the second."""
    return (EPOCH + timedelta(microseconds=time_us)).isoformat()


def _micros(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)
