"""Zone files of strangers, read in a process of their own, within bounds of memory and time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nofly.errors import Finding, InputError, ZoneFormatError
from nofly.run.apart import Bounds, answer_of, bound
from nofly.zones.model import Zone, canonical_json
from nofly.zones.reading import zone_from
from nofly.zones.sentence import Words, taken_apart

BOUNDS = Bounds(1 << 30, 20, 40.0)
MOST_ZONES, MOST_FINDINGS = 2_000, 200


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a file."""

    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...]
    format: str
    records: int
    rejected: int
    words: Mapping[str, Words]
    """What the findings are made of, by the finding."""


class _Said(msgspec.Struct):
    zones: list[str] = []
    findings: list[Finding] = []
    format: str = ""
    records: int = 0
    rejected: int = 0
    error: tuple[str, str, str] | None = None
    words: dict[str, Words] = {}


def read_apart(data: bytes, name: str) -> Read:
    """Return the zones of a file, the first :data:`MOST_ZONES`, with what its reader had to say.

    ``name`` is what its sender calls it; only its extension counts. Raises ZoneFormatError where it cannot be
    read, or not within the bounds.
    """
    suffix = Path(name).suffix.lower()
    with TemporaryDirectory(prefix="nofly-read-") as folder:
        path = Path(folder, f"zones{suffix if suffix.isascii() and len(suffix) < 12 else ''}")
        path.write_bytes(data)
        said = answer_of("nofly.run.files.reading_apart", [path], b"", _Said, BOUNDS, folder=folder)
    if said is None:
        raise _too_much()
    if said.error is not None:
        message, locator, expected = said.error
        raise ZoneFormatError(message, locator=locator, expected=expected)
    zones = tuple(map(zone_from, said.zones))
    return Read(zones, tuple(said.findings), said.format, said.records, said.rejected, said.words)


def _too_much() -> ZoneFormatError:
    return ZoneFormatError(
        "the file could not be read within bounds",
        expected=f"one that takes {BOUNDS.words}",
    )


def _main(path: str) -> None:
    from nofly.run.files.zonefiles import read_zones

    bound(BOUNDS)
    try:
        found = read_zones(path)
        findings = found.findings[:MOST_FINDINGS]
        # What a terminal could not show is told escaped, and then as it is.
        _, words = taken_apart([one.message for one in findings if one.message.isprintable()])
        said = _Said(
            [canonical_json(zone) for zone in found.zones[:MOST_ZONES]],
            [replace(one, source="", message=str(one.message)) for one in findings],
            found.files[0].format, found.records, found.rejected, words=words,
        )  # fmt: skip
    except InputError as error:
        said = _Said(error=(error.message, error.locator, error.expected))
    except (MemoryError, RecursionError):
        said = _Said(error=("the file needs too much memory", "", ""))
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main(sys.argv[1])
