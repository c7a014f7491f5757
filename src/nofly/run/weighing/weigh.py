"""Weigh proposed zones over traffic: the check itself, and what looks on beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nofly.errors import ConfigError, Finding, InputError
from nofly.incidents.warnings import PredictionParams
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.result import CheckResult
from nofly.run.warnings.passes import Setting
from nofly.run.warnings.report import WarningReport, reports
from nofly.run.weighing.hitting import Knowing, effect_of
from nofly.run.weighing.looking import LookingOn
from nofly.run.weighing.notes import Note, notes_of
from nofly.run.weighing.operators import NONE_NAMED, OperatorNames
from nofly.run.weighing.registry import Registry
from nofly.units import US_PER_S
from nofly.whatif.effect import Change, Effect
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Restriction, Zone

if TYPE_CHECKING:
    from nofly.run.weighing.prices import Prices
    from nofly.whatif.flown import Ways


class Section(Protocol):
    """A part of the report that others make."""

    def as_json(self) -> object:
        """Return it as plain values."""

    def text(self) -> str:
        """Return it as lines for a terminal."""

    def html(self) -> str:
        """Return it as HTML, its title first, escaped."""


@dataclass(frozen=True)
class Weighed:
    """What zones would touch. ``change`` is told where they stand in place of others."""

    zones: tuple[Zone, ...]
    instead_of: tuple[Zone, ...]
    result: CheckResult
    effect: Effect
    change: Change | None
    warnings: WarningReport | None
    ways: Ways
    pairs: tuple[str, ...] = ()
    """Pairs of airports that stood in for an archive."""
    notes: tuple[Note, ...] = ()
    """What has to be said aloud."""
    prices: Prices | None = None
    sections: dict[str, Section] = field(default_factory=dict)
    """Parts of the report that are weighed on their own, by name."""
    operator_names: Mapping[str, str] = field(default_factory=dict)
    """Three letters → name, as the user's own file has it."""

    def operator_name(self, code: str) -> str:
        """Return ``SWR Swiss``; the letters alone where no name was given."""
        return f"{code} {self.operator_names.get(code, '')}".rstrip()

    @property
    def given(self) -> int | None:
        """How many warnings would be given; None where none were foreseen."""
        if self.warnings is None:
            return None
        hashes = {zone.zone_hash for zone in self.zones}
        mine = {z for z, zone in enumerate(self.warnings.zones) if zone.zone_hash in hashes}
        return sum(s.warned_us is not None and s.zone in mine for s in self.warnings.situations)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is weighed, and with what."""

    zones: Sequence[Zone]
    instead_of: Sequence[Zone] = ()
    prediction: PredictionParams | None = None
    """How warnings are given; None foresees none."""
    registry: Registry = field(default_factory=Registry)
    airports: bool = True
    pairs: tuple[str, ...] = ()
    prices: Prices | None = None
    operators: OperatorNames = NONE_NAMED


def weigh(
    asked: Asked, batches: Iterable[TrackBatch], options: CheckOptions | None = None,
    findings: Iterable[Finding] = (), again: Callable[[], Iterable[TrackBatch]] | None = None,
) -> Weighed:  # fmt: skip
    """Return what the zones would touch of the traffic.

    Raises what :func:`nofly.run.check.check` raises; ConfigError for a zone that must not be left; InputError
    where nothing was heard anywhere near the zones, so that nothing can be said.
    """
    law = law_of(asked)
    chosen = options or CheckOptions()
    looking: list[LookingOn] = []

    def beside(compiled: CompiledZones) -> LookingOn:
        looking[:] = [LookingOn(compiled, law, asked.prediction, chosen.max_gap_s)]
        return looking[0]

    result = check(law, batches, chosen, findings, again, beside=beside)
    seen = looking[0]
    seen.end()
    _refuse_unheard(asked, result, seen)
    knowing = Knowing(seen, asked.registry, asked.airports)
    effect = effect_of(asked.zones, result, knowing)
    change = None
    if asked.instead_of:
        change = Change(effect_of(asked.instead_of, result, knowing), effect)
    warnings = None
    if seen.foreseen is not None and asked.prediction is not None:
        found = seen.foreseen.passed(result)
        found.flown_s = seen.flights.flown_us / US_PER_S
        warnings = reports(law, found, [Setting(asked.prediction)])[0]
    return Weighed(
        tuple(asked.zones), tuple(asked.instead_of), result, effect, change, warnings, seen.ways,
        asked.pairs, tuple(notes_of(asked, effect, seen, knowing)), asked.prices,
        operator_names=asked.operators.names,
    )  # fmt: skip


def law_of(asked: Asked) -> list[Zone]:
    """Return all zones that are checked, each once. Raises ConfigError for what cannot be weighed."""
    law = list({zone.zone_hash: zone for zone in [*asked.zones, *asked.instead_of]}.values())
    if not asked.zones:
        raise ConfigError("no zone to weigh", expected="a zone file with a zone in it")
    for zone in law:
        if zone.restriction is Restriction.KEEP_IN:
            raise ConfigError(
                f"zone {zone.id} must not be left (KEEP_IN)", expected="zones that must not be entered"
            )
    return law


def _refuse_unheard(asked: Asked, result: CheckResult, seen: LookingOn) -> None:
    """Raise InputError where nothing can be said at all."""
    if result.span_us is None:
        raise InputError("no reports: nothing can be said", expected="traffic to weigh the zone over")
    if not seen.ways.hours and not asked.pairs:
        what = "zone" if len(asked.zones) == 1 else "zones"
        raise InputError(
            f"no report of the traffic is anywhere near the {what}: what would be hit cannot be said",
            expected="traffic that was received there",
        )
    first_us, last_us = result.span_us
    valid = [
        (zone.valid_from_us is None or zone.valid_from_us <= last_us)
        and (zone.valid_to_us is None or zone.valid_to_us >= first_us)
        for zone in asked.zones
    ]
    if not any(valid):
        raise InputError(
            "no zone holds at any time of the traffic: what would be hit cannot be said",
            expected="traffic of a time in which the zone is to hold",
        )
