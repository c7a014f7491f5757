"""DuckDB's spatial extension: which report is in which zone, in SQL; no times of entry and exit.

The extension comes as a package of the Python index, since DuckDB's own server cannot be reached everywhere.
Limits and times are compared after the join: put into it, they make DuckDB leave its spatial join for nested
loops, hundreds of times slower.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import tables

AFTERWARDS = f"""
WITH pairs AS MATERIALIZED ({tables.JOIN})
SELECT p.report, p.zone FROM pairs p JOIN reports r ON p.report = r.report JOIN zones z ON p.zone = z.zone
{tables.HELD}"""


def versions() -> str:
    return f"DuckDB {duckdb.__version__} with spatial"


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    database = duckdb.connect()
    at = f"extensions/v{duckdb.__version__}/spatial.duckdb_extension"
    database.load_extension(str(files("duckdb_extension_spatial").joinpath(at)))
    for name, table in (
        ("raw_zones", tables.zone_table(zones_at)),
        ("given", tables.report_table(traffic_at, reports)),
    ):
        database.register(name, table)
    database.execute(f"CREATE TABLE zones AS {tables.SHAPES}")
    database.execute("CREATE TABLE reports AS SELECT * FROM given")

    def ask(query: str) -> int:
        return database.execute(query).fetch_arrow_table().num_rows

    return {"join": lambda: ask(tables.JOIN), "pairs": lambda: ask(AFTERWARDS)}
