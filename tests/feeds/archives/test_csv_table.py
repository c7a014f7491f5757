from __future__ import annotations

import io

import numpy as np
import pytest

from nofly.errors import ConfigError, DecodeError, Finding, InputError, SchemaError
from nofly.feeds.archives import csv_table
from nofly.feeds.options import ArchiveOptions, Column
from nofly.schema import Positions, concatenate
from nofly.units import DAY_US

T0 = 1_633_608_000_000_000


def read(text: str | bytes, **options: object) -> tuple[Positions, list[Finding]]:
    data = text.encode() if isinstance(text, str) else text
    batches = list(csv_table.read(io.BytesIO(data), "x", ArchiveOptions(**options)))  # type: ignore[arg-type]
    return concatenate([p for p, _ in batches]), [f for _, found in batches for f in found]


def codes(findings: list[Finding]) -> list[str]:
    return [f.code for f in findings]


def test_opensky_in_metres() -> None:
    positions, findings = read(
        "time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,squawk,baroaltitude,geoaltitude,lastposupdate\n"
        "1633608000,4ca7b3,47.0,8.0,200.5,90,-1.5,SWR1  ,False,1000,10000.5,NULL,1633607999.75\n"
    )
    assert positions.time_us.tolist() == [T0 - 250_000]
    assert positions.columns["alt_std_m"].tolist() == [10000.5]
    assert positions.columns["gs_mps"].tolist() == [200.5]
    assert "alt_hae_m" not in positions.columns
    assert positions.texts["callsign"].at(0) == "SWR1"
    assert findings == []


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_separators_line_ends_and_byte_order_mark(separator: str, end: str, bom: str) -> None:
    lines = ["time,hex,lat,lon", "2021-10-07T12:00:00Z,4CA7B3,47.0,8.0", "1633608001,4CA7B3,47.0,8.0"]
    positions, findings = read(bom + end.join(lines).replace(",", separator))
    assert positions.time_us.tolist() == [T0, T0 + 10**6]
    assert codes(findings) == []


def test_decimal_commas() -> None:
    positions, _ = read("time;hex;lat;lon\n1633608000;4ca7b3;47,25;8,5\n")
    assert (positions.lat_deg[0], positions.lon_deg[0]) == (47.25, 8.5)


def test_a_bad_cell_costs_itself_and_a_bad_line_itself() -> None:
    positions, findings = read(
        "time,hex,lat,lon,alt_ft\n1633608000,4ca7b3,47,8,1000\n1633608001,4ca7b3,47,8,high\n"
        "1633608002,4ca7b3,47\n1633608003,4ca7b3,91,8,1000\n1633608004,,47,8,1000\n1633608005,4ca7b3,,8,1000\n",
        altitude_datum="std",
    )
    assert len(positions) == 2
    assert np.isnan(positions.columns["alt_std_m"]).tolist() == [False, True]
    assert codes(findings) == [
        "row-ragged",
        "value-invalid",
        "address-invalid",
        "position-missing",
        "position-invalid",
    ]


def test_heights_without_a_datum_are_pressure_altitude_aloud() -> None:
    positions, findings = read("time,hex,lat,lon,altitude\n1633608000,4ca7b3,47,8,1000\n")
    assert positions.columns["alt_std_m"].tolist() == pytest.approx([304.8])
    assert codes(findings) == ["altitude-datum-assumed", "units-assumed"]


def test_a_table_of_unknown_names_by_mapping() -> None:
    columns = {
        "a": Column("time", "ms"),
        "b": Column("lat_deg"),
        "c": Column("lon_deg"),
        "d": Column("alt_amsl_m", "ft"),
    }
    positions, findings = read("a,b,c,d\n1633608000000,47,8,100\n", columns=columns)
    assert positions.time_us.tolist() == [T0]
    assert positions.columns["alt_amsl_m"].tolist() == pytest.approx([30.48])
    assert codes(findings) == ["target-assumed"]


def test_a_local_time_by_its_zone() -> None:
    positions, findings = read("time,hex,lat,lon\n2021-10-07 15:00:00,4ca7b3,47,8\n", time_zone="Europe/Kyiv")
    assert (positions.time_us.tolist(), findings) == ([T0], [])


