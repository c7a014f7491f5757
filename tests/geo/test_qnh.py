"""QNH: the offset, stations in space and time, CSV and METAR text."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.geo.qnh import ConstantQnh, QnhReport, StationQnh, offset_m
from nofly.geo.qnhtext import read_metars, read_qnh_csv, read_stations_csv
from nofly.run.files.heightfiles import load_qnh

MIN = 60_000_000
T0 = int(datetime(2022, 3, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000


def at(field: StationQnh, lat: float, lon: float, time_us: int) -> float:
    """The QNH that the field's offset stands for."""
    offset = float(field.offset_m(np.array([time_us]), np.array([lat]), np.array([lon]))[0])
    return 1013.25 * (offset / 44_330.77 + 1.0) ** (1 / 0.190263)


def test_the_exact_offset_beside_the_rule_of_thumb():
    assert offset_m(1013.25) == 0.0
    for qnh, apart_m in ((1008.0, 0.15), (980.0, 4.0), (950.0, 14.5), (1050.0, 5.0)):
        assert abs(float(offset_m(qnh)) - (qnh - 1013.25) * 27.3 * 0.3048) < apart_m
    assert float(offset_m(950.0)) == pytest.approx(-540.4, abs=0.1)


def test_the_offset_is_the_height_of_the_setting_in_the_standard_atmosphere():
    # ICAO Doc 7488 table: 1000 hPa lies at 110.9 m, 900 hPa at 988.5 m.
    assert float(offset_m(1000.0)) == pytest.approx(-110.9, abs=0.1)
    assert float(offset_m(900.0)) == pytest.approx(-988.5, abs=0.1)


@pytest.mark.parametrize("wrong", [29.92, 0.0, 1200.0, math.nan, math.inf])
def test_a_qnh_that_is_none_is_refused(wrong):
    with pytest.raises(ConfigError, match="hPa"):
        ConstantQnh(wrong)


def test_linear_in_time_nearest_in_space():
    field = StationQnh([
        QnhReport(T0, 50.0, 8.0, 1000.0), QnhReport(T0 + 30 * MIN, 50.0, 8.0, 1006.0),
        QnhReport(T0, 50.0, 9.0, 1020.0),
    ])  # fmt: skip
    assert at(field, 50.1, 8.1, T0) == pytest.approx(1000.0)
    assert at(field, 50.1, 8.1, T0 + 10 * MIN) == pytest.approx(1002.0, abs=0.01)
    assert at(field, 50.1, 8.9, T0 + 10 * MIN) == pytest.approx(1020.0)


def test_old_and_far_reports_say_nothing():
    field = StationQnh([QnhReport(T0, 50.0, 8.0, 1000.0)])
    assert at(field, 50.0, 8.0, T0 + 90 * MIN) == pytest.approx(1000.0)
    assert math.isnan(at(field, 50.0, 8.0, T0 + 91 * MIN))
    assert math.isnan(at(field, 50.0, 8.0, T0 - 91 * MIN))
    assert at(field, 51.6, 8.0, T0) == pytest.approx(1000.0)
    assert math.isnan(at(field, 51.7, 8.0, T0))


def test_where_the_nearest_is_old_the_next_is_taken():
    field = StationQnh([QnhReport(T0 - 200 * MIN, 50.0, 8.0, 1000.0), QnhReport(T0, 50.0, 9.0, 1020.0)])
    assert at(field, 50.0, 8.0, T0) == pytest.approx(1020.0)


def test_stations_across_the_antimeridian():
    field = StationQnh([QnhReport(T0, 10.0, 179.9, 1000.0), QnhReport(T0, 10.0, 178.5, 1020.0)])
    assert at(field, 10.0, -179.9, T0) == pytest.approx(1000.0)


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    p, q = math.radians(lat1), math.radians(lat2)
    x = math.sin(math.radians(lon2 - lon1) / 2.0)
    h = math.sin((q - p) / 2.0) ** 2 + math.cos(p) * math.cos(q) * x * x
    return 2.0 * 6_371_008.8 * math.asin(math.sqrt(h))


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_agrees_with_asking_every_station(stations, seed):
    rng = np.random.default_rng(seed)
    reports = [
        QnhReport(T0 + int(rng.integers(-200, 200)) * MIN, lat, lon, float(rng.uniform(980, 1040)))
        for lat, lon in rng.uniform([48, 5], [52, 11], (stations, 2))
    ]
    lat, lon = rng.uniform(47, 53, 40), rng.uniform(4, 12, 40)
    found = StationQnh(reports).offset_m(np.full(40, T0), lat, lon)
    for row in range(40):
        best = None
        for r in reports:
            d = distance_m(lat[row], lon[row], r.lat_deg, r.lon_deg)
            if d <= 185_200 and abs(r.time_us - T0) <= 90 * MIN and (best is None or d < best[0]):
                best = d, r.qnh_hpa
        if best is None:
            assert math.isnan(found[row])
        else:
            assert found[row] == pytest.approx(float(offset_m(best[1])), abs=1e-6)


