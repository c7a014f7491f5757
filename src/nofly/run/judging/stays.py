"""From stays to records, each judged when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.judge import VERDICTS, Witness, judge, outcomes
from nofly.incidents.keepin import is_named, of_absence
from nofly.incidents.record import Infringement, Infringements, Outcomes
from nofly.incidents.stays import Stay, Stays
from nofly.run.files.lists import Lists
from nofly.run.judging.preparing import TIME_ERR_S, Aids
from nofly.run.judging.witnesses import Seen, Tracks
from nofly.schema import Positions
from nofly.tracks.identity import icao24_of, state_of
from nofly.zones.judging import judge_rule
from nofly.zones.model import Restriction, Zone
from nofly.zones.predicates import Subject, any_matches, may_ever_match
from nofly.zones.schedule import describe


def subject(name: str, seen: Seen, lists: Lists) -> Subject:
    """Return what is known of a target when a rule is asked about it."""
    address, state = _registered(name)
    named = lists.names_for(address, seen.callsign)
    return Subject(name, address, seen.callsign, seen.squawk, seen.category, state, named, named)


@lru_cache(maxsize=1 << 16)
def _registered(name: str) -> tuple[str | None, str | None]:
    """Return the address in a target id, and the state it is registered in."""
    address = icao24_of(name)
    state = state_of(address)
    return address, state.alpha3 if state else None


def may_hold(zone: Zone, name: str, lists: Lists) -> bool:
    """Return whether the rule of a zone that must not be left may name a target, whatever it sends."""
    return zone.rule is not None and may_ever_match(zone.rule.applies_to, subject(name, Seen(), lists))


def held_for(zone: Zone, who: Subject, absence: Stay) -> Stay | None:
    """Return an absence from a zone that must not be left as it is known: None where the zone holds for
    others only, undetermined where it cannot be told whom it holds for."""
    if zone.rule is None or not is_named(zone):
        return absence
    named = any_matches(zone.rule.applies_to, who)
    if named is None:
        return replace(absence, determined=False, inside_from_us=None, inside_until_us=None)
    return absence if named else None


@dataclass
class Judging:
    """Everything that the records of a run are made of: zones, stays, and what the reports said.

    ``thinned`` says that of the absences not every report was measured.
    """

    law: Sequence[Zone]
    stays: Stays
    targets: Sequence[str]
    shadows: set[int]
    tracks: Tracks
    lists: Lists
    aids: Aids
    thinned: bool = False
    _changes: dict[str, set[int]] = field(init=False)
    _hashes: dict[int, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Put the stays in order of entry, zone id and target id."""
        self._changes = edition_changes(self.law)
        self.stays = self.stays[_order(self.stays, self.law, self.targets)]

    def records(self) -> Infringements:
        """Return the record of every stay, by time of entry, zone id and target id."""
        return Infringements(len(self.stays), self._record, self._outcomes)

    def _record(self, row: int) -> Infringement:
        stay: Stay = self.stays[row]
        zone = self.law[stay.zone]
        if stay.zone not in self._hashes:
            self._hashes[stay.zone] = zone.zone_hash
        seen = self.tracks.during(stay.target, stay.entry_us, stay.exit_us)
        who = subject(self.targets[stay.target], seen, self.lists)
        first = partial(self.tracks.first, stay.target, stay.entry_us)
        record = judged(
            zone, self._hashes[stay.zone], stay, (who, seen, stay.target in self.shadows),
            self._changes.get(zone.id, set()), self.aids, first,
        )  # fmt: skip
        if zone.restriction is Restriction.KEEP_IN:
            return of_absence(record, zone, thinned=self.thinned)
        return record

    def _outcomes(self) -> Outcomes:
        """Count status and certainty; rules are asked only of the stays in zones that have one."""
        verdict = np.full(len(self.stays), VERDICTS.index("infringement"), np.int8)
        ruled = np.array([zone.rule is not None for zone in self.law], np.bool_)
        for row in np.flatnonzero(ruled[self.stays.zone]).tolist():
            stay: Stay = self.stays[row]
            seen = self.tracks.during(stay.target, stay.entry_us, stay.exit_us)
            who = subject(self.targets[stay.target], seen, self.lists)
            found = judge_rule(
                self.law[stay.zone].rule, who, stay.entry_us, stay.exit_us, stay.min_height_m,
                stay.max_height_m,
            )  # fmt: skip
            verdict[row] = VERDICTS.index(found.status)
        shadow = np.zeros(len(self.targets), np.bool_)
        shadow[list(self.shadows)] = True
        return outcomes(self.law, self.stays, verdict, shadow[self.stays.target])


