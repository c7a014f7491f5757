"""The raw capture: bytes as they were received, feed by feed, so that everything can be replayed and proved.

A feed's segments (:mod:`nofly.store.capture_segments`) lie in a folder of its own. After a kill, all that was
there at the last :meth:`Capture.flush` can be read (:mod:`nofly.store.capture_reading`); a loss of power may
take what the system had not yet written. Nothing here raises for a disk that is full or gone: bytes that
could not be kept are counted and said in a finding, and later ones are tried anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nofly.errors import ConfigError, Finding, Severity, StoreError
from nofly.store.capture_segments import (
    CLOSED,
    OPENED,
    RUN_BYTES,
    Packing,
    Segment,
    SegmentWriter,
    folder_of,
    segments,
)

SEGMENT_PLAIN_BYTES = 1 << 30
"""A segment that holds so many bytes of its feed ends: with the last chunk it is less than RUN_BYTES."""
RETRY_US = 5_000_000
"""After a failure to write, nothing is tried for so long."""
BUFFER_BYTES = 1 << 20
"""So much is written without waiting for a flush."""


@dataclass(frozen=True, slots=True)
class CaptureLimits:
    """When a segment ends, and how long it is kept. Raises ConfigError for a value that cannot be."""

    segment_bytes: int = 64 << 20
    """Compressed."""
    segment_s: float = 3600.0
    keep_bytes: int = 20 << 30
    """Of all feeds together, compressed. Past it the oldest segment goes of the feed that has the most, so
    that a flood pushes out no other feed's past."""
    keep_s: float = 30 * 86_400.0
    """Older segments go."""

    def __post_init__(self) -> None:
        if not (0 < self.segment_bytes <= self.keep_bytes and self.segment_s > 0 and self.keep_s > 0):
            raise ConfigError(
                f"{self}", expected="all more than 0, and segment_bytes no more than keep_bytes"
            )


