"""geopandas ``sjoin``: which report is in which zone; no times of entry and exit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np

from benchmarks import workload
from benchmarks.peer_shapely import geometries


def versions() -> str:
    return f"geopandas {geopandas.__version__}"


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    zones, traffic = workload.load_zones(zones_at), workload.load_traffic(traffic_at, reports)
    names = ("floor_m", "ceiling_m", "from_us", "until_us")
    areas = geopandas.GeoDataFrame(
        {name: getattr(zones, name) for name in names}, geometry=geometries(zones), crs=4326
    )

    def joined() -> Any:
        places = geopandas.points_from_xy(traffic.lon_deg, traffic.lat_deg, crs=4326)
        columns = {"time_us": traffic.time_us, "height_m": traffic.height_m}
        return geopandas.GeoDataFrame(columns, geometry=places).sjoin(areas, predicate="intersects")

    def pairs() -> int:
        found = joined()
        held = (found.height_m >= found.floor_m) & (found.height_m <= found.ceiling_m)
        return int(
            np.count_nonzero(held & (found.time_us >= found.from_us) & (found.time_us < found.until_us))
        )

    return {"join": lambda: len(joined()), "pairs": pairs}
