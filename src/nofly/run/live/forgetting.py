"""Targets not heard for long are forgotten, so that what is remembered is bounded by who flies.

A target that is inside somewhere, or of which something is still to be said, stays. One that was forgotten
and is heard again is begun anew, as a recorded check begins: with its first report.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nofly.incidents.happenings import Side
from nofly.run.leaving.state import without
from nofly.run.live.engine import Engine
from nofly.run.live.packing import pack, unpack
from nofly.units import US_PER_S

SILENT_S = 86_400.0
"""After so long a target is forgotten."""
MOST_TARGETS = 200_000
"""Where there are more, those silent for longer than the greatest gap are forgotten, however short that is:
addresses can be made up faster than aircraft take off."""
LEAST_FORGOTTEN = 10_000
"""Fewer are not worth the work."""

Numbers = NDArray[np.int64]


def without_silent(engine: Engine, until_us: int) -> Engine | None:
    """Return an engine that goes on without the targets not heard for long before ``until_us``; None where
    they are too few to be worth it."""
    count = len(engine.targets)
    if count < LEAST_FORGOTTEN:
        return None
    silent_s = SILENT_S if count <= MOST_TARGETS else engine.options.max_gap_s
    keep = engine.heard_us[:count] >= until_us - round(silent_s * US_PER_S)
    if count - np.count_nonzero(keep) < LEAST_FORGOTTEN:
        return None
    state = unpack(engine.save(), "the state of the engine")
    keep |= _needed(state, count)
    if count - np.count_nonzero(keep) < LEAST_FORGOTTEN:
        return None
    new = Engine(engine.law, engine.options, in_force=engine.in_force)
    new.predictor = engine.predictor
    new.load(pack(_kept(state, keep)))
    return new


def _needed(state: dict[str, Any], count: int) -> NDArray[np.bool_]:
    """Return which targets something is still to be said of, a target and its shadow together."""
    needed = np.zeros(count, np.bool_)
    needed[state["_book"]["target"]] = True
    needed[state["_stays"]["visit.target"]] = True
    heard, verdicts = state["_heard"], state["_verdicts"]
    for rows, column in (
        (heard["going"], 0),
        (heard["ended"], 0),
        (verdicts["told"], 0),
        (verdicts["open"], 1),
    ):
        needed[[row[column] for row in rows]] = True
    needed[[target for target, _, _ in _sides(state["sides"])]] = True
    if state["leaving"] is not None:
        needed[[row[0] for row in state["leaving"]["followed"]]] = True
    shadow_of = state["_preparing"]["shadow_of"][:count]
    owner = np.flatnonzero(shadow_of >= 0)
    both = needed[owner] | needed[shadow_of[owner]]
    needed[owner], needed[shadow_of[owner]] = both, both
    return needed


def _kept(state: dict[str, Any], keep: NDArray[np.bool_]) -> dict[str, Any]:
    """Return a state without the other targets."""
    number = np.where(keep, np.cumsum(keep) - 1, -1)
    rows = np.flatnonzero(keep)
    prepared, heard, verdicts = state["_preparing"], state["_heard"], state["_verdicts"]
    stays, predictor = state["_stays"], state["predictor"]

    def of(array: NDArray[Any]) -> NDArray[Any]:
        # What is longer has room for targets to come, what is shorter has not met the last ones.
        return array[rows[rows < len(array)]]

    def named(rows_: list[Any], column: int) -> list[Any]:
        return [[*row[:column], int(number[row[column]]), *row[column + 1 :]] for row in rows_]

    shadow_of = of(prepared["shadow_of"])
    sides = [(int(number[t]), zone, side) for t, zone, side in _sides(state["sides"])]
    detector, by_target = state["detector"], ("slot", "more_box", "head")
    told = [[None] * len(rows) for _ in heard["told"]]
    for texts, mine in zip(heard["told"], told, strict=True):
        for k, row in enumerate(rows.tolist()):
            mine[k] = texts[row] if row < len(texts) else None
    arrays = {name: of(value) for name, value in heard.items() if isinstance(value, np.ndarray)}
    size = len(arrays["count"])
    return {
        **state,
        "_preparing": {
            **prepared, "targets": [prepared["targets"][row] for row in rows.tolist()],
            "shadows": [int(number[k]) for k in prepared["shadows"] if keep[k]],
            "shadow_of": np.where(shadow_of >= 0, number[shadow_of], -1).astype(shadow_of.dtype),
            "screen": of(prepared["screen"]),
            "carry": [[of(a) for a in carry] for carry in prepared["carry"]],
            "repeats": {name: of(value) for name, value in prepared["repeats"].items()},
        },
        "detector": {**detector, **{name: of(detector[name]) for name in by_target}},
        "_book": {**state["_book"], "target": number[state["_book"]["target"]]},
        "_stays": {
            **stays, "visit.target": number[stays["visit.target"]],
            "change.target": np.maximum(number[stays["change.target"]], 0),
        },
        "_latest": {name: of(value) for name, value in state["_latest"].items()},
        "_heard": {
            **heard, **arrays, "told": [texts[:size] for texts in told], "going": named(heard["going"], 0),
            "ended": named(heard["ended"], 0),
        },
        "_verdicts": {**verdicts, "told": named(verdicts["told"], 0), "open": named(verdicts["open"], 1)},
        "sides": msgspec.msgpack.encode(sides),
        "leaving": without(state["leaving"], number, of),
        "predictor": None if predictor is None else _predicted(predictor, of, number),
    }  # fmt: skip


def _sides(data: bytes) -> list[tuple[int, int, Side]]:
    return msgspec.msgpack.decode(data, type=list[tuple[int, int, Side]])


def _predicted(state: dict[str, Any], of: Any, number: Numbers) -> dict[str, Any]:
    warnings = [
        [int(number[target]), *rest]
        for target, *rest in msgspec.msgpack.decode(state["warnings"])
        if target < len(number) and number[target] >= 0
    ]
    arrays = {name: of(value) for name, value in state.items() if isinstance(value, np.ndarray)}
    return {**state, **arrays, "warnings": msgspec.msgpack.encode(warnings)}
