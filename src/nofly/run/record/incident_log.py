"""The record as people ask for it: incidents with their lives, the verdicts on stays, what was said of them
and whom they were told.

A record is read as hostile input: a field that is missing, or of a wrong type, is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nofly.errors import ConfigError, InputError, StoreError
from nofly.incidents import machine
from nofly.incidents.machine import Case, Record
from nofly.incidents.record import Status
from nofly.incidents.states import VERBS, Phase, Told
from nofly.run.alerting.silences import EVERYTHING, target_scope, zone_scope
from nofly.run.alerting.words import FEED_ALIVE, FEED_SILENT
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.text import iso_time, printable
from nofly.run.record.acts import ACTS
from nofly.store.chain import Head, Stored
from nofly.store.sqlite import Store
from nofly.store.tables import connect, told
from nofly.tracks.identity import target_named

OPEN = (Phase.PREDICTED, Phase.INFRINGING, Phase.UNDETERMINED, Phase.LOST_INSIDE, Phase.EXITED)
MOST_SAID_CHARACTERS = 500
LEAST_NAME_CHARACTERS = 4
_GRAVEST = ("infringement", "cleared", "exempt", "suspect")
PREDICTED = "predicted"
"""Status of what was expected and never happened."""
_SUREST = ("confirmed", "probable", "undetermined")
_FACTS = (
    "zone_id", "zone_name", "zone_hash", "target_id", "icao24", "callsign", "status", "warning",
)  # fmt: skip


class Said(NamedTuple):
    """What somebody said with one of the four verbs. ``scope`` is an incident's name or one of
    :mod:`nofly.run.alerting.silences`; ``until_us`` None is for good."""

    scope: str
    verb: str
    who: str
    why: str
    time_us: int
    until_us: int | None
    channel: str | None

    def holds(self, now_us: int) -> bool:
        """Return whether it holds."""
        return self.until_us is None or now_us < self.until_us


@dataclass(slots=True)
class Incident:
    """One incident, or a warning that has led to none. Times are UTC microseconds; None is not known."""

    id: str
    phase: Phase = Phase.CLEAR
    first_us: int = 0
    last_us: int = 0
    zone_id: str | None = None
    zone_name: str | None = None
    zone_hash: str | None = None
    target_id: str | None = None
    icao24: str | None = None
    callsign: str | None = None
    shadow: bool = False
    status: str | None = None
    warning: str | None = None
    predicted_entry_us: int | None = None
    entry_us: int | None = None
    exit_us: int | None = None
    height_m: float | None = None
    height_datum: str | None = None
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Stay → the last verdict on it."""
    stays: int = 0

    @property
    def open(self) -> bool:
        """Whether it is not closed yet."""
        return self.phase in OPEN

    @property
    def judged(self) -> str | None:
        """The gravest status of its stays, or as it was when it began; :data:`PREDICTED` of what was expected
        and never happened."""
        found = [row.get("status") for row in self.verdicts.values()]
        if not found and not self.stays and self.status == Status.INFRINGEMENT:
            return PREDICTED
        return next((status for status in _GRAVEST if status in found), self.status)

    @property
    def certainty(self) -> str | None:
        """The surest verdict on its stays; None while there is none."""
        found = [row.get("certainty") for row in self.verdicts.values() if row.get("status") == self.judged]
        return next((word for word in _SUREST if word in found), None)

    @property
    def deepest(self) -> Mapping[str, Any]:
        """The verdict on the deepest stay; nothing while there is none."""
        known = [row for row in self.verdicts.values() if isinstance(row.get("depth_m"), int | float)]
        return max(known, key=lambda row: float(row["depth_m"]), default={})

    def take(self, body: Mapping[str, Any]) -> None:
        """Take a record of it."""
        time_us, kind = body["time_us"], body["kind"]
        self.first_us, self.last_us = min(self.first_us or time_us, time_us), max(self.last_us, time_us)
        if kind == JUDGED:
            row = body.get("verdict")
            if isinstance(row, dict):
                self.verdicts[str(body.get("stay"))] = row
        for name in _FACTS:
            value = body.get(name)
            if isinstance(value, str) and value and not (name == "status" and kind == JUDGED):
                setattr(self, name, value)
        if kind in VERBS or kind == JUDGED:
            return
        if body.get("phase") in tuple(Phase):
            self.phase = Phase(body["phase"])
        self.shadow = body.get("shadow") is True
        if kind == Told.PREDICTED:
            self.predicted_entry_us = _whole(body.get("predicted_entry_us"))
        elif kind in (Told.ENTERED, Told.REENTERED):
            self.entry_us = time_us if self.entry_us is None else self.entry_us
            self.exit_us, self.stays = None, self.stays + 1
        elif kind in (Told.EXITED, Told.LOST):
            self.exit_us = time_us
        if isinstance(body.get("height_m"), int | float):
            self.height_m, self.height_datum = float(body["height_m"]), body.get("height_datum")


