"""Acts on zones put into a register, each made of what is the law while nobody else writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nofly.errors import InputError
from nofly.proof.packing.signing import SigningKey
from nofly.run.registering.signing import signed
from nofly.store.register import Register
from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US
from nofly.zones.acts import ZONE, Act
from nofly.zones.edition_acts import OF_A_SPAN, Said, amend, declare
from nofly.zones.editions import DECLARE, Law, Life, zone_of
from nofly.zones.model import Zone


class Chosen(NamedTuple):
    """A span of valid time that was asked for; None is not said, the bounds of time are none."""

    from_us: int | None = None
    until_us: int | None = None
    temporary: bool = False


def put(
    register: Register, kind: str, zones: Sequence[Zone], said: Said, chosen: Chosen,
    key: SigningKey | None = None,
) -> list[Act]:  # fmt: skip
    """Declare zones, or amend those there are, all or none; return the acts as they are recorded, signed
    where a key is given.

    Where no beginning is asked for it is that of the zone, else when it was said. Where no end is, it is that
    of the zone; an amendment of a zone that never told its end keeps the end it has. Raises InputError for
    a zone of which this cannot be done, or two of one id.
    """
    ids = [zone.id for zone in zones]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise InputError(f"two zones with the id {twice!r}", expected="one of each id; import takes editions")

    def made(acts: list[Act]) -> list[Act]:
        law = Law(acts)
        return [signed(edition(_life(law, zone.id), kind, zone, said, chosen), key) for zone in zones]

    return register.append_by(made, ZONE, ids[0] if len(ids) == 1 else "")


def edition(life: Life, kind: str, zone: Zone, said: Said, chosen: Chosen) -> Act:
    """Return the act that declares a zone, or amends it. Raises InputError as these do."""
    from_us, until_us = chosen.from_us, chosen.until_us
    if from_us is None:
        from_us = said.said_us if zone.valid_from_us is None else zone.valid_from_us
    if until_us is None:
        until_us = zone.valid_to_us
        if until_us is None and kind != DECLARE and not chosen.temporary:
            until_us = _kept_end_us(life)
    begins, ends = _bound(from_us), _bound(until_us)
    if kind == DECLARE:
        return declare(life, zone, said, begins, ends)
    return amend(life, zone, said, begins, ends, temporary=chosen.temporary)


def put_span(
    register: Register, kind: str, zone_id: str, said: Said, chosen: Chosen, key: SigningKey | None = None
) -> Act:
    """Suspend, resume, extend or withdraw a zone; return the act as it is recorded, signed where a key is
    given. Where no beginning is asked for it is when it was said. Raises InputError where this cannot be
    done."""

    def made(acts: list[Act]) -> list[Act]:
        life = Law(acts).lives.get(zone_id)
        if life is None:
            raise InputError(
                f"no zone {zone_id!r} in the register", expected="an id that nofly zones log has"
            )
        from_us = said.said_us if chosen.from_us is None else chosen.from_us
        return [signed(OF_A_SPAN[kind](life, said, from_us, _bound(chosen.until_us)), key)]

    return register.append_by(made, ZONE, zone_id)[0]


def _life(law: Law, zone_id: str) -> Life:
    return law.lives.get(zone_id) or Life(zone_id)


def _kept_end_us(life: Life) -> int | None:
    """Return the end that a zone keeps as it is amended: the one it was given here, not that of its file."""
    if not life.spans or zone_of(life.editions[-1]).valid_to_us is not None:
        return None
    return life.spans[-1].end_us


def _bound(time_us: int | None) -> int | None:
    """Return a bound as an act says it: none where it is one of time itself."""
    if time_us is None or not ALWAYS_FROM_US < time_us < ALWAYS_UNTIL_US:
        return None
    return time_us