def test_bytes_that_are_no_utf8_cost_no_row() -> None:
    positions, findings = read(
        b"time,hex,lat,lon,callsign\n1633608000,4ca7b3,47,8,A\xff\n1633608000,4ca7b3,47,\xfe8,B\n\xe9,1,2\n"
    )
    assert positions.texts["callsign"].at(0) == "A\ufffd"
    assert codes(findings) == ["row-ragged", "value-invalid", "position-missing"]


def test_a_quoted_cell_may_hold_the_separator() -> None:
    positions, findings = read('time,hex,lat,lon,note\n1633608000,"4ca7b3",47,"8","a, b"\n')
    assert len(positions) == 1
    assert codes(findings) == ["columns-ignored"]


@pytest.mark.parametrize("place", ["header", "row"])
def test_a_line_without_end_is_refused(place: str) -> None:
    head = "" if place == "header" else "time,hex,lat,lon\n"
    with pytest.raises(DecodeError, match=r"line|straddling"):
        read(head + "7" * (25 << 20))


def test_no_table_at_all() -> None:
    with pytest.raises(SchemaError, match="no column is known as time"):
        read("foo,bar,baz\n1,2,3\n")
    with pytest.raises(InputError):
        read(b"time,lat,lon\x00\n")


def test_only_a_header() -> None:
    positions, findings = read("time,hex,lat,lon\n")
    assert (len(positions), findings) == (0, [])


@pytest.mark.parametrize(
    ("lines", "height_ft"),
    [
        ('time,hex,lat,lon,alt_ft\n1633608000,4ca7b3,47.5,8.5,"1,800"\n', 1800.0),
        ("time;hex;lat;lon;alt_ft\n1633608000;4ca7b3;47,5;8,5;1.800\n", 1800.0),
        ("time;hex;lat;lon;alt_ft\n1633608000;4ca7b3;47,5;8,5;1,800\n", 1.8),
    ],
)
def test_thousands_are_told_from_decimals_by_the_places(lines: str, height_ft: float) -> None:
    positions, findings = read(lines, altitude_datum="std")
    assert positions.columns["alt_std_m"].tolist() == pytest.approx([height_ft * 0.3048])
    assert codes(findings) == (["thousands-apart"] if height_ft > 2 else [])


def test_a_height_that_may_be_thousands_or_a_fraction_is_unknown() -> None:
    positions, findings = read(
        'time,hex,lat,lon,alt_ft\n1633608000,4ca7b3,47,8,"1,800"\n', altitude_datum="std"
    )
    assert np.isnan(positions.columns["alt_std_m"]).all()
    assert codes(findings) == ["number-doubtful"]


