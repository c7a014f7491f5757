"""The life of an incident: what an event does to a case and what is recorded, by the table of states.

A case is one target with respect to one edition of one zone. :func:`decide` returns the records an event
gives rise to, :func:`evolve` what a record makes of a case; nothing else changes a case, so that the records
replayed give the same case. The state follows the facts alone: what people say (acknowledge, mute, exempt,
clear) is recorded beside it and never moves it.

An incident has the name that a recorded check gives its first stay. Stays that follow within ``reentry_s``
belong to it, each with the name that the check gives it. A warning has a name of its own, since the instant
of entry is not known yet; the record of the entry names the warning that came before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from nofly.errors import InputError, StoreError
from nofly.incidents.judge import incident_id
from nofly.incidents.record import Cause
from nofly.incidents.states import DERIVED, TABLE, VERBS, Event, Path, Phase, Told
from nofly.units import US_PER_S, iso_time


class Params(msgspec.Struct, frozen=True):
    """``reentry_s``: so soon after the last time not outside, an entry continues the incident. ``close_s``:
    so long after it, the incident is closed; not shorter than ``reentry_s``."""

    reentry_s: float = 60.0
    close_s: float = 300.0

    def __post_init__(self) -> None:
        """Raise InputError unless 0 <= reentry_s <= close_s."""
        if not 0.0 <= self.reentry_s <= self.close_s < float("inf"):
            raise InputError(
                "the times of re-entry and of closing do not fit",
                locator=f"reentry_s = {self.reentry_s}, close_s = {self.close_s}",
                expected="0 <= reentry_s <= close_s",
            )


class Happening(msgspec.Struct, frozen=True):
    """An event with its instant (UTC microseconds), its cause, the place, and the height on a datum, where
    they are known."""

    event: Event
    time_us: int
    cause: Cause = Cause.MOVED
    lat_deg: float | None = None
    lon_deg: float | None = None
    height_m: float | None = None
    height_datum: str | None = None


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is recorded of a case; everything that :func:`evolve` needs is in it.

    ``incident`` is the incident's name, or the warning's while there has been no entry; ``stay`` the name of
    the stay it belongs to, None where there is none. ``who`` and ``why`` are said with one of the four verbs,
    ``until_us`` is how long it holds (None: for good).
    """

    kind: Told
    incident: str
    zone_hash: str
    target_id: str
    time_us: int
    phase: Phase
    shadow: bool = False
    stay: str | None = None
    warning: str | None = None
    determined: bool | None = None
    cause: Cause | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    who: str | None = None
    why: str | None = None
    until_us: int | None = None


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one target and one edition of one zone. An explicit value: saved, loaded, compared.

    ``warning`` is the name of the warning in force or that led to the incident, ``warned`` whether it is in
    force; ``last_us`` the latest instant recorded of where it was; ``away_us`` when it was last not outside,
    None while it is not outside, or never was. ``shadow`` says that it rests on reports whose position is
    not credible.
    """

    zone_hash: str
    target_id: str
    shadow: bool = False
    phase: Phase = Phase.CLEAR
    incident: str | None = None
    stay: str | None = None
    entry_us: int | None = None
    determined: bool = False
    away_us: int | None = None
    last_us: int | None = None
    warning: str | None = None
    warned: bool = False
    said: tuple[Record, ...] = ()
    """What was said of the open incident with one of the four verbs."""

    @property
    def key(self) -> Key:
        """Target, zone hash, and whether it is a shadow."""
        return Key(self.target_id, self.zone_hash, self.shadow)


class Key(NamedTuple):
    """What a case is about."""

    target_id: str
    zone_hash: str
    shadow: bool


def warning_id(zone_hash: str, target_id: str, since_us: int, shadow: bool = False) -> str:
    """Return the name of a warning: the first 16 hexadecimal digits of SHA-256 over zone hash, target and the
    instant it was first given."""
    text = f"{zone_hash}|{target_id}|{since_us}{'|suspect' if shadow else ''}|predicted"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def due_us(case: Case, params: Params) -> int | None:
    """Return when the case closes if nothing more happens; None where it has not ended."""
    if case.phase not in (Phase.EXITED, Phase.LOST_INSIDE) or case.away_us is None:
        return None
    return case.away_us + round(params.close_s * US_PER_S)


def step(case: Case, happening: Happening, params: Params) -> tuple[Case, tuple[Record, ...]]:
    """Return the case after an event, and what is to be recorded of it, in order.

    A case that was due to be closed is closed first, at the instant it was due: how often the clock is looked
    at changes nothing. An event older than one already recorded of where the target was is late: a record
    says that what was recorded is amended, and the event then has its effect.
    """
    case, closed = advance(case, happening.time_us, params)
    case, records = _decided(case, happening, params)
    return case, (*closed, *records)


def advance(case: Case, until_us: int, params: Params) -> tuple[Case, tuple[Record, ...]]:
    """Return the case after nothing has happened to it until then, and what is to be recorded.

    What was due before ``until_us`` is closed. No event older than that may come any more: it is the time up
    to which everything has been received, less the greatest gap between two reports.
    """
    due = due_us(case, params)
    if due is None or due >= until_us:
        return case, ()
    event = Event.CLOSE_WARNED if case.warned and case.phase is Phase.EXITED else Event.CLOSE
    return _records(case, TABLE[case.phase, event], Happening(event, due), due)


def decide(case: Case, happening: Happening, params: Params) -> tuple[Record, ...]:
    """Return what is to be recorded of an event, in order."""
    return _decided(case, happening, params)[1]


def _decided(case: Case, happening: Happening, params: Params) -> tuple[Case, tuple[Record, ...]]:
    """Return the case after an event that finds nothing due, and what is to be recorded of it, in order."""
    event, time_us = happening.event, happening.time_us
    if event in DERIVED:
        raise InputError(f"the event {event.value!r} is made here", expected="an event from outside")
    if (event is Event.PREDICT and case.warned) or (event is Event.UNPREDICT and not case.warned):
        return case, ()
    gone = case.phase in (Phase.EXITED, Phase.LOST_INSIDE)
    if gone and case.away_us is not None and time_us - case.away_us <= params.reentry_s * US_PER_S:
        event = _SOON.get(event, event)
    path = TABLE[case.phase, event]
    if not case.warned:
        path = tuple(one for one in path if one[0] is not Told.UNPREDICTED)
    after, records = _records(case, path, happening, time_us)
    if path and event not in _NOWHERE and case.last_us is not None and time_us < case.last_us:
        now, before = iso_time(time_us), iso_time(case.last_us)
        why = f"{event.value} at {now} became known after what happened at {before}"
        late = _record(case, Told.AMENDED, case.phase, happening, time_us)
        return after, (msgspec.structs.replace(late, why=why), *records)
    return after, records


_SOON = {Event.ENTER: Event.REENTER, Event.DOUBT: Event.REDOUBT}
_NOWHERE = (Event.PREDICT, Event.UNPREDICT, Event.RECOGNISE)
"""Events that do not say where the target was."""
_BEGINS = (Told.ENTERED, Told.REENTERED)


def _records(case: Case, path: Path, happening: Happening, time_us: int) -> tuple[Case, tuple[Record, ...]]:
    records: tuple[Record, ...] = ()
    for kind, phase in path:
        record = _record(case, kind, phase, happening, time_us)
        case, records = evolve(case, record), (*records, record)
    return case, records


def _record(case: Case, kind: Told, phase: Phase, happening: Happening, time_us: int) -> Record:
    stay, warning, incident = case.stay, case.warning, case.incident
    if kind in _BEGINS:
        stay = incident_id(case.zone_hash, case.target_id, time_us, case.shadow)
    if kind is Told.PREDICTED:
        warning = warning_id(case.zone_hash, case.target_id, time_us, case.shadow)
    if kind is Told.ENTERED:
        incident = stay
    return Record(
        kind=kind, incident=incident or warning or case_id(case), zone_hash=case.zone_hash,
        target_id=case.target_id, time_us=time_us, phase=phase, shadow=case.shadow, stay=stay,
        warning=warning, determined=phase is Phase.INFRINGING or (case.determined and kind not in _BEGINS),
        cause=None if kind in (Told.CLOSED, Told.RECOGNISED) else happening.cause,
        lat_deg=happening.lat_deg, lon_deg=happening.lon_deg,
    )  # fmt: skip


def case_id(case: Case) -> str:
    """Return a name for a case of which there is neither an incident nor a warning."""
    text = f"{case.zone_hash}|{case.target_id}{'|suspect' if case.shadow else ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def evolve(case: Case, record: Record) -> Case:
    """Return the case after a record. Raises StoreError where the record is of another case."""
    if (record.target_id, record.zone_hash, record.shadow) != case.key:
        raise StoreError(f"a record of {record.target_id} does not belong to the case of {case.target_id}")
    change = msgspec.structs.replace
    kind, time_us = record.kind, record.time_us
    if kind in VERBS:
        return change(case, said=(*case.said, record))
    if kind in (Told.AMENDED, Told.CONTRADICTED, Told.RECOGNISED):
        return case
    if kind is Told.PREDICTED:
        return change(case, phase=record.phase, warning=record.warning, warned=True)
    if kind is Told.UNPREDICTED:
        return change(case, phase=record.phase, warning=None, warned=False)
    last_us = time_us if case.last_us is None else max(case.last_us, time_us)
    if kind is Told.CLOSED:
        return Case(
            case.zone_hash, case.target_id, case.shadow, record.phase, last_us=last_us,
            warning=case.warning if case.warned else None, warned=case.warned,
        )  # fmt: skip
    case = change(case, phase=record.phase, last_us=last_us, determined=bool(record.determined))
    if kind in _BEGINS:
        return change(
            case, incident=record.incident, stay=record.stay, entry_us=time_us, away_us=None,
            warning=record.warning, warned=False,
        )  # fmt: skip
    if kind in (Told.EXITED, Told.LOST):
        return change(case, away_us=time_us)
    return case


def say(
    case: Case, verb: Told, who: str, why: str, time_us: int, until_us: int | None = None
) -> tuple[Case, Record]:
    """Return the case and the record of what somebody says of it with one of the four verbs; its state stays.

    Raises InputError where the verb is none of :data:`VERBS`, or it is not said who or why.
    """
    if verb not in VERBS:
        raise InputError(f"{verb.value!r} is not said of an incident", expected=", ".join(VERBS))
    for name, text in (("who", who), ("why", why)):
        if not text.strip():
            raise InputError(f"it is not said {name}", expected="a name and a reason")
    record = Record(
        kind=verb, incident=case.incident or case.warning or case_id(case), zone_hash=case.zone_hash,
        target_id=case.target_id, time_us=time_us, phase=case.phase, shadow=case.shadow, stay=case.stay,
        warning=case.warning, who=who, why=why, until_us=until_us,
    )  # fmt: skip
    return evolve(case, record), record


def replay(records: Iterable[Record]) -> dict[Key, Case]:
    """Return the cases that records leave behind: those that gave rise to them, to the last bit."""
    cases: dict[Key, Case] = {}
    for record in records:
        key = Key(record.target_id, record.zone_hash, record.shadow)
        case = cases.get(key) or Case(record.zone_hash, record.target_id, record.shadow)
        cases[key] = evolve(case, record)
    return cases


def save(cases: Iterable[Case]) -> bytes:
    """Return cases as JSON, from which :func:`load` makes the same."""
    return msgspec.json.encode(list(cases))


def load(data: bytes) -> dict[Key, Case]:
    """Return the cases that were saved. Raises StoreError where the bytes are not such."""
    try:
        return {case.key: case for case in msgspec.json.decode(data, type=list[Case])}
    except (msgspec.MsgspecError, RecursionError) as error:
        raise StoreError(f"the saved cases cannot be read: {error}") from error
