"""Makes the golden package of a format: once, and never again. ``python -m tests.run.proving.golden FILE``.

What verified when it was made has to verify for ever: a newer nofly that finds something else in it is wrong,
or has a new format beside the old one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from nofly.proof.package import with_act, with_signature
from nofly.proof.packing.container import packed
from nofly.proof.packing.custody import Act
from nofly.run.proving import recorded
from tests.run.proving.cases import KEY, OTHER, checked, track_file, wanted, zone_file

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
        terrain=(str(folder / "N46E008.hgt"),), lists={"rescue": str(folder / "rescue.txt")},
    )  # fmt: skip
    coverage = {"verdict": "seen", "sentences": ["Others were received there at that height."], "numbers": {}}
    how = wanted(KEY, coverage=lambda _: coverage)
    (files,) = recorded.packages(result, [list(result.infringements)], inputs, how)
    signed = Act("signed", "B", "2026-01-01T00:00:00.000000Z")
    files = with_signature(files, signed, OTHER)
    received = Act("received", "C", "2026-01-02T00:00:00.000000Z", "file 7")
    return packed(with_act(files, received, None, OTHER))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        Path(sys.argv[1]).write_bytes(golden(Path(place)))
