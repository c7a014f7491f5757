"""A zone, a flight through it, and the packages made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nofly.feeds.options import ArchiveOptions
from nofly.proof.package import Making
from nofly.proof.packing.custody import Act
from nofly.proof.packing.signing import SigningKey
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import read_batches
from nofly.run.files.zonefiles import read_zones
from nofly.run.proving import recorded
from nofly.run.result import CheckResult

KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
"""Keys of the tests: anyone can sign with them."""
START_S = 1_533_115_440


def zone_file(path: Path, **properties: Any) -> str:
    """Write a zone of 0.2° on a side."""
    ring = [[8.4, 46.4], [8.6, 46.4], [8.6, 46.6], [8.4, 46.6], [8.4, 46.4]]
    feature = {
        "type": "Feature",
        "properties": {"id": "LS-R7", "name": "GRIMSEL", "restriction": "PROHIBITED", **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return str(path)


def track_file(path: Path, callsign: str = "SWR123", alt: str = "3000", others: int = 2) -> str:
    """Write a flight north through the zone, one that turns back in it, and others that pass it by."""
    lines = ["time,icao24,callsign,lat,lon,alt_std_m,pos_err_m"]
    for k in range(61):
        time = START_S + 10 * k
        lines.append(f"{time},4ca7b3,{callsign},{46.2005 + 0.01 * k:.4f},8.5,{alt},30")
        there = 46.3 + 0.01 * min(k, 60 - k)
        lines.append(f"{time},4b1804,REGA7,{there:.4f},{8.45 + 0.0005 * k:.4f},{alt},30")
        for n in range(others):
            lines.append(f"{time},3c000{n},DLH{n},{47 + n + 0.01 * k:.4f},8.5,{alt},30")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def checked(
    zones: Sequence[str], tracks: Sequence[str], reading: ArchiveOptions | None = None, **options: Any
) -> tuple[CheckResult, recorded.Inputs]:
    """Return what a check finds, and what it was made of."""
    law, how, chosen = read_zones(zones), reading or ArchiveOptions(), CheckOptions(**options)

    def again() -> Any:
        return read_batches(tracks, how)

    result = check(law.zones, again(), chosen, law.findings, again)
    return result, recorded.Inputs(law, tracks, how, chosen)


def wanted(*keys: SigningKey, **more: Any) -> recorded.Wanted:
    """Return how packages are to be made."""
    return recorded.Wanted(Making("0.1.0", Act("made", "the tests"), keys), **more)


def one_each(result: CheckResult, inputs: recorded.Inputs, how: recorded.Wanted) -> list[dict[str, bytes]]:
    """Return the files of a package for each stay of a result."""
    return list(recorded.packages(result, [[stay] for stay in result.infringements], inputs, how))


def small(folder: Path, *keys: SigningKey) -> dict[str, bytes]:
    """Return the files of the package of the first stay of a small case."""
    zones, tracks = [zone_file(folder / "z.geojson")], [track_file(folder / "t.csv")]
    return one_each(*checked(zones, tracks), wanted(*keys))[0]
