"""Remote ID as Open Drone ID, one message, advertisement or frame a datagram (ASTM F3411, prEN 4709-002).

What a receiver hands on in one datagram (:data:`LAYERS`) is told by its first bytes, or by the option
``layer``. A row stands for a Location/Vector message: pressure altitude is ``alt_std_m``, geodetic altitude
``alt_hae_m``, height above ground ``alt_agl_m``; height above the take-off point is on no datum and is left
out, with a finding. What the standard marks as unknown is null. Time is the tenth of the hour the message
tells, of the hour nearest to its reception. The target is ``rid:`` and the serial number, else the SessionID
(``rid:sid:…``), else another id heard from the same address, else the address itself (``rid:address:…``).

Privacy: where the operator stands, the operator's id and the description are neither kept nor returned.
Authentication is counted, not verified: whoever transmits can claim any id and any place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nofly.feeds.decoders import _odid_frames as frames
from nofly.feeds.decoders._odid import MESSAGE_BYTES, split_pack
from nofly.feeds.decoders._odid_payloads import take_heard
from nofly.feeds.decoders._odid_senders import Reception, Senders
from nofly.feeds.decoding import DATAGRAM, Decoded, options_of

NAME = "remote_id"
FRAMING = DATAGRAM
HEIGHTS = ("STD", "HAE", "AGL")

LAYERS = {
    "message": "a message of 25 bytes or a pack, and nothing else",
    "service-data": "service data of UUID 0xFFFA: 0x0D, a counter, a message or pack",
    "advertisement": "Bluetooth advertising data",
    "bluetooth": "a Bluetooth packet from access address to checksum",
    "hci": "an HCI event of advertising reports",
    "wifi": "an 802.11 frame without its checksum",
    "radiotap": "an 802.11 frame behind a radiotap header",
}
"""What a datagram can be."""


@dataclass(frozen=True, slots=True)
class RemoteIdOptions:
    """Options of the decoder."""

    layer: Literal[
        "auto", "message", "service-data", "advertisement", "bluetooth", "hci", "wifi", "radiotap"
    ] = "auto"
    """What a datagram is, one of :data:`LAYERS`; ``auto`` tells by its first bytes."""
    one_sender: bool = False
    """Everything comes of one transmitter, so that messages without an address belong together."""


OPTIONS = RemoteIdOptions


class RemoteIdDecoder:
    """Turns datagrams of Remote ID into positions."""

    def __init__(self, source: str = "", options: RemoteIdOptions | None = None) -> None:
        self._options = options or RemoteIdOptions()
        self._senders = Senders(source)
        self._offset = 0
        self._datagrams = 0
        self._records = 0

    @property
    def records(self) -> int:
        """Messages so far, and datagrams without one."""
        return self._records

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of one datagram, and findings that count its other messages."""
        if data:
            self._datagrams += 1
            got = Reception(received_us, received_us, self._offset, f"datagram {self._datagrams}")
            heard = self._heard(data)
            if self._options.one_sender and not isinstance(heard, frames.Damaged):
                heard = [payload._replace(address=payload.address or "one") for payload in heard]
            self._records += take_heard(heard, got, self._senders)
            self._offset += len(data)
        return self._senders.take()

    def finish(self, received_us: int) -> Decoded:
        """Return nothing more: a datagram is whole."""
        return self._senders.take()

    def _heard(self, data: bytes) -> frames.Heard:
        layer = layer_of(data) if self._options.layer == "auto" else self._options.layer
        if layer == "message":
            return [frames.Payload("", data)]
        if layer == "service-data":
            return [frames.Payload("", data[2:])] if data[0] == 0x0D else []
        if layer == "advertisement":
            return frames.of_advertisement(data)
        if layer == "bluetooth":
            return frames.of_bluetooth(data)
        if layer == "hci":
            return frames.of_hci(data)
        return frames.of_wifi(data) if layer == "wifi" else frames.of_radiotap(data)


def layer_of(data: bytes) -> str:
    """Return which of :data:`LAYERS` a datagram is, by its first bytes; ``message`` where it is none."""
    if split_pack(data) is not None:
        return "message"
    if data[0] == 0x0D and split_pack(data[2:]) is not None:
        return "service-data"
    if data[:4] == frames.ADVERTISING:
        return "bluetooth"
    if data[:2] == b"\x04\x3e":
        return "hci"
    if data[:2] == b"\0\0" and len(data) > MESSAGE_BYTES:
        return "radiotap"
    if data[0] in (0x50, 0x80, 0xD0) and len(data) > MESSAGE_BYTES:
        return "wifi"
    return "advertisement" if b"\x16\xfa\xff\x0d" in data else "message"


def decoder(options: Mapping[str, object], source: str) -> RemoteIdDecoder:
    """Return a decoder; ConfigError for an option that is unknown or cannot be."""
    return RemoteIdDecoder(source, options_of(RemoteIdOptions, options, source))
