"""``claim check``: a claim file, its zones, perhaps tracks and coverage, to a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nofly.errors import Finding, InputError
from nofly.proof.claiming.against import Record, window_us
from nofly.proof.claiming.claim_file import MOST_BYTES, parse
from nofly.proof.claiming.sheet import Entry, sheet
from nofly.proof.claiming.trace import Shape
from nofly.proof.claiming.verdicts import Verdict
from nofly.proof.claims import ClaimFile, Statement
from nofly.proof.coverage import Coverage
from nofly.proof.covering.areas import zone_statements
from nofly.proof.covering.coverage_words import TRANSPONDERS, zone_told
from nofly.proof.covering.statements import Asked
from nofly.run.check import CheckOptions, check
from nofly.run.claiming.attachments import Attachment, attached, cited_findings
from nofly.run.claiming.tap import Tap
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.files.zonefiles import ZoneSet, read_zones
from nofly.run.result import CheckResult
from nofly.zones.model import Restriction, Zone
from nofly.zones.sentence import say


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim checked: the sheet, and all that it rests on."""

    claim: ClaimFile
    entries: tuple[Entry, ...]
    zones: ZoneSet
    attachments: tuple[Attachment, ...]
    findings: tuple[Finding, ...]
    result: CheckResult | None
    """Of the tracks; None where none were given."""

    @property
    def exit_code(self) -> int:
        """0 every statement is supported; 1 one is contradicted or self-inconsistent, or a source is not what
        was captured; 3 neither: something is not shown or not checkable."""
        verdicts = {entry.verdict for entry in self.entries}
        if verdicts & {Verdict.CONTRADICTED, Verdict.SELF_INCONSISTENT} or any(
            not attachment.sound for attachment in self.attachments
        ):
            return 1
        return 0 if verdicts == {Verdict.SUPPORTED} else 3


def read_claim(path: str | Path) -> ClaimFile:
    """Return the claim of a file; InputError says which file, key and what was expected."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", source=str(path)) from error
    try:
        return parse(data.decode("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", source=str(path), expected="TOML in UTF-8") from error


def check_claim(
    path: str | Path, *, zones: Sequence[str] = (), batches: Iterable[TrackBatch] | None = None,
    again: Callable[[], Iterable[TrackBatch]] | None = None, options: CheckOptions | None = None,
    coverage: Coverage | None = None, known: Sequence[Zone] = (),
) -> Claimed:  # fmt: skip
    """Return the claim of a file checked. Zones are those the file names, from its folder, and those given.

    ``batches`` are tracks as of :func:`nofly.run.files.trackfiles.read_batches`, ``again`` reads them anew;
    what could have been seen is told from ``coverage``, by default from these tracks. ``known`` are zones
    that a statement may name besides, where no file has one of that id. Raises what the readers raise,
    InputError for a zone that a statement names and nothing has.
    """
    claim = read_claim(path)
    folder = Path(path).parent
    files = [*(str(folder / name) for name in claim.zones), *zones]
    law = _with(read_zones(files) if files else ZoneSet((), (), ()), claim, known)
    _require(claim, law)
    kept, said = attached(Path(path))
    findings = [*law.findings, *said, *cited_findings(claim, kept)]
    recorded, result = None, None
    if batches is not None:
        tap = Tap(statement.about for statement in claim.statements)
        used = [_bare(zone) for zone in law if zone.id in {s.zone_id for s in claim.statements}]
        chosen = replace(options or CheckOptions(), coverage=coverage is None)
        result = check(used, tap.through(batches), chosen, (), _anew(tap, again))
        findings += result.findings
        recorded = _Recorder(claim, tap, result, coverage or result.coverage)
    entries = tuple(sheet(claim, law.zones, recorded))
    return Claimed(claim, entries, law, kept, tuple(findings), result)


def _with(law: ZoneSet, claim: ClaimFile, known: Sequence[Zone]) -> ZoneSet:
    wanted = {statement.zone_id for statement in claim.statements} - {zone.id for zone in law}
    return replace(law, zones=(*law.zones, *(zone for zone in known if zone.id in wanted)))


def _require(claim: ClaimFile, law: ZoneSet) -> None:
    known = sorted({zone.id for zone in law})
    if not known:
        return
    for k, statement in enumerate(claim.statements):
        if statement.zone_id and statement.zone_id not in known:
            raise InputError(
                f"there is no zone {statement.zone_id!r}", source=claim.source,
                locator=f"statement[{k}].zone", expected=f"one of {', '.join(known[:8])}",
            )  # fmt: skip


def _bare(zone: Zone) -> Zone:
    """Return a zone as a place: whom it restricts is not asked."""
    keeps_in = zone.restriction is Restriction.KEEP_IN
    return replace(zone, rule=None, restriction=Restriction.PROHIBITED if keeps_in else zone.restriction)


def _anew(
    tap: Tap, again: Callable[[], Iterable[TrackBatch]] | None
) -> Callable[[], Iterable[TrackBatch]] | None:
    if again is None:
        return None

    def begin() -> Iterable[TrackBatch]:
        tap.reset()
        return tap.through(again())

    return begin


class _Recorder:
    """Gives each statement what the tracks hold for it."""

    def __init__(self, claim: ClaimFile, tap: Tap, result: CheckResult, coverage: Coverage | None) -> None:
        self._claim, self._tap, self._result, self._coverage = claim, tap, result, coverage
        self._stays = list(result.infringements)

    def __call__(self, statement: Statement, shape: Shape) -> Record:
        about = statement.about
        targets = self._tap.targets(about)
        stays = [
            s for s in self._stays
            if s.zone_id == shape.zone.id and (not about.identified or s.target_id in targets)
        ]  # fmt: skip
        record = Record(
            shape, self._tap.trace(about), stays, self._result.span_us, self._claim.boundary_err_m,
            self._result.options.max_gap_s,
        )  # fmt: skip
        return record if self._coverage is None else self._covered(statement, record, self._coverage)

    def _covered(self, statement: Statement, record: Record, coverage: Coverage) -> Record:
        windows = [window_us(statement, reading, record) for reading in statement.readings]
        known = [window for window in windows if window is not None]
        if not known or statement.about.transponder == "off":
            return record
        zone, from_us, until_us = record.shape.zone, min(a for a, _ in known), max(b for _, b in known)
        asked = Asked(coverage.evidence, from_us, until_us)
        (said,) = zone_statements(coverage, [zone], asked, _heights_m(statement))
        told = zone_told(said, zone.name, from_us, until_us)
        return replace(record, coverage=(told, say(TRANSPONDERS)), seen=said.verdict.value)


def _heights_m(statement: Statement) -> tuple[float, float] | None:
    """Return from what height to what height a statement is; None where it, or one reading of it, does not
    say."""
    stated = [
        [reading.quantities[name] for name in ("altitude", "exit_altitude") if name in reading.quantities]
        for reading in statement.readings
    ]
    if not all(stated):
        return None
    spans = [span for each in stated for span in each]
    return min(span.low_value for span in spans), max(span.high_value for span in spans)