def judged(
    zone: Zone, zone_hash: str, stay: Stay, witness: tuple[Subject, Seen, bool], changes_us: Set[int],
    aids: Aids, first: Callable[[], Positions],
) -> Infringement:  # fmt: skip
    """Return the record of one stay.

    ``witness`` is who it was, what was reported, and whether by reports whose position is not credible;
    ``changes_us`` the instants at which one edition of the zone followed another; ``first`` returns the first
    report at or after the entry.
    """
    who, seen, shadow = witness
    unknown = partial(_unknown, zone, aids, first)
    return judge(
        zone, zone_hash, stay,
        Witness(who, shadow, seen.sentences, seen.stated_errors, TIME_ERR_S, unknown),
        (stay.entry_us in changes_us, stay.exit_us in changes_us),
    )  # fmt: skip


def _unknown(zone: Zone, aids: Aids, first: Callable[[], Positions]) -> tuple[str, ...]:
    return *_activity_unknown(zone), *_heights_unknown(zone, aids, first())


def _heights_unknown(zone: Zone, aids: Aids, one: Positions) -> tuple[str, ...]:
    """Return why heights on the zone's datums are not known, in words."""
    from nofly.geo.heights import HeightBounds, fill_heights
    from nofly.geo.heightwords import explain_height

    if len(one) == 0:
        return ()
    limits = [x for v in zone.volumes for x in (v.lower, v.upper) if x is not None and x.value_m > 0.0]
    datums = sorted({x.datum for x in limits})
    heights = fill_heights(one, aids.qnh, aids.geoid, aids.terrain, HeightBounds(), datums)
    return tuple(
        explain_height(heights, d, 0, one, aids.qnh, aids.geoid, aids.terrain)
        for d in datums
        if heights.lo[d][0] != heights.hi[d][0]
    )


def _order(stays: Stays, law: Sequence[Zone], targets: Sequence[str]) -> NDArray[np.int64]:
    """Return the rows by time of entry, zone id and target id."""
    ids = {name: k for k, name in enumerate(sorted({zone.id for zone in law}))}
    met = np.zeros(len(targets), np.bool_)
    met[stays.target] = True
    names = [targets[k] for k in np.flatnonzero(met).tolist()]
    ranks = {name: k for k, name in enumerate(sorted(set(names)))}
    by_zone = np.array([ids[zone.id] for zone in law], np.int64)[stays.zone]
    by_target = np.array([ranks[name] for name in names], np.int64)[np.cumsum(met)[stays.target] - 1]
    return np.lexsort((by_target, by_zone, stays.entry_us))


def _activity_unknown(zone: Zone) -> tuple[str, ...]:
    if zone.schedule is None or all(window.certain for window in zone.schedule.windows):
        return ()
    return (f"Whether the zone was active is not known. Its hours: {describe(zone.schedule)}.",)


def edition_changes(zones: Sequence[Zone]) -> dict[str, set[int]]:
    """Return for each zone id the instants at which one edition follows another."""
    ends: dict[str, set[int]] = {}
    starts: dict[str, set[int]] = {}
    for zone in zones:
        if zone.valid_to_us is not None:
            ends.setdefault(zone.id, set()).add(zone.valid_to_us)
        if zone.valid_from_us is not None:
            starts.setdefault(zone.id, set()).add(zone.valid_from_us)
    return {name: times & starts.get(name, set()) for name, times in ends.items()}
