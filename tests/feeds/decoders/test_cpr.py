from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nofly.feeds.decoders._cpr import (
    AIRBORNE_DEG,
    SURFACE_DEG,
    Cpr,
    Place,
    airborne_global,
    local,
    longitude_zones,
    surface_global,
)
from nofly.feeds.decoders._cpr_track import UNREASONABLE, UNRESOLVED, CprTrack, distance_m
from tests.feeds.decoders import mode_s

LATITUDES, LONGITUDES = st.floats(-89.9, 89.9), st.floats(-180.0, 179.999)
AIRBORNE_M = 6.0
M_PER_DEG = 111_700.0
S = 1_000_000


def report(lat_deg: float, lon_deg: float, odd: bool, span_deg: float = AIRBORNE_DEG) -> Cpr:
    return Cpr(odd, *mode_s.cpr(lat_deg, lon_deg, odd, span_deg))


def most_off_m(lat_deg: float, odd: bool, span_deg: float) -> float:
    """Return how far a place may lie from what is told of it: half a step of latitude and half of longitude.

    Towards 87° an odd zone is the whole circle: the longest steps of all.
    """
    steps = 2.0 * (1 << 17)
    zones = max(mode_s.zones(abs(lat_deg) + 1e-4) - odd, 1)
    up_m = span_deg / (60 - odd) / steps * M_PER_DEG
    across_m = span_deg / zones / steps * M_PER_DEG * math.cos(math.radians(max(abs(lat_deg) - 1e-4, 0.0)))
    return math.hypot(up_m, across_m) + 0.01


def near_pole(lat_deg: float) -> bool:
    """Whether encoding may step over the pole, or into another band of longitude zones."""
    return abs(lat_deg) > 89.5


@given(lat=st.floats(-90, 90))
def test_zones_of_longitude_follow_the_equation(lat: float) -> None:
    assume(abs(abs(lat) - 87.0) > 1e-9)
    beside = {mode_s.zones(min(90.0, max(-90.0, lat + step))) for step in (-1e-9, 0.0, 1e-9)}
    assert longitude_zones(lat) in beside


@pytest.mark.parametrize(
    ("lat", "zones"), [(0, 59), (10.4704713, 58), (52.2, 36), (87, 2), (87.1, 1), (-90, 1)]
)
def test_zones_of_longitude_as_published(lat: float, zones: int) -> None:
    assert longitude_zones(lat) == zones


def test_the_pair_of_the_textbook() -> None:
    even, odd = Cpr(False, 93000, 51372), Cpr(True, 74158, 50194)
    place = airborne_global(even, odd, newer_odd=False)
    assert place is not None
    assert place == pytest.approx((52.2572021484375, 3.91937255859375), abs=1e-9)
    again = local(even, Place(52.258, 3.918), AIRBORNE_DEG)
    assert again == pytest.approx(place, abs=1e-9)


@given(lat=LATITUDES, lon=LONGITUDES, newer=st.booleans())
@example(lat=87.0, lon=0.375, newer=True)
def test_a_pair_tells_the_place_anywhere_on_earth(lat: float, lon: float, newer: bool) -> None:
    assume(not near_pole(lat))
    place = airborne_global(report(lat, lon, False), report(lat, lon, True), newer)
    if place is None:
        assert mode_s.zones(lat + 1e-4) != mode_s.zones(lat - 1e-4)
        return
    assert distance_m(place, Place(lat, lon)) < most_off_m(lat, newer, AIRBORNE_DEG)
    assert -180.0 <= place.lon_deg < 180.0


@given(lat=LATITUDES, lon=LONGITUDES, newer=st.booleans(), d_lat=st.floats(-40, 40), d_lon=st.floats(-44, 44))
def test_a_surface_pair_tells_the_place_nearest_to_a_reference(
    lat: float, lon: float, newer: bool, d_lat: float, d_lon: float
) -> None:
    assume(not near_pole(lat) and abs(lat + d_lat) <= 90)
    near = Place(lat + d_lat, (lon + d_lon + 180) % 360 - 180)
    even, odd = (report(lat, lon, parity, SURFACE_DEG) for parity in (False, True))
    place = surface_global(even, odd, newer, near)
    if place is None:
        assert mode_s.zones(lat + 1e-4) != mode_s.zones(lat - 1e-4)
        return
    assert distance_m(place, Place(lat, lon)) < most_off_m(lat, newer, SURFACE_DEG)


