"""What the fields of an SBS-1 message say, read one by one with care."""

from __future__ import annotations

import math
from collections.abc import Callable

from nofly.units import M_PER_FT, MPS_PER_FPM, MPS_PER_KT


def number(text: str) -> float | None:
    """Return a number as it stands; None where there is none."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _scaled(factor: float) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        value = number(text)
        return None if value is None else value * factor

    return read


def _speed(text: str) -> float | None:
    value = number(text)
    return None if value is None or value < 0 else value * MPS_PER_KT


def _flag(text: str) -> float | None:
    return {"-1": 1.0, "1": 1.0, "0": 0.0}.get(text.strip())


NUMBERS: tuple[tuple[int, Callable[[str], float | None]], ...] = (
    (11, _scaled(M_PER_FT)), (12, _speed), (13, _scaled(1.0)), (16, _scaled(MPS_PER_FPM)), (21, _flag),
)  # fmt: skip
"""Where the numbers of :data:`REMEMBERED` stand, in its order, and how each is read."""
