"""Reads what heights need from files: the shipped geoid, QNH tables, METARs, terrain tiles."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import ConfigError, Finding
from nofly.geo.geoid import Geoid, unpack
from nofly.geo.qnh import ConstantQnh, QnhField, QnhReport, StationQnh
from nofly.geo.qnhtext import read_metars, read_qnh_csv, read_stations_csv
from nofly.geo.terrain import SRTM_ERR_M, Terrain, Tile

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_QNH_BYTES = 256 << 20
_HGT_NAME = re.compile(r"([NS])(\d{2})([EW])(\d{3})", re.IGNORECASE)
_HGT_SIDES = {2 * side * side: side for side in (1201, 3601)}
_HGT_VOID = -32768


@cache
def load_geoid() -> Geoid:
    """Return EGM96, read once from the installed package."""
    return unpack(files("nofly.geo").joinpath("data/egm96-15min.bin").read_bytes())


def load_qnh(
    given: Iterable[str], near_us: int, stations: str | None = None
) -> tuple[QnhField | None, list[Finding]]:
    """Return the QNH of the options: one number of hPa, or files of CSV or METAR text.

    ``near_us`` says which month a METAR is of (any report of the tracks), ``stations`` names a CSV of
    station, lat, lon. None given, none returned. ConfigError on a file that cannot be read, or on a number
    together with more.
    """
    options = [option.strip() for option in given]
    if not options:
        return None, []
    if len(options) == 1 and (number := _number(options[0])) is not None:
        return ConstantQnh(number), []
    reports: list[QnhReport] = []
    findings: list[Finding] = []
    places = read_stations_csv(_text(stations), stations) if stations else None
    for option in options:
        if _number(option) is not None:
            raise ConfigError(f"QNH {option} together with others", expected="one number, or files")
        text = _text(option)
        head = text.removeprefix("\ufeff").lstrip().split("\n", 1)[0].lower()
        if "qnh_hpa" in head:
            found, said = read_qnh_csv(text, option)
        else:
            found, said = read_metars(text, near_us, places, option)
        reports += found
        findings += said
    if not reports:
        raise ConfigError(
            "no QNH could be read", source=", ".join(options),
            expected="CSV with time, lat, lon, qnh_hpa, or METAR reports with Q… or A…",
        )  # fmt: skip
    return StationQnh(reports), findings


def load_terrain(paths: Iterable[str], err_m: float = SRTM_ERR_M) -> Terrain | None:
    """Return the terrain of the named files and folders (``.hgt``, ``.hgt.zip``, GeoTIFF), None if none is
    named.

    Tiles are opened now and read when a track needs them. ConfigError on a file that is no such tile, and on
    a GeoTIFF where rasterio is not installed.
    """
    tiles = [_tile(path) for name in paths for path in _expanded(Path(name))]
    return Terrain(tiles, err_m) if tiles else None


def _expanded(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    kinds = (".hgt", ".hgt.zip", ".tif", ".tiff")
    found = sorted(p for p in path.iterdir() if p.name.lower().endswith(kinds))
    if not found:
        raise ConfigError("no terrain tiles in the folder", source=str(path), expected=" ".join(kinds))
    return found


def _tile(path: Path) -> Tile:
    name = path.name.lower()
    try:
        if name.endswith((".hgt", ".hgt.zip")):
            return _hgt_tile(path)
        if name.endswith((".tif", ".tiff")):
            return _geotiff_tile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"cannot be read: {error}", source=str(path)) from error
    raise ConfigError("not a terrain tile", source=str(path), expected=".hgt, .hgt.zip, .tif or .tiff")


def _hgt_tile(path: Path) -> Tile:
    """A tile named by its south-west corner; 1201 or 3601 rows of big-endian int16, northernmost first."""
    named = _HGT_NAME.match(path.name)
    zipped = path.name.lower().endswith(".zip")
    size = _zip_member(path).file_size if zipped else path.stat().st_size
    side = _HGT_SIDES.get(size)
    if named is None or side is None:
        raise ConfigError(
            f"not an SRTM tile ({size:,} bytes)", source=str(path),
            expected="a name such as N47E008.hgt and 1201 or 3601 rows and columns",
        )  # fmt: skip
    south = int(named[2]) * (1 if named[1] in "Nn" else -1)
    west = int(named[4]) * (1 if named[3] in "Ee" else -1)

    def window(r0: int, r1: int, c0: int, c1: int) -> NDArray[np.float64]:
        part = _hgt_posts(path, side)[r0 : r1 + 1, c0 : c1 + 1].astype(np.float64)
        part[part == _HGT_VOID] = np.nan
        return part

    step = 1.0 / (side - 1)
    return Tile(south + 1.0, west, step, step, side, side, window, path.name)


@lru_cache(maxsize=16)
def _hgt_posts(path: Path, side: int) -> NDArray[Any]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive, archive.open(_zip_member(path)) as member:
            return np.frombuffer(member.read(2 * side * side), ">i2").reshape(side, side)
    return np.memmap(path, ">i2", "r", shape=(side, side))


def _zip_member(path: Path) -> zipfile.ZipInfo:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if m.filename.lower().endswith(".hgt")]
    if len(members) != 1:
        raise ConfigError(f"{len(members)} .hgt files in the archive", source=str(path), expected="one")
    return members[0]


def _geotiff_tile(path: Path) -> Tile:
    try:
        import rasterio  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from rasterio.errors import RasterioIOError  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise ConfigError(
            "GeoTIFF terrain needs rasterio", source=str(path), expected="pip install 'nofly[terrain]'"
        ) from error
    try:
        raster = rasterio.open(path)
    except RasterioIOError as error:
        raise ConfigError(f"cannot be read: {error}", source=str(path)) from error
    grid = raster.transform
    if raster.crs is None or not raster.crs.is_geographic or grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise ConfigError(
            f"a raster in {raster.crs}", source=str(path),
            expected="WGS 84 latitude and longitude, north up (gdalwarp -t_srs EPSG:4326 makes one)",
        )  # fmt: skip
    if raster.width < 2 or raster.height < 2:
        raise ConfigError("a raster of less than 2 × 2 posts", source=str(path))

    def window(r0: int, r1: int, c0: int, c1: int) -> NDArray[np.float64]:
        part = raster.read(1, window=((r0, r1 + 1), (c0, c1 + 1)), masked=True)
        return np.ma.filled(part.astype(np.float64), np.nan)

    # The transform gives the corner of a cell, a post stands at its middle.
    north, west = grid.f + grid.e / 2.0, grid.c + grid.a / 2.0
    return Tile(north, west, -grid.e, grid.a, raster.height, raster.width, window, path.name)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(name: str) -> str:
    path = Path(name)
    try:
        if path.stat().st_size > MOST_QNH_BYTES:
            raise ConfigError(f"larger than {MOST_QNH_BYTES >> 20} MiB", source=name)
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {error}"
        raise ConfigError(message, source=name, expected="a number of hPa or a text file") from error
