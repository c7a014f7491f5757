"""Where the labels of points go on a picture, so that none lies on another or on a point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import hypot

_TOGETHER_PT = 6.0
"""Points nearer than this, right and up, are one to the eye."""
_CLEAR_PT = 7.0
"""Half the side of the square round a point that no label of another covers."""
_LINE_PT = 2.0
"""Half the breadth of a line."""
_CELL_PT = 3.0
"""Side of the squares by which it is known where lines are."""
_STEPS = 12
_MOST_VALUES = 4
_Box = tuple[float, float, float, float]
"""Left, low, right, high."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the points at one place: ``at_pt`` is the place, ``corner_pt`` the label's lower left
    corner, both right and up from the corner of the axes, in points."""

    text: str
    at_pt: tuple[float, float]
    corner_pt: tuple[float, float]


def labels(
    lines: Iterable[Sequence[tuple[float, float, float]]],
    size_pt: tuple[float, float],
    letter_pt: tuple[float, float],
) -> list[Label]:
    """Return labels of the points of lines (right, up, in points; value): one for all points at one place,
    with their values.

    ``size_pt`` is the width and the height of the axes, ``letter_pt`` those of a letter. A label lies
    on no other and on no point, and on no line where there is room; one that finds none at all is put where
    it would be if it were alone.
    """
    lines = list(lines)
    drawn = {cell for line in lines for cell in _along(line)}
    places: list[tuple[float, float]] = []
    values: list[set[float]] = []
    for right_pt, up_pt, value in (point for line in lines for point in line):
        for k, (x, y) in enumerate(places):
            if abs(x - right_pt) < _TOGETHER_PT and abs(y - up_pt) < _TOGETHER_PT:
                values[k].add(value)
                break
        else:
            places.append((right_pt, up_pt))
            values.append({value})
    taken = [(x - _CLEAR_PT, y - _CLEAR_PT, x + _CLEAR_PT, y + _CLEAR_PT) for x, y in places]
    out = []
    for at_pt, mine in zip(places, values, strict=True):
        text = _text(sorted(mine))
        wide_pt, high_pt = letter_pt[0] * len(text), letter_pt[1]
        boxes = [(x, y, x + wide_pt, y + high_pt) for x, y in _corners(at_pt, (wide_pt, high_pt))]
        free = [box for box in boxes if _within(box, size_pt) and not any(_cross(box, it) for it in taken)]
        clear = (box for box in free if drawn.isdisjoint(_cells(box)))
        box = next(clear, free[0] if free else boxes[0])
        taken.append(box)
        out.append(Label(text, at_pt, box[:2]))
    return out


def _text(values: Sequence[float]) -> str:
    if len(values) > _MOST_VALUES:
        return f"{values[0]:g} to {values[-1]:g}"
    return ", ".join(f"{value:g}" for value in values)


def _along(line: Sequence[tuple[float, float, float]]) -> Iterator[tuple[int, int]]:
    """Yield the squares that a line goes through."""
    for (x, y, _), (to_x, to_y, _) in pairwise(line):
        steps = 1 + int(2.0 * hypot(to_x - x, to_y - y) / _CELL_PT)
        for k in range(steps + 1):
            part = k / steps
            yield int((x + (to_x - x) * part) // _CELL_PT), int((y + (to_y - y) * part) // _CELL_PT)


def _cells(box: _Box) -> Iterator[tuple[int, int]]:
    """Yield the squares that a box covers some of, or comes near to."""
    left, low = (int((edge - _LINE_PT) // _CELL_PT) for edge in box[:2])
    right, high = (int((edge + _LINE_PT) // _CELL_PT) for edge in box[2:])
    return product(range(left, right + 1), range(low, high + 1))


def _corners(at_pt: tuple[float, float], size_pt: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Yield where a label may begin, the best first: beside its point, above, below, then farther off."""
    (x, y), (wide_pt, high_pt) = at_pt, size_pt
    for step in range(_STEPS):
        off_pt = _CLEAR_PT + 1.0 + 0.7 * high_pt * step
        for up_pt in (off_pt - high_pt / 2, -off_pt - high_pt / 2):
            for right_pt in (_CLEAR_PT + 1.0, -_CLEAR_PT - 1.0 - wide_pt, -wide_pt / 2):
                yield x + right_pt, y + up_pt
        yield x + off_pt, y - high_pt / 2


def _within(box: _Box, size_pt: tuple[float, float]) -> bool:
    left, low, right, high = box
    return left >= 1.0 and low >= 1.0 and right <= size_pt[0] and high <= size_pt[1]


def _cross(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
