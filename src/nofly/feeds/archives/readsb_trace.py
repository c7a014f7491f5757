"""Traces of one aircraft's day as readsb and tar1090 keep them (``trace_full_….json``).

An entry is a list: seconds after the file's ``timestamp``, latitude, longitude, altitude (ft, ``ground``
or null), ground speed, track (on the ground: heading, which is left out), flags, vertical rate, an
object with more or null, and from newer versions type of source and geometric altitude. Flags: 1 no
position was received in the 20 s before (the position itself is sound, so it is kept); 2 a new leg
begins; 4 the vertical rate is geometric; 8 the altitude is geometric. Source: readsb's README-json.md,
"trace jsons".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds import readsb
from nofly.feeds.faults import CALLSIGN_MASKED, RECORD_BROKEN, Fault, Tally, position_fault
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.rows import Rows
from nofly.feeds.texts import target_of
from nofly.schema import Positions

NAME = "readsb_trace"
EXTENSIONS = (".json",)
BESIDE = True

QUALITY_AGE_US = 120_000_000
"""NIC, NACp and SIL come with every fourth entry or so; they are taken to hold for so long."""

_AFTER_GAP, _NEW_LEG, _GEOMETRIC_ALTITUDE = 1, 2, 8
AFTER_GAP = Fault(
    "position-after-gap", "positions flagged stale: none was received in the 20 s before (they are kept)",
    Severity.INFO,
)  # fmt: skip


class _Trace(msgspec.Struct, gc=False):
    icao: str
    start_s: float = msgspec.field(name="timestamp")
    trace: list[Any]
    dbFlags: Any = None


def sniff(head: bytes) -> int:
    """Return 95 for an object with ``icao``, ``timestamp`` and ``trace``, else 0."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    return 95 if start[:1] == b"{" and all(k in start for k in (b'"icao"', b'"timestamp"', b'"trace"')) else 0


def read(file: BinaryIO, source: str, options: ArchiveOptions) -> Iterator[tuple[Positions, list[Finding]]]:
    """Yield the positions in file order. Raises DecodeError for a file that is not a whole trace."""
    data = file.read(options.max_document_bytes + 1)
    if len(data) > options.max_document_bytes:
        raise DecodeError(
            "too long for a trace", source=source, expected=f"at most {options.max_document_bytes} bytes"
        )
    try:
        trace = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Trace)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise DecodeError(f"broken trace: {error}", source=source, expected="a whole JSON object") from error
    target = target_of(trace.icao)
    if target is None:
        raise DecodeError(
            f"address {trace.icao!r}", source=source, locator="$.icao", expected="24 bits in hex"
        )
    yield from _Reader(trace, target, source, options).batches()


class _Reader:
    def __init__(self, trace: _Trace, target: str, source: str, options: ArchiveOptions) -> None:
        self._trace = trace
        self._target = target
        self._source = source
        self._options = options
        self._private = options.respect_privacy and readsb.is_private(trace.dbFlags)
        self._start_us = round(trace.start_s * 1e6) if abs(trace.start_s) < 1e10 else -1
        self._identity: dict[str, Any] = {}
        self._quality: dict[str, Any] = {}
        self._quality_us = 0

    def batches(self) -> Iterator[tuple[Positions, list[Finding]]]:
        rows, tally = Rows(), Tally(self._source)
        if self._private:
            tally.add(CALLSIGN_MASKED, "$.dbFlags")
        for place, entry in enumerate(self._trace.trace):
            fault = self._add(rows, entry)
            if fault is None and _flags(entry) & _AFTER_GAP:
                fault = AFTER_GAP
            if fault is not None:
                tally.add(fault, f"$.trace[{place}]")
            if len(rows) >= self._options.batch_rows:
                yield rows.take(), tally.take()
        yield rows.take(), tally.take()

    def _add(self, rows: Rows, entry: Any) -> Fault | None:
        """Add one entry; return what is wrong with it, None where nothing is."""
        if not isinstance(entry, list) or len(entry) < 3:
            return RECORD_BROKEN
        entry = entry + [None] * (14 - len(entry))
        seconds, lat, lon = (readsb.number(value) for value in entry[:3])
        time_us = None if seconds is None or abs(seconds) > 1e9 else self._start_us + round(seconds * 1e6)
        fault = position_fault(time_us if self._start_us >= 0 else None, lat, lon)
        if fault is not None or time_us is None or lat is None or lon is None:
            return fault
        more = entry[8] if isinstance(entry[8], dict) else {}
        self._keep(more, time_us, bool(_flags(entry) & _NEW_LEG))
        rows.add(time_us, self._target, lat, lon, self._values(entry, more, time_us))
        return None

    def _keep(self, more: dict[str, Any], time_us: int, new_leg: bool) -> None:
        """Keep what an entry's object says, for the entries after it that have none."""
        if new_leg:
            self._identity, self._quality = {}, {}
        if more:
            said = readsb.identity(
                more.get("flight"), more.get("squawk"), more.get("category"), self._private
            )
            self._identity.update({name: value for name, value in said.items() if value is not None})
            self._quality = readsb.quality(
                more.get("nic"), more.get("nac_p"), more.get("sil"), more.get("rc")
            )
            self._quality_us = time_us

    def _values(self, entry: list[Any], more: dict[str, Any], time_us: int) -> dict[str, Any]:
        altitude, geometric = entry[3], entry[10] if entry[10] is not None else more.get("alt_geom")
        if _flags(entry) & _GEOMETRIC_ALTITUDE and altitude != readsb.GROUND:
            altitude, geometric = None, altitude
        on_ground = entry[3] == readsb.GROUND
        values = {
            **self._identity,
            **readsb.heights(altitude, geometric),
            **readsb.motion(entry[4], None if on_ground else entry[5], entry[7]),
            "source": readsb.surveillance(entry[9] if entry[9] is not None else more.get("type")),
        }
        if 0 <= time_us - self._quality_us <= QUALITY_AGE_US:
            values.update(self._quality)
        return values


def _flags(entry: list[Any]) -> int:
    return entry[6] if len(entry) > 6 and isinstance(entry[6], int) else 0
