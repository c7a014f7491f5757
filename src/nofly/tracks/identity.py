"""Who an aircraft says it is: its 24-bit address, the state that address belongs to, its privacy.

An address is six lower-case hexadecimal digits. ``000000`` and ``ffffff`` are no aircraft (ICAO Annex 10,
Volume III, appendix to chapter 9, 5.5). An address written with a leading ``~`` is not ICAO's: a ground
station's track number or an anonymous one (TIS-B, ADS-R, UAT); digits equal by chance to an aircraft's mean
nothing, so its target id is another (``tisb:~2a7b31``) and it has no state.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import IntFlag
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nofly.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEX = re.compile(r"[0-9a-f]{6}")
_NO_AIRCRAFT = frozenset({"000000", "ffffff"})
_ADDRESS_SPACE = 1 << 24

ICAO_PREFIX = "icao24:"
"""Target ids of aircraft known by their ICAO address: ``icao24:4ca7b3``."""


class Privacy(IntFlag):
    """What an aircraft database says of an aircraft; the values are readsb's ``dbFlags``.

    ``PIA``: the address is a temporary one of the US Privacy ICAO Address programme, so state and owner
    cannot be told from it. ``LADD``: the owner asked under the US Limiting Aircraft Data Displayed
    programme that the flight not be shown to the public. Neither changes a verdict; who publishes one
    decides by them what to mask.
    """

    NONE = 0
    MILITARY = 1
    INTERESTING = 2
    PIA = 4
    LADD = 8


@dataclass(frozen=True, slots=True)
class StateBlock:
    """A block of addresses and the state that holds it."""

    alpha3: str | None
    """ISO 3166 alpha-3; None where ICAO itself holds the block."""
    name: str
    first: int
    last: int

    @property
    def block(self) -> str:
        """The block as text: ``4ca000-4cafff``."""
        return f"{self.first:06x}-{self.last:06x}"


def address_of(text: str) -> str | None:
    """Return an ICAO address as six lower-case digits, or None where the text is not one.

    Blanks round it, capitals and a leading ``0x`` are accepted; fewer digits, a ``~`` and the two
    addresses that no aircraft has are not.
    """
    digits = text.strip().lower().removeprefix("0x")
    return digits if _HEX.fullmatch(digits) and digits not in _NO_AIRCRAFT else None


def parse_address(text: str, *, source: str = "", locator: str = "") -> str:
    """Return an ICAO address as six lower-case digits; InputError where the text is not one."""
    address = address_of(text)
    if address is None:
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise InputError(
            f"{shown!r} is not an ICAO aircraft address",
            source=source,
            locator=locator,
            expected="six hexadecimal digits from 000001 to fffffe",
        )
    return address


@lru_cache(maxsize=1 << 16)
def icao24_of(target_id: str) -> str | None:
    """Return the ICAO address in a target id, or None where the target is known by something else."""
    if not target_id.startswith(ICAO_PREFIX):
        return None
    return address_of(target_id[len(ICAO_PREFIX) :])


def target_named(text: str) -> str:
    """Return the target id that somebody means who writes an address with or without ``icao24:`` before it,
    in capitals or not; any other text as it stands."""
    address = address_of(text[len(ICAO_PREFIX) :] if text.lower().startswith(ICAO_PREFIX) else text)
    return text if address is None else f"{ICAO_PREFIX}{address}"


def state_of(icao24: str | None) -> StateBlock | None:
    """Return the block an address lies in; None for no address, one that is not ICAO's, or one that no
    state holds. (An address says where an aircraft is registered only if it is sent as assigned.)
    """
    address = None if icao24 is None else address_of(icao24)
    if address is None:
        return None
    value = int(address, 16)
    blocks = state_blocks()
    at = bisect_right(_firsts(), value) - 1
    return blocks[at] if at >= 0 and value <= blocks[at].last else None


def states_of(addresses: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each address its index in :func:`state_blocks`, -1 where no state or ICAO holds it."""
    firsts, lasts = _bounds()
    values = np.asarray(addresses, dtype=np.int64)
    index = np.searchsorted(firsts, values, side="right") - 1
    inside = (index >= 0) & (values <= lasts[np.maximum(index, 0)])
    valid = (values > 0) & (values < _ADDRESS_SPACE - 1)
    return np.where(inside & valid, index, -1).astype(np.int64)


@cache
def state_blocks() -> tuple[StateBlock, ...]:
    """Return all blocks of ICAO Annex 10, Volume III, Table 9-1 in order of address."""
    from nofly.tracks.address_blocks import BLOCKS

    blocks = []
    for line in BLOCKS.strip().splitlines():
        first_text, bits, alpha3, name = line.split(maxsplit=3)
        first = int(first_text, 16)
        last = first + (_ADDRESS_SPACE >> int(bits)) - 1
        blocks.append(StateBlock(None if alpha3 == "-" else alpha3, name, first, last))
    return tuple(blocks)


@cache
def _firsts() -> list[int]:
    return [block.first for block in state_blocks()]


@cache
def _bounds() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    blocks = state_blocks()
    return (
        np.array([block.first for block in blocks], dtype=np.int64),
        np.array([block.last for block in blocks], dtype=np.int64),
    )
