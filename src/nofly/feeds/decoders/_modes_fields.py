"""Fields of Mode S messages: parity, altitude and identity codes, and what extended squitter says.

Parity, altitude and squawk are read here, from the bits: each has a pattern that means "not available",
and none may come out as a value. Callsign, velocity, surface movement and operational status come from
``rs1090``, and are left out where the bits say that there is no information. Sources: ICAO Annex 10
vol. IV § 3.1.2; RTCA DO-260B / EUROCAE ED-102A § 2.2.3.2 and appendix A.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import ConfigError
from nofly.units import M_PER_FT, M_PER_NM, MPS_PER_FPM, MPS_PER_KT

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_BYTES, SHORT_BYTES = 14, 7
_GENERATOR = 0x1FFF409
_LONG = frozenset(range(16, 32))
Fields = dict[str, Any]


def _remainders() -> NDArray[np.uint32]:
    """Return, for each place of a byte in a message of 14 and each value, what it adds to the remainder."""
    table = np.zeros((LONG_BYTES, 256), np.uint32)
    for value in range(256):
        rest = value
        for place in range(LONG_BYTES - 1, -1, -1):
            table[place, value] = rest
            for _ in range(8):
                rest = rest << 1 ^ (_GENERATOR if rest & 0x800000 else 0)
    return table


_REMAINDERS = _remainders()


def remainders(frames: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the remainder of each frame (n × 14 bytes, a short one after seven zeros) by the generator.

    It is 0 for an extended squitter received whole, the interrogator's code for an all-call reply, the
    address of the aircraft for any other reply (Annex 10 vol. IV § 3.1.2.3.3).
    """
    found = np.zeros(len(frames), np.uint32)
    for place in range(LONG_BYTES):
        found ^= _REMAINDERS[place][frames[:, place]]
    return found


def message_bytes(data: bytes) -> bytes:
    """Return a message of 7 or 14 bytes, as its format has it; nothing where it has neither.

    Receivers that cut every message to 14 bytes give a short one with what followed it in the air.
    """
    if not data or len(data) not in (SHORT_BYTES, LONG_BYTES):
        return b""
    if data[0] >> 3 in _LONG:
        return data if len(data) == LONG_BYTES else b""
    return data[:SHORT_BYTES]


def altitude_m(bits: int) -> float | None:
    """Return the pressure altitude of a 13-bit altitude code (AC), in metres; None where not available.

    Annex 10 vol. IV § 3.1.2.6.5.4: Q bit set: steps of 25 ft from -1,000 ft; else Gillham, steps of 100 ft.
    Metric codes (M bit) have no defined form.
    """
    if bits == 0 or bits & 0x40:
        return None
    if bits & 0x10:
        steps = (bits & 0x1F80) >> 2 | (bits & 0x20) >> 1 | bits & 0xF
        return (25 * steps - 1000) * M_PER_FT
    feet = _gillham_ft(bits)
    return None if feet is None else feet * M_PER_FT


def altitude_of_squitter_m(bits: int) -> float | None:
    """Return the pressure altitude of a 12-bit code, which is the 13-bit code without the M bit."""
    return altitude_m((bits & 0xFC0) << 1 | bits & 0x3F)


def _bits(bits: int, *places: int) -> int:
    value = 0
    for place in places:
        value = value << 1 | bits >> place & 1
    return value


def _gray(value: int) -> int:
    shift = value >> 1
    while shift:
        value ^= shift
        shift >>= 1
    return value


def _gillham_ft(bits: int) -> int | None:
    """Return a Mode C altitude in feet. The bits are C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4."""
    fives = _gray(_bits(bits, 2, 0, 11, 9, 7, 5, 3, 1))
    ones = _gray(_bits(bits, 12, 10, 8))
    if ones in (0, 5, 6):
        return None
    ones = 5 if ones == 7 else ones
    ones = 6 - ones if fives & 1 else ones
    feet = 500 * fives + 100 * ones - 1300
    return feet if feet >= -1200 else None


def squawk(bits: int) -> str:
    """Return the Mode A code of a 13-bit identity field (Annex 10 vol. IV § 3.1.2.6.7.1)."""
    digits = ((11, 9, 7), (5, 3, 1), (12, 10, 8), (4, 2, 0))
    return "".join(str(_bits(bits, *reversed(places))) for places in digits)


def category(message: int) -> str | None:
    """Return the emitter category (``A3``) of an identification message's 56 bits; None where not told."""
    kind, number = message >> 51, message >> 48 & 7
    return f"{'DCBA'[kind - 1]}{number}" if number else None


def height_difference_m(message: int) -> float | None:
    """Return how far the geometric height is above the pressure altitude, of a velocity message's 56 bits.

    None where not available; also where it is out of range (more than 3,137.5 ft).
    """
    steps = message & 0x7F
    if steps in (0, 127):
        return None
    return (steps - 1) * 25 * M_PER_FT * (-1.0 if message & 0x80 else 1.0)


