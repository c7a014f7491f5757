"""ASTERIX from UDP datagrams: categories 021 (ADS-B), 048 (one radar) and 062 (system tracks).

Nothing in a datagram tells the edition, and one read by another edition's table gives numbers that are all
wrong. So the edition of each category is an option, and every source (SAC/SIC) has to prove it: what it says
is held back until five records in a row make sense, and refused, with a finding, where too many do
not. A record makes sense if it ends where its block does, has the items that it must have, lies within what
can be flown, and has a time of day near the time of reception: wrong tables fail the last 199 times in 200.
A refused source is read on, and taken back after fifty good records in a row.

Times of day become UTC on the day that puts them nearest to the time received. Source: EUROCONTROL
SPEC-0149 (ASTERIX part 1); tables of all editions from ``libasterix``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

from nofly.errors import ConfigError, Severity
from nofly.feeds.decoders import _asterix_021, _asterix_048, _asterix_062
from nofly.feeds.decoders._asterix_layout import Broken, Layout
from nofly.feeds.decoders._asterix_polar import Site
from nofly.feeds.decoders._asterix_proof import Row, Sources
from nofly.feeds.decoders._asterix_report import (
    TARGET_UNNAMED,
    Places,
    Report,
)
from nofly.feeds.decoders._asterix_tracks import Tracks
from nofly.feeds.decoding import DATAGRAM, Decoded, Decoder, options_of
from nofly.feeds.faults import (
    NOT_A_POSITION,
    POSITION_REPEATED,
    RECORD_BROKEN,
    Fault,
    Tally,
    position_fault,
)
from nofly.feeds.rows import Rows
from nofly.units import DAY_US, US_PER_S

NAME = "asterix"
FRAMING = DATAGRAM
HEIGHTS = ("STD", "AMSL", "HAE")

UNREAD = "none"
"""In place of an edition: the category is not read."""

BLOCK_BROKEN = Fault("block-broken", "data block whose length cannot be: the rest of the datagram is lost")
VALUE_IMPOSSIBLE = Fault("value-impossible", "record with a value that cannot be")
TIME_FAR = Fault("time-far", "record with no time of day, or one far from the time it was received")
OTHER_CATEGORY = Fault(
    NOT_A_POSITION.code, "data blocks of categories that are not read here", NOT_A_POSITION.severity
)
SUSPECT = Fault(
    "report-suspect",
    "positions that the ground station doubts: kept, without any integrity",
    Severity.WARNING,
)

_HEADER_BYTES = 3
_CATEGORIES: dict[int, ModuleType] = {m.CATEGORY: m for m in (_asterix_021, _asterix_048, _asterix_062)}


@dataclass(frozen=True, slots=True)
class AsterixOptions:
    """How to read a feed of ASTERIX."""

    cat021: str = _asterix_021.EDITION
    """Edition of category 021; ``none``: not read. 2.7 reads 2.1 and later, 0.26 (say) only itself."""
    cat048: str = _asterix_048.EDITION
    """Edition of category 048; 1.32 reads 1.27 and later."""
    cat062: str = _asterix_062.EDITION
    """Edition of category 062; 1.21 reads 1.16 and later."""
    sites: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    """``SAC/SIC`` of a radar → latitude, longitude, height of its antenna (m above the WGS 84 ellipsoid).
    In a URL: ``sites=25/12:43.57:16.40:120,25/13:…``. Plots of any other radar are rejected."""
    range_error_m: float = 250.0
    """95 % error of a radar's slant range, bias included: nofly's choice, rather too large (usual secondary
    radars scatter by 45 to 80 m, one standard deviation)."""
    azimuth_error_deg: float = 0.3
    """95 % error of its azimuth, bias included (usual secondary radars scatter by 0.05° to 0.18°)."""
    reference: tuple[float, float] | None = None
    """Latitude and longitude of the point that Cartesian tracks (I062/100) are counted from."""
    clock_tolerance_s: float = 300.0
    """Furthest that a time of day may be from the time received."""
    test_targets: bool = False
    """Whether simulated and test targets and field monitors are read as aircraft: for trials."""

    def __post_init__(self) -> None:
        for name, (lat_deg, lon_deg, height_m) in self.sites.items():
            parts = name.split("/")
            if len(parts) != 2 or not all(p.isdigit() and str(int(p)) == p and int(p) < 256 for p in parts):
                raise ConfigError(f"site of {name!r}", expected="SAC/SIC such as 25/12")
            if not (abs(lat_deg) <= 90 and abs(lon_deg) <= 180 and -500 <= height_m <= 9000):
                raise ConfigError(
                    f"site {name} at {lat_deg}, {lon_deg}, {height_m} m", expected="lat, lon, m"
                )
        if self.reference is not None and not (
            abs(self.reference[0]) <= 90 and abs(self.reference[1]) <= 180
        ):
            raise ConfigError(f"reference {self.reference}", expected="latitude, longitude in degrees")
        if not 0 < self.clock_tolerance_s <= 3600:
            raise ConfigError(f"clock_tolerance_s = {self.clock_tolerance_s}", expected="up to 3600")
        if not (0 <= self.range_error_m <= 1e5 and 0 <= self.azimuth_error_deg <= 90):
            raise ConfigError("error of a radar out of range", expected="metres, degrees")


OPTIONS = AsterixOptions


def heights(options: Mapping[str, object]) -> tuple[str, ...]:
    """Return which of ``HEIGHTS`` the categories that are read may tell: one radar tells no satellite height,
    ADS-B none above the sea."""
    given = options_of(AsterixOptions, options, "")
    adsb, radar, tracks = (each != UNREAD for each in (given.cat021, given.cat048, given.cat062))
    told = {"STD": True, "AMSL": radar or tracks, "HAE": adsb or tracks}
    return tuple(datum for datum in HEIGHTS if told[datum])


def decoder(options: Mapping[str, object], source: str) -> Decoder:
    """Return a decoder for one live feed; see :mod:`nofly.feeds.decoding`.

    Raises ConfigError for an edition that libasterix does not know, or where it is not installed.
    """
    return AsterixFeed(options_of(AsterixOptions, options, source), source)


class AsterixFeed:
    """Turns datagrams of data blocks into positions."""

    def __init__(self, options: AsterixOptions, source: str) -> None:
        self.records = 0
        self._options = options
        self._tally = Tally(source)
        self._rows = Rows()
        self._offset = 0
        self._received_us = 0
        self._places = Places(
            {name: Site(*site) for name, site in options.sites.items()},
            options.range_error_m, options.azimuth_error_deg, options.reference,
        )  # fmt: skip
        given = {21: options.cat021, 48: options.cat048, 62: options.cat062}
        self._layouts = {
            category: Layout(category, edition, _CATEGORIES[category].FIELDS, source)
            for category, edition in given.items()
            if edition != UNREAD
        }
        self._sources = Sources(
            {c: given[c] for c in self._layouts}, self._add, self._reject, self._tally.add
        )
        self._tracks = Tracks()

    def feed(self, data: bytes, received_us: int) -> Decoded:
        """Return the positions of the records in one datagram, and findings that count the others.

        Positions of a source that has not proved its edition yet come with a later call.
        """
        self._received_us = received_us
        at, end = 0, len(data)
        while at < end:
            length = int.from_bytes(data[at + 1 : at + _HEADER_BYTES], "big")
            if length < _HEADER_BYTES or at + length > end:
                self._reject(BLOCK_BROKEN, self._where(at))
                break
            category = data[at]
            if category in self._layouts:
                self._block(data, category, at + _HEADER_BYTES, at + length)
            else:
                self._reject(OTHER_CATEGORY, self._where(at))
            at += length
        self._offset += end
        return self._rows.take(), self._tally.take()

    def finish(self, received_us: int) -> Decoded:
        """Reject what sources have said that never proved their edition."""
        self._sources.finish()
        return self._rows.take(), self._tally.take()

    def _where(self, at: int) -> str:
        return f"byte {self._offset + at}"

    def _reject(self, fault: Fault, where: str, count: int = 1) -> None:
        self.records += count
        self._tally.add(fault, where, count)

    def _add(self, row: Row) -> None:
        self.records += 1
        self._rows.add(*row)

    def _block(self, data: bytes, category: int, at: int, end: int) -> None:
        """Take the records of one block; where one is broken, what follows it in the block is lost."""
        layout, plugin = self._layouts[category], _CATEGORIES[category]
        while at < end:
            where = self._where(at)
            try:
                spans, after = layout.record(data, at, end)
                given = layout.values(data, spans)
                if any(given[name] is None for name in plugin.NEEDED):
                    raise Broken("an item that every record has is missing")
            except Broken:
                self._sources.bad((category, *_source_of(data, at, end)), RECORD_BROKEN, where)
                return
            key = (category, given["010/SAC"], given["010/SIC"])
            time_us = self._time_us(plugin.time_of_day_s(given))
            if plugin.impossible(given):
                self._sources.bad(key, VALUE_IMPOSSIBLE, where)
            elif time_us is None:
                self._sources.bad(key, TIME_FAR, where)
            else:
                self._sources.good(key, self._taken(plugin, given, key, time_us, self._offset + at), where)
            at = after

    def _time_us(self, of_day_s: float | None) -> int | None:
        """Return the UTC time nearest to the time received; None where that is too far, or there is none."""
        if of_day_s is None or of_day_s > 86_400.0:
            return None
        received_us = self._received_us
        time_us = received_us // DAY_US * DAY_US + round(of_day_s * US_PER_S)
        time_us += DAY_US * round((received_us - time_us) / DAY_US)
        far = abs(time_us - received_us) > self._options.clock_tolerance_s * US_PER_S
        return None if far else time_us

    def _taken(
        self, plugin: ModuleType, given: dict[str, object], key: tuple[int, int, int], time_us: int, raw: int
    ) -> Row | Fault:
        """Return the row of a record that makes sense, or why it is none."""
        if self._options.test_targets:
            given = {name: None if name in _TEST_FLAGS else value for name, value in given.items()}
        report: Report | Fault = plugin.report(given, self._places)
        if not isinstance(report, Report):
            return report
        lat, lon = report.lat_deg, report.lon_deg
        fault = position_fault(time_us, lat, lon)
        if fault is not None or lat is None or lon is None:
            return fault or NOT_A_POSITION
        target = self._tracks.target(key, report, time_us)
        if target is None:
            return TARGET_UNNAMED
        if self._tracks.repeats(target, time_us, lat, lon):
            return POSITION_REPEATED
        if report.suspect:
            self._tally.add(SUSPECT, f"byte {raw}")
        station = f"{key[1]:03d}/{key[2]:03d}"
        values = {**report.values, "station": station, "received_us": self._received_us, "raw": raw}
        return time_us, target, lat, lon, values


_TEST_FLAGS = frozenset((
    "020/SIM", "020/TST", "020/RAB", "040/SIM", "040/TST", "040/RAB", "080/SIM", "340/TYP/TST", "340/TYP/RAB",
))  # fmt: skip


def _source_of(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return SAC and SIC of a record of whatever edition: item 010 comes first in each; -1 if absent."""
    after = at
    while after < end and data[after] & 1:
        after += 1
    if after + 2 >= end or not data[at] & 0x80:
        return -1, -1
    return data[after + 1], data[after + 2]
