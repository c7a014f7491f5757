"""How far a coverage can be trusted: part of the traffic is hidden, and what is said is held against it.

Coverage is told from one half of the aircraft that a receiver got, by the hash of their ids. The other half
is held back: where it passed (a *passage* is an aircraft in a cell, band and hour) is known from all traffic,
and whether the receiver got it there is what the verdicts are held against.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nofly.proof.coverage import Seen
from nofly.proof.covering.cells import UNTOLD, heights_of, unit_vectors
from nofly.proof.covering.evidence import Evidence
from nofly.proof.covering.sightings import OTHERS, bands, cells, hours, keys
from nofly.proof.covering.statements import ORDER, UNKNOWN_AT, grounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nofly.schema import Positions

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_EARTH_M, _REFRACTED = 6_371_000.0, 4.0 / 3.0
_HALF, _TENTHS = np.uint64(1 << 20), np.uint64(10)


class Line(NamedTuple):
    """What came of one verdict."""

    verdict: Seen
    called: int
    """Cells × bands × hours that were called so."""
    called_seen: int
    """Of them those in which the receiver got some of the aircraft held back."""
    passages: int
    """Passages of aircraft held back through such."""
    received: int
    """Of them those that the receiver got."""


class Horizon(NamedTuple):
    """A receiver that is simulated: it gets what stands higher above its horizontal plane than an angle, over
    an Earth of 4/3 of its radius (ITU-R P.834)."""

    lat_deg: float
    lon_deg: float
    least_deg: float

    def gets(self, positions: Positions) -> Bools:
        """Return which reports it gets; one without a height as if on the ground."""
        here = unit_vectors(np.array([self.lat_deg]), np.array([self.lon_deg]))[0]
        cosine = unit_vectors(positions.lat_deg, positions.lon_deg) @ here
        way_m = _EARTH_M * np.arccos(np.clip(cosine, -1.0, 1.0))
        height_m = np.nan_to_num(heights_of(positions)) - way_m**2 / (2.0 * _REFRACTED * _EARTH_M)
        out: Bools = np.degrees(np.arctan2(height_m, np.maximum(way_m, 1.0))) >= self.least_deg
        return out


def held_back(rows: NDArray[np.void]) -> Bools:
    """Return which rows are of the half of the aircraft that is held back."""
    return np.asarray((rows["aircraft"] & _HALF) != 0)


def hidden_by_hour(rows: NDArray[np.void]) -> Bools:
    """Return which rows are held back where in every second hour nine aircraft of ten are."""
    few = (rows["aircraft"] >> np.uint64(24)) % _TENTHS != 0
    return np.asarray(few & (hours(rows["key"]) % 2 == 1))


def compared(
    all_rows: NDArray[np.void],
    got: NDArray[np.void],
    hidden: Callable[[NDArray[np.void]], Bools],
    named: bool,
) -> list[Line]:
    """Return what came of each verdict: ``all_rows`` is the table of all traffic, ``got`` that of what the
    receiver got; coverage is told from what is not ``hidden`` of the latter."""
    evidence = Evidence(got[~hidden(got)], named)
    verdicts = {cell: grounds(evidence, cell).verdict for cell in evidence.cells.tolist()}
    called = np.zeros(len(ORDER), np.int64)
    for verdict in verdicts.values():
        called += np.bincount(verdict.ravel(), minlength=len(ORDER))
    tried, seen = _passages(all_rows[hidden(all_rows)]), _passages(got[hidden(got)])
    of_tried = _verdicts(evidence, verdicts, tried[:, 0])
    received = np.isin(_whole(tried), _whole(seen))
    of_seen = _verdicts(evidence, verdicts, np.unique(seen[:, 0]))
    return [
        Line(
            name, int(called[k]), int(np.sum(of_seen == k)), int(np.sum(of_tried == k)),
            int(np.sum(received & (of_tried == k))),
        )
        for k, name in enumerate(ORDER)
    ]  # fmt: skip


def _passages(rows: NDArray[np.void]) -> Ints:
    """Return cell, band and hour in one number, and the aircraft, of each passage once."""
    rows = rows[(rows["aircraft"] != OTHERS) & (bands(rows["key"]) < UNTOLD)]
    key = rows["key"]
    place = keys(np.zeros(len(key), np.int64), hours(key), cells(key), bands(key))
    return np.unique(np.column_stack([place, rows["aircraft"].view(np.int64)]), axis=0)


def _whole(passages: Ints) -> NDArray[np.void]:
    """Return each passage as one value that can be looked up."""
    return np.ascontiguousarray(passages).view([("place", "<i8"), ("aircraft", "<i8")])[:, 0]


def _verdicts(evidence: Evidence, verdicts: dict[int, Ints], place: Ints) -> Ints:
    """Return the verdict on each place by number."""
    cell, band, hour = cells(place), bands(place), hours(place)
    at = np.searchsorted(evidence.hours, hour)
    at[at == len(evidence.hours)] = 0
    out = np.full(len(place), UNKNOWN_AT)
    for k in np.flatnonzero(evidence.hours[at] == hour if len(evidence.hours) else []).tolist():
        known = verdicts.get(int(cell[k]))
        if known is not None:
            out[k] = known[band[k], at[k]]
    return out
