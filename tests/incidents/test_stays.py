"""Merging visits into stays, by columns, against the same done visit by visit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nofly.incidents.record import Cause
from nofly.incidents.single_visits import single_stays
from nofly.incidents.stays import TOUCH_US, Stay, Stays, joined_stays, merge
from nofly.kernel.detect import Changes, Why
from nofly.kernel.visits import SUMS, Visits
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, Limit, Polygon, Volume, Zone

START_US = 1_780_000_000_000_000
ENTRY = {
    Why.DATA: Cause.DATA_RESUMED, Why.LATERAL: Cause.MOVED, Why.VERTICAL: Cause.MOVED,
    Why.SCHEDULE: Cause.ZONE_ACTIVATED, Why.FOUND: Cause.DATA_RESUMED,
}  # fmt: skip
EXIT = {
    Why.DATA: Cause.DATA_LOST, Why.LATERAL: Cause.MOVED, Why.VERTICAL: Cause.MOVED,
    Why.SCHEDULE: Cause.ZONE_DEACTIVATED, Why.LOST: Cause.DATA_LOST,
}  # fmt: skip


def square(lat_deg: float, lon_deg: float, *limits: Limit | None) -> Volume:
    corners = ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0))
    return Volume(Polygon(tuple((lat_deg + y, lon_deg + x) for y, x in corners)), *limits)


LOW, HIGH = Limit(300.0, Datum.AMSL, "300 m"), Limit(3000.0, Datum.STD, "FL100")
ZONES = compile_zones([
    Zone("ONE", "one part", (square(10.0, 10.0, LOW, HIGH),)),
    Zone("MANY", "three parts", (square(20.0, 10.0, None, HIGH), square(20.0, 11.0, LOW, None),
                                 square(20.0, 12.0, None, None))),
])  # fmt: skip


class Chance:
    """Random choices from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))

    def whole(self, most: int) -> int:
        return int(self._random.integers(0, most + 1))

    def number(self, unknown: float) -> float:
        return unknown if self.whole(2) == 0 else 100.0 * self.whole(40)

    def why(self, table: dict[Why, Cause]) -> Why:
        return sorted(table)[self.whole(len(table) - 1)]


def visited(seed: int) -> tuple[Changes, Visits]:
    """Return visits of two targets to the four parts; those to one part do not overlap."""
    chance = Chance(seed)
    changes: list[tuple[Any, ...]] = []
    visits: list[list[int]] = []
    sums: list[list[float]] = []

    def change(target: int, part: int, why: Why, at_us: int, earlier: int) -> int:
        place = [chance.number(0.0) for _ in range(2)]
        heights = [chance.number(math.nan) for _ in range(3)]
        changes.append((target, part, 0, 0, why, at_us, 0, 0, earlier, 0, *place, *heights))
        return len(changes) - 1

    for target, part in itertools.product(range(2), range(4)):
        at_us = START_US
        for _ in range(chance.whole(3)):
            since = at_us + chance.whole(3) * TOUCH_US
            at_us = since + chance.whole(4) * TOUCH_US
            entry = change(target, part, chance.why(ENTRY), since, 3)
            leave = change(target, part, chance.why(EXIT), at_us, 3 + len(visits))
            known = chance.whole(1) == 1
            visits.append([target, part, entry, leave, entry if known else -1, leave if known else -1])
            row = {name: chance.number(-math.inf if name == "depth_m" or "margin" in name else math.inf)
                   for name in SUMS}  # fmt: skip
            row |= {name: float(chance.whole(3)) for name in ("measured", "weak", "on_ground")}
            sums.append(list((row | {"confirmed": float(chance.whole(1)), "longest_gap_us": 1.0}).values()))
            at_us += 1
    table = np.array(changes, np.float64).reshape(-1, 15)
    whole: list[Any] = [table[:, k].astype(np.int64) for k in range(10)]
    columns: list[Any] = list(np.array(visits, np.int64).reshape(-1, 6).T)
    measured: list[Any] = [np.array(sums, np.float64).reshape(-1, len(SUMS))]
    return Changes(*whole, *table[:, 10:].T), Visits(*columns, *measured)


def one_by_one(zones: CompiledZones, changes: Changes, visits: Visits) -> list[Stay]:
    """Return the stays, each made of its visits in plain steps."""
    rows = range(len(visits))
    time = changes.time_us.tolist()
    begin = {v: time[visits.entry[v]] for v in rows}
    end = {v: time[visits.exit[v]] for v in rows}
    zone = {v: int(zones.part_zone[visits.part[v]]) for v in rows}
    groups: list[list[int]] = []
    for v in sorted(rows, key=lambda v: (visits.target[v], zone[v], begin[v], visits.entry[v])):
        touch = TOUCH_US if (zones.part_zone == zone[v]).sum() > 1 else 0
        last = groups[-1] if groups else []
        if last and (visits.target[last[0]], zone[last[0]]) == (visits.target[v], zone[v]) \
                and begin[v] <= max(end[u] for u in last) + touch:  # fmt: skip
            last.append(v)
        else:
            groups.append([v])
    stays = [of_group(zones, changes, visits, group, begin, end) for group in groups]
    return sorted(stays, key=lambda s: (s.entry_us, s.target, s.zone))


