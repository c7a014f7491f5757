"""The screen: synthetic faults one by one, invariances, and real tracks that must stay clean."""

from __future__ import annotations

import gzip
import importlib.util
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.schema import Coded, Positions, concatenate
from nofly.tracks import screening, screening_scan
from nofly.tracks.screening import DISPLACED, SENTENCES, WEAK, Mark, ScreenParams, ScreenState, screen

S = 1_000_000
T0 = 1_646_092_800 * S
M_PER_DEG = 111_195.0


def track(
    seconds, lat=50.0, lon=10.0, gs=230.0, course=90.0, alt=10_000.0, target="icao24:4ca7b3", start=T0
) -> Positions:
    """A straight flight, one report at each of ``seconds``."""
    t = np.asarray(seconds, np.float64)
    north, east = gs * t * np.cos(np.radians(course)), gs * t * np.sin(np.radians(course))
    lats = lat + north / M_PER_DEG
    lons = (lon + east / (M_PER_DEG * np.cos(np.radians(lats))) + 180.0) % 360.0 - 180.0
    n = len(t)
    return Positions(
        start + (t * S).astype(np.int64), Coded(np.zeros(n, np.int32), [target]), lats, lons,
        {"gs_mps": np.full(n, gs) + 0.01 * (np.arange(n) % 7), "track_deg": np.full(n, course),
         "alt_std_m": np.full(n, alt), "nic": np.full(n, 8, np.int8), "nac_p": np.full(n, 9, np.int8),
         "on_ground": np.zeros(n, np.int8)},
    )  # fmt: skip


def marked(positions: Positions, mark: Mark) -> list[int]:
    return np.flatnonzero(screen(positions)[0] & mark).tolist()


def test_a_straight_flight_is_clean():
    assert not screen(track(range(3600)))[0].any()


@pytest.mark.parametrize(
    ("lat", "lon", "course"), [(50.0, 179.9, 90.0), (10.0, -179.9, 270.0), (84.0, 20.0, 90.0)]
)
def test_the_antimeridian_and_high_latitudes_are_no_teleport(lat, lon, course):
    assert not screen(track(range(0, 600, 5), lat=lat, lon=lon, course=course))[0].any()


def test_a_flight_over_the_pole_is_no_teleport():
    t = np.arange(0, 600, 5)
    over = 89.5 + 230.0 * t / M_PER_DEG
    p = track(t)
    p.lat_deg[:] = np.where(over > 90.0, 180.0 - over, over)
    p.lon_deg[:] = np.where(over > 90.0, -150.0, 30.0)
    del p.columns["track_deg"]
    assert not screen(p)[0].any()


def test_one_outlier_800_km_away_is_marked_alone():
    p = track(range(600))
    p.lon_deg[300] += 11.2
    assert marked(p, Mark.TELEPORT) == [300]
    assert np.flatnonzero(screen(p)[0]).tolist() == [300]


def test_scattered_outliers_are_marked_alone():
    p = track(range(600))
    bad = [50, 51, 120, 200, 333, 334, 335, 500]
    p.lat_deg[bad] += np.linspace(3.0, 20.0, len(bad))
    assert np.flatnonzero(screen(p)[0]).tolist() == bad


def test_half_an_hour_of_spoofing_stays_marked_and_the_return_is_trusted_at_once():
    p = track(range(5400))
    spoof = np.arange(1800, 3600)
    turn = (spoof - 1800) / 60.0
    p.lat_deg[spoof] = 55.4 + 0.03 * np.cos(turn)
    p.lon_deg[spoof] = 37.9 + 0.03 * np.sin(turn)
    assert marked(p, Mark.TELEPORT) == spoof.tolist()
    assert not screen(p)[0][3600:].any()


def test_a_hop_of_the_spoofer_is_no_return():
    p = track(range(5400))
    spoof = np.arange(1800, 3600)
    p.lat_deg[spoof] = p.lat_deg[1800] + 4.5 + 0.0002 * (spoof % 100)
    p.lon_deg[spoof] = p.lon_deg[1800]
    assert marked(p, Mark.TELEPORT) == spoof.tolist()


