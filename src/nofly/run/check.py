"""``check``: recorded traffic against zones, from batches of positions to a result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nofly.errors import Finding, fold_findings
from nofly.incidents.judge import Witness, judge
from nofly.incidents.keepin import absences
from nofly.incidents.record import Infringement
from nofly.incidents.stays import Stay
from nofly.kernel.detect import Params
from nofly.run.heightfiles import load_geoid, load_qnh, load_terrain
from nofly.run.lists import Lists, read_list
from nofly.run.order import ROOM_ROWS, Ordered, OutOfOrder
from nofly.run.pipeline import TIME_ERR_S, Aids, Pipeline, lists_of
from nofly.run.result import CheckResult
from nofly.run.trackfiles import TrackBatch
from nofly.run.witnesses import Tracks
from nofly.schema import Positions
from nofly.tracks.identity import icao24_of, state_of
from nofly.zones.compiled import CompiledZones, compile_zones
from nofly.zones.model import Datum, Restriction, Zone
from nofly.zones.predicates import Subject


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
    compiled = compile_zones(zones)
    ordered = Ordered(batches, again, ROOM_ROWS)
    try:
        run = _Run(compiled, chosen, ordered)
        run.take(ordered)
    except OutOfOrder:
        run = _Run(compiled, chosen, ordered)
        run.take(ordered.parted())
    said = [*findings, *(f for each in lists.lists for f in each.findings), *ordered.findings, *run.findings]
    return run.result(lists, said)


class _Run:
    """One pass over all positions."""

    def __init__(self, zones: CompiledZones, options: CheckOptions, ordered: Ordered) -> None:
        self.zones = zones
        self.options = options
        self.findings: list[Finding] = []
        self._ordered = ordered
        self._pipeline: Pipeline | None = None
        self._tracks = Tracks(options.max_gap_s)
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
            self._tracks.add(self._pipeline.step(batch))

    def result(self, lists: Lists, findings: list[Finding]) -> CheckResult:
        """End the pass and judge what was found."""
        pipeline = self._pipeline
        if pipeline is None:
            return CheckResult(
                self.zones.zones, 0, 0, None, tuple(fold_findings(findings)), options=self.options
            )
        stays = pipeline.finish()
        tracks = self._tracks.joined(pipeline.targets, pipeline.shadows)
        stays = self._keep_in(stays, pipeline)
        judged = self._judge(stays, pipeline, lists)
        judged.sort(key=lambda i: (i.entry_time_us, i.zone_id, i.target_id))
        concerned = {i.target_id for i in judged}
        return CheckResult(
            zones=self.zones.zones, report_count=self._reports,
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

    def _keep_in(self, stays: list[Stay], pipeline: Pipeline) -> list[Stay]:
        """Replace the stays in zones that must not be left by the absences from them."""
        kept = [s for s in stays if self.zones.zones[s.zone].restriction is not Restriction.KEEP_IN]
        for number, zone in enumerate(self.zones.zones):
            if zone.restriction is Restriction.KEEP_IN:
                inside = [s for s in stays if s.zone == number]
                kept += absences(
                    self.zones,
                    number,
                    inside,
                    self._tracks.runs(),
                    pipeline.activity(number),
                    pipeline.shadows,
                )
        return kept

    def _judge(self, stays: list[Stay], pipeline: Pipeline, lists: Lists) -> list[Infringement]:
        changes = _edition_changes(self.zones.zones)
        out = []
        hashes = {number: self.zones.zones[number].zone_hash for number in {stay.zone for stay in stays}}
        for stay in stays:
            zone = self.zones.zones[stay.zone]
            seen = self._tracks.during(stay.target, stay.entry_us, stay.exit_us)
            name = pipeline.targets[stay.target]
            address = icao24_of(name)
            state = state_of(address)
            named = lists.names_for(address, seen.callsign)
            subject = Subject(
                name,
                address,
                seen.callsign,
                seen.squawk,
                seen.category,
                state.alpha3 if state else None,
                named,
                named,
            )
            witness = Witness(
                subject,
                stay.target in pipeline.shadows,
                Counter(seen.sentences),
                seen.stated_errors,
                TIME_ERR_S,
                self._unknown(zone, seen.positions),
            )
            moments = changes.get(zone.id, set())
            record = judge(
                zone, hashes[stay.zone], stay, witness, (stay.entry_us in moments, stay.exit_us in moments)
            )
            if zone.restriction is Restriction.KEEP_IN and not zone.rule:
                record = replace(
                    record, reasons=("It left a zone that it was in and must not leave.", *record.reasons)
                )
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
