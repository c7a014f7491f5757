"""The predictor over a stream: from positions to warnings given and dropped."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.incidents.inhibition import Inhibition
from nofly.incidents.record import Cause
from nofly.incidents.states import Event
from nofly.incidents.warnings import PredictionParams, Warned
from nofly.kernel import compiled
from nofly.kernel.reach import Reach
from nofly.run.judging.preparing import Aids, Preparing
from nofly.run.live.predicting import Predictor, datums_of
from nofly.schema import Coded, Positions, concatenate
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Datum, Limit, Restriction, Volume, Zone
from nofly.zones.rules import Rule
from nofly.zones.schedule import Schedule, Window
from nofly.zones.standing import watch_border

T0_US = 1_780_000_000_000_000
S = 1_000_000
NAN = float("nan")


def disc(
    name: str, lat: float, lon: float, radius_m: float, floor_m: float | None = None,
    ceiling_m: float | None = 9000.0, **more: Any,
) -> Zone:  # fmt: skip
    limits = [None if x is None else Limit(x, Datum.STD, "") for x in (floor_m, ceiling_m)]
    return Zone(name, name, (Volume(Circle((lat, lon), radius_m), *limits),), **more)


HOME = disc("HOME", 47.0, 8.0, 5000.0)


def flight(
    turns: list[float] | None = None, *, lat: float = 46.6, lon: float = 8.0, track: float = 0.0,
    gs_mps: float = 200.0, n: int = 300, step_s: float = 1.0, alt_m: float = 5000.0, vrate_mps: float = 0.0,
    name: str = "icao24:4b1800", start_s: float = 0.0, **columns: Any,
) -> Positions:  # fmt: skip
    """Return a flight that turns by so many degrees a second at its first steps, then flies straight."""
    rows = []
    for k in range(n):
        rows.append((lat, lon, track % 360.0, alt_m + vrate_mps * step_s * k))
        by = turns[k] * step_s if turns and k < len(turns) else 0.0
        there = Geodesic.WGS84.Direct(lat, lon, track + by / 2.0, gs_mps * step_s)
        lat, lon, track = there["lat2"], there["lon2"], there["azi2"] + by / 2.0
    lats, lons, tracks, heights = (np.array(column) for column in zip(*rows, strict=True))
    given_columns = {
        "alt_std_m": heights, "gs_mps": np.full(n, gs_mps), "track_deg": tracks,
        "vrate_mps": np.full(n, vrate_mps), "pos_err_m": np.full(n, 50.0),
    }  # fmt: skip
    given_columns |= {key: np.asarray(value) for key, value in columns.items()}
    time_us = T0_US + ((start_s + np.arange(n) * step_s) * S).astype(np.int64)
    return Positions(time_us, Coded.from_list([name] * n), lats, lons, given_columns)


def predict(
    positions: Positions, law: list[Zone], params: PredictionParams | None = None, *,
    cuts: list[int] | None = None, inhibitions: tuple[Inhibition, ...] = (), save: bool = False,
) -> list[tuple[str, Warned]]:  # fmt: skip
    """Return the warnings with the names of their targets."""
    prepared = Preparing(law, compile_zones(law).datums, 120.0, Aids())
    predictor = Predictor(law, 120.0, params, inhibitions)
    out: list[tuple[str, Warned]] = []
    edges = sorted({0, len(positions), *(min(c, len(positions)) for c in cuts or [])})
    for a, b in pairwise(edges):
        taken = prepared.ready(positions.take(slice(a, b)))
        out += [(prepared.targets[one.target], one) for one in predictor.step(taken, prepared.targets)]
        if save:
            kept = predictor.save()
            predictor = Predictor(law, 120.0, params, inhibitions)
            predictor.load(kept)
    last_us = int(positions.time_us.max()) + 10**9
    return out + [(prepared.targets[one.target], one) for one in predictor.lapse(last_us)]


def before_it_ends(told: list[tuple[str, Warned]]) -> list[tuple[str, Warned]]:
    """Return the warnings without those that end as the recording does."""
    return [one for one in told if one[1].cause is not Cause.DATA_LOST]


def seconds(told: list[tuple[str, Warned]]) -> list[tuple[str, float]]:
    return [(one.event.value, (one.time_us - T0_US) / S) for _, one in told]


def entry_s(positions: Positions, zone: Zone) -> float:
    """Return when the flight's path first comes within the circle, by bisection over its reports."""
    circle = zone.volumes[0].footprint
    assert isinstance(circle, Circle)
    away = [Geodesic.WGS84.Inverse(*circle.centre, a, o)["s12"] - circle.radius_m
            for a, o in zip(positions.lat_deg, positions.lon_deg, strict=True)]  # fmt: skip
    k = next(i for i, metres in enumerate(away) if metres <= 0.0)
    part = away[k - 1] / (away[k - 1] - away[k])
    return float((positions.time_us[k - 1] - T0_US) / S + part * np.diff(positions.time_us)[k - 1] / S)