def test_csv():
    text = (
        "\ufefftime,Lat,lon,qnh_hpa\n2022-03-01T12:00:00Z,50,8,1010\n2022-03-01T12:00:00,50,8,1010\n"
        "2022-03-01T12:00Z,95,8,1010\n2022-03-01T14:00+02:00,50,9,29.92\n2022-03-01T14:00+02:00,50,9,999.5\nx\n"
    )
    reports, findings = read_qnh_csv(text, "q.csv")
    assert reports == [QnhReport(T0, 50.0, 8.0, 1010.0), QnhReport(T0, 50.0, 9.0, 999.5)]
    assert [f.locator for f in findings] == ["line 3", "line 4", "line 5", "line 7"]
    assert {f.code for f in findings} == {"qnh-row-unreadable"}
    with pytest.raises(ConfigError, match="qnh_hpa"):
        read_qnh_csv("time,lat,lon\n")


METAR = """METAR EVRA 281150Z 24008KT 9999 BKN030 06/01 Q1013 NOSIG=
METAR EVRA 011150Z 24008KT 9999 BKN030 06/01
  Q0998 TEMPO 3000=
SPECI KJFK 011151Z 24008KT 10SM BKN030 06/01 A2992 RMK AO2 SLP132 Q9999
METAR LSZH 011150Z AUTO ///// Q////=
METAR LSZH 319950Z Q1013=
"""


def test_metar():
    places = read_stations_csv("station,lat,lon\nevra,56.9,23.97\nKJFK,40.6,-73.8\nLSZH,47.5,8.5\n")
    reports, findings = read_metars(METAR, T0, places, "m.txt")
    day = 86_400_000_000
    assert [(r.station, r.time_us - T0) for r in reports] == [
        ("EVRA", -day - 10 * MIN), ("EVRA", -10 * MIN), ("KJFK", -9 * MIN),
    ]  # fmt: skip
    assert [r.qnh_hpa for r in reports] == pytest.approx([1013.0, 998.0, 1013.2], abs=0.05)
    assert {f.code for f in findings} == {"metar-unreadable"}
    assert [f.locator for f in findings] == ["line 5", "line 6"]


def test_the_day_of_a_metar_is_the_nearest_such_day():
    for near, day, expected in (
        (datetime(2022, 3, 1, 0, 5, tzinfo=UTC), 28, datetime(2022, 2, 28, 23, 50, tzinfo=UTC)),
        (datetime(2021, 12, 31, 23, 55, tzinfo=UTC), 1, datetime(2022, 1, 1, 23, 50, tzinfo=UTC)),
        (datetime(2024, 3, 1, 1, 0, tzinfo=UTC), 29, datetime(2024, 2, 29, 23, 50, tzinfo=UTC)),
    ):
        text = f"METAR EVRA {day:02d}2350Z Q1013="
        reports, _ = read_metars(text, int(near.timestamp()) * 1_000_000)
        assert reports[0].time_us == int(expected.timestamp()) * 1_000_000


def test_the_only_station_holds_everywhere_and_a_finding_says_so():
    reports, findings = read_metars("METAR EVRA 011150Z Q0998=", T0)
    assert [f.code for f in findings] == ["qnh-station-everywhere"]
    assert at(StationQnh(reports), -30.0, 100.0, T0) == pytest.approx(998.0)
    assert math.isnan(at(StationQnh(reports), -30.0, 100.0, T0 + 100 * MIN))


def test_stations_without_a_place_beside_others_are_left_out():
    text = "METAR EVRA 011150Z Q0998=\nMETAR EYVI 011150Z Q0999=\nMETAR EYVI 011220Z Q0999="
    reports, findings = read_metars(text, T0, {"EVRA": (56.9, 23.97)})
    assert [r.station for r in reports] == ["EVRA"]
    assert [(f.code, f.count) for f in findings] == [("qnh-station-unknown", 2)]


def test_reports_of_no_place_and_of_some_place_do_not_mix():
    nowhere = QnhReport(T0, math.nan, math.nan, 1000.0, "EVRA")
    elsewhere = QnhReport(T0, math.nan, math.nan, 1000.0, "EYVI")
    for reports in ([], [nowhere, QnhReport(T0, 50.0, 8.0, 1000.0)], [nowhere, elsewhere]):
        with pytest.raises(ConfigError):
            StationQnh(reports)


def test_options(tmp_path):
    assert load_qnh([], T0) == (None, [])
    field, _ = load_qnh(["1003"], T0)
    assert field is not None
    assert field.label == "QNH 1003"
    csv, metar, other = tmp_path / "q.csv", tmp_path / "m.txt", tmp_path / "x.txt"
    csv.write_text("time,lat,lon,qnh_hpa\n2022-03-01T12:00Z,50,8,1010\n")
    metar.write_text(METAR)
    other.write_text("nothing of the kind")
    assert at(load_qnh([str(csv)], T0)[0], 50.0, 8.0, T0) == pytest.approx(1010.0)  # type: ignore[arg-type]
    stations = tmp_path / "s.csv"
    stations.write_text("station,lat,lon\nEVRA,56.9,23.97\n")
    field, findings = load_qnh([str(csv), str(metar)], T0, str(stations))
    assert at(field, 56.9, 24.0, T0 - 10 * MIN) == pytest.approx(998.0)  # type: ignore[arg-type]
    assert "qnh-station-unknown" in {f.code for f in findings}
    for wrong in (["1003", str(csv)], [str(other)], [str(tmp_path / "absent")], [str(tmp_path)], ["2992"]):
        with pytest.raises(ConfigError):
            load_qnh(wrong, T0)
