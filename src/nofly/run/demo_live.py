"""The demo's live part: recorded traffic through the loop of ``nofly watch``, faster than it flew."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from nofly.config import Config
from nofly.run.demo import demo_files
from nofly.run.live.engine import Body
from nofly.run.warnings.rehearsal import plan_rehearsal, rehearse
from nofly.zones.model import Zone

SPEED = 60.0
MAP_SPEED = 10.0
"""Of the same on the map, so that it can be followed."""
FROM_MS, UNTIL_MS = 1_533_125_280_000, 1_533_126_360_000
"""2018-08-01 12:08 and 12:26 UTC: two minutes before the exercise closure until after the fourth entry."""

Tell = Callable[[Sequence[Body], Mapping[str, Zone]], None]


def live_demo(tell: Tell) -> None:
    """Replay the demo's flights over Switzerland at :data:`SPEED` times the speed, in a temporary folder.

    ``tell`` gets what is recorded as it happens, with the zones by their hashes.
    """
    with TemporaryDirectory(prefix="nofly-demo-") as folder, demo_files() as (zone_file, track_files):
        recording = Path(folder, "flights.json")
        recording.write_text(json.dumps(_stretch(track_files[1])), encoding="utf-8")
        state = Path(folder, "state")
        plan = plan_rehearsal(Config(), [str(zone_file)], [str(recording)], state, speed=SPEED)
        zones = {zone.zone_hash: zone for zone in plan.law}
        rehearse(plan, lambda bodies: tell(bodies, zones))


@contextmanager
def live_files(folder: str) -> Iterator[tuple[Path, str]]:
    """Give the demo's zone file, and the flights as a feed at :data:`MAP_SPEED` from files in a folder."""
    with demo_files() as (zone_file, track_files):
        recording = Path(folder, "flights.json")
        recording.write_text(json.dumps(_stretch(track_files[1])), encoding="utf-8")
        yield zone_file, f"replay+file:{quote(str(recording))}?speed={MAP_SPEED:g}"


def _stretch(file: Path) -> list[dict[str, object]]:
    rows = json.loads(gzip.decompress(file.read_bytes()))
    return [row for row in rows if FROM_MS <= row["timestamp"] < UNTIL_MS]
