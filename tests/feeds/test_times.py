from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.feeds.times import NO_TIME, epoch_unit, from_epoch, local_to_utc, parse_iso

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 made aware where used
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(("unit", "per_s"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
@given(seconds=st.integers(10**8, 4 * 10**9))
def test_the_unit_of_an_epoch_time_is_told_by_its_size(unit: str, per_s: int, seconds: int) -> None:
    values = np.array([-1, 0, seconds * per_s], np.int64)
    assert epoch_unit(values) == unit
    assert from_epoch(values, unit).tolist() == [NO_TIME, 0, seconds * 10**6]
    floats = np.array([np.nan, seconds * per_s], np.float64)
    assert epoch_unit(floats) == unit
    assert from_epoch(floats, unit).tolist() == pytest.approx([NO_TIME, seconds * 10**6], abs=1)


def test_a_number_too_small_for_a_time_has_no_unit() -> None:
    assert epoch_unit(np.array([3.5, 17.0])) == ""
    assert epoch_unit(np.array([np.nan])) == ""
    assert from_epoch(np.array([np.inf, 1e300, -5.0]), "s").tolist() == [NO_TIME] * 3


@given(st.lists(MOMENTS, min_size=1, max_size=20))
def test_iso_texts_of_one_width_read_as_what_they_say(moments: list[datetime]) -> None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y/%m/%d %H:%M:%S.%fZ"):
        texts = [m.strftime(form) for m in moments]
        kept = [m if "%f" in form else m.replace(microsecond=0) for m in moments]
        us, naive = parse_iso(texts)
        assert us.tolist() == [us_of(m.replace(tzinfo=UTC)) for m in kept]
        assert naive.tolist() == [not form.endswith("Z")] * len(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-10-07T12:00:00+02:00", "2021-10-07T10:00:00+00:00"),
        ("2021-10-07 12:00:00-0330", "2021-10-07T15:30:00+00:00"),
        ("2021-10-07 12:00:00.5 UTC", "2021-10-07T12:00:00.500000+00:00"),
        ("2021-10-07T12:00", "2021-10-07T12:00:00+00:00"),
    ],
)
def test_zones_are_honoured(text: str, expected: str) -> None:
    us, _ = parse_iso([text])
    assert us.tolist() == [us_of(datetime.fromisoformat(expected))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "today",
        "NaT",
        "2021",
        "2021-13-01T00:00:00",
        "2021-02-30T00:00:00",
        "2021-01-01T25:00:00",
        "2021-10-07" + " " * 5000,
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "２０２１-10-07T12:00:00",
        None,
    ],
)
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert parse_iso([text])[0].tolist() == [NO_TIME]
    assert parse_iso(["2021-10-07T12:12:53", text])[0].tolist()[1] == NO_TIME


@given(
    st.lists(MOMENTS, min_size=1, max_size=10),
    st.sampled_from(["Europe/Kyiv", "America/St_Johns", "Asia/Tehran"]),
)
def test_local_times_become_utc_as_the_zone_says(moments: list[datetime], name: str) -> None:
    local = np.array([us_of(m.replace(tzinfo=UTC)) for m in moments], np.int64)
    utc, _ = local_to_utc(local, name)
    # Of an hour that comes twice, or never, the first reading is taken.
    moments = [m.replace(fold=0) for m in moments]
    expected = [us_of(m.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)) for m in moments]
    assert utc.tolist() == expected


def test_an_hour_that_comes_twice_is_counted_and_read_as_the_first() -> None:
    local = np.array([us_of(datetime(2022, 10, 30, 3, 30, tzinfo=UTC)), NO_TIME], np.int64)
    utc, twice = local_to_utc(local, "Europe/Kyiv")
    assert utc.tolist() == [us_of(datetime(2022, 10, 30, 0, 30, tzinfo=UTC)), NO_TIME]
    assert twice == 1
