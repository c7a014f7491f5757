"""Airports by code, and the one that a flight was heard to leave or to reach."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import numpy as np

from nofly.errors import ConfigError
from nofly.geo.geodesic import distances_m
from nofly.units import M_PER_FT

NEAR_M = 15_000.0
"""A flight heard low no further from an airport than this is taken to use it."""
LOW_M = 1_000.0
"""Low: on the ground, or no higher than this above the airport."""
_BAND_DEG = NEAR_M / 110_000.0


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport of airportsdata (MIT), whose codes are ICAO's and IATA's."""

    icao: str
    iata: str
    name: str
    country: str
    lat_deg: float
    lon_deg: float
    elevation_m: float


class Airports:
    """All airports that have an ICAO code."""

    def __init__(self, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """``rows`` are airportsdata's, ``names`` those of its columns."""
        self._place = {name: k for k, name in enumerate(names)}
        icao, lat, lon = (self._place[name] for name in ("icao", "lat", "lon"))
        self._rows = {row[icao]: row for row in rows if row[icao]}
        self._icao = list(self._rows)
        self._lat = np.array([row[lat] for row in self._rows.values()])
        self._lon = np.array([row[lon] for row in self._rows.values()])

    def _at(self, icao: str) -> Airport:
        iata, name, country, lat_deg, lon_deg, elevation_ft = (
            self._rows[icao][self._place[name]]
            for name in ("iata", "name", "country", "lat", "lon", "elevation")
        )
        return Airport(icao, iata, name, country, lat_deg, lon_deg, elevation_ft * M_PER_FT)

    def named(self, code: str) -> Airport:
        """Return the airport with an ICAO or IATA code. Raises ConfigError where there is none."""
        name = code.strip().upper()
        if name in self._rows:
            return self._at(name)
        iata = self._place["iata"]
        found = [icao for icao, row in self._rows.items() if name and row[iata] == name]
        if not found:
            raise ConfigError(f"no airport {code!r}", expected="an ICAO or IATA code, as EDDF or FRA")
        return self._at(found[0])

    def used(
        self, lat_deg: float, lon_deg: float, on_ground: bool, height_m: float, above_ground_m: float
    ) -> Airport | None:
        """Return the airport near which a flight was heard, low or on the ground; None where there is none,
        or the height is not known.

        One that has an IATA code, as scheduled traffic uses it, goes before a nearer one that has none,
        unless the flight was on the ground.
        """
        rows = np.flatnonzero(np.abs(self._lat - lat_deg) < _BAND_DEG)
        away_m = distances_m(lat_deg, lon_deg, self._lat[rows], self._lon[rows])
        found = []
        for k in np.flatnonzero(away_m <= NEAR_M).tolist():
            one = self._at(self._icao[rows[k]])
            low = on_ground or above_ground_m <= LOW_M or height_m - one.elevation_m <= LOW_M
            if low:
                found.append((not on_ground and not one.iata, away_m[k], one.icao, one))
        return min(found)[-1] if found else None


@cache
def all_airports() -> Airports:
    """Return the airports that airportsdata knows."""
    # airportsdata.load makes a dictionary of every row, which takes twice as long as to read them.
    text = files("airportsdata").joinpath("airports.csv").read_text(encoding="utf-8")
    names, *rows = csv.reader(StringIO(text), quoting=csv.QUOTE_NONNUMERIC)
    return Airports(names, rows)
