from __future__ import annotations

import pyarrow as pa
import pytest

from nofly.feeds.written_numbers import decimal_mark, numbers


@pytest.mark.parametrize(
    ("degrees", "mark"),
    [(["47", "47,5", "8.5"], ","), (["47.5"], "."), (["47", None], ""), ([], ""), ([None, "-0.5"], ".")],
)
def test_degrees_tell_the_decimal_mark(degrees: list[str | None], mark: str) -> None:
    assert decimal_mark(pa.array(degrees, pa.string())) == mark


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1,800", ".", 1800.0),
        ("1,800", ",", 1.8),
        ("1.800", ",", 1800.0),
        ("1.800", ".", 1.8),
        ("1.800", "", 1.8),
        ("1,234,567", "", 1234567.0),
        ("1.234.567", "", 1234567.0),
        ("1,800.5", "", 1800.5),
        ("1.800,5", "", 1800.5),
        ("-1,800", ".", -1800.0),
        ("12,5", ".", 12.5),
        ("12.5", ",", 12.5),
        ("1800", ",", 1800.0),
    ],
)
def test_thousands_and_decimals(text: str, mark: str, value: float) -> None:
    found = numbers(pa.array([text]), mark, degrees=False)
    assert found.values.tolist() == [value]
    assert (found.nones, found.doubtfuls) == (0, 0)


def test_what_could_be_either_is_not_guessed() -> None:
    found = numbers(pa.array(["5", "1,800", "high"]), "", degrees=False)
    assert found.values.tolist() == pytest.approx([5.0, float("nan"), float("nan")], nan_ok=True)
    assert (found.doubtful, found.doubtfuls, found.none, found.nones) == ("1,800", 1, "high", 1)


def test_degrees_have_no_thousands() -> None:
    assert numbers(pa.array(["47,123", "8,5"]), "", degrees=True).values.tolist() == [47.123, 8.5]


def test_an_empty_cell_is_no_wrong_number() -> None:
    found = numbers(pa.array(["1,800", None, "", "n/a"], pa.string()), ".", degrees=False)
    assert (found.none, found.nones, found.apart) == (None, 0, "1,800")
