"""The sun against a published example, the almanac's minutes and an independent library."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.geo.sun import (
    ALWAYS_ABOVE,
    ALWAYS_BELOW,
    CIVIL_TWILIGHT_ELEVATION_DEG,
    OCCURS,
    SUNRISE_ELEVATION_DEG,
    mean_noon_us,
    solar_day,
    solar_noon_us,
    sun_crossing_us,
    sun_elevation_deg,
    sun_path,
    sun_position,
)
from nofly.units import DAY_US


def us(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    return round(moment.timestamp()) * 1_000_000


def day_number(text: str) -> int:
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def test_position_is_that_of_meeus_examples_25a_and_28b() -> None:
    """1992 October 13, 0 h dynamical time: declination −7.78507°, equation of time +13 min 42.6 s."""
    declination, equation = sun_position(np.array([us("1992-10-13T00:00+00:00")]))
    assert math.degrees(declination[0]) == pytest.approx(-7.78507, abs=0.001)
    assert equation[0] * 86400 == pytest.approx(13 * 60 + 42.6, abs=2.0)


ALMANAC = [
    # Place, date, sunrise, sunset: local time to the minute as the almanacs print them.
    ("London", 51.5074, -0.1278, "2024-06-20", "04:43+01:00", "21:21+01:00"),
    ("London", 51.5074, -0.1278, "2024-12-21", "08:04+00:00", "15:53+00:00"),
    ("New York", 40.7128, -74.0060, "2024-03-20", "06:59-04:00", "19:08-04:00"),
    ("Sydney", -33.8688, 151.2093, "2023-12-22", "05:41+11:00", "20:05+11:00"),
    ("Sydney", -33.8688, 151.2093, "2024-06-21", "07:00+10:00", "16:54+10:00"),
]


@pytest.mark.parametrize(("place", "lat", "lon", "date", "rise", "set_"), ALMANAC)
def test_events_are_those_of_the_almanac(
    place: str, lat: float, lon: float, date: str, rise: str, set_: str
) -> None:
    day = np.array([day_number(date)])
    for rising, text in ((True, rise), (False, set_)):
        time, state = sun_crossing_us(sun_path(day, lon), lat, SUNRISE_ELEVATION_DEG, rising)
        assert state[0] == OCCURS
        assert abs(int(time[0]) - us(f"{date}T{text}")) <= 60_000_000, place


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.0, 0.0), (46.2, 6.1), (-33.9, 151.2), (60.3, -150.0), (69.6, 18.9)]
)
def test_astral_sees_the_sun_at_that_elevation(lat: float, lon: float) -> None:
    """Its elevation is the oracle; its event times stop iterating up to 200 s early near 60°."""
    import astral
    from astral.sun import elevation as astral_elevation

    observer = astral.Observer(lat, lon, 0.0)
    days = np.arange(day_number("2024-01-01"), day_number("2025-01-01"), 9)
    for elevation in (SUNRISE_ELEVATION_DEG, CIVIL_TWILIGHT_ELEVATION_DEG):
        for rising in (True, False):
            times, states = sun_crossing_us(sun_path(days, lon), lat, elevation, rising)
            for time in times[states == OCCURS]:
                moment = dt.datetime.fromtimestamp(int(time) / 1e6, dt.UTC)
                seen = astral_elevation(observer, moment, with_refraction=False)
                assert seen == pytest.approx(elevation, abs=0.006)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-10_000, 40_000),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from([SUNRISE_ELEVATION_DEG, CIVIL_TWILIGHT_ELEVATION_DEG]),
    st.booleans(),
)
def test_the_sun_stands_where_the_event_says(
    day: int, lat: float, lon: float, elevation: float, rising: bool
) -> None:
    days = np.array([day])
    time, state = sun_crossing_us(sun_path(days, lon), lat, elevation, rising)
    assert abs(int(time[0]) - int(mean_noon_us(days, lon)[0])) <= DAY_US // 2 + 20 * 60_000_000
    if state[0] == OCCURS:
        assert sun_elevation_deg(time, lat, lon)[0] == pytest.approx(elevation, abs=0.006)
        minute = np.array([-60_000_000, 60_000_000])
        before, after = sun_elevation_deg(time + minute, lat, lon)
        if abs(lat) < 65:
            assert (after > before) == rising
        return
    quarters = np.arange(96) * (DAY_US // 96) + int(mean_noon_us(days, lon)[0])
    over_the_day = sun_elevation_deg(quarters, lat, lon)
    if state[0] == ALWAYS_ABOVE:
        assert over_the_day.max() > elevation - 0.5
    else:
        assert state[0] == ALWAYS_BELOW
        assert over_the_day.min() < elevation + 0.5


def test_polar_day_and_polar_night_at_tromso() -> None:
    for date, expected in (("2024-06-20", ALWAYS_ABOVE), ("2024-12-20", ALWAYS_BELOW)):
        for rising in (True, False):
            day = np.array([day_number(date)])
            _, state = sun_crossing_us(sun_path(day, 18.96), 69.65, SUNRISE_ELEVATION_DEG, rising)
            assert state[0] == expected
    path = sun_path(np.array([day_number("2024-12-20")]), 18.96)
    _, state = sun_crossing_us(path, 69.65, CIVIL_TWILIGHT_ELEVATION_DEG, True)
    assert state[0] == OCCURS


def test_polar_days_join_without_a_gap() -> None:
    days = np.arange(day_number("2024-06-10"), day_number("2024-06-25"))
    rise, _ = sun_crossing_us(sun_path(days, 20.0), 75.0, SUNRISE_ELEVATION_DEG, True)
    set_, _ = sun_crossing_us(sun_path(days, 20.0), 75.0, SUNRISE_ELEVATION_DEG, False)
    assert np.abs(set_[:-1] - rise[1:]).max() == 0


def test_in_polar_night_rise_and_set_fall_together_at_noon() -> None:
    days = np.arange(day_number("2024-12-10"), day_number("2024-12-25"))
    rise, _ = sun_crossing_us(sun_path(days, 20.0), 75.0, SUNRISE_ELEVATION_DEG, True)
    set_, _ = sun_crossing_us(sun_path(days, 20.0), 75.0, SUNRISE_ELEVATION_DEG, False)
    assert (rise == set_).all()
    assert np.abs(rise - solar_noon_us(days, 20.0)).max() <= 1_000_000


@given(st.integers(-10_000, 40_000), st.floats(-180, 180))
def test_a_solar_day_holds_its_noon(day: int, lon: float) -> None:
    days = np.array([day])
    noon = mean_noon_us(days, lon)
    assert solar_day(noon, lon)[0] == day
    assert solar_day(noon - DAY_US // 2, lon)[0] == day
    assert solar_day(noon + DAY_US // 2, lon)[0] == day + 1
