"""When zones are active, by the clock and by the sun."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.zones.activity import (
    ACTIVE,
    ALWAYS_FROM_US,
    ALWAYS_UNTIL_US,
    MAY_BE_ACTIVE,
    active_intervals,
    activity_at,
)
from nofly.zones.schedule import ClockTime, Period, Schedule, SunEvent, SunTime, Window, describe

ZURICH = (47.0, 8.0)
TROMSO = (69.65, 18.96)
MONDAY = frozenset({0})
DAY_US = 86_400_000_000


def us(text: str) -> int:
    return round(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000


def clock(hour: int, minute: int = 0) -> ClockTime:
    return ClockTime(hour * 3600 + minute * 60)


def sun(event: str, offset_s: int = 0) -> SunTime:
    return SunTime(SunEvent(event), offset_s)


def rows(
    *periods: Period,
    place: tuple[float, float] = ZURICH,
    zone: str = "UTC",
    start: str = "2024-06-03T00:00+00:00",
    days: float = 3,
) -> list[tuple[str, str, int]]:
    begin = us(start)
    schedule = Schedule((Window(periods=periods),), zone)
    found = active_intervals(schedule, None, None, *place, begin, begin + int(days * DAY_US))
    return [(text(a), text(b), c) for a, b, c in found.tolist()]


def text(time_us: int) -> str:
    return dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC).strftime("%a %d %H:%M")


def test_no_schedule_is_always_within_validity() -> None:
    asked = (us("2024-01-01T00:00+00:00"), us("2024-01-02T00:00+00:00"))
    always = active_intervals(None, None, None, *ZURICH, *asked)
    assert always.tolist() == [[ALWAYS_FROM_US, ALWAYS_UNTIL_US, ACTIVE]]
    cut = active_intervals(None, 5, 9, *ZURICH, *asked)
    assert cut.tolist() == [[5, 9, ACTIVE]]
    assert active_intervals(None, 9, 9, *ZURICH, *asked).shape == (0, 3)


def test_no_windows_is_never() -> None:
    assert active_intervals(Schedule(()), None, None, *ZURICH, 0, DAY_US).shape == (0, 3)


def test_window_without_periods_is_the_whole_range_cut_by_validity() -> None:
    schedule = Schedule((Window(start_us=100, end_us=900),))
    assert active_intervals(schedule, None, None, *ZURICH, 0, 1000).tolist() == [[100, 900, ACTIVE]]
    assert active_intervals(schedule, 300, 800, *ZURICH, 0, 1000).tolist() == [[300, 800, ACTIVE]]


def test_weekdays_are_those_of_the_schedules_clock() -> None:
    found = rows(Period(clock(0), clock(1), MONDAY), zone="Pacific/Auckland", start="2024-06-02T00:00+00:00")
    assert found == [("Sun 02 12:00", "Sun 02 13:00", 1)]


def test_across_midnight_belongs_to_the_day_it_starts() -> None:
    assert rows(Period(clock(22), clock(4), MONDAY)) == [("Mon 03 22:00", "Tue 04 04:00", 1)]


def test_the_same_time_twice_is_24_hours() -> None:
    assert rows(Period(clock(8), clock(8), MONDAY)) == [("Mon 03 08:00", "Tue 04 08:00", 1)]


def test_until_24_is_until_midnight_and_days_join() -> None:
    assert rows(Period(clock(0), clock(24), MONDAY)) == [("Mon 03 00:00", "Tue 04 00:00", 1)]
    begin = us("2024-06-03T00:00+00:00")
    whole = active_intervals(
        Schedule((Window(periods=(Period(clock(0), clock(24)),)),)),
        None,
        None,
        *ZURICH,
        begin,
        begin + DAY_US,
    )
    assert len(whole) == 1
    assert whole[0, 0] <= begin
    assert whole[0, 1] >= begin + DAY_US


def test_a_day_of_23_and_one_of_25_hours() -> None:
    everyday = Period(clock(0), clock(24), frozenset({6}))
    for start, hours in (("2024-03-30T00:00+00:00", 23), ("2024-10-26T00:00+00:00", 25)):
        begin = us(start)
        found = active_intervals(
            Schedule((Window(periods=(everyday,)),), "Europe/Zurich"),
            None,
            None,
            *ZURICH,
            begin,
            begin + 2 * DAY_US,
        )
        assert (found[:, 1] - found[:, 0]).tolist() == [hours * 3_600_000_000]


def test_a_time_the_clock_jumps_over_is_the_instant_of_the_jump() -> None:
    gap = {"zone": "Europe/Zurich", "start": "2024-03-31T00:00+00:00", "days": 0.9}
    assert rows(Period(clock(2, 15), clock(2, 45)), **gap) == []  # type: ignore[arg-type]
    found = rows(Period(clock(2, 30), clock(3, 15)), **gap)  # type: ignore[arg-type]
    assert found == [("Sun 31 01:00", "Sun 31 01:15", 1)]
    found = rows(Period(clock(1, 30), clock(2, 30)), **gap)  # type: ignore[arg-type]
    assert found == [("Sun 31 00:30", "Sun 31 01:00", 1)]


def test_a_time_that_comes_twice_starts_at_the_first_and_ends_at_the_second() -> None:
    found = rows(
        Period(clock(2, 15), clock(2, 45)), zone="Europe/Zurich", start="2024-10-27T00:00+00:00", days=0.9
    )
    assert found == [("Sun 27 00:15", "Sun 27 01:45", 1)]


def test_a_day_that_never_was() -> None:
    """Samoa had no 30 December 2011."""
    found = rows(
        Period(clock(8), clock(9)), zone="Pacific/Apia", start="2011-12-29T12:00+00:00", days=2,
        place=(-13.8, -171.8),
    )  # fmt: skip
    assert found == [("Thu 29 18:00", "Thu 29 19:00", 1), ("Fri 30 18:00", "Fri 30 19:00", 1)]


@pytest.mark.parametrize(
    ("place", "zone"),
    [((-17.8, 177.9), "Pacific/Fiji"), ((-17.8, 177.9), "UTC"), ((-13.8, -171.8), "Pacific/Apia")],
)
def test_the_sun_of_the_day_named_across_the_date_line(place: tuple[float, float], zone: str) -> None:
    found = rows(Period(sun("SR"), sun("SS"), MONDAY), place=place, zone=zone)
    assert len(found) == 1
    start, end, certain = found[0]
    assert (start[:6], end[:6], certain) == ("Sun 02", "Mon 03", 1)


def test_the_suns_day_west_of_greenwich_on_a_utc_clock() -> None:
    found = rows(Period(sun("SR"), sun("SS"), MONDAY), place=(34.0, -118.0))
    assert found == [("Mon 03 12:41", "Tue 04 02:59", 1)]


def test_night_runs_from_dusk_to_the_next_dawn() -> None:
    found = rows(Period(sun("EECT"), sun("BMCT"), MONDAY))
    assert found == [("Mon 03 19:56", "Tue 04 02:56", 1)]


def test_offsets_move_both_ends() -> None:
    found = rows(Period(sun("SR", -1800), sun("SS", 1800), MONDAY))
    assert found == [("Mon 03 03:05", "Mon 03 19:47", 1)]
    assert rows(Period(sun("SR", -600), sun("SR", 600), MONDAY)) == [("Mon 03 03:25", "Mon 03 03:45", 1)]


def test_clock_and_sun_together() -> None:
    local = {"zone": "Europe/Zurich"}
    cases = [
        (Period(clock(0), sun("SS"), MONDAY), ("Sun 02 22:00", "Mon 03 19:17", 1)),
        (Period(clock(22), sun("SR"), MONDAY), ("Mon 03 20:00", "Tue 04 03:35", 1)),
        (Period(sun("SS"), clock(6), MONDAY), ("Mon 03 19:17", "Tue 04 04:00", 1)),
        (Period(sun("SR"), clock(22), MONDAY), ("Mon 03 03:35", "Mon 03 20:00", 1)),
        (Period(sun("SS"), clock(24), MONDAY), ("Mon 03 19:17", "Mon 03 22:00", 1)),
    ]
    for period, expected in cases:
        assert rows(period, **local) == [expected]


def test_an_end_before_its_start_in_the_same_half_of_the_day_is_uncertain() -> None:
    """'17:00 to sunset' when the sun has set at 16:40: nothing, or a whole day?"""
    found = rows(
        Period(clock(17), sun("SS"), frozenset({1})), zone="Europe/Zurich", start="2024-12-03T00:00+00:00"
    )
    assert found == [("Tue 03 16:00", "Wed 04 15:39", 0)]
    assert rows(Period(sun("SS"), clock(20), MONDAY), zone="Europe/Zurich")[0][2] == 0


JUNE, DECEMBER = {"start": "2024-06-20T00:00+00:00"}, {"start": "2024-12-20T00:00+00:00"}


def test_polar_day_and_polar_night() -> None:
    day, night = Period(sun("SR"), sun("SS")), Period(sun("SS"), sun("SR"))
    for period, season, whole in (
        (day, JUNE, True),
        (day, DECEMBER, False),
        (night, JUNE, False),
        (night, DECEMBER, True),
    ):
        found = rows(period, place=TROMSO, zone="Europe/Oslo", **season)  # type: ignore[arg-type]
        assert len(found) == int(whole)
    twilight = rows(Period(sun("BMCT"), sun("EECT")), place=TROMSO, zone="Europe/Oslo", days=1, **DECEMBER)  # type: ignore[arg-type]
    assert len(twilight) == 1
    assert twilight[0][2] == 1


def test_an_event_that_does_not_occur_makes_a_mixed_period_uncertain() -> None:
    for season in (JUNE, DECEMBER):
        found = rows(Period(clock(8), sun("SS")), place=TROMSO, zone="Europe/Oslo", days=1, **season)  # type: ignore[arg-type]
        assert {certain for _, _, certain in found} == {MAY_BE_ACTIVE}


def test_may_be_active_gives_way_to_sure() -> None:
    schedule = Schedule(
        (
            Window(start_us=0, end_us=1000, certain=False),
            Window(start_us=200, end_us=400),
            Window(start_us=400, end_us=500),
            Window(start_us=900, end_us=1100),
        )
    )
    assert active_intervals(schedule, None, None, *ZURICH, 0, 2000).tolist() == [
        [0, 200, MAY_BE_ACTIVE],
        [200, 500, ACTIVE],
        [500, 900, MAY_BE_ACTIVE],
        [900, 1100, ACTIVE],
    ]


def test_half_open_at_both_ends() -> None:
    intervals = np.array([[10, 20, ACTIVE], [20, 30, MAY_BE_ACTIVE]], dtype=np.int64)
    times = np.array([9, 10, 19, 20, 29, 30], dtype=np.int64)
    assert activity_at(intervals, times).tolist() == [0, 1, 1, -1, -1, 0]
    assert activity_at(np.empty((0, 3), dtype=np.int64), times).tolist() == [0] * 6


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "Europe/Zurich\0", "x" * 5000])
def test_a_bad_time_zone_is_named(name: str) -> None:
    schedule = Schedule((Window(periods=(Period(clock(8), clock(9)),)),), name)
    with pytest.raises(InputError, match="is not a time zone"):
        active_intervals(schedule, None, None, *ZURICH, 0, DAY_US)


def test_what_cannot_be_worked_out_is_refused() -> None:
    def asked(period: Period, lat: float = 47.0, until: int = DAY_US) -> None:
        active_intervals(Schedule((Window(periods=(period,)),)), None, None, lat, 8.0, 0, until)

    with pytest.raises(InputError, match="time of day"):
        asked(Period(ClockTime(90_000), clock(1)))
    with pytest.raises(InputError, match="offset"):
        asked(Period(sun("SR", 100_000), clock(1)))
    with pytest.raises(InputError, match="latitude"):
        asked(Period(sun("SR"), sun("SS")), lat=float("nan"))
    with pytest.raises(InputError, match="years"):
        asked(Period(clock(1), clock(2)), until=ALWAYS_UNTIL_US)
    with pytest.raises(InputError, match="ends before"):
        asked(Period(clock(1), clock(2)), until=-1)


TIMES = st.one_of(
    st.integers(0, 86_400).map(ClockTime),
    st.builds(SunTime, st.sampled_from(list(SunEvent)), st.integers(-7200, 7200)),
)
PERIODS = st.builds(Period, TIMES, TIMES, st.frozensets(st.integers(0, 6)))
WINDOWS = st.builds(
    Window,
    st.none() | st.integers(us("2024-01-01T00:00+00:00"), us("2024-07-01T00:00+00:00")),
    st.none() | st.integers(us("2024-06-01T00:00+00:00"), us("2025-01-01T00:00+00:00")),
    st.lists(PERIODS, max_size=3).map(tuple),
    st.booleans(),
)
ZONES = st.sampled_from(["UTC", "Europe/Zurich", "Pacific/Fiji", "America/St_Johns", "Australia/Lord_Howe"])
SCHEDULES = st.builds(Schedule, st.lists(WINDOWS, max_size=3).map(tuple), ZONES)
INSTANTS = st.integers(us("2024-02-01T00:00+00:00"), us("2024-12-01T00:00+00:00"))


@settings(max_examples=150, deadline=None)
@given(SCHEDULES, st.floats(-90, 90), st.floats(-180, 180), INSTANTS, st.integers(0, 10), st.integers(0, 500))
def test_the_answer_does_not_depend_on_the_range_asked(
    schedule: Schedule, lat: float, lon: float, start: int, days: int, wider: int
) -> None:
    end = start + days * DAY_US
    narrow = active_intervals(schedule, None, None, lat, lon, start, end)
    wide = active_intervals(schedule, None, None, lat, lon, start - wider * DAY_US, end + wider * DAY_US)
    assert clipped(narrow, start, end) == clipped(wide, start, end)
    for found in (narrow, wide):
        assert (found[:, 0] < found[:, 1]).all()
        assert (found[1:, 0] >= found[:-1, 1]).all()
        joined = (found[1:, 0] == found[:-1, 1]) & (found[1:, 2] == found[:-1, 2])
        assert not joined.any()


def clipped(found: np.ndarray, start: int, end: int) -> list[list[int]]:
    cut = [[max(a, start), min(b, end), c] for a, b, c in found.tolist()]
    return [row for row in cut if row[0] < row[1]]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 86_399), st.integers(0, 86_399), st.frozensets(st.integers(0, 6)), ZONES, INSTANTS)
def test_clock_periods_agree_with_reading_the_clock(
    start: int, end: int, days: frozenset[int], zone: str, instant: int
) -> None:
    """An instant whose wall clock reads once that day is active exactly if the period holds that reading."""
    schedule = Schedule((Window(periods=(Period(ClockTime(start), ClockTime(end), days),)),), zone)
    found = active_intervals(schedule, None, None, 0.0, 0.0, instant, instant)
    active = activity_at(found, np.array([instant]))[0] == 1
    local = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant)).astimezone(
        ZoneInfo(zone)
    )
    offsets = {(local + dt.timedelta(hours=h)).utcoffset() for h in (-30, 30)}
    if len(offsets) > 1:
        return
    second = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    named = days or frozenset(range(7))
    if end > start:
        expected = start <= second < end and local.weekday() in named
    else:
        expected = (second >= start and local.weekday() in named) or (
            second < end and (local.weekday() - 1) % 7 in named
        )
    assert active == expected


def test_plain_words() -> None:
    week = Period(clock(8), clock(16, 30), frozenset(range(5)))
    assert describe(None) == "always"
    assert describe(Schedule(())) == "never"
    assert describe(Schedule((Window(),))) == "always"
    assert (
        describe(Schedule((Window(periods=(week,)),), "Europe/Zurich")) == "Mon–Fri 08:00–16:30 Europe/Zurich"
    )
    light = Window(
        us("2024-05-01T00:00+00:00"), us("2024-10-01T00:00+00:00"), (Period(sun("SR", -1800), sun("SS")),)
    )
    assert describe(Schedule((light,))) == (
        "daily 30 min before sunrise to sunset, from 2024-05-01 00:00 Z until 2024-10-01 00:00 Z"
    )
    weekend = Window(periods=(Period(sun("SS"), clock(24), frozenset({5, 6, 0})),), certain=False)
    assert describe(Schedule((weekend,))) == (
        "when announced (by NOTAM or otherwise), Mon, Sat, Sun sunset to 24:00 UTC"
    )
