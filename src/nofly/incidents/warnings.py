"""From predictions, look after look, to warnings that are given once, hold, and are dropped once.

A flight is looked at once in a while; a look at which it is predicted to enter a zone in time is a hit. A
warning is given after enough hits of the last looks, or at the first hit where the entry is near, and
dropped after enough misses: the confirmation, bypass and hysteresis of Area Proximity Warning
(EUROCONTROL-GUID-161). The warning ends without a word where the flight enters: what follows is no
prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from nofly.errors import InputError, StoreError
from nofly.incidents.inhibition import Inhibition
from nofly.incidents.record import Cause
from nofly.incidents.states import Event
from nofly.incidents.stays import ENTRY_CAUSE
from nofly.kernel.detect import Why
from nofly.kernel.predict import Entries
from nofly.units import US_PER_S

MOST_LOOKS = 30
MOST_AHEAD_S = 3600.0
_NEVER_US = int(np.iinfo(np.int64).min // 2)
_LONG_US = round(2.0 * MOST_AHEAD_S * US_PER_S)


_RANGES = {
    "look_ahead_s": (True, 0.0, MOST_AHEAD_S), "margin_s": (False, 0.0, MOST_AHEAD_S),
    "cycle_s": (False, 0.1, 3600.0), "stale_s": (True, 0.0, MOST_AHEAD_S),
    "bypass_s": (False, 0.0, MOST_AHEAD_S), "least_speed_mps": (False, 0.0, 1000.0),
}  # fmt: skip
"""Parameter → whether it must be more than the least, the least, the most."""


class PredictionParams(msgspec.Struct, frozen=True):
    """How far ahead is looked, and when a warning is given and dropped.

    ``look_ahead_s`` is for zones whose rule does not say (EUROCONTROL-GUID-161 and ESSIP ATC02.5: up to two
    minutes). A flight is looked at once in each ``cycle_s``. A warning is given after ``hits`` hits of the
    last ``of`` looks, or at the first with less than ``bypass_s`` to go; it is dropped after ``misses``
    misses of the last ``of``. Once a warning is given, an entry up to ``margin_s`` beyond the look-ahead is
    still a hit; ``stale_s`` after the last look nothing is known any more. Slower than ``least_speed_mps``,
    a flight has no direction.
    """

    look_ahead_s: float = 120.0
    margin_s: float = 15.0
    cycle_s: float = 1.0
    hits: int = 2
    of: int = 3
    misses: int = 3
    bypass_s: float = 30.0
    stale_s: float = 30.0
    least_speed_mps: float = 5.0

    def __post_init__(self) -> None:
        """Raise InputError for a number that cannot be; the locator is its name."""
        for name, (above, least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most or (above and value == least):
                kind = "more than" if above else "at least"
                unit = "m/s" if name.endswith("_mps") else "seconds"
                raise InputError(
                    f"{value:g}", locator=name, expected=f"{kind} {least:g} and at most {most:g} {unit}"
                )
        if not 1 <= self.of <= MOST_LOOKS:
            raise InputError(f"{self.of}", locator="of", expected=f"1 to {MOST_LOOKS} looks")
        for name in ("hits", "misses"):
            if not 1 <= getattr(self, name) <= self.of:
                expected = f"1 to as many as looks, which are of = {self.of}"
                raise InputError(f"{getattr(self, name)}", locator=name, expected=expected)


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks at flights, of each in order of time: target number, time, and where it is.

    The rows that :class:`~nofly.kernel.predict.Entries` name in ``flight`` are rows of this.
    """

    target: NDArray[np.int64]
    time_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]


