"""What a reader of recorded traffic is told: the columns, the defaults, the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from nofly.errors import ConfigError
from nofly.schema import FLOATS, SMALLS, TEXTS

DATUMS = {"std": "alt_std_m", "amsl": "alt_amsl_m", "hae": "alt_hae_m", "agl": "alt_agl_m"}
"""Name of a height datum → the column that holds heights on it."""

MAPPABLE = ("time", "date", "received", "target_id", "icao24", "lat_deg", "lon_deg", *FLOATS, *SMALLS, *TEXTS)
"""Our columns that a column of a file can be mapped to."""

UNITS: dict[str, dict[str, float]] = {
    "length": {"m": 1.0, "ft": 0.3048, "fl": 30.48, "km": 1000.0, "nm": 1852.0},
    "speed": {"m/s": 1.0, "kt": 1852.0 / 3600.0, "km/h": 1 / 3.6, "ft/min": 0.3048 / 60.0, "ft/s": 0.3048},
    "angle": {"deg": 1.0, "rad": 57.29577951308232},
    "time": {"iso": 0.0, "s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3},
}
"""Kind of quantity → unit → factor to our unit (metres, m/s, degrees, microseconds)."""


DATE_ORDERS = ("dmy", "mdy")
"""Day, month, year; month, day, year."""
BEAST_CLOCKS = ("12mhz", "gps")


def kind_of(column: str) -> str:
    """Return the kind of quantity one of our columns holds, ``""`` where it has no unit."""
    if column in ("time", "received", "position_time"):
        return "time"
    for suffix, kind in (("_mps", "speed"), ("_m", "length"), ("_deg", "angle")):
        if column.endswith(suffix):
            return kind
    return ""


class Column(NamedTuple):
    """What a column of a file is: one of :data:`MAPPABLE`, and its unit (of :data:`UNITS`)."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How to read files of recorded traffic. Raises ConfigError for a value that cannot be."""

    format: str | None = None
    """Name of an archive plugin; None tells the format from the first bytes."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """Column of the file → what it is; goes before anything recognised by name."""
    altitude_datum: str | None = None
    """Datum of heights that come without one: a key of :data:`DATUMS`. None is ``std``, with a finding."""
    time_zone: str | None = None
    """IANA name of the zone of times that come without one. None is UTC, with a finding."""
    date_order: str | None = None
    """Which number of a date with slashes is the day: one of :data:`DATE_ORDERS`. None: what a number above
    12 in the file tells."""
    start_us: int | None = None
    """When a recording with a clock of its own began, in microseconds UTC (of a GPS clock: any time of that
    day). None counts from 1970, with a finding."""
    beast_clock: str = "12mhz"
    """What the clock of Beast frames is: one of :data:`BEAST_CLOCKS`."""
    receiver: tuple[float, float] | None = None
    """Latitude and longitude of the receiver, in degrees: with it raw surface positions can be read of an
    aircraft that has not been seen airborne. Only for a recording of one receiver."""
    respect_privacy: bool = True
    """Leave out the callsign of aircraft marked PIA or LADD in readsb's database flags."""
    batch_rows: int = 262_144
    """A batch has at most about so many rows."""
    max_line_bytes: int = 1 << 20
    """Longest line of text, or longest JSON object of a list."""
    max_document_bytes: int = 256 << 20
    """Longest JSON document that has to be held whole: a trace, a snapshot, a table in column order."""
    max_ratio: float = 200.0
    """Most decompressed bytes a compressed byte may give, once 64 MiB have come out."""
    max_bytes: int = 1 << 40
    """Most decompressed bytes of one file."""

    def __post_init__(self) -> None:
        if self.altitude_datum is not None and self.altitude_datum not in DATUMS:
            raise ConfigError(
                f"altitude datum {self.altitude_datum!r}", expected=f"one of {', '.join(DATUMS)}"
            )
        if self.time_zone is not None:
            _check_zone(self.time_zone)
        if self.date_order not in (None, *DATE_ORDERS):
            raise ConfigError(f"date order {self.date_order!r}", expected=f"one of {', '.join(DATE_ORDERS)}")
        _check_clock(self.start_us, self.beast_clock)
        _check_receiver(self.receiver)
        for name, column in self.columns.items():
            _check_column(name, Column(*column))
        for limit in ("batch_rows", "max_line_bytes", "max_document_bytes", "max_ratio", "max_bytes"):
            if not getattr(self, limit) > 0:
                raise ConfigError(f"{limit} is {getattr(self, limit)}", expected="more than 0")


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ConfigError(f"time zone {name!r}", expected="an IANA name such as Europe/Kyiv") from error


def _check_clock(start_us: int | None, beast_clock: str) -> None:
    if beast_clock not in BEAST_CLOCKS:
        raise ConfigError(f"Beast clock {beast_clock!r}", expected=f"one of {', '.join(BEAST_CLOCKS)}")
    if start_us is not None and start_us <= 0:
        raise ConfigError(f"start_us is {start_us}", expected="microseconds since 1970")


def _check_receiver(receiver: tuple[float, float] | None) -> None:
    if receiver is None:
        return
    lat_deg, lon_deg = receiver
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise ConfigError(f"receiver at {lat_deg}, {lon_deg}", expected="latitude, longitude in degrees")


def _check_column(name: str, column: Column) -> None:
    if column.name not in MAPPABLE:
        raise ConfigError(
            f"column {name!r} is mapped to {column.name!r}", expected=f"one of {', '.join(MAPPABLE)}"
        )
    units = UNITS.get(kind_of(column.name), {})
    if column.unit and column.unit.lower() not in units:
        raise ConfigError(
            f"column {name!r} is mapped with unit {column.unit!r}",
            expected=f"one of {', '.join(units)}" if units else f"no unit: {column.name} has none",
        )
