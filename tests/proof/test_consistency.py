"""Numbers that fit one flight and numbers that do not: published cases, arithmetic, paths through a zone."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.proof.claiming.arcs import Paths, along, deepest_m, exits_m
from nofly.proof.claiming.claim_file import parse
from nofly.proof.claiming.consistency import Fit, fit
from nofly.proof.claiming.ends import Ends, ends_of
from nofly.proof.claiming.plane import Figure, figures
from nofly.proof.claiming.verdicts import Verdict
from nofly.zones.compiled import compile_zones
from nofly.zones.model import Circle, Corridor, Datum, Limit, Polygon, Volume, Zone
from nofly.zones.schedule import Schedule
from tests.proof.turning_flights import star


def fits(text: str, shapes: list[Figure] | None = None, off_m: float = 0.0) -> list[Fit]:
    claim = parse(
        'format = "nofly-claims/1"\ntitle = "T"\n[[statement]]\nwho = "A"\nsays = "B"\ninside = "ever"\n'
        f'about = {{ class = "fast-jet" }}\n{text}\n'
    )
    (statement,) = claim.statements
    found = [
        fit(statement, reading, shapes or [], off_m, ends_of(None, left=statement.left))
        for reading in statement.readings
    ]
    return [one for one in found if one is not None]


def shapes_of(zone: Zone) -> list[Figure]:
    return figures(compile_zones([zone]), 0)


SQUARE = Zone("S", "S", (Volume(Polygon(((0.0, 0.0), (0.0, 0.2), (0.2, 0.2), (0.2, 0.0)))),))


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ('length = "1.15 mi"\nduration = "17 s"', 392),
        ('length = "1.15 nmi"\nduration = "17 s"', 451),
        ('length = "1.7 mi"\nduration = "17 s"', 579),
        ('length = "13 km"\nduration = "about 1 min"', 780),
    ],
)
def test_a_length_and_a_time_are_a_speed(text: str, kmh: int) -> None:
    (found,) = fits(text)
    assert [round(x) for x in found.numbers["implied_speed_kmh"]] == [kmh, kmh]
    assert f"is {kmh} km/h" in found.reasons[0]
    assert found.verdict is Verdict.NOT_SHOWN


def test_a_speed_that_does_not_fit_is_named_with_what_it_needs() -> None:
    (found,) = fits('length = "1.15 mi"\nduration = "17 s"\nspeed = "980 km/h"')
    told = " ".join(found.reasons)
    assert found.verdict is Verdict.SELF_INCONSISTENT
    assert "980 km/h in 17 s covers 4.63 km" in told
    assert "fit 379–406 km/h" in told
    assert "the stated speed is 980 km/h" in told


def test_minutes_at_a_range_of_speeds_are_a_range_of_lengths() -> None:
    (found,) = fits('duration = "12 min"\nspeed = "700–1000 km/h"')
    assert found.numbers["implied_length_km"] == [140.0, 200.0]


def test_nothing_is_deeper_than_half_of_its_way() -> None:
    (found,) = fits('length = "1.15 mi"\nduration = "17 s"\ndepth = "1.36 mi"')
    assert found.verdict is Verdict.SELF_INCONSISTENT
    (found,) = fits('length = "2 km"\ndepth = "1.5 km"\nduration = "17 s"\nleft = false')
    assert found.verdict is Verdict.NOT_SHOWN


def test_a_climb_that_no_aircraft_of_its_class_flies_is_self_inconsistent() -> None:
    (found,) = fits('altitude = "19000 ft STD"\nexit_altitude = "1000 ft STD"\nduration = "4 s"')
    assert found.verdict is Verdict.SELF_INCONSISTENT
    assert "climbs or descends at 400 m/s" in found.reasons[-1]
    (found,) = fits('altitude = "40 km AMSL"\nduration = "4 s"')
    assert found.verdict is Verdict.SELF_INCONSISTENT


def test_a_class_that_is_too_slow_breaks_it() -> None:
    (found,) = fits('length = "10 km"\nduration = "20 s"')
    assert found.verdict is Verdict.NOT_SHOWN
    (found,) = fits('length = "100 km"\nduration = "20 s"')
    assert found.verdict is Verdict.SELF_INCONSISTENT
    assert "fast-jet flies" in " ".join(found.reasons)


def test_the_speeds_that_fit_are_a_set_with_kinds_of_paths() -> None:
    (found,) = fits('duration = "100 s"\ndepth = "5 km"', shapes_of(SQUARE))
    assert found.verdict is Verdict.NOT_SHOWN
    low, high = found.numbers["fitting_speed_kmh"]
    # Across a corner, 5 km deep, 14.1 km and more; the longest way through is the diagonal's neighbour.
    assert low < 500.0 < 800.0 < high
    assert found.families
    for family in found.families:
        assert family.speed_mps[0] <= family.speed_mps[1]
        assert 4_400.0 < family.depth_m[0] <= family.depth_m[1] < 5_600.0
        assert len(family.places) > 10


def test_too_deep_for_the_zone_is_found_by_the_search_and_named() -> None:
    (found,) = fits(
        'duration = "100 s"\ndepth = "15 km"\nlength = "40 km"\nspeed = "1440 ± 100 km/h"', shapes_of(SQUARE)
    )
    assert found.verdict is Verdict.SELF_INCONSISTENT
    assert "paths through the zone fits" in " ".join(found.reasons)


def test_a_way_that_needs_more_turns_than_are_tried_is_not_refused() -> None:
    (found,) = fits(
        'duration = "280 s"\ndepth = "< 1 km"\nlength = "70 km"\nspeed = "900 km/h"', shapes_of(SQUARE)
    )
    assert found.verdict is Verdict.NOT_SHOWN
    assert "more often" in found.reasons[-1]
    assert not found.families


def test_a_zone_with_a_ceiling_or_a_schedule_is_not_entered_through_its_sides_alone() -> None:
    (volume,) = SQUARE.volumes
    capped = replace(SQUARE, volumes=(replace(volume, upper=Limit(3000.0, Datum.STD, "FL100")),))
    assert ends_of(SQUARE, left=True) is Ends.THROUGH
    assert ends_of(SQUARE, left=False) is Ends.ENTERED
    assert ends_of(capped, left=True) is Ends.ANYWHERE
    assert ends_of(replace(SQUARE, schedule=Schedule(())), left=True) is Ends.ANYWHERE


def test_the_search_has_one_answer() -> None:
    text = 'duration = "100 s"\ndepth = "5 km"'
    assert fits(text, shapes_of(SQUARE)) == fits(text, shapes_of(SQUARE))


def test_parts_that_overlap_are_searched_as_one() -> None:
    corridor = Zone("C", "C", (Volume(Corridor(((0.0, 0.0), (0.0, 1.0), (1.0, 1.0)), 5_000.0)),))
    (found,) = shapes_of(corridor)
    assert found.holds(*found.xy(0.0, 0.5))
    assert found.distance_m(*found.xy(0.0, 0.5)) == pytest.approx(5_000.0, abs=20.0)
    overlapping = Zone("O", "O", (Volume(Circle((0.0, 0.0), 5e3)), Volume(Circle((0.0, 0.05), 5e3))))
    assert len(shapes_of(overlapping)) == 1
    apart = Zone("A", "A", (Volume(Circle((0.0, 0.0), 5e3)), Volume(Circle((0.0, 1.0), 5e3))))
    assert len(shapes_of(apart)) == 2


@pytest.mark.parametrize("turned", [1, -1])
def test_a_figure_has_its_area_on_the_left_and_its_holes(turned: int) -> None:
    outer = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))[::turned]
    hole = ((0.4, 0.4), (0.4, 0.6), (0.6, 0.6), (0.6, 0.4))[::turned]
    (figure,) = shapes_of(Zone("H", "H", (Volume(Polygon(outer, (hole,))),)))
    assert figure.holds(*figure.xy(0.2, 0.2))
    assert not figure.holds(*figure.xy(0.5, 0.5))
    x0, y0, x1, y1 = figure.edges.T
    middle = np.column_stack([0.5 * (x0 + x1), 0.5 * (y0 + y1)])
    left = np.column_stack([-(y1 - y0), x1 - x0]) / figure.lengths_m[:, None]
    for (x, y), (nx, ny) in zip(middle.tolist(), left.tolist(), strict=True):
        assert figure.holds(x + 10 * nx, y + 10 * ny)
        assert not figure.holds(x - 10 * nx, y - 10 * ny)


@settings(max_examples=40)
@given(
    st.integers(0, 6), st.floats(0.05, 0.95), st.floats(-1.2, 1.2), st.floats(-1e-3, 1e-3),
    st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3), st.floats(0.0, 20_000.0), st.floats(0.0, 10_000.0),
)  # fmt: skip
def test_a_path_leaves_where_small_steps_say(
    edge: int, share: float, angle: float, bend: float, later: float, last: float, switch_m: float,
    more_m: float,
) -> None:  # fmt: skip
    (figure,) = shapes_of(star(50.0, 5.0, [9e3, 5e3, 8e3, 6e3, 9e3, 4e3, 7e3]))
    x0, y0, x1, y1 = figure.edges[edge]
    entry = np.array([[x0 + share * (x1 - x0), y0 + share * (y1 - y0)]])
    direction = np.array([math.atan2(y1 - y0, x1 - x0) + 0.5 * math.pi + angle])
    bends, switches = np.array([[bend, later, last]]), np.array([[switch_m, switch_m + more_m]])
    path = Paths(entry, direction, bends, switches, np.zeros(1), np.ones(1))
    way = float(exits_m(figure, path)[0])
    steps = np.arange(1.0, min(way, 60_000.0) + 25.0, 10.0)
    points, _ = along(path, steps[None, :])
    outside = [not figure.holds(x, y) for x, y in points[0].tolist()]
    if math.isfinite(way):
        before = [s for s, out in zip(steps.tolist(), outside, strict=True) if out and s < way - 1.0]
        # A corner may be cut by less than a step shows.
        assert (
            not before
            or max(
                figure.distance_m(*points[0][int(s / 10.0) - 1 if s >= 10 else 0].tolist()) for s in before
            )
            < 12.0
        )
        deep = float(deepest_m(figure, path, np.zeros(1), np.array([way]))[0])
        inside = [
            figure.distance_m(x, y) for (x, y), s in zip(points[0].tolist(), steps, strict=True) if s < way
        ]
        if inside:
            assert deep >= max(inside) - 1.0
            assert deep <= max(inside) + 12.0
