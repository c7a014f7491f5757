"""From the kernel's changes of state to what happens to cases: the parts of a zone taken together.

A zone is the union of its parts: passing from one to its neighbour is no event. An exit is therefore held
back until its target was heard later. What comes out is the same however the changes are cut into batches,
and makes the stays that a recorded check makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from nofly.errors import StoreError
from nofly.incidents.machine import Happening
from nofly.incidents.single_visits import known_height
from nofly.incidents.states import Event
from nofly.incidents.stays import ENTRY_CAUSE, EXIT_CAUSE, TOUCH_US
from nofly.kernel.detect import Changes, State, Why
from nofly.zones.compiled import CompiledZones

NONE = np.zeros(0, np.int32)
Place = tuple[float, float, float | None, str | None]
"""Latitude, longitude, height and its datum."""
_BY_TARGET_ZONE_AND_TIME = itemgetter(0, 1, 2)
_WHY = {int(why): why for why in Why}
_EXIT_EVENT = {Why.LOST: Event.LOSE, Why.SCHEDULE: Event.END_ZONE}


class Happened(NamedTuple):
    """What happened to a target (its number) with respect to a zone (its number)."""

    target: int
    zone: int
    happening: Happening


class Side(msgspec.Struct):
    """Where a target is with respect to a zone: the parts it is not outside of, what was said of it last, and
    the exit that is held back."""

    parts: dict[int, int] = {}
    said: int = int(State.OUTSIDE)
    held: Happening | None = None


class ZoneSides:
    """The sides of all targets that are not outside some zone."""

    def __init__(self, zones: CompiledZones) -> None:
        self._part_zone = zones.part_zone
        self._limits, self._datums = zones.limits, [str(datum) for datum in zones.datums]
        count = np.bincount(zones.part_zone, minlength=len(zones.zones))
        self._touch_us = np.where(count > 1, TOUCH_US, 0).tolist()
        self._sides: dict[tuple[int, int], Side] = {}
        self._held: set[tuple[int, int]] = set()

    def step(
        self, changes: Changes, heard_us: NDArray[np.int64], lost: NDArray[np.int32] = NONE
    ) -> list[Happened]:
        """Take the changes that the detector found in a batch; return what happened, in order for each target
        and zone.

        ``heard_us`` is the time of each target's last report, by its number; ``lost`` are targets that will
        not be heard within the greatest gap.
        """
        return [*self._take(changes), *self._release(heard_us, {*lost.tolist()})]

    def zones(self) -> set[int]:
        """Return the zones that some target is not outside of, or has left a moment ago."""
        return {zone for _, zone in self._sides}

    def finish(self, changes: Changes) -> list[Happened]:
        """Take the detector's last changes; return what happened, and every exit held back."""
        return [*self._take(changes), *self._release(None, set())]

    def save(self) -> bytes:
        """Return the state as bytes."""
        return msgspec.msgpack.encode([(*key, side) for key, side in sorted(self._sides.items())])

    def load(self, data: bytes) -> None:
        """Take up a state that :meth:`save` returned, for the same zones. Raises StoreError where the bytes
        are not such."""
        try:
            rows = msgspec.msgpack.decode(data, type=list[tuple[int, int, Side]])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise StoreError(f"the saved sides cannot be read: {error}") from error
        self._sides = {(target, zone): side for target, zone, side in rows}
        self._held = {key for key, side in self._sides.items() if side.held is not None}

    def _take(self, changes: Changes) -> Iterator[Happened]:
        zone = self._part_zone[changes.part].tolist()
        names = (
            "time_us",
            "part",
            "after",
            "why",
            "lat_deg",
            "lon_deg",
            "floor_height_m",
            "ceiling_height_m",
        )
        columns = [changes.target.tolist(), zone, *(getattr(changes, name).tolist() for name in names)]
        rows = sorted(zip(*columns, strict=True), key=_BY_TARGET_ZONE_AND_TIME)
        for target, number, time_us, part, after, why, lat_deg, lon_deg, *heights_m in rows:
            side = self._sides.setdefault((target, number), Side())
            if after == State.OUTSIDE:
                side.parts.pop(part, None)
            else:
                side.parts[part] = after
            place = lat_deg, lon_deg, *self._height(part, *heights_m)
            for one in self._turn(side, _WHY[why], time_us, place, self._touch_us[number]):
                yield Happened(target, number, one)
            if side.held is not None:
                self._held.add((target, number))
            else:
                self._held.discard((target, number))
                if not side.parts:
                    del self._sides[target, number]

    def _height(self, part: int, low_m: float, high_m: float) -> tuple[float | None, str | None]:
        height_m, row = known_height(self._limits[part].tolist(), low_m, high_m)
        return (None, None) if height_m is None else (height_m, self._datums[row])

    def _turn(self, side: Side, why: Why, time_us: int, place: Place, touch_us: int) -> Iterator[Happening]:
        now = max(side.parts.values(), default=int(State.OUTSIDE))
        if now == State.OUTSIDE:
            if side.said != State.OUTSIDE:
                event = _EXIT_EVENT.get(why, Event.LEAVE)
                side.held = Happening(event, time_us, EXIT_CAUSE[why], *place)
        else:
            if side.held is not None:
                if time_us > side.held.time_us + touch_us:
                    yield side.held
                    side.said = int(State.OUTSIDE)
                side.held = None
            if now != side.said:
                yield Happening(_SAYS[now], time_us, ENTRY_CAUSE[why], *place)
                side.said = now

    def _release(self, heard_us: NDArray[np.int64] | None, lost: set[int]) -> Iterator[Happened]:
        for target, zone in sorted(self._held):
            side = self._sides[target, zone]
            assert side.held is not None
            until_us = side.held.time_us + self._touch_us[zone]
            if heard_us is None or target in lost or heard_us[target] > until_us:
                yield Happened(target, zone, side.held)
                self._held.remove((target, zone))
                del self._sides[target, zone]


_SAYS = {int(State.INSIDE): Event.ENTER, int(State.UNDETERMINED): Event.DOUBT}