def of_group(
    zones: CompiledZones, c: Changes, visits: Visits, group: list[int], begin: dict[int, int],
    end: dict[int, int],
) -> Stay:  # fmt: skip
    s = {name: visits.sum(name).tolist() for name in SUMS}
    first = min(group, key=lambda v: (begin[v], visits.entry[v]))
    last = max(group, key=lambda v: (end[v], visits.exit[v]))
    entry, leave = int(visits.entry[first]), int(visits.exit[last])
    deepest = max(group, key=s["depth_m"].__getitem__)
    inside = [v for v in group if visits.first_in[v] >= 0]
    _, floor_row, _, ceiling_row = zones.limits[visits.part[first]].tolist()
    height_m, datum = None, None
    for height, row in ((c.ceiling_height_m[entry], ceiling_row), (c.floor_height_m[entry], floor_row)):
        if row >= 0 and not math.isnan(height):
            height_m, datum = float(height), str(zones.datums[int(row)])
    seen = [] if height_m is None else [height_m]
    for v in group if seen else []:
        floor, floor_row, ceiling, ceiling_row = zones.limits[visits.part[v]].tolist()
        if floor_row >= 0 and math.isfinite(s["lower_margin_m"][v]):
            seen.append(floor + s["lower_margin_m"][v])
        if ceiling_row >= 0 and math.isfinite(s["upper_margin_m"][v]):
            seen.append(ceiling - s["upper_margin_m"][v])
    margins = {name: max(s[name][v] for v in group) for name in ("lower_margin_m", "upper_margin_m")}
    return Stay(
        zone=int(zones.part_zone[visits.part[first]]), target=int(visits.target[first]),
        entry_us=begin[first], exit_us=end[last],
        entry_lat_deg=c.lat_deg[entry], entry_lon_deg=c.lon_deg[entry],
        exit_lat_deg=c.lat_deg[leave], exit_lon_deg=c.lon_deg[leave],
        determined=bool(inside), confirmed=any(s["confirmed"][v] for v in group),
        entry_cause=ENTRY[c.why[entry]], exit_cause=EXIT[c.why[leave]],
        entry_closing_mps=c.closing_mps[entry], exit_closing_mps=c.closing_mps[leave],
        depth_m=max(0.0, s["depth_m"][deepest]), depth_err_m=s["deepest_err_m"][deepest],
        entry_err_m=s["first_err_m"][first], exit_err_m=s["last_err_m"][last],
        **{name: value if math.isfinite(value) else None for name, value in margins.items()},
        height_m=height_m, height_datum=datum,
        min_height_m=min(seen, default=None), max_height_m=max(seen, default=None),
        reports=int(c.earlier[leave] - c.earlier[entry]),
        longest_gap_s=max(s["longest_gap_us"][v] for v in group) / 1e6,
        measured=int(sum(s["measured"][v] for v in group)), weak=int(sum(s["weak"][v] for v in group)),
        on_ground=int(sum(s["on_ground"][v] for v in group)),
        inside_from_us=min((int(c.time_us[visits.first_in[v]]) for v in inside), default=None),
        inside_until_us=max((int(c.time_us[visits.last_in[v]]) for v in inside), default=None),
        entry_height_err_m=s["first_height_err_m"][first] if c.why[entry] == Why.VERTICAL else None,
        exit_height_err_m=s["last_height_err_m"][last] if c.why[leave] == Why.VERTICAL else None,
    )  # fmt: skip


def plain(stays: Any) -> list[dict[str, Any]]:
    """Return stays as values of Python, NaN as a word, so that they can be compared."""
    rows = [{name: getattr(stay, name) for name in Stay.__slots__} for stay in stays]
    return [
        {k: "nan" if v != v else v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
        for row in rows
    ]


@given(seed=st.integers(0, 2**32))
def test_columns_and_single_visits_give_the_same_stays(seed: int) -> None:
    changes, visits = visited(seed)
    merged = merge(ZONES, changes, visits)
    assert plain(merged) == plain(one_by_one(ZONES, changes, visits))
    assert plain(merged) == plain(merged[i] for i in range(len(merged)))


@given(seed=st.integers(0, 2**32), cut=st.integers(0, 8))
def test_stays_survive_the_way_to_objects_and_back(seed: int, cut: int) -> None:
    merged = merge(ZONES, *visited(seed))
    again = Stays.of(list(merged))
    assert plain(again) == plain(merged)
    assert plain(joined_stays([again[cut:], again[:cut]])) == plain(merged)


@given(seed=st.integers(0, 2**32))
def test_visits_made_one_by_one_give_the_same_stays(seed: int) -> None:
    changes, visits = visited(seed)
    first = {
        key: v
        for v, key in reversed(
            [*enumerate(zip(visits.target.tolist(), ZONES.part_zone[visits.part].tolist(), strict=True))]
        )
    }
    rows = np.array(sorted(first.values()), np.int64)
    some = Visits(*(getattr(visits, name)[rows] for name in Visits.__slots__))
    assert plain(single_stays(ZONES, changes, some)) == plain(merge(ZONES, changes, some))


def test_nothing_visited_is_no_stay() -> None:
    none: list[Any] = [np.zeros(0, np.int64)]
    nothing = Changes(*none * 10, *[np.zeros(0)] * 5)
    sums: list[Any] = [np.zeros((0, len(SUMS)))]
    assert len(merge(ZONES, nothing, Visits(*none * 6, *sums))) == 0
    assert list(joined_stays([])) == []
