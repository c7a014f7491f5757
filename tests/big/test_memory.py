"""Ten million reports are checked in less than 1 GiB; `make check-long` runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS, TARGETS, STEP_S = 10_000_000, 12_000, 10
START_US = 1_777_708_800_000_000
GIB = 1 << 30


def write_traffic(path: Path) -> None:
    """Write straight flights over Europe in order of time, as zstd Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(1)
    lat_deg, lon_deg = random.uniform(40, 55, TARGETS), random.uniform(-5, 20, TARGETS)
    north, east = random.normal(0, 0.012, TARGETS), random.normal(0, 0.018, TARGETS)
    alt_std_m = random.uniform(300, 12_000, TARGETS)
    addresses = pa.array([f"{0x4B0000 + k:06x}" for k in range(TARGETS)])
    schema = pa.schema(
        [("time", pa.timestamp("us", "UTC")), ("icao24", pa.string())]
        + [(name, pa.float64()) for name in ("lat_deg", "lon_deg", "alt_std_m")]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for block in range(0, ROWS // TARGETS, 40):
            steps = np.arange(block, min(block + 40, ROWS // TARGETS))
            n = len(steps)
            time_us = np.repeat(START_US + steps * STEP_S * 1_000_000, TARGETS)
            columns = [
                pa.array(time_us).cast(schema.field("time").type),
                pa.concat_arrays([addresses] * n),
                np.clip(lat_deg + np.outer(steps, north), -89, 89).ravel(),
                np.clip(lon_deg + np.outer(steps, east), -179, 179).ravel(),
                np.tile(alt_std_m, n),
            ]
            writer.write_table(pa.table(columns, schema=schema))


@pytest.mark.big
def test_ten_million_reports_in_less_than_a_gibibyte(tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.parquet"
    write_traffic(traffic)
    command = [sys.executable, "-m", "nofly", "check", "--zones", str(ROOT / "examples/data/stadium.geojson")]
    command += [str(traffic), "--format", "json", "-o", str(tmp_path / "found.json")]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1, 3)
    assert (tmp_path / "found.json").is_file()
    used_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    assert used_bytes < GIB, f"{used_bytes / GIB:.2f} GiB"
