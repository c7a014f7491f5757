"""The law as of that moment: each zone that an incident is of, in the edition that it was judged by, and what
it was judged with, kept beside the record in the very transaction that appends to it.

Zones change and files with them; an incident of years ago must still say by what it was judged. Kept is what
incidents were of, once, and again where what it is judged with has become something else.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from nofly.errors import StoreError
from nofly.geo.qnh import ConstantQnh, QnhField, QnhReport, StationQnh
from nofly.geo.terrain import Terrain
from nofly.incidents.machine import Params
from nofly.run.files.heightfiles import load_geoid
from nofly.run.files.lists import AircraftList, Lists
from nofly.run.judging.pipeline import lists_of
from nofly.run.judging.preparing import Aids
from nofly.run.live.engine import Engine, EngineOptions
from nofly.run.live.in_force import InForce
from nofly.store.sqlite import Store
from nofly.zones.model import Source, Zone, canonical_json
from nofly.zones.reading import zone_from

EDITION, JUDGING = "edition:", "judging:"


class KeptList(msgspec.Struct, frozen=True):
    """A list of aircraft that the zone's rule names; texts are sorted."""

    name: str
    addresses: list[str]
    ranges: list[tuple[str, str]]
    callsigns: list[str]
    patterns: list[str]


class Received(msgspec.Struct, frozen=True):
    """How reports came together: how late those of each feed may come, how long a silent feed is waited for,
    and how often what came is judged."""

    lateness_s: dict[str, float] = {}
    hold_s: float = 2.0
    tick_s: float = 1.0


class Judged(msgspec.Struct, frozen=True):
    """What traffic was judged with."""

    max_gap_s: float = 120.0
    reentry_s: float = 0.0
    close_s: float = 0.0
    screening: bool = True
    lists: list[KeptList] = []
    qnh_hpa: float | None = None
    qnh_reports: list[tuple[int, float | None, float | None, float, str]] = []
    """Time (us UTC), latitude, longitude, hPa and station of each."""
    terrain: list[str] = []
    """Names of tiles; their posts are not kept."""
    terrain_err_m: float = 0.0
    received: Received = Received()

    def options(self, terrain: Terrain | None = None) -> EngineOptions:
        """Return it as an engine takes it; ``terrain`` are the tiles, should they be at hand."""
        qnh: QnhField | None = None
        if self.qnh_hpa is not None:
            qnh = ConstantQnh(self.qnh_hpa)
        elif self.qnh_reports:
            nowhere = float("nan")
            qnh = StationQnh([
                QnhReport(at, nowhere if lat is None else lat, nowhere if lon is None else lon, hpa, station)
                for at, lat, lon, hpa, station in self.qnh_reports
            ])  # fmt: skip
        lists = Lists(tuple(
            AircraftList(
                one.name, frozenset(one.addresses), tuple(one.ranges), frozenset(one.callsigns),
                tuple(one.patterns),
            )
            for one in self.lists
        ))  # fmt: skip
        return EngineOptions(
            self.max_gap_s, Params(self.reentry_s, self.close_s), Aids(qnh, load_geoid(), terrain), lists,
            self.screening,
        )  # fmt: skip


class Version(msgspec.Struct, frozen=True):
    """From a record on, by its number: when the zone is watched beside its own validity, and what it is
    judged with, by name."""

    sequence: int
    since_us: int | None
    until_us: int | None
    judging: str


class KeptEdition(msgspec.Struct, frozen=True):
    """A zone as canonical JSON, where it was read (format, SHA-256 of the file, place in it), and how it has
    been watched and judged since its first incident."""

    zone: str
    source: tuple[str, str, str]
    versions: list[Version]


class Edition(msgspec.Struct, frozen=True):
    """A zone in the edition that an incident was judged by, when it was watched, and what with."""

    zone: Zone
    in_force: InForce
    judged: Judged


