"""Which column of a foreign table is what, and in which unit: shared by the table formats.

Recognised by name: nofly's own schema; OpenSky Network state vectors (metres, m/s; the documentation
of its historical database and REST interface); the ``traffic`` library (feet of pressure altitude,
knots, ft/min); readsb's words; and plain words with a unit at the end (``alt_ft``, ``speed_kt``). What a
name leaves open gets a default and a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nofly.errors import ConfigError, Finding, SchemaError, Severity
from nofly.feeds.height_units import family, told_unit, unit_of
from nofly.feeds.options import DATUMS, UNITS, ArchiveOptions, Column, kind_of
from nofly.schema import FLOATS, SMALLS, TEXTS

ALTITUDE = "altitude"
"""A height whose name tells no datum; it becomes the column of the default datum."""

HEIGHTS = (ALTITUDE, *DATUMS.values())
_WORDS: dict[str, str] = {}
for _ours, _names in {
    "time": "time timestamp datetime date_time utc time_utc ts epoch unixtime unix_time snapshot_time",
    "date": "date date_utc utc_date",
    "position_time": "lastposupdate last_position lastposition time_position last_pos_update",
    "icao24": "icao24 icao icao_24 hex hexident hex_ident icao_address mode_s modes address addr",
    "target_id": "target_id target",
    "callsign": "callsign call_sign flight ident",
    "squawk": "squawk mode_a mode3a mode_3a",
    "category": "category emitter_category",
    "lat_deg": "lat latitude",
    "lon_deg": "lon lng long longitude",
    "alt_std_m": "baroaltitude baro_altitude alt_baro altitude_baro pressure_altitude alt_std "
    "flight_level fl",
    "alt_hae_m": "geoaltitude geo_altitude alt_geom altitude_geom gnss_altitude hae alt_hae ellipsoid_height",
    "alt_amsl_m": "alt_amsl altitude_amsl alt_msl altitude_msl amsl elevation ele",
    "alt_agl_m": "alt_agl altitude_agl height_agl agl",
    ALTITUDE: "altitude alt height",
    "on_ground": "onground on_ground isonground is_on_ground ground gnd",
    "gs_mps": "groundspeed ground_speed gs speed velocity",
    "track_deg": "track heading true_track course cog track_angle",
    "vrate_mps": "vertical_rate vertrate vert_rate vertical_speed vrate baro_rate rocd",
    "pos_err_m": "pos_err",
    "alt_err_m": "alt_err",
    "nic": "nic",
    "nac_p": "nac_p nacp",
    "sil": "sil",
    "rc_m": "rc",
    "source": "source",
    "station": "station",
}.items():
    _WORDS.update(dict.fromkeys(_names.split(), _ours))

_OWN = {
    **{name: name for name in ("target_id", "lat_deg", "lon_deg", "raw", *FLOATS, *SMALLS, *TEXTS)},
    "time": "time", "time_us": "time", "received": "received", "received_us": "received",
}  # fmt: skip
_SUFFIXES = {
    "m": "m", "meters": "m", "metres": "m", "ft": "ft", "feet": "ft", "fl": "fl", "km": "km", "nm": "nm",
    "mps": "m/s", "ms": "m/s", "kt": "kt", "kts": "kt", "knots": "kt", "kmh": "km/h", "kph": "km/h",
    "fpm": "ft/min", "ftmin": "ft/min", "deg": "deg", "degrees": "deg", "rad": "rad",
}  # fmt: skip
_TIME_SUFFIXES = {"s": "s", "sec": "s", "ms": "ms", "us": "us", "ns": "ns"}
_SI = {"length": "m", "speed": "m/s", "angle": "deg", "time": ""}
_AVIATION = {"length": "ft", "speed": "kt", "angle": "deg", "time": ""}


@dataclass(frozen=True, slots=True)
class Reading:
    """One of our columns, the column of the file that holds it, and the factor to our unit."""

    ours: str
    name: str
    factor: float = 1.0
    time_unit: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a table is read: our name → reading, and what there is to say of it."""

    readings: Mapping[str, Reading]
    findings: tuple[Finding, ...]

    def __contains__(self, ours: str) -> bool:
        return ours in self.readings


