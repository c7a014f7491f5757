"""Remote ID in JSON as receivers publish it, over MQTT or UDP: one document a message.

Read are the documents of DroneScout (also compressed with xz), of DroneID, WarDragon and ESP32 receivers that
name the standard's messages, of ESP32 receivers that write ``drone_lat``, and of DragonSync; several values
may follow one another. Rows, ids, unknown values and privacy are those of
:mod:`nofly.feeds.decoders.remote_id`. A height counts as above ground only where the document says so, and
not for being called ``height_agl``. A time that does not say what it is is not believed: the receiver's, else
the time received, stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nofly.feeds.decoders._odid_documents import take_document
from nofly.feeds.decoders._odid_senders import Reception, Senders
from nofly.feeds.decoding import DATAGRAM, Decoded, options_of

NAME = "odid_json"
FRAMING = DATAGRAM
HEIGHTS = ("STD", "HAE", "AGL")


@dataclass(frozen=True, slots=True)
class OdidJsonOptions:
    """The decoder has no options."""


OPTIONS = OdidJsonOptions


class OdidJsonDecoder:
    """Turns JSON documents of Remote ID into positions."""

    def __init__(self, source: str = "") -> None:
        self._senders = Senders(source)
        self._offset = 0
        self._documents = 0
        self._records = 0

    @property
    def records(self) -> int:
        """Reports so far, and documents or values that are none."""
        return self._records

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of one document, and findings that count its other reports."""
        self._documents += 1
        got = Reception(received_us, received_us, self._offset, f"document {self._documents}")
        self._records += take_document(data, got, self._senders)
        self._offset += len(data)
        return self._senders.take()

    def finish(self, received_us: int) -> Decoded:
        """Return nothing more: a document is whole."""
        return self._senders.take()


def decoder(options: Mapping[str, object], source: str) -> OdidJsonDecoder:
    """Return a decoder; ConfigError for an option that is unknown or cannot be."""
    options_of(OdidJsonOptions, options, source)
    return OdidJsonDecoder(source)
