"""The last reports of many targets are those that were put last, whatever was put in between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.outside import Flight
from nofly.run.leaving.tails import Tails

TARGETS = 400


def reports(numbers: NDArray[np.int64]) -> Flight:
    """Return reports that say their numbers in every column."""
    real, small = numbers.astype(np.float64), (numbers % 100).astype(np.int8)
    heights = np.stack([real, -real])
    return Flight(numbers, real, real, real, heights, heights, heights, small, small)


def test_of_each_target_what_was_put_last_stays() -> None:
    random = np.random.default_rng(1)
    tails = Tails(np.zeros(0, np.int32), reports(np.zeros(0, np.int64)))
    known: dict[int, list[int]] = {}
    number = 0
    for _ in range(300):
        who = np.sort(random.choice(TARGETS, random.integers(1, 60), replace=False)).astype(np.int32)
        target = np.repeat(who, random.integers(1, 4, len(who)))
        numbers = number + np.arange(len(target))
        number += len(target)
        tails.put(target, reports(numbers))
        known |= {k: numbers[target == k].tolist() for k in who.tolist()}
        asked = np.sort(random.choice(TARGETS + 50, 30, replace=False)).astype(np.int32)
        found, rows = tails.of(asked)
        of_asked = [(k, n) for k in asked.tolist() for n in known.get(k, ())]
        assert list(zip(found.tolist(), rows.time_us.tolist(), strict=True)) == of_asked
        same = reports(rows.time_us)
        assert all(np.array_equal(getattr(rows, name), getattr(same, name)) for name in Flight.__slots__)
    target, rows = tails.all()
    assert list(zip(target.tolist(), rows.time_us.tolist(), strict=True)) == [
        (k, n) for k in sorted(known) for n in known[k]
    ]
    again = Tails(target, rows)
    assert np.array_equal(again.all()[1].low_m, rows.low_m)
