"""A package that was made once verifies for ever."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import pytest

from nofly.proof.coverage import Coverage
from nofly.proof.covering.sightings import hashed
from nofly.proof.package import MANIFEST, integrity, opened, signatures
from nofly.proof.packing.container import PackageError, packed
from nofly.proof.packing.steps import Outcome
from nofly.run.proving.sighted import TABLE
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


@pytest.mark.parametrize("kind", ["hashes", "numbers"])
def test_what_could_have_been_seen_is_found_again_from_tables_of_both_formats(kind: str) -> None:
    found = verify((GOLDEN / f"live-2-{kind}.nofly.zip").read_bytes())
    table = found.package.json(TABLE)["coverage"]
    assert table["format"] == {"hashes": "nofly-coverage/1", "numbers": "nofly-coverage/2"}[kind]
    aircraft = set(Coverage.from_json(table).rows()["aircraft"].tolist())
    assert (hashed("icao24:4b0001") in aircraft) is (kind == "hashes")
    assert (aircraft <= set(range(1, 10))) is (kind == "numbers")
    (first, *_) = (s for s in found.steps if s.subject == "coverage")
    assert first.message.endswith("the table of sightings gives the same statement")


@pytest.mark.parametrize("name", ["live-2", "live-2-hashes", "live-2-numbers"])
def test_that_of_a_watch_holds_two_feeds_and_links_to_a_head(name: str) -> None:
    package = opened((GOLDEN / f"{name}.nofly.zip").read_bytes())
    told = package.manifest["configuration"]["receivers"]
    assert [one["feed"] for one in told] == ["north", "south"]
    records = package.json("record/records.json")
    assert sum(len(run["bodies"]) for run in records["links"]) > 0


CHANGES = 1000 if os.environ.get("NOFLY_PROFILE") == "long" else 10
"""Random changes a file."""


def named(data: bytes) -> list[str]:
    """Return what differs, each with its place; of a package that is refused why."""
    try:
        package = opened(data)
    except PackageError as error:
        return [str(error)]
    steps = [*integrity(package), *signatures(package, {})[0]]
    return [f"{s.place}: {s.message}" for s in steps if s.outcome is Outcome.DIFFERS]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.nofly.zip")), ids=lambda path: path.name)
def test_any_byte_changed_in_any_file_of_a_whole_package_is_found_and_named(path: Path) -> None:
    data, chance = path.read_bytes(), random.Random(path.name)
    files = opened(data).files
    assert named(data) == []
    for name, content in sorted(files.items()):
        start = data.index(content, data.index(name.encode()))
        for _ in range(CHANGES):
            at, other = chance.randrange(len(content)), chance.randrange(1, 256)
            changed = bytearray(data)
            changed[start + at] ^= other
            assert any(name in said for said in named(bytes(changed))), (name, at, other)
        for cut in (content[:-1], content[: len(content) // 2], content + b"\0", content[::-1]):
            if cut != content:
                assert any(name in said for said in named(packed({**files, name: cut}))), name
        rest = {other: kept for other, kept in files.items() if other != name}
        assert any(name in said or "no manifest" in said for said in named(packed(rest))), name


def damaged(files: dict[str, bytes], name: str, chance: random.Random) -> tuple[bytes, list[str]]:
    """Return a package packed anew with one file cut short, its blocks in another order, taken away, given
    another's content, or with one more file; and what has to be named."""
    content = files[name]
    kind = chance.choice(["cut", "reordered", "removed", "added", "swapped"])
    if kind == "cut":
        return packed({**files, name: content[: chance.randrange(len(content))]}), [name]
    if kind == "reordered":
        for _ in range(20):
            a, b, c, d = sorted(chance.randrange(len(content) + 1) for _ in range(4))
            other = content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]
            if other != content:
                return packed({**files, name: other}), [name]
    if kind == "added":
        folder = name.rpartition("/")[0]
        more = f"{folder}/{chance.getrandbits(64):x}.bin".lstrip("/")
        return packed({**files, more: chance.randbytes(20)}), [more]
    other = chance.choice(sorted(files))
    if kind == "swapped" and files[other] != content:
        return packed({**files, name: files[other], other: content}), sorted({name, other})
    return packed({one: data for one, data in files.items() if one != name}), [name]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.nofly.zip")), ids=lambda path: path.name)
def test_whatever_is_cut_reordered_removed_added_or_swapped_is_found_and_named(path: Path) -> None:
    files, chance = opened(path.read_bytes()).files, random.Random(f"{path.name} again")
    for name in sorted(files):
        for _ in range(CHANGES):
            data, concerned = damaged(files, name, chance)
            said = named(data)
            for one in concerned:
                # A manifest that is none is what is named, and nothing else is read.
                refused = MANIFEST in concerned and any("manifest.json" in line for line in said)
                assert refused or any(one in line for line in said), (name, concerned, said)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.nofly.zip")), ids=lambda path: path.name)
def test_swapped_signatures_are_found_and_named(path: Path) -> None:
    """Those of the maker and of the one who signed later, either half of them or both."""
    files = opened(path.read_bytes()).files
    one, other = (key.public.id for key in (KEY, OTHER))
    for ends in (("sig",), ("pub",), ("sig", "pub")):
        swapped = {
            f"signatures/{a}.{end}": files[f"signatures/{b}.{end}"]
            for end in ends for a, b in ((one, other), (other, one))
        }  # fmt: skip
        said = named(packed({**files, **swapped}))
        for key in (one, other):
            assert any(f"signatures/{key}." in line for line in said), (ends, said)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.nofly.zip")), ids=lambda path: path.name)
def test_a_zip_that_is_cut_or_in_another_order_is_found(path: Path) -> None:
    data, chance = path.read_bytes(), random.Random(path.name)
    for _ in range(CHANGES):
        assert named(data[: chance.randrange(len(data))])
    files = opened(data).files
    for _ in range(10):
        order = chance.sample(sorted(files), len(files))
        if order == sorted(files):
            continue
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in order:
                archive.writestr(zipfile.ZipInfo(name), files[name])
        assert named(out.getvalue())