def test_a_straight_flight_is_warned_two_minutes_before() -> None:
    positions = flight()
    told = predict(positions, [HOME])
    entry = entry_s(positions, HOME)
    ((event, at_s),) = seconds(told)
    assert event == "predict"
    assert 118.0 <= entry - at_s <= 120.0
    (_, one) = told[0]
    assert one.entry_us is not None
    assert (one.entry_us - T0_US) / S == pytest.approx(entry, abs=0.1)
    assert one.entry_lat_deg == pytest.approx(47.0 - 5000.0 / 111_170.0, abs=0.001)
    assert one.height_m == 5000.0
    assert one.reason == "predicted at 2 of the last 2 looks"


def test_a_turning_flight_is_foreseen_on_its_arc() -> None:
    turning = flight([1.5] * 60, lat=46.8, lon=7.9, track=-45.0, gs_mps=150.0)
    told = predict(turning, [HOME])
    straight = predict(flight(None, lat=46.8, lon=7.9, track=-45.0, gs_mps=150.0), [HOME])
    assert straight == []
    assert told[0][1].event is Event.PREDICT
    left_s = entry_s(turning, HOME) - seconds(told)[0][1]
    # On the tangent alone, the track leads past the zone until the turn has come round to it.
    assert left_s > 60.0


def test_a_descent_into_a_zone_is_foreseen() -> None:
    wide = disc("WIDE", 47.0, 8.0, 80_000.0, None, 3000.0)
    positions = flight(alt_m=5000.0, vrate_mps=-10.0, n=250)
    ((event, at_s),) = seconds(predict(positions, [wide]))
    assert event == "predict"
    assert 200.0 - at_s == pytest.approx(119.5, abs=1.5)


def test_one_that_turns_away_is_dropped() -> None:
    at = round(entry_s(flight(), HOME)) - 25
    away = flight([0.0] * at + [6.0] * 30)
    events = [event for event, _ in seconds(predict(away, [HOME]))]
    assert events == ["predict", "unpredict"]


def test_a_zone_that_will_be_active_is_foreseen() -> None:
    window = Window(T0_US + 150 * S, T0_US + 10**12)
    zone = disc("LATER", 46.8, 8.0, 60_000.0, schedule=Schedule((window,)))
    ((_, one),) = predict(flight(n=200), [zone])
    assert one.cause is Cause.ZONE_ACTIVATED
    assert one.entry_us == T0_US + 150 * S
    assert (one.time_us - T0_US) / S == pytest.approx(30.5, abs=1.5)


def test_spacing_is_kept_too_and_inside_it_the_warning_is_at_once() -> None:
    rule = Rule(spacing_lateral_m=3000.0)
    zone = disc("Z", 47.0, 8.0, 5000.0, rule=rule)
    told = predict(flight(), [zone])
    assert (told[0][1].entry_us or 0) - T0_US == pytest.approx(
        (entry_s(flight(), HOME) - 3000.0 / 200.0) * S, abs=0.2 * S
    )
    assert len(told) == 1, "who was in the zone is not warned of for leaving it slowly"
    within = flight(lat=46.93, lon=8.0, track=180.0, n=5, gs_mps=50.0)
    ((_, one),) = [x for x in predict(within, [zone]) if x[1].event is Event.PREDICT]
    assert (one.time_us, one.entry_us, one.cause) == (T0_US, T0_US, Cause.MOVED)
    assert one.reason == "closer than the required spacing"


def test_each_zone_has_the_look_ahead_of_its_rule() -> None:
    zone = disc("Z", 47.0, 8.0, 5000.0, rule=Rule(look_ahead_s=60.0))
    ((_, at_s),) = seconds(predict(flight(), [zone]))
    assert 57.0 <= entry_s(flight(), zone) - at_s <= 60.0


def test_a_watched_border_warns_at_its_look_ahead_of_who_comes_closer_than_its_spacing() -> None:
    zone = watch_border(
        disc("B", 47.0, 8.0, 5000.0), "NATO", "every inch", look_ahead_s=90.0, spacing_lateral_m=4000.0
    )
    told = predict(flight(), [zone])
    near_s = entry_s(flight(), HOME) - 4000.0 / 200.0
    assert ((told[0][1].entry_us or 0) - T0_US) / S == pytest.approx(near_s, abs=0.2)
    assert 87.0 <= near_s - seconds(told)[0][1] <= 90.0
    passing = flight(lat=46.93, lon=7.7, track=90.0, n=200)
    assert Event.PREDICT in [one.event for _, one in predict(passing, [zone])]
    assert predict(passing, [disc("B", 47.0, 8.0, 5000.0)]) == []


