"""Documents that a claim rests on, kept as files: by their SHA-256, with the time they were captured.

They lie in a folder beside the claim file (``claim.toml`` → ``claim.sources``): the bytes in a file named by
their hash and nothing else, so that no program opens them by itself, and a JSON file of the same name that
says what they are. They are never executed, and shown escaped.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nofly.errors import Finding, InputError, Severity
from nofly.proof.claims import ClaimFile
from nofly.run.files.atomic import write_whole
from nofly.zones.sentence import say

MOST_BYTES = 16 * 1024 * 1024
MOST_FILES = 200
MOST_PIXELS = 40_000_000
_NAME = re.compile(r"[0-9a-f]{64}")
_MOST_RECORD_BYTES = 65_536
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Attachment:
    """One document: what it is called, what kind its first bytes say it is, and whether the bytes are those
    that were captured."""

    sha256: str
    name: str
    kind: str
    """png, jpeg, pdf, html, text or bytes."""
    bytes: int
    captured: str
    statement: str = ""
    url: str = ""
    sound: bool = True
    path: str = ""


def folder_of(claim_path: Path) -> Path:
    """Return where the documents of a claim file are kept."""
    return claim_path.with_name(f"{claim_path.stem}.sources")


def attach(
    claim_path: Path, document: Path, *, captured: str, statement: str = "", url: str = ""
) -> Attachment:
    """Keep a document beside a claim file and return it. Raises InputError where it is too large or cannot be
    read, OSError where it cannot be kept."""
    return keep(
        claim_path, _read(document, MOST_BYTES), document.name, captured=captured, statement=statement,
        url=url,
    )  # fmt: skip


def keep(
    claim_path: Path, data: bytes, name: str, *, captured: str, statement: str = "", url: str = ""
) -> Attachment:
    """Keep the bytes of a document beside a claim file and return it. Raises OSError where they cannot be
    kept, InputError where there are too many already."""
    sha256 = hashlib.sha256(data).hexdigest()
    found = Attachment(sha256, name, sniff(data), len(data), captured, statement, url)
    folder = folder_of(claim_path)
    folder.mkdir(exist_ok=True)
    if sum(1 for _ in folder.iterdir()) >= 2 * MOST_FILES:
        raise InputError("too many documents", source=str(folder), expected=f"{MOST_FILES} at most")
    write_whole(folder / sha256, data)
    told = {name: value for name, value in asdict(found).items() if name not in ("sound", "path")}
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False)
    write_whole(folder / f"{sha256}.json", f"{text}\n".encode())
    return found


def attached(claim_path: Path) -> tuple[tuple[Attachment, ...], list[Finding]]:
    """Return the documents kept beside a claim file, by hash, and what is wrong with them: bytes that are not
    those of their name, a document without its record or a record without its document."""
    folder = folder_of(claim_path)
    if not folder.is_dir():
        return (), []
    names = sorted(p.name for p in folder.iterdir())
    said, found = [], []
    if len(names) > 2 * MOST_FILES:
        raise InputError("too many documents", source=str(folder), expected=f"{MOST_FILES} at most")
    hashes = [name for name in names if _NAME.fullmatch(name)]
    for name in names:
        stem = name.removesuffix(".json")
        if not _NAME.fullmatch(stem):
            said.append(_wrong("document-unknown", say("is no document of this claim"), folder / name))
        elif stem not in hashes:
            said.append(
                _wrong("document-missing", say("the document it speaks of is missing"), folder / name)
            )
    for name in hashes:
        one, finding = _kept(folder, name)
        found.append(one)
        said += finding
    return tuple(found), said


def _kept(folder: Path, sha256: str) -> tuple[Attachment, list[Finding]]:
    said: list[Finding] = []
    path = folder / sha256
    told = _record(folder / f"{sha256}.json")
    if told is None:
        said.append(_wrong("document-record-missing", say("nothing says when it was captured"), path))
        told = {}
    try:
        if path.is_symlink():
            raise InputError("is a link: it is not followed", source=str(path))
        data = _read(path, MOST_BYTES)
        actual = hashlib.sha256(data).hexdigest()
    except InputError as error:
        data, actual = b"", ""
        said.append(_wrong("document-not-read", error.message, path))
    sound = actual == sha256 and told.get("sha256", sha256) == sha256
    if actual and not sound:
        why = say("the bytes are not those captured: their SHA-256 is {hash}", hash=actual)
        said.append(_wrong("document-changed", why, path))
    text = {name: str(told.get(name, ""))[:500] for name in ("name", "captured", "statement", "url")}
    about = text["captured"], text["statement"], text["url"]
    return Attachment(sha256, text["name"] or sha256, sniff(data), len(data), *about, sound, str(path)), said


def cited_findings(claim: ClaimFile, kept: tuple[Attachment, ...]) -> list[Finding]:
    """Return a finding for each hash that a statement cites and no document beside the file has."""
    have = {one.sha256 for one in kept}
    why = say("the bytes of this source are not kept beside the claim")
    return [
        Finding("document-not-kept", Severity.INFO, why, claim.source,
                f"{statement.id}: {cited.sha256[:16]}")
        for statement in claim.statements for cited in statement.cited
        if cited.sha256 and cited.sha256 not in have
    ]  # fmt: skip


def sniff(data: bytes) -> str:
    """Return what kind a document is by its first bytes; its name says nothing."""
    head = data[:_HEAD]
    if picture_px(data) is not None:
        return "png" if head.startswith(b"\x89PNG") else "jpeg"
    if head.startswith(b"%PDF-"):
        return "pdf"
    try:
        text = head.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4 or len(data) <= _HEAD:
            return "bytes"
        text = head[: error.start].decode("utf-8")
    if "\x00" in text:
        return "bytes"
    return "html" if re.search(r"<(!doctype\s+html|html|head|body)\b", text, re.IGNORECASE) else "text"


def picture_px(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG or JPEG by its header; None of anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    return _jpeg_px(data) if data.startswith(b"\xff\xd8\xff") else None


def _jpeg_px(data: bytes) -> tuple[int, int] | None:
    """Return width and height from the frame header (ISO/IEC 10918-1 B.2.2)."""
    at = 2
    for _ in range(1000):
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = struct.unpack(">HH", data[at + 5 : at + 9])
            return wide, high
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        at += 2 + max(2, length)
    return None


def document(one: Attachment, most: int) -> bytes:
    """Return the first bytes of a document that is kept; nothing of one that cannot be read."""
    try:
        with Path(one.path).open("rb") as file:
            return file.read(most)
    except OSError:
        return b""


def _record(path: Path) -> dict[str, Any] | None:
    try:
        given = json.loads(_read(path, _MOST_RECORD_BYTES))
    except (InputError, ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def _read(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file."""
    try:
        if not path.is_file():
            raise InputError("is no file", source=str(path))
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=str(path)) from error
    if len(data) > most:
        raise InputError("too large", source=str(path), expected=f"{most:,} bytes at most")
    return data


def _wrong(code: str, message: str, path: Path) -> Finding:
    return Finding(code, Severity.WARNING, message, str(path))
