"""Remote ID out of a running capture, as ``tcpdump -w -`` or a Bluetooth sniffer writes it: pcap or pcapng.

Wi-Fi with or without radiotap header and Bluetooth low energy are read (:data:`LINKS`); the time a packet was
captured stands for that of its reception. Rows, ids, unknown values and privacy are those of
:mod:`nofly.feeds.decoders.remote_id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nofly.feeds.decoders import _odid_frames as frames
from nofly.feeds.decoders._odid_payloads import FRAME_CUT_SHORT, take_heard
from nofly.feeds.decoders._odid_senders import Reception, Senders
from nofly.feeds.decoders._pcap import Packet, PcapReader
from nofly.feeds.decoding import STREAM, Decoded, options_of
from nofly.feeds.faults import NOT_A_POSITION, Fault
from nofly.feeds.times import LATEST_US

NAME = "remote_id_capture"
FRAMING = STREAM
HEIGHTS = ("STD", "HAE", "AGL")

CAPTURE_BROKEN = Fault("capture-broken", "bytes that are no capture: passed over until one begins")

_LE_PHDR_BYTES, _CRC_CHECKED, _CRC_VALID = 10, 0x0400, 0x0800


def _bluetooth_phdr(data: bytes) -> frames.Heard:
    """Return what a Bluetooth packet behind the header of LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR holds."""
    if len(data) < _LE_PHDR_BYTES:
        return frames.Damaged("length")
    flags = int.from_bytes(data[8:10], "little")
    if flags & _CRC_CHECKED and not flags & _CRC_VALID:
        return frames.Damaged("checksum")
    return frames.of_bluetooth(data[_LE_PHDR_BYTES:])


LINKS: dict[int, Callable[[bytes], frames.Heard]] = {
    105: frames.of_wifi,
    127: frames.of_radiotap,
    187: frames.of_hci,
    201: lambda data: frames.of_hci(data[4:]),
    251: frames.of_bluetooth,
    256: _bluetooth_phdr,
}
"""Link types read: 802.11, with radiotap; Bluetooth HCI, with direction; low energy, with radio header."""


@dataclass(frozen=True, slots=True)
class RemoteIdCaptureOptions:
    """The decoder has no options."""


OPTIONS = RemoteIdCaptureOptions


class RemoteIdCaptureDecoder:
    """Turns the bytes of a capture into positions."""

    def __init__(self, source: str = "") -> None:
        self._reader = PcapReader()
        self._senders = Senders(source)
        self._packets = 0
        self._broken = 0
        self._records = 0

    @property
    def records(self) -> int:
        """Remote ID messages so far, packets without one, and places where the capture broke off."""
        return self._records

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the packets that end in ``data``, and findings that count the others."""
        for packet in self._reader.feed(data):
            self._packets += 1
            self._records += self._take(packet, received_us)
        self._count_broken()
        return self._senders.take()

    def finish(self, received_us: int) -> Decoded:
        """Return what is to be said of a capture cut short."""
        self._reader.finish()
        self._count_broken()
        return self._senders.take()

    def _take(self, packet: Packet, received_us: int) -> int:
        seen_us = packet.time_us if packet.time_us and 0 < packet.time_us < LATEST_US else received_us
        got = Reception(seen_us, received_us, packet.offset, f"packet {self._packets}")
        read = LINKS.get(packet.link)
        if packet.link < 0 or (read is not None and not packet.whole):
            self._senders.tally.add(FRAME_CUT_SHORT, got.locator)
            return 1
        if read is None:
            self._senders.tally.add(NOT_A_POSITION, got.locator)
            return 1
        return take_heard(read(packet.data), got, self._senders)

    def _count_broken(self) -> None:
        count = self._reader.broken - self._broken
        self._broken = self._reader.broken
        self._records += count
        self._senders.tally.add(CAPTURE_BROKEN, f"byte {self._reader.broken_at}", count)


def decoder(options: Mapping[str, object], source: str) -> RemoteIdCaptureDecoder:
    """Return a decoder; ConfigError for an option that is unknown or cannot be."""
    options_of(RemoteIdCaptureOptions, options, source)
    return RemoteIdCaptureDecoder(source)
