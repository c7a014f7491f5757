"""``check``: recorded traffic against zones, from batches of positions to a result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nofly.errors import Finding, InputError, Severity, fold_findings
from nofly.incidents.keepin import always_in_force
from nofly.incidents.stays import Stay, Stays, appended
from nofly.kernel.detect import Params
from nofly.run.files.ahead import ahead
from nofly.run.files.lists import Lists, read_list
from nofly.run.files.order import FEW_ROWS, ROOM_ROWS, Ordered, OutOfOrder
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.judging.credible import Credible
from nofly.run.judging.pipeline import Pipeline, lists_of
from nofly.run.judging.preparing import Aids
from nofly.run.judging.stays import Judging, held_for, may_hold, subject
from nofly.run.judging.witnesses import Tracks
from nofly.run.result import CheckResult, when_asked
from nofly.schema import Positions
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, Restriction, Zone

if TYPE_CHECKING:
    from nofly.proof.coverage import Coverage
    from nofly.run.judging.preparing import Taken
    from nofly.run.leaving.absences import KeepIn

READY_BATCHES = 4
"""Batches read that have not yet been taken: more would only take memory."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How to check. Files are read when the check begins."""

    max_gap_s: float = 120.0
    """Two reports further apart are not joined: nothing is said of the time between."""
    qnh: Sequence[str] = ()
    """One number in hPa, or files of CSV (time, lat, lon, qnh_hpa) or METAR text."""
    qnh_stations: str | None = None
    """CSV of station, lat, lon: where the METARs are from."""
    terrain: Sequence[str] = ()
    """Terrain tiles (SRTM .hgt, GeoTIFF) and folders of them."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """Lists that rules name → files."""
    strict: bool = False
    threads: int = 0
    """0: as many as there are cores, as long as there is work for them."""
    screening: bool = True
    coverage: bool = False
    """Whether the result is to say what could have been seen."""
    room_rows: int = ROOM_ROWS
    """Reports that may be held in memory to be put in order; of more, files are made and sorted."""


@dataclass(frozen=True, slots=True)
class Given:
    """Lists, and what heights are worked out with, where they are not in files."""

    lists: Lists = field(default_factory=Lists)
    aids: Aids = field(default_factory=Aids)


class Beside(Protocol):
    """What looks on as a check goes, and sees each batch as it is judged."""

    def take(self, taken: Taken, names: Sequence[str]) -> None:
        """Take a batch; ``names`` are its targets' ids by number."""


def check(
    zones: Sequence[Zone],
    batches: Iterable[TrackBatch],
    options: CheckOptions | None = None,
    findings: Iterable[Finding] = (),
    again: Callable[[], Iterable[TrackBatch]] | None = None,
    given: Given | None = None,
    beside: Callable[[CompiledZones], Beside] | None = None,
) -> CheckResult:
    """Return who was inside which zone.

    ``batches`` come from :func:`nofly.run.files.trackfiles.read_batches`; ``again`` begins to read them anew,
    which is needed where more than fits into memory is out of order. ``findings`` are those of the zones: of
    what is rejected among them it cannot be said that nobody was inside. ``given`` stands in place of the
    files that the options name; ``beside`` makes what looks on, anew where the check begins anew. Raises what
    the readers raise, ConfigError for an option that cannot be used, UnresolvedError for a list that a rule
    names and nobody supplied.
    """
    chosen = options or CheckOptions()
    lists = given.lists if given else _lists(chosen)
    lists.require(lists_of(zones))
    seen, outlines = always_in_force(zones)
    ordered = Ordered(batches, again, chosen.room_rows)
    try:
        with _read_ahead(ordered, chosen) as ready:
            compiled = compile_zones(seen)
            run = _Run(zones, outlines, compiled, chosen, given.aids if given else None, beside)
            run.take(ready)
    except OutOfOrder:
        run = _Run(zones, outlines, compiled, chosen, given.aids if given else None, beside)
        with _read_ahead(ordered.anew(), chosen) as ready:
            run.take(ready)
    told = list(findings)
    said = [*told, *(f for each in lists.lists for f in each.findings), *ordered.findings, *run.findings]
    rejected = sum(f.count for f in told if f.severity is Severity.REJECTED)
    return run.result(lists, said, rejected)


def _lists(options: CheckOptions) -> Lists:
    return Lists(tuple(read_list(path, name) for name, path in options.lists.items()))


def _threads(options: CheckOptions) -> int:
    return options.threads or min(os.cpu_count() or 1, 4)


def _read_ahead(
    positions: Iterable[Positions], options: CheckOptions
) -> AbstractContextManager[Iterable[Positions]]:
    """Begin to read, in another thread where there may be one: the first batches are there when the zones are
    compiled."""
    return nullcontext(positions) if _threads(options) == 1 else ahead(positions, READY_BATCHES)


