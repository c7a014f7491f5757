"""What is said of warnings over recorded traffic, class by class."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from nofly.errors import ConfigError
from nofly.incidents.warnings import PredictionParams
from nofly.kernel import compiled
from nofly.run.check import CheckOptions
from nofly.run.files import order
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.run.warnings.passes import Setting, passed
from nofly.run.warnings.report import Class, WarningReport, report, reports
from nofly.run.warnings.sweep import Grid, figure, sweep
from nofly.schema import Positions
from nofly.zones.model import Restriction, Zone
from nofly.zones.rules import Exemption, Predicate, PredicateKind, Rule
from tests.run.test_predicting import HOME, disc, entry_s, flight

ONE_THREAD = CheckOptions(threads=1)


def batches(*parts: Positions) -> list[TrackBatch]:
    return [TrackBatch(part, [], "", "", 0, 0) for part in parts]


def measured(law: list[Zone], *parts: Positions, **params: Any) -> WarningReport:
    return report(law, batches(*parts), PredictionParams(**params), ONE_THREAD)


def kinds(found: WarningReport) -> list[Class | None]:
    return [one.kind for one in found.situations]


def turned_away_s(seconds_before: int) -> Positions:
    """Return a flight that turns away so long before it would have entered."""
    at = round(entry_s(flight(), HOME)) - seconds_before
    return flight([0.0] * at + [6.0] * 15)


def test_an_infringement_that_was_warned_of() -> None:
    found = measured([HOME], flight())
    (one,) = found.situations
    assert (one.kind, one.found_inside) == (Class.NECESSARY, False)
    assert one.warning_s == pytest.approx(119.0, abs=1.0)
    assert one.available_s == 120.0
    assert found.all.missed == 0
    assert found.all.indicators["necessary_warned"] == 1.0
    assert found.flown_h == pytest.approx(299.0 / 3600.0)


def test_turning_away_at_the_last_moment_is_an_unnecessary_alert() -> None:
    found = measured([HOME], turned_away_s(25))
    assert kinds(found) == [Class.UNNECESSARY]
    assert (found.all.nuisance, found.all.missed) == (1, 0)


def test_turning_away_long_before_is_an_undesirable_alert() -> None:
    assert kinds(measured([HOME], turned_away_s(80))) == [Class.UNDESIRABLE]


def test_coming_closer_than_the_spacing_is_a_desirable_alert() -> None:
    zone = disc("Z", 47.0, 8.0, 5000.0, rule=Rule(spacing_lateral_m=2500.0))
    past = flight(lon=8.0 + 6500.0 / 75_900.0)
    assert kinds(measured([zone], past)) == [Class.DESIRABLE]


def test_who_is_exempt_made_the_alert_unnecessary() -> None:
    police = Exemption((Predicate(PredicateKind.ADDRESS, ("4b1800",)),), "police")
    found = measured([disc("Z", 47.0, 8.0, 5000.0, rule=Rule(exempt=(police,)))], flight())
    assert kinds(found) == [Class.UNNECESSARY]
    assert found.all.nuisance == 1


def test_who_is_first_heard_inside_could_not_be_warned_of() -> None:
    found = measured([HOME], flight(lat=47.0, n=20))
    assert found.situations[0].found_inside
    assert (found.all.missed, found.all.found_inside, found.all.count(Class.NECESSARY)) == (0, 1, 0)


def test_who_is_first_heard_just_outside_has_little_time_available() -> None:
    positions = flight(lat=46.95, n=60, gs_mps=100.0)
    (one,) = measured([HOME], positions).situations
    assert one.available_s == pytest.approx(entry_s(positions, HOME), abs=0.1)
    assert one.warning_s == pytest.approx(one.available_s, abs=0.1)


def test_a_height_that_jumps_through_a_zone_is_void() -> None:
    high = disc("HIGH", 47.0, 8.0, 50_000.0, 6000.0, 6500.0)
    positions = flight(lat=46.9, n=100, vrate_mps=0.0)
    positions.columns["alt_std_m"][50] = 9000.0
    found = measured([high], positions)
    assert set(kinds(found)) == {Class.VOID}
    assert found.all.missed == 0


def test_who_is_heard_no_more_leaves_an_alert_of_which_nobody_knows() -> None:
    assert kinds(measured([HOME], flight(n=150))) == [None]


def test_a_soon_re_entry_is_the_same_incident() -> None:
    # In, out, and back within the minute in which a re-entry continues the incident.
    at = round(entry_s(flight(), HOME))
    waving = flight([0.0] * (at + 3) + [10.0] * 18 + [0.0] * 8 + [10.0] * 18, n=at + 120)
    found = measured([HOME], waving)
    stays = passed([HOME], batches(waving), [Setting()], ONE_THREAD).result.infringements
    assert len(stays) == 2
    assert kinds(found) == [Class.NECESSARY]


def test_a_miss_is_told() -> None:
    # So short a look-ahead leaves no time for three looks.
    found = measured([HOME], flight(), hits=3, of=3, misses=3, bypass_s=0.0, look_ahead_s=1.5)
    assert kinds(found) == [Class.NECESSARY]
    assert (found.all.missed, found.all.indicators["necessary_warned"]) == (1, 0.0)


def test_the_table_and_the_document_say_the_same() -> None:
    evil = disc("\x1b[31m<Z>", 46.7, 8.0, 3000.0)
    found = measured([HOME, evil], flight())
    text = found.table()
    assert "\x1b" not in text
    assert "all zones" in text
    assert "nuisance alerts a flight hour: 0" in text
    plain = json.loads(found.json())
    assert plain["all"]["situations"]["necessary"] == {"all": 2, "warned": 2}
    assert plain["parameters"]["look_ahead_s"] == 120.0
    assert len(plain["zones"]) == 2
    assert {one["class"] for one in plain["situations"]} == {1}


def test_nothing_at_all_is_said_as_such() -> None:
    found = measured([HOME])
    assert found.situations == ()
    assert found.all.indicators["nuisance_per_flight_hour"] is None
    assert "–" in found.table()
    json.loads(found.json())


def test_a_stream_out_of_order_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "FEW_ROWS", 100)
    one = flight()
    parts = batches(one.take(slice(150, 300)), one.take(slice(0, 150)))
    again = report([HOME], parts, None, ONE_THREAD, again=lambda: parts)
    assert again.situations == measured([HOME], one).situations


def test_settings_do_not_disturb_each_other() -> None:
    settings = [
        Setting(PredictionParams(look_ahead_s=s), spacing)
        for s in (60.0, 120.0)
        for spacing in (None, 3000.0)
    ]
    together = reports([HOME], passed([HOME], batches(flight()), settings, ONE_THREAD), settings)
    for one in together:
        alone = reports([HOME], passed([HOME], batches(flight()), [one.setting], ONE_THREAD), [one.setting])
        assert alone[0].situations == one.situations
    times_s = [one.situations[0].warning_s for one in together]
    assert times_s == pytest.approx([59.0, 74.0, 119.0, 134.0], abs=1.0)


def test_the_sweep_is_a_picture(tmp_path: Path) -> None:
    grid = Grid((60.0, 120.0), ((1, 1), (2, 3)), (10.0, 30.0), (None, 1000.0))
    picture = tmp_path / "sweep.png"
    place, found = sweep([HOME], batches(flight()), picture, grid, None, ONE_THREAD)
    assert place.read_bytes().startswith(b"\x89PNG")
    assert len(found) == 16
    with pytest.raises(ConfigError):
        sweep([HOME], [], tmp_path / "sweep.gif", grid)
    with pytest.raises(ConfigError):
        Grid(look_ahead_s=()).settings(PredictionParams())


def test_what_coincides_in_the_sweep_is_drawn_apart() -> None:
    settings = Grid((20.0, 60.0, 120.0), ((1, 1), (2, 3), (4, 5))).settings(PredictionParams())
    drawn = figure(reports([HOME], passed([HOME], batches(flight()), settings, ONE_THREAD), settings))
    for axes in drawn.axes:
        lines = axes.get_lines()
        assert len({line.get_marker() for line in lines}) == len(lines) == 3
        assert len({line.get_markersize() for line in lines}) == 3
        # The narrow one lies on the wide one.
        widths = [line.get_linewidth() for line in sorted(lines, key=lambda it: it.get_zorder())]
        assert widths == sorted(set(widths), reverse=True)
        drawn.canvas.draw()
        boxes = [text.get_window_extent() for text in axes.texts]
        assert boxes
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_the_head_of_the_sweep_says_the_flight_hours_of_the_table() -> None:
    settings = [Setting(PredictionParams())]
    (found,) = reports([HOME], passed([HOME], batches(flight()), settings, ONE_THREAD), settings)
    said = [text.get_text() for text in figure([found]).texts]
    (hours,) = (line for line in found.table().splitlines() if "flight hours." in line)
    assert any(hours.split(".  ")[0].split(". Times")[0] in text for text in said)


def test_real_traffic_over_real_zones(shared: Path) -> None:
    from nofly.run.files.zonefiles import read_zones

    if not compiled():
        pytest.skip("a whole day takes the uncompiled kernel minutes")
    zones = read_zones(shared / "zones-openair" / "Switzerland.txt").zones
    tracks = shared / "traffic" / "switzerland.json.gz"
    options = CheckOptions(threads=1, qnh=("1020",))
    found = report(zones, read_batches(tracks), None, options, again=lambda: read_batches(tracks))
    assert found.flown_h > 300.0
    assert found.all.count(Class.NECESSARY) >= 1
    assert found.all.missed == 0
    assert found.all.indicators["nuisance_per_flight_hour"] < 0.05  # type: ignore[operator]
    assert all(60.0 < s <= 120.0 for s in found.all.warning_times_s)


KEEP = disc("K", 47.0, 8.0, 5000.0, 1000.0, restriction=Restriction.KEEP_IN)


def test_a_leaving_that_was_predicted_is_counted_apart_from_entries() -> None:
    found = measured([HOME, KEEP], flight(n=600))
    entry, leaving = found.situations
    assert (entry.zone, leaving.zone, leaving.kind, leaving.found_inside) == (0, 1, Class.NECESSARY, False)
    assert leaving.warning_s is not None
    assert leaving.warning_s > 40.0
    assert found.all.situations == (entry,)
    assert found.leavings.situations == (leaving,)
    assert (found.leavings.missed, found.leavings.nuisance) == (0, 0)
    table = found.table().splitlines()
    assert [line.split("  ")[0] for line in table[1:5]] == [
        "HOME",
        "leaving K",
        "all zones",
        "leaving, all zones",
    ]
    assert json.loads(found.json())["leavings"]["situations"]["necessary"] == {"all": 1, "warned": 1}


def test_a_leaving_of_which_nothing_was_said_is_missed() -> None:
    found = measured([KEEP], flight(n=600), least_speed_mps=500.0)
    assert (found.leavings.missed, found.all.situations) == (1, ())


def test_turning_round_before_the_border_is_no_use_of_a_warning() -> None:
    wide = disc("K", 47.0, 8.0, 20e3, restriction=Restriction.KEEP_IN)
    found = measured([wide], flight([0.0] * 3 + [10.0] * 18, lat=47.15, n=60, gs_mps=120.0))
    assert kinds(found) == [Class.UNNECESSARY]
    assert (found.leavings.nuisance, found.all.nuisance) == (1, 0)


def test_without_zones_that_must_not_be_left_nothing_is_said_of_leaving() -> None:
    assert "leaving" not in measured([HOME], flight()).table()
