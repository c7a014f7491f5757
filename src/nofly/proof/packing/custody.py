"""The chain of custody: who did what with a package, when and why, one JSON object a line.

Each entry holds the hash of the one before. The first speaks of the evidentiary files and its hash stands in
the manifest; later ones speak of the manifest, and of what was put beside it, and may be signed. That the
last of them were cut off, with all that they put there, no hash can show: for that, a receipt is kept
elsewhere, the entry itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nofly.proof.packing.canonical import canonical, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.signing import PublicKey, SigningKey
from nofly.proof.packing.steps import Step, agrees, differs, note

FILE = "custody.jsonl"
GENESIS = "0" * 64
MOST_ENTRIES = 10_000
MOST_RECEIPT_BYTES = 1 << 20
ACTS = ("made", "received", "handed over", "examined", "signed", "time-stamped", "copied", "noted")
_TEXTS = ("act", "by", "why", "previous", "hash")
_KEYS = {"entry", "act", "by", "at", "why", "covers", "attached", "previous", "public", "signature", "hash"}


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. ``at`` is ISO 8601 UTC, None where it is not said."""

    act: str
    by: str = ""
    at: str | None = None
    why: str = ""


def first_entry(act: Act, evidence_sha256: str) -> bytes:
    """Return the chain of a package as it is made: one line, of the evidentiary files."""
    return _line({"evidence": evidence_sha256}, act, {}, 1, GENESIS, None)


def appended(
    chain: bytes, act: Act, manifest: bytes, attached: Mapping[str, bytes] | None = None,
    key: SigningKey | None = None,
) -> bytes:  # fmt: skip
    """Return the chain with one more entry, signed where a key is given.

    ``attached`` are files put beside the manifest by this act. Raises PackageError where the chain cannot be
    read.
    """
    entries = read(chain)
    covers = {"manifest": hashlib.sha256(manifest).hexdigest()}
    more = {name: hashlib.sha256(data).hexdigest() for name, data in (attached or {}).items()}
    return chain + _line(covers, act, more, len(entries) + 1, str(entries[-1]["hash"]), key)


def read(chain: bytes) -> list[dict[str, Any]]:
    """Return the entries. Raises PackageError where a line is no entry."""
    lines = chain.split(b"\n")
    if lines[-1:] != [b""] or len(lines) < 2:
        raise PackageError("it does not end with a line feed", source=FILE, expected="one entry a line")
    if len(lines) - 1 > MOST_ENTRIES:
        raise PackageError(f"more than {MOST_ENTRIES:,} entries", source=FILE)
    found = []
    for number, line in enumerate(lines[:-1], 1):
        entry = mapping(parsed(line, FILE), FILE, f"line {number}")
        fits = set(entry) == _KEYS and all(isinstance(entry[name], str) for name in _TEXTS)
        if not (fits and isinstance(entry["covers"], dict) and isinstance(entry["attached"], dict)):
            raise PackageError("no entry of a chain of custody", source=FILE, locator=f"line {number}")
        found.append(entry)
    return found


class Kept(NamedTuple):
    """An entry that somebody keeps elsewhere: its number and its hash."""

    entry: int
    hash: str


def receipt(chain: bytes) -> bytes:
    """Return the receipt of the last act: its entry, for a file of its own."""
    return canonical(read(chain)[-1])


def kept(data: bytes, source: str) -> Kept:
    """Return what a receipt keeps. Raises PackageError for what is none, or was changed."""
    if len(data) > MOST_RECEIPT_BYTES:
        raise PackageError("too long", source=source, expected=f"at most {MOST_RECEIPT_BYTES:,} bytes")
    try:
        (entry,) = read(data)
    except (PackageError, ValueError) as error:
        raise PackageError(
            "no receipt", source=source, expected="one entry of a chain of custody, as nofly sign writes it"
        ) from error
    if _hash(entry) != entry["hash"] or type(entry["entry"]) is not int:
        raise PackageError("a receipt that was changed: its hash is another", source=source)
    return Kept(entry["entry"], entry["hash"])


def head(chain: bytes) -> str:
    """Return the hash of the last entry."""
    return str(read(chain)[-1]["hash"])


def steps(chain: bytes, manifest: bytes, evidence_sha256: str, first: str, names: set[str]) -> list[Step]:
    """Return what is to be said of the chain.

    ``first`` is the hash that the manifest gives of its first entry, ``names`` are the files of the package.
    """
    try:
        entries = read(chain)
    except PackageError as error:
        return [differs("custody", str(error), FILE)]
    lines = chain.split(b"\n")
    found: list[Step] = []
    covers = {"evidence": evidence_sha256}
    previous = GENESIS
    for number, entry in enumerate(entries, 1):
        where = f"{FILE} entry {number}"
        found += [differs("custody", message, where) for message in _wrong(entry, number, previous, covers)]
        if canonical(entry) != lines[number - 1] + b"\n":
            found.append(differs("custody", "not written as nofly writes it", where))
        found += [
            differs("custody", f"{name}, which this act put there, is missing", where)
            for name in entry["attached"]
            if name not in names
        ]
        previous = entry["hash"]
        covers = {"manifest": hashlib.sha256(manifest).hexdigest()}
    if entries[0]["hash"] != first:
        found.append(
            differs("custody", "the first entry is not the one that the manifest names", FILE, first,
                    str(entries[0]["hash"]))
        )  # fmt: skip
    if not found:
        found.append(agrees("custody", _told(entries), FILE))
    found.append(note("custody", _open(entries), FILE))
    return found


