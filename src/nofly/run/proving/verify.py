"""``verify``: is a package as it was made, who signed it, and is its finding found again from its files?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nofly.errors import NoflyError
from nofly.proof.package import Package, integrity, opened, signatures
from nofly.proof.packing import custody, timestamps
from nofly.proof.packing.container import MOST_BYTES, PackageError
from nofly.proof.packing.custody import Kept
from nofly.proof.packing.steps import Step, differs, exit_code, summary
from nofly.run.proving import live, recorded
from nofly.run.proving.working import HOSTILE
from nofly.store.chain import Head


@dataclass(frozen=True, slots=True)
class Trust:
    """What the one who verifies knows and asks for."""

    known: Mapping[str, str] = field(default_factory=dict)
    """Key id → whose it is."""
    required: frozenset[str] = frozenset()
    """Ids of keys that have to have signed."""
    signed: bool = False
    """Whether it has to be signed: by a key that is known, where any is."""
    authorities: Mapping[str, bytes] = field(default_factory=dict)
    """Whose time stamps are trusted → certificates in PEM."""
    kept: Sequence[Kept] = ()
    """Entries of the chain of custody that were kept elsewhere: each has to be there still."""
    heads: Sequence[Head] = ()
    """Heads of a watch's record that were published: the records of the incident have to be under each."""


@dataclass(frozen=True, slots=True, repr=False)
class Verified:
    """What came out."""

    package: Package
    steps: tuple[Step, ...]

    @property
    def exit_code(self) -> int:
        """0 all agrees; 1 something differs; 3 something could not be checked."""
        return exit_code(self.steps)

    @property
    def summary(self) -> str:
        """What came out, in one line."""
        return summary(self.steps)

    def __repr__(self) -> str:
        """Return the summary."""
        return f"<Verified: {self.summary}>"


def read_package(path: str | Path) -> bytes:
    """Return the bytes of a package. Raises PackageError where it is too large, OSError."""
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PackageError(f"more than {MOST_BYTES:,} bytes", source=str(path))
    return data


def verify(data: bytes, trust: Trust | None = None) -> Verified:
    """Return what is to be said of a package, step by step. Nothing but its bytes is read.

    Raises PackageError where it cannot be read at all.
    """
    chosen = trust or Trust()
    package = opened(data)
    steps = integrity(package)
    steps += custody.kept_steps(package.files.get(custody.FILE, b""), chosen.kept)
    signed, good = signatures(package, chosen.known)
    steps += [*signed, *_required(chosen, good)]
    steps += timestamps.steps(package, chosen.authorities)
    steps += _found_again(package, chosen.heads)
    return Verified(package, tuple(steps))


def _required(trust: Trust, good: set[str]) -> list[Step]:
    found = [
        differs("signatures", f"not signed by {key}, {trust.known.get(key, 'whose key is not known')}")
        for key in sorted(trust.required - good)
    ]
    if trust.signed and not (good & trust.known.keys() if trust.known else good):
        whose = "by a known key " if trust.known else ""
        found.append(differs("signatures", f"a signature {whose}is required, and there is none"))
    return found


def _found_again(package: Package, heads: Sequence[Head]) -> list[Step]:
    try:
        if package.kind == "live":
            return live.found_again(package, heads)
        without = [differs("record", "it is of no watch: it has no records under a head")] if heads else []
        return [*recorded.found_again(package).steps, *without]
    except NoflyError as error:
        return [differs("finding", f"it cannot be found again: {error}")]
    except HOSTILE as error:
        return [differs("finding", f"what is in it cannot be judged: {error!r}"[:300])]
