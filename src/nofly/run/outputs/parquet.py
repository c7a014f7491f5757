"""Parquet: the columns of the stays, zstd, with what was checked in the file's metadata."""

from __future__ import annotations

import io

from nofly import __version__
from nofly.run.outputs.columns import arrow_table
from nofly.run.result import CheckResult


def write(result: CheckResult) -> bytes:
    """Return the stays as a Parquet file."""
    import pyarrow.parquet as pq

    table = arrow_table(result.infringements)
    about = {"nofly": __version__, "reports": str(result.report_count), "targets": str(result.target_count)}
    table = table.replace_schema_metadata(about)
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
