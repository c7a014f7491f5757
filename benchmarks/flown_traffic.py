"""Traffic as archives of state vectors tell it: callsign, speed, track and climb beside each place."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import workload


def write(traffic: workload.Traffic, path: Path) -> None:
    """Write the reports in order of time as zstd Parquet, each with the motion to the aircraft's next report,
    the last with that to it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    order = np.argsort(traffic.time_us, kind="stable")
    aircraft = range(int(traffic.target.max()) + 1)
    target = pa.array(traffic.target[order])

    def texts(values: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(target, pa.array(values))

    columns = {
        "time": pa.array(traffic.time_us[order]).cast(pa.timestamp("us", "UTC")),
        "icao24": texts([f"{0x400000 + k:06x}" for k in aircraft]),
        "callsign": texts([f"{'ABC' if k % 3 else 'DLH'}{k}" for k in aircraft]),
        "lat_deg": pa.array(traffic.lat_deg[order]), "lon_deg": pa.array(traffic.lon_deg[order]),
        "alt_std_m": pa.array(traffic.height_m[order]),
        **{name: pa.array(column[order]) for name, column in _motion(traffic).items()},
    }  # fmt: skip
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1 << 20)


def _motion(traffic: workload.Traffic) -> dict[str, workload.Floats]:
    """Return speed, track and climb at each report, by columns named as nofly names them."""
    on = np.append(traffic.target[1:] == traffic.target[:-1], False)
    here = np.arange(len(traffic)) - ~on
    here[0] = 0
    there = np.minimum(here + 1, len(traffic) - 1)
    step_s = np.maximum(traffic.time_us[there] - traffic.time_us[here], 1) / 1e6
    lat, lon = np.radians(traffic.lat_deg), np.radians(traffic.lon_deg)
    turn = lon[there] - lon[here]
    east = np.sin(turn) * np.cos(lat[there])
    north = np.cos(lat[here]) * np.sin(lat[there]) - np.sin(lat[here]) * np.cos(lat[there]) * np.cos(turn)
    along = np.sin(lat[here]) * np.sin(lat[there]) + np.cos(lat[here]) * np.cos(lat[there]) * np.cos(turn)
    return {
        "gs_mps": workload.EARTH_M * np.arctan2(np.hypot(east, north), along) / step_s,
        "track_deg": np.degrees(np.arctan2(east, north)) % 360.0,
        "vrate_mps": (traffic.height_m[there] - traffic.height_m[here]) / step_s,
    }
