"""SedonaDB: which report is in which zone, in SQL; no times of entry and exit."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sedonadb

from benchmarks import tables


def versions() -> str:
    return f"SedonaDB {version('sedonadb')}"


def jobs(zones_at: Path, traffic_at: Path, reports: int) -> dict[str, Callable[[], Any]]:
    database = sedonadb.connect()
    database.create_data_frame(tables.zone_table(zones_at)).to_memtable().to_view("raw_zones")
    database.sql(tables.SHAPES).to_memtable().to_view("zones")
    database.create_data_frame(tables.report_table(traffic_at, reports)).to_memtable().to_view("reports")

    def ask(query: str) -> int:
        return database.sql(query).to_arrow_table().num_rows

    return {"join": lambda: ask(tables.JOIN), "pairs": lambda: ask(tables.PAIRS)}