@pytest.mark.parametrize(
    "column", [{"on_ground": np.ones(300, np.int8)}, {"gs_mps": np.full(300, NAN)},
               {"track_deg": np.full(300, NAN)}],
    ids=["on ground", "no speed", "no track"],
)  # fmt: skip
def test_who_is_not_eligible_is_not_warned_of(column: dict[str, Any]) -> None:
    positions = flight()
    assert predict(replace(positions, columns={**positions.columns, **column}), [HOME]) == []


def test_not_credible_reports_predict_nothing() -> None:
    quiet = flight(track=90.0, lat=46.0)
    jump = flight(lat=46.9, n=1, start_s=100.5)
    rows = concatenate([quiet.take(slice(0, 101)), jump, quiet.take(slice(101, 300))])
    assert predict(rows, [HOME]) == []


KEEP = disc("K", 47.0, 8.0, 5000.0, 1000.0, restriction=Restriction.KEEP_IN)


def test_leaving_a_zone_that_must_not_be_left_is_predicted_and_entering_it_is_not() -> None:
    told = before_it_ends(predict(flight(), [KEEP, HOME]))
    assert [(one.zone, one.event) for _, one in told] == [(1, Event.PREDICT), (0, Event.PREDICT)]
    (_, entering), (_, leaving) = told
    # It comes from the south at 200 m/s and flies over the middle.
    there = Geodesic.WGS84.Inverse(46.6, 8.0, 47.0, 8.0)["s12"]
    assert entering.entry_us == pytest.approx(T0_US + (there - 5000.0) / 200.0 * S, abs=0.1 * S)
    assert leaving.entry_us == pytest.approx(T0_US + (there + 5000.0) / 200.0 * S, abs=0.1 * S)
    assert leaving.time_us < leaving.entry_us
    assert (leaving.height_m, leaving.height_datum) == (5000.0, "STD")
    assert leaving.determined
    assert leaving.cause is Cause.MOVED


def test_who_has_left_is_not_said_to_be_expected_to_stay() -> None:
    """He left as was said: the warning ends without a word."""
    assert [one.event for _, one in predict(flight(n=600), [KEEP])] == [Event.PREDICT]


def test_who_turns_round_before_he_leaves_is_no_longer_expected_to() -> None:
    turns = [0.0] * 3 + [10.0] * 18
    told = predict(
        flight(turns, lat=47.15, n=60, gs_mps=120.0),
        [disc("K", 47.0, 8.0, 20e3, restriction=Restriction.KEEP_IN)],
    )
    assert [one.event for _, one in told[:2]] == [Event.PREDICT, Event.UNPREDICT]


def test_leaving_through_the_ceiling_is_predicted() -> None:
    told = before_it_ends(predict(flight(lat=46.98, gs_mps=20.0, alt_m=8500.0, vrate_mps=10.0, n=20), [KEEP]))
    ((_, one),) = told
    assert one.entry_us == pytest.approx(T0_US + 50 * S, abs=S)
    assert one.height_m == pytest.approx(9000.0, abs=1.0)


def test_leaving_after_the_hours_is_no_leaving() -> None:
    hours = Schedule((Window(T0_US - 3600 * S, T0_US + 30 * S),))
    assert predict(flight(lat=47.0, n=20, gs_mps=100.0), [replace(KEEP, schedule=hours)]) == []
    assert len(before_it_ends(predict(flight(lat=47.0, n=20, gs_mps=100.0), [KEEP]))) == 1


def test_from_one_volume_to_its_neighbour_is_no_leaving() -> None:
    east = Volume(Circle((47.05, 8.0), 5000.0), *(KEEP.volumes[0].lower, KEEP.volumes[0].upper))
    two = replace(KEEP, volumes=(*KEEP.volumes, east))
    ((_, one),) = before_it_ends(predict(flight(lat=47.0, n=40, gs_mps=100.0), [two]))
    far = Geodesic.WGS84.Inverse(47.0, 8.0, 47.05, 8.0)["s12"] + 5000.0
    assert one.entry_us == pytest.approx(T0_US + far / 100.0 * S, abs=0.1 * S)


def test_an_inhibited_warning_is_there_and_marked() -> None:
    by = Inhibition("tower", "air display", zone="HOME")
    ((_, one),) = predict(flight(), [HOME], inhibitions=(by,))
    assert one.inhibited is by