@dataclass(slots=True)
class Log:
    """All incidents of a record, by name, in the order in which they began."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    led_to: dict[str, str] = field(default_factory=dict)
    """Warning → the incident that it led to."""
    said: list[Said] = field(default_factory=list)
    silent: dict[str, int] = field(default_factory=dict)
    """Feed → since when it was silent, of those that were at the end of the record."""

    def take(self, record: Stored) -> None:
        """Take the next record. Raises StoreError for one that cannot be read."""
        body = {**record.content, "time_us": record.time_us, "kind": record.kind}
        name, kind = record.incident, record.kind
        if kind in VERBS:
            self.said.append(_said(name, body))
        if kind in (FEED_SILENT, FEED_ALIVE):
            feed = name.removeprefix("feed:")
            if kind == FEED_SILENT:
                self.silent[feed] = record.time_us
            else:
                self.silent.pop(feed, None)
        elif kind not in ACTS and (name in self.incidents or kind not in VERBS):
            incident = self.incidents.setdefault(name, Incident(name))
            incident.take(body)
            warning = incident.warning
            if warning is not None and warning != name and kind == Told.ENTERED:
                self.led_to[warning] = name
                before = self.incidents.pop(warning, None)
                if before is not None:
                    incident.predicted_entry_us = before.predicted_entry_us
                    incident.first_us = before.first_us

    def name_of(self, text: str) -> str:
        """Return the name of an incident by its first digits. Raises InputError where none or several have
        them."""
        if len(text) < LEAST_NAME_CHARACTERS:
            raise InputError(
                f"{printable(text)!r} is too short", expected="at least 4 digits of an incident's id"
            )
        found = {self.led_to.get(name, name) for name in (*self.incidents, *self.led_to)
                 if name.startswith(text)}  # fmt: skip
        if len(found) != 1:
            many = f"{len(found)} incidents begin" if found else "no incident begins"
            raise InputError(
                f"{many} with {printable(text)!r}", expected="an id that nofly incidents list --all shows"
            )
        return found.pop()

    def scope_of(self, text: str) -> str:
        """Return the scope that is meant: a target may be named by its address alone, unless one on record
        has that very name; an id as it is shown, or as it is."""
        text = printable(text)
        name = text.removeprefix(target_scope(""))
        if name == text or any(one.target_id == name for one in self.incidents.values()):
            return text
        return target_scope(target_named(name))

    def holding(self, incident: Incident, now_us: int) -> list[Said]:
        """Return what holds of what was said of an incident, its zone, its target, and everything."""
        scopes = {incident.id, EVERYTHING}
        scopes |= {incident.warning} if incident.warning else set()
        scopes |= {zone_scope(incident.zone_id)} if incident.zone_id else set()
        scopes |= {target_scope(incident.target_id)} if incident.target_id else set()
        last = {(s.scope, s.verb, s.channel): s for s in self.said if s.scope in scopes}
        return [said for said in last.values() if said.holds(now_us)]


def read_log(records: Iterable[Stored]) -> Log:
    """Return what records tell."""
    log = Log()
    for record in records:
        log.take(record)
    return log


def _said(scope: str, body: Mapping[str, Any]) -> Said:
    who, why = (str(body.get(name) or "not said") for name in ("who", "why"))
    until_us, channel = _whole(body.get("until_us")), body.get("channel")
    return Said(scope, str(body["kind"]), who, why, body["time_us"], until_us,
                channel if isinstance(channel, str) else None)  # fmt: skip


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class Statement(NamedTuple):
    """What is to be said: of what (an incident's name or a scope), with which verb, who says it and why, when
    and until when, and of which channel alone."""

    scope: str
    verb: Told
    who: str
    why: str
    time_us: int
    until_us: int | None = None
    channel: str | None = None


def is_scope(text: str) -> bool:
    """Return whether a text is a scope of :mod:`nofly.run.alerting.silences`, and no incident."""
    prefixes = zone_scope(""), target_scope("")
    return text == EVERYTHING or any(text.startswith(p) and len(text) > len(p) for p in prefixes)


def say(
    store: Store, said: Statement, channels: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _: ()
) -> Head:
    """Append what somebody says, and return where it stands in the record.

    A watch that runs meanwhile goes on; whom it tells follows from what is said. ``channels`` returns on
    which channels the record itself is told. Raises InputError where it is not said who or why, StoreError
    where it cannot be appended.
    """
    for name, text in (("who", said.who), ("why", said.why)):
        if len(text) > MOST_SAID_CHARACTERS:
            raise InputError(f"{name} is too long", expected=f"at most {MOST_SAID_CHARACTERS} characters")
    if is_scope(said.scope):
        case, about = Case(said.scope, said.scope), _scope_facts(said.scope)
    else:
        case, about = _case(store, said.scope)
    _, record = machine.say(case, said.verb, said.who, said.why, said.time_us, said.until_us)
    whole = msgspec.to_builtins(record)
    if is_scope(said.scope):
        whole = {name: whole.get(name) for name in ("kind", "time_us", "who", "why", "until_us")}
    body = {**whole, **about, "incident": said.scope}
    if said.channel is not None:
        body["channel"] = said.channel
    return store.append([{k: v for k, v in body.items() if v is not None}], channels)[0]


def _scope_facts(scope: str) -> dict[str, Any]:
    kind, _, name = scope.partition(":")
    return {f"{kind}_id": name} if name else {}


def _case(store: Store, name: str) -> tuple[Case, dict[str, Any]]:
    """Return the case of an incident as its records leave it, and the words that go with it."""
    records: list[Record] = []
    about: dict[str, Any] = {}
    for stored in store.read(incident=name):
        body = stored.content
        names = ("zone_id", "zone_name", "icao24", "callsign", "status")
        about |= {key: body[key] for key in names if body.get(key) is not None}
        if stored.kind in tuple(Told):
            try:
                records.append(msgspec.convert(body, Record))
            except msgspec.ValidationError as error:
                raise StoreError(f"record {stored.sequence} cannot be read: {error}") from error
    cases = list(machine.replay(records).values())
    if not cases:
        raise InputError(f"no incident {printable(name)!r}", expected="one that nofly incidents list shows")
    return cases[-1], about


class Delivery(NamedTuple):
    """What became of the alert of a record on a channel."""

    sequence: int
    channel: str
    attempts: int
    delivered_us: int | None
    given_up_us: int | None
    error: str | None


def deliveries(path: Path, incident: str) -> list[Delivery]:
    """Return the alerts of an incident, in order. Raises StoreError where the store cannot be read."""
    connection = connect(path, create=False, read_only=True, busy_s=5.0)
    try:
        with told(path, "reading alerts"):
            rows = connection.execute(
                "SELECT a.sequence, a.channel, a.attempts, a.delivered_us, a.given_up_us, a.error"
                " FROM alert a JOIN record r USING (sequence) WHERE r.incident = ?"
                " ORDER BY a.sequence, a.channel",
                (incident,),
            ).fetchall()
    finally:
        connection.close()
    return [Delivery(*row) for row in rows]


class Choice(NamedTuple):
    """Which incidents are asked for; None is all. ``since_us``: with something that happened since."""

    names: frozenset[str] | None = None
    zones: frozenset[str] | None = None
    targets: frozenset[str] | None = None
    since_us: int | None = None
    open_only: bool = False

    def of(self, log: Log) -> Iterator[Incident]:
        """Yield the incidents, in the order in which they began."""
        for one in sorted(log.incidents.values(), key=lambda it: (it.first_us, it.id)):
            known = {one.target_id, one.icao24, one.callsign}
            if (
                (self.names is None or one.id in self.names)
                and (self.zones is None or {one.zone_id, printable(one.zone_id or "")} & self.zones)
                and (self.targets is None or known & self.targets)
                and (self.since_us is None or one.last_us >= self.since_us)
                and (one.open or not self.open_only)
            ):
                yield one


def row_of(incident: Incident, log: Log, now_us: int) -> dict[str, Any]:
    """Return an incident as plain values: times ISO 8601 UTC, unknown None, text made safe."""
    deepest = incident.deepest
    said = [sentence(one) for one in log.holding(incident, now_us)]
    row: dict[str, Any] = {
        "id": incident.id, "phase": incident.phase.value, "open": incident.open,
        **{name: getattr(incident, name) for name in
           ("zone_id", "zone_name", "zone_hash", "target_id", "icao24", "callsign")},
        "credible": not incident.shadow, "status": incident.judged, "certainty": incident.certainty,
        "predicted_entry_time": _iso(incident.predicted_entry_us), "entry_time": _iso(incident.entry_us),
        "exit_time": _iso(incident.exit_us), "last_time": _iso(incident.last_us), "stays": incident.stays,
        "depth_m": deepest.get("depth_m"), "depth_err_m": deepest.get("depth_err_m"),
        "height_m": deepest.get("height_m", incident.height_m),
        "height_datum": deepest.get("height_datum", incident.height_datum),
        "warning": incident.warning, "said": said,
    }  # fmt: skip
    return {name: printable(value) if isinstance(value, str) else value for name, value in row.items()}


def sentence(said: Said) -> str:
    """Return what was said in words."""
    until = "" if said.until_us is None else f" until {_iso(said.until_us)}"
    only = "" if said.channel is None else f" on {said.channel}"
    return printable(f"{said.verb}{only}{until} by {said.who}: {said.why}")


def _iso(time_us: int | None) -> str | None:
    return None if time_us is None else iso_time(time_us)


def head_of(text: str) -> Head:
    """Return a head written as ``SEQUENCE:HASH``. Raises ConfigError for what is none."""
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19 and len(digest) == 64):
        raise ConfigError(f"--head {printable(text)!r}", expected="SEQUENCE:HASH, as verify printed it")
    return Head(int(number), digest.lower())
