"""Rows one by one to a batch of positions: for formats that are decoded record by record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nofly.schema import FLOATS, LONGS, SMALLS, TEXTS, Coded, Positions

Values = Mapping[str, Any]
"""Optional columns of one row by the schema's names (``received_us`` for the time received); None is null."""


class Rows:
    """Collects rows and gives them as :class:`Positions`. A column that no row has is left out."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._time_us: list[int] = []
        self._target: list[str] = []
        self._lat_deg: list[float] = []
        self._lon_deg: list[float] = []
        self._values: list[Values] = []

    def __len__(self) -> int:
        return len(self._time_us)

    def add(self, time_us: int, target_id: str, lat_deg: float, lon_deg: float, values: Values) -> None:
        """Add one row that :func:`position_fault` finds no fault with."""
        self._time_us.append(time_us)
        self._target.append(target_id)
        self._lat_deg.append(lat_deg)
        self._lon_deg.append(lon_deg)
        self._values.append(values)

    def take(self) -> Positions:
        """Return the rows in the order they came, and begin anew."""
        columns: dict[str, Any] = {}
        texts: dict[str, Coded] = {}
        present = {name for values in self._values for name, value in values.items() if value is not None}
        for name in (*FLOATS, *SMALLS, *LONGS):
            if name in present:
                found = [values.get(name) for values in self._values]
                columns[name] = (
                    np.array(found, np.float64)
                    if name in FLOATS
                    else np.array(
                        [-1 if v is None else v for v in found], np.int8 if name in SMALLS else np.int64
                    )
                )
        for name in TEXTS:
            if name in present:
                texts[name] = Coded.from_list([values.get(name) for values in self._values])
        batch = Positions(
            np.array(self._time_us, np.int64), Coded.from_list(self._target),
            np.array(self._lat_deg, np.float64), np.array(self._lon_deg, np.float64), columns, texts,
        )  # fmt: skip
        self._clear()
        return batch
