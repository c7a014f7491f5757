from __future__ import annotations

import io
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import DecodeError, Finding, InputError, SchemaError
from nofly.feeds.archives import parquet
from nofly.feeds.options import ArchiveOptions
from nofly.schema import FLOATS, SMALLS, TEXTS, Coded, Positions, concatenate

T0 = 1_633_608_000_000_000


def read(table: pa.Table, **options: object) -> tuple[Positions, list[Finding]]:
    file = io.BytesIO()
    pq.write_table(table, file)
    batches = list(parquet.read(file, "x", ArchiveOptions(**options)))  # type: ignore[arg-type]
    return concatenate([p for p, _ in batches]), [f for _, found in batches for f in found]


def plain(**more: object) -> dict[str, object]:
    return {
        "time": pa.array([T0, T0 + 10**6]).cast(pa.timestamp("us", "UTC")), "icao24": ["4ca7b3", "4ca7b4"],
        "lat": [47.0, 47.5], "lon": [8.0, 8.5], **more,
    }  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(data=st.data(), rows=st.integers(0, 12))
def test_positions_written_and_read_are_the_same(data: st.DataObject, rows: int) -> None:
    def column(values: st.SearchStrategy[object]) -> list[object]:
        return data.draw(st.lists(values, min_size=rows, max_size=rows))

    number = st.one_of(st.just(float("nan")), st.floats(0, 1e4))
    texts = st.one_of(st.none(), st.sampled_from(["A1", "adsb", "7000"]))
    batch = Positions(
        np.array(column(st.integers(1, 4 * 10**15)), np.int64),
        Coded.from_list(column(st.sampled_from(["icao24:4ca7b3", "rid:x", "asterix:025/010/1"]))),  # type: ignore[arg-type]
        np.array(column(st.floats(-90, 90)), np.float64), np.array(column(st.floats(-180, 180)), np.float64),
        {
            **{name: np.array(column(number), np.float64) for name in FLOATS},
            **{name: np.array(column(st.sampled_from([-1, 0, 1])), np.int8) for name in SMALLS},
            "received_us": np.array(column(st.sampled_from([-1, T0])), np.int64),
            "raw": np.array(column(st.sampled_from([-1, 0, 77])), np.int64),
        },
        {
            name: Coded.from_list(column(st.none() if name in ("squawk", "source") else texts))  # type: ignore[arg-type]
            for name in TEXTS
        },
    )  # fmt: skip
    known = batch.columns["nac_p"] > 0
    batch.columns["nac_p"][known & np.isnan(batch.columns["pos_err_m"])] = -1
    written = batch.to_arrow()
    found, findings = read(written)
    assert not findings
    assert found.to_arrow().to_pylist() == written.to_pylist()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_of_any_unit(unit: str) -> None:
    times = pa.array([T0, T0 + 10**6]).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"))
    positions, findings = read(pa.table(plain(time=times)))
    assert positions.time_us.tolist() == [T0, T0 + 10**6]
    assert not findings


