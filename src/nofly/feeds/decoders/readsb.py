"""``aircraft.json`` of readsb, dump1090-fa and tar1090, polled: one body a call.

What is read of it stands in :mod:`nofly.feeds.readsb_snapshots`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from nofly.feeds.decoding import DOCUMENT, Decoded, Decoder, options_of
from nofly.feeds.faults import RECORD_BROKEN
from nofly.feeds.readsb_snapshots import Snapshot, SnapshotReader

NAME = "readsb"
FRAMING = DOCUMENT
HEIGHTS = ("STD", "HAE")

_DECODER = msgspec.json.Decoder(Snapshot)


@dataclass(frozen=True, slots=True)
class ReadsbOptions:
    """How to read ``aircraft.json``."""

    respect_privacy: bool = True
    """Whether aircraft marked PIA or LADD are left without callsign, as their owners asked."""


OPTIONS = ReadsbOptions


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    return ReadsbFeed(options_of(ReadsbOptions, options, source), source)


class ReadsbFeed:
    """Turns bodies of ``aircraft.json`` into positions. A record is an aircraft, or a body that is broken."""

    def __init__(self, options: ReadsbOptions, source: str) -> None:
        self.records = 0
        self._reader = SnapshotReader(source, options.respect_privacy)
        self._offset = 0

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions that are new in a body, and findings that count the other aircraft."""
        reader = self._reader
        try:
            snapshot = _DECODER.decode(data)
        except (msgspec.DecodeError, RecursionError, ValueError):
            reader.tally.add(RECORD_BROKEN, f"byte {self._offset}")
            self.records += 1
        else:
            self.records += reader.take(snapshot, {"received_us": received_us, "raw": self._offset})
        self._offset += len(data)
        return reader.rows.take(), reader.tally.take()

    def finish(self, received_us: int) -> Decoded:
        """Return nothing: no body is left half read."""
        return self._reader.rows.take(), self._reader.tally.take()