def test_spoofing_to_500_km_stays_marked_though_an_aircraft_could_have_come_there_meanwhile():
    p = track(range(5400))
    spoof = np.arange(1800, 3600)
    p.lat_deg[spoof] = p.lat_deg[1800] + 4.5 + 0.01 * np.sin(spoof / 60.0)
    p.lon_deg[spoof] = p.lon_deg[1800]
    assert marked(p, Mark.TELEPORT) == spoof.tolist()


def test_teleport_out_and_back_again_and_again():
    p = track(range(1200))
    away = np.concatenate([np.arange(200, 230), np.arange(500, 600), np.arange(900, 905)])
    p.lat_deg[away] -= 8.0
    assert marked(p, Mark.TELEPORT) == away.tolist()
    assert not screen(p)[0][np.setdiff1d(np.arange(1200), away)].any()


def test_a_bad_first_fix_does_not_condemn_the_flight():
    p = track(range(600))
    p.lat_deg[0] += 10.0
    marks = screen(p)[0]
    assert marks[1:].astype(bool).sum() <= 2
    assert not marks[10:].any()


def test_nine_bad_first_fixes_do_not_condemn_the_flight():
    p = track(range(600))
    p.lat_deg[:9] += 10.0
    assert not screen(p)[0][20:].any()


def test_a_jump_is_believed_when_it_could_have_been_flown_and_no_way_is_made_of_it():
    p = track(range(4000))
    p.lon_deg[100:] += 9_000.0 / (M_PER_DEG * np.cos(np.radians(50.0)))
    marks = screen(p)[0]
    jumped = np.flatnonzero(marks & Mark.TELEPORT)
    assert jumped[0] == 100
    assert np.flatnonzero(marks & Mark.REAPPEARED).tolist() == [jumped[-1] + 1]
    # 9 km, and 230 m/s of its own, at 350 m/s and 1 km on top.
    assert 160 <= jumped[-1] <= 170
    assert np.flatnonzero(marks & Mark.AFTER_JUMP).tolist() == [*range(jumped[-1] + 1, jumped[-1] + 3601)]


def test_a_return_close_to_the_candidate_is_no_jump():
    p = track(range(600))
    p.lat_deg[100:103] += 2_200.0 / M_PER_DEG
    marks = screen(p)[0]
    assert marks[100:103].all()
    assert not (marks & (Mark.REAPPEARED | Mark.AFTER_JUMP)).any()


def test_the_way_from_a_bad_first_fix_was_not_flown():
    p = track(range(600))
    p.lat_deg[0] += 10.0
    assert len(marked(p, Mark.REAPPEARED)) == 1
    assert not marked(p, Mark.AFTER_JUMP)


def test_a_track_silent_for_more_than_an_hour_gives_way():
    p = track(range(0, 9000, 5))
    spoof = slice(360, None)
    p.lat_deg[spoof] += 30.0
    marks = screen(p)[0]
    late = p.time_us > p.time_us[359] + 3600 * S
    assert (marks[360:] & Mark.TELEPORT)[~late[360:]].all()
    assert not (marks[late] & DISPLACED).any()


def test_a_late_position_that_catches_up_is_clean():
    p = track(range(600))
    for first in (100, 300):
        p.lat_deg[first : first + 50] = p.lat_deg[first]
        p.lon_deg[first : first + 50] = p.lon_deg[first]
    assert not screen(p)[0].any()


def test_two_senders_under_one_address():
    one, two = track(range(0, 600, 2)), track(range(1, 600, 2), lat=40.0, lon=-3.0, course=0.0)
    both = merge(one, two)
    marks = screen(both)[0]
    assert (marks[20:] & Mark.TWO_SENDERS).all()
    second = both.lat_deg < 45.5
    assert (marks[second & (np.arange(len(marks)) > 2)] & Mark.TELEPORT).all()
    alone = track(range(601, 1300), lat=one.lat_deg[0], lon=float(one.lon_deg[0]))
    after = screen(merge(one, two, alone))[0][len(both) :]
    assert not after[310:].any()


def merge(*parts: Positions) -> Positions:
    all_of = concatenate(list(parts))
    return all_of.take(np.argsort(all_of.time_us, kind="stable"))


