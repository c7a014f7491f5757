"""Cutting the raw capture of a watch to what one target needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nofly.errors import Finding, InputError
from nofly.run.outputs.text import iso_time
from nofly.run.proving.raw_extract import RawPiece, pieces_of
from nofly.run.proving.recomputing import Part, heard
from nofly.store.capture_reading import Captured, CaptureReader, feed_folders

MOST_BYTES = 256 << 20
"""Of one feed so much is looked through, and of all feeds that heard the target so much is kept."""


class Cut(NamedTuple):
    """The bytes, as they came, of the feeds that heard a target, what they say of it, and what is to be said
    of them. ``begins_us`` is about when the oldest bytes came that are still there; None where there is no
    capture."""

    pieces: list[RawPiece]
    parts: list[Part]
    findings: list[Finding]
    begins_us: int | None


class TooMuch(InputError):
    """More bytes were received in a time span than are taken."""


def cut(capture: Path, target_id: str, from_us: int, until_us: int) -> Cut:
    """Return what a capture's feeds received of a target in a time span, both ends included.

    Raises TooMuch where that is more than :data:`MOST_BYTES`, StoreError where the capture cannot be read,
    PluginError and ConfigError for a decoder that is not there.
    """
    pieces: list[RawPiece] = []
    parts: list[Part] = []
    findings: list[Finding] = []
    begins_us: int | None = None
    kept_bytes = 0
    for folder in feed_folders(capture) if capture.is_dir() else []:
        reader = CaptureReader(folder)
        begins_us = reader.start_us if begins_us is None else min(begins_us, reader.start_us)
        found = list(pieces_of(_bounded(reader.between(from_us, until_us), from_us, until_us)))
        said, told = heard(found, target_id)
        if not any(len(part.positions) for part in said):
            continue
        kept_bytes += sum(len(piece.data) for piece in found)
        if kept_bytes > MOST_BYTES:
            raise _too_much(from_us, until_us)
        pieces += found
        parts += said
        findings += [*reader.findings, *told]
    return Cut(pieces, sorted(parts, key=lambda part: part.received_us), findings, begins_us)


def _bounded(entries: Iterable[Captured], from_us: int, until_us: int) -> Iterator[Captured]:
    size_bytes = 0
    for entry in entries:
        size_bytes += len(entry.data)
        if size_bytes > MOST_BYTES:
            raise _too_much(from_us, until_us)
        yield entry


def _too_much(from_us: int, until_us: int) -> TooMuch:
    return TooMuch(
        f"more than {MOST_BYTES >> 20} MiB were received from {iso_time(from_us)} to {iso_time(until_us)}",
        expected="an incident of less",
    )
