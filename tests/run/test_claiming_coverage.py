"""What could have been seen decides whether a claim is "not shown" or "not checkable"; no more than that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.feeds.options import ArchiveOptions
from nofly.proof.claiming.against import Record
from nofly.proof.claiming.sheet import sheet
from nofly.proof.claiming.trace import Shape, Trace
from nofly.proof.claiming.verdicts import Verdict
from nofly.proof.claims import Statement
from nofly.proof.coverage import Coverage
from nofly.proof.covering.coverage_words import TRANSPONDERS
from nofly.run.api import batches_of, check, write_zones
from nofly.run.claiming.checking import Claimed, check_claim
from nofly.schema import Positions, concatenate
from tests.proof.level_flights import START_US, flight, only
from tests.proof.test_claims_hold import FEW, stay_of, written
from tests.proof.turning_flights import ADDRESS, Flight, flights, flown, star

ZONE = star(50.0, 10.0, [15_000.0] * 12)
BESIDE = flown(ZONE, (50.5, 9.5), 90.0, 200.0, 0.0, 400).positions
"""Of 22:13 to 22:20."""
LATITUDES_DEG = (49.9, 50.1)
LATER = 'time = "2023-11-14T22:40:00Z"\nuntil = "2023-11-14T22:45:00Z"\naltitude = "35000 ft STD"\n'
NAMED = f'about = {{ address = "{ADDRESS}" }}\n'


def through(gap: bool, minute: int) -> list[Positions]:
    """Return flights over both rows of cells of the zone; with a gap, none is received over it."""
    whole = [
        flight(f"{k:06x}", (LATITUDES_DEG[k % 2], 6.0), (LATITUDES_DEG[k % 2], 14.0), seconds=3000,
               from_us=START_US + minute * 60_000_000)
        for k in range(6)
    ]  # fmt: skip
    if not gap:
        return whole
    return [concatenate([only(one, 6.0, 9.4), only(one, 10.6, 14.0)]) for one in whole]


def traffic(kind: str) -> list[Positions]:
    """Return traffic by which the zone could be seen in the hour, could not, or nothing is known of it."""
    low = [flight("77", (49.4, 6.0), (49.4, 14.0), 20_000.0, seconds=3590)]
    return low + {"could": through(False, -20), "could not": through(True, 5), "unknown": []}[kind]


def checked(folder: Path, body: str, tracks: list[Positions], coverage: Coverage | None = None) -> Claimed:
    write_zones([ZONE], folder / "zones.geojson")
    path = folder / "claim.toml"
    path.write_text(
        'format = "nofly-claims/1"\ntitle = "T"\n[zones]\nfiles = ["zones.geojson"]\n[[statement]]\n'
        f'who = "A"\nsays = "B"\nzone = "Z"\n{body}\n', encoding="utf-8",
    )  # fmt: skip
    whole = concatenate([one.take(np.argsort(one.time_us, kind="stable")) for one in tracks])
    whole = whole.take(np.argsort(whole.time_us, kind="stable"))
    return check_claim(path, batches=batches_of(whole, ArchiveOptions()), coverage=coverage)


def of(positions: list[Positions]) -> Coverage:
    coverage = Coverage()
    for one in positions:
        coverage.take(one)
    return coverage


KINDS = {
    "could": ("could have been seen", Verdict.NOT_SHOWN),
    "could not": ("could not have been seen", Verdict.NOT_CHECKABLE),
    "unknown": ("unknown", Verdict.NOT_CHECKABLE),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("inside", ["ever", "never"])
@pytest.mark.parametrize("about", [NAMED, ""])
def test_coverage_says_whether_silence_has_a_meaning(
    tmp_path: Path, kind: str, inside: str, about: str
) -> None:
    """An aircraft that was received at another time, or anybody: of the tracks themselves."""
    seen, expected = KINDS[kind]
    claimed = checked(tmp_path, f'{about}{LATER}inside = "{inside}"', [BESIDE, *traffic(kind)])
    (entry,) = claimed.entries
    point = next(p for p in entry.best.points if p.what == f"{inside} inside")
    assert point.numbers["coverage"] == seen, point.reasons
    assert point.verdict is expected, point
    assert any(reason.lower().startswith(f"{seen}: an aircraft") for reason in point.reasons)
    assert TRANSPONDERS in point.reasons


def test_one_that_was_never_received_may_not_send(tmp_path: Path) -> None:
    body = f'about = {{ address = "abcdef" }}\n{LATER}inside = "ever"'
    (entry,) = checked(tmp_path, body, [BESIDE, *traffic("could")]).entries
    assert entry.verdict is Verdict.NOT_CHECKABLE
    assert "whether it sends is not known" in " ".join(entry.best.points[0].reasons)


@pytest.mark.parametrize(
    ("kind", "expected"), [("could", Verdict.NOT_SHOWN), ("could not", Verdict.NOT_CHECKABLE)]
)
def test_a_gap_where_nobody_is_received_is_not_checkable(
    tmp_path: Path, kind: str, expected: Verdict
) -> None:
    """Seen outside before and after, and long enough not seen to have been inside."""
    outside = flight(ADDRESS, (50.5, 9.0), (50.5, 11.0), seconds=1800, from_us=START_US + 1800_000_000)
    rows = (outside.time_us < START_US + 2310_000_000) | (outside.time_us > START_US + 2790_000_000)
    for inside in ("ever", "never"):
        body = f'{NAMED}{LATER}inside = "{inside}"'
        (entry,) = checked(tmp_path, body, [outside.take(rows), *traffic(kind)]).entries
        point = entry.best.points[0]
        assert point.verdict is expected, point
        assert "was not seen for" in point.reasons[0]


def test_a_count_where_nobody_is_received_is_not_checkable(tmp_path: Path) -> None:
    for kind, expected in (("could", Verdict.NOT_SHOWN), ("could not", Verdict.NOT_CHECKABLE)):
        (entry,) = checked(tmp_path, f"{LATER}count = 3", [BESIDE, *traffic(kind)]).entries
        assert next(p for p in entry.best.points if p.what == "count").verdict is expected


def test_coverage_may_be_of_other_traffic_than_the_tracks(tmp_path: Path) -> None:
    body = f'{NAMED}{LATER}inside = "ever"'
    (alone,) = checked(tmp_path, body, [BESIDE]).entries
    assert alone.verdict is Verdict.NOT_CHECKABLE
    (beside,) = checked(tmp_path, body, [BESIDE], of(traffic("could"))).entries
    assert beside.verdict is Verdict.NOT_SHOWN


def test_the_whole_zone_counts_not_its_middle(tmp_path: Path) -> None:
    """Its northern row of cells is seen, its southern one is not."""
    half = [one for one in traffic("could") if one.lat_deg[0] != LATITUDES_DEG[0]]
    (entry,) = checked(tmp_path, f'{NAMED}{LATER}inside = "ever"', [BESIDE, *half]).entries
    point = entry.best.points[0]
    assert point.numbers["coverage"] == "unknown"
    assert "could have been seen in" in " ".join(point.reasons)


def test_who_flew_with_its_transponder_off_is_not_covered_at_all(tmp_path: Path) -> None:
    body = f'about = {{ party = "P", transponder = "off" }}\n{LATER}inside = "ever"'
    (entry,) = checked(tmp_path, body, traffic("could")).entries
    assert entry.verdict is Verdict.NOT_CHECKABLE
    assert entry.best.points[0].numbers["coverage"] == "none"


@FEW
@given(
    flights(), st.sampled_from(["", "seen", "could have been seen", "unknown", "could not have been seen"])
)
def test_whatever_is_covered_what_is_true_is_never_refused(flight: Flight, seen: str) -> None:
    stay = stay_of(flight)
    result = check(flight.positions, flight.zone)
    claim = written(flight, stay)

    def recorded(statement: Statement, shape: Shape) -> Record:
        told = Record(shape, Trace(flight.positions), tuple(result.infringements), result.span_us)
        return replace(told, coverage=("Said.",), seen=seen)

    (entry,) = sheet(claim, [flight.zone], recorded)
    assert entry.verdict not in (Verdict.CONTRADICTED, Verdict.SELF_INCONSISTENT)
