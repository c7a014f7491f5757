"""Coverage: the same however it comes, right at the poles, bounded, and told by evidence alone."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.proof.coverage import Coverage, Seen
from nofly.proof.covering.cells import (
    BANDS_FT,
    COLUMNS,
    ROWS,
    around,
    bands_at,
    box,
    cells_at,
    centres,
    heights_of,
)
from nofly.proof.covering.coverage_words import TRANSPONDERS
from nofly.schema import Coded, Positions, concatenate
from tests.proof.level_flights import FT_M, HOUR_US, START_US, flight, only

MINUTE_US = 60_000_000
REPORT = st.tuples(
    st.sampled_from([-90.0, -89.9, 0.0, 47.1, 47.2, 89.8, 90.0]) | st.floats(-90, 90),
    st.sampled_from([-180.0, -179.9, 8.1, 8.3, 179.9, 180.0]) | st.floats(-180, 180),
    st.floats(-500, 50_000) | st.just(float("nan")),
    st.integers(-7200, 7200),
    st.sampled_from("abc"),
    st.sampled_from([None, "north", "south"]),
)


def _positions(reports: list[Any]) -> Positions:
    return Positions(
        np.array([START_US + r[3] * 1_000_000 for r in reports], np.int64),
        Coded.from_list([r[4] for r in reports]),
        np.array([r[0] for r in reports], float), np.array([r[1] for r in reports], float),
        {"alt_std_m": np.array([r[2] * FT_M for r in reports], float)},
        {"station": Coded.from_list([r[5] for r in reports])},
    )  # fmt: skip


def _credible(reports: list[Any]) -> Any:
    return np.array([r[3] % 4 != 0 for r in reports], bool)


def _coverage(*flights: Positions, most_rows: int = 1_000_000) -> Coverage:
    coverage = Coverage(most_rows)
    for one in flights:
        coverage.take(one)
    return coverage


def _bytes(coverage: Coverage) -> bytes:
    return json.dumps(coverage.as_json(), sort_keys=True).encode()


def _crossing(first_band_ft: float = 35_000.0, count: int = 3) -> list[Positions]:
    """Return flights from west to east over 47° N, from 5° to 11° E, each ten minutes after the other."""
    return [
        flight(f"{k:06x}", (47.1, 5.0), (47.1, 11.0), first_band_ft, START_US + k * 10 * MINUTE_US)
        for k in range(count)
    ]


@given(st.lists(REPORT, min_size=1, max_size=40), st.randoms(use_true_random=False), st.integers(4, 60))
def test_order_batches_and_parts_change_nothing(
    reports: list[Any], chance: random.Random, most_rows: int
) -> None:
    try:
        all_at_once = Coverage(most_rows)
        all_at_once.take(_positions(reports), _credible(reports))
        expected = _bytes(all_at_once)
    except InputError:
        expected = b""
    mixed = list(reports)
    chance.shuffle(mixed)
    parts = [Coverage(most_rows) for _ in range(3)]
    try:
        while mixed:
            size = chance.randint(1, 8)
            batch, mixed = mixed[:size], mixed[size:]
            one = chance.choice(parts)
            one.take(_positions(batch), _credible(batch))
            if chance.random() < 0.3:
                one.rows()
        chance.shuffle(parts)
        for other in parts[1:]:
            parts[0].merge(other)
        found = _bytes(parts[0])
        assert _bytes(Coverage.from_json(parts[0].as_json(), most_rows)) == found
    except InputError:
        found = b""
    assert found == expected


@given(st.lists(REPORT, min_size=1, max_size=40))
def test_what_is_counted_is_what_came(reports: list[Any]) -> None:
    positions = _positions(reports)
    evidence = _coverage(positions).evidence
    cell, band = cells_at(positions.lat_deg, positions.lon_deg), bands_at(heights_of(positions))
    plain: dict[tuple[int, int, int], list[Any]] = {}
    for k in range(len(reports)):
        if band[k] < len(BANDS_FT):
            key = int(cell[k]), int(band[k]), int(positions.time_us[k] // HOUR_US)
            plain.setdefault(key, []).append((positions.target.at(k), positions.time_us[k] // MINUTE_US % 60))
    for at in evidence.cells.tolist():
        found = evidence.of(at)
        for high in range(len(BANDS_FT)):
            for k, hour in enumerate(evidence.hours.tolist()):
                came = plain.pop((at, high, hour), [])
                assert found.reports[high, k] == len(came)
                assert found.aircraft[high, k] == len({name for name, _ in came})
                assert int(found.minutes[high, k]) == sum(1 << int(m) for m in {m for _, m in came})
    assert not plain


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=20))
def test_every_place_is_in_its_cell(places: list[tuple[float, float]]) -> None:
    lat, lon = (np.array(part) for part in zip(*places, strict=True))
    for cell, y, x in zip(cells_at(lat, lon).tolist(), lat, lon, strict=True):
        south, west, north, east = box(cell)
        assert south - 1e-9 <= y <= north + 1e-9
        assert (x - west + 1e-9) % 360.0 <= east - west + 2e-9
        assert 0 <= cell < ROWS * COLUMNS
        beside = around(cell)
        assert cell not in beside
        assert all(cell in around(one) for one in beside.tolist())


def test_round_a_pole_there_is_one_cell() -> None:
    assert len(set(cells_at([90.0, 89.9, 89.8], [0.0, 120.0, -180.0]).tolist())) == 1
    lat, lon = (part[0] for part in centres(cells_at([-90.0], [5.0])))
    assert (lat, abs(lon)) == (-90.0, 0.0)
    wide_m = [
        (east - west) * np.cos(np.radians((south + north) / 2)) * 111_000
        for south, west, north, east in (box(c) for c in cells_at(np.arange(-89.6, 89.6, 0.25), [0.0] * 717))
    ]
    assert min(wide_m) > 13_000
    assert max(wide_m) < 28_000


def test_a_pole_is_seen_from_every_longitude() -> None:
    coverage = _coverage(flight("a", (85.0, 10.0), (90.0, 10.0)))
    for lon_deg in (-180.0, -10.0, 100.0, 180.0):
        said = coverage.statement(
            90.0, lon_deg, 35_000 * FT_M, START_US + 29 * MINUTE_US, START_US + 30 * MINUTE_US
        )
        assert said.verdict is Seen.SEEN


def test_across_the_antimeridian_both_sides_are_beside() -> None:
    east = cells_at([10.1], [179.9])[0]
    west = cells_at([10.1], [-179.9])[0]
    assert west in around(int(east))
    flights = [flight(f"{k}", (10.1 + k / 4, 178.0), (10.1 + k / 4, -178.0)) for k in (-1, 1)]
    said = _coverage(*flights).statement(10.1, 180.0, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert said.verdict is Seen.COULD


def test_seen_where_something_was_received() -> None:
    coverage = _coverage(*_crossing())
    said = coverage.statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert said.verdict is Seen.SEEN
    (band,) = said.numbers["bands"]
    assert band["aircraft"] == 3
    assert band["reports"] > 3
    assert 45 <= said.numbers["minutes_up"] <= 51
    assert TRANSPONDERS in said.sentences
    assert any("pressure height" in sentence for sentence in said.sentences)


def test_what_is_seen_low_could_be_seen_high_and_not_the_other_way() -> None:
    coverage = _coverage(*_crossing(7_000.0))
    high = coverage.statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    low = coverage.statement(47.1, 8.1, 3_000 * FT_M, START_US, START_US + HOUR_US)
    assert (high.verdict, low.verdict) == (Seen.COULD, Seen.UNKNOWN)


def test_an_empty_sky_is_unknown() -> None:
    coverage = _coverage(*_crossing())
    for place in ((47.9, 8.1), (-30.0, 100.0)):
        assert coverage.statement(*place, 35_000 * FT_M, START_US, START_US + HOUR_US).verdict is Seen.UNKNOWN
    assert Coverage().statement(0.0, 0.0, None, START_US, START_US).verdict is Seen.UNKNOWN


def test_where_tracks_break_off_at_height_nothing_could_be_seen() -> None:
    witness = flight("77", (46.5, 5.0), (46.5, 7.5), 33_000.0, START_US, 3500)
    coverage = _coverage(witness, *(only(one, 5.0, 8.0) for one in _crossing()))
    said = coverage.statement(47.1, 8.4, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert said.verdict is Seen.COULD_NOT
    assert said.numbers["bands"][0]["aircraft_not_received"] == 3
    assert coverage.statement(47.1, 7.9, 35_000 * FT_M, START_US, START_US + HOUR_US).verdict is Seen.SEEN


def test_gaps_flown_through_tell_the_same() -> None:
    flights = [concatenate([only(one, 5.0, 7.0), only(one, 9.0, 11.0)]) for one in _crossing()]
    said = _coverage(*flights).statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert said.verdict is Seen.COULD_NOT
    one = _coverage(flights[0]).statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert one.verdict is Seen.UNKNOWN, "one aircraft may have a fault of its own"


def test_tracks_that_all_end_at_once_tell_of_the_time_and_not_of_the_place() -> None:
    flights = [flight(f"{k}", (46.0 + k, 5.0), (46.0 + k, 9.0)) for k in range(3)]
    coverage = _coverage(*flights)
    there = coverage.statement(46.0, 9.4, 35_000 * FT_M, START_US, START_US + 30 * MINUTE_US)
    assert there.verdict is Seen.UNKNOWN
    then = coverage.statement(46.0, 8.9, 35_000 * FT_M, START_US + 40 * MINUTE_US, START_US + 50 * MINUTE_US)
    assert then.verdict is Seen.COULD_NOT
    assert then.numbers["aircraft_cut_off"] == 3
    before = coverage.statement(46.0, 8.9, None, START_US - HOUR_US, START_US - MINUTE_US)
    assert before.verdict is Seen.UNKNOWN


def test_a_named_receiver_that_is_silent_is_not_up_though_another_is() -> None:
    north = flight("a", (47.1, 7.0), (47.1, 9.0), station="north")
    south = [
        flight(f"b{k}", (45.1, 7.0), (45.1, 9.0), from_us=START_US + k * 30 * MINUTE_US, station="south")
        for k in range(4)
    ]
    coverage = _coverage(north, *south)
    said = coverage.statement(47.1, 8.1, 35_000 * FT_M, START_US + HOUR_US, START_US + 2 * HOUR_US)
    assert said.numbers["minutes_up"] == 0
    assert said.verdict is Seen.UNKNOWN
    assert coverage.stations == ("north", "south")


def test_reports_are_thinned_by_aircraft_and_never_by_place() -> None:
    flights = [
        flight(f"{k:06x}", (47.1, 5.0), (47.1, 11.0), from_us=START_US + k * MINUTE_US) for k in range(25)
    ]
    whole, small = _coverage(*flights), _coverage(*flights, most_rows=200)
    assert small.level > 0
    assert len(small.rows()) <= 200 < len(whole.rows())
    for cell in whole.evidence.cells.tolist():
        known, kept = whole.evidence.of(cell), small.evidence.of(cell)
        assert (known.reports == kept.reports).all()
        assert (known.minutes == kept.minutes).all()
        assert (known.aircraft >= kept.aircraft).all()
    said = small.statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert any("at least" in sentence for sentence in said.sentences)
    with pytest.raises(InputError, match="cells"):
        _coverage(*flights, most_rows=3).rows()


def test_heights_with_another_datum_are_told() -> None:
    positions = flight("a", (47.1, 5.0), (47.1, 11.0))
    positions.columns["alt_amsl_m"] = positions.columns.pop("alt_std_m")
    positions.columns["alt_amsl_m"][:7] = np.nan
    coverage = _coverage(positions)
    assert coverage.heights["alt_amsl_m"] == 174
    assert coverage.heights["untold"] == 7
    said = coverage.statement(47.1, 8.1, 35_000 * FT_M, START_US, START_US + HOUR_US)
    assert any("174 of 181 reports told only one above the sea" in sentence for sentence in said.sentences)
    assert any("7 of 181 reports told no height" in sentence for sentence in said.sentences)


def test_no_place_and_no_time_are_refused() -> None:
    with pytest.raises(ValueError, match="place"):
        Coverage().statement(91.0, 0.0, None, 0, 1)
    with pytest.raises(ValueError, match="time"):
        Coverage().statement(1.0, 0.0, None, 2, 1)


@given(st.integers(0, 10_000), st.sampled_from(["flip", "drop", "kind", "more"]))
def test_a_changed_document_is_refused_or_read(at: int, how: str) -> None:
    document = _coverage(*_crossing(count=1)).as_json()
    names = sorted(document)
    name = names[at % len(names)]
    if how == "drop":
        del document[name]
    elif how == "kind":
        document[name] = [None, {}, -1, "x", 1e99][at % 5]
    elif how == "more":
        document["more"] = 1
    else:
        table = document["table"]
        k = at % len(table)
        document["table"] = table[:k] + ("A" if table[k] != "A" else "B") + table[k + 1 :]
    try:
        read = Coverage.from_json(document)
    except InputError:
        return
    assert how == "flip" or (how, name) == ("kind", "level")
    assert read.as_json()["rows"] == document["rows"]


def test_more_rows_than_allowed_are_refused() -> None:
    document = _coverage(*_crossing()).as_json()
    with pytest.raises(InputError, match="rows"):
        Coverage.from_json(document, most_rows=10)
