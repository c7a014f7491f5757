"""Whose aircraft were inside zones in recorded traffic: parties as ordinary rules of the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nofly.errors import Finding
from nofly.incidents.record import Certainty, Infringement, Status
from nofly.run.check import CheckOptions, check
from nofly.run.files.inputs import expanded
from nofly.run.files.trackfiles import read_batches
from nofly.whatif.ledger import Party
from nofly.whatif.sharing import Presence
from nofly.zones.model import Restriction, Zone
from nofly.zones.rules import Exemption, Rule


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stays of parties in recorded traffic."""

    presences: tuple[Presence, ...]
    span_us: tuple[int, int] | None
    """First and last report; None where there was none."""
    report_count: int
    target_count: int
    findings: tuple[Finding, ...]


def recorded(
    zones: Sequence[Zone], parties: Sequence[Party], traffic: Sequence[str],
    options: CheckOptions | None = None,
) -> Recorded:  # fmt: skip
    """Return the stays of every party that has predicates. The zones' own rules are not asked: who is exempt
    shares the airspace all the same.

    A stay is surely the party's where a predicate surely holds, and surely inside where it is confirmed; what
    cannot be told of either makes a presence that is not sure. Raises what the readers raise.
    """
    told = [party for party in parties if party.who]
    law = [zone for party in told for place in zones for zone in _asked(place, party)]
    paths = expanded(list(traffic))
    result = check(law, read_batches(paths), options, again=lambda: read_batches(paths))
    found: list[Presence] = []
    for party in told:
        for zone in zones:
            # A zone asked twice: whether it may be the party's, and whether it surely is.
            may, surely = (_id(zone, party, word) for word in ("may", "surely"))
            sure = {_key(stay) for stay in result.infringements if stay.zone_id == surely and _exempt(stay)}
            found += [
                _presence(party, stay, _key(stay) in sure)
                for stay in result.infringements
                if stay.zone_id == may and not _exempt(stay)
            ]
    return Recorded(
        tuple(found), result.span_us, result.report_count, result.target_count, result.findings
    )  # fmt: skip


def _asked(place: Zone, party: Party) -> tuple[Zone, Zone]:
    bare = replace(place, restriction=Restriction.PROHIBITED)
    exempt = tuple(Exemption((predicate,), f"of {party.name}") for predicate in party.who)
    return (
        replace(bare, id=_id(place, party, "may"), rule=Rule(applies_to=party.who)),
        replace(bare, id=_id(place, party, "surely"), rule=Rule(exempt=exempt)),
    )


def _id(zone: Zone, party: Party, word: str) -> str:
    return f"{zone.id}\n{party.name}\n{word}"


def _key(stay: Infringement) -> tuple[str, int, int]:
    return stay.target_id, stay.entry_time_us, stay.exit_time_us


def _exempt(stay: Infringement) -> bool:
    return stay.status is Status.EXEMPT


def _presence(party: Party, stay: Infringement, surely_theirs: bool) -> Presence:
    credible = stay.status is not Status.SUSPECT
    surely = surely_theirs and credible and stay.certainty is Certainty.CONFIRMED
    likely = surely_theirs and credible and stay.certainty is not Certainty.UNDETERMINED
    return Presence(party.name, stay.entry_time_us, stay.exit_time_us, stay.target_id, surely, likely)
