"""Edges of rings that run on beyond ±180° of longitude, cut at the antimeridian and brought back."""

from __future__ import annotations

from typing import Any

import numpy as np


def cut_edges(x0: Any, y0: Any, x1: Any, y1: Any, part: Any) -> tuple[Any, Any, Any, Any]:
    """Bring every edge into ±180°, cutting those that cross; also return where (latitude, part) they
    cross."""
    if min(x0.min(), x1.min()) > -180.0 and max(x0.max(), x1.max()) < 180.0:
        return np.column_stack([x0, y0, x1, y1]), part, np.zeros(0), np.zeros(0, np.int64)
    world0 = np.floor((np.minimum(x0, x1) + 180.0) / 360.0)
    world1 = np.ceil((np.maximum(x0, x1) + 180.0) / 360.0) - 1.0
    world1 = np.maximum(world1, world0)
    out: list[Any] = []
    owner: list[Any] = []
    cuts: list[Any] = []
    cut_part: list[Any] = []
    for step in range(int((world1 - world0).max()) + 1):
        has = world0 + step <= world1
        a, b, c, d, p = x0[has], y0[has], x1[has], y1[has], part[has]
        turn = (world0[has] + step) * 360.0
        west = turn - 180.0
        east = west + 360.0
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(c != a, (d - b) / np.where(c != a, c - a, 1.0), 0.0)
        xa, xc = np.clip(a, west, east), np.clip(c, west, east)
        ya = np.where(xa == a, b, b + slope * (xa - a))
        yc = np.where(xc == c, d, b + slope * (xc - a))
        out.append(np.column_stack([xa - turn, ya, xc - turn, yc]))
        owner.append(p)
        crosses = (np.minimum(a, c) < east) & (np.maximum(a, c) > east)
        cuts.append((b + slope * (east - a))[crosses])
        cut_part.append(p[crosses])
    touching, touching_part = _touches(x0, y0, x1, y1, part)
    return (
        np.concatenate(out), np.concatenate(owner),
        np.concatenate([*cuts, touching]), np.concatenate([*cut_part, touching_part]).astype(np.int64),
    )  # fmt: skip


def _touches(x0: Any, y0: Any, x1: Any, y1: Any, part: Any) -> tuple[Any, Any]:
    """Return the latitudes at which a ring crosses the antimeridian exactly at a vertex.

    The half-open rule: an end on the antimeridian counts as east of it, so that a ring that only touches it
    counts twice or not at all.
    """
    on0 = (x0 + 180.0) % 360.0 == 0.0
    on1 = (x1 + 180.0) % 360.0 == 0.0
    from_west = on1 & (x0 < x1)
    to_west = on0 & (x1 < x0)
    return (
        np.concatenate([y1[from_west], y0[to_west]]),
        np.concatenate([part[from_west], part[to_west]]),
    )
