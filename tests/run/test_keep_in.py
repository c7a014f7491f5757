"""Zones that must not be left, through ``nofly.check``: when, how far outside, how high, how sure."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import nofly
from nofly.cli import main
from nofly.incidents.record import Cause, Certainty, Infringement, Side, Status
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.leaving import absences
from nofly.schema import Coded, Positions, concatenate
from nofly.zones.model import Circle, Corridor, Datum, EdgeKind, Limit, Polygon, Restriction, Volume, Zone
from nofly.zones.rules import Predicate, PredicateKind, Rule
from nofly.zones.schedule import Schedule, Window

T0 = 1_700_000_000_000_000
S = 1_000_000
FL60, FL120 = Limit(1828.8, Datum.STD, "FL60"), Limit(3657.6, Datum.STD, "FL120")
SQUARE = Polygon(((46.5, 8.0), (46.5, 8.4), (46.8, 8.4), (46.8, 8.0)), (), EdgeKind.PLANAR)
NAMED = Rule(applies_to=(Predicate(PredicateKind.ADDRESS, ("4b1800",)),))


def keep_in(*volumes: Volume, **more: Any) -> Zone:
    return Zone("K1", "TRAINING", volumes, Restriction.KEEP_IN, **more)


def flight(
    lat: Any, lon: Any, alt_m: Any = None, *, name: str = "icao24:4b1800", start_us: int = T0,
    step_s: float = 5.0, err_m: float = 50.0, callsign: str | None = None,
) -> Positions:  # fmt: skip
    n = max(np.size(lat), np.size(lon), np.size(alt_m))

    def column(values: Any) -> Any:
        return np.broadcast_to(np.asarray(values, float), (n,)).copy()

    columns = {"pos_err_m": column(err_m)}
    if alt_m is not None:
        columns["alt_std_m"] = column(alt_m)
    texts = {} if callsign is None else {"callsign": Coded.from_list([callsign] * n)}
    times = start_us + (np.arange(n) * step_s * S).astype(np.int64)
    return Positions(times, Coded.from_list([name] * n), column(lat), column(lon), columns, texts)


def metres(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    return float(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2)["s12"])


def only(positions: Positions, *zones: Zone, **options: Any) -> Infringement:
    (found,) = nofly.check(positions, zones, **options).infringements
    assert isinstance(found, Infringement)
    assert found.side is Side.OUTSIDE
    return found


OUT_AND_BACK = np.concatenate([np.linspace(8.2, 8.6, 41), np.linspace(8.59, 8.2, 40)])


def test_an_absence_has_exact_instants_depth_and_certainty() -> None:
    away = only(flight(46.65, OUT_AND_BACK), keep_in(Volume(SQUARE)))
    assert (away.entry_time_us, away.exit_time_us) == (T0 + 100 * S, T0 + 300 * S)
    assert away.entry_lon_deg == pytest.approx(8.4, abs=1e-9)
    assert (away.cause, away.exit_cause) == (Cause.MOVED, Cause.MOVED)
    nearest = min(metres(46.65, 8.6, lat, 8.4) for lat in np.linspace(46.64, 46.66, 4001))
    assert away.depth_m == pytest.approx(nearest, abs=0.01)
    assert away.depth_err_m == 50.0
    assert (away.status, away.certainty) == (Status.INFRINGEMENT, Certainty.CONFIRMED)
    # Both ends are crossed at 153 m/s by a place good to 50 m.
    assert away.duration_low_s < 200.0 < away.duration_high_s < 202.0
    assert away.reports == 41


@pytest.mark.parametrize(
    ("footprint", "depth_m"),
    [
        (Circle((46.65, 8.2), 15_000.0), metres(46.65, 8.2, 46.65, 8.6) - 15_000.0),
        (Corridor(((46.65, 8.1), (46.65, 8.2)), 15_000.0), metres(46.65, 8.2, 46.65, 8.6) - 15_000.0),
    ],
)
def test_the_depth_outside_a_round_zone_does_not_depend_on_how_it_was_cut(
    footprint: Circle | Corridor, depth_m: float
) -> None:
    away = only(flight(46.65, OUT_AND_BACK), keep_in(Volume(footprint)))
    assert away.depth_m == pytest.approx(depth_m, abs=0.01)


def test_the_deepest_place_between_two_reports_is_found() -> None:
    hole = ((46.6, 8.15), (46.6, 8.25), (46.7, 8.25), (46.7, 8.15))
    ring = dataclasses.replace(SQUARE, holes=(hole,))
    away = only(flight([46.65, 46.65], [8.14, 8.26], step_s=60), keep_in(Volume(ring)))
    assert away.entry_time_us == pytest.approx(T0 + 5 * S, abs=1)
    assert away.exit_time_us == pytest.approx(T0 + 55 * S, abs=1)
    assert away.depth_m == pytest.approx(metres(46.65, 8.2, 46.65, 8.25), abs=1.0)
    assert away.certainty is Certainty.PROBABLE
    assert away.reports == 0
    assert "No report lies outside: the absence was worked out between two reports." in away.reasons


def test_an_absence_within_its_own_error_is_probable() -> None:
    away = only(flight(46.65, OUT_AND_BACK, err_m=20_000.0), keep_in(Volume(SQUARE)))
    assert away.certainty is Certainty.PROBABLE


def test_leaving_through_the_ceiling() -> None:
    alt = np.concatenate([np.linspace(3000.0, 4000.0, 11), np.linspace(3900.0, 3000.0, 10)])
    away = only(flight(46.65, 8.2, alt), keep_in(Volume(SQUARE, FL60, FL120)))
    assert away.entry_time_us == T0 + round(6.576 * 5 * S)
    assert away.exit_time_us == T0 + round((20 - 6.576) * 5 * S)
    assert away.depth_m == 0.0
    assert away.depth_err_m is None
    assert away.upper_margin_m == pytest.approx(3657.6 - 4000.0)
    assert away.lower_margin_m == pytest.approx(3657.6 - 1828.8)
    assert away.height_m == pytest.approx(3657.6)
    assert away.certainty is Certainty.CONFIRMED
    result = nofly.check(flight(46.65, 8.2, alt), [keep_in(Volume(SQUARE, FL60, FL120))])
    told = result.explain("all")
    assert "at most 1,123 ft above the ceiling, FL120, from" in told
    assert "It was at most 1,123 ft above the ceiling (FL120)." in told
    assert "inside, and the zone must not be left" in told
    probable = only(flight(46.65, 8.2, np.minimum(alt, 3690.0)), keep_in(Volume(SQUARE, FL60, FL120)))
    assert probable.certainty is Certainty.PROBABLE


def test_leaving_through_the_floor() -> None:
    away = only(flight(46.65, 8.2, [2000.0, 1700.0, 2000.0]), keep_in(Volume(SQUARE, FL60, FL120)))
    assert away.lower_margin_m == pytest.approx(1700.0 - 1828.8)
    assert away.upper_margin_m == pytest.approx(3657.6 - 1828.8)


def test_outside_two_volumes_by_its_place_and_by_its_height() -> None:
    core = Polygon(((46.6, 8.1), (46.6, 8.2), (46.7, 8.2), (46.7, 8.1)), (), EdgeKind.PLANAR)
    zone = keep_in(Volume(core, None, FL120), Volume(SQUARE, FL60, FL120))
    away = only(flight(46.65, np.linspace(8.15, 8.35, 21), 1000.0), zone)
    assert away.entry_lon_deg == pytest.approx(8.2, abs=1e-9)
    assert away.certainty is Certainty.CONFIRMED
    assert away.depth_m == 0.0
    assert away.lower_margin_m is None
    near = only(flight(46.65, np.linspace(8.15, 8.35, 21), 1000.0, err_m=50_000.0), zone)
    assert near.certainty is Certainty.PROBABLE


def test_neighbouring_volumes_are_one_zone() -> None:
    east = Polygon(((46.5, 8.4), (46.5, 8.8), (46.8, 8.8), (46.8, 8.4)), (), EdgeKind.PLANAR)
    zone = keep_in(Volume(SQUARE), Volume(east))
    assert nofly.check(flight(46.65, OUT_AND_BACK), [zone]).infringements == ()
    far = only(flight(46.65, np.linspace(8.2, 9.0, 41)), zone)
    assert far.entry_lon_deg == pytest.approx(8.8, abs=1e-9)


def test_across_the_antimeridian() -> None:
    zone = keep_in(Volume(Polygon(((-20.0, 179.0), (-20.0, -179.0), (-18.0, -179.0), (-18.0, 179.0)))))
    lon = (np.linspace(179.5, 182.0, 51) + 180.0) % 360.0 - 180.0
    away = only(flight(-19.0, lon, step_s=20), zone)
    assert away.entry_lon_deg == pytest.approx(-179.0, abs=1e-6)
    assert away.depth_m == pytest.approx(
        min(metres(-19.0, -178.0, lat, -179.0) for lat in np.linspace(-19.02, -18.98, 4001)), abs=0.5
    )


def test_no_absence_is_told_over_a_gap() -> None:
    lon = np.linspace(8.3, 8.6, 31)
    first = flight(46.65, lon)
    later = flight(46.65, lon[::-1], start_us=T0 + 3600 * S)
    found = nofly.check(concatenate([first, later]), [keep_in(Volume(SQUARE))]).infringements
    assert [(s.cause, s.exit_cause) for s in found] == [
        (Cause.MOVED, Cause.DATA_LOST), (Cause.DATA_RESUMED, Cause.MOVED),
    ]  # fmt: skip
    assert found[0].exit_time_us == T0 + 150 * S
    assert found[1].entry_time_us == T0 + 3600 * S
    assert "Its return was not seen: reports end outside" in found[0].findings[-1]
    assert found[0].longest_gap_s == found[1].longest_gap_s == 5.0


def test_without_a_name_it_holds_for_whom_it_held_inside() -> None:
    arriving = flight(46.65, np.linspace(8.6, 8.2, 41))
    passing = flight(47.5, np.linspace(8.0, 9.0, 41), name="icao24:4b1801")
    assert nofly.check(concatenate([arriving, passing]), [keep_in(Volume(SQUARE))]).infringements == ()


def test_a_named_aircraft_is_held_wherever_it_is_and_no_other() -> None:
    far = flight(47.5, np.linspace(8.0, 9.0, 41))
    other = flight(46.65, OUT_AND_BACK, name="icao24:4b1801")
    away = only(concatenate([far, other]), keep_in(Volume(SQUARE), rule=NAMED))
    assert (away.icao24, away.cause, away.exit_cause) == ("4b1800", Cause.DATA_RESUMED, Cause.DATA_LOST)
    assert away.certainty is Certainty.CONFIRMED


def test_whom_it_holds_for_may_not_be_known() -> None:
    rule = Rule(applies_to=(Predicate(PredicateKind.CALLSIGN, ("SWR*",)),))
    zone = keep_in(Volume(SQUARE), rule=rule)
    away = only(flight(47.5, np.linspace(8.0, 9.0, 41)), zone)
    assert away.certainty is Certainty.UNDETERMINED
    assert any("its callsign is not known" in reason for reason in away.reasons)
    assert nofly.check(flight(47.5, [8.0, 8.1], callsign="DLH1"), [zone]).infringements == ()
    assert only(flight(47.5, [8.0, 8.1], callsign="SWR1"), zone).certainty is Certainty.CONFIRMED


def test_a_schedule_begins_and_ends_an_absence() -> None:
    hours = Schedule((Window(T0 + 120 * S, T0 + 180 * S),))
    away = only(flight(46.65, OUT_AND_BACK), keep_in(Volume(SQUARE), schedule=hours, rule=NAMED))
    assert (away.entry_time_us, away.exit_time_us) == (T0 + 120 * S, T0 + 180 * S)
    assert (away.cause, away.exit_cause) == (Cause.ZONE_ACTIVATED, Cause.ZONE_DEACTIVATED)
    assert away.entry_lon_deg == pytest.approx(8.44, abs=1e-6)
    assert away.depth_m == pytest.approx(metres(46.65, 8.56, 46.65, 8.4), abs=2.0)
    # Without a name nobody is held who was not inside while the zone was active.
    assert not nofly.check(flight(46.65, OUT_AND_BACK), [keep_in(Volume(SQUARE), schedule=hours)]).exit_code


def test_the_place_at_an_activation_between_two_reports_is_on_the_way() -> None:
    hours = Schedule((Window(T0 + 30 * S, None),))
    track = flight([46.65, 46.65], [9.0, 9.1], step_s=60)
    away = only(track, keep_in(Volume(SQUARE), schedule=hours, rule=NAMED))
    assert away.entry_lon_deg == pytest.approx(9.05, abs=1e-6)


def test_activity_that_is_announced_elsewhere_is_undetermined_outside_and_nothing_inside() -> None:
    announced = Schedule((Window(certain=False),))
    zone = keep_in(Volume(SQUARE), schedule=announced)
    assert only(flight(46.65, OUT_AND_BACK), zone).certainty is Certainty.UNDETERMINED
    assert nofly.check(flight(46.65, [8.1, 8.2, 8.3]), [zone]).infringements == ()


def test_an_unknown_height_within_the_boundary_is_undetermined_and_beyond_it_is_not() -> None:
    zone = keep_in(Volume(SQUARE, FL60, FL120), rule=NAMED)
    within = only(flight(46.65, [8.1, 8.2, 8.3]), zone)
    assert within.certainty is Certainty.UNDETERMINED
    assert any("height" in reason for reason in within.reasons)
    away = only(flight(46.65, OUT_AND_BACK), zone)
    assert away.certainty is Certainty.CONFIRMED
    assert (away.entry_time_us, away.cause) == (T0, Cause.DATA_RESUMED)
    assert "For a part of the time it cannot be told whether it was outside." in away.reasons
    assert nofly.check(flight(46.65, [8.1, 8.2]), [zone]).exit_code == 3


def test_an_edition_that_follows_goes_on_holding() -> None:
    at = T0 + 150 * S
    old = keep_in(Volume(SQUARE), edition=1, valid_to_us=at)
    new = keep_in(Volume(SQUARE), edition=2, valid_from_us=at)
    found = nofly.check(flight(46.65, OUT_AND_BACK), [new, old]).infringements
    assert [(s.zone_edition, s.entry_time_us, s.exit_time_us) for s in found] == [
        (1, T0 + 100 * S, at), (2, at, T0 + 300 * S),
    ]  # fmt: skip
    assert (found[0].exit_cause, found[1].cause) == (Cause.ZONE_CHANGED, Cause.ZONE_CHANGED)


def test_however_the_stream_is_cut_the_absences_are_the_same() -> None:
    alt = 3000.0 + 800.0 * np.sin(np.arange(81) / 9.0)
    zone = keep_in(Volume(SQUARE, FL60, FL120))
    tracks = [flight(46.65, OUT_AND_BACK, alt, name=f"icao24:4b180{k}") for k in range(3)]
    whole = concatenate(tracks)
    whole = whole.take(np.lexsort((whole.target.codes, whole.time_us)))
    expected = nofly.check(whole, [zone], threads=1).infringements
    assert len(expected) >= 3
    for rows, threads in ((1, 1), (7, 2), (100, 3)):
        parts = [whole.take(slice(k, k + rows)) for k in range(0, len(whole), rows)]
        batches = [TrackBatch(p, [], "x", "", 0, 0) for p in parts]
        assert check([zone], batches, CheckOptions(threads=threads)).infringements == expected


def test_a_long_archive_keeps_the_instants_and_says_what_was_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone = keep_in(Volume(SQUARE))
    whole = only(flight(46.65, OUT_AND_BACK), zone)
    monkeypatch.setattr(absences, "KEPT_ROWS", 30)
    thinned = only(flight(46.65, OUT_AND_BACK), zone)
    assert (thinned.entry_time_us, thinned.exit_time_us) == (whole.entry_time_us, whole.exit_time_us)
    assert thinned.depth_m is not None
    assert 10_000.0 < thinned.depth_m < (whole.depth_m or 0.0) + 0.5
    assert "Not every report was measured: it may have been further outside." in thinned.reasons
    assert "Not every report" not in " ".join(whole.reasons)


def test_other_zones_are_judged_as_before() -> None:
    wall = Zone("R1", "WALL", (Volume(Circle((46.65, 8.5), 3000.0)),))
    alone = nofly.check(flight(46.65, OUT_AND_BACK), [wall]).infringements
    both = nofly.check(flight(46.65, OUT_AND_BACK), [keep_in(Volume(SQUARE, FL60, FL120)), wall])
    assert tuple(s for s in both.infringements if s.zone_id == "R1") == alone
    assert [z.id for z in both.zones] == ["K1", "R1"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_stays_and_absences_share_out_the_time_seen(data: st.DataObject) -> None:
    """Between first and last report a named aircraft is either inside or absent, to the microsecond."""
    degrees = st.integers(0, 40).map(lambda k: k / 100.0)
    places = data.draw(st.lists(st.tuples(degrees, degrees, st.integers(0, 60)), min_size=2, max_size=12))
    lat, lon, alt = np.array(places, float).T
    track = flight(46.4 + lat + 0.003, 7.9 + lon + 0.003, alt * 100.0 + 7.0, step_s=10)
    volume = Volume(SQUARE, FL60, FL120)
    inside = nofly.check(track, [Zone("P", "P", (volume,))], screening=False).infringements
    away = nofly.check(track, [keep_in(volume, rule=NAMED)], screening=False).infringements
    spans = sorted((s.entry_time_us, s.exit_time_us) for s in (*inside, *away))
    assert [a for a, _ in spans[1:]] == [b for _, b in spans[:-1]]
    assert (spans[0][0], spans[-1][1]) == (int(track.time_us[0]), int(track.time_us[-1]))
    for s in away:
        rows = (track.time_us >= s.entry_time_us) & (track.time_us <= s.exit_time_us)
        off = [_off_m(*p) for p in zip(track.lat_deg[rows], track.lon_deg[rows], strict=True)]
        assert s.depth_m is not None
        assert s.depth_m >= max(off, default=0.0) - 1.0


def _off_m(lat: float, lon: float) -> float:
    """Return about how far a place is outside the square: never more than it is."""
    return metres(lat, lon, min(max(lat, 46.5), 46.8), min(max(lon, 8.0), 8.4)) * 0.999


def test_every_output_says_outside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zones, tracks = tmp_path / "zones.geojson", tmp_path / "tracks.csv"
    nofly.write_zones([keep_in(Volume(SQUARE, FL60, FL120))], zones)
    rows = [f"{(T0 + k * 5 * S) / 1e6:.0f},4b1800,46.65,{lon},10000" for k, lon in enumerate(OUT_AND_BACK)]
    tracks.write_text("timestamp,icao24,latitude,longitude,altitude\n" + "\n".join(rows), encoding="utf-8")
    names = [tmp_path / f"out.{kind}" for kind in ("json", "csv", "geojson", "kml", "html", "parquet")]
    args = ["check", "--zones", str(zones), str(tracks), "--plot", str(tmp_path / "out.svg")]
    for name in names:
        args += ["-o", str(name)]
    assert main(args) == 1
    main(["check", "--zones", str(zones), str(tracks), "--explain", "all", "--quiet"])
    assert "was outside K1 TRAINING, which it must not leave, for 3 min 20 s" in capsys.readouterr().out
    assert main(["check", "--zones", str(zones), str(tracks), "--quiet"]) == 1
    assert "outside K1 TRAINING" in capsys.readouterr().out
    (entry,) = json.loads(names[0].read_text())["infringements"]
    assert entry["side"] == "outside"
    head, line = names[1].read_text().splitlines()[:2]
    assert line.split(",")[head.split(",").index("side")] == "outside"
    told = [f["properties"] for f in json.loads(names[2].read_text())["features"]]
    assert [p["side"] for p in told if p["type"] == "stay"] == ["outside"]
    for name in names[3:5]:
        assert "outside K1 TRAINING" in name.read_text(encoding="utf-8")
    assert "A zone that must not be left is infringed by being" in names[4].read_text(encoding="utf-8")
