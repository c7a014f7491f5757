"""Messages and packs as they were heard, to rows: what the decoders of Remote ID have in common."""

from __future__ import annotations

from nofly.errors import Severity
from nofly.feeds.decoders import _odid as odid
from nofly.feeds.decoders._odid import BasicId, Invalid, Location
from nofly.feeds.decoders._odid_frames import Damaged, Heard
from nofly.feeds.decoders._odid_senders import Reception, Senders
from nofly.feeds.faults import NOT_A_POSITION, Fault

CHECKSUM_WRONG = Fault("checksum-wrong", "frame whose checksum is wrong")
FRAME_CUT_SHORT = Fault("frame-cut-short", "frame that ends before it should")
PACK_INVALID = Fault("pack-invalid", "Remote ID that is neither a message of 25 bytes nor a pack of them")
MESSAGE_UNKNOWN = Fault("message-unknown", "Remote ID message of a type that cannot be there")
VERSION_UNKNOWN = Fault("version-unknown", "Remote ID message of a protocol version that is not known")
UNVERIFIED = Fault(
    "authentication-unverified", "authentication messages, which nofly does not verify", Severity.INFO
)


def take_heard(heard: Heard, got: Reception, senders: Senders) -> int:
    """Take what a frame holds; return how many records that was: its messages, or one where there is none."""
    if isinstance(heard, Damaged):
        senders.tally.add(CHECKSUM_WRONG if heard.why == "checksum" else FRAME_CUT_SHORT, got.locator)
        return 1
    if not heard:
        senders.tally.add(NOT_A_POSITION, got.locator)
        return 1
    return sum(_take_payload(address, data, got, senders) for address, data in heard)


def _take_payload(address: str, payload: bytes, got: Reception, senders: Senders) -> int:
    messages = odid.split_pack(payload)
    if messages is None:
        senders.tally.add(PACK_INVALID, got.locator)
        return 1
    read = [odid.message_of(message) for message in messages]
    beside = [message for message in read if isinstance(message, BasicId)]
    for ident in beside:
        senders.identify(address, ident, got)
    for data, message in zip(messages, read, strict=True):
        fault: Fault | None = NOT_A_POSITION
        if isinstance(message, Location):
            fault = senders.locate(address, message, got, beside, data)
        elif isinstance(message, Invalid):
            fault = VERSION_UNKNOWN if message.why == "version" else MESSAGE_UNKNOWN
        elif message == odid.AUTHENTICATION:
            senders.tally.add(UNVERIFIED, got.locator)
        if fault is not None:
            senders.tally.add(fault, got.locator)
    return len(messages)