def test_a_flight_that_falls_silent_is_dropped() -> None:
    told = seconds(predict(flight(n=120), [HOME]))
    assert told[-1] == ("unpredict", 149.0)


def test_heights_on_datums_the_law_does_not_know_are_unknown() -> None:
    assert datums_of([HOME]) == (Datum.STD,)
    ground = Zone("G", "G", (Volume(Circle((47.0, 8.0), 5.0), None, Limit(0.0, Datum.AGL, "GND")),))
    assert datums_of([ground]) == compile_zones([ground]).datums == ()


@st.composite
def traffic(draw: Any) -> Positions:
    parts = []
    for k in range(draw(st.integers(1, 3))):
        turns = draw(st.lists(st.sampled_from([0.0, 0.0, 3.0, -3.0, 1.0]), max_size=60))
        parts.append(
            flight(
                [t for t in turns for _ in range(3)], lat=draw(st.floats(46.7, 47.3)),
                lon=draw(st.floats(7.7, 8.3)), track=draw(st.floats(0.0, 359.0)), n=draw(st.integers(5, 80)),
                step_s=draw(st.sampled_from([0.4, 1.0, 2.5])), gs_mps=draw(st.floats(60.0, 250.0)),
                name=f"icao24:4b180{k}", start_s=draw(st.floats(0.0, 20.0)),
            )
        )  # fmt: skip
    mixed = concatenate(parts)
    return mixed.take(np.argsort(mixed.time_us, kind="stable"))


LAW = [
    HOME, disc("N", 47.2, 8.1, 3000.0, 4900.0, 5100.0, rule=Rule(spacing_lateral_m=900.0)),
    disc("S", 46.8, 7.9, 4000.0, schedule=Schedule((Window(T0_US + 15 * S, T0_US + 40 * S),))),
    disc("K", 47.05, 8.05, 9000.0, 2000.0, restriction=Restriction.KEEP_IN,
         schedule=Schedule((Window(T0_US + 10 * S, T0_US + 90 * S),))),
]  # fmt: skip


def plain(told: list[tuple[str, Warned]]) -> list[bytes]:
    """Return warnings that can be compared whatever the numbers of targets are."""
    return sorted(
        name.encode() + msgspec.json.encode(msgspec.structs.replace(one, target=0)) for name, one in told
    )


@pytest.mark.thorough
@settings(max_examples=-(-settings.default.max_examples // 3))
@given(traffic(), st.lists(st.integers(0, 240)))
def test_however_the_stream_is_cut_the_warnings_are_the_same(positions: Positions, cuts: list[int]) -> None:
    whole = predict(positions, LAW)
    assert plain(predict(positions, LAW, cuts=cuts, save=True)) == plain(whole)
    assert plain(predict(positions, LAW, cuts=list(range(len(positions))))) == plain(whole)


@settings(max_examples=-(-settings.default.max_examples // 5))
@given(traffic())
def test_flights_are_warned_of_each_on_its_own(positions: Positions) -> None:
    alone = []
    for code in range(len(positions.target.values)):
        alone += predict(positions.take(positions.target.codes == code), LAW)
    assert plain(alone) == plain(predict(positions, LAW))


@settings(max_examples=-(-settings.default.max_examples // 3))
@given(traffic(), st.lists(st.integers(0, 240)))
def test_who_is_left_out_of_the_prediction_changes_no_warning(positions: Positions, cuts: list[int]) -> None:
    """Who cannot come into a zone is not flown: the warnings are those of all being flown."""
    law = [zone for zone in LAW if zone.restriction is not Restriction.KEEP_IN]
    told = plain(predict(positions, law, cuts=cuts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reach, "may", lambda self, flights, ahead_s: np.ones(len(flights), np.bool_))
        assert plain(predict(positions, law, cuts=cuts)) == told


@pytest.mark.thorough
def test_real_traffic_however_cut(shared: Path) -> None:
    from nofly.run.files.trackfiles import read_batches

    batches = read_batches(shared / "traffic" / "switzerland.json.gz")
    positions = concatenate([batch.positions for batch in batches])
    order = np.argsort(positions.time_us, kind="stable")
    positions = positions.take(order[: 20_000 if compiled() else 2000])
    law = [disc("LSZH", 47.46, 8.55, 15_000.0, None, 4000.0), disc("ALPS", 46.6, 8.4, 30_000.0, 6000.0, None)]
    whole = predict(positions, law)
    assert len(whole) > (20 if compiled() else 0)
    cuts = np.random.default_rng(1).integers(0, len(positions), 300).tolist()
    assert plain(predict(positions, law, cuts=cuts, save=True)) == plain(whole)