def _open(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return what a later entry that is missing would look like."""
    last = f"{len(entries)}:{entries[-1]['hash']}"
    return (
        f"entry {len(entries)} is the last. Had a later one been cut off alone, the signature or time stamp "
        "that it put there would stand in the package without an entry, and the seal of what came after it "
        "would not fit; cut off with all that it put there it leaves no trace: for that, compare with a "
        f"receipt (--receipt) or a head kept elsewhere (--head {last})"
    )


def kept_steps(chain: bytes, elsewhere: Sequence[Kept]) -> list[Step]:
    """Return whether the chain still holds the entries that somebody kept elsewhere."""
    try:
        entries = read(chain)
    except PackageError:
        entries = []
    found = []
    for entry, digest in elsewhere:
        there = entries[entry - 1]["hash"] if 0 < entry <= len(entries) else None
        if there == digest:
            found.append(agrees("custody", f"entry {entry} is the one that was kept elsewhere", FILE))
        elif there is None:
            text = f"entry {entry}, which was kept elsewhere, is not there: the chain was cut off after entry"
            found.append(differs("custody", f"{text} {len(entries)}", FILE, digest, None))
        else:
            text = f"entry {entry} is not the one that was kept elsewhere: the chain was made anew from there"
            found.append(differs("custody", text, FILE, digest, str(there)))
    return found


class Attached(NamedTuple):
    """A file that an act put beside the manifest: by which entry, its SHA-256, and the id of the key that the
    entry is signed by, None where it is not."""

    entry: int
    sha256: str
    signer: str | None


def attached(chain: bytes) -> dict[str, Attached]:
    """Return the files that the acts put beside the manifest; nothing where the chain cannot be read. Of a
    file that several acts say they put there, the first one did."""
    found: dict[str, Attached] = {}
    try:
        for number, entry in enumerate(read(chain), 1):
            signer = _signer(entry) if entry["signature"] else None
            for name, digest in entry["attached"].items():
                found.setdefault(name, Attached(number, str(digest), signer))
    except PackageError:
        return {}
    return found


def sentence(entry: Mapping[str, Any]) -> str:
    """Return an entry in words."""
    by, at, why = entry["by"] or "not said by whom", entry["at"] or "time not said", entry["why"]
    signed = f"; signed by {_signer(entry)}" if entry["signature"] else ""
    return f"{entry['entry']}. {entry['act']}: {by}, {at}{f' ({why})' if why else ''}{signed}"


def _told(entries: Sequence[Mapping[str, Any]]) -> str:
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{count}, each continues the one before; head {entries[-1]['hash']}"


def _signer(entry: Mapping[str, Any]) -> str:
    try:
        return PublicKey(bytes.fromhex(str(entry["public"]))).id
    except ValueError:
        return "a key that cannot be read"


def _line(
    covers: dict[str, str], act: Act, more: dict[str, str], number: int, previous: str, key: SigningKey | None
) -> bytes:
    said: dict[str, Any] = {
        "entry": number, "act": act.act, "by": act.by, "at": act.at, "why": act.why, "covers": covers,
        "attached": more, "previous": previous, "public": key.public.raw.hex() if key else None,
    }  # fmt: skip
    signed = {**said, "signature": key.sign(canonical(said)).hex() if key else None}
    return canonical({**signed, "hash": _hash(signed)})


def _hash(entry: Mapping[str, Any]) -> str:
    """Return what the hash of an entry has to be."""
    signed = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(canonical(signed)).hexdigest()


def _wrong(entry: dict[str, Any], number: int, previous: str, covers: dict[str, str]) -> list[str]:
    """Return what is wrong with an entry, in words."""
    said = {name: value for name, value in entry.items() if name not in ("hash", "signature")}
    wrong = []
    if _hash(entry) != entry["hash"]:
        wrong.append("it was changed: its hash is another")
    if entry["previous"] != previous or entry["entry"] != number:
        wrong.append("it does not continue the entry before it")
    if entry["covers"] != covers:
        wrong.append("it speaks of another package")
    if (entry["public"] is None) != (entry["signature"] is None):
        wrong.append("a signature without its key, or a key without its signature")
    elif entry["signature"] is not None and not _signature_holds(entry, canonical(said)):
        wrong.append("its signature is not that of the key it names")
    return wrong


def _signature_holds(entry: dict[str, Any], message: bytes) -> bool:
    try:
        key = PublicKey(bytes.fromhex(entry["public"]))
        return key.signed(message, bytes.fromhex(entry["signature"]))
    except (ValueError, TypeError):
        return False
