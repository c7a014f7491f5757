"""A workload as Arrow tables, for the peers that are asked in SQL.

Reports are numbered in the order of the traffic.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks import workload

JOIN = (
    "SELECT r.report, z.zone FROM reports r JOIN zones z "
    "ON ST_Intersects(z.shape, ST_Point(r.lon_deg, r.lat_deg))"
)
HELD = (
    "WHERE r.height_m >= z.floor_m AND r.height_m <= z.ceiling_m "
    "AND r.time_us >= z.from_us AND r.time_us < z.until_us"
)
PAIRS = f"{JOIN} {HELD}"
SHAPES = "SELECT zone, floor_m, ceiling_m, from_us, until_us, ST_GeomFromWKB(wkb) AS shape FROM raw_zones"


def zone_table(folder: Path) -> pa.Table:
    """Return zone, wkb, limits and validity."""
    zones = workload.load_zones(folder)
    names = ("floor_m", "ceiling_m", "from_us", "until_us")
    return pa.table({
        "zone": np.arange(len(zones)),
        "wkb": pa.array([zones.wkb(z) for z in range(len(zones))], pa.binary()),
        **{name: getattr(zones, name) for name in names},
    })  # fmt: skip


def report_table(folder: Path, reports: int) -> pa.Table:
    """Return report, time, place and height."""
    traffic = workload.load_traffic(folder, reports)
    names = ("time_us", "lat_deg", "lon_deg", "height_m")
    return pa.table({"report": np.arange(len(traffic)), **{name: getattr(traffic, name) for name in names}})