_RC_M = (
    None, 20 * M_PER_NM, 8 * M_PER_NM, 4 * M_PER_NM, 2 * M_PER_NM, M_PER_NM, 0.6 * M_PER_NM, 0.2 * M_PER_NM,
    0.1 * M_PER_NM, 75.0, 25.0, 7.5,
)  # fmt: skip
_NIC = {
    5: 11, 6: 10, 7: 8, 8: 0, 9: 11, 10: 10, 11: 8, 12: 7, 13: 6, 14: 5, 15: 4, 16: 2, 17: 1, 18: 0,
    20: 11, 21: 10, 22: 0,
}  # fmt: skip


def nic(kind: int, version: int | None, supplement_a: bool, supplement_b: bool) -> int:
    """Return the navigation integrity category of a position message (DO-260B § 2.2.3.2.7.2.6).

    ``version`` is that of the operational status, None where none was heard: then as version 0, whose type
    codes promise no more than these.
    """
    if kind == 16 and not version:
        return 1
    if version == 1:
        supplement_b = supplement_a
    if kind in (11, 16) and version and supplement_a and supplement_b:
        return 9 if kind == 11 else 3
    if kind == 7 and version and supplement_a:
        return 9
    return _NIC[kind]


def containment_m(category_code: int) -> float | None:
    """Return the radius of containment that a NIC promises, None for 0 (DO-260B § 2.2.3.2.7.2.6)."""
    return _RC_M[category_code]


class SquitterFields:
    """Reads extended squitter through ``rs1090``, in batches.

    Raises ConfigError where the package is not installed.
    """

    def __init__(self, source: str = "") -> None:
        try:
            import rs1090
        except ImportError as error:
            raise ConfigError(
                "raw Mode S is read through the package rs1090, which is not installed", source=source,
                expected="pip install rs1090 (there is none for Python 3.14 yet), or decoded positions",
            ) from error  # fmt: skip
        self._decode = rs1090.decode

    def read(self, frames: Sequence[bytes]) -> list[Fields | None]:
        """Return what each frame says in our names and units; None for one that cannot be decoded.

        Frames are extended squitters of 14 bytes whose parity is right.
        """
        if not frames:
            return []
        texts = [frame.hex() for frame in frames]
        decoded: list[Any]
        try:
            decoded = list(self._decode(texts))
        except BaseException as error:
            if not _is_panic(error):
                raise
            decoded = [self._one(text) for text in texts]
        return [
            None if said is None else _ours(said, int.from_bytes(frame[4:11], "big"))
            for frame, said in zip(frames, decoded, strict=True)
        ]

    def _one(self, text: str) -> Any:
        try:
            return self._decode(text)
        except BaseException as error:
            if not _is_panic(error):
                raise
            return None


def _is_panic(error: BaseException) -> bool:
    """Whether an exception is a failure inside rs1090, which does not derive from Exception."""
    return type(error).__name__ == "PanicException" or isinstance(error, Exception)


def _ours(said: Fields, message: int) -> Fields:
    """Return rs1090's fields in our names and units, without those that the bits say are not available."""
    kind = message >> 51
    if kind <= 4:
        text = str(said.get("callsign") or "").strip()
        return {"callsign": None if not text or "#" in text else text, "category": category(message)}
    if kind <= 8:
        return {"gs_mps": _scaled(said.get("groundspeed"), MPS_PER_KT), "track_deg": said.get("track")}
    if kind == 19:
        return _velocity(said, message)
    if kind == 28:
        code = said.get("squawk") if message >> 48 & 7 == 1 else None
        return {"squawk": None if code == "0000" else code}
    if kind == 31 and said.get("version") in (1, 2):
        supplement = said.get("NICa", said.get("NICs"))
        return {
            "version": said["version"], "nac_p": said.get("NACp"), "sil": said.get("SIL"),
            "nic_supplement": None if supplement is None else bool(supplement),
        }  # fmt: skip
    return {"version": 0} if kind == 31 and said.get("version") == 0 else {}


def _velocity(said: Fields, message: int) -> Fields:
    """Return a velocity message's fields. A component of 0 is "no information", which rs1090 (0.7) takes
    for a speed; the supersonic form (steps of 4 kt) it reads in steps of 1 kt, so no speed is taken of it;
    an airspeed with a heading (subtypes 3 and 4) is neither ground speed nor track."""
    subtype = message >> 48 & 7
    known = subtype in (1, 2) and message >> 32 & 0x3FF and message >> 21 & 0x3FF
    speed = _scaled(said.get("groundspeed"), MPS_PER_KT) if known and subtype == 1 else None
    return {
        "gs_mps": speed,
        "track_deg": said.get("track") if known and (speed is None or speed > 0) else None,
        "vrate_mps": _scaled(said.get("vertical_rate"), MPS_PER_FPM) if message >> 10 & 0x1FF else None,
        "height_difference_m": height_difference_m(message),
    }


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
