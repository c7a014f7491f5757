"""Snapshots of readsb, dump1090-fa and tar1090 (``aircraft.json``, ``history_….json``), one or many.

Many may follow each other, one a line or end to end, or stand in a list. What is read of them stands in
:mod:`nofly.feeds.readsb_snapshots`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from nofly.errors import Finding
from nofly.feeds.json_records import records
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.readsb_snapshots import Snapshot, SnapshotReader
from nofly.schema import Positions

NAME = "aircraft_json"
EXTENSIONS = (".json", ".jsonl", ".ndjson")
BESIDE = True


def sniff(head: bytes) -> int:
    """Return 92 for objects with ``now`` and ``aircraft`` (or ``ac``), else 0."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().removeprefix(b"[").lstrip()
    if text[:1] != b"{" or not (b'"aircraft"' in text[:4096] or b'"ac"' in text[:4096]):
        return 0
    listed = any(key in text.replace(b" ", b"") for key in (b'"aircraft":[', b'"ac":['))
    return 92 if listed and (b'"now"' in text or b'"hex"' in text) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order; aircraft that give none are counted in findings.

    Raises DecodeError where no snapshot can be read.
    """
    reader = SnapshotReader(source, options.respect_privacy)
    snapshots = records(file, source, options, Snapshot, longest=options.max_document_bytes)
    for block in snapshots:
        findings = block.findings
        for snapshot in block.objects:
            reader.take(snapshot)
            if len(reader.rows) >= options.batch_rows:
                yield reader.rows.take(), findings + reader.tally.take()
                findings = []
        yield reader.rows.take(), findings + reader.tally.take()
