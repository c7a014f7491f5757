"""Seals: what a later signature or time stamp of a package is of, the manifest and the chain of custody up to
the entry before. So what is put to a package holds all that was put there before it.

A seal is a file, ``seals/0003.json`` of the act that is entry 3, so that other tools check what was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from nofly.proof.packing import custody
from nofly.proof.packing.canonical import canonical
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import Step, agrees, differs

FOLDER = "seals/"


def name_of(entry: int) -> str:
    """Return what the seal of an act is called, by the number of its entry."""
    return f"{FOLDER}{entry:04d}.json"


def seal(manifest: bytes, entry: int, head: str) -> bytes:
    """Return the seal over a manifest and a chain of custody that ends with this entry."""
    told = {"custody": head, "entries": entry, "manifest": hashlib.sha256(manifest).hexdigest()}
    return canonical(told)


def next_seal(chain: bytes, manifest: bytes) -> dict[str, bytes]:
    """Return the seal for the act that comes next, by its name. Raises PackageError for what is no chain."""
    entries = custody.read(chain)
    return {name_of(len(entries) + 1): seal(manifest, len(entries), str(entries[-1]["hash"]))}


def steps(files: Mapping[str, bytes], manifest: bytes, chain: bytes) -> Iterator[Step]:
    """Yield whether the seals of a package are over its manifest and its chain as it stands."""
    there = [name for name in sorted(files) if name.startswith(FOLDER)]
    try:
        entries = custody.read(chain)
    except PackageError:
        return
    right = {
        name_of(number): seal(manifest, number - 1, str(entries[number - 2]["hash"]))
        for number in range(2, len(entries) + 1)
    }
    wrong = [name for name in there if files[name] != right.get(name)]
    for name in wrong:
        yield differs("custody", "it does not seal this manifest and the entries before its own", name)
    if there and not wrong:
        text = f"{len(there)} of the acts sealed all that was in the package before them"
        yield agrees("custody", text, FOLDER)
