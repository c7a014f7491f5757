"""The demo: real flights, shipped with nofly, against real zones; see ``data/NOTICE``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from nofly.run.outputs import write
from nofly.run.result import CheckResult

QNH_HPA = 1028.0
"""Of Paris on 7 October 2021: what an aircraft on the ground at Toussus-le-Noble (538 ft) reported."""
ZONES = "demo-zones.geojson.gz"
TRACKS = ("demo-paris.json.gz", "demo-switzerland.json.gz")
EXPLAINED = "LF-P25"
"""The zone of the stay that is told in sentences."""
PICTURE, PAGE, MAP = "nofly-demo.png", "nofly-demo.html", "nofly-demo.kml"


@contextmanager
def demo_files() -> Iterator[tuple[Path, list[Path]]]:
    """Give the demo's zone file and its track files, as files on disk."""
    with as_file(files("nofly.run") / "data") as folder:
        yield folder / ZONES, [folder / name for name in TRACKS]


def run_demo() -> CheckResult:
    """Return the check of the demo's flights against its zones."""
    from nofly.run.check import CheckOptions, check
    from nofly.run.files.trackfiles import read_batches
    from nofly.run.files.zonefiles import read_zones

    with demo_files() as (zone_file, track_files):
        zones = read_zones(zone_file)
        return check(zones.zones, read_batches(track_files), CheckOptions(qnh=(str(QNH_HPA),)))


def write_demo(result: CheckResult, folder: Path) -> list[Path]:
    """Write picture, HTML page and KML into a folder, made where it is not there; return their places."""
    folder.mkdir(parents=True, exist_ok=True)
    result.plot(folder / PICTURE)
    write(result, folder / PAGE)
    write(result, folder / MAP)
    return [folder / PICTURE, folder / PAGE, folder / MAP]
