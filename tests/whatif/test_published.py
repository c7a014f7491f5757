"""Detours that EUROCONTROL published after February 2022, beside ways round Russia, Belarus and Ukraine."""

from __future__ import annotations

import gzip
import json
import struct
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.run.weighing.airports import pairs
from nofly.whatif import search
from nofly.whatif.detour import Outcome, RoundWays
from nofly.zones.model import EdgeKind, Polygon, Volume, Zone

PUBLISHED_KM = {"HEL-ICN": 4000.0, "HEL-SIN": 1400.0, "CPH-SIN": 1500.0, "CPH-PVG": 1500.0}
"""EUROCONTROL, 12 April 2022: flown, with winds, airways and other closures; "almost" and "about"."""
CASE_KM = {"FRA-DEL": 81.0, "WAW-TBS": 260.0, "HEL-DXB": 673.6}
"""Pairs of the case, as computed: of Frankfurt to India it was published that nothing was added, of the
others no figure is known."""


def closed(path: Path) -> list[Zone]:
    """Return the three countries of Natural Earth 1:50m (TopoJSON of world-atlas 2.0.2) as zones."""
    topology: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    scale, shift = (np.array(topology["transform"][name]) for name in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]
    zones = []
    for country in topology["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        if name not in ("Russia", "Belarus", "Ukraine"):
            continue
        shapes = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        volumes = []
        for rings in shapes:
            lines = [[arcs[k] if k >= 0 else arcs[~k][::-1] for k in ring] for ring in rings]
            corners = [
                tuple((float(y), float(x)) for line in ring for x, y in line[:-1].tolist()) for ring in lines
            ]
            volumes.append(Volume(Polygon(corners[0], tuple(corners[1:]), EdgeKind.PLANAR)))
        zones.append(Zone(name, name, tuple(volumes)))
    return zones


_NAME = slice(113, 116)
"""Column ADM0_A3 of the table beside the shapes."""


def closed_in_detail(path: Path) -> list[Zone]:
    """Return the same of Natural Earth 1:10m, a shapefile (ESRI, July 1998), some 40,000 corners; lakes of
    other countries in them are left out."""
    with zipfile.ZipFile(path) as file:
        parts = {name[-3:]: file.read(name) for name in file.namelist()}
    shapes, table = parts["shp"], parts["dbf"]
    header, width = struct.unpack("<HH", table[8:12])
    zones, at, row = [], 100, 0
    while at < len(shapes):
        words = struct.unpack(">i", shapes[at + 4 : at + 8])[0]
        shape, record = shapes[at + 8 : at + 8 + 2 * words], table[header + row * width :][:width]
        at, row = at + 8 + 2 * words, row + 1
        name = record[_NAME].decode("ascii")
        if name not in ("RUS", "BLR", "UKR"):
            continue
        count, points = struct.unpack("<ii", shape[36:44])
        first = [*struct.unpack(f"<{count}i", shape[44 : 44 + 4 * count]), points]
        corners = np.frombuffer(shape[44 + 4 * count :][: 16 * points], "<f8").reshape(-1, 2)
        volumes = []
        for a, b in pairwise(first):
            x, y = corners[a : b - 1].T
            # Outlines are clockwise, holes are not.
            if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0.0:
                ring = tuple(zip(y.tolist(), x.tolist(), strict=True))
                volumes.append(Volume(Polygon(ring, (), EdgeKind.PLANAR)))
        zones.append(Zone(name, name, tuple(volumes)))
    return zones


@pytest.fixture(scope="module")
def ways(shared: Path) -> RoundWays:
    return RoundWays(closed(shared / "boundaries/countries-50m.json.gz"))


def test_published_detours_are_at_most_a_twentieth_shorter_than_computed(ways: RoundWays) -> None:
    asked = pairs(PUBLISHED_KM)
    for pair, found in zip(asked, ways.detours([(pair.start, pair.end) for pair in asked]), strict=True):
        assert found.outcome is Outcome.ROUND
        assert 0.0 < found.extra_m / 1000.0 <= 1.05 * PUBLISHED_KM[pair.name]


def test_pairs_of_the_case_are_as_computed_and_frankfurt_to_india_hardly_longer(ways: RoundWays) -> None:
    asked = pairs(CASE_KM)
    for pair, found in zip(asked, ways.detours([(pair.start, pair.end) for pair in asked]), strict=True):
        assert found.outcome is Outcome.ROUND
        assert found.extra_m / 1000.0 == pytest.approx(CASE_KM[pair.name], abs=0.5)
        if pair.name == "FRA-DEL":
            # Flown was the geodesic at least, with nothing added.
            assert found.length_m <= 1.05 * found.direct_m


def test_the_same_figures_as_on_the_page(ways: RoundWays) -> None:
    page = Path(__file__).resolve().parents[2] / "docs/explanation/detours.md"
    text = page.read_text(encoding="utf-8")
    for pair in pairs([*PUBLISHED_KM, *CASE_KM]):
        found = ways.detour(pair.start, pair.end)
        assert f"| {pair.start_name}–{pair.end_name} | {round(found.extra_m / 1000.0):,} km |" in text


def test_a_pair_far_from_the_closed_sky_has_nothing_added(ways: RoundWays) -> None:
    (pair,) = pairs(["FRA-LIS"])
    assert ways.detour(pair.start, pair.end).extra_m == 0.0


def test_outlines_in_detail_are_gone_round_in_few_legs_and_alike(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = closed_in_detail(shared / "boundaries/ne_10m_admin_0_countries_deu.zip")
    assert sorted(zone.id for zone in zones) == ["BLR", "RUS", "UKR"]
    assert sum(len(volume.footprint.exterior) for zone in zones for volume in zone.volumes) > 36_000
    monkeypatch.setattr(search, "MOST_LEGS", 5_000)
    asked = pairs(PUBLISHED_KM)
    coarse = RoundWays(closed(shared / "boundaries/countries-50m.json.gz"))
    for pair, found in zip(
        asked, RoundWays(zones).detours([(pair.start, pair.end) for pair in asked]), strict=True
    ):
        assert found.outcome is Outcome.ROUND
        assert found.length_m == pytest.approx(coarse.detour(pair.start, pair.end).length_m, rel=0.001)
