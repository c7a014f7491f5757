"""Parquet: the columns of the stays, zstd, with what was checked in the file's metadata."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from nofly import __version__
from nofly.run.outputs.columns import arrow_table
from nofly.run.outputs.coverage_columns import COVERAGE_COLUMNS, coverage_of_stays
from nofly.run.outputs.coverage_told import coverage_block
from nofly.run.result import CheckResult

if TYPE_CHECKING:
    import pyarrow as pa


def write(result: CheckResult) -> bytes:
    """Return the stays as a Parquet file."""
    import pyarrow.parquet as pq

    about = {"nofly": __version__, "reports": str(result.report_count), "targets": str(result.target_count)}
    if result.coverage is not None:
        about["coverage"] = json.dumps(coverage_block(result), ensure_ascii=False, allow_nan=False)
    out = io.BytesIO()
    pq.write_table(table(result).replace_schema_metadata(about), out, compression="zstd")
    return out.getvalue()


def table(result: CheckResult) -> pa.Table:
    """Return the stays as an Arrow table, one row each, with what could have been seen of a check that
    covers."""
    if result.coverage is None:
        return arrow_table(result.infringements)
    return arrow_table(result.infringements, COVERAGE_COLUMNS, coverage_of_stays(result))
