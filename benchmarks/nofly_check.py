"""nofly from end to end: a zstd Parquet file in, infringements out, by :func:`nofly.run.check.check`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import nofly_jobs, workload
from nofly.feeds.options import ArchiveOptions
from nofly.run.check import check
from nofly.run.files.trackfiles import read_batches


def versions() -> str:
    import pyarrow

    return f"{nofly_jobs.versions()}, pyarrow {pyarrow.__version__}"


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    nofly_jobs.require_compiled()
    zones = nofly_jobs.model(workload.load_zones(zones_at))
    path = traffic_at / "traffic.parquet"

    def decode() -> int:
        return sum(len(batch.positions) for batch in read_batches(path, ArchiveOptions()))

    def infringements() -> int:
        result = check(zones, read_batches(path, ArchiveOptions()))
        if result.report_count != reports:
            raise ValueError(f"{result.report_count} reports checked, not {reports}")
        return len(result.infringements)

    return {"check": infringements, "decode": decode}
