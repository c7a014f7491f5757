"""How fast a way of arcs can be flown on average: slower in bends, speed gained and lost between them."""

from __future__ import annotations

import numpy as np

from nofly.proof.claiming.plane import Floats


def fastest_mps(arcs_m: Floats, bends: Floats, turn_mps2: float, accel_mps2: float, top_mps: float) -> Floats:
    """Return the greatest mean speed over arcs (n, k: lengths; n, k: curvatures).

    In a bend the speed is at most that at which its sideways acceleration is ``turn_mps2``, anywhere
    ``top_mps``; along the way it changes by at most ``accel_mps2``.
    """
    with np.errstate(divide="ignore"):
        caps = np.minimum(np.sqrt(turn_mps2 / np.abs(bends)), top_mps)
    # An arc that is not flown binds nothing.
    caps = np.where(arcs_m > 0.0, caps, top_mps)
    count = arcs_m.shape[1]
    ends = [caps[:, 0], *(np.minimum(caps[:, k], caps[:, k + 1]) for k in range(count - 1)), caps[:, -1]]
    for k in range(count):
        ends[k + 1] = np.minimum(ends[k + 1], np.sqrt(ends[k] ** 2 + 2.0 * accel_mps2 * arcs_m[:, k]))
    for k in reversed(range(count)):
        ends[k] = np.minimum(ends[k], np.sqrt(ends[k + 1] ** 2 + 2.0 * accel_mps2 * arcs_m[:, k]))
    time_s = np.zeros(len(arcs_m))
    for k in range(count):
        first, last = ends[k], ends[k + 1]
        top = np.sqrt(0.5 * (first**2 + last**2) + accel_mps2 * arcs_m[:, k])
        peak = np.maximum(np.minimum(caps[:, k], top), 1e-6)
        changing_m = (2.0 * peak**2 - first**2 - last**2) / (2.0 * accel_mps2)
        time_s += (2.0 * peak - first - last) / accel_mps2 + np.maximum(arcs_m[:, k] - changing_m, 0.0) / peak
    whole = arcs_m.sum(axis=1)
    found: Floats = np.where(whole > 0.0, whole / np.maximum(time_s, 1e-9), top_mps)
    return found
