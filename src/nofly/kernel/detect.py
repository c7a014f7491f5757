"""The detector: positions in, changes of state out, its own state an explicit value.

The same stream gives the same changes to the last bit, however it is cut into batches and whichever targets
are taken together. Reports of one target must come in order of time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.errors import InputError
from nofly.kernel import detect_scan, layout
from nofly.units import US_PER_S
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.compiled import CompiledZones

NEVER = -9.0e18


class Why(IntEnum):
    """What a change of state is due to."""

    DATA = 0
    """A height became known, or ceased to be."""
    LATERAL = 1
    VERTICAL = 2
    SCHEDULE = 3
    LOST = 4
    """The target was not heard for longer than the greatest gap, or the stream ended."""
    FOUND = 5
    """The first report, or the first after a gap, is already inside."""


class State(IntEnum):
    """Where a target is with respect to a part."""

    OUTSIDE = 0
    UNDETERMINED = 1
    INSIDE = 2


@dataclass(frozen=True, slots=True)
class Params:
    """``max_gap_s``: two reports no further apart make a segment."""

    max_gap_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of state of one target with respect to one part, in the order found.

    ``report`` is the number in the stream of the report that ends the segment, ``since_us`` the time of the
    one that begins it (meaningless where there is none), ``until_us`` the time of the one that ends it,
    ``earlier`` how many reports of the target came before the ending one. ``lat_deg, lon_deg`` is the place,
    ``floor_height_m`` and ``ceiling_height_m`` the height there on the datums of the part's limits, NaN where
    not known; ``closing_mps`` how fast the boundary was crossed, NaN where it was not.
    """

    target: NDArray[np.int64]
    part: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    why: NDArray[np.int64]
    time_us: NDArray[np.int64]
    report: NDArray[np.int64]
    since_us: NDArray[np.int64]
    earlier: NDArray[np.int64]
    until_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    floor_height_m: NDArray[np.float64]
    ceiling_height_m: NDArray[np.float64]
    closing_mps: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.target)