class Warned(msgspec.Struct, frozen=True):
    """A warning given (``PREDICT``) or dropped (``UNPREDICT``) at ``time_us``, the time of a report.

    ``entry_*`` is where and when the flight is expected not to be outside any more (not to be inside any
    more, of a zone that must not be left), ``height_m`` and ``height_datum`` how high then, on the datum of
    the zone's floor or of its ceiling; None where not known, or dropped.
    ``determined``: it is expected to be inside, rather than that it cannot be told. ``reason`` says why now.
    ``least_left_s`` is how near the entry was at the nearest, said when the warning is dropped.
    ``inhibited`` is the inhibition that the warning falls under: it is to be recorded, and nobody told.
    """

    target: int
    zone: int
    event: Event
    time_us: int
    reason: str
    cause: Cause = Cause.MOVED
    entry_us: int | None = None
    entry_lat_deg: float | None = None
    entry_lon_deg: float | None = None
    height_m: float | None = None
    height_datum: str | None = None
    determined: bool = False
    least_left_s: float | None = None
    inhibited: Inhibition | None = None


class Watch(msgspec.Struct):
    """What is remembered of a flight and a zone: the last looks, a bit each (1 a hit, the latest lowest), how
    many there were, the time of the last, whether a warning is in force and whether it is inhibited.
    ``least_us`` is the least time to go. ``entered``: it was in the zone, and has not been as far away as the
    required spacing since."""

    last_us: int
    looks: int = 0
    seen: int = 0
    warned: bool = False
    inhibited: bool = False
    least_us: int = _LONG_US
    entered: bool = False


def _dropped(
    target: int, zone: int, watch: Watch, time_us: int, reason: str, cause: Cause = Cause.MOVED
) -> Warned:
    least_left_s = watch.least_us / US_PER_S
    return Warned(target, zone, Event.UNPREDICT, time_us, reason, cause, least_left_s=least_left_s)


Asked = Callable[[int, int, int, float, float], Inhibition | None]
"""(target, zone, time_us, lat_deg, lon_deg) → the inhibition in force, if any."""


def nobody(target: int, zone: int, time_us: int, lat_deg: float, lon_deg: float) -> Inhibition | None:
    """Inhibit nothing."""


