"""Amendments: what was recorded of a case beside what is known once late reports have come.

Nothing recorded is changed. The stays are worked out anew with the late reports; where they differ from those
recorded, a record says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from nofly.incidents.machine import Case, Record
from nofly.incidents.states import Told
from nofly.units import iso_time


class Spell(msgspec.Struct, frozen=True):
    """One stay as recorded: its name, entry and exit (UTC microseconds; exit None while it lasts or was not
    seen to end), and whether it was ever determined to be inside."""

    stay: str
    entry_us: int
    exit_us: int | None
    determined: bool


def spells(records: Iterable[Record]) -> list[Spell]:
    """Return the stays that the records of one case tell of, in the order they were recorded; not one whose
    beginning is not among them."""
    out: list[Spell] = []
    for record in records:
        if record.stay is None:
            continue
        if record.kind in (Told.ENTERED, Told.REENTERED):
            out.append(Spell(record.stay, record.time_us, None, bool(record.determined)))
        elif not out:
            continue
        elif record.kind in (Told.EXITED, Told.LOST):
            out[-1] = Spell(record.stay, out[-1].entry_us, record.time_us, bool(record.determined))
        elif record.kind is Told.DETERMINED:
            out[-1] = msgspec.structs.replace(out[-1], determined=True)
    return out


def lasting(records: Iterable[Record], at_us: int) -> Spell | None:
    """Return the stay that, by the records of one case, had begun before a time and not ended by then; None
    where they tell of none. Its beginning may be older than they are: ``entry_us`` is then that time."""
    found: Spell | None = None
    for record in records:
        if record.stay is None:
            continue
        begins, ends = record.kind in (Told.ENTERED, Told.REENTERED), record.kind in (Told.EXITED, Told.LOST)
        if record.time_us < at_us:
            if begins:
                found = Spell(record.stay, record.time_us, None, bool(record.determined))
            elif ends:
                found = None
            continue
        if ends and (found is None or found.stay == record.stay):
            entry_us = at_us if found is None else found.entry_us
            return Spell(record.stay, entry_us, record.time_us, bool(record.determined))
        if begins:
            break
    return found


def end_moved(case: Case, told: Spell, found: Spell, time_us: int) -> tuple[Record, ...]:
    """Return a record where a stay that was told has another end by the reports as they are known now.

    ``found`` is the same stay worked out from some instant within it on, so of its beginning and its depth it
    says nothing.
    """
    same = msgspec.structs.replace(told, exit_us=found.exit_us)
    return amend(case, [told], [same], time_us)


def amend(case: Case, told: Sequence[Spell], found: Sequence[Spell], time_us: int) -> tuple[Record, ...]:
    """Return a record for every stay that was told and is not so, or is so and was not told.

    ``time_us`` is the instant up to which reports were known when the stays were worked out anew.
    """
    before, after = {s.stay: s for s in told}, {s.stay: s for s in found}
    records = []
    for stay in [*before, *(name for name in after if name not in before)]:
        why = _difference(before.get(stay), after.get(stay))
        if why:
            records.append(
                Record(
                    kind=Told.AMENDED, incident=case.incident or stay, zone_hash=case.zone_hash,
                    target_id=case.target_id, time_us=time_us, phase=case.phase, shadow=case.shadow,
                    stay=stay, why=why,
                )
            )  # fmt: skip
    return tuple(records)


def _difference(told: Spell | None, found: Spell | None) -> str:
    if found is None:
        return "late reports show that there was no such stay"
    if told is None:
        ends = ", of which no exit is known" if found.exit_us is None else f" to {iso_time(found.exit_us)}"
        return f"late reports show a stay from {iso_time(found.entry_us)}{ends}"
    changed = []
    if told.exit_us != found.exit_us:
        changed.append(f"{_ended(found.exit_us)}, {_not(told.exit_us)}")
    if told.determined != found.determined:
        changed.append("it was determined to be inside" if found.determined else "it cannot be told")
    return f"late reports show: {'; '.join(changed)}" if changed else ""


def _ended(exit_us: int | None) -> str:
    return "no exit is known" if exit_us is None else f"the exit is {iso_time(exit_us)}"


def _not(exit_us: int | None) -> str:
    return "where none was" if exit_us is None else f"not {iso_time(exit_us)}"
