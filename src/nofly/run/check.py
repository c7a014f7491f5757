"""``check``: recorded traffic against zones, from batches of positions to a result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nofly.errors import Finding, fold_findings
from nofly.incidents.judge import Witness, judge
from nofly.incidents.keepin import Bound, always_in_force, of_absence
from nofly.incidents.record import Infringement
from nofly.incidents.stays import Stay
from nofly.kernel.detect import Params
from nofly.run.absences import KeepIn
from nofly.run.heightfiles import load_geoid, load_qnh, load_terrain
from nofly.run.lists import Lists, read_list
from nofly.run.order import ROOM_ROWS, Ordered, OutOfOrder
from nofly.run.pipeline import TIME_ERR_S, Aids, Pipeline, lists_of
from nofly.run.result import CheckResult
from nofly.run.trackfiles import TrackBatch
from nofly.run.witnesses import Seen, Tracks
from nofly.schema import Positions
from nofly.tracks.identity import icao24_of, state_of
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, Restriction, Zone
from nofly.zones.predicates import Subject, any_matches
from nofly.zones.schedule import describe


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


def check(
    zones: Sequence[Zone],
    batches: Iterable[TrackBatch],
    options: CheckOptions | None = None,
    findings: Iterable[Finding] = (),
    again: Callable[[], Iterable[TrackBatch]] | None = None,
) -> CheckResult:
    """Return who was inside which zone.

    ``batches`` come from :func:`nofly.run.trackfiles.read_batches`; ``again`` begins to read them anew, which
    is needed where more than fits into memory is out of order. ``findings`` are those of the zones. Raises
    what the readers raise, ConfigError for an option that cannot be used, UnresolvedError for a list that a
    rule names and nobody supplied.
    """
    chosen = options or CheckOptions()
    lists = Lists(tuple(read_list(path, name) for name, path in chosen.lists.items()))
    lists.require(lists_of(zones))
    seen, outlines = always_in_force(zones)
    compiled = compile_zones(seen)
    ordered = Ordered(batches, again, ROOM_ROWS)
    try:
        run = _Run(zones, outlines, compiled, chosen, ordered)
        run.take(ordered)
    except OutOfOrder:
        run = _Run(zones, outlines, compiled, chosen, ordered)
        run.take(ordered.parted())
    said = [*findings, *(f for each in lists.lists for f in each.findings), *ordered.findings, *run.findings]
    return run.result(lists, said)


class _Run:
    """One pass over all positions."""

    def __init__(
        self, law: Sequence[Zone], outlines: dict[int, int], zones: CompiledZones, options: CheckOptions,
        ordered: Ordered,
    ) -> None:  # fmt: skip
        self.law = tuple(law)
        self.zones = zones
        self.options = options
        self.findings: list[Finding] = []
        self._ordered = ordered
        self._pipeline: Pipeline | None = None
        self._tracks = Tracks(options.max_gap_s)
        self._keep_in = KeepIn(self.law, outlines, options.max_gap_s) if outlines else None
        self._reports = 0
        self._span: tuple[int, int] | None = None

    def take(self, positions: Iterable[Positions]) -> None:
        """Take all positions, in order."""
        for batch in positions:
            if self._pipeline is None:
                self._pipeline = self._begin(batch)
            self._reports += len(batch)
            low, high = int(batch.time_us.min()), int(batch.time_us.max())
            self._span = (
                (low, high) if not self._span else (min(low, self._span[0]), max(high, self._span[1]))
            )
            taken = self._pipeline.step(batch)
            self._tracks.add(taken)
            if self._keep_in is not None:
                self._keep_in.add(taken)

    def result(self, lists: Lists, findings: list[Finding]) -> CheckResult:
        """End the pass and judge what was found."""
        pipeline = self._pipeline
        if pipeline is None:
            return CheckResult(self.law, 0, 0, None, tuple(fold_findings(findings)), options=self.options)
        stays: Sequence[Stay] = pipeline.finish()
        tracks = self._tracks.joined(pipeline.targets, pipeline.shadows)
        if self._keep_in is not None:
            entries = [s for s in stays if s.zone < len(self.law) and not _keeps_in(self.law[s.zone])]
            stays = [*entries, *self._absences(self._keep_in, pipeline, lists)]
        judged = self._judge(stays, pipeline, lists)
        judged.sort(key=lambda i: (i.entry_time_us, i.zone_id, i.target_id))
        concerned = {i.target_id for i in judged}
        return CheckResult(
            zones=self.law, report_count=self._reports,
            target_count=len(pipeline.targets) - len(pipeline.shadows), span_us=self._span,
            findings=tuple(fold_findings(findings)), infringements=tuple(judged),
            tracks=tracks.of(concerned), gaps=tracks.gaps(concerned), options=self.options,
        )  # fmt: skip

    def _begin(self, first: Positions) -> Pipeline:
        options = self.options
        qnh, said = load_qnh([str(q) for q in options.qnh], int(first.time_us[0]), options.qnh_stations)
        self.findings += said
        geoid = load_geoid() if self._needs_geoid(first) else None
        aids = Aids(qnh, geoid, load_terrain(options.terrain))
        threads = options.threads or min(os.cpu_count() or 1, 4)
        if not options.threads and len(first) < 200_000:
            threads = 1
        return Pipeline(self.zones, Params(options.max_gap_s), aids, threads, options.screening)

    def _needs_geoid(self, first: Positions) -> bool:
        on = set(self.zones.datums)
        return Datum.HAE in on or (
            "alt_hae_m" in first.columns and bool(on & {Datum.AMSL, Datum.AGL, Datum.STD})
        )

    def _absences(self, keep_in: KeepIn, pipeline: Pipeline, lists: Lists) -> list[Stay]:
        """Return the absences from zones that must not be left."""

        def bound(zone: Zone, target: int) -> Bound:
            seen = self._tracks.during(target, *(self._span or (0, 0)))
            subject = _subject(pipeline.targets[target], seen, lists)
            named = any_matches(zone.rule.applies_to, subject) if zone.rule else False
            return Bound.MAYBE if named is None else Bound.YES if named else Bound.NO

        targets = [t for t in range(len(pipeline.targets)) if t not in pipeline.shadows]
        return list(keep_in.stays(self.zones, pipeline.changes, targets, bound))

    def _judge(self, stays: Sequence[Stay], pipeline: Pipeline, lists: Lists) -> list[Infringement]:
        changes = _edition_changes(self.law)
        out = []
        hashes = {number: self.law[number].zone_hash for number in {stay.zone for stay in stays}}
        for stay in stays:
            zone = self.law[stay.zone]
            seen = self._tracks.during(stay.target, stay.entry_us, stay.exit_us)
            witness = Witness(
                _subject(pipeline.targets[stay.target], seen, lists),
                stay.target in pipeline.shadows,
                Counter(seen.sentences),
                seen.stated_errors,
                TIME_ERR_S,
                (*_activity_unknown(zone), *self._unknown(zone, seen.positions)),
            )
            moments = changes.get(zone.id, set())
            record = judge(
                zone, hashes[stay.zone], stay, witness, (stay.entry_us in moments, stay.exit_us in moments)
            )
            if _keeps_in(zone) and self._keep_in is not None:
                record = of_absence(record, zone, thinned=self._keep_in.thinned)
            out.append(record)
        return out

    def _unknown(self, zone: Zone, seen: Positions) -> tuple[str, ...]:
        """Return why heights on the zone's datums are not known, in words."""
        from nofly.geo.heights import HeightBounds, fill_heights
        from nofly.geo.heightwords import explain_height

        if len(seen) == 0 or self._pipeline is None:
            return ()
        limits = [x for v in zone.volumes for x in (v.lower, v.upper) if x is not None and x.value_m > 0.0]
        datums = sorted({x.datum for x in limits})
        aids = self._pipeline.aids
        one = seen.take(slice(len(seen) // 2, len(seen) // 2 + 1))
        heights = fill_heights(one, aids.qnh, aids.geoid, aids.terrain, HeightBounds(), datums)
        return tuple(
            explain_height(heights, d, 0, one, aids.qnh, aids.geoid, aids.terrain)
            for d in datums
            if heights.lo[d][0] != heights.hi[d][0]
        )


def _activity_unknown(zone: Zone) -> tuple[str, ...]:
    if zone.schedule is None or all(window.certain for window in zone.schedule.windows):
        return ()
    return (f"Whether the zone was active is not known. Its hours: {describe(zone.schedule)}.",)


def _keeps_in(zone: Zone) -> bool:
    return zone.restriction is Restriction.KEEP_IN


def _subject(name: str, seen: Seen, lists: Lists) -> Subject:
    address = icao24_of(name)
    state = state_of(address)
    named = lists.names_for(address, seen.callsign)
    return Subject(
        name,
        address,
        seen.callsign,
        seen.squawk,
        seen.category,
        state.alpha3 if state else None,
        named,
        named,
    )


def _edition_changes(zones: Sequence[Zone]) -> dict[str, set[int]]:
    """Return for each zone id the instants at which one edition follows another."""
    ends: dict[str, set[int]] = {}
    starts: dict[str, set[int]] = {}
    for zone in zones:
        if zone.valid_to_us is not None:
            ends.setdefault(zone.id, set()).add(zone.valid_to_us)
        if zone.valid_from_us is not None:
            starts.setdefault(zone.id, set()).add(zone.valid_from_us)
    return {name: times & starts.get(name, set()) for name, times in ends.items()}
