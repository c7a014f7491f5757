"""Two real entries round Paris, 2021-10-07, heights read on 1013.25 as the expected figures were."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.incidents.record import Cause
from nofly.schema import Coded, Positions
from nofly.units import M_PER_FT
from nofly.zones.model import Datum, Limit, Polygon, Volume, Zone

GAP_S = 120.0


def read_zones(path: Path) -> list[Zone]:
    """Read AN, AH and DP lines of an OpenAir file, floors taken as ground: as much as these two need."""
    found = []
    for block in re.split(r"^AC ", path.read_text(), flags=re.MULTILINE)[1:]:
        name = re.search(r"^AN (.+)$", block, re.MULTILINE)[1]  # type: ignore[index]
        feet = float(re.search(r"^AH (\d+)ft AMSL", block, re.MULTILINE)[1])  # type: ignore[index]
        ring = [
            (int(a) + int(b) / 60 + int(c) / 3600, int(d) + int(e) / 60 + int(f) / 3600)
            for a, b, c, d, e, f in re.findall(r"DP (\d+):(\d+):(\d+) N (\d+):(\d+):(\d+) E", block)
        ]
        assert "AL GND" in block
        assert ring[0] == ring[-1]
        upper = Limit(feet * M_PER_FT, Datum.AMSL, f"{feet} ft AMSL")
        found.append(Zone(name, name, (Volume(Polygon(tuple(ring[:-1])), None, upper),)))
    return found


def microseconds(text: str) -> int:
    """Return a UTC time as microseconds."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


def read_positions(path: Path) -> Positions:
    """Read the recorded traffic, sorted by time; pressure altitude stands for altitude above sea level."""
    rows = [r for r in json.loads(gzip.decompress(path.read_bytes())) if r["latitude"] is not None]
    rows.sort(key=lambda r: str(r["timestamp"]))
    feet = np.array([np.nan if r["altitude"] is None else r["altitude"] for r in rows])
    return Positions(
        np.array([microseconds(r["timestamp"]) for r in rows], dtype=np.int64),
        Coded.from_list([r["icao24"] for r in rows]),
        np.array([r["latitude"] for r in rows]),
        np.array([r["longitude"] for r in rows]),
        {"alt_amsl_m": feet * M_PER_FT},
    )


def known_times(positions: Positions, target: str, stays: list[Any]) -> list[int]:
    """Return the times of the reports within the stays that give a height."""
    mine = positions.target.codes == positions.target.values.index(target)
    times = positions.time_us[mine & ~np.isnan(positions.floats("alt_amsl_m"))].tolist()
    return [t for t in times if any(s.entry_us <= t <= s.exit_us for s in stays)]


@pytest.fixture(scope="module")
def paris(shared: Path) -> tuple[list[Zone], Positions, dict[tuple[str, str], dict[str, object]]]:
    zones = read_zones(shared / "zones-openair" / "LF-P25_LF-R35A.openair.txt")
    positions = read_positions(shared / "traffic" / "paris-2021-10-07-42ac.json.gz")
    expected = json.loads((shared / "traffic" / "paris-expected.json").read_text())["pairs"]
    return zones, positions, {(p["zone"], p["icao24"]): p for p in expected}


def test_the_two_real_entries(
    paris: tuple[list[Zone], Positions, dict[tuple[str, str], dict[str, object]]],
) -> None:
    from nofly.incidents.stays import zone_stays

    zones, positions, expected = paris
    stays = [s for s in zone_stays(zones, positions, max_gap_s=GAP_S) if s.determined]
    assert {(s.zone_id, s.target_id) for s in stays} == set(expected)
    for pair, figures in expected.items():
        mine = [s for s in stays if (s.zone_id, s.target_id) == pair]
        inside = known_times(positions, pair[1], mine)
        # The expected figures count the reports that give a height, and know no instants between reports.
        assert len(inside) == pytest.approx(figures["n_positions"], abs=2)
        assert inside[0] == pytest.approx(microseconds(str(figures["first"])), abs=2_000_000)
        assert max(s.exit_us for s in mine) == pytest.approx(
            microseconds(str(figures["last"])), abs=2_000_000
        )


def test_a_report_without_height_is_not_outside(
    paris: tuple[list[Zone], Positions, dict[tuple[str, str], dict[str, object]]],
) -> None:
    from nofly.incidents.stays import zone_stays

    zones, positions, _ = paris
    (stay,) = (s for s in zone_stays(zones, positions, max_gap_s=GAP_S) if s.target_id == "39b002")
    # It stands on the aerodrome within the zone from its first report, whose height is not known.
    assert stay.entry_us == microseconds("2021-10-07 13:21:56")
    assert (stay.entry_cause, stay.exit_cause) == (Cause.DATA_RESUMED, Cause.MOVED)
    assert stay.determined
    assert stay.reports == 268
    assert stay.exit_us == pytest.approx(microseconds("2021-10-07 13:26:23.219210"), abs=20_000)


def test_the_two_real_entries_agree_with_the_oracle(
    paris: tuple[list[Zone], Positions, dict[tuple[str, str], dict[str, object]]],
) -> None:
    from nofly.incidents.stays import zone_stays
    from tests.kernel.agreement import pair_disagreements

    zones, positions, expected = paris
    stays = zone_stays(zones, positions, max_gap_s=GAP_S)
    for zone_id, target in expected:
        (zone,) = (z for z in zones if z.id == zone_id)
        mine = [s for s in stays if (s.zone_id, s.target_id) == (zone_id, target)]
        assert pair_disagreements(zone, positions, target, GAP_S, mine) == []
