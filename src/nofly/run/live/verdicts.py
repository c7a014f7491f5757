"""What is recorded of live traffic, in full: the machine's records with the names and words of the moment,
and the verdict on every stay when it is over."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Protocol

import msgspec

from nofly.incidents.judge import incident_id
from nofly.incidents.keepin import of_absence
from nofly.incidents.machine import Happening, Key, Record, warning_id
from nofly.incidents.record import Cause, Side, Status
from nofly.incidents.states import Told
from nofly.incidents.stays import Stay
from nofly.incidents.warnings import Warned
from nofly.run.files.lists import Lists
from nofly.run.judging.preparing import Aids
from nofly.run.judging.stays import held_for, judged, subject
from nofly.run.judging.witnesses import LATER_S, Seen
from nofly.run.live.heard import Account, Heard
from nofly.run.outputs.columns import record as row_of
from nofly.schema import concatenate
from nofly.tracks.identity import icao24_of
from nofly.units import US_PER_S
from nofly.zones.judging import judge_rule
from nofly.zones.model import Restriction, Zone
from nofly.zones.predicates import any_matches

JUDGED = "judged"
"""Kind of the record that holds the verdict on a stay: the row a recorded check has of it."""

INHIBITED = "inhibited"
"""Kind of the record of a warning that nobody is told, because somebody said so."""

_STATUS = {
    "infringement": Status.INFRINGEMENT, "exempt": Status.EXEMPT, "cleared": Status.CLEARED,
    "not-addressed": Status.EXEMPT,
}  # fmt: skip


class Judging(Protocol):
    """What is judged with."""

    @property
    def lists(self) -> Lists:
        """Lists of aircraft that rules name."""

    @property
    def aids(self) -> Aids:
        """What heights are worked out with."""


class Verdicts:
    """Words for records, and verdicts on the stays of zones (by number)."""

    def __init__(
        self, law: Sequence[Zone], hashes: Sequence[str], targets: Sequence[str], heard: Heard,
        changes_us: Mapping[str, Set[int]], judging: Judging,
    ) -> None:  # fmt: skip
        """``targets`` are the names of the targets by number, ``changes_us`` the instants at which the law
        changed, by zone id."""
        self._law = law
        self._hashes = hashes
        self._targets = targets
        self._heard = heard
        self._lists, self._aids = judging.lists, judging.aids
        self._changes = changes_us
        self._incident: dict[str, str] = {}
        """Stay → the incident it belongs to, of the stays that are not over."""
        self._status: dict[str, str] = {}
        """Stay → the status that was told last, of the same."""
        self._open: list[tuple[int, int, int, int]] = []
        self._told: dict[tuple[int, int, int], tuple[Stay, Key, str, dict[str, Any] | None, bool]] = {}
        self._known: dict[tuple[int, int, int], list[str | None]] = {}
        """What was sent round the stays whose verdicts were told by this law."""

    def body(self, record: Record, zone: int, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record of the machine as it is stored."""
        law = self._law[zone]
        more = _credible(more, shadow=record.shadow)
        if record.kind in (Told.ENTERED, Told.REENTERED) and record.stay is not None:
            self._incident[record.stay] = record.incident
        if record.stay in self._incident and "status" in more:
            self._status[record.stay] = more["status"]
        return {
            **msgspec.to_builtins(record), "zone_id": law.id, "zone_name": law.name,
            "icao24": icao24_of(record.target_id), **_side(law), **more,
        }  # fmt: skip

    def is_news(self, stay: str | None, shadow: bool, more: Mapping[str, Any]) -> bool:
        """Return whether the status of a stay that goes on is another than was told of it."""
        told = None if stay is None else self._status.get(stay)
        return told is not None and told != _credible(more, shadow=shadow)["status"]

    def inhibited(self, key: Key, zone: int, happening: Happening, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record of a warning that somebody inhibited; ``more`` says who and why."""
        law = self._law[zone]
        name = warning_id(key.zone_hash, key.target_id, happening.time_us, key.shadow)
        return {
            "kind": INHIBITED, "incident": name, "time_us": happening.time_us, "zone_hash": key.zone_hash,
            "target_id": key.target_id, "shadow": key.shadow, "zone_id": law.id, "zone_name": law.name,
            "icao24": icao24_of(key.target_id), "event": happening.event.value, **_side(law), **more,
        }  # fmt: skip

    def caused(self, zone: int, happening: Happening) -> Happening:
        """Return what happened with its cause, where that is a change of the law and not of the hour."""
        by_hour = happening.cause in (Cause.ZONE_ACTIVATED, Cause.ZONE_DEACTIVATED)
        if by_hour and happening.time_us in self._changes.get(self._law[zone].id, ()):
            return msgspec.structs.replace(happening, cause=Cause.ZONE_CHANGED)
        return happening

    def of_moment(self, target: int, zone: int, time_us: int) -> dict[str, Any]:
        """Return what is known of a target as something happens: its callsign, and what the rule says."""
        law, seen = self._law[zone], self._heard.at(target, time_us)
        who = subject(self._targets[target], seen, self._lists)
        status = _STATUS[judge_rule(law.rule, who, time_us, time_us, None, None).status]
        if law.restriction is Restriction.NO_RESTRICTION:
            status = Status.EXEMPT
        return {"callsign": who.heard_callsign, "squawk": seen.squawk, "status": status.value}

    def of_warning(self, warned: Warned) -> dict[str, Any]:
        """Return what a warning says beside the event."""
        inhibited = None if warned.inhibited is None else msgspec.to_builtins(warned.inhibited)
        return {
            **self.of_moment(warned.target, warned.zone, warned.time_us), "reason": warned.reason,
            "predicted_entry_us": warned.entry_us, "height_m": warned.height_m,
            "height_datum": warned.height_datum, "inhibited": inhibited,
        }  # fmt: skip

    def ended(self, stays: Iterable[Stay], key_of: Callable[[int, int], Key]) -> Iterator[dict[str, Any]]:
        """Yield the verdicts on stays that are over, as far as is known now."""
        for stay in stays:
            yield from self._over(stay, key_of(stay.target, stay.zone), thinned=False)

    def returned(
        self, absences: Sequence[tuple[Stay, bool]], key_of: Callable[[int, int], Key]
    ) -> Iterator[dict[str, Any]]:
        """Yield the verdicts on absences that are over, as far as is known now; each with whether only a part
        of its reports was measured."""
        for stay, thinned in absences:
            yield from self._over(stay, key_of(stay.target, stay.zone), thinned=thinned)

    def _over(self, stay: Stay, key: Key, *, thinned: bool) -> Iterator[dict[str, Any]]:
        account = self._heard.account(stay.target, stay.zone, stay.entry_us)
        name = incident_id(key.zone_hash, key.target_id, stay.entry_us, key.shadow)
        incident = self._incident.pop(name, name)
        self._status.pop(name, None)
        row = self._row(stay, key, account, thinned=thinned)
        if row is not None and not self._settled(stay, key, account):
            # Whom the zone holds for may become known yet.
            row = None
        at = stay.target, stay.zone, stay.entry_us
        self._told[at] = stay, key, incident, row, thinned
        if row is not None and account is not None:
            self._known[at] = list(account.else_told)
        heapq.heappush(self._open, (stay.exit_us, *at))
        if row is not None:
            yield self._body(stay, key, name, incident, row)

    def again(self, none_older_us: int) -> Iterator[dict[str, Any]]:
        """Yield the verdicts that are others now, of stays of which nothing more can become known."""
        while self._open and self._open[0][0] + LATER_S * US_PER_S < none_older_us:
            _, target, zone, entry_us = heapq.heappop(self._open)
            stay, key, incident, row, thinned = self._told.pop((target, zone, entry_us))
            account = self._heard.account(target, zone, entry_us)
            known = self._known.pop((target, zone, entry_us), None)
            # What is sent after a stay is all of its account that can be another by now.
            same = account is not None and known == account.else_told
            found = row if same else self._row(stay, key, account, thinned=thinned)
            self._heard.forget(target, zone, entry_us)
            if found is not None and found != row:
                yield self._body(stay, key, found["id"], incident, found)

    def save(self) -> dict[str, Any]:
        """Return the state for :func:`nofly.run.live.packing.pack`."""
        told = [[*at, msgspec.to_builtins(stay), *key, incident, row, thinned]
                for at, (stay, key, incident, row, thinned) in self._told.items()]  # fmt: skip
        return {"incident": self._incident, "status": self._status, "open": self._open, "told": told}

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`save` returned, for the same law."""
        self._incident, self._status = state["incident"], state["status"]
        self._open = [tuple(one) for one in state["open"]]
        for *at, stay, target_id, zone_hash, shadow, incident, row, thinned in state["told"]:
            key = Key(target_id, zone_hash, shadow)
            causes = {name: Cause(stay[name]) for name in ("entry_cause", "exit_cause")}
            at_ = at[0], at[1], at[2]
            self._told[at_] = Stay(**{**stay, **causes}), key, incident, row, thinned

    def _row(self, stay: Stay, key: Key, account: Account | None, *, thinned: bool) -> dict[str, Any] | None:
        """Return a verdict, None on an absence from a zone that holds for others."""
        zone, keep_in = self._law[stay.zone], self._keep_in(stay)
        seen = Seen() if account is None else account.seen()
        who = subject(key.target_id, seen, self._lists)
        known = held_for(zone, who, stay) if keep_in else stay
        if known is None:
            return None
        first = account.first if account is not None and account.first is not None else concatenate([])
        record = judged(
            zone, self._hashes[stay.zone], known, (who, seen, key.shadow),
            self._changes.get(zone.id, set()), self._aids, lambda: first,
        )  # fmt: skip
        return row_of(of_absence(record, zone, thinned=thinned) if keep_in else record)

    def _settled(self, stay: Stay, key: Key, account: Account | None) -> bool:
        """Return whether what the target sends later cannot change whom the zone holds for."""
        rule = self._law[stay.zone].rule
        if not self._keep_in(stay) or rule is None or not rule.applies_to:
            return True
        seen = Seen() if account is None else account.seen()
        return any_matches(rule.applies_to, subject(key.target_id, seen, self._lists)) is not None

    def _keep_in(self, stay: Stay) -> bool:
        return self._law[stay.zone].restriction is Restriction.KEEP_IN

    def _body(self, stay: Stay, key: Key, name: str, incident: str, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "kind": JUDGED, "incident": incident, "time_us": stay.exit_us, "zone_hash": key.zone_hash,
            "target_id": key.target_id, "shadow": key.shadow, "stay": name, "zone_id": row["zone_id"],
            "zone_name": row["zone_name"], "icao24": row["icao24"], "callsign": row["callsign"],
            "status": row["status"], "certainty": row["certainty"], "depth_m": row["depth_m"],
            "height_m": row["height_m"], "height_datum": row["height_datum"], "verdict": row,
        }  # fmt: skip


def _credible(more: Mapping[str, Any], *, shadow: bool) -> Mapping[str, Any]:
    """Return what is told of a moment; of reports that are not credible it accuses nobody."""
    if shadow and more.get("status") == Status.INFRINGEMENT.value:
        return {**more, "status": Status.SUSPECT.value}
    return more


def _side(zone: Zone) -> dict[str, str]:
    """Return where a record says that a target is, where that is not inside."""
    return {"side": Side.OUTSIDE.value} if zone.restriction is Restriction.KEEP_IN else {}
