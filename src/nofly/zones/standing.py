"""Rules that stand beside a decision, as ordinary zones: own aircraft stay out, watch our border.

Whose an aircraft is a list says, which is named like the party.
"""

from __future__ import annotations

from dataclasses import replace

from nofly.errors import InputError
from nofly.zones.acts import name_fault
from nofly.zones.model import Authority, Restriction, Source, Zone
from nofly.zones.rules import Predicate, PredicateKind, Rule


def stay_out(area: Zone, party: str, reason: str, *, look_ahead_s: float | None = None) -> Zone:
    """Return the zone that keeps a party's own aircraft, and nobody else's, out of an area: prohibited to
    those on the list of its name. The schedule is always. Raises InputError for a name that is none."""
    rule = Rule(applies_to=(_of(party),), look_ahead_s=look_ahead_s)
    name = f"{party} stays out of {area.name or area.id}"
    return _standing(area, party, "stay-out", name, Restriction.PROHIBITED, rule, reason)


def watch_border(
    area: Zone,
    party: str,
    reason: str,
    *,
    look_ahead_s: float,
    spacing_lateral_m: float,
    spacing_vertical_m: float = 0.0,
) -> Zone:
    """Return the zone that watches the border of a party's area: entered by permission alone by all but the
    aircraft on its list, who are told of as soon as they are within the spacing of it, or will be inside
    within ``look_ahead_s``. The schedule is always. Raises InputError for a name that is none, or a number
    that is not positive."""
    for what, value in (("look-ahead", look_ahead_s), ("lateral spacing", spacing_lateral_m)):
        if not 0.0 < value < 1e9:
            raise InputError(f"{what} {value:g}", expected="a positive number")
    if not 0.0 <= spacing_vertical_m < 1e9:
        raise InputError(f"vertical spacing {spacing_vertical_m:g}", expected="a number from 0")
    rule = Rule(
        applies_to=(replace(_of(party), negate=True),),
        spacing_lateral_m=spacing_lateral_m,
        spacing_vertical_m=spacing_vertical_m,
        look_ahead_s=look_ahead_s,
    )
    name = f"{party} watches {area.name or area.id}"
    return _standing(area, party, "border", name, Restriction.REQ_AUTHORISATION, rule, reason)


def _of(party: str) -> Predicate:
    fault = name_fault(party)
    if fault:
        raise InputError(
            f"the name of the party {fault}", locator="party", expected="a name that can be shown"
        )
    return Predicate(PredicateKind.PARTY, (party,))


def _standing(
    area: Zone, party: str, kind: str, name: str, restriction: Restriction, rule: Rule, reason: str
) -> Zone:
    if not reason.strip():
        raise InputError("no reason is given", locator="reason", expected="one in words")
    return Zone(
        f"{area.id}:{party}:{kind}", name, area.volumes, restriction, kind, area.country, rule=rule,
        authorities=(Authority(name=party, purpose="INFORMATION"),), message=reason, source=Source(),
    )  # fmt: skip
