"""Lays what the map page needs of others into ``src/nofly/web/static``: MapLibre GL JS, and the basemap.

    python packaging/vendor_web.py [FOLDER]

takes pinned npm packages by ``npm pack``, or out of a folder that holds them, and checks their SHA-256. The
files are committed: an install needs neither npm nor a network. For another version change PACKAGES, run
this, and the tests in ``tests/web/browser``. Needs shapely, which the tests need too.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import basemap_tiles

STATIC = Path(__file__).resolve().parent.parent / "src" / "nofly" / "web" / "static"
PACKAGES = {
    "maplibre-gl": ("6.17.0", "587807d8d6c99349022e027fa310c16cfaa55392131f6263df080306db6809b0"),
    "world-atlas": ("2.0.2", "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97"),
}
"""Version, and SHA-256 of the package."""
MAPLIBRE = {
    "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
    "dist/maplibre-gl.css": "maplibre-gl.css",
    "LICENSE.txt": "LICENSE.maplibre-gl.txt",
}
ATLAS = "countries-50m.json"
DIGITS = 3
"""Of a degree: a tenth of what the scale of 1 : 50,000,000 resolves."""
WIDE_DEG = 1.5
"""A country narrower than this has its name only on a map that is zoomed in."""

Line = list[list[float]]


def packed(name: str, folder: Path) -> Path:
    """Return a package, fetched where the folder does not hold it. Ends the program for other bytes than
    those that are pinned."""
    version, digest = PACKAGES[name]
    path = folder / f"{name}-{version}.tgz"
    if not path.is_file():
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != digest:
        sys.exit(f"{path}: its SHA-256 is {found}, expected {digest}")
    return path


def members(package: Path) -> dict[str, bytes]:
    """Return the files of a package by their names in it."""
    with tarfile.open(package) as archive:
        files = ((member, archive.extractfile(member)) for member in archive if member.isfile())
        return {member.name.partition("/")[2]: file.read() for member, file in files if file is not None}


def arcs_of(topology: Mapping[str, Any]) -> list[Line]:
    """Return the arcs of a TopoJSON topology as lines of longitude and latitude."""
    (scale_x, scale_y), (from_x, from_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append([round(x * scale_x + from_x, DIGITS), round(y * scale_y + from_y, DIGITS)])
        lines.append(line)
    return lines


def ring_of(numbers: list[int], arcs: list[Line]) -> Line:
    """Return arcs joined; the complement of a number is that arc backwards."""
    ring: Line = []
    for number in numbers:
        line = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += line[1:] if ring else line
    return ring


def polygons_of(geometry: Mapping[str, Any]) -> list[list[list[int]]]:
    """Return the polygons of a geometry, each its rings, each the numbers of its arcs."""
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return [polygon for part in geometry["geometries"] for polygon in polygons_of(part)]
    return [geometry["arcs"]] if kind == "Polygon" else list(geometry.get("arcs", ()))


def unrolled(ring: Line) -> Line:
    """Return a ring that goes on across the antimeridian instead of jumping to its other side; one that goes
    round the south pole is closed along it."""
    found = [list(ring[0])]
    for x, y in ring[1:]:
        found.append([x - 360.0 * round((x - found[-1][0]) / 360.0), y])
    if abs(found[-1][0] - found[0][0]) > 180.0:
        found += [[found[-1][0], -90.0], [found[0][0], -90.0]]
    return found


def land(topology: Mapping[str, Any], arcs: list[Line]) -> Iterator[list[Line]]:
    """Yield the rings of each piece of land, cut at the antimeridian; none crosses itself."""
    from shapely import Polygon, affinity, box, get_parts, make_valid, set_precision

    world = box(-180.0, -90.0, 180.0, 90.0)
    for rings in polygons_of(topology["objects"]["land"]):
        outer, *holes = (ring_of(ring, arcs) for ring in rings)
        # The south pole is a hole of no size in Antarctica.
        shown = [unrolled(hole) for hole in holes if min(y for _, y in hole) > -89.0]
        whole = make_valid(Polygon(unrolled(outer), shown))
        for shift in (-360.0, 0.0, 360.0):
            cut = set_precision(affinity.translate(whole, shift).intersection(world), 10.0**-DIGITS)
            for part in get_parts(cut):
                if isinstance(part, Polygon) and not part.is_empty:
                    lines = (part.exterior, *part.interiors)
                    yield [[[round(x, DIGITS), round(y, DIGITS)] for x, y in ring.coords] for ring in lines]


def borders(topology: Mapping[str, Any], arcs: list[Line]) -> list[Line]:
    """Return the arcs that two countries share."""
    users: dict[int, set[int]] = {}
    for country, geometry in enumerate(topology["objects"]["countries"]["geometries"]):
        for polygon in polygons_of(geometry):
            for number in (number for ring in polygon for number in ring):
                users.setdefault(number if number >= 0 else ~number, set()).add(country)
    return [arcs[number] for number, countries in sorted(users.items()) if len(countries) > 1]


def places(topology: Mapping[str, Any], arcs: list[Line]) -> Iterator[dict[str, Any]]:
    """Yield where the name of each country goes: the place of its largest part farthest from any border."""
    from shapely import Polygon, maximum_inscribed_circle

    for geometry in topology["objects"]["countries"]["geometries"]:
        parts = [
            Polygon(ring_of(rings[0], arcs), [ring_of(ring, arcs) for ring in rings[1:]]).buffer(0)
            for rings in polygons_of(geometry)
        ]
        radius = maximum_inscribed_circle(max(parts, key=lambda part: part.area))
        lon, lat = radius.coords[0]
        properties = {"code": geometry.get("id"), "name": geometry["properties"]["name"]}
        place = {"type": "Point", "coordinates": [round(lon, 2), round(lat, 2)]}
        yield {
            "type": "Feature", "geometry": place,
            "properties": {**properties, "wide": radius.length >= WIDE_DEG},
        }  # fmt: skip


def written(name: str, features: list[dict[str, Any]]) -> None:
    """Write a file of GeoJSON."""
    collection = {"type": "FeatureCollection", "features": features}
    text = json.dumps(collection, separators=(",", ":"), ensure_ascii=False)
    (STATIC / "data" / name).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write all files anew."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        files = members(packed("maplibre-gl", folder))
        atlas = members(packed("world-atlas", folder))
    for there, here in MAPLIBRE.items():
        (STATIC / "vendor" / here).write_bytes(files[there])
    topology = json.loads(atlas[ATLAS])
    arcs = arcs_of(topology)
    lines = {"type": "MultiLineString", "coordinates": borders(topology, arcs)}
    areas = list(land(topology, arcs))
    written("land.json", [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": rings}}
        for rings in areas
    ])  # fmt: skip
    written("borders.json", [{"type": "Feature", "properties": {}, "geometry": lines}])
    written("places.json", list(places(topology, arcs)))
    (STATIC / "data" / "ground.bin").write_bytes(basemap_tiles.tiles(areas, lines["coordinates"]))


if __name__ == "__main__":
    main()