@dataclass(slots=True)
class Reports:
    """What the kernel reads of a batch: columns of equal length.

    ``low_m`` and ``high_m`` are (height rows, n) in the order of the compiled zones' datums: the height lies
    in [low, high]; equal where known, -inf and inf where nothing is known. Never NaN.
    """

    target: NDArray[np.int32]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]
    anew: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Rows, in order, before which the way of their target is not known, however short the time: what it was
    in is lost at its last report, and it is found anew."""

    def part(self, first: int, past: int) -> Reports:
        """Return some rows, in arrays as the scan takes them."""
        rows, anew = slice(first, past), self.anew
        low = np.ascontiguousarray(self.low_m[:, rows])
        return Reports(
            self.target[rows], self.time_us[rows], self.lat_deg[rows], self.lon_deg[rows], low,
            low if self.high_m is self.low_m else np.ascontiguousarray(self.high_m[:, rows]),
            anew[(anew >= first) & (anew < past)] - first,
        )  # fmt: skip


_STATE = ("slot", "more_box", "head", "node_part", "node_state", "node_next", "free_node")


class Detector:
    """Finds the changes of state of targets, numbered from 0, with respect to the parts of the zones.

    ``active`` is (n, 3) int64: start and end in µs and whether certain, zone by zone from ``zone_active[z]``
    on; it must cover every time stepped over. Replace it with :meth:`activate`.
    """

    def __init__(
        self, zones: CompiledZones, zone_active: NDArray[Any], active: NDArray[Any], params: Params
    ) -> None:
        self._zones = zones
        parts = len(zones.part_zone)
        self._rows = len(zones.datums)
        self._gap_us = params.max_gap_s * US_PER_S
        self._arrays: dict[str, Any] = {
            "part_zone": zones.part_zone,
            "part_rule": zones.limits,
            "cell": zones.cell,
            "leaf": zones.leaf,
            "leaf_layers": zones.leaf_layers,
            "edge_layers": zones.edge_layers,
            "edge_rows": zones.edge_rows,
            "rim": zones.rim,
            "rim_real": zones.rim.view(np.float64),
            "rim_int": zones.rim.view(np.int32),
            "leaf_edge": zones.leaf_edge,
            "layer_m": zones.layer_m,
            "layer_row": zones.layer_row,
            "ends": zones.ends,
            "edge_ring": zones.edge_ring,
            "part_edge": zones.part_edge,
            "part_tangled": zones.part_tangled,
            "rows": self._rows,
            **_activity(zones, zone_active, active),
            "stamp": np.zeros(parts, np.int64),
            "stamp_slot": np.zeros(parts, np.int32),
            "seg": np.zeros((2, max(1, 2 * self._rows))),
            "near": np.zeros(layout.NEAR, np.int32),
            "near_at": np.zeros((layout.NEAR, 4)),
            "box_height": np.zeros((max(1, self._rows), 4)),
            **_targets(0, self._rows),
            **_nodes(256),
            **_met(256),
            **_hits(256),
            **_cuts(256),
            **_breaks(256),
            **_out(4096),
        }
        self._arrays["slant"] = self._arrays["slot"].view(np.float32)
        self._scan = detect_scan.Scan(self._arrays)
        self._reports = 0

    def activate(self, zone_active: NDArray[Any], active: NDArray[Any]) -> None:
        """Replace the intervals of activity; those that reach into times already stepped over must be the
        same."""
        self._set(_activity(self._zones, zone_active, active))

    def step(self, reports: Reports) -> Changes:
        """Take a batch and return the changes found in it.

        It is fastest where the reports of a target follow one another. Raises InputError where a target's
        report is older than its last.
        """
        n, first, found = len(reports.time_us), 0, []
        if n:
            self._make_room(int(reports.target.max()) + 1)
        for anew in reports.anew.tolist():
            found += self._scanned(reports.part(first, anew))
            found.append(self.lose(reports.target[anew : anew + 1]))
            first = anew
        found += self._scanned(reports if first == 0 else reports.part(first, n))
        return joined(found) if found else no_changes()

    def _scanned(self, reports: Reports) -> list[Changes]:
        low, high = reports.low_m, reports.high_m
        if self._rows == 0:
            low = high = np.zeros((1, 1))
        row, n = 0, len(reports.time_us)
        found: list[Changes] = []
        while row < n:
            # Uncompiled, NumPy would warn of heights that are not known: infinite less infinite is NaN.
            with np.errstate(invalid="ignore", over="ignore"):
                row, why = self._scan.scan(
                    reports.target, reports.time_us, reports.lat_deg, reports.lon_deg, low, high, row,
                    self._reports, self._gap_us,
                )  # fmt: skip
            if why == layout.UNSORTED:
                raise InputError(
                    "a report is older than the last one of its target",
                    locator=f"row {row} of the batch", expected="the reports of a target in order of time",
                )  # fmt: skip
            found.append(self._take())
            self._grow(why)
        self._reports += n
        return found

    def finish(self) -> Changes:
        """End the stream: close every open stay at its target's last report, and return those changes."""
        return self.lose(np.flatnonzero(self._arrays["head"] >= 0).astype(np.int32))

    def lose(self, targets: NDArray[np.int32]) -> Changes:
        """Close every open stay of some targets at the target's last report, and return those changes.

        For targets that have been heard, and will not be again within the greatest gap: what would be said of
        them when they are, is said now.
        """
        known = targets[targets < len(self._arrays["head"])]
        row, why, found = 0, -1, []
        while why != 0:
            row, why = self._scan.lose(self._reports, known, row)
            found.append(self._take())
            self._grow(why)
        return joined(found)

    def save(self) -> dict[str, NDArray[Any]]:
        """Return the state as named arrays, to be kept or compared."""
        kept = {name: self._arrays[name].copy() for name in _STATE}
        return {**kept, "reports": np.array([self._reports])}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a state that :meth:`save` returned, for the same zones."""
        self._set({name: np.ascontiguousarray(state[name]) for name in _STATE})
        self._reports = int(state["reports"][0])

    def _set(self, arrays: dict[str, Any]) -> None:
        if "slot" in arrays:
            arrays = {**arrays, "slant": arrays["slot"].view(np.float32)}
        self._arrays.update(arrays)
        self._scan.hold(arrays)

    def _make_room(self, targets: int) -> None:
        have = len(self._arrays["head"])
        if targets <= have:
            return
        new = _targets(max(targets, 2 * have, 1024), self._rows)
        for name, array in new.items():
            array[:have] = self._arrays[name]
        self._set(new)

    def _grow(self, why: int) -> None:
        """Double what was too short; nothing is ever dropped for want of room."""
        a = self._arrays
        if why == layout.MORE_OUT:
            self._set(_out(4 * len(a["out_int"])))
        elif why == layout.MORE_SLOTS:
            self._set(_met(4 * len(a["met_part"])))
        elif why == layout.MORE_CROSSINGS:
            self._set(_hits(4 * len(a["hit_met"])))
        elif why == layout.MORE_CUTS:
            self._set(_cuts(4 * len(a["cut_lat"])))
        elif why == layout.MORE_BREAKS:
            self._set(_breaks(4 * len(a["break_at"])))
        elif why == layout.MORE_NODES:
            have = len(a["node_part"])
            new = _nodes(4 * have)
            for name in ("node_part", "node_state", "node_next"):
                new[name][:have] = a[name]
            new["node_next"][-1] = a["free_node"][0]
            new["free_node"][:] = have, a["free_node"][1] + 3 * have
            self._set(new)

    def _take(self) -> Changes:
        n = self._scan.taken()
        whole, real = self._arrays["out_int"][:n].copy(), self._arrays["out_real"][:n].copy()
        return Changes(*whole.T, *real.T)


def _activity(zones: CompiledZones, zone_active: NDArray[Any], active: NDArray[Any]) -> dict[str, Any]:
    """Return the intervals as the scan reads them: those of a zone with only one also by part."""
    one = np.full((len(zone_active) - 1, 2), np.nan)
    count = np.diff(zone_active)
    single = np.flatnonzero(count == 1)
    certain = active[zone_active[single], 2] != 0
    single = single[certain]
    one[single] = active[zone_active[single], :2]
    one[count == 0] = (np.inf, -np.inf)
    always = (one[:, 0] <= ALWAYS_FROM_US) & (one[:, 1] >= ALWAYS_UNTIL_US)
    return {
        "zone_active": zone_active,
        "active": active,
        "part_active": one[zones.part_zone],
        "part_timed": ~always[zones.part_zone],
    }


def no_changes() -> Changes:
    """Return no changes."""
    whole, real = np.zeros((10, 0), np.int64), np.zeros((5, 0))
    return Changes(*whole, *real)


def joined(found: list[Changes]) -> Changes:
    """Return batches of changes, at least one, as one."""
    if len(found) == 1:
        return found[0]
    names = Changes.__slots__
    return Changes(*(np.concatenate([getattr(c, name) for c in found]) for name in names))


def _targets(n: int, rows: int) -> dict[str, Any]:
    # Each slot begins a line of the cache.
    room = np.zeros(16 * n + 8)
    slot = room[-room.ctypes.data // 8 % 8 :][: 16 * n].reshape(n, 16)
    slot[:, layout.U0] = np.inf
    slot[:, layout.TIME] = NEVER
    return {"slot": slot, "more_box": np.zeros((n, max(6, 6 * (rows - 1)))), "head": np.full(n, -1, np.int32)}


def _nodes(n: int) -> dict[str, Any]:
    follow = np.arange(1, n + 1, dtype=np.int32)
    follow[-1] = -1
    return {"node_part": np.zeros(n, np.int32), "node_state": np.zeros(n, np.int8), "node_next": follow,
            "free_node": np.array([0, n], np.int32)}  # fmt: skip


def _met(n: int) -> dict[str, Any]:
    small = {name: np.zeros(n, np.int8) for name in ("met_state", "met_start", "met_end")}
    return {"met_part": np.zeros(n, np.int32), "met_piece": np.zeros(n, np.int64), **small}


def _hits(n: int) -> dict[str, Any]:
    return {"hit_met": np.zeros(n, np.int32), "hit_edge": np.zeros(n, np.int32), "hit": np.zeros((n, 2))}


def _cuts(n: int) -> dict[str, Any]:
    return {name: np.zeros(n) for name in ("cut_lat", "cut_lon", "cut_part")}


def _breaks(n: int) -> dict[str, Any]:
    return {"break_at": np.zeros(n), "break_why": np.zeros(n, np.int32)}


def _out(n: int) -> dict[str, Any]:
    return {"out_int": np.zeros((n, 10), np.int64), "out_real": np.zeros((n, 5))}
