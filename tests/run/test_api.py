"""What a notebook calls takes what a notebook has."""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nofly
from nofly.cli import main
from nofly.errors import ConfigError, InputError, SchemaError, StoreError
from nofly.feeds.options import ArchiveOptions
from nofly.run.api import batches_of
from nofly.run.result import CheckResult
from nofly.schema import Coded, Positions
from nofly.store.keys import new_key
from nofly.zones.model import Circle, Datum, Limit, Restriction, Volume, Zone
from tests.run.proving.cases import track_file, zone_file

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
    from nofly.run.files.trackfiles import read_batches

    monkeypatch.setattr(streams, "PATIENCE_S", -1.0)
    for screen, shows in ((_Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stderr", screen)
        batches = list(streams.with_progress(read_batches(csv), csv.stat().st_size))
        assert sum(len(b.positions) for b in batches) == 2
        assert bool(screen.getvalue()) == shows


@pytest.mark.parametrize("keep_in", [False, True])
def test_a_floor_and_a_ceiling_are_crossed_as_well_as_the_height_is_known(keep_in: bool) -> None:
    """A climb at 10 m/s, whose height is good to 30 m and whose place to 10 m, through a layer and on."""
    n = 60
    alt_m = 1000.0 + 50.0 * np.arange(n)
    alt_m = np.concatenate([alt_m, alt_m[::-1]])
    ones = np.ones(2 * n)
    climb = Positions(
        1_700_000_000_000_000 + 5_000_000 * np.arange(2 * n), Coded.from_list(["icao24:4b1800"] * 2 * n),
        46.65 * ones, 8.2 * ones,
        {"alt_std_m": alt_m, "alt_err_m": 30.0 * ones, "pos_err_m": 10.0 * ones},
    )  # fmt: skip
    kind = Restriction.KEEP_IN if keep_in else Restriction.PROHIBITED
    layer = Volume(Circle((46.65, 8.2), 5000.0), Limit(1510.0, Datum.STD, ""), Limit(2480.0, Datum.STD, ""))
    found = nofly.check(climb, [Zone("L", "LAYER", (layer,), kind)], screening=False).infringements
    # 3 s for the height at both ends, and 1 s for the clock.
    spread_s = math.hypot(3.0, 1.0, 3.0, 1.0)
    both = [one for one in found if (one.cause, one.exit_cause) == ("moved", "moved")]
    assert len(both) == (1 if keep_in else 2)
    for one in both:
        assert one.duration_s - one.duration_low_s == pytest.approx(spread_s)
        assert one.duration_high_s - one.duration_s == pytest.approx(spread_s)


def test_what_is_no_argument_of_check_is_said_in_words(csv: Path, result: CheckResult) -> None:
    zones, positions = result.zones, nofly.read_positions(csv)
    with pytest.raises(ConfigError, match=r"no option 'at' \(expected one of max_gap_s, qnh"):
        nofly.check(csv, zones, at="2018-08-01T09:00:00Z")
    with pytest.raises(ConfigError, match="zones of type Positions"):
        nofly.check(zones, positions)
    with pytest.raises(ConfigError, match="zones of type dict"):
        nofly.check(positions, {"type": "FeatureCollection", "features": []})
    with pytest.raises(SchemaError, match="positions of type dict"):
        nofly.check({"time": [1], "lat": [2.0]}, zones)
    with pytest.raises(SchemaError, match="positions of type dict"):
        nofly.check([{"time": 1, "lat": 2.0}], zones)


def test_zones_are_counted_and_gone_through(tmp_path: Path, result: CheckResult) -> None:
    nofly.write_zones(result.zones, tmp_path / "z.geojson")
    zones = nofly.read_zones(tmp_path / "z.geojson")
    assert len(zones) == len(result.zones)
    assert [zone.id for zone in zones] == [zone.id for zone in zones.zones]


def test_a_result_is_one_line_on_a_prompt(result: CheckResult) -> None:
    assert repr(result).startswith(f"<CheckResult: {result.report_count:,} report")
    assert "infringement" in repr(result)
    assert "\n" not in repr(result)


def test_positions_alone_warn_of_what_was_assumed_or_rejected(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "time,icao24,lat,lon,altitude,colour\n2018-08-01T09:00:00,4ca7b3,46.5,8.2,1000,red\n,4ca7b3,1,2,3,\n"
    )
    with pytest.warns(UserWarning, match="time-invalid") as said:
        nofly.read_positions(path)
    codes = {str(one.message).rpartition("[")[2] for one in said}
    assert codes == {"time-invalid]", "time-zone-assumed]", "altitude-datum-assumed]", "units-assumed]"}
    assert {one.filename for one in said} == {__file__}


def test_a_result_gives_evidence_that_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOFLY_KEYS", str(tmp_path / "keys"))
    new_key(tmp_path / "keys", "desk", None)
    zones, tracks = zone_file(tmp_path / "z.geojson"), track_file(tmp_path / "t.csv")
    result = nofly.check(tracks, zones)
    made = result.evidence(tmp_path / "cases", "desk", made_by="Desk", made_at="2026-01-01T00:00Z")
    assert len(made) == 2
    public = tmp_path / "keys" / "desk.pub"
    for path in made:
        found = nofly.verify(path, key=public)
        assert (found.exit_code, found.summary, repr(found)) == (0, "All agrees.", "<Verified: All agrees.>")
        assert found.package.files["raw/0001-t.csv"] == Path(tracks).read_bytes()
        assert found.package.files["zones/source/01-z.geojson"] == Path(zones).read_bytes()
    (one,) = nofly.check([tracks], nofly.read_zones(zones)).evidence(str(tmp_path / "all.zip"))
    assert nofly.verify(one).exit_code == 0
    assert nofly.verify(one, trust=tmp_path / "keys").exit_code == 0
    assert nofly.verify(one, key=public).exit_code == 1
    assert main(["check", "--zones", zones, tracks, "-q", "--evidence", str(tmp_path / "cli.zip")]) == 1
    assert (tmp_path / "cli.zip").read_bytes() == one.read_bytes()
    (bare,) = result.evidence(tmp_path / "bare.zip", coverage=False)
    assert "coverage.json" in nofly.verify(one).package.files
    assert "coverage.json" not in nofly.verify(bare).package.files


def test_evidence_of_reports_in_memory_has_their_rows_and_says_so(tmp_path: Path) -> None:
    zones, tracks = zone_file(tmp_path / "z.geojson"), track_file(tmp_path / "t.csv")
    positions = nofly.read_positions(tracks)
    for given in (positions, positions.to_arrow(), [positions]):
        (path,) = nofly.check(given, zones).evidence(tmp_path / "all.zip")
        found = nofly.verify(path)
        assert found.exit_code == 3
        (said,) = (s for s in found.steps if s.outcome == "not checked")
        assert "in the memory of a program" in said.message
        assert sum(s.message.startswith("found again") for s in found.steps) == 2
    empty = nofly.check(positions.take(slice(0, 0)), zones)
    assert empty.evidence(tmp_path / "none") == []


def test_evidence_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    zones, tracks = zone_file(tmp_path / "z.geojson"), track_file(tmp_path / "t.csv")
    once = nofly.check(iter([nofly.read_positions(tracks)]), zones)
    for result in (once, pickle.loads(pickle.dumps(nofly.check(tracks, zones)))):
        with pytest.raises(ConfigError, match="not known"):
            result.evidence(tmp_path / "cases")
    with pytest.raises(ConfigError, match="not a folder"):
        nofly.check(tracks, zones).evidence(tracks)
    with pytest.raises(StoreError, match="no private key"):
        nofly.check(tracks, zones).evidence(tmp_path / "cases", "nobody")
    with pytest.raises(InputError):
        nofly.verify(tracks)
