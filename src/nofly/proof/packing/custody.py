"""The chain of custody: who did what with a package, when and why, one JSON object a line.

Each entry holds the hash of the one before. The first speaks of the evidentiary files and its hash stands in
the manifest; later ones speak of the manifest, and of what was put beside it, and may be signed. That the
last of them were cut off no hash can show: for that, keep the head elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nofly.proof.packing.canonical import canonical, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.signing import PublicKey, SigningKey
from nofly.proof.packing.steps import Step, agrees, differs, note

FILE = "custody.jsonl"
GENESIS = "0" * 64
MOST_ENTRIES = 10_000
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
    found.append(note("custody", _OPEN, FILE))
    return found


_OPEN = (
    "the first entry is fixed by the manifest; whether later ones, or signatures and time stamps added "
    "later, were cut off cannot be seen from the package alone: compare the head with one kept elsewhere"
)


def attached(chain: bytes) -> dict[str, str]:
    """Return the files that the acts put beside the manifest → their SHA-256; nothing where the chain cannot
    be read."""
    try:
        return {name: str(digest) for entry in read(chain) for name, digest in entry["attached"].items()}
    except PackageError:
        return {}


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
    return canonical({**signed, "hash": hashlib.sha256(canonical(signed)).hexdigest()})


def _wrong(entry: dict[str, Any], number: int, previous: str, covers: dict[str, str]) -> list[str]:
    """Return what is wrong with an entry, in words."""
    said = {name: value for name, value in entry.items() if name not in ("hash", "signature")}
    signed = {**said, "signature": entry["signature"]}
    wrong = []
    if hashlib.sha256(canonical(signed)).hexdigest() != entry["hash"]:
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
