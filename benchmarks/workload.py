"""The workloads: zones and traffic, the same to the last bit on every machine of one NumPy version.

Zones are stars with wavy outlines; aircraft fly to and fro on great circles over Europe, half of
them climbing and descending. Every zone has a floor and a ceiling, three in ten hold for a part of the time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

START_US = 1_777_708_800_000_000
AIRCRAFT = 12_000
MEAN_STEP_S = 7.5
EARTH_M = 6_371_008.8
KM_PER_DEG = EARTH_M * np.pi / 180_000.0
UNLIMITED_M = 1.0e6
FIRST_US, LAST_US = 0, 2 * START_US
"""What stands for 'no floor or ceiling' (±) and 'valid always', so that every peer can compare."""
NAMES = ("big10", "mixed1000", "small20000")

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]


@dataclass(slots=True)
class Zones:
    """Zones as arrays: rings of (lon, lat) without the closing point, a polygon's first ring its outline."""

    lonlat: Floats
    ring_start: Longs
    polygon_start: Longs
    """First ring of each polygon and the end."""
    zone_start: Longs
    """First polygon of each zone and the end."""
    floor_m: Floats
    ceiling_m: Floats
    from_us: Longs
    until_us: Longs

    def __len__(self) -> int:
        return len(self.floor_m)

    def polygons(self, zone: int) -> list[list[Floats]]:
        """Return the polygons of a zone, each a list of rings."""
        return [
            [self.lonlat[self.ring_start[r] : self.ring_start[r + 1]]
             for r in range(self.polygon_start[p], self.polygon_start[p + 1])]
            for p in range(self.zone_start[zone], self.zone_start[zone + 1])
        ]  # fmt: skip

    def head(self, count: int) -> Zones:
        """Return the first zones."""
        polygons = self.zone_start[: count + 1]
        rings = self.polygon_start[: polygons[-1] + 1]
        points = self.ring_start[: rings[-1] + 1]
        return Zones(
            self.lonlat[: points[-1]], points, rings, polygons,
            *(getattr(self, f.name)[:count] for f in fields(Zones)[4:]),
        )  # fmt: skip

    def wkb(self, zone: int) -> bytes:
        """Return a zone as a MultiPolygon in well-known binary."""
        polygons = self.polygons(zone)
        out = [struct.pack("<BII", 1, 6, len(polygons))]
        for rings in polygons:
            out.append(struct.pack("<BII", 1, 3, len(rings)))
            for ring in rings:
                closed = np.vstack([ring, ring[:1]])
                out.append(struct.pack("<I", len(closed)) + closed.astype("<f8").tobytes())
        return b"".join(out)


@dataclass(slots=True)
class Traffic:
    """Reports, ordered by aircraft and then by time. Heights are metres on 1013.25 hPa."""

    target: NDArray[np.int32]
    time_us: Longs
    lat_deg: Floats
    lon_deg: Floats
    height_m: Floats

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: slice | NDArray[np.int64]) -> Traffic:
        """Return the given rows."""
        return Traffic(*(np.ascontiguousarray(getattr(self, f.name)[rows]) for f in fields(Traffic)))

    def by_time(self) -> Traffic:
        """Return the reports in order of time."""
        return self.take(np.argsort(self.time_us, kind="stable"))