def test_a_frozen_position():
    p = track(range(600))
    p.lat_deg[200:400] = p.lat_deg[200]
    p.lon_deg[200:400] = p.lon_deg[200]
    assert marked(p, Mark.FROZEN) == list(range(261, 400))
    assert not screen(p)[0][400:].any()


def test_a_parked_aircraft_is_not_frozen():
    p = track(range(600), gs=0.0)
    p.columns["alt_std_m"][:] = 500.0
    p.columns["gs_mps"][:] = 0.0
    assert not screen(p)[0].any()


def test_time_running_back():
    p = track(range(600))
    p.time_us[300:305] -= 100 * S
    assert marked(p, Mark.TIME_BACK) == list(range(300, 305))
    assert not screen(p)[0][305:].any()


def test_one_time_far_ahead_costs_nine_reports():
    p = track(range(600))
    p.time_us[300] += 86_400 * S
    assert marked(p, Mark.TIME_BACK) == list(range(301, 310))
    assert not screen(p)[0][310:].any()


def test_the_same_instant_twice_is_harmless():
    p = track([0, 1, 2, 2, 3, 4])
    p.lat_deg[3] += 0.001
    marks = screen(p)[0]
    assert marks.tolist() == [0, 0, 0, Mark.DUPLICATE, 0, 0]
    assert Mark.DUPLICATE not in DISPLACED | WEAK


def test_a_speed_that_does_not_fit_the_way():
    p = track(range(300), gs=20.0)
    p.columns["gs_mps"] += 200.0
    marks = screen(p)[0]
    assert not marks[:30].any()
    assert (marks[60:] & Mark.SPEED_MISMATCH).all()


def test_a_track_that_does_not_fit_the_way():
    p = track(range(300))
    p.columns["track_deg"][:] = 270.0
    assert (screen(p)[0][60:] & Mark.SPEED_MISMATCH).all()


def test_an_old_speed_sent_on_and_on_says_nothing_against_the_position():
    p = track(range(300))
    p.columns["alt_std_m"][:] = 3_000.0
    p.columns["gs_mps"][:] = 20.0
    p.columns["track_deg"][:] = 270.0
    assert not screen(p)[0][31:].any()


def test_a_holding_pattern_fits_its_speed():
    t = np.arange(600)
    p = track(t)
    heading = np.radians(3.0 * t)
    p.lat_deg[:] = 50.0 + 4393.0 * np.sin(heading) / M_PER_DEG
    p.lon_deg[:] = 10.0 - 4393.0 * np.cos(heading) / (M_PER_DEG * np.cos(np.radians(50.0)))
    p.columns["track_deg"] = np.degrees(heading) % 360.0
    assert not screen(p)[0].any()


def test_quality_lost():
    p = track(range(100))
    p.columns["nic"][40:60] = 0
    p.columns["nac_p"][80:90] = 3
    assert marked(p, Mark.QUALITY_LOST) == [*range(40, 60), *range(80, 90)]


def test_a_source_without_nic_has_not_lost_it():
    p = track(range(100))
    p.columns["nic"][:] = 0
    assert not screen(p)[0].any()


def test_an_altitude_of_another_aircraft_and_a_zero_in_cruise():
    p = track(range(600))
    p.columns["alt_std_m"][100] = 2500.0
    p.columns["alt_std_m"][200:380] = 0.0
    p.columns["alt_std_m"][400] = np.nan
    assert marked(p, Mark.ALTITUDE_JUMP) == [100, *range(200, 380)]


def test_a_wrong_first_altitude_costs_five_reports():
    p = track(range(100))
    p.columns["alt_std_m"][0] = 0.0
    assert marked(p, Mark.ALTITUDE_JUMP) == [1, 2, 3, 4]


def test_fast_on_the_ground():
    p = track(range(100))
    p.columns["on_ground"][50] = 1
    assert marked(p, Mark.GROUND_FAST) == [50]