@dataclass(slots=True)
class _Guess:
    ours: str
    unit: str
    rank: int
    """0 mapped by the user, 1 name tells all, 2 the convention of a known producer, 3 a default."""
    because: str = ""
    """What else of the table tells the unit."""


def convention(names: Sequence[str]) -> str:
    """Return whose names these are: ``nofly``, ``opensky``, ``traffic``, ``readsb`` or ``""``."""
    words = {_word(name) for name in names}
    if {"lat_deg", "lon_deg"} <= words and words & {"time", "time_us"}:
        return "nofly"
    if words & {"baroaltitude", "baro_altitude", "vertrate", "lastposupdate", "time_position", "true_track"}:
        return "opensky"
    if words & {"alt_baro", "baro_rate"} or {"hex", "lat", "lon"} <= words:
        return "readsb"
    if {"timestamp", "latitude", "longitude"} <= words and words & {"icao24", "groundspeed"}:
        return "traffic"
    return ""


def recognised(names: Sequence[str]) -> set[str]:
    """Return which of our columns these names are taken for: what a format's ``sniff`` asks."""
    kind = convention(names)
    return {guess.ours for name in names if (guess := _guess(name, kind, ("", ""), ""))}


def plan(names: Sequence[str], options: ArchiveOptions, source: str, dates: bool = False) -> Plan:
    """Return how to read a table with these column names; ``dates``: also with date and time apart.

    Raises SchemaError where it lacks time or place, ConfigError where it lacks all columns the options map.
    """
    absent = [name for name in options.columns if name not in names]
    if absent and not any(name in names for name in options.columns):
        raise ConfigError(
            f"column {absent[0]!r} is mapped but not there",
            source=source,
            expected=f"one of {', '.join(names)}",
        )
    whose = convention(names)
    words = [_word(name) for name in names]
    told, metric = told_unit(words), family(words)
    chosen: dict[str, tuple[str, _Guess]] = {}
    ignored: list[str] = []
    without_unit: list[str] = []
    for name in names:
        given = options.columns.get(name)
        guess = _mapped(Column(*given)) if given is not None else _guess(name, whose, told, metric)
        if guess is None or (guess.ours == "date" and not dates):
            ignored.append(name)
            continue
        if _is_height(guess.ours) and not guess.unit:
            without_unit.append(name)
            continue
        ours = DATUMS[options.altitude_datum or "std"] if guess.ours == ALTITUDE else guess.ours
        rival = chosen.get(ours)
        if rival is not None and rival[1].rank <= guess.rank:
            ignored.append(name)
            continue
        if rival is not None:
            ignored.append(rival[0])
        chosen[ours] = (name, guess)
    if "date" in chosen and "time" not in chosen:
        chosen["time"] = chosen.pop("date")
    _require(chosen, names, source)
    findings = _findings(chosen, ignored, whose, options, source)
    if without_unit:
        findings.append(_unit_unknown(without_unit, source))
    return Plan({ours: _reading(ours, *pair) for ours, pair in chosen.items()}, tuple(findings))


