"""Limits as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.zones.limits import parse_limit
from nofly.zones.model import Datum, Limit


@pytest.mark.parametrize(
    ("text", "value_m", "datum"),
    [
        ("GND", 0.0, Datum.AGL), ("sfc", 0.0, Datum.AGL), ("FL95", 2895.6, Datum.STD),
        ("FL 110", 3352.8, Datum.STD), ("FL110   ", 3352.8, Datum.STD), ("4500ft MSL", 1371.6, Datum.AMSL),
        ("1000 AGL", 304.8, Datum.AGL), ("40000ft AMSL", 12192.0, Datum.AMSL),
        ("1000 m AGL", 1000.0, Datum.AGL),
        ("300 M", 300.0, Datum.AMSL), ("2500", 762.0, Datum.AMSL), ("200ft GND", 60.96, Datum.AGL),
        ("4500MSL", 1371.6, Datum.AMSL), ("1234.5ft AMSL", 376.2756, Datum.AMSL), ("0", 0.0, Datum.AMSL),
        ("120 M AGL", 120.0, Datum.AGL), ("500 ft WGS84", 152.4, Datum.HAE),
        ("-30 m AMSL", -30.0, Datum.AMSL),
        ("3000 m STD", 3000.0, Datum.STD),
    ],
)  # fmt: skip
def test_known_forms(text: str, value_m: float, datum: Datum) -> None:
    limit = parse_limit(text)
    assert limit is not None
    assert limit.value_m == pytest.approx(value_m)
    assert (limit.datum, limit.text) == (datum, " ".join(text.split()))


@pytest.mark.parametrize("text", ["UNL", "UNLIM", "UNLTD", "unlimited"])
def test_unlimited_is_none(text: str) -> None:
    assert parse_limit(text) is None


@pytest.mark.parametrize(
    "text", ["", "FL", "90 KM", "1e5 ft", "4,500 ft", "FL100 AGL", "ft 100", "9" * 500, "NaN"]
)
def test_anything_else_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_limit(text)


@given(st.text(max_size=40))
def test_any_text_is_a_limit_or_a_value_error(text: str) -> None:
    try:
        limit = parse_limit(text)
    except ValueError:
        return
    assert limit is None or isinstance(limit, Limit)
