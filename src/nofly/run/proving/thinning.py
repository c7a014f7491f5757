"""Raw bytes thinned to what the aircraft concerned sent: for the privacy of all the others that were heard.

Only messages that stand one by one can be told apart (:mod:`nofly.feeds.senders`). Whether what is left gives
the same reports is for whoever thins to see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nofly import plugins
from nofly.errors import InputError
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.senders import kept
from nofly.run.feeding.plans import DECODERS
from nofly.run.files.trackfiles import KIND
from nofly.run.proving.raw_extract import RawPiece


def thinned_file(data: bytes, form: str, target_ids: Sequence[str], options: ArchiveOptions) -> bytes | None:
    """Return what is left of a file of recorded traffic, unpacked; None of a format whose messages tell of
    many aircraft together."""
    module = plugins.load(KIND, form)
    if not hasattr(module, "senders"):
        return None
    return kept(data, module.senders(data, options), target_ids, module.BLANK)


def thinned_pieces(pieces: Sequence[RawPiece], target_id: str) -> list[RawPiece]:
    """Return pieces of a capture with only what a target sent; every byte left is where it was, blanks stand
    for the others.

    Raises InputError for a feed whose messages tell of many aircraft together.
    """
    return [_thinned(piece, target_id) for piece in pieces]


def _thinned(piece: RawPiece, target_id: str) -> RawPiece:
    module = plugins.load(DECODERS, piece.header.decoder)
    if not hasattr(module, "senders"):
        raise InputError(
            f"messages of {piece.header.decoder} tell of many aircraft together", source=piece.header.feed,
            expected="the package with all that was received",
        )  # fmt: skip
    left = b"".join(
        kept(piece.data[start:end], module.senders(piece.data[start:end]), [target_id], module.BLANK)
        for start, end in _connections(piece)
    )
    return replace(piece, data=left, whole_sha256=hashlib.sha256(piece.data).hexdigest())


def _connections(piece: RawPiece) -> Iterator[tuple[int, int]]:
    """Yield where the bytes of each connection begin and end: a message that one cut short does not go on in
    the next."""
    start = at = 0
    for one in piece.arrivals:
        if one.event and at > start:
            yield start, at
            start = at
        at += one.bytes
    yield start, at
