"""What heights were worked out with, as files of a package: QNH, geoid, the part of the terrain used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.geo.qnh import ConstantQnh, QnhReport, StationQnh
from nofly.geo.terrain import Terrain, Tile
from nofly.proof.package import Part
from nofly.proof.packing.canonical import canonical, list_of, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.run.judging.preparing import Aids
from nofly.units import DAY_US

FILE = "aids/aids.json"
GEOID = "EGM96, 15 minutes of arc, as nofly ships it"
MOST_TERRAIN_BYTES = 64 << 20
_NO_POST = -32768


@dataclass(slots=True)
class _Asked:
    """Posts of a tile that were asked for: the rectangle round all of them."""

    tile: Tile
    box: list[int] = field(default_factory=list)
    """First and last row, first and last column; empty before anything is asked."""

    def window(self, r0: int, r1: int, c0: int, c1: int) -> NDArray[np.float64]:
        box = self.box or [r0, r1, c0, c1]
        self.box = [min(box[0], r0), max(box[1], r1), min(box[2], c0), max(box[3], c1)]
        return self.tile.window(r0, r1, c0, c1)


class Overheard:
    """Aids that remember which part of the terrain they were asked for."""

    def __init__(self, aids: Aids) -> None:
        terrain: Terrain | None = aids.terrain
        self._asked = [_Asked(tile) for tile in terrain.tiles] if terrain else []
        tiles = [replace(asked.tile, window=asked.window) for asked in self._asked]
        self.aids = replace(aids, terrain=Terrain(tiles, terrain.err_m) if terrain else None)

    def parts(self, span_us: tuple[int, int]) -> tuple[dict[str, Part], list[str]]:
        """Return the files, and what is left out of them in words.

        ``span_us`` are first and last report: of reports of QNH those a day around them are kept.
        """
        files: dict[str, Part] = {}
        tiles, left_out, room = [], [], MOST_TERRAIN_BYTES
        for number, asked in enumerate((a for a in self._asked if a.box), 1):
            r0, r1, c0, c1 = asked.box
            posts = asked.tile.window(r0, r1, c0, c1)
            kind, data = _posts(posts)
            room -= len(data)
            if room < 0:
                left_out.append(f"terrain tile {asked.tile.name}: more than {MOST_TERRAIN_BYTES >> 20} MiB")
                continue
            tile, name = asked.tile, f"aids/terrain/{number:02d}.{kind}"
            files[name] = Part(data)
            tiles.append({
                "file": name, "kind": kind, "name": tile.name, "north_deg": tile.north_deg,
                "west_deg": tile.west_deg, "lat_step_deg": tile.lat_step_deg,
                "lon_step_deg": tile.lon_step_deg, "rows": tile.rows, "columns": tile.columns,
                "first_row": r0, "first_column": c0, "height": posts.shape[0], "width": posts.shape[1],
            })  # fmt: skip
        terrain = self.aids.terrain
        told = {
            "qnh": _qnh(self.aids.qnh, span_us), "geoid": GEOID if self.aids.geoid else None,
            "terrain": {"err_m": terrain.err_m, "tiles": tiles} if terrain else None, "left_out": left_out,
        }  # fmt: skip
        return {FILE: Part(canonical(told)), **files}, left_out


def read(files: Mapping[str, bytes]) -> tuple[Aids, list[str]]:
    """Return the aids of a package, and what was left out of them. Raises PackageError for what is none."""
    if FILE not in files:
        raise PackageError("it is not in the package", source=FILE)
    told = mapping(parsed(files[FILE], FILE), FILE)
    try:
        terrain = told["terrain"]
        tiles = [_tile(one, files) for one in terrain["tiles"]] if terrain else []
        aids = Aids(
            _qnh_of(told["qnh"]), _geoid() if told["geoid"] == GEOID else None,
            Terrain(tiles, float(terrain["err_m"])) if terrain else None,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise PackageError(f"not what heights are worked out with: {error!r}", source=FILE) from error
    left_out = [str(text) for text in list_of(told, "left_out", FILE)]
    if told["geoid"] not in (None, GEOID):
        left_out.append(f"geoid: {str(told['geoid'])[:60]!r} is not the one that this nofly has")
    return aids, left_out


def _geoid() -> Any:
    from nofly.run.files.heightfiles import load_geoid

    return load_geoid()


def _qnh(qnh: Any, span_us: tuple[int, int]) -> dict[str, Any] | None:
    if qnh is None:
        return None
    if isinstance(qnh, ConstantQnh):
        return {"constant_hpa": qnh.qnh_hpa}
    near = [r for r in qnh.reports if span_us[0] - DAY_US <= r.time_us <= span_us[1] + DAY_US]
    return {"reports": [
        [r.time_us, *(None if math.isnan(v) else v for v in (r.lat_deg, r.lon_deg)), r.qnh_hpa, r.station]
        for r in near or qnh.reports[:1]
    ]}  # fmt: skip


def _qnh_of(told: Any) -> Any:
    if told is None:
        return None
    if "constant_hpa" in told:
        return ConstantQnh(float(told["constant_hpa"]))
    return StationQnh([_qnh_report(*row) for row in told["reports"]])


def _qnh_report(time_us: Any, lat: Any, lon: Any, hpa: Any, station: Any) -> QnhReport:
    lat_deg, lon_deg = (math.nan if value is None else float(value) for value in (lat, lon))
    return QnhReport(int(time_us), lat_deg, lon_deg, float(hpa), str(station))


def _posts(posts: NDArray[np.float64]) -> tuple[str, bytes]:
    """Return posts as whole metres where they are, else as they are: little-endian, row by row."""
    void = np.isnan(posts)
    whole = np.where(void, _NO_POST, posts)
    if np.array_equal(whole, np.rint(whole)) and np.abs(whole).max() <= -_NO_POST:
        return "i2", whole.astype("<i2").tobytes()
    return "f8", posts.astype("<f8").tobytes()


def _tile(told: Mapping[str, Any], files: Mapping[str, bytes]) -> Tile:
    height, width = int(told["height"]), int(told["width"])
    top, left = int(told["first_row"]), int(told["first_column"])
    if told["kind"] not in ("i2", "f8"):
        raise ValueError(f"posts of kind {told['kind']!r}")
    flat = np.frombuffer(files[told["file"]], f"<{told['kind']}").astype(np.float64)
    posts = flat.reshape(height, width)
    if told["kind"] == "i2":
        posts[posts == _NO_POST] = np.nan
    rows, columns = int(told["rows"]), int(told["columns"])
    steps = float(told["lat_step_deg"]), float(told["lon_step_deg"])
    if not (2 <= rows <= 1_000_000 and 2 <= columns <= 1_000_000 and min(steps) > 0):
        raise ValueError("a tile of no size")

    def window(r0: int, r1: int, c0: int, c1: int) -> NDArray[np.float64]:
        out = np.full((r1 - r0 + 1, c1 - c0 + 1), np.nan)
        a, b = max(r0, top), min(r1 + 1, top + height)
        c, d = max(c0, left), min(c1 + 1, left + width)
        if a < b and c < d:
            out[a - r0 : b - r0, c - c0 : d - c0] = posts[a - top : b - top, c - left : d - left]
        return out

    return Tile(
        float(told["north_deg"]), float(told["west_deg"]), *steps, rows, columns, window, str(told["name"])
    )