class _Run:
    """One pass over all positions."""

    def __init__(
        self, law: Sequence[Zone], outlines: dict[int, int], zones: CompiledZones, options: CheckOptions,
        aids: Aids | None, beside: Callable[[CompiledZones], Beside] | None,
    ) -> None:  # fmt: skip
        self.law = tuple(law)
        self.zones = zones
        self.options = options
        self.aids = aids
        self.findings: list[Finding] = []
        self._pipeline: Pipeline | None = None
        self._tracks = Tracks(options.max_gap_s)
        self._keep_in = _keep_in(self.law, outlines, options.max_gap_s) if outlines else None
        self._threads = _threads(options)
        self._coverage = _coverage() if options.coverage else None
        self._credible = Credible()
        self._beside = beside(zones) if beside else None
        self._reports = 0
        self._span: tuple[int, int] | None = None

    def take(self, positions: Iterable[Positions]) -> None:
        """Take all positions, in order."""
        try:
            for batch in positions:
                self._step(batch)
            self._cover(None)
        except BaseException:
            if self._pipeline is not None:
                self._pipeline.close()
            raise

    def _step(self, batch: Positions) -> None:
        if self._pipeline is None:
            self._pipeline = self._begin(batch)
        self._reports += len(batch)
        low, high = int(batch.time_us.min()), int(batch.time_us.max())
        self._span = (low, high) if not self._span else (min(low, self._span[0]), max(high, self._span[1]))
        self._cover(batch)
        taken = self._pipeline.step(batch)
        if taken is None:
            return
        self._tracks.add(taken)
        if self._beside is not None:
            self._beside.take(taken, self._pipeline.prepared.targets)
        if self._keep_in is not None:
            self._keep_in.add(taken)

    def result(self, lists: Lists, findings: list[Finding], zones_not_read: int) -> CheckResult:
        """End the pass and judge what was found."""
        pipeline = self._pipeline
        if pipeline is None:
            said = tuple(fold_findings(findings))
            return CheckResult(
                self.law, 0, 0, None, said, options=self.options, zones_not_read=zones_not_read
            )
        stays, tracks, known = pipeline.finish(), self._tracks, pipeline.prepared
        if pipeline.repeated:
            findings = [*findings, _repeated(pipeline.repeated)]
        if self._keep_in is None:
            tracks.end(known.targets, known.shadows, known.named_as(stays.target))
        else:
            tracks.end(known.targets, known.shadows)
            entered = [zone.restriction is not Restriction.KEEP_IN for zone in self.law]
            entered += [False] * (len(self.zones.zones) - len(self.law))
            absences = self._absences(self._keep_in, pipeline, lists)
            stays = appended(stays[np.array(entered, np.bool_)[stays.zone]], Stays.of(absences))
        thinned = self._keep_in is not None and self._keep_in.thinned
        judging = Judging(
            self.law, stays, known.targets, known.shadows, tracks, lists, known.aids, thinned
        )  # fmt: skip
        concerned = {known.targets[k] for k in set(stays.target.tolist())}
        return CheckResult(
            zones=self.law, report_count=self._reports,
            target_count=len(known.targets) - len(known.shadows), span_us=self._span,
            findings=tuple(fold_findings(findings)), infringements=judging.records(),
            tracks=when_asked(lambda: tracks.of(concerned)), gaps=when_asked(lambda: tracks.gaps(concerned)),
            marks=when_asked(lambda: tracks.marks(concerned)), options=self.options, aids=known.aids,
            zones_not_read=zones_not_read, coverage=self._coverage,
        )  # fmt: skip

    def _cover(self, batch: Positions | None) -> None:
        """Take a batch for what could have been seen; None: there is no more."""
        if self._coverage is None:
            return
        try:
            if batch is None:
                self._coverage.rows()
            else:
                self._coverage.take(batch, self._credible.of(batch) if self.options.screening else None)
        except InputError as error:
            self._coverage = None
            text = f"what could have been seen is not told: {error}"
            self.findings.append(Finding("coverage-too-large", Severity.WARNING, text))

    def _begin(self, first: Positions) -> Pipeline:
        options, aids = self.options, self.aids or self._aids(first)
        threads = self._threads if options.threads or len(first) >= FEW_ROWS else 1
        return Pipeline(self.zones, Params(options.max_gap_s), aids, threads, options.screening)

    def _aids(self, first: Positions) -> Aids:
        options, needs_geoid = self.options, self._needs_geoid(first)
        if not (options.qnh or options.terrain or needs_geoid):
            return Aids()
        from nofly.run.files.heightfiles import load_geoid, load_qnh, load_terrain

        qnh, said = load_qnh([str(q) for q in options.qnh], int(first.time_us[0]), options.qnh_stations)
        self.findings += said
        return Aids(qnh, load_geoid() if needs_geoid else None, load_terrain(options.terrain))

    def _needs_geoid(self, first: Positions) -> bool:
        on = set(self.zones.datums)
        return Datum.HAE in on or (
            "alt_hae_m" in first.columns and bool(on & {Datum.AMSL, Datum.AGL, Datum.STD})
        )

    def _absences(self, keep_in: KeepIn, pipeline: Pipeline, lists: Lists) -> list[Stay]:
        """Return the absences from zones that must not be left."""
        known = pipeline.prepared

        def held(absence: Stay) -> Stay | None:
            seen = self._tracks.during(absence.target, absence.entry_us, absence.exit_us)
            return held_for(
                self.law[absence.zone], subject(known.targets[absence.target], seen, lists), absence
            )

        targets = [t for t in range(len(known.targets)) if t not in known.shadows]
        found = keep_in.stays(
            self.zones, pipeline.changes, targets, lambda zone, t: may_hold(zone, known.targets[t], lists)
        )
        return [absence for absence in map(held, found) if absence is not None]


def _repeated(count: int) -> Finding:
    text = "a report that says what another of the same aircraft and instant says: counted once"
    return Finding("report-repeated", Severity.INFO, text, count=count)


def _coverage() -> Coverage:
    from nofly.proof.coverage import Coverage

    return Coverage()


def _keep_in(law: Sequence[Zone], outlines: dict[int, int], max_gap_s: float) -> KeepIn:
    from nofly.run.leaving.absences import KeepIn

    return KeepIn(law, outlines, max_gap_s)
