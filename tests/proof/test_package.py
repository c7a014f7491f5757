"""Whatever is done to a package is found, and named."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.proof.package import (
    MANIFEST,
    Making,
    Part,
    Role,
    integrity,
    made,
    next_seal,
    opened,
    signature,
    signatures,
    with_act,
    with_signature,
)
from nofly.proof.packing import custody
from nofly.proof.packing.canonical import canonical, parsed
from nofly.proof.packing.container import PackageError, packed
from nofly.proof.packing.custody import Act
from nofly.proof.packing.signing import SigningKey
from nofly.proof.packing.steps import Outcome, exit_code

KEY, OTHER, THIRD = (SigningKey(bytes(range(k, k + 32))) for k in range(3))
CHANGES = 1000 if os.environ.get("NOFLY_PROFILE") == "long" else 60
"""Random changes a file."""
PARTS = {
    "raw/0001-t.csv": Part(b"time,lat,lon\n1,2,3\n" * 20),
    "finding.json": Part(canonical({"infringements": [1.5, "x"]})),
    "report.html": Part(b"<p>not</p>" * 30, Role.WORKING),
}


def whole() -> dict[str, bytes]:
    """Return a package that two have signed, one of them as it was received."""
    files = made("recorded", PARTS, {"max_gap_s": 120.0}, Making("0.1.0", Act("made", "A"), [KEY]))
    files = with_signature(files, Act("signed", "B", "2026-01-01T00:00:00.000000Z"), OTHER)
    return with_act(files, Act("received", "C", "2026-01-02T00:00:00.000000Z", "file 7"), None, OTHER)


def told(data: bytes) -> list[str]:
    """Return what differs, each with the place it is at; of a package that is refused why."""
    try:
        package = opened(data)
    except PackageError as error:
        return [str(error)]
    steps = [*integrity(package), *signatures(package, {})[0]]
    return [f"{s.place}: {s.message}" for s in steps if s.outcome is Outcome.DIFFERS]


def test_an_untouched_package_agrees() -> None:
    package = opened(packed(whole()))
    steps = [*integrity(package), *signatures(package, {KEY.public.id: "A"})[0]]
    assert exit_code(steps) == 0
    assert any("the key of A" in step.message for step in steps)
    assert any("whose key that is" in step.message for step in steps)


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert packed(whole()) == packed(whole())


@pytest.mark.parametrize("name", sorted(whole()))
def test_any_byte_changed_in_any_file_is_found_and_named(name: str) -> None:
    """Both in the ZIP as it lies there, and by one who packs it anew with right checksums."""
    files, chance = whole(), random.Random(name)
    data = packed(files)
    start = data.index(files[name])
    for _ in range(CHANGES):
        at, bit = chance.randrange(len(files[name])), 1 << chance.randrange(8)
        changed = bytearray(data)
        changed[start + at] ^= bit
        assert any(name in said for said in told(bytes(changed))), (at, bit)
        content = bytearray(files[name])
        content[at] ^= bit
        assert any(name in said for said in told(packed({**files, name: bytes(content)}))), (at, bit)


@given(st.data())
def test_any_byte_of_the_zip_changed_is_found(data: st.DataObject) -> None:
    package = bytearray(packed(whole()))
    at = data.draw(st.integers(0, len(package) - 1))
    package[at] ^= data.draw(st.integers(1, 255))
    assert told(bytes(package))


@pytest.mark.parametrize("name", sorted(whole()))
def test_a_removed_file_is_named(name: str) -> None:
    files = whole()
    del files[name]
    assert any(name in said or said.startswith("no manifest") for said in told(packed(files)))


@pytest.mark.parametrize("name", ["raw/0002-more.csv", "signatures/aa.sig", "note.txt", "signatures/x"])
def test_an_added_file_is_named(name: str) -> None:
    stem = name.rpartition(".")[0] or name
    assert any(stem in said for said in told(packed({**whole(), name: b"x"})))


@pytest.mark.parametrize("name", sorted(whole()))
def test_a_file_cut_short_or_made_longer_is_named(name: str) -> None:
    files = whole()
    for content in (files[name][:-1], files[name] + b"\n", b"", files[name][1:]):
        assert any(name in said for said in told(packed({**files, name: content})))


def test_swapped_files_and_signatures_are_named() -> None:
    files = whole()
    a, b = (f"signatures/{key.public.id}.sig" for key in (KEY, OTHER))
    said = told(packed({**files, a: files[b], b: files[a]}))
    assert any(a in one for one in said)
    assert any(b in one for one in said)
    pubs = [f"signatures/{key.public.id}.pub" for key in (KEY, OTHER)]
    assert told(packed({**files, pubs[0]: files[pubs[1]]}))
    said = told(packed({**files, "report.html": files["finding.json"], "finding.json": files["report.html"]}))
    assert {"report.html: changed (working)", "finding.json: changed (evidentiary)"} <= set(said)


def test_a_manifest_written_anew_is_not_what_was_signed() -> None:
    files = whole()
    manifest = parsed(files[MANIFEST], MANIFEST)
    content = b"another finding"
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "role": "working"}
    manifest["files"]["report.html"] = entry
    said = told(packed({**files, MANIFEST: canonical(manifest), "report.html": content}))
    assert any(f"signatures/{KEY.public.id}.sig" in one for one in said)
    assert any(custody.FILE in one for one in said)


def test_the_signature_of_the_maker_cannot_be_taken_away_unseen() -> None:
    files = {name: data for name, data in whole().items() if KEY.public.id not in name}
    assert any(KEY.public.id in said for said in told(packed(files)))


def test_an_unsigned_package_says_so() -> None:
    package = opened(packed(made("recorded", PARTS, {}, Making("0.1.0"))))
    steps, good = signatures(package, {})
    assert not good
    assert [step.message.split(":")[0] for step in steps] == ["UNSIGNED"]
    assert exit_code(steps) == 0


def test_custody_entries_cannot_be_moved_changed_or_left_out() -> None:
    files = whole()
    first, second, third, _ = files[custody.FILE].split(b"\n")
    for lines in ([first, third, second], [second, third], [first, third], [third], [first, first, second]):
        assert told(packed({**files, custody.FILE: b"\n".join(lines) + b"\n"}))
    entry = json.loads(third)
    for name, value in {"by": "D", "why": "", "at": None, "covers": {}, "public": None}.items():
        changed = canonical({**entry, name: value})
        said = told(packed({**files, custody.FILE: b"\n".join([first, second, changed])}))
        assert any("custody.jsonl entry 3" in one for one in said), name


def test_one_who_changes_a_signed_entry_and_its_hash_is_found() -> None:
    files = whole()
    first, second, third, _ = files[custody.FILE].split(b"\n")
    entry = {name: value for name, value in json.loads(third).items() if name != "hash"} | {"by": "D"}
    entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
    chain = b"\n".join([first, second, canonical(entry)])
    assert any("its signature is not" in said for said in told(packed({**files, custody.FILE: chain})))


def cut(files: dict[str, bytes], entries: int, *, rest: bool) -> dict[str, bytes]:
    """Return a package with so many entries, without what the others put there, or with that ``rest``."""
    chain = b"".join(line + b"\n" for line in files[custody.FILE].split(b"\n")[:entries])
    gone = set() if rest else custody.attached(files[custody.FILE]).keys() - custody.attached(chain).keys()
    return {name: data for name, data in files.items() if name not in gone} | {custody.FILE: chain}


def signed_by_three() -> dict[str, bytes]:
    """Return a package that its maker and two others have signed, one after the other."""
    files = with_signature(whole(), Act("signed", "D", "2026-01-03T00:00:00.000000Z"), THIRD)
    return with_act(files, Act("handed over", "D", "2026-01-04T00:00:00.000000Z"), None, THIRD)


def test_entries_cut_off_alone_leave_behind_what_they_put_there() -> None:
    files = signed_by_three()
    sig = f"signatures/{THIRD.public.id}.sig"
    said = told(packed(cut(files, 3, rest=True)))
    assert any(one.startswith(sig) and "no entry of the chain of custody" in one for one in said)
    assert any(one.startswith("seals/0004.json: ") for one in said)
    said = told(packed(cut(files, 1, rest=True)))
    for key in (OTHER, THIRD):
        assert any(one.startswith(f"signatures/{key.public.id}.sig: ") for one in said)


def test_a_later_signature_cannot_be_taken_away_from_under_what_came_after_it() -> None:
    """Whoever takes away what the second signed has to make anew what the third signed, which he cannot."""
    files = signed_by_three()
    first, _, third, fourth, fifth, _ = files[custody.FILE].split(b"\n")
    gone = {name for name in files if OTHER.public.id in name or name == "seals/0002.json"}
    left = {name: data for name, data in files.items() if name not in gone}
    assert any("custody.jsonl" in one for one in told(packed(left)))
    for lines in ([first, third, fourth, fifth], [first, fourth, fifth], [first, fourth]):
        assert told(packed({**left, custody.FILE: b"\n".join(lines) + b"\n"}))
    # Even a chain that was written anew, with a seal that fits it, is not what the third signed.
    anew = cut(files, 1, rest=False)
    name, seal = next(iter(next_seal(anew).items()))
    half = {part: data for part, data in files.items() if THIRD.public.id in part}
    forged = with_act(anew, Act("signed", "D"), {name: seal, **half}, None)
    assert any(THIRD.public.id in one for one in told(packed(forged)))


def test_the_same_key_signs_the_act_and_what_it_puts_there() -> None:
    files = whole()
    lines = files[custody.FILE].split(b"\n")
    entry = json.loads(lines[1]) | {"by": "somebody else", "public": None, "signature": None}
    del entry["hash"]
    entry["hash"] = hashlib.sha256(canonical(entry)).hexdigest()
    said = told(packed({**cut(files, 2, rest=False), custody.FILE: lines[0] + b"\n" + canonical(entry)}))
    assert any(one.startswith(f"signatures/{OTHER.public.id}.sig: ") for one in said)


def test_what_was_cut_off_with_all_it_put_there_is_said_and_a_receipt_shows_it() -> None:
    files = signed_by_three()
    receipts = [
        custody.kept(custody.receipt(cut(files, n, rest=True)[custody.FILE]), "r") for n in range(1, 6)
    ]
    for entries in range(1, 6):
        package = opened(packed(cut(files, entries, rest=False)))
        steps = [*integrity(package), *signatures(package, {})[0]]
        assert exit_code(steps) == 0
        assert any(f"entry {entries} is the last. Had a later one been cut off" in s.message for s in steps)
        for receipt in receipts:
            (step,) = custody.kept_steps(package.files[custody.FILE], [receipt])
            assert (step.outcome is Outcome.AGREES) == (receipt.entry <= entries)
            assert step.outcome is Outcome.AGREES or f"cut off after entry {entries}" in step.message


def test_a_chain_made_anew_is_not_the_one_of_a_receipt() -> None:
    receipt = custody.kept(custody.receipt(signed_by_three()[custody.FILE]), "r")
    others = with_act(whole(), Act("noted", "X"))
    others = with_act(others, Act("noted", "Y"))
    (step,) = custody.kept_steps(others[custody.FILE], [receipt])
    assert step.outcome is Outcome.DIFFERS
    assert "made anew" in step.message


@given(st.data())
def test_a_receipt_that_was_changed_is_refused(data: st.DataObject) -> None:
    receipt = bytearray(custody.receipt(whole()[custody.FILE]))
    at = data.draw(st.integers(0, len(receipt) - 1))
    receipt[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PackageError):
        custody.kept(bytes(receipt), "r")


def test_every_order_of_entries_but_theirs_is_found() -> None:
    files = signed_by_three()
    *lines, _ = files[custody.FILE].split(b"\n")
    for order in itertools.permutations(lines):
        chain = b"".join(line + b"\n" for line in order)
        assert bool(told(packed({**files, custody.FILE: chain}))) == (list(order) != lines)


def test_every_file_that_is_taken_away_or_swapped_with_another_is_named() -> None:
    files = signed_by_three()
    for name in files:
        said = told(packed({other: data for other, data in files.items() if other != name}))
        assert any(name in one or one.startswith("no manifest") for one in said), name
    for one, other in itertools.combinations(sorted(files.keys() - {MANIFEST}), 2):
        said = told(packed({**files, one: files[other], other: files[one]}))
        assert any(one in line for line in said), (one, other)
        assert any(other in line for line in said), (one, other)


def format_1() -> dict[str, bytes]:
    """Return a package as nofly 0.1 made them: what was added later is of the manifest alone."""
    path = Path(__file__).resolve().parents[1] / "data" / "evidence" / "recorded-1.nofly.zip"
    return dict(opened(path.read_bytes()).files)


def test_a_package_of_format_1_takes_more_acts_and_signatures() -> None:
    files = with_signature(format_1(), Act("signed", "D"), THIRD)
    assert not any(name.startswith("seals/") for name in files)
    assert told(packed(files)) == []
    by_hand = format_1() | signature(files[MANIFEST], THIRD)
    steps = integrity(opened(packed(by_hand)))
    assert exit_code(steps) == 3
    assert any(s.place == f"signatures/{THIRD.public.id}.sig" for s in steps)


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"[]", b"{}", b"null", b"1", b'"x"', b"{", b"\xff\xfe", b"NaN", b'{"format":1}', b"[" * 5000,
        b'{"a":1,"a":2}', b'{"a":' * 100 + b"1" + b"}" * 100, b"[" + b"1," * 3_000_000 + b"1]",
        b'{"format":"nofly-evidence/3","kind":"recorded"}', b"1" * 5000,
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(manifest: bytes) -> None:
    with pytest.raises(PackageError):
        opened(packed({MANIFEST: manifest}))


@pytest.mark.parametrize(
    "key", ["format", "kind", "files", "configuration", "signers", "custody", "created_by"]
)
@pytest.mark.parametrize("value", [None, 1, [], {}, "x", {"a": 1}, [1], True])
def test_wrong_types_are_refused_or_found(key: str, value: Any) -> None:
    files = whole()
    manifest = parsed(files[MANIFEST], MANIFEST)
    assert told(packed({**files, MANIFEST: canonical({**manifest, key: value})}))


def test_what_is_the_packages_own_cannot_be_given() -> None:
    for name in (MANIFEST, custody.FILE, "signatures/x", "timestamps/x", "../x"):
        with pytest.raises(PackageError):
            made("recorded", {name: Part(b"")}, {}, Making("0"))
    with pytest.raises(PackageError, match="JSON"):
        made("recorded", {}, {"x": float("nan")}, Making("0"))


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_is_none_is_refused_with_the_file_that_holds_it(number: str) -> None:
    with pytest.raises(PackageError, match="no JSON") as refused:
        parsed(f'{{"a": {number}}}'.encode(), MANIFEST)
    assert refused.value.source == MANIFEST
