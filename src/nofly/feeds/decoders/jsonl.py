"""Positions as JSON, one object a line, in nofly's own column names: for whoever writes a feed of their own.

``{"time": "2026-05-02T12:00:00Z", "target_id": "icao24:4ca7b3", "lat_deg": 50.1, "lon_deg": 14.2}``, and what
else the positions table has (:mod:`nofly.schema`), null or left out where unknown. ``time_us`` (microseconds
since 1970) may stand for ``time``, ``icao24`` for ``target_id``. Read strictly: an unknown name, a wrong
type, a value out of range or a time without a zone is a rejected line. ``received``, ``received_us`` and
``raw`` are of whoever sent it, and not read: the feed has its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from nofly.errors import Finding, Severity
from nofly.feeds.decoders._lines import Lines
from nofly.feeds.decoding import STREAM, Decoded, Decoder, options_of
from nofly.feeds.faults import ADDRESS_INVALID, Fault, Tally, position_fault
from nofly.feeds.rows import Rows
from nofly.feeds.senders import SPACES, Sent, lines_of
from nofly.feeds.texts import target_of
from nofly.tracks.quality import EPU_M

NAME = "jsonl"
FRAMING = STREAM
HEIGHTS = ("STD", "AMSL", "HAE", "AGL")

MOST_LINE_BYTES = 16_384
LINE_TOO_LONG = Fault("line-too-long", "line too long")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_SHOWN = 200

Height = Annotated[float, Meta(ge=-2_000, le=1_000_000)]
Error = Annotated[float, Meta(ge=0, le=100_000_000)]
Speed = Annotated[float, Meta(ge=0, le=20_000)]
Text = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[int, Meta(ge=0, le=11)]


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    time: Annotated[datetime, Meta(tz=True)] | None = None
    time_us: int | None = None
    target_id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*:[\x21-\x7e]+$", max_length=128)] | None = None
    icao24: Text | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    alt_std_m: Height | None = None
    alt_hae_m: Height | None = None
    alt_amsl_m: Height | None = None
    alt_agl_m: Height | None = None
    gs_mps: Speed | None = None
    track_deg: Annotated[float, Meta(ge=-360, le=360)] | None = None
    vrate_mps: Annotated[float, Meta(ge=-5_000, le=5_000)] | None = None
    pos_err_m: Error | None = None
    alt_err_m: Error | None = None
    on_ground: bool | None = None
    nic: Code | None = None
    nac_p: Code | None = None
    sil: Annotated[int, Meta(ge=0, le=3)] | None = None
    callsign: Text | None = None
    squawk: Annotated[str, Meta(pattern="^[0-7]{4}$")] | None = None
    category: Text | None = None
    source: Literal["adsb", "mlat", "tisb", "ssr", "psr", "system-track", "remote-id", "flarm"] | None = None
    station: Text | None = None
    received: Any = None
    received_us: Any = None
    raw: Any = None


_DECODER = msgspec.json.Decoder(_Line)
_VALUES = tuple(
    name
    for name in _Line.__struct_fields__
    if name
    not in ("time", "time_us", "target_id", "icao24", "lat_deg", "lon_deg", "received", "received_us", "raw")
)


@dataclass(frozen=True, slots=True)
class JsonlOptions:
    """There is nothing to choose."""


OPTIONS = JsonlOptions
BLANK = SPACES


def senders(data: bytes, options: object = None) -> Iterator[Sent]:
    """Yield the lines, and of which target each is; see :mod:`nofly.feeds.senders`."""
    return lines_of(data, _whose)


def _whose(line: bytes) -> str | None:
    try:
        given = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    return given.target_id or target_of(given.icao24)


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`."""
    options_of(JsonlOptions, options, source)
    return JsonlFeed(source)


class JsonlFeed:
    """Turns lines of JSON into positions."""

    def __init__(self, source: str) -> None:
        self.records = 0
        self._source = source
        self._lines = Lines(MOST_LINE_BYTES)
        self._rows = Rows()
        self._tally = Tally(source)
        self._broken: list[tuple[str, str]] = []
        """Place and reason of the first broken line of a call."""
        self._broken_count = 0

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the lines that end in ``data``, and findings that count the others."""
        return self._take(self._lines.feed(data), received_us)

    def finish(self, received_us: int) -> Decoded:
        """Return what a last line without an end gives."""
        return self._take(self._lines.finish(), received_us)

    def _take(self, lines: Iterable[tuple[int, bytes | None]], received_us: int) -> Decoded:
        for start, line in lines:
            self.records += 1
            fault = LINE_TOO_LONG if line is None else self._line(line, start, received_us)
            if fault is not None:
                self._tally.add(fault, f"byte {start}")
        return self._rows.take(), self._tally.take() + self._broken_lines()

    def _line(self, line: bytes, start: int, received_us: int) -> Fault | None:
        """Take one line; return why it is no row, None where it is one or is counted already."""
        try:
            given = _DECODER.decode(line)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            self._broken_count += 1
            if not self._broken:
                self._broken.append((f"byte {start}", str(error)[:_MOST_SHOWN]))
            return None
        target = given.target_id or target_of(given.icao24)
        if target is None:
            return ADDRESS_INVALID
        time_us = given.time_us if given.time is None else (given.time - _EPOCH) // _MICROSECOND
        fault = position_fault(time_us, given.lat_deg, given.lon_deg)
        if fault is not None or time_us is None or given.lat_deg is None or given.lon_deg is None:
            return fault
        values: dict[str, Any] = {name: getattr(given, name) for name in _VALUES}
        if values["on_ground"] is not None:
            values["on_ground"] = int(values["on_ground"])
        if values["pos_err_m"] is None and given.nac_p:
            values["pos_err_m"] = EPU_M[given.nac_p]
        values["received_us"], values["raw"] = received_us, start
        self._rows.add(time_us, target, given.lat_deg, given.lon_deg, values)
        return None

    def _broken_lines(self) -> list[Finding]:
        """Return the finding that counts the lines that could not be read, with the first one's reason."""
        if not self._broken:
            return []
        (where, reason), count = self._broken.pop(), self._broken_count
        self._broken_count = 0
        message = f"line that is not an object of nofly's columns: {reason}"
        return [Finding("record-broken", Severity.REJECTED, message, self._source, where, count)]