class Editions:
    """Says what is to be kept with records that are appended. Belongs to one watch."""

    def __init__(self, store: Store, received: Received) -> None:
        self._store, self._received = store, received
        self._kept: dict[str, Version] = {}
        """Zone hash → the version that the store holds, as of no record."""
        self._options: EngineOptions | None = None
        self._judging: dict[str, tuple[str, bytes]] = {}
        """Zone hash → name and value of what it is judged with, by the options that hold."""

    def to_keep(self, engine: Engine, bodies: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
        """Return what is to be kept under which name in the transaction that appends ``bodies``; nothing
        where it is there already. Raises StoreError where the store cannot be read."""
        if self._options is not engine.options:
            self._options, self._judging = engine.options, {}
        number = {name: k for k, name in enumerate(engine.hashes)}
        out: dict[str, bytes] = {}
        for zone_hash in dict.fromkeys(str(body.get("zone_hash")) for body in bodies):
            if zone_hash in number:
                out |= self._of(engine, number[zone_hash])
        return out

    def _of(self, engine: Engine, number: int) -> dict[str, bytes]:
        zone, zone_hash = engine.law[number], engine.hashes[number]
        if zone_hash not in self._judging:
            value = msgspec.json.encode(judged_with(zone, engine.options, self._received))
            self._judging[zone_hash] = hashlib.sha256(value).hexdigest(), value
        name, value = self._judging[zone_hash]
        now = Version(0, *engine.in_force[number], name)
        if self._kept.get(zone_hash) == now:
            return {}
        known = kept_edition(self._store, zone_hash)
        versions = [] if known is None else known.versions
        if versions and msgspec.structs.replace(versions[-1], sequence=0) == now:
            # Remembered once it is in the store: an append may fail.
            self._kept[zone_hash] = now
            return {}
        now = msgspec.structs.replace(now, sequence=self._store.head().sequence + 1)
        source = zone.source.format, zone.source.sha256, zone.source.locator
        kept = KeptEdition(canonical_json(zone), source, [*versions, now])
        return {f"{EDITION}{zone_hash}": msgspec.json.encode(kept), f"{JUDGING}{name}": value}


def judged_with(zone: Zone, options: EngineOptions, received: Received) -> Judged:
    """Return what a zone is judged with."""
    named, aids = lists_of([zone]), options.aids
    lists = [
        KeptList(one.name, sorted(one.addresses), list(one.ranges), sorted(one.callsigns), [*one.patterns])
        for one in options.lists.lists if one.name in named
    ]  # fmt: skip
    terrain = aids.terrain
    return Judged(
        options.max_gap_s, options.incidents.reentry_s, options.incidents.close_s, options.screening, lists,
        getattr(aids.qnh, "qnh_hpa", None), [
            (one.time_us, _number(one.lat_deg), _number(one.lon_deg), one.qnh_hpa, one.station)
            for one in getattr(aids.qnh, "reports", ())
        ],
        [] if terrain is None else [tile.name for tile in terrain.tiles],
        0.0 if terrain is None else terrain.err_m, received,
    )  # fmt: skip


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def kept_edition(store: Store, zone_hash: str) -> KeptEdition | None:
    """Return what is kept of a zone; None where nothing is. Raises StoreError where it cannot be read."""
    found = store.kept(f"{EDITION}{zone_hash}")
    if found is None:
        return None
    try:
        kept = msgspec.json.decode(found, type=KeptEdition)
    except msgspec.MsgspecError as error:
        raise StoreError(f"the edition {zone_hash} that was kept cannot be read: {error}") from error
    if not kept.versions:
        raise StoreError(f"the edition {zone_hash} that was kept says not what it was judged with")
    return kept


def edition_as_of(store: Store, zone_hash: str, sequence: int) -> Edition | None:
    """Return the edition of a zone as it was when a record was appended, by its number; None where it was not
    kept. Raises StoreError where what was kept cannot be read, or is not the zone of that hash."""
    kept = kept_edition(store, zone_hash)
    if kept is None:
        return None
    version = [one for one in kept.versions if one.sequence <= sequence or one is kept.versions[0]][-1]
    value = store.kept(f"{JUDGING}{version.judging}")
    if value is None:
        raise StoreError(f"what the edition {zone_hash} was judged with is not there")
    try:
        judged, zone = msgspec.json.decode(value, type=Judged), zone_from(kept.zone)
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"the edition {zone_hash} that was kept cannot be read: {error}") from error
    if zone.zone_hash != zone_hash or hashlib.sha256(value).hexdigest() != version.judging:
        raise StoreError(f"what was kept of the edition {zone_hash} was changed")
    return Edition(
        replace(zone, source=Source(*kept.source)), InForce(version.since_us, version.until_us), judged
    )
