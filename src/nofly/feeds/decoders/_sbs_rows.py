"""Rows of the SBS-1 decoder, one by one or many at once, to batches of positions in the order they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.feeds.decoders._sbs_memory import CALLSIGN, ON_GROUND, REMEMBERED, SQUAWK, Memory
from nofly.schema import Coded, Positions, concatenate

_NUMBERS = [name for name in REMEMBERED if name.endswith(("_m", "_mps", "_deg"))]


@dataclass(slots=True)
class SbsBlock:
    """Columns of equal length, one row a position."""

    time_us: NDArray[np.int64]
    slot: NDArray[np.int64]
    """The aircraft in the decoder's memory."""
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    value: NDArray[np.float64]
    """(n, :data:`REMEMBERED`): what held then, NaN is not known."""
    surface: NDArray[np.bool_]
    mlat: NDArray[np.bool_]
    received_us: NDArray[np.int64]
    """-1 is not known."""
    raw: NDArray[np.int64]


class SbsRows:
    """Collects rows and gives them as :class:`Positions`. A column that no row has is left out."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._blocks: list[Positions] = []
        self._whole: list[tuple[int, ...]] = []
        self._real: list[tuple[float, ...]] = []

    def add(self, block: SbsBlock) -> None:
        """Add many rows."""
        self._gather()
        if len(block.time_us):
            self._blocks.append(self._positions(block))

    def add_one(
        self, time_us: int, slot: int, lat_deg: float, lon_deg: float, value: list[float], *rest: int
    ) -> None:
        """Add one row: the values of :class:`SbsBlock` in their order."""
        self._whole.append((time_us, slot, *rest))
        self._real.append((lat_deg, lon_deg, *value))

    def take(self) -> Positions:
        """Return the rows in the order they came, and begin anew."""
        self._gather()
        blocks, self._blocks = self._blocks, []
        return concatenate(blocks)

    def _gather(self) -> None:
        if self._whole:
            time_us, slot, surface, mlat, received_us, raw = np.array(self._whole, np.int64).T.copy()
            real = np.array(self._real, np.float64)
            self._whole, self._real = [], []
            self._blocks.append(
                self._positions(
                    SbsBlock(
                        time_us, slot, real[:, 0].copy(), real[:, 1].copy(), real[:, 2:], surface == 1,
                        mlat == 1, received_us, raw,
                    )
                )
            )  # fmt: skip

    def _positions(self, block: SbsBlock) -> Positions:
        memory, known = self._memory, ~np.isnan(block.value)
        some: list[bool] = known.any(axis=0).tolist()  # type: ignore[assignment]
        present = dict(zip(REMEMBERED, some, strict=True))
        columns: dict[str, NDArray[Any]] = {
            name: block.value[:, REMEMBERED.index(name)].copy() for name in _NUMBERS if present[name]
        }
        if present["on_ground"] or block.surface.any():
            ground = block.surface | (block.value[:, ON_GROUND] == 1.0)
            columns["on_ground"] = np.where(ground, 1, known[:, ON_GROUND].astype(np.int8) - 1).astype(
                np.int8
            )
        if (block.received_us != -1).any():
            columns["received_us"] = block.received_us
        columns["raw"] = block.raw
        texts = {}
        for column, words in ((CALLSIGN, memory.callsigns), (SQUAWK, memory.squawks)):
            if present[REMEMBERED[column]]:
                codes = np.where(known[:, column], block.value[:, column], -1.0).astype(np.int32)
                texts[REMEMBERED[column]] = Coded(codes, words.values)
        if block.mlat.any():
            texts["source"] = Coded(block.mlat.astype(np.int32) - 1, ["mlat"])
        return Positions(
            block.time_us, Coded(block.slot.astype(np.int32), memory.names), block.lat_deg, block.lon_deg,
            columns, texts,
        )  # fmt: skip
