"""Zone files from disk or standard input: opened within bounds, their format found, every record counted."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from nofly import plugins
from nofly.errors import Finding, PluginError, Severity, ZoneFormatError
from nofly.zones.model import Zone

KIND = "nofly.formats"
MAX_BYTES = 512 * 1024 * 1024
"""The largest zone file that is read, before and after decompression."""
_HEAD_BYTES = 65_536
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """One file as it was read."""

    path: str
    format: str
    sha256: str
    """Of the file as it stands, compressed where it is."""
    records: int
    rejected: int


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """The zones of some files, in order, and what their readers had to say."""

    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...]
    files: tuple[ZoneFile, ...]

    def __iter__(self) -> Iterator[Zone]:
        """Yield the zones."""
        return iter(self.zones)

    def __len__(self) -> int:
        """Return how many zones there are."""
        return len(self.zones)

    @property
    def records(self) -> int:
        """Records in all files: zones and rejected ones together."""
        return sum(file.records for file in self.files)

    @property
    def rejected(self) -> int:
        """Records that are not among the zones; each has a finding."""
        return sum(file.rejected for file in self.files)

    @property
    def set_id(self) -> str:
        """SHA-256 over the sorted hashes of the zones: the same law has the same id, in any order."""
        return hashlib.sha256("\n".join(sorted(z.zone_hash for z in self.zones)).encode()).hexdigest()


def read_zones(
    paths: Sequence[Path | str] | Path | str,
    *,
    format: str | None = None,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
    stdin: BinaryIO | None = None,
) -> ZoneSet:
    """Return the zones of all files; ``-`` is standard input, gzip and zstd are undone.

    ``format`` names the format of all files instead of finding it out. ``strict`` raises at the first record
    that is rejected. Raises ZoneFormatError: a file that cannot be opened, is longer than ``max_bytes`` (also
    when decompressed), is of no known format or of several alike, or cannot be read as a whole; PluginError
    where ``format`` does not exist.
    """
    zones: list[Zone] = []
    findings: list[Finding] = []
    files: list[ZoneFile] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        source = "standard input" if str(path) == "-" else str(path)
        raw = _bytes_of(path, source, max_bytes, stdin)
        data = _decompressed(raw, source, max_bytes)
        plugin = _pick(data[:_HEAD_BYTES], source) if format is None else plugins.load(KIND, format)
        read, said, records = plugin.read(data, source)
        rejected = [f for f in said if f.severity is Severity.REJECTED]
        if strict and rejected:
            first = rejected[0]
            raise ZoneFormatError(first.message, source=first.source, locator=first.locator)
        count = sum(f.count for f in rejected)
        if len(read) + count != records:
            text = f"{plugin.NAME} returned {len(read)} zones and {count} rejected of {records} records"
            raise PluginError(f"{source}: {text}")
        digest = hashlib.sha256(raw).hexdigest()
        for zone in read:
            origin = replace(zone.source, format=plugin.NAME, sha256=digest)
            zones.append(replace(zone, source=origin))
        findings += said
        files.append(ZoneFile(source, plugin.NAME, digest, records, count))
    findings += _duplicates(zones, {file.sha256: file.path for file in files})
    return ZoneSet(tuple(zones), tuple(findings), tuple(files))


def _bytes_of(path: Path | str, source: str, max_bytes: int, stdin: BinaryIO | None) -> bytes:
    try:
        if str(path) == "-":
            data = (stdin or sys.stdin.buffer).read(max_bytes + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise ZoneFormatError(f"cannot be opened: {text}", source=source) from error
    return _bounded(data, source, max_bytes)


def _bounded(data: bytes, source: str, max_bytes: int, state: str = "") -> bytes:
    if len(data) > max_bytes:
        raise ZoneFormatError(
            f"longer than {max_bytes:,} bytes{state}", source=source, expected="a zone file of a sane size"
        )
    return data


def _decompressed(raw: bytes, source: str, max_bytes: int) -> bytes:
    """Return the file without gzip or zstd; it is never decompressed beyond ``max_bytes``."""
    if raw.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
                return _bounded(file.read(max_bytes + 1), source, max_bytes, " when decompressed")
        except (OSError, EOFError, zlib.error) as error:
            raise ZoneFormatError(f"broken gzip: {error}", source=source) from error
    if raw.startswith(_ZSTD):
        import zstandard

        try:
            reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(
                io.BytesIO(raw), read_across_frames=True
            )
            data = reader.read(max_bytes + 1)
        except (zstandard.ZstdError, MemoryError) as error:
            raise ZoneFormatError(f"broken zstd: {error}", source=source) from error
        return _bounded(data, source, max_bytes, " when decompressed")
    return raw


def _pick(head: bytes, source: str) -> ModuleType:
    """Return the one format that is surest of the head of a file; its extension decides between equals."""
    scores = plugins.sniffed(KIND, head)
    best = max(scores.values(), default=0)
    surest = [name for name, score in scores.items() if score == best]
    if len(surest) > 1:
        suffixes = {s.lower() for s in Path(source).suffixes}
        named = [n for n in surest if suffixes.intersection(plugins.load(KIND, n).EXTENSIONS)]
        surest = named if len(named) == 1 else surest
    if len(surest) != 1:
        what = f"could be {' or '.join(surest)}: name the format" if surest else "of no known format"
        raise ZoneFormatError(what, source=source, expected=f"one of {', '.join(plugins.names(KIND))}")
    return plugins.load(KIND, surest[0])


def _duplicates(zones: Sequence[Zone], paths: dict[str, str]) -> list[Finding]:
    """Return a finding for every zone that has id, edition and first day of another one before it."""
    first: dict[tuple[str, int, int | None], Zone] = {}
    found = []
    for zone in zones:
        before = first.setdefault((zone.id, zone.edition, zone.valid_from_us), zone)
        if before is not zone:
            where = f"{paths[before.source.sha256]}, {before.source.locator}"
            text = f"a second zone with the id {zone.id!r}: the first is in {where}"
            path = paths[zone.source.sha256]
            found.append(Finding("duplicate-id", Severity.WARNING, text, path, zone.source.locator))
    return found