def test_slow_and_high_but_for_what_may_hover():
    p = track(range(100))
    p.columns["alt_std_m"][:] = 11_582.0
    p.columns["gs_mps"][:50] = 25.7
    p.columns["gs_mps"][10] = np.nan
    p.columns["alt_std_m"][20] = np.nan
    expected = [k for k in range(50) if k not in (10, 20)]
    assert marked(p, Mark.HIGH_SLOW) == expected
    p.texts["category"] = Coded.from_list(["B2" if k < 5 else "A3" if k < 30 else None for k in range(100)])
    assert marked(p, Mark.HIGH_SLOW) == [k for k in expected if k >= 5]


def test_a_flight_of_positions_alone_is_screened():
    p = track(range(600))
    p.columns.clear()
    p.lat_deg[300] += 5.0
    assert np.flatnonzero(screen(p)[0]).tolist() == [300]


def test_every_mark_has_its_sentence_and_its_class():
    assert set(SENTENCES) == set(Mark)
    assert (Mark.TELEPORT | Mark.FROZEN).sentence == f"{Mark.TELEPORT.sentence}; {Mark.FROZEN.sentence}"
    assert Mark(0).sentence == ""
    assert not DISPLACED & WEAK
    assert int(DISPLACED | WEAK | Mark.DUPLICATE | Mark.REAPPEARED) == sum(Mark)


def test_state_is_saved_loaded_and_compared():
    p = track(range(100))
    _, state = screen(p)
    again = ScreenState.from_bytes(state.to_bytes())
    assert again == state
    assert again.grown(50) == state
    assert screen(p.take(slice(0, 50)))[1] != state
    with pytest.raises(InputError, match="screening state"):
        ScreenState.from_bytes(b"1234567")


def test_the_state_given_is_not_changed():
    _, state = screen(track(range(100)))
    kept = state.to_bytes()
    screen(track(range(100, 200)), state)
    assert state.to_bytes() == kept


def test_a_row_without_a_target_is_refused():
    p = track(range(3))
    p.target.codes[1] = -1
    with pytest.raises(InputError, match="without a target"):
        screen(p)


@st.composite
def dirty(draw) -> Positions:
    """Up to three targets with every fault, in the order of arrival."""
    n = draw(st.integers(1, 120))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = [-30.0, 0.0, 0.5, 1.0, 5.0, 10.0, 60.0, 200.0, 4000.0]
    t = np.cumsum(rng.choice(steps, n, p=[0.03, 0.03, 0.1, 0.4, 0.2, 0.1, 0.1, 0.03, 0.01]))
    p = track(t, lat=rng.uniform(-80, 80), lon=rng.uniform(-180, 180), course=rng.uniform(0, 360))
    p.target = Coded(rng.integers(0, 3, n).astype(np.int32), ["a", "b", "c"])
    p.lat_deg[:] = np.clip(p.lat_deg + rng.choice([0.0, 0.0, 0.0, 0.0, 3.0, -7.0], n), -90, 90)
    held = rng.random(n) < 0.2
    p.lat_deg[1:][held[1:]], p.lon_deg[1:][held[1:]] = p.lat_deg[:-1][held[1:]], p.lon_deg[:-1][held[1:]]
    p.columns["gs_mps"][rng.random(n) < 0.1] = np.nan
    p.columns["track_deg"][rng.random(n) < 0.1] = np.nan
    p.columns["alt_std_m"][rng.random(n) < 0.1] = rng.choice([0.0, np.nan, 30_000.0])
    for name, values in (("nic", [-1, 0, 8]), ("nac_p", [-1, 2, 9]), ("on_ground", [-1, 0, 1])):
        p.columns[name] = rng.choice(values, n).astype(np.int8)
    return p


@settings(max_examples=60, deadline=None)
@given(dirty(), st.lists(st.integers(0, 120), max_size=4))
def test_however_the_stream_is_cut_the_marks_are_the_same(p, cuts):
    whole, end = screen(p)
    edges = sorted({0, len(p), *(c for c in cuts if c < len(p))})
    state, parts = None, []
    for a, b in pairwise(edges):
        marks, state = screen(p.take(slice(a, b)), state)
        parts.append(marks)
    assert np.array_equal(np.concatenate(parts), whole)
    assert state == end


@settings(max_examples=40, deadline=None)
@given(dirty())
def test_targets_do_not_touch_each_other(p):
    whole = screen(p)[0]
    for code in range(3):
        rows = np.flatnonzero(p.target.codes == code)
        assert np.array_equal(screen(p.take(rows))[0], whole[rows])