@pytest.mark.parametrize(
    "times",
    [
        [T0 // 10**6, None],
        [T0 / 1e6, float("nan")],
        [T0 // 1000, None],
        ["2021-10-07T12:00:00Z", "yesterday"],
    ],
)
def test_a_time_that_is_none_is_counted(times: list[object]) -> None:
    positions, findings = read(pa.table(plain(time=times)))
    assert positions.time_us.tolist() == [T0]
    assert [(f.code, f.count, f.locator) for f in findings] == [("time-invalid", 1, "row 2")]


def test_date_and_time_apart_of_types_of_their_own() -> None:
    from datetime import date, time

    table = pa.table(
        {"date": [date(2024, 12, 31)], "time": [time(12)], "hex": ["4ca7b3"], "lat": [47.0], "lon": [8.0]}
    )
    positions, _ = read(table)
    assert positions.time_us.tolist() == [1_735_646_400_000_000]


def test_a_timestamp_without_a_zone_is_utc_unless_told() -> None:
    naive = pa.array([T0, T0 + 10**6]).cast(pa.timestamp("us"))
    positions, findings = read(pa.table(plain(time=naive)))
    assert (positions.time_us[0], [f.code for f in findings]) == (T0, ["time-zone-assumed"])
    positions, findings = read(pa.table(plain(time=naive)), time_zone="Europe/Paris")
    assert (positions.time_us[0], findings) == (T0 - 7200 * 10**6, [])


def test_texts_with_and_without_a_zone_in_one_column() -> None:
    texts = ["2021-10-07T12:00:00", "2021-10-07T14:00:01+02:00"]
    positions, findings = read(pa.table(plain(time=texts)))
    assert positions.time_us.tolist() == [T0, T0 + 10**6]
    assert [f.code for f in findings] == ["time-zone-assumed"]


@pytest.mark.parametrize(
    "kind", [pa.decimal32(9, 6), pa.decimal64(12, 6), pa.decimal128(9, 6), pa.decimal128(30, 6)]
)
def test_decimals_become_the_nearest_floats(kind: pa.DataType) -> None:
    table = pa.table(plain(
        lat=pa.array([Decimal("47.123456"), Decimal("-0.000001")], kind),
        alt_std_m=pa.array([None, Decimal("10000.500000")], pa.decimal128(12, 6)),
    )).slice(0)  # fmt: skip
    positions, _ = read(table)
    assert positions.lat_deg.tolist() == [47.123456, -0.000001]
    assert np.isnan(positions.columns["alt_std_m"][0])
    assert positions.columns["alt_std_m"][1] == 10000.5


def test_types_of_every_kind() -> None:
    table = pa.table(
        plain(
            icao24=pa.array([0x4CA7B3, 0x4CA7B4], pa.uint32()),
            lat=pa.array([47.0, 47.5], pa.float32()),
            baroaltitude=pa.array([1000, None], pa.int16()),
            onground=pa.array([True, None]),
            squawk=pa.array([7000.0, None]),
            callsign=pa.array(["A ", None], pa.large_string()).dictionary_encode(),
            nac_p=pa.array([9, 0], pa.uint8()),
            velocity=pa.array(["12.5", "fast"]),
        )
    )
    positions, findings = read(table)
    assert positions.target.values == ["icao24:4ca7b3", "icao24:4ca7b4"]
    assert positions.columns["on_ground"].tolist() == [1, -1]
    assert positions.columns["pos_err_m"].tolist() == pytest.approx([30.0, float("nan")], nan_ok=True)
    assert positions.columns["gs_mps"].tolist() == pytest.approx([12.5, float("nan")], nan_ok=True)
    assert [positions.texts["squawk"].at(0), positions.texts["callsign"].at(1)] == ["7000", None]
    assert [f.code for f in findings] == ["value-invalid"]


def test_the_time_of_a_position_is_not_that_of_its_row() -> None:
    seconds = pa.array([T0 / 1e6 - 0.25, T0 / 1e6 - 86_400])
    positions, findings = read(pa.table(plain(lastposupdate=seconds)))
    assert positions.time_us.tolist() == [T0 - 250_000, T0 + 10**6]
    assert [f.code for f in findings] == ["position-time-doubted"]


def test_a_table_without_aircraft_is_one_track() -> None:
    table = pa.table(plain())
    positions, findings = read(table.drop_columns(["icao24"]))
    assert positions.target.at(0) == "track:x"
    assert [f.code for f in findings] == ["target-assumed"]


def test_a_file_that_promises_too_many_rows_is_refused() -> None:
    count = 20_000_000
    zeros = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int8)), pa.array(["4ca7b3"]))
    file = io.BytesIO()
    pq.write_table(pa.table({"icao24": zeros}), file, compression="zstd")
    with pytest.raises(DecodeError, match="rows in so short a file"):
        next(iter(parquet.read(file, "x", ArchiveOptions())))


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1.0])] * 3, ["lat", "lat", "lon"])
    with pytest.raises(SchemaError, match="'lat'"):
        read(table)


def test_an_empty_table_has_columns_to_speak_of() -> None:
    positions, findings = read(pa.table(plain(foo=["a", "b"])).slice(0, 0))
    assert len(positions) == 0
    assert [f.code for f in findings] == ["columns-ignored"]


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 2000))
def test_a_part_of_a_file_is_refused(cut: int) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table(plain()), file)
    part = file.getvalue()[:cut]
    if len(part) < len(file.getvalue()):
        with pytest.raises(InputError):
            list(parquet.read(io.BytesIO(part), "x", ArchiveOptions()))


@pytest.mark.parametrize("name", [b"lat", b"extra"])
def test_a_column_whose_name_is_not_utf8_is_refused(name: bytes) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table(plain(extra=[1, 2])), file, store_schema=False)
    broken = file.getvalue().replace(name, b"\xff" + name[1:])
    with pytest.raises(DecodeError, match="broken Parquet"):
        list(parquet.read(io.BytesIO(broken), "x", ArchiveOptions()))
