"""Stated quantities are read as they are written, and what is none is refused with what was expected."""

from __future__ import annotations

import math

import pytest

from nofly.errors import InputError
from nofly.proof.claiming.quantities import Kind, read_span


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("17 s", Kind.DURATION, 16.5, 17.5),
        ("1 min 16 s", Kind.DURATION, 75.5, 76.5),
        ("1 min 40 s", Kind.DURATION, 95.0, 105.0),
        ("1 h 5 min", Kind.DURATION, 3870.0, 3930.0),
        ("1 h 2 min 3 s ± 4 s", Kind.DURATION, 3719.0, 3727.0),
        ("1 min 10 s – 2 min", Kind.DURATION, 70.0, 120.0),
        ("about 4 min", Kind.DURATION, 192.0, 288.0),
        ("10–12 min", Kind.DURATION, 600.0, 720.0),
        ("1.15 nmi", Kind.LENGTH, 1.145 * 1852, 1.155 * 1852),
        ("1.15 mi", Kind.LENGTH, 1.145 * 1609.344, 1.155 * 1609.344),
        ("< 10 km", Kind.LENGTH, 0.0, 10_000.0),
        ("more than 3 km", Kind.LENGTH, 3_000.0, math.inf),
        ("3 ± 1 km", Kind.LENGTH, 2_000.0, 4_000.0),
        ("980 km/h", Kind.SPEED, 975 / 3.6, 985 / 3.6),
        ("700–1,000 km/h", Kind.SPEED, 700 / 3.6, 1000 / 3.6),
        ("19,000 ft STD", Kind.HEIGHT, 18_500 * 0.3048, 19_500 * 0.3048),
        ("FL190", Kind.HEIGHT, 18_950 * 0.3048, 19_050 * 0.3048),
        ("225–315°", Kind.ANGLE, 225.0, 315.0),
        ("350–10°", Kind.ANGLE, 350.0, 370.0),
        ("20", Kind.COUNT, 20.0, 20.0),
        ("19 to 23", Kind.COUNT, 19.0, 23.0),
    ],
)
def test_a_quantity_is_read(text: str, kind: Kind, low: float, high: float) -> None:
    ((_, span),) = read_span(text, kind)
    assert span.low_value == pytest.approx(low)
    assert span.high_value == pytest.approx(high)


def test_a_height_keeps_its_datum() -> None:
    assert read_span("19000 ft AMSL", Kind.HEIGHT)[0][1].datum == "AMSL"
    assert read_span("FL190", Kind.HEIGHT)[0][1].datum == "STD"
    assert read_span("19000 ft", Kind.HEIGHT)[0][1].datum == ""


def test_a_mile_that_is_not_named_has_two_readings() -> None:
    ways = dict(read_span("1.15 miles", Kind.LENGTH))
    assert list(ways) == ["statute miles", "nautical miles"]
    assert ways["nautical miles"].nominal_low_value == pytest.approx(1.15 * 1852)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("17", Kind.DURATION, "no unit"),
        ("17 minn", Kind.DURATION, "perhaps min"),
        ("17 km", Kind.SPEED, "unknown unit 'km'"),
        ("deep", Kind.LENGTH, "is no length"),
        ("1 km or more", Kind.LENGTH, "is no length"),
        ("9" * 100, Kind.LENGTH, "too long"),
        ("-5 km", Kind.LENGTH, "is no length"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, kind: Kind, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_span(text, kind)
    assert said in str(caught.value)