@pytest.mark.parametrize("before", ["sep=;\r\n", '"sep=;"\n', "\n\r\n  \n", "\nsep=;\n"])
def test_what_a_spreadsheet_writes_before_the_names(before: str) -> None:
    text = before + "time;hex;lat;lon\n1633608000;4ca7b3;47,5;8,5\n1633608001;4ca7b3\n"
    assert csv_table.sniff(text.encode()) == 80
    positions, findings = read(text)
    assert positions.lat_deg.tolist() == [47.5]
    assert codes(findings) == ["row-ragged"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_spreadsheets_unicode_text(encoding: str) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    data = (mark + "time\thex\tcallsign\tlat\tlon\r\n1633608000\t4ca7b3\tÄ1\t47.5\t8.5\r\n").encode(encoding)
    assert csv_table.sniff(data) == 80
    positions, findings = read(data)
    assert (positions.lat_deg[0], positions.texts["callsign"].at(0)) == (47.5, "Ä1")
    assert findings == []


def test_names_of_columns_that_are_not_utf_8() -> None:
    data = "Zeit;Kennung;Rufzeichen;Breite;Länge\n1633608000;4ca7b3;ÄRO1;47,5;8,5\n".encode("cp1252")
    assert csv_table.sniff(data) > 0
    columns = {
        "Zeit": Column("time", "s"), "Kennung": Column("icao24"), "Rufzeichen": Column("callsign"),
        "Breite": Column("lat_deg"), "Länge": Column("lon_deg"),
    }  # fmt: skip
    positions, findings = read(data, columns=columns)
    assert (positions.lon_deg[0], positions.texts["callsign"].at(0)) == (8.5, "ÄRO1")
    assert codes(findings) == ["not-utf-8"]


def test_a_time_that_cannot_be_read_is_shown() -> None:
    positions, findings = read("time,hex,lat,lon\n,4ca7b3,47,8\n02/05/2026 16:57:30,4ca7b3,47,8\n")
    assert len(positions) == 0
    assert codes(findings) == ["time-invalid"]
    assert "'02/05/2026 16:57:30'" in findings[0].message


NOON_US = 1_735_646_400_000_000
"""2024-12-31 12:00 UTC."""


@pytest.mark.parametrize(
    ("times", "expected_us"),
    [
        (["31.12.2024 12:00:00", "1.1.2025 9:05"], [NOON_US, NOON_US + 75_900_000_000]),
        (["31/12/2024 12:00:00.5", "01/01/2025 12:00:00Z"], [NOON_US + 500_000, NOON_US + 86_400_000_000]),
        (["1/1/2025 12:00", "12/31/2024, 12:00:00"], [NOON_US + 86_400_000_000, NOON_US]),
        (["12/31/2024T12:00:00+01:00"], [NOON_US - 3_600_000_000]),
    ],
)
def test_dates_whose_day_and_month_are_told_apart(times: list[str], expected_us: list[int]) -> None:
    rows = "".join(f'"{time}",4ca7b3,47,8\n' for time in times)
    positions, findings = read("time,hex,lat,lon\n" + rows, time_zone="UTC")
    assert positions.time_us.tolist() == expected_us
    assert codes(findings) == (["date-order-told"] if "/" in times[0] else [])


@pytest.mark.parametrize(
    "times",
    [["01/02/2024 12:00"], ["31/12/2024 12:00", "12/31/2024 12:00"], ["31.13.2024 12:00"], ["12:00:00"]],
)
def test_dates_that_may_be_read_two_ways_are_refused(times: list[str]) -> None:
    rows = "".join(f"{time},4ca7b3,47,8\n" for time in times)
    positions, findings = read("time,hex,lat,lon\n" + rows, time_zone="UTC")
    assert len(positions) == 0
    assert ("time-invalid", len(times)) in [(f.code, f.count) for f in findings]


@pytest.mark.parametrize(
    ("order", "expected_us"), [("dmy", [NOON_US + 32 * DAY_US, -1]), ("mdy", [NOON_US + 2 * DAY_US, NOON_US])]
)
def test_what_the_user_says_of_day_and_month_is_taken(order: str, expected_us: list[int]) -> None:
    rows = "01/02/2025 12:00,4ca7b3,47,8\n12/31/2024 12:00,4ca7b4,47,8\n"
    positions, findings = read("time,hex,lat,lon\n" + rows, time_zone="UTC", date_order=order)
    assert positions.time_us.tolist() == [us for us in expected_us if us > 0]
    assert codes(findings) == (["time-invalid"] if -1 in expected_us else [])


def test_an_order_of_day_and_month_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="'ymd'"):
        read("time,hex,lat,lon\n", date_order="ymd")


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2024-12-31", "12:00:00"), ("31.12.2024", "12:00"), ("31/12/2024", " 12:00:00.000Z"),
        ("2024/12/31", "13:00:00+01:00"), ("31.12.2024", "2024-12-31 12:00:00"),
    ],
)  # fmt: skip
def test_date_and_time_apart(date: str, time: str) -> None:
    positions, _ = read(f"date,time,hex,lat,lon\n{date},{time},4ca7b3,47,8\n,12:00,4ca7b3,47,8\n")
    assert positions.time_us.tolist() == [NOON_US]
    mapped, _ = read(
        f"Datum,Zeit,hex,lat,lon\n{date},{time},4ca7b3,47,8\n",
        columns={"Datum": Column("date"), "Zeit": Column("time")},
    )
    assert mapped.time_us.tolist() == [NOON_US]


def test_a_column_called_date_is_the_time_where_there_is_no_other() -> None:
    positions, _ = read("date,hex,lat,lon\n2024-12-31 12:00:00,4ca7b3,47,8\n")
    assert positions.time_us.tolist() == [NOON_US]


def test_the_elevation_of_gpx_is_in_metres() -> None:
    positions, findings = read("time,lat,lon,ele\n1633608000,47,8,500\n")
    assert positions.columns["alt_amsl_m"].tolist() == [500.0]
    assert "ele in m" in findings[0].message
