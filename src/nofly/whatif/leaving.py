"""The shortest way out of zones: the nearest place outside all of them."""

from __future__ import annotations

import numpy as np

from nofly.whatif.boundaries import Edges
from nofly.whatif.corners import BESIDE_M
from nofly.whatif.sight import Sight
from nofly.whatif.sphere import EARTH_M, Place, directions, lengths_m, places, unit

_AT_ONCE = 512


def nearest_outside(sight: Sight, edges: Edges, place: Place) -> Place | None:
    """Return the place outside every zone that is nearest to one inside, just beyond a boundary; None where
    there is none."""
    if len(edges.start) == 0:
        return None
    at = directions(*place)[0]
    way = edges.end - edges.start
    along = ((at - edges.start) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-30)
    foot = edges.start + np.clip(along, 0.0, 1.0)[:, None] * way
    foot = unit(foot)
    outwards = unit(np.cross(edges.end - edges.start, foot))
    beyond = foot + BESIDE_M / EARTH_M * outwards
    # At a corner the way out goes straight on from the place, not square to either edge.
    beyond = unit(np.concatenate([beyond, foot + BESIDE_M / EARTH_M * unit(foot - at)]))
    order = np.argsort(((beyond - at) ** 2).sum(axis=1), kind="stable")
    for first in range(0, len(order), _AT_ONCE):
        lat, lon = places(beyond[order[first : first + _AT_ONCE]])
        free = np.flatnonzero([not bodies for bodies in sight.inside(lat, lon)])
        if len(free):
            best = free[lengths_m(place, lat[free], lon[free]).argmin()]
            return float(lat[best]), float(lon[best])
    return None