def _word(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    word = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")
    return word if word in _WORDS or word in _OWN else word.replace("mode_s", "modes")


def _mapped(column: Column) -> _Guess:
    unit = column.unit.lower() or _SI.get(kind_of(column.name), "")
    return _Guess(column.name, unit, 0)


def _is_height(ours: str) -> bool:
    return ours in HEIGHTS


def _guess(name: str, whose: str, told: tuple[str, str], metric: str) -> _Guess | None:
    word = _word(name)
    if word in _OWN and (
        whose == "nofly" or word.endswith(("_deg", "_m", "_mps", "_us")) or word == "target_id"
    ):
        return _Guess(_OWN[word], "us" if word.endswith("_us") else _SI.get(kind_of(_OWN[word]), ""), 1)
    if word in _WORDS:
        ours = _WORDS[word]
        if _is_height(ours):
            unit = unit_of(word, whose, told[0])
            because = told[1] if unit and unit_of(word, whose, "") != unit else ""
            return _Guess(ours, unit, 3 if because else _rank(ours, word, whose), because)
        if metric and not whose and kind_of(ours) == "speed":
            return _Guess(ours, "m/s", 3, metric)
        return _Guess(ours, _default_unit(ours, word, whose), _rank(ours, word, whose))
    stem, _, suffix = word.rpartition("_")
    ours = _WORDS.get(stem, "")
    units = _TIME_SUFFIXES if kind_of(ours) == "time" else _SUFFIXES
    if not ours or suffix not in units:
        return None
    unit = units[suffix]
    length = kind_of(ours) == "length" or ours == ALTITUDE
    fits = UNITS["length"] if length else UNITS.get(kind_of(ours), {})
    return _Guess(ours, unit, 3 if ours == ALTITUDE else 1) if unit in fits else None


def _default_unit(ours: str, word: str, whose: str) -> str:
    if ours in ("pos_err_m", "alt_err_m", "rc_m"):
        return "m"
    if ours == "vrate_mps" and whose != "opensky":
        return "ft/min"
    return (_SI if whose in ("opensky", "nofly") else _AVIATION).get(kind_of(ours), "")


def _rank(ours: str, word: str, whose: str) -> int:
    if ours == ALTITUDE:
        return 3
    if (
        kind_of(ours) in ("length", "speed")
        and ours not in ("pos_err_m", "alt_err_m", "rc_m")
        and word != "fl"
    ):
        return 2 if whose else 3
    return 1


def _reading(ours: str, name: str, guess: _Guess) -> Reading:
    kind = "length" if guess.ours == ALTITUDE else kind_of(ours)
    if kind == "time":
        return Reading(ours, name, time_unit=guess.unit)
    return Reading(ours, name, UNITS[kind][guess.unit] if guess.unit else 1.0)


def _require(chosen: Mapping[str, object], names: Sequence[str], source: str) -> None:
    lacking = [n for n in ("lat_deg", "lon_deg") if n not in chosen]
    if "time" not in chosen and "position_time" not in chosen:
        lacking.insert(0, "time")
    if lacking:
        shown = ", ".join(list(names)[:40])
        raise SchemaError(
            f"no column is known as {', '.join(lacking)}", source=source, locator=f"columns {shown}",
            expected="names of nofly, OpenSky, traffic or readsb, or a column mapping",
        )  # fmt: skip


def _findings(
    chosen: Mapping[str, tuple[str, _Guess]],
    ignored: Sequence[str],
    whose: str,
    options: ArchiveOptions,
    source: str,
) -> list[Finding]:
    findings = []
    found = {guess.ours: (name, guess) for name, guess in chosen.values()}
    if ALTITUDE in found and options.altitude_datum is None:
        name, guess = found[ALTITUDE]
        findings.append(_datum_assumed(f"{name} in {guess.unit}", source))
    open_units = [
        f"{name} in {g.unit}" + (f" ({g.because})" if g.because else "")
        for name, g in chosen.values()
        if g.rank == 3 and not _unit_told(name)
    ]
    if open_units and whose != "traffic":
        text = "units are not stated; assumed: " + ", ".join(open_units)
        findings.append(Finding("units-assumed", Severity.WARNING, text, source))
    told = [f"{name} in {g.unit}" for name, g in chosen.values() if whose == "traffic" and g.rank in (2, 3)]
    if told:
        text = "units as the traffic library writes them: " + ", ".join(told)
        findings.append(Finding("units-assumed", Severity.INFO, text, source))
    if ignored:
        shown = ", ".join(ignored[:40]) + (" …" if len(ignored) > 40 else "")
        findings.append(Finding("columns-ignored", Severity.INFO, f"columns not used: {shown}", source))
    return findings


def _unit_told(name: str) -> bool:
    word = _word(name)
    return word not in _WORDS and word.rpartition("_")[2] in _SUFFIXES


def _unit_unknown(names: Sequence[str], source: str) -> Finding:
    shown = ", ".join(names)
    text = (
        f"nothing says the unit of {shown}: not used (expected {names[0]}_m or {names[0]}_ft as its "
        f"name, or a mapping with the unit)"
    )
    return Finding("height-unit-unknown", Severity.WARNING, text, source)


def _datum_assumed(what: str, source: str) -> Finding:
    text = f"heights come without a datum: {what} read as pressure altitude (1013.25 hPa)"
    return Finding("altitude-datum-assumed", Severity.INFO, text, source)


def zone_assumed(source: str) -> Finding:
    """Return the finding for times that came without a zone."""
    text = "times come without a zone: read as UTC"
    return Finding("time-zone-assumed", Severity.INFO, text, source)
