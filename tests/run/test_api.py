"""What a notebook calls takes what a notebook has."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nofly
from nofly.errors import ConfigError, SchemaError
from nofly.feeds.options import ArchiveOptions
from nofly.run.api import batches_of
from nofly.run.result import CheckResult

CSV = (
    "time,icao24,lat,lon,Alt (ft)\n"
    "2018-08-01T09:00:00Z,4ca7b3,46.5,8.2,1000\n"
    "2018-08-01T09:00:05Z,4ca7b3,46.6,8.2,\n"
)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(CSV)
    return path


def test_positions_come_from_files_and_tables(csv: Path) -> None:
    from_file = nofly.read_positions(csv, columns={"Alt (ft)": "alt_std_m:ft"})
    assert len(from_file) == 2
    assert from_file.floats("alt_std_m") == pytest.approx([304.8, np.nan], nan_ok=True)
    table = from_file.to_arrow()
    for source in (table, table.to_batches()[0], SimpleNamespace(data=table), [from_file]):
        again = nofly.read_positions(source)
        assert again.time_us.tolist() == from_file.time_us.tolist()
        assert again.target.values == ["icao24:4ca7b3"]
        assert again.floats("alt_std_m") == pytest.approx([304.8, np.nan], nan_ok=True)


def test_frames_that_speak_arrow_are_read(csv: Path) -> None:
    table = nofly.read_positions(csv).to_arrow()

    class Frame:
        columns = table.column_names

        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return table.__arrow_c_stream__(requested_schema)

    assert len(nofly.read_positions(Frame())) == 2


def test_what_holds_no_positions_is_refused() -> None:
    import pyarrow as pa

    with pytest.raises(SchemaError, match="positions of type int"):
        nofly.read_positions(3)
    with pytest.raises(SchemaError):
        nofly.read_positions(pa.table({"a": [1]}))
    with pytest.raises(ConfigError):
        nofly.read_positions(pa.table({"a": [1]}), columns={"a": "nothing:ft"})


def test_an_empty_table_is_no_positions(csv: Path) -> None:
    table = nofly.read_positions(csv).to_arrow().slice(0, 0)
    assert len(nofly.read_positions(table)) == 0


def test_batches_keep_the_findings_of_a_table(csv: Path) -> None:
    import pyarrow as pa

    table = pa.table({"time": ["2018-08-01T09:00:00"], "icao24": ["4ca7b3"], "lat": [46.5], "lon": [8.2]})
    (batch,) = batches_of(table, ArchiveOptions())
    assert batch.findings


def test_zones_are_written_and_come_back(tmp_path: Path, result: CheckResult) -> None:
    path = tmp_path / "z.geojson"
    nofly.write_zones(result.zones, path)
    back = nofly.read_zones(path)
    assert {z.zone_hash for z in back.zones} == {z.zone_hash for z in result.zones}
    nofly.write_zones(back, path, "geojson")
    with pytest.raises(ConfigError):
        nofly.write_zones(back, tmp_path / "z.nothing")


def test_the_result_speaks_to_notebooks(result: CheckResult) -> None:
    assert result.to_arrow().num_rows == 4
    assert "<table" in result._repr_html_()
    assert result.explain("00000000000000a1").startswith("4ca7b3")
    assert result.to_dict()["positions"]["targets"] == 3


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_progress_bar_appears_on_a_terminal_alone(csv: Path, monkeypatch: Any) -> None:
    from nofly.cli import streams
    from nofly.run.trackfiles import read_batches

    monkeypatch.setattr(streams, "PATIENCE_S", -1.0)
    for screen, shows in ((_Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", screen)
        batches = list(streams.with_progress(read_batches(csv), csv.stat().st_size))
        assert sum(len(b.positions) for b in batches) == 2
        assert bool(screen.getvalue()) == shows
