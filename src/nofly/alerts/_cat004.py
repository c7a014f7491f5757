"""Records of ASTERIX category 004, safety net messages, edition 1.12.

Source: EUROCONTROL-SPEC-0149-4 (category 004), ed. 1.12, 28/10/2020: items § 5.2, profile § 5.3; data blocks:
EUROCONTROL-SPEC-0149 (part 1), ed. 3.1, § 4. Of an area proximity warning (type 5) the items 000, 010, 020,
030, 040, 100 and 120 are mandatory; of an end of conflict (17) 000, 010, 020 and 040; of an alive message (1)
000, 010, 020 and 060. What is not known has no item, nor subfield: there is no value that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nofly.units import M_PER_FT, US_PER_S

ALIVE, APW, END_OF_CONFLICT = 1, 5, 17
"""Message types, I004/000."""
ENDED, PREDICTED, INFRINGING, UNDETERMINED, LOST = range(5)
"""Alert status, I004/045 STAT: the specification leaves its meaning to the partners; this is ours."""

_CATEGORY = 4
_PROFILE = (
    "010", "000", "015", "020", "040", "045", "060", "030", "170", "120", "070", "076", "074", "075", "100",
    "035", "171", "110", None, "RE", "SP",
)  # fmt: skip
"""User application profile: items in order."""
_DAY_TICKS = 86_400 * 128
_MOST_BLOCK_BYTES = 1400
"""A block fits one unfragmented datagram."""
_IDENTIFICATION = re.compile(r"[A-Z0-9]{1,8}")
_CODE = re.compile(r"[0-7]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What an area proximity warning or the end of one says. None is not known."""

    alert: int
    track: int
    status: int
    area: str
    severe: bool
    duration_s: float
    callsign: str | None = None
    squawk: str | None = None
    to_conflict_s: float | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    height_m: float | None = None
    """Pressure or mean-sea-level altitude at that place."""


def alive(sac: int, sic: int, time_us: int, *, running: bool, degraded: bool) -> bytes:
    """Return the record that says whether the area proximity warning runs well."""
    first = 0x08 if running else 0
    function = bytes([first | 1, 0x08]) if degraded else bytes([first])
    return _record({**_head(sac, sic, ALIVE, time_us), "060": function})


def warning(sac: int, sic: int, time_us: int, conflict: Conflict) -> bytes:
    """Return the record of an area proximity warning."""
    items = _head(sac, sic, APW, time_us) | _named(conflict)
    items["100"] = b"\x80" + icao_text(conflict.area)
    items["120"] = _compound({2: bytes([conflict.severe]), 4: _ticks(conflict.duration_s)})
    if conflict.to_conflict_s is not None:
        items["070"] = _compound({1: _ticks(conflict.to_conflict_s)})
    aircraft = _aircraft(conflict)
    if aircraft:
        items["170"] = _compound(aircraft)
    return _record(items)


def end(sac: int, sic: int, time_us: int, conflict: Conflict) -> bytes:
    """Return the record that says that a conflict is over."""
    return _record(_head(sac, sic, END_OF_CONFLICT, time_us) | _named(conflict))


def blocks(records: Iterable[bytes]) -> Iterator[bytes]:
    """Yield data blocks that hold the records in order, each to go into one datagram."""
    held = b""
    for record in records:
        if held and len(held) + len(record) + 3 > _MOST_BLOCK_BYTES:
            yield _block(held)
            held = b""
        held += record
    if held:
        yield _block(held)


def icao_text(text: str) -> bytes:
    """Return eight characters in six bits each (ICAO Annex 10 vol. IV, table 3-9), blanks at the end.

    Only capital letters, digits and blanks can be told: the others are left out.
    """
    kept = [c for c in text.upper() if c == " " or (c.isascii() and c.isalnum())][:8]
    value = 0
    for character in "".join(kept).ljust(8):
        value = value << 6 | (ord(character) & 0x3F)
    return value.to_bytes(6, "big")


def _head(sac: int, sic: int, kind: int, time_us: int) -> dict[str, bytes]:
    ticks = time_us * 128 // US_PER_S % _DAY_TICKS
    return {"010": bytes([sac, sic]), "000": bytes([kind]), "020": ticks.to_bytes(3, "big")}


def _named(conflict: Conflict) -> dict[str, bytes]:
    return {
        "040": conflict.alert.to_bytes(2, "big"),
        "045": bytes([conflict.status << 1]),
        "030": conflict.track.to_bytes(2, "big"),
    }


def _aircraft(conflict: Conflict) -> dict[int, bytes]:
    """Return the subfields of item 170: AI1, M31, CPW, MS1."""
    out = {}
    callsign = conflict.callsign or ""
    if _IDENTIFICATION.fullmatch(callsign):
        out[8] = icao_text(callsign)
        if len(callsign) <= 7:
            out[1] = callsign.ljust(7).encode("ascii")
    if conflict.squawk is not None and _CODE.fullmatch(conflict.squawk):
        out[2] = int(conflict.squawk, 8).to_bytes(2, "big")
    place = (conflict.lat_deg, conflict.lon_deg, conflict.height_m)
    if place[0] is not None and place[1] is not None and place[2] is not None:
        out[3] = _place(place[0], place[1], place[2])
    return out


def _place(lat_deg: float, lon_deg: float, height_m: float) -> bytes:
    """Return CPW: 180/2^25 degrees, 25 ft."""
    steps = [round(degrees * 2**25 / 180.0) for degrees in (lat_deg, lon_deg)]
    altitude = min(max(round(height_m / M_PER_FT / 25.0), -(2**15)), 2**15 - 1)
    return b"".join(step.to_bytes(4, "big", signed=True) for step in steps) + altitude.to_bytes(
        2, "big", signed=True
    )


def _ticks(seconds: float) -> bytes:
    """Return a time in 1/128 s on 24 bits, at its limits where it is beyond."""
    return min(max(round(seconds * 128.0), 0), 2**24 - 1).to_bytes(3, "big")


def _compound(subfields: dict[int, bytes]) -> bytes:
    """Return a compound item; subfields are numbered from 1 in the order of their bits."""
    return _fspec(set(subfields)) + b"".join(subfields[number] for number in sorted(subfields))


def _record(items: dict[str, bytes]) -> bytes:
    present = {number for number, name in enumerate(_PROFILE, 1) if name in items}
    return _fspec(present) + b"".join(items[name] for name in _PROFILE if name is not None and name in items)


def _fspec(numbers: set[int]) -> bytes:
    """Return the bits that say what is present: seven an octet, the eighth says that another follows."""
    octets = bytearray((max(numbers) + 6) // 7)
    for number in numbers:
        octets[(number - 1) // 7] |= 0x80 >> (number - 1) % 7
    for index in range(len(octets) - 1):
        octets[index] |= 1
    return bytes(octets)


def _block(records: bytes) -> bytes:
    return bytes([_CATEGORY]) + (len(records) + 3).to_bytes(2, "big") + records
