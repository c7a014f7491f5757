"""A package that was made once verifies for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from nofly.proof.package import opened
from nofly.proof.packing.steps import Outcome
from nofly.run.proving.verify import Trust, verify
from tests.run.proving.cases import KEY, OTHER

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "evidence"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.nofly.zip")), ids=lambda path: path.name)
def test_it_is_found_again(path: Path) -> None:
    """Only how it is worded and drawn may be another nofly's."""
    known = {KEY.public.id: "the maker", OTHER.public.id: "the other"}
    found = verify(path.read_bytes(), Trust(known, frozenset(known), signed=True))
    odd = [s for s in found.steps if s.outcome in (Outcome.DIFFERS, Outcome.UNCHECKED)]
    assert {(s.subject, s.outcome) for s in odd} <= {
        ("working copy", Outcome.UNCHECKED),
        ("law", Outcome.UNCHECKED),
        ("coverage", Outcome.UNCHECKED),
    }
    agreed = {s.subject for s in found.steps if s.outcome is Outcome.AGREES}
    assert {"container", "files", "custody", "signatures", "zones", "reports", "finding"} <= agreed


def test_there_is_one_of_each_format() -> None:
    formats = {opened(path.read_bytes()).manifest["format"] for path in GOLDEN.glob("*.nofly.zip")}
    assert formats == {"nofly-evidence/1", "nofly-evidence/2"}


@pytest.mark.parametrize("name", ["recorded-1.nofly.zip", "recorded-2.nofly.zip"])
def test_it_holds_everything_a_package_can(name: str) -> None:
    package = opened((GOLDEN / name).read_bytes())
    folders = {name.split("/")[0] for name in package.files}
    assert {"aids", "coverage.json", "law", "law.json", "raw", "signatures", "zones"} <= folders
    assert any(name.startswith("aids/terrain/") for name in package.files)
    statuses = {row["status"] for row in package.json("finding.json")["infringements"]}
    assert statuses == {"infringement", "exempt"}


def test_that_of_a_watch_holds_two_feeds_and_links_to_a_head() -> None:
    package = opened((GOLDEN / "live-2.nofly.zip").read_bytes())
    told = package.manifest["configuration"]["receivers"]
    assert [one["feed"] for one in told] == ["north", "south"]
    records = package.json("record/records.json")
    assert sum(len(run["bodies"]) for run in records["links"]) > 0
