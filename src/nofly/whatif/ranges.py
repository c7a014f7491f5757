"""A number that is not known exactly: low, likely, high. And what follows from several of them.

A :class:`Quantity` is a formula of named inputs that goes one way in each of them, so that the smallest and
the largest result stand at the ends of the inputs: its range holds every combination of inputs, and no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nofly.errors import InputError


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two ends, and the one held to be likely."""

    low_value: float
    likely_value: float
    high_value: float

    def __post_init__(self) -> None:
        """Raise InputError where it is no range."""
        ends = (self.low_value, self.likely_value, self.high_value)
        if not all(math.isfinite(end) for end in ends) or list(ends) != sorted(ends):
            raise InputError(
                f"{' … '.join(f'{end:g}' for end in ends)} is no range",
                expected="low ≤ likely ≤ high, all finite",
            )

    @classmethod
    def exactly(cls, value: float) -> Range:
        """Return the range of one number."""
        return cls(value, value, value)

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.low_value == self.high_value

    @property
    def ends(self) -> tuple[float, float, float]:
        """Low, likely, high."""
        return self.low_value, self.likely_value, self.high_value

    def at_least_wide(self, factor: float) -> Range:
        """Return it with its high end at least ``factor`` times the low one, stretched alike to both sides.

        Of positive numbers only.
        """
        if self.high_value >= factor * self.low_value:
            return self
        stretch = math.sqrt(factor * self.low_value / self.high_value)
        return Range(self.low_value / stretch, self.likely_value, self.high_value * stretch)


@dataclass(frozen=True, slots=True)
class Input:
    """One input, with what it is called and where it is from."""

    name: str
    label: str
    unit: str
    range: Range
    source: str = ""
    note: str = ""


Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a formula makes of its inputs."""

    name: str
    label: str
    unit: str
    formula: Callable[[Values], float]
    ways: Mapping[str, int]
    """Name of each input → 1 where more of it makes the result no smaller, -1 no larger."""
    shown: str = ""
    """The formula in words."""


def spread(quantity: Quantity, inputs: Mapping[str, Range]) -> Range:
    """Return the range of a quantity, from those of its inputs; KeyError where one is not given."""
    ways = quantity.ways
    low = {name: inputs[name].low_value if way > 0 else inputs[name].high_value for name, way in ways.items()}
    high = {
        name: inputs[name].high_value if way > 0 else inputs[name].low_value for name, way in ways.items()
    }
    likely = {name: inputs[name].likely_value for name in ways}
    return Range(quantity.formula(low), quantity.formula(likely), quantity.formula(high))


@dataclass(frozen=True, slots=True)
class Bar:
    """What one input alone does to a quantity, all others held where they are likely."""

    input: str
    input_range: Range
    at_low_value: float
    """The quantity with the input at its low end."""
    likely_value: float
    at_high_value: float

    @property
    def swing_value(self) -> float:
        """How far apart the two results are."""
        return abs(self.at_high_value - self.at_low_value)


def tornado(quantity: Quantity, inputs: Mapping[str, Range]) -> tuple[Bar, ...]:
    """Return a bar an input, the widest first (by name where equal); inputs that are exact move nothing and
    have none."""
    likely = {name: inputs[name].likely_value for name in quantity.ways}
    middle = quantity.formula(likely)
    bars = [
        Bar(
            name, inputs[name], quantity.formula({**likely, name: inputs[name].low_value}), middle,
            quantity.formula({**likely, name: inputs[name].high_value}),
        )
        for name in quantity.ways if not inputs[name].exact
    ]  # fmt: skip
    return tuple(sorted(bars, key=lambda bar: (-bar.swing_value, bar.input)))