@given(
    lat=st.floats(-86, 86), lon=LONGITUDES, odd=st.booleans(), bearing=st.floats(0, 2 * math.pi),
    share=st.floats(0, 0.99), span=st.sampled_from([AIRBORNE_DEG, SURFACE_DEG]),
)  # fmt: skip
def test_a_place_near_by_resolves_a_single_report(
    lat: float, lon: float, odd: bool, bearing: float, share: float, span: float
) -> None:
    reach_deg = share * span / 120.0
    d_lon = reach_deg * math.sin(bearing) / math.cos(math.radians(lat))
    near = Place(lat + 0.99 * reach_deg * math.cos(bearing), (lon + d_lon * 0.9 + 180) % 360 - 180)
    place = local(report(lat, lon, odd, span), near, span)
    assert place is not None
    assert distance_m(place, Place(lat, lon)) < AIRBORNE_M


@given(st.tuples(*[st.integers(0, (1 << 17) - 1)] * 4), LATITUDES, LONGITUDES, st.booleans())
def test_any_bits_give_a_place_on_earth_or_none(
    bits: tuple[int, int, int, int], lat: float, lon: float, newer: bool
) -> None:
    even, odd = Cpr(False, bits[0], bits[1]), Cpr(True, bits[2], bits[3])
    near = Place(lat, lon)
    for place in (
        airborne_global(even, odd, newer), surface_global(even, odd, newer, near),
        local(even, near, AIRBORNE_DEG), local(odd, near, SURFACE_DEG),
    ):  # fmt: skip
        assert place is None or (abs(place.lat_deg) <= 90 and -180 <= place.lon_deg < 180)


def resolve(
    track: CprTrack, lat: float, lon: float, odd: bool, at_s: float, ground: bool = False,
    receiver: Place | None = None, fast: bool = False,
) -> object:  # fmt: skip
    span = SURFACE_DEG if ground else AIRBORNE_DEG
    return track.resolve(report(lat, lon, odd, span), round(at_s * S), ground, fast, receiver)


def near(found: object, lat: float, lon: float) -> bool:
    return isinstance(found, Place) and distance_m(found, Place(lat, lon)) < AIRBORNE_M


@pytest.mark.parametrize(("age_s", "resolved"), [(10.0, True), (10.1, False)])
def test_an_airborne_pair_is_at_most_ten_seconds_old(age_s: float, resolved: bool) -> None:
    track = CprTrack()
    assert resolve(track, 49, 2, False, 100) is UNRESOLVED
    assert near(resolve(track, 49, 2, True, 100 + age_s), 49, 2) is resolved


@pytest.mark.parametrize(
    ("fast", "age_s", "resolved"),
    [(False, 50, True), (False, 50.1, False), (True, 25, True), (True, 25.1, False)],
)
def test_a_surface_pair_may_be_older(fast: bool, age_s: float, resolved: bool) -> None:
    track, receiver = CprTrack(), Place(48, 3)
    assert resolve(track, 49, 2, False, 100, True, receiver, fast) is UNRESOLVED
    assert near(resolve(track, 49, 2, True, 100 + age_s, True, receiver, fast), 49, 2) is resolved


def test_a_surface_pair_without_a_reference_tells_nothing() -> None:
    track = CprTrack()
    assert resolve(track, 49, 2, False, 100, True) is UNRESOLVED
    assert resolve(track, 49, 2, True, 101, True) is UNRESOLVED


def test_an_airborne_and_a_surface_report_make_no_pair() -> None:
    track = CprTrack()
    resolve(track, 49, 2, False, 100)
    assert resolve(track, 49, 2, True, 101, True, Place(48, 3)) is UNRESOLVED


def test_one_wrong_place_is_dropped_and_a_real_jump_followed() -> None:
    track = CprTrack()
    resolve(track, 49, 2, False, 100)
    assert near(resolve(track, 49, 2, True, 100.5), 49, 2)
    assert resolve(track, 49.5, 2, False, 101) is UNREASONABLE
    assert near(resolve(track, 49, 2, True, 110.9), 49, 2)
    assert near(resolve(track, 49, 2, False, 111.4), 49, 2)
    found = [resolve(track, 36, 30, odd, 112 + i) for i, odd in enumerate((True, False, True, False))]
    assert found[0] is UNREASONABLE
    assert near(found[-1], 36, 30)
    assert not any(isinstance(place, Place) and not near(place, 36, 30) for place in found)


@given(
    st.lists(
        st.tuples(st.floats(-1, 300), LATITUDES, LONGITUDES, st.booleans(), st.booleans(), st.booleans()),
        max_size=12,
    )
)
def test_any_reports_in_any_order_give_places_or_reasons(steps: list[tuple[float, ...]]) -> None:
    track, now = CprTrack(), 1000.0
    for step_s, lat, lon, odd, ground, fast in steps:
        now = now + step_s
        found = resolve(track, lat, lon, bool(odd), now, bool(ground), Place(0, 0), bool(fast))
        assert found is UNRESOLVED or found is UNREASONABLE or isinstance(found, Place)
