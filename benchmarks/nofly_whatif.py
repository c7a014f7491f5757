"""What a zone would touch of traffic in a zstd Parquet file, beside the check of the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import nofly_jobs, workload
from nofly.incidents.warnings import PredictionParams
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import read_batches
from nofly.run.weighing.weigh import Asked, Weighed, weigh

FILE = "flown.parquet"
"""In the folder of the traffic."""
versions = nofly_jobs.versions


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    nofly_jobs.require_compiled()
    first = nofly_jobs.model(workload.load_zones(zones_at))[0]
    zone = replace(first, valid_from_us=None, valid_to_us=None)
    path, options = traffic_at / FILE, CheckOptions(threads=1)

    def stays() -> int:
        result = check([zone], read_batches(path), options)
        if result.report_count != reports:
            raise ValueError(f"{result.report_count} reports checked, not {reports}")
        # The records too: what a zone would touch is told from them.
        return len(list(result.infringements))

    def weighed(prediction: PredictionParams | None) -> Weighed:
        return weigh(Asked([zone], prediction=prediction), read_batches(path), options)

    return {
        "check": stays,
        "what-if": lambda: len(weighed(None).effect.hits),
        "what-if, warnings": lambda: weighed(PredictionParams()).given or 0,
    }