class Capture:
    """Writes the capture. Belongs to one thread, and its folder to one process."""

    def __init__(self, folder: Path | str, limits: CaptureLimits | None = None) -> None:
        """Raises StoreError where the folder cannot be made or read."""
        self.folder = Path(folder)
        self._limits = limits or CaptureLimits()
        self._feeds: dict[str, SegmentWriter] = {}
        self._findings: list[Finding] = []
        self.failures = 0
        """How many times writing or deleting failed."""
        self.lost_bytes = 0
        """Bytes that were received and are not in the capture."""
        self._failed_us: dict[str, int] = {}
        """Feed → when it could last not be written, of those that cannot be."""
        self._kept: dict[Path, list[_Kept]] = {}
        self._now_us = 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for place in sorted(self.folder.iterdir()):
                if found := segments(place):
                    self._kept[place] = [_Kept(s, s.path.stat().st_size) for s in found]
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror or error}") from error

    def begin(
        self, feed: str, decoder: str, options: Mapping[str, object], *, finish_each: bool, address: str = ""
    ) -> int:
        """Begin a segment for a decoder that begins, and return the offset of its first byte.

        ``feed`` is the feed's name, ``options`` are the decoder's; ``finish_each`` says that it is told
        ``finish()`` after every chunk, ``address`` where the bytes come from. They stand in the header of
        each segment, so no secret may be in them.
        """
        known = self._feeds.get(feed)
        if known is not None:
            self._end(known)
        place = folder_of(self.folder, feed)
        if known is None:
            number = max((k.segment.number + 1 for k in self._kept.get(place, [])), default=0)
        else:
            number = max(known.number, -(-known.offset // RUN_BYTES))
        offset = number * RUN_BYTES
        about = {
            "feed": feed, "decoder": decoder, "options": dict(options), "finish_each": finish_each,
            "began": offset, "address": address,
        }  # fmt: skip
        self._feeds[feed] = SegmentWriter(place, about, number, offset)
        return offset

    def write(self, feed: str, data: bytes, received_us: int, *, opened: bool = False, lost: int = 0) -> int:
        """Keep what a feed has brought, and return the offset of its first byte. It is on its way to the disk
        at the next :meth:`flush`."""
        return self._entry(feed, data, received_us, OPENED if opened else 0, lost)

    def closed(self, feed: str, received_us: int) -> None:
        """Keep that a feed's connection is closed."""
        self._entry(feed, b"", received_us, CLOSED, 0)

    def flush(self) -> list[Finding]:
        """Hand everything to the system, end segments that are full or old, delete what is past the limits;
        return what went wrong since the last call."""
        for feed in self._feeds.values():
            self._write(feed, Packing.READABLE)
            if feed.open and self._is_full(feed):
                self._end(feed)
        self._forget()
        findings, self._findings = self._findings, []
        return findings

    def close(self) -> list[Finding]:
        """End all segments; return what went wrong since the last :meth:`flush`."""
        for feed in self._feeds.values():
            self._end(feed)
        return self.flush()

    def _entry(self, name: str, data: bytes, received_us: int, flags: int, lost: int) -> int:
        feed = self._feeds[name]
        offset = feed.offset
        self._now_us = max(self._now_us, received_us)
        if feed.open or self._open(name, feed, received_us):
            feed.add(data, received_us, flags, lost)
        else:
            self.lost_bytes += len(data)
        feed.offset += len(data)
        if feed.waiting_bytes >= BUFFER_BYTES:
            self._write(feed, Packing.READY)
        if feed.open and feed.offset - feed.first_offset >= SEGMENT_PLAIN_BYTES:
            self._end(feed)
        return offset

    def _open(self, name: str, feed: SegmentWriter, received_us: int) -> bool:
        """Open the next segment; return whether it is open."""
        failed_us = self._failed_us.get(name)
        if failed_us is not None and abs(received_us - failed_us) < RETRY_US:
            return False
        try:
            segment = feed.begin(received_us)
        except OSError as error:
            self._fail(feed, error, received_us)
            return False
        self._kept.setdefault(feed.place, []).append(_Kept(segment, 0))
        return True

    def _write(self, feed: SegmentWriter, packing: Packing) -> None:
        """Write; where that fails, the segment ends after the last whole write."""
        if not feed.open:
            return
        kept = self._kept[feed.place]
        try:
            feed.write(packing)
        except OSError as error:
            self.lost_bytes += feed.unsafe_bytes
            self._fail(feed, error, feed.latest_us)
            feed.close()
            if not feed.size_bytes:
                kept.pop()
                return
        else:
            if feed.size_bytes:
                self._failed_us.pop(str(feed.about["feed"]), None)
        kept[-1].size_bytes = feed.size_bytes

    def _end(self, feed: SegmentWriter) -> None:
        self._write(feed, Packing.LAST)
        feed.close()

    def _is_full(self, feed: SegmentWriter) -> bool:
        # A clock that was set back ends a segment too: name and times of the next agree again.
        age_us = feed.latest_us - feed.started_us
        full = feed.size_bytes >= self._limits.segment_bytes
        return full or not 0 <= age_us < self._limits.segment_s * 1e6

    def _fail(self, feed: SegmentWriter, error: OSError, now_us: int) -> None:
        """Count a failure; it is said once, until something can be written again."""
        self.failures += 1
        name = str(feed.about["feed"])
        if name not in self._failed_us:
            message = f"the raw capture cannot be written: {error.strerror or error}"
            self._findings.append(Finding("capture-not-written", Severity.WARNING, message, name))
        self._failed_us[name] = now_us

    def _forget(self) -> None:
        """Delete segments past the limits, never one that is being written."""
        written = {feed.segment.path for feed in self._feeds.values() if feed.open and feed.segment}
        oldest_us = self._now_us - self._limits.keep_s * 1e6
        for kept in self._kept.values():
            while kept and kept[0].segment.path not in written and _last_us(kept, self._limits) < oldest_us:
                self._delete(kept)
        sizes = {place: sum(k.size_bytes for k in kept) for place, kept in self._kept.items()}
        while sizes and sum(sizes.values()) > self._limits.keep_bytes:
            place = max(sizes, key=lambda name: sizes[name])
            kept = self._kept[place]
            if not kept or kept[0].segment.path in written:
                del sizes[place]
                continue
            sizes[place] -= self._delete(kept)

    def _delete(self, kept: list[_Kept]) -> int:
        """Delete the oldest segment, and return how long it was."""
        oldest = kept.pop(0)
        try:
            oldest.segment.path.unlink(missing_ok=True)
        except OSError as error:
            self.failures += 1
            message = f"a segment past the limits cannot be deleted: {error.strerror or error}"
            self._findings.append(
                Finding("capture-not-deleted", Severity.WARNING, message, str(oldest.segment.path))
            )
        return oldest.size_bytes


@dataclass(slots=True)
class _Kept:
    """A segment that there is, and how long it is."""

    segment: Segment
    size_bytes: int


def _last_us(kept: Sequence[_Kept], limits: CaptureLimits) -> float:
    """Return a time that the last bytes of the oldest segment did not come after: it ended by its age, or
    where the next began."""
    end_us = kept[0].segment.start_us + (limits.segment_s + 1.0) * 1e6
    return min(end_us, kept[1].segment.start_us + 1e6) if len(kept) > 1 else end_us
