"""Other zones while traffic is watched: what is known of zones that stay goes on, and whoever is inside one
that goes has left it at the moment of the change.

A zone that goes is kept, no longer in force, while somebody may yet be found to have been inside before; a
new one is in force from the change on. So the kernel itself finds who is inside as the law changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nofly.geo.bridge import Carry
from nofly.incidents import machine
from nofly.incidents.happenings import Side
from nofly.incidents.machine import Happening
from nofly.incidents.record import Cause
from nofly.incidents.states import Event
from nofly.kernel.moving import GONE, moved
from nofly.kernel.visits import Visits
from nofly.run.leaving.state import begun
from nofly.run.leaving.state import moved as moved_leaving
from nofly.run.live.engine import Body, Engine
from nofly.run.live.in_force import InForce
from nofly.run.live.packing import pack, unpack
from nofly.run.live.predicting import Predictor
from nofly.units import US_PER_S
from nofly.zones.model import Zone

Numbers = NDArray[np.int64]


def reloaded(
    engine: Engine, law: Sequence[Zone], at_us: int, predictor: Callable[[Sequence[Zone]], Predictor | None]
) -> tuple[Engine, list[Body]]:
    """Return an engine that judges by ``law`` from the instant ``at_us`` on and goes on from where the other
    is; and what is to be recorded at once: that warnings of zones that are gone have ended.
    """
    hashes = {zone.zone_hash for zone in law}
    busy, past_us = engine.busy_zones(), at_us - round(engine.options.max_gap_s * US_PER_S)
    leaving = [
        k for k, zone in enumerate(engine.law)
        if zone.zone_hash not in hashes and (k in busy or (engine.in_force[k].until_us or at_us) >= past_us)
    ]  # fmt: skip
    known = {zone.zone_hash: force for zone, force in zip(engine.law, engine.in_force, strict=True)}
    both = [*law, *(engine.law[k] for k in leaving)]
    # One that was on its way out begins anew.
    gone = InForce(None, at_us)
    stays = [known.get(zone.zone_hash, gone) for zone in law]
    in_force = [force if force.until_us is None else InForce(at_us, None) for force in stays]
    for k in leaving:
        since_us, until_us = engine.in_force[k]
        in_force.append(InForce(since_us, at_us if until_us is None else until_us))
    new = Engine(both, engine.options, in_force=in_force)
    new.predictor = predictor(new.law_in_force)
    number = {zone.zone_hash: k for k, zone in enumerate(both)}
    zones = [number.get(zone.zone_hash, GONE) for zone in engine.law]
    # Behind the zones are the outlines of those that have one of their own.
    own = [k for k, outline in sorted(engine.outlines.items(), key=lambda one: one[1]) if outline != k]
    zones += [new.outlines[zones[k]] if zones[k] != GONE else GONE for k in own]
    state = unpack(engine.save(), "the state of the engine")
    bodies = _ended(state, new, at_us)
    new.load(pack(_moved(state, np.array(zones, np.int64), new)))
    return new, bodies


def _ended(state: dict[str, Any], new: Engine, at_us: int) -> list[Body]:
    """Return what is to be recorded of the cases whose zones the new engine does not know."""
    bodies: list[Body] = []
    for case in machine.load(state["cases"]).values():
        if case.zone_hash not in new.hashes:
            ended = Happening(Event.END_ZONE, at_us, Cause.ZONE_CHANGED)
            _, records = machine.step(case, ended, new.options.incidents)
            bodies += [msgspec.to_builtins(record) for record in records]
    return bodies


def _moved(state: dict[str, Any], zones: Numbers, new: Engine) -> dict[str, Any]:
    """Return a state with the numbers that zones (old number → new) and their parts have in another engine;
    what belongs to a zone that is gone is left out."""
    had = np.array(state["parts"], np.int64)
    parts = np.full(int(had.sum()), GONE, np.int64)
    first, new_first = np.cumsum(had) - had, np.cumsum(new.parts) - new.parts
    for old, k in enumerate(zones.tolist()):
        if k != GONE and had[old] == new.parts[k]:
            parts[first[old] : first[old] + had[old]] = new_first[k] + np.arange(had[old])
    cases = [case for case in machine.load(state["cases"]).values() if case.zone_hash in new.hashes]
    rows = [state["datums"].index(d) if d in state["datums"] else GONE for d in new.datums]
    prepared = state["_preparing"]
    size = len(prepared["targets"])
    carry = [prepared["carry"][row] if row != GONE else _no_heights(size) for row in rows]
    detector = moved(state["detector"], parts, rows, len(state["datums"]))
    verdicts, stays = state["_verdicts"], state["_stays"]
    changed = np.append(parts, GONE)  # Part 0 stands for none there, and an empty law has none.
    told = [[t, int(zones[z]), e, {**stay, "zone": int(zones[z])}, *rest]
            for t, z, e, stay, *rest in verdicts["told"] if zones[z] != GONE]  # fmt: skip
    open_ = [[x, t, int(zones[z]), e] for x, t, z, e in verdicts["open"] if zones[z] != GONE]
    return {
        **state, "law": new.hashes, "in_force": [list(force) for force in new.in_force],
        "parts": new.parts.tolist(), "datums": new.datums, "_preparing": {**prepared, "carry": carry},
        "cases": machine.save(cases),
        "detector": detector,
        "_book": _visits(state["_book"], parts, ""),
        "_stays": {**_visits(stays, parts, "visit."),
                   "change.part": np.maximum(changed[stays["change.part"]], 0)},
        "_heard": {**state["_heard"], **{name: _by_zone(state["_heard"][name], zones)
                                         for name in ("going", "ended")}},
        "_verdicts": {**verdicts, "told": told, "open": open_},
        "leaving": _leaving(state["leaving"], zones, parts, rows, detector) if new.outlines else None,
        "sides": _sides(state["sides"], zones, parts), "predictor": _warnings(state["predictor"], zones),
    }  # fmt: skip


def _leaving(
    state: dict[str, Any] | None, zones: Numbers, parts: Numbers, rows: Sequence[int],
    detector: dict[str, NDArray[Any]],
) -> dict[str, Any]:  # fmt: skip
    return begun(detector, len(rows)) if state is None else moved_leaving(state, zones, parts, rows)


def _no_heights(targets: int) -> list[Any]:
    none = Carry.empty(targets)
    return [none.time_us, none.lo_m, none.hi_m]


def _visits(state: dict[str, Any], parts: Numbers, prefix: str) -> dict[str, Any]:
    """Return a state with the visits (columns that begin with ``prefix``) to other parts."""
    names = [f"{prefix}{name}" for name in Visits.__slots__]
    part = parts[state[f"{prefix}part"]]
    there = part != GONE
    out = {**state, **{name: state[name][there] for name in names}, f"{prefix}part": part[there]}
    if not prefix:
        out["state"], out["path"] = state["state"][there], state["path"][there]
    return out


def _by_zone(rows: list[list[Any]], zones: Numbers) -> list[list[Any]]:
    return [[t, int(zones[z]), *rest] for t, z, *rest in rows if zones[z] != GONE]


def _sides(data: bytes, zones: Numbers, parts: Numbers) -> bytes:
    rows = []
    for target, zone, side in msgspec.msgpack.decode(data, type=list[tuple[int, int, Side]]):
        if zones[zone] != GONE:
            side.parts = {int(parts[part]): at for part, at in side.parts.items()}
            rows.append((target, int(zones[zone]), side))
    return msgspec.msgpack.encode(rows)


def _warnings(state: dict[str, Any] | None, zones: Numbers) -> dict[str, Any] | None:
    if state is None:
        return None
    rows = _by_zone(msgspec.msgpack.decode(state["warnings"]), zones)
    return {**state, "warnings": msgspec.msgpack.encode(rows)}
