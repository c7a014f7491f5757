"""Zone files from disk or standard input: opened within bounds, their format found, every record counted."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, NamedTuple

from nofly import plugins
from nofly.errors import Finding, PluginError, Severity, ZoneFormatError
from nofly.zones.model import Source, Zone
from nofly.zones.sentence import say

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

    A folder stands for all files in it and below, in order of name, but for names that begin with a dot. What
    no format reads there is a finding; a zone file there that cannot be read as a whole is a rejected record.
    ``format`` names the format of all files instead of finding it out. ``strict`` raises at the first record
    that is rejected. Raises ZoneFormatError: a file that is named itself and cannot be opened, is longer than
    ``max_bytes`` (also when decompressed), is of no known format or of several alike, or cannot be read as a
    whole; a folder without a zone file; PluginError where ``format`` does not exist.
    """
    zones: list[Zone] = []
    findings: list[Finding] = []
    files: list[ZoneFile] = []
    chosen = _Reading(format, strict, max_bytes, stdin)
    for path in [paths] if isinstance(paths, str | Path) else paths:
        for read, said, file in _folder(Path(path), chosen) if os.path.isdir(path) else [_file(path, chosen)]:
            zones += read
            findings += said
            files += [file] if file else []
    findings += _duplicates(zones, [file.path for file in files for _ in range(file.records - file.rejected)])
    return ZoneSet(tuple(zones), tuple(findings), tuple(files))


class _Reading(NamedTuple):
    """How files are read."""

    format: str | None
    strict: bool
    max_bytes: int
    stdin: BinaryIO | None


_Part = tuple[list[Zone], list[Finding], ZoneFile | None]


def _folder(folder: Path, chosen: _Reading) -> Iterator[_Part]:
    """Yield what the files of a folder hold; a file that is not read is a finding."""
    found = False
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place, name) for name in sorted(names) if not name.startswith(".")):
            try:
                if not path.is_file():
                    raise _UnknownFormatError("no regular file", source=str(path))
                part = _file(path, chosen)
            except _UnknownFormatError as error:
                yield [], [Finding("file-not-read", Severity.WARNING, error.message, str(path))], None
                continue
            except ZoneFormatError as error:
                if chosen.strict:
                    raise
                text = f"a zone file that cannot be read: {error.message}"
                said = Finding("zone-file-not-read", Severity.REJECTED, text, str(path), error.locator)
                part = [], [said], ZoneFile(str(path), chosen.format or "unread", "", 1, 1)
            found = True
            yield part
    if not found:
        raise ZoneFormatError("no zone file in this folder", source=str(folder), expected="zone files")


def _file(path: Path | str, chosen: _Reading) -> _Part:
    """Return the zones of one file, its findings and what it was. Raises as :func:`read_zones` says."""
    source = "standard input" if str(path) == "-" else str(path)
    raw = _bytes_of(path, source, chosen.max_bytes, chosen.stdin)
    data = _decompressed(raw, source, chosen.max_bytes)
    named = chosen.format
    plugin = _pick(data[:_HEAD_BYTES], source) if named is None else plugins.load(KIND, named)
    read, said, records = plugin.read(data, source)
    rejected = [f for f in said if f.severity is Severity.REJECTED]
    if chosen.strict and rejected:
        first = rejected[0]
        raise ZoneFormatError(first.message, source=first.source, locator=first.locator)
    count = sum(f.count for f in rejected)
    if len(read) + count != records:
        text = f"{plugin.NAME} returned {len(read)} zones and {count} rejected of {records} records"
        raise PluginError(f"{source}: {text}")
    digest = hashlib.sha256(raw).hexdigest()
    zones = [replace(z, source=Source(plugin.NAME, digest, z.source.locator)) for z in read]
    return zones, said, ZoneFile(source, plugin.NAME, digest, records, count)


class _UnknownFormatError(ZoneFormatError):
    """No format knows the first bytes of a file."""


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
    expected = f"one of {', '.join(plugins.names(KIND))}"
    if not surest:
        raise _UnknownFormatError("of no known format", source=source, expected=expected)
    if len(surest) > 1:
        text = f"could be {' or '.join(surest)}: name the format"
        raise ZoneFormatError(text, source=source, expected=expected)
    return plugins.load(KIND, surest[0])


def _duplicates(zones: Sequence[Zone], paths: Sequence[str]) -> list[Finding]:
    """Return a finding for every zone that has id, edition and first day of another one before it."""
    first: dict[tuple[str, int, int | None], tuple[Zone, str]] = {}
    found = []
    for zone, path in zip(zones, paths, strict=True):
        before, where = first.setdefault((zone.id, zone.edition, zone.valid_from_us), (zone, path))
        if before is not zone:
            text = say(
                "a second zone with the id {id}: the first is in {file}, {place}",
                id=repr(zone.id), file=where, place=before.source.locator,
            )  # fmt: skip
            found.append(Finding("duplicate-id", Severity.WARNING, text, path, zone.source.locator))
    return found
