"""nofly's own jobs, on the arrays of a workload."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import nofly
from benchmarks import workload
from nofly.incidents.stays import merge, zone_activity
from nofly.kernel import uncompiled_warning
from nofly.kernel.detect import Changes, Detector, Params, Reports, State, joined
from nofly.kernel.visits import Quality, VisitBook
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, EdgeKind, Limit, Polygon, Volume, Zone

BATCH_ROWS = 262_144


def versions() -> str:
    return f"nofly {nofly.__version__}, Python {platform.python_version()}, NumPy {np.__version__}"


def require_compiled() -> None:
    """Raise RuntimeError where the kernel is not compiled: its speed would say nothing."""
    if (warning := uncompiled_warning()) is not None:
        raise RuntimeError(warning)


def model(zones: workload.Zones) -> list[Zone]:
    """Return the zones as nofly's, their edges straight in longitude and latitude like the peers'."""
    return [_zone(zones, z) for z in range(len(zones))]


def _zone(zones: workload.Zones, z: int) -> Zone:
    lower, upper = (
        Limit(value, Datum.STD, f"{value:.0f} m STD") if abs(value) < workload.UNLIMITED_M else None
        for value in (float(zones.floor_m[z]), float(zones.ceiling_m[z]))
    )
    volumes = []
    for rings in zones.polygons(z):
        outline, *holes = (
            tuple(zip(ring[:, 1].tolist(), ring[:, 0].tolist(), strict=True)) for ring in rings
        )
        volumes.append(Volume(Polygon(outline, tuple(holes), EdgeKind.PLANAR), lower, upper))
    first, last = int(zones.from_us[z]), int(zones.until_us[z])
    return Zone(
        f"Z{z}", f"Zone {z}", tuple(volumes),
        valid_from_us=None if first == workload.FIRST_US else first,
        valid_to_us=None if last == workload.LAST_US else last,
    )  # fmt: skip


def batches(traffic: workload.Traffic, rows: int) -> list[Reports]:
    """Return the reports as the kernel reads them; ``rows`` is 1 where some limit is on STD, else 0."""
    found = []
    for first in range(0, len(traffic), BATCH_ROWS):
        part = traffic.take(slice(first, first + BATCH_ROWS))
        height = part.height_m.reshape(1, -1)[:rows]
        found.append(Reports(part.target, part.time_us, part.lat_deg, part.lon_deg, height, height))
    return found


class Law:
    """Zones compiled, with their times of activity."""

    def __init__(self, zones: list[Zone], span_us: tuple[int, int]) -> None:
        self.compiled: CompiledZones = compile_zones(zones)
        self.starts, self.active = zone_activity(zones, *span_us)


def detect(law: Law, reports: list[Reports]) -> Changes:
    """Return every change of state: the kernel alone."""
    detector = Detector(law.compiled, law.starts, law.active, Params())
    return joined([*(detector.step(batch) for batch in reports), detector.finish()])


def whole(law: Law, reports: list[Reports]) -> Any:
    """Return the intervals (target, zone, entry, exit): what the peers' whole job returns."""
    changes = detect(law, reports)
    edge = (changes.before == State.OUTSIDE) != (changes.after == State.OUTSIDE)
    order = np.lexsort((changes.part, changes.target))
    order = order[edge[order]]
    entry, leave = order[::2], order[1::2]
    zone = law.compiled.part_zone[changes.part[entry]]
    return changes.target[entry], zone, changes.time_us[entry], changes.time_us[leave]


def stays(law: Law, reports: list[Reports]) -> int:
    """Count the stays, each with causes, depth, margins, longest gap and certainty."""
    detector, book = Detector(law.compiled, law.starts, law.active, Params()), VisitBook(law.compiled)
    for batch in reports:
        n = len(batch.time_us)
        plain = Quality(np.full(n, np.inf), np.zeros((len(law.compiled.datums), n)), np.zeros(n, np.int8),
                        np.zeros(n, np.int8))  # fmt: skip
        book.step(detector.step(batch), batch, plain, law.starts, law.active)
    return len(merge(law.compiled, *book.finish(detector.finish())))


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    require_compiled()
    table, traffic = workload.load_zones(zones_at), workload.load_traffic(traffic_at, reports)
    span_us = (int(traffic.time_us.min()), int(traffic.time_us.max()))
    zones = model(table)
    law = Law(zones, span_us)
    rows = len(law.compiled.datums)
    by_target, by_time = batches(traffic, rows), batches(traffic.by_time(), rows)
    known: dict[str, Callable[[], Any]] = {
        "whole": partial(whole, law, by_target), "whole by time": partial(whole, law, by_time),
        "kernel": lambda: len(detect(law, by_target)), "kernel by time": lambda: len(detect(law, by_time)),
        "stays": partial(stays, law, by_target), "stays by time": partial(stays, law, by_time),
        "compile": lambda: len(compile_zones(zones).ends),
        "activity": lambda: len(zone_activity(zones, *span_us)[1]),
    }  # fmt: skip
    count = 20
    while len(zones) == 20_000 and count <= 20_000:
        known[f"{count} zones"] = partial(whole, Law(zones[:count], span_us), by_time)
        count *= 10
    return known
