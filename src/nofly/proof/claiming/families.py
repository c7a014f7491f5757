"""The paths that fit, by kind: the direction flown and the turn; each with its ranges and an example."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nofly.proof.claiming.arcs import along, ways_m
from nofly.proof.claiming.arithmetic import Range
from nofly.proof.claiming.path_space import Fitting
from nofly.proof.claiming.plane import Figure
from nofly.zones.sentence import Sentence, say

SECTORS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
TURNS = ("turning both ways", "turning left", "turning right", "straight")
POINTS = 48
_STRAIGHT_DEG = 2.0


@dataclass(frozen=True, slots=True)
class Family:
    """Paths of one kind: what they have in common, and the example in the middle of them.

    ``places`` are (lat_deg, lon_deg) along the example, from entry to exit.
    """

    direction: str
    turn: str
    count: int
    speed_mps: Range
    length_m: Range
    depth_m: Range
    duration_s: Range
    places: tuple[tuple[float, float], ...]
    example_speed_mps: Range
    example_length_m: float
    example_depth_m: float

    @property
    def name(self) -> Sentence:
        """What the kind is called: ``to the west, turning left``."""
        return say("to the {direction}, {turn}", direction=say(self.direction), turn=say(self.turn))


def families(figure: Figure, fitting: Fitting) -> list[Family]:
    """Return the kinds of paths that fit, the most frequent first."""
    if not len(fitting):
        return []
    sector = np.mod(np.round(fitting.track_deg / 45.0), 8).astype(int)
    turn = _turns(fitting)
    found = []
    for key in sorted({(int(s), str(t)) for s, t in zip(sector, turn, strict=True)}):
        rows = np.flatnonzero((sector == key[0]) & (turn == key[1]))
        found.append(_family(figure, fitting, rows, key))
    return sorted(found, key=lambda family: (-family.count, family.name))


def _turns(fitting: Fitting) -> NDArray[np.str_]:
    """Return how each path turns inside."""
    start, end = fitting.from_m, fitting.from_m + fitting.length_m
    parts = np.degrees(fitting.paths.bends * (ways_m(fitting.paths, end) - ways_m(fitting.paths, start)))
    left, right = parts.max(axis=1) > _STRAIGHT_DEG, parts.min(axis=1) < -_STRAIGHT_DEG
    return np.select([left & right, left, right], TURNS[:3], TURNS[3])


def _family(figure: Figure, fitting: Fitting, rows: NDArray[np.intp], key: tuple[int, str]) -> Family:
    some = fitting.take(rows)
    middle = 0.5 * (some.low_mps + np.minimum(some.high_mps, 1e4))
    example = int(np.argsort(middle, kind="stable")[len(rows) // 2])
    one = some.paths.take(slice(example, example + 1))
    way = float(some.length_m[example])
    points, _ = along(one, float(some.from_m[example]) + np.linspace(0.0, way, POINTS)[None, :])
    places = tuple(figure.place(float(x), float(y)) for x, y in points[0].tolist())
    fastest = np.maximum(some.high_mps, 1e-6)
    slowest = np.maximum(some.low_mps, 1e-6)
    return Family(
        SECTORS[key[0]], key[1], len(rows),
        (float(some.low_mps.min()), float(some.high_mps.max())),
        (float(some.length_m.min()), float(some.length_m.max())),
        (float(some.depth_m.min()), float(some.depth_m.max())),
        (float((some.length_m / fastest).min()), float((some.length_m / slowest).max())),
        places, (float(some.low_mps[example]), float(some.high_mps[example])), way,
        float(some.depth_m[example]),
    )  # fmt: skip
