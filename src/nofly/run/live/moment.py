"""What the journal says at the end of a tick, so that what follows is judged again as it was."""

from __future__ import annotations

import struct
from typing import NamedTuple

from nofly.errors import StoreError


class Moment(NamedTuple):
    """A mark in the journal: up to when reports are judged, as of when silent targets are lost, and whether
    no more came."""

    until_us: int
    lapse_us: int
    ended: bool = False

    def encoded(self) -> bytes:
        """Return it as bytes."""
        return struct.pack(">qq?", *self)

    @classmethod
    def decoded(cls, value: bytes) -> Moment:
        """Return what was encoded. Raises StoreError for what was not."""
        try:
            return cls(*struct.unpack(">qq?", value))
        except struct.error as error:
            raise StoreError("a mark in the journal cannot be read") from error