def source_of_scan() -> ModuleType:
    path = Path(screening.__file__).with_name("screening_scan.py")
    spec = importlib.util.spec_from_file_location("screening_scan_source", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@settings(max_examples=40, deadline=None)
@given(dirty())
def test_compiled_and_source_agree_to_the_last_bit(p):
    compiled, state = screen(p)
    source = source_of_scan()
    assert source.WIDTH == screening_scan.WIDTH
    marks, rows = np.zeros(len(p), np.uint16), np.zeros((3, source.WIDTH))
    c, params = p.columns, ScreenParams()
    source.scan(
        p.target.codes, p.time_us, p.lat_deg, p.lon_deg, c["gs_mps"], c["track_deg"], c["alt_std_m"],
        c["nic"], c["nac_p"], c["on_ground"], rows, marks,
        params.max_speed_mps, params.plausible_mps, params.slack_m,
    )  # fmt: skip
    assert np.array_equal(marks, compiled)
    assert ScreenState(rows) == state


def real(path: Path) -> Positions:
    """A file of the ``traffic`` samples, in order of target and time."""
    found = json.loads(gzip.decompress(path.read_bytes()))
    if isinstance(found, dict):
        rows_of = zip(*(column.values() for column in found.values()), strict=True)
        found = [dict(zip(found, row, strict=True)) for row in rows_of]
    rows = [r for r in found if r.get("latitude") is not None and r.get("longitude") is not None]

    def column(name, scale):
        return np.array([np.nan if r.get(name) is None else r[name] * scale for r in rows], np.float64)

    def time_us(value):
        if isinstance(value, str):
            return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()) * S
        return int(value) * 1000

    p = Positions(
        np.array([time_us(r["timestamp"]) for r in rows], np.int64),
        Coded.from_list(r["icao24"] for r in rows), column("latitude", 1.0), column("longitude", 1.0),
        {"gs_mps": column("groundspeed", 1852 / 3600), "track_deg": column("track", 1.0),
         "alt_std_m": column("altitude", 0.3048),
         "on_ground": np.array([int(r.get("onground") or 0) for r in rows], np.int8)},
    )  # fmt: skip
    return p.take(np.lexsort((p.time_us, p.target.codes)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Every mark was looked at. Frozen: old positions sent on with an old speed (after landing, or for
        # minutes on end in the file with time faults). Jumps of altitude: single replies of other aircraft,
        # and held values. The mismatches are three stretches that were interpolated across a gap.
        ("switzerland", {"FROZEN": 24, "SPEED_MISMATCH": 58, "ALTITUDE_JUMP": 1}),
        ("paris-2021-10-07-42ac", {"FROZEN": 3613, "ALTITUDE_JUMP": 122}),
        ("border_control", {"ALTITUDE_JUMP": 1}),
        ("inflight_refuelling", {"FROZEN": 238, "ALTITUDE_JUMP": 17}),
        ("noisy_time_issue", {"FROZEN": 543, "ALTITUDE_JUMP": 35}),
        ("noisy_ground", {"ALTITUDE_JUMP": 13}),
        ("noisy_landing", {"ALTITUDE_JUMP": 3}),
    ],
)
def test_marks_on_real_tracks(shared, name, expected):
    marks = screen(real(shared / "traffic" / f"{name}.json.gz"))[0]
    assert {m.name: int((marks & m > 0).sum()) for m in Mark if (marks & m).any()} == expected


def test_the_two_entries_over_paris_are_not_suspect(shared):
    p = real(shared / "traffic" / "paris-2021-10-07-42ac.json.gz")
    marks = screen(p)[0]
    for address, first, last in (("39b002", "13:22:20", "13:26:23"), ("3aabfc", "14:15:00", "14:16:16")):
        start, end = (
            int(datetime.fromisoformat(f"2021-10-07T{at}+00:00").timestamp()) * S for at in (first, last)
        )
        of = p.target.codes == p.target.values.index(address)
        assert not marks[of & (p.time_us >= start) & (p.time_us <= end)].any()
