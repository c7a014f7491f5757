from __future__ import annotations

import numpy as np
import pytest

from nofly.schema import Coded, Positions


def some() -> Positions:
    n = 6
    return Positions(
        np.arange(n), Coded.from_list(["a", "b", "a", "c", "b", "a"]),
        np.arange(n) / 7.0, -np.arange(n) / 3.0,
        {"nic": np.arange(n, dtype=np.int8)}, {"callsign": Coded.from_list([None, "X", "X", None, "Y", "X"])},
    )  # fmt: skip


@pytest.mark.parametrize(
    "rows", [np.array([4, 0, 4]), np.array([True, False, False, True, True, False]), slice(None, None, 2)]
)
def test_rows_are_taken_by_number_by_mask_and_by_slice(rows: np.ndarray | slice) -> None:
    whole = some()
    part, numbers = whole.take(rows), np.arange(len(whole))[rows].tolist()
    assert part.time_us.tolist() == numbers
    assert part.lat_deg.tolist() == whole.lat_deg[numbers].tolist()
    assert part.lon_deg.tolist() == whole.lon_deg[numbers].tolist()
    assert part.columns["nic"].tolist() == numbers
    for coded, of in ((part.target, whole.target), (part.texts["callsign"], whole.texts["callsign"])):
        assert [coded.at(k) for k in range(len(part))] == [of.at(k) for k in numbers]


def test_a_copied_slice_keeps_nothing_else() -> None:
    part = some().take(slice(0, None, 2)).copied()
    columns = (
        part.time_us,
        part.target.codes,
        part.lat_deg,
        part.columns["nic"],
        part.texts["callsign"].codes,
    )
    assert all(column.base is None and column.flags.c_contiguous for column in columns)
