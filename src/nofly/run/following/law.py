"""How a zone stands at a moment: active, or when it will be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nofly.incidents.stays import zone_activity
from nofly.units import US_PER_S
from nofly.zones.activity import activity_at
from nofly.zones.model import Zone

WEEK_US = 7 * 86_400 * US_PER_S
ACTIVE, PERHAPS, UPCOMING, INACTIVE, EXPIRED = "active", "perhaps", "upcoming", "inactive", "expired"


class ZoneState(NamedTuple):
    """A word for it, and when that changes next; None: not within a week."""

    word: str
    until_us: int | None


def state_at(zone: Zone, now_us: int) -> ZoneState:
    """Return how a zone stands: ``active``; ``perhaps``, where its activation is announced elsewhere;
    ``upcoming`` within a week; ``inactive``; ``expired``, where it is active never more."""
    _, rows = zone_activity([zone], now_us, now_us + WEEK_US)
    rows = rows[(rows[:, 1] > now_us) & (rows[:, 0] <= now_us + WEEK_US)]
    now = int(activity_at(rows, np.array([now_us]))[0])
    if now:
        end_us = int(rows[0, 1])
        return ZoneState(ACTIVE if now > 0 else PERHAPS, end_us if end_us <= now_us + WEEK_US else None)
    if _over_us(zone) <= now_us:
        return ZoneState(EXPIRED, None)
    return ZoneState(UPCOMING, int(rows[0, 0])) if len(rows) else ZoneState(INACTIVE, None)


def times(zone: Zone, from_us: int, until_us: int) -> list[tuple[int, int, bool]]:
    """Return from when until when a zone is active in a time span, cut to it; the last value is False where
    its activation is announced elsewhere."""
    _, rows = zone_activity([zone], from_us, until_us)
    cut = [(max(start, from_us), min(end, until_us), certain == 1) for start, end, certain in rows.tolist()]
    return [row for row in cut if row[0] < row[1]]


def _over_us(zone: Zone) -> float:
    """Return since when a zone, in this edition, is active never more."""
    ends = [zone.valid_to_us]
    if zone.schedule is not None:
        last = [window.end_us for window in zone.schedule.windows]
        ends.append(None if None in last else max((end for end in last if end is not None), default=0))
    return min((end for end in ends if end is not None), default=float("inf"))
