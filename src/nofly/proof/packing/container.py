"""The ZIP a package is: every byte of it follows from the names and the contents of its files.

Files are stored, not deflated (what is large is packed already; another zlib would pack it to other bytes),
in order of name, with one fixed time and no comment (PKWARE APPNOTE 6.3.10, § 4.3). So what is not exactly as
it would be written anew is found, and named by the file or the header it lies in.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from nofly.errors import InputError

MOST_BYTES = 1 << 30
"""The largest package that is read."""
MOST_FILES = 10_000
MOST_NAME = 200
_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]+(/(?!\.)[A-Za-z0-9._-]+)*")
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_TIME, _DATE = 0, 0x21
"""1980-01-01 00:00: the earliest that a ZIP can say, and plainly no time of making."""
_FILE_MODE = 0o100644 << 16


class PackageError(InputError):
    """A file that is no evidence package, or one that cannot be opened within bounds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it was written: ``place`` names the file or the header, ``message`` says what."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a package by name, and what of the ZIP around them is not as it was written."""

    files: dict[str, bytes]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file as one of the two tables of a ZIP tells of it."""

    name: str
    start: int
    """Where its local header begins."""
    size: int


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return the package with these files, the same bytes for the same files.

    Raises PackageError for a name that may not be (:func:`fit_name`), too many files or too many bytes.
    """
    for name in files:
        if not fit_name(name):
            raise PackageError(f"no name for a file of a package: {name!r}")
    total = sum(len(data) + 2 * len(name) + 76 for name, data in files.items()) + _END.size
    if len(files) > MOST_FILES or total > MOST_BYTES:
        raise PackageError(
            f"{len(files):,} files of {total:,} bytes", expected=f"{MOST_FILES:,}, {MOST_BYTES:,} bytes"
        )
    return b"".join(data for _, data in _written(dict(sorted(files.items()))))


def unpacked(data: bytes) -> Contents:
    """Return the files of a package, and every fault in the ZIP around them.

    Both tables of the ZIP are read, the headers before the files and the directory behind them: where one is
    damaged the other still tells where the files lie. Raises PackageError where neither does, and for what is
    no package: more than :data:`MOST_BYTES` or :data:`MOST_FILES`, deflated files, names that lead elsewhere.
    """
    if len(data) > MOST_BYTES:
        raise PackageError(f"{len(data):,} bytes", expected=f"at most {MOST_BYTES:,}")
    if not data:
        raise PackageError("the file is empty", expected="an evidence package")
    found: list[tuple[list[_Entry], list[Fault]]] = []
    refused: list[PackageError] = []
    for table in (_by_headers, _by_directory):
        try:
            entries = table(data)
        except PackageError as error:
            refused.append(error)
            continue
        found.append((entries, list(_faults(data, entries))))
        if not found[-1][1]:
            break
    if not found:
        raise refused[0]
    entries, faults = min(found, key=lambda each: len(each[1]))
    told = sorted(faults, key=lambda fault: fault.place)
    return Contents({e.name: data[_content(e) : _content(e) + e.size] for e in entries}, tuple(told))


def fit_name(name: str) -> bool:
    """Return whether a file of a package may be called so: ASCII letters, digits, ``._-`` in parts between
    ``/``, none of which begins with a dot."""
    return len(name) <= MOST_NAME and _NAME.fullmatch(name) is not None


def safe_name(name: str) -> str:
    """Return a file's name as it may stand in a package; its ending stays."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".") or "_"
    return plain if len(plain) <= 80 else plain[:40] + plain[-40:]


def _written(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of the package in order: what each is, and its bytes."""
    directory: list[tuple[str, bytes]] = []
    start = 0
    for name, data in files.items():
        head, listed = _headers(name, data, start)
        yield f"ZIP header of {name}", head
        yield name, data
        directory.append((f"ZIP directory entry of {name}", listed))
        start += len(head) + len(data)
    yield from directory
    size, count = sum(len(entry) for _, entry in directory), len(directory)
    yield "end of the ZIP", _END.pack(_END_MARK, 0, 0, count, count, size, start, 0)


def _headers(name: str, data: bytes, start: int) -> tuple[bytes, bytes]:
    """Return the local header and the directory entry of a file."""
    said, check, size = name.encode("ascii"), zlib.crc32(data), len(data)
    # Version 2.0, no flags, stored; made on Unix, where a mode says that it is a plain file.
    local = _LOCAL.pack(_LOCAL_MARK, 20, 0, 0, _TIME, _DATE, check, size, size, len(said), 0)
    central = _CENTRAL.pack(
        _CENTRAL_MARK, 0x0314, 20, 0, 0, _TIME, _DATE, check, size, size, len(said), 0, 0, 0, 0,
        _FILE_MODE, start,
    )  # fmt: skip
    return local + said, central + said


