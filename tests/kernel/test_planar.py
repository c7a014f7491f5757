"""Small planar zones at the equator, where a clip in longitude and latitude is the whole truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nofly.zones.model import EdgeKind, Polygon
from tests.kernel.strategies import EPOCH_US, Report, positions_of, zone
from tests.oracle.spans import Spans, union

LEGS_S = 60.0
TOLERANCE_S = 1e-3


def inside_spans(ring: np.ndarray, path: np.ndarray) -> Spans:
    """Return when a path of equally long legs is inside a ring, even-odd, both as (n, 2) in a plane."""
    a, b = ring, np.roll(ring, -1, axis=0)
    out: Spans = []
    for leg, (p, q) in enumerate(itertools.pairwise(path)):
        along, edge, offset = q - p, b - a, a - p
        across = along[0] * edge[:, 1] - along[1] * edge[:, 0]
        t = (offset[:, 0] * edge[:, 1] - offset[:, 1] * edge[:, 0]) / across
        u = (offset[:, 0] * along[1] - offset[:, 1] * along[0]) / across
        cuts = [0.0, *sorted(t[(t > 0) & (t < 1) & (u >= 0) & (u < 1)].tolist()), 1.0]
        for start, end in itertools.pairwise(cuts):
            y, x = p + 0.5 * (start + end) * along
            spanning = (a[:, 0] > y) != (b[:, 0] > y)
            with np.errstate(divide="ignore", invalid="ignore"):
                meets = a[:, 1] + (y - a[:, 0]) / edge[:, 0] * edge[:, 1]
            if np.count_nonzero(spanning & (meets > x)) % 2:
                out.append(((leg + start) * LEGS_S, (leg + end) * LEGS_S))
    return union(out, join_s=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_times_are_those_of_a_planar_clip_to_a_millisecond(seed: int) -> None:
    from nofly.incidents.stays import zone_stays

    rng = np.random.default_rng(seed)
    compared = 0
    for _ in range(20):
        bearings = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 12))))
        radii = rng.uniform(0.01, 0.05, len(bearings))
        ring = np.stack([radii * np.sin(bearings), 10.0 + radii * np.cos(bearings)], axis=1)
        path = np.array([0.0, 10.0]) + rng.uniform(-0.06, 0.06, (6, 2))
        shape = Polygon(tuple((float(y), float(x)) for y, x in ring), edge_kind=EdgeKind.PLANAR)
        rows = [
            Report(EPOCH_US + round(i * LEGS_S * 1e6), "a", float(y), float(x))
            for i, (y, x) in enumerate(path)
        ]
        found = zone_stays([zone("z", shape)], positions_of(rows))
        mine = sorted(((s.entry_us - EPOCH_US) / 1e6, (s.exit_us - EPOCH_US) / 1e6) for s in found)
        truth = inside_spans(ring, path)
        assert np.array(mine).shape == np.array(truth).shape
        assert np.allclose(mine, truth, rtol=0, atol=TOLERANCE_S)
        compared += len(truth)
    assert compared > 20