def traffic(reports: int) -> Traffic:
    """Return flights of at most 12,000 aircraft, each heard every 5 to 10 s."""
    aircraft = min(AIRCRAFT, max(1, reports // 80))
    per, more = divmod(reports, aircraft)
    random = np.random.Generator(np.random.PCG64(1992))

    def draw(low: float, high: float) -> Floats:
        return low + (high - low) * random.random(aircraft)

    place = _unit(draw(37.0, 59.0), draw(-9.0, 29.0))
    ahead = _heading(place, draw(0.0, 2.0 * np.pi))
    speed_mps, leg_m = draw(60.0, 260.0), draw(150e3, 900e3)
    base_m = np.where(draw(0, 1) < 0.4, draw(150.0, 3000.0), draw(3000.0, 11_500.0))
    climb_mps = np.where(draw(0, 1) < 0.5, draw(1.0, 15.0), 0.0)
    climb_m, phase_s = draw(300.0, 4000.0), draw(0.0, 4000.0)
    seconds = np.cumsum(5.0 + 5.0 * random.random((aircraft, per + bool(more))), axis=1) - 5.0
    along = _to_and_fro(seconds * speed_mps[:, None], leg_m[:, None]) / EARTH_M
    height_m = base_m[:, None] + _to_and_fro(
        (seconds + phase_s[:, None]) * climb_mps[:, None], climb_m[:, None]
    )
    x, y, z = (place[k][:, None] * np.cos(along) + ahead[k][:, None] * np.sin(along) for k in range(3))
    heard = np.ones(seconds.shape, bool)
    if more:
        heard[more:, -1] = False
    return Traffic(
        np.broadcast_to(np.arange(aircraft, dtype=np.int32)[:, None], heard.shape)[heard],
        START_US + (seconds[heard] * 1e3).astype(np.int64) * 1000,
        np.degrees(np.arcsin(z))[heard], np.degrees(np.arctan2(y, x))[heard], height_m[heard],
    )  # fmt: skip


def _unit(lat_deg: Floats, lon_deg: Floats) -> Floats:
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _heading(place: Floats, bearing: Floats) -> Floats:
    """Return the unit tangents at places in the directions of bearings."""
    flat = np.hypot(place[0], place[1])
    east = np.array([-place[1] / flat, place[0] / flat, np.zeros_like(flat)])
    north = np.cross(place, east, axis=0)
    return north * np.cos(bearing) + east * np.sin(bearing)


def _to_and_fro(distance: Floats, length: Floats) -> Floats:
    return length - np.abs(distance % (2.0 * length) - length)


def zones(name: str, span_us: int) -> Zones:
    """Return one of :data:`NAMES`; validity times lie within ``span_us`` from the start of the traffic."""
    random = np.random.Generator(np.random.PCG64(786 + NAMES.index(name)))
    if name == "big10":
        built = _Builder(random, 10, 600, 600, (100.0, 300.0))
        built.spread(38.0, 58.0, -7.0, 27.0)
    elif name == "mixed1000":
        built = _Builder(random, 1000, 24, 168, (1.0, 125.0), holed=0.25, several=0.1)
        built.spread(37.0, 59.0, -9.0, 29.0)
    else:
        built = _Builder(random, 20_000, 12, 60, (0.15, 4.0))
        built.cluster(60, 70.0)
    return built.finish(span_us)


class _Builder:
    def __init__(
        self,
        random: np.random.Generator,
        count: int,
        fewest: int,
        most: int,
        radius_km: tuple[float, float],
        holed: float = 0.0,
        several: float = 0.0,
    ) -> None:
        self.random, self.count = random, count
        self.points = (fewest + (most - fewest + 1) * random.random(count)).astype(int)
        low, high = np.log(radius_km)
        self.radius_km = np.exp(low + (high - low) * random.random(count))
        self.holed, self.several = random.random(count) < holed, random.random(count) < several
        self.lat_deg = self.lon_deg = np.zeros(count)

    def spread(self, south: float, north: float, west: float, east: float) -> None:
        self.lat_deg = south + (north - south) * self.random.random(self.count)
        self.lon_deg = west + (east - west) * self.random.random(self.count)

    def cluster(self, centres: int, spread_km: float) -> None:
        lat, lon = 39.0 + 18.0 * self.random.random(centres), -7.0 + 34.0 * self.random.random(centres)
        mine = (self.random.random(self.count) * centres).astype(int)
        away = spread_km * np.sqrt(-2.0 * np.log1p(-self.random.random(self.count)))
        way = 2.0 * np.pi * self.random.random(self.count)
        self.lat_deg = lat[mine] + away * np.sin(way) / KM_PER_DEG
        self.lon_deg = lon[mine] + away * np.cos(way) / KM_PER_DEG / np.cos(np.radians(self.lat_deg))

    def _star(self, lat_deg: float, lon_deg: float, radius_km: float, points: int) -> Floats:
        """Return a ring that lies between 0.4 and 1.6 radii from its centre."""
        way = 2.0 * np.pi * (np.arange(points) + 0.8 * self.random.random(points)) / points
        wave, phase = 0.3 * self.random.random(4), 2.0 * np.pi * self.random.random(4)
        bump = sum(wave[k] / 2 * np.cos((k + 2) * way + phase[k]) for k in range(4))
        far = radius_km * (1.0 + bump) / KM_PER_DEG
        return np.column_stack([
            lon_deg + far * np.cos(way) / np.cos(np.radians(lat_deg)), lat_deg + far * np.sin(way)
        ])  # fmt: skip

    def finish(self, span_us: int) -> Zones:
        rings: list[Floats] = []
        polygon_start, zone_start = [0], [0]
        for k in range(self.count):
            points, radius_km = int(self.points[k]), float(self.radius_km[k])
            for part in range(1 + 2 * int(self.several[k])):
                lat = float(self.lat_deg[k])
                lon = float(self.lon_deg[k]) + 3.5 * part * radius_km / KM_PER_DEG / np.cos(np.radians(lat))
                rings.append(self._star(lat, lon, radius_km, points))
                if self.holed[k]:
                    rings.append(self._star(lat, lon, 0.2 * radius_km, max(8, points // 3)))
                polygon_start.append(len(rings))
            zone_start.append(len(polygon_start) - 1)
        r = self.random
        floor_m = np.where(r.random(self.count) < 0.3, 0.0, 7000.0 * r.random(self.count))
        timed = r.random(self.count) < 0.3
        from_us = START_US + (0.7 * span_us * r.random(self.count)).astype(np.int64)
        until_us = from_us + (span_us * (0.1 + 0.5 * r.random(self.count))).astype(np.int64)
        return Zones(
            np.concatenate(rings), np.cumsum([0, *(len(ring) for ring in rings)]), np.array(polygon_start),
            np.array(zone_start), floor_m, floor_m + 500.0 + 6000.0 * r.random(self.count),
            np.where(timed, from_us, FIRST_US), np.where(timed, until_us, LAST_US),
        )  # fmt: skip


def fir_workload(data: Path, copies: int) -> tuple[Zones, Traffic]:
    """Return 58 European FIRs and a recorded day over Switzerland, so many times side by side.

    ``data`` has ``boundaries/eurofirs.json.gz`` and ``traffic/switzerland.json.gz``. Reports without place or
    height are left out.
    """
    features = json.loads(gzip.decompress((data / "boundaries/eurofirs.json.gz").read_bytes()))["features"]
    rings: list[Floats] = []
    polygon_start, zone_start, ceiling_m = [0], [0], []
    for feature in features:
        shape, said = feature["geometry"], feature["properties"]
        several = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        for polygon in several:
            rings += [np.array(ring, np.float64)[:-1, :2] for ring in polygon]
            polygon_start.append(len(rings))
        zone_start.append(len(polygon_start) - 1)
        level = float(said["UPPERLIMIT"])
        ceiling_m.append(UNLIMITED_M if level >= 999.0 else level * 30.48)
    count = len(features)
    places = Zones(
        np.concatenate(rings), np.cumsum([0, *(len(ring) for ring in rings)]), np.array(polygon_start),
        np.array(zone_start), np.full(count, -UNLIMITED_M), np.array(ceiling_m),
        np.full(count, FIRST_US), np.full(count, LAST_US),
    )  # fmt: skip
    return places, _side_by_side(_recorded(data / "traffic/switzerland.json.gz"), copies)


def _recorded(path: Path) -> Traffic:
    rows = json.loads(gzip.decompress(path.read_bytes()))
    rows = [row for row in rows if None not in (row["latitude"], row["longitude"], row["altitude"])]
    names = {name: k for k, name in enumerate(sorted({row["icao24"] for row in rows}))}
    target = np.array([names[row["icao24"]] for row in rows], np.int32)
    time_us = np.array([row["timestamp"] * 1000 for row in rows], np.int64)
    order = np.lexsort((time_us, target))
    order = order[np.append(True, (np.diff(target[order]) != 0) | (np.diff(time_us[order]) != 0))]
    columns = [
        np.array([row[name] for row in rows], np.float64) for name in ("latitude", "longitude", "altitude")
    ]
    return Traffic(target, time_us, columns[0], columns[1], columns[2] * 0.3048).take(order)


def _side_by_side(one: Traffic, copies: int) -> Traffic:
    number = np.repeat(np.arange(copies, dtype=np.int32), len(one))
    many = one.take(np.tile(np.arange(len(one)), copies))
    many.target += number * np.int32(one.target.max() + 1)
    return many


def fingerprint(*tables: Zones | Traffic) -> str:
    """Return 12 hexadecimal digits that say which workload this is."""
    digest = hashlib.sha256()
    for table in tables:
        for f in fields(table):
            digest.update(np.ascontiguousarray(getattr(table, f.name)).tobytes())
    return digest.hexdigest()[:12]


def save(table: Zones | Traffic, path: Path) -> None:
    """Write a table as NPZ, uncompressed."""
    np.savez(path, **{f.name: getattr(table, f.name) for f in fields(table)})


def load_zones(folder: Path) -> Zones:
    """Return the zones of a workload's folder."""
    with np.load(folder / "zones.npz") as kept:
        return Zones(*(kept[f.name] for f in fields(Zones)))


def load_traffic(folder: Path, reports: int | None = None) -> Traffic:
    """Return the traffic of a workload's folder, or its first reports."""
    with np.load(folder / "traffic.npz") as kept:
        return Traffic(*(kept[f.name][:reports] for f in fields(Traffic)))


def write_parquet(table: Traffic, path: Path) -> None:
    """Write the reports in order of time as zstd Parquet, the columns named as nofly names them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = table.by_time()
    names = pa.array([f"{0x400000 + k:06x}" for k in range(int(table.target.max()) + 1)])
    columns = {
        "time": pa.array(ordered.time_us).cast(pa.timestamp("us", "UTC")),
        "icao24": pa.DictionaryArray.from_arrays(pa.array(ordered.target), names),
        "lat_deg": pa.array(ordered.lat_deg), "lon_deg": pa.array(ordered.lon_deg),
        "alt_std_m": pa.array(ordered.height_m),
    }  # fmt: skip
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=1 << 20)
