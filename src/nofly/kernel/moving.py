"""A detector's state for other zones: the same targets, parts and height rows under new numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.kernel import layout

GONE = -1


def moved(
    state: dict[str, NDArray[Any]], parts: NDArray[np.int64], rows: Sequence[int], had_rows: int
) -> dict[str, NDArray[Any]]:
    """Return what :meth:`nofly.kernel.detect.Detector.save` returned as a detector of other zones takes it.

    ``parts`` is the new number of each part, :data:`GONE` of one that is there no more; ``rows`` the old
    number of each new height row, :data:`GONE` where there was none, out of ``had_rows``. Of such a row a
    target's last height is not known. No box says any more where nothing changes.
    """
    slot, more = state["slot"].copy(), state["more_box"]
    slot[:, layout.U0] = np.inf
    last = [(slot[:, layout.LOW].copy(), slot[:, layout.HIGH].copy())]
    last += [(more[:, 6 * k - 2], more[:, 6 * k - 1]) for k in range(1, had_rows)]
    unknown = np.full(len(slot), -np.inf), np.full(len(slot), np.inf)
    heights = [unknown if row == GONE else last[row] for row in rows]
    new_more = np.zeros((len(slot), max(6, 6 * (len(rows) - 1))))
    for k, (low, high) in enumerate(heights):
        if k == 0:
            slot[:, layout.LOW], slot[:, layout.HIGH] = low, high
        else:
            new_more[:, 6 * k - 2], new_more[:, 6 * k - 1] = low, high
    return {**state, "slot": slot, "more_box": new_more, **_nodes(state, parts)}


def _nodes(state: dict[str, NDArray[Any]], parts: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return the lists of the parts that each target is not outside of."""
    head, following = state["head"], state["node_next"]
    lists: list[tuple[int, int, int]] = []
    for target in np.flatnonzero(head >= 0).tolist():
        node = int(head[target])
        while node >= 0:
            part = int(parts[state["node_part"][node]])
            if part != GONE:
                lists.append((target, part, int(state["node_state"][node])))
            node = int(following[node])
    n, used = len(following), len(lists)
    new_head, node_next = np.full_like(head, -1), np.arange(1, n + 1, dtype=following.dtype)
    node_next[-1] = -1
    node_part, node_state = np.zeros_like(state["node_part"]), np.zeros_like(state["node_state"])
    for node, (target, part, side) in enumerate(lists):
        node_part[node], node_state[node] = part, side
        node_next[node], new_head[target] = new_head[target], node
    free = np.array([used if used < n else -1, n - used], state["free_node"].dtype)
    return {"head": new_head, "node_next": node_next, "node_part": node_part, "node_state": node_state,
            "free_node": free}  # fmt: skip
