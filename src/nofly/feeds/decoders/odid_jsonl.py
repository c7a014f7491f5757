"""Remote ID in JSON, a document a line, as receivers write it to a serial port, a socket or a file.

The documents are those of :mod:`nofly.feeds.decoders.odid_json`, uncompressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nofly.feeds.decoders._odid_documents import DOCUMENT_TOO_LONG, MOST_BYTES, take_document
from nofly.feeds.decoders._odid_senders import Reception, Senders
from nofly.feeds.decoding import STREAM, Decoded, options_of

NAME = "odid_jsonl"
FRAMING = STREAM
HEIGHTS = ("STD", "HAE", "AGL")


@dataclass(frozen=True, slots=True)
class OdidJsonlOptions:
    """Options of the decoder."""

    max_line_bytes: int = 65_536
    """Longest line; a longer one is passed over and counted."""


OPTIONS = OdidJsonlOptions


class OdidJsonlDecoder:
    """Turns lines of JSON into positions. How the bytes are cut makes no difference."""

    def __init__(self, source: str = "", options: OdidJsonlOptions | None = None) -> None:
        self._longest = min((options or OdidJsonlOptions()).max_line_bytes, MOST_BYTES)
        self._senders = Senders(source)
        self._rest = bytearray()
        self._too_long = False
        self._offset = 0
        self._line = 0
        self._records = 0

    @property
    def records(self) -> int:
        """Reports so far, and lines or values that are none."""
        return self._records

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the lines that end in ``data``, and findings that count the others."""
        first, *others = data.split(b"\n")
        self._rest += first
        for line in others:
            self._take(received_us, 1)
            self._rest += line
        if len(self._rest) > self._longest:
            self._too_long = True
            self._offset += len(self._rest)
            self._rest.clear()
        return self._senders.take()

    def finish(self, received_us: int) -> Decoded:
        """Return what a last line without an end gives."""
        self._take(received_us, 0)
        return self._senders.take()

    def _take(self, received_us: int, end_bytes: int) -> None:
        """Take the line collected, whose end is of so many bytes."""
        line = bytes(self._rest)
        self._rest.clear()
        offset, self._offset = self._offset, self._offset + len(line) + end_bytes
        self._line += 1
        if not line and not self._too_long:
            return
        got = Reception(received_us, received_us, offset, f"line {self._line}")
        if self._too_long or len(line) > self._longest:
            self._too_long = False
            self._records += 1
            self._senders.tally.add(DOCUMENT_TOO_LONG, got.locator)
        else:
            self._records += take_document(line, got, self._senders)


def decoder(options: Mapping[str, object], source: str) -> OdidJsonlDecoder:
    """Return a decoder; ConfigError for an option that is unknown or cannot be."""
    return OdidJsonlDecoder(source, options_of(OdidJsonlOptions, options, source))