class Warnings:
    """The warnings of all flights and zones. Its state does not depend on how looks are cut into batches."""

    def __init__(
        self, params: PredictionParams, look_ahead_s: Sequence[float | None], spaced: Sequence[bool],
        stale_s: float | None = None, datums: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """``look_ahead_s`` is that of each zone, None where the zone does not say; ``spaced`` says of which
        zones a spacing is to be kept; ``stale_s`` takes the place of that of the parameters; ``datums`` are
        those of the rows of heights that entries name."""
        self._params, self._datums = params, datums
        ahead_s = [params.look_ahead_s if s is None else min(s, MOST_AHEAD_S) for s in look_ahead_s]
        self._ahead_us = [round(s * US_PER_S) for s in ahead_s]
        self._margin_us = round(params.margin_s * US_PER_S)
        self._bypass_us = round(params.bypass_s * US_PER_S)
        self._stale_s = params.stale_s if stale_s is None else stale_s
        self._stale_us = round(self._stale_s * US_PER_S)
        self._mask = (1 << params.of) - 1
        self._spaced = np.array(spaced, np.bool_)
        self._watches: dict[int, dict[int, Watch]] = {}
        self._oldest_us = _NEVER_US
        """No watch was looked at before."""
        self.ahead_s = max(ahead_s, default=params.look_ahead_s) + params.margin_s
        """So far ahead must entries be looked for."""

    def step(self, looks: Looks, entries: Entries, asked: Asked = nobody) -> list[Warned]:
        """Take looks and the entries predicted at them; return the warnings given and dropped, by target and
        time."""
        concerned = np.zeros(int(looks.target.max(initial=-1)) + 1, np.bool_)
        # Of who is inside a zone there is nothing to be said, unless something was said before.
        news = ~entries.now | self._spaced[entries.zone]
        told_of = np.zeros(len(looks.target), np.bool_)
        told_of[entries.flight[news]] = True
        concerned[looks.target[told_of]] = True
        known = [target for target in self._watches if target < len(concerned)]
        concerned[known] = True
        rows = np.flatnonzero(concerned[looks.target])
        rows = rows[np.lexsort((looks.time_us[rows], looks.target[rows]))]
        first = np.searchsorted(entries.flight, rows).tolist()
        past = np.searchsorted(entries.flight, rows, "right").tolist()
        zones = entries.zone.tolist()
        columns = (looks.target, looks.time_us, looks.lat_deg, looks.lon_deg)
        told: list[Warned] = []
        if len(rows):
            self._oldest_us = min(self._oldest_us, int(looks.time_us[rows].min()))
        for a, b, fresh, target, time_us, *place in zip(
            first, past, told_of[rows].tolist(), *(column[rows].tolist() for column in columns), strict=True
        ):
            if not fresh and target not in self._watches:
                continue
            told.extend(self._look(target, time_us, place, {zones[k]: k for k in range(a, b)},
                                   entries, asked))  # fmt: skip
        return told

    def lapse(self, until_us: int) -> list[Warned]:
        """Return the warnings that are dropped because their flights were not looked at for ``stale_s``
        before ``until_us``."""
        told: list[Warned] = []
        if until_us - self._oldest_us <= self._stale_us:
            return told
        for target in sorted(self._watches):
            for zone, watch in sorted(self._watches[target].items()):
                if until_us - watch.last_us > self._stale_us:
                    told.extend(self._stale(target, zone, watch))
        times_us = (watch.last_us for of in self._watches.values() for watch in of.values())
        self._oldest_us = min(times_us, default=until_us)
        return told

    def watched(self) -> set[tuple[int, int]]:
        """Return (target, zone) of all of which a warning is in force, or may soon be."""
        return {(target, zone) for target, of in self._watches.items() for zone in of}

    def save(self) -> bytes:
        """Return the state as bytes."""
        kept = [(t, z, w) for t, of in sorted(self._watches.items()) for z, w in sorted(of.items())]
        return msgspec.msgpack.encode(kept)

    def load(self, data: bytes) -> None:
        """Take up a state that :meth:`save` returned, for the same zones and parameters. Raises StoreError
        where the bytes are not such."""
        try:
            rows = msgspec.msgpack.decode(data, type=list[tuple[int, int, Watch]])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise StoreError(f"the saved warnings cannot be read: {error}") from error
        self._watches, self._oldest_us = {}, _NEVER_US
        for target, zone, watch in rows:
            self._watches.setdefault(target, {})[zone] = watch

    def _look(
        self, target: int, time_us: int, place: list[float], hits: dict[int, int], entries: Entries,
        asked: Asked,
    ) -> Iterator[Warned]:  # fmt: skip
        watches = self._watches.get(target, {})
        for zone in sorted(watches.keys() | hits.keys()):
            watch = watches.get(zone)
            if watch is not None and time_us - watch.last_us > self._stale_us:
                yield from self._stale(target, zone, watch)
                watch = None
            k = hits.get(zone)
            left_us = None if k is None else int(entries.time_us[k]) - time_us
            if k is not None and (entries.now[k] or (watch is not None and watch.entered and left_us == 0)):
                self._enter(target, zone, time_us)
                continue
            if watch is not None and watch.entered:
                self._forget(target, zone)
                watch = None
            limit_us = self._ahead_us[zone] + (self._margin_us if watch is not None and watch.warned else 0)
            hit = left_us is not None and left_us <= limit_us
            if watch is None:
                if not hit:
                    continue
                watch = self._watches.setdefault(target, {}).setdefault(zone, Watch(time_us))
            watch.last_us = time_us
            watch.looks = (watch.looks << 1 | hit) & self._mask
            watch.seen = min(watch.seen + 1, self._params.of)
            if hit and left_us is not None:
                watch.least_us = min(watch.least_us, left_us)
            if watch.warned:
                yield from self._hold(target, zone, watch, place, k if hit else None, entries, asked)
            elif hit and k is not None and left_us is not None:
                yield from self._begin(target, zone, watch, place, k, left_us, entries, asked)
            elif watch.looks == 0:
                self._forget(target, zone)

    def _enter(self, target: int, zone: int, time_us: int) -> None:
        if self._spaced[zone]:
            self._watches.setdefault(target, {})[zone] = Watch(time_us, entered=True)
        else:
            self._forget(target, zone)

    def _begin(
        self, target: int, zone: int, watch: Watch, place: list[float], k: int, left_us: int,
        entries: Entries, asked: Asked,
    ) -> Iterator[Warned]:  # fmt: skip
        count = watch.looks.bit_count()
        if left_us == 0:
            reason = "closer than the required spacing"
        elif left_us < self._bypass_us:
            reason = f"less than {self._params.bypass_s:g} s to go"
        elif count >= self._params.hits:
            reason = f"predicted at {count} of the last {watch.seen} looks"
        else:
            return
        watch.warned = True
        yield self._given(target, zone, watch, place, k, reason, entries, asked)

    def _hold(
        self, target: int, zone: int, watch: Watch, place: list[float], k: int | None,
        entries: Entries, asked: Asked,
    ) -> Iterator[Warned]:  # fmt: skip
        misses = watch.seen - watch.looks.bit_count()
        if misses >= self._params.misses:
            self._forget(target, zone)
            reason = f"not predicted at {misses} of the last {watch.seen} looks"
            yield _dropped(target, zone, watch, watch.last_us, reason)
        elif watch.inhibited and k is not None:
            again = self._given(target, zone, watch, place, k, "no longer inhibited", entries, asked)
            if again.inhibited is None:
                yield again

    def _given(
        self, target: int, zone: int, watch: Watch, place: list[float], k: int, reason: str,
        entries: Entries, asked: Asked,
    ) -> Warned:  # fmt: skip
        inhibited = asked(target, zone, watch.last_us, place[0], place[1])
        watch.inhibited = inhibited is not None
        height_m, row, why = float(entries.height_m[k]), int(entries.height_row[k]), Why(int(entries.why[k]))
        # What is found too close when it is looked at has come there.
        cause = Cause.MOVED if why is Why.FOUND else ENTRY_CAUSE[why]
        return Warned(
            target, zone, Event.PREDICT, watch.last_us, reason, cause,
            int(entries.time_us[k]), float(entries.lat_deg[k]), float(entries.lon_deg[k]),
            None if np.isnan(height_m) else height_m, None if row < 0 else self._datums[row],
            bool(entries.determined[k]),
            inhibited=inhibited,
        )  # fmt: skip

    def _stale(self, target: int, zone: int, watch: Watch) -> Iterator[Warned]:
        self._forget(target, zone)
        if watch.warned:
            reason = f"nothing is known of it for {self._stale_s:g} s"
            at_us = watch.last_us + self._stale_us
            yield _dropped(target, zone, watch, at_us, reason, Cause.DATA_LOST)

    def _forget(self, target: int, zone: int) -> None:
        of = self._watches.get(target, {})
        of.pop(zone, None)
        if not of:
            self._watches.pop(target, None)


def eligible(
    params: PredictionParams,
    suspect: NDArray[np.bool_],
    on_ground: NDArray[np.bool_],
    gs_mps: Any,
    track_deg: Any,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which reports are looked at, and which of those can be predicted from.

    Not looked at: a report that screening doubts, or without speed; nothing follows from it. Looked at, and
    not predicted from: one on the ground, or too slow; it enters nothing by going on. So that nothing
    implausible is flown on: not faster than 1,000 m/s.
    """
    with np.errstate(invalid="ignore"):
        slow = gs_mps < params.least_speed_mps
        moving = (gs_mps >= params.least_speed_mps) & (gs_mps <= 1000.0) & np.isfinite(track_deg)
    still = on_ground | slow
    return ~suspect & (still | moving), ~suspect & moving & ~still