def _content(entry: _Entry) -> int:
    return entry.start + _LOCAL.size + len(entry.name)


def _by_headers(data: bytes) -> list[_Entry]:
    """Return the files as the headers before them tell, one after the other from the first byte on."""
    entries: list[_Entry] = []
    at = 0
    while data[at : at + 4] == _LOCAL_MARK and at + _LOCAL.size <= len(data):
        _, _, flags, method, _, _, _, stored, size, length, more = _LOCAL.unpack_from(data, at)
        _plain(flags, method, stored, size, more, f"byte {at}")
        entry = _Entry(_name(data, at + _LOCAL.size, length), at, size)
        entries.append(entry)
        at = _content(entry) + size
        _bounded(entries, at, len(data))
    return _checked(entries)


def _by_directory(data: bytes) -> list[_Entry]:
    """Return the files as the directory behind them tells, which the last 22 bytes point to."""
    at = len(data) - _END.size
    if at < 0 or data[at : at + 4] != _END_MARK:
        raise PackageError("it does not end as a package does", expected="an evidence package, whole")
    *_, count, size, place, _ = _END.unpack_from(data, at)
    if count > MOST_FILES or place + size != at:
        raise PackageError("the end of the ZIP says something else than what is there", locator=f"byte {at}")
    entries: list[_Entry] = []
    at = place
    for _ in range(count):
        if data[at : at + 4] != _CENTRAL_MARK or at + _CENTRAL.size > len(data):
            raise PackageError("no directory entry where one should be", locator=f"byte {at}")
        _, _, _, flags, method, _, _, _, stored, length, named, more, note, *_, start = _CENTRAL.unpack_from(
            data, at
        )
        _plain(flags, method, stored, length, more + note, f"byte {at}")
        entry = _Entry(_name(data, at + _CENTRAL.size, named), start, length)
        entries.append(entry)
        at += _CENTRAL.size + named
        _bounded(entries, _content(entry) + length, place)
    for before, after in pairwise(entries):
        if _content(before) + before.size != after.start:
            raise PackageError("files that overlap, or bytes between them", locator=after.name)
    return _checked(entries)


def _plain(flags: int, method: int, stored: int, size: int, more: int, locator: str) -> None:
    if flags or method or stored != size or more:
        raise PackageError(
            "a file that is deflated, encrypted or has extra fields", locator=locator,
            expected="files stored as nofly writes them (a package that was packed anew has lost that)",
        )  # fmt: skip


def _name(data: bytes, at: int, length: int) -> str:
    raw = data[at : at + length]
    name = raw.decode("latin-1")
    if len(raw) != length or not fit_name(name):
        raise PackageError(f"the file name {name[:80]!r}", locator=f"byte {at}", expected="a plain name")
    return name


def _bounded(entries: list[_Entry], past: int, end: int) -> None:
    if past > end:
        raise PackageError("it ends too early", locator=entries[-1].name, expected="the whole package")
    if len(entries) > MOST_FILES:
        raise PackageError(f"more than {MOST_FILES:,} files")


def _checked(entries: list[_Entry]) -> list[_Entry]:
    if not entries or entries[0].start:
        raise PackageError("it does not begin as a package does", expected="an evidence package")
    for before, after in pairwise(entries):
        if before.name >= after.name:
            what = "twice" if before.name == after.name else "out of order"
            raise PackageError(f"a file that is there {what}", locator=after.name)
    return entries


def _faults(data: bytes, entries: list[_Entry]) -> Iterator[Fault]:
    """Yield what differs from the package that would be written with these files."""
    files = {e.name: data[_content(e) : _content(e) + e.size] for e in entries}
    changed = {e.name for e in entries if _sums_say_so(data, e, files)}
    at = 0
    for place, part in _written(files):
        there = data[at : at + len(part)]
        name = place.rpartition(" ")[2]
        if there != part and name not in changed:
            first = next((k for k, (a, b) in enumerate(zip(there, part, strict=False)) if a != b), len(there))
            yield Fault(place, f"not as it was written, from byte {at + first} of the package on")
        elif there != part and place.startswith("ZIP header"):
            yield Fault(name, "its content has not the checksum that both ZIP tables tell of it")
        at += len(part)
    if at < len(data):
        yield Fault("end of the ZIP", f"{len(data) - at:,} bytes more than a package has")


def _sums_say_so(data: bytes, entry: _Entry, files: Mapping[str, bytes]) -> bool:
    """Return whether it is a file's content that was changed: its header and its directory entry are as
    written but for the checksum, in which they agree."""
    head, listed = _headers(entry.name, files[entry.name], entry.start)
    there = data[entry.start : entry.start + len(head)]
    told = there[14:18]
    return (
        told != head[14:18]
        and there[:14] + head[14:18] + there[18:] == head
        and (listed[:16] + told + listed[20:]) in data[entry.start + len(head) + entry.size :]
    )
