"""Makes the golden packages of a format: once, never again. ``python -m tests.run.proving.golden FOLDER``.

What verified when it was made has to verify for ever: a newer nofly that finds something else in it is wrong,
or has a new format beside the old one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from nofly.proof.package import Making, with_act, with_signature
from nofly.proof.packing.container import packed
from nofly.proof.packing.custody import Act
from nofly.run.files.zonefiles import read_zones
from nofly.run.proving import live, recorded
from nofly.run.proving.covered import case_covered
from nofly.run.proving.live_case import live_case
from tests.run.proving.cases import KEY, OTHER, checked, track_file, wanted, zone_file
from tests.run.proving.test_live_case import Brought, lines, through
from tests.run.proving.test_live_case import recorded as recorded_live
from tests.run.proving.test_live_package import zones_in

METAR = "LSZH 010920Z 24005KT CAVOK 28/14 Q1018 NOSIG=\nLSZH 010950Z 24005KT CAVOK 28/14 Q1017 NOSIG=\n"


def golden(folder: Path) -> bytes:
    """Return a package with everything in it: two stays, a rule with a list, QNH of METARs, terrain, a
    statement of coverage, two signatures, a receipt."""
    (folder / "metar.txt").write_text(METAR)
    (folder / "rescue.txt").write_text("4b1804 the helicopter\n")
    posts = np.full((1201, 1201), 1500, ">i2") + np.arange(1201, dtype=">i2")[:, None] // 4
    (folder / "N46E008.hgt").write_bytes(posts.astype(">i2").tobytes())
    rule = {"exempt": [{"who": [{"kind": "list", "values": ["rescue"]}], "reason": "rescue flights"}]}
    zones = [zone_file(folder / "zone.geojson", lower="GND", upper="8000 ft AGL", rule=rule)]
    result, inputs = checked(
        zones, [track_file(folder / "flights.csv")], qnh=(str(folder / "metar.txt"),),
        terrain=(str(folder / "N46E008.hgt"),), lists={"rescue": str(folder / "rescue.txt")}, coverage=True,
    )  # fmt: skip
    (files,) = recorded.packages(result, [list(result.infringements)], inputs, wanted(KEY))
    signed = Act("signed", "B", "2026-01-01T00:00:00.000000Z")
    files = with_signature(files, signed, OTHER)
    received = Act("received", "C", "2026-01-02T00:00:00.000000Z", "file 7")
    return packed(with_act(files, received, None, OTHER))


def golden_live(folder: Path) -> bytes:
    """Return a package of an incident of a watch: raw bytes of two feeds, zones, records and links, a table
    of sightings, a later signature."""
    path, law = zones_in(folder)
    before = lines("icao24:4b0003", range(-600, 0, 5), lambda s: 14.5 + (s + 300) * 0.001, alt_std_m=1000.0)
    said = [*before, *through(range(0, 600, 5), callsign="SWR123", gs_mps=71.6, track_deg=90.0)]
    feeds = {"north": said[::2], "south": said[1::2]}
    urls = {name: f"jsonl+tcp://{name}.example:9?lateness_s=0" for name in feeds}
    log = recorded_live(Brought(urls, feeds, []), law, folder / "state")
    later = lines("icao24:4b0002", range(2_000, 2_060, 5), lambda _: 14.0, alt_std_m=900.0)
    log = recorded_live(Brought(urls, {"north": later, "south": later[:1]}, []), law, folder / "state")
    name = next(name for name, one in log.incidents.items() if one.target_id == "icao24:4b0001")
    case = live_case(folder / "state", log, name)
    making = Making("0.1.0", Act("made", "the tests"), [KEY])
    seen = case_covered(folder / "state", case)
    files = live.package(case, making, read_zones([str(path)]), seen)
    return packed(with_signature(files, Act("signed", "B", "2026-01-01T00:00:00.000000Z"), OTHER))


if __name__ == "__main__":
    for name, make in (("recorded-2", golden), ("live-2-numbers", golden_live)):
        with tempfile.TemporaryDirectory() as place:
            Path(sys.argv[1], f"{name}.nofly.zip").write_bytes(make(Path(place)))
