"""Pairs of places as people write them: ``HEL-ICN``, ``EFHK-RKSI``, ``60.3,24.9-37.5,126.5``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from nofly.errors import ConfigError
from nofly.whatif.sphere import Place

EXPECTED = "FROM-TO, each an IATA or ICAO code of an airport or lat,lon, as HEL-ICN or 60.3,24.9-37.5,126.5"
MOST_PAIRS = 1_000_000
_NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,12})?"
_PLACE = rf"(?:[A-Za-z0-9]{{3,4}}|{_NUMBER},{_NUMBER})"
_PAIR = re.compile(rf"({_PLACE})-({_PLACE})(?:[\s,;]+(\d{{1,9}}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two places, what each is called, and how many flights there are between them."""

    start_name: str
    end_name: str
    start: Place
    end: Place
    flights: int = 1

    @property
    def name(self) -> str:
        """Both names: ``HEL-ICN``."""
        return f"{self.start_name}-{self.end_name}"


def read_pairs(path: str | Path) -> list[Pair]:
    """Return the pairs of a text file, one a line, how many flights after it (``HEL-ICN 7``); ``#`` begins a
    remark. Raises ConfigError for a line that is no pair."""
    lines = Path(path).read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if len(lines) > MOST_PAIRS:
        raise ConfigError(f"{len(lines):,} lines", source=str(path), expected=f"at most {MOST_PAIRS:,} pairs")
    found = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if text:
            found.append(pair(text, str(path), f"line {number}"))
    return found


def pairs(texts: Iterable[str]) -> list[Pair]:
    """Return pairs as they are written; ConfigError for what is none."""
    return [pair(text) for text in texts]


def pair(text: str, source: str = "", locator: str = "") -> Pair:
    """Return one pair; ConfigError for what is none, or names an airport that is not known."""
    found = _PAIR.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"pair {text[:80]!r}", source=source, locator=locator, expected=EXPECTED)
    (start_name, start), (end_name, end) = (_named(word, source, locator) for word in found.group(1, 2))
    return Pair(start_name, end_name, start, end, int(found[3] or 1))


def _named(word: str, source: str, locator: str) -> tuple[str, Place]:
    if "," in word:
        lat, lon = (float(part) for part in word.split(","))
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
            raise ConfigError(
                f"place {word}", source=source, locator=locator,
                expected="latitude within ±90°, longitude within ±180°",
            )  # fmt: skip
        return word, (lat, lon)
    code = word.upper()
    kind: Literal["IATA", "ICAO"] = "IATA" if len(code) == 3 else "ICAO"
    known = _airports(kind).get(code)
    if known is None:
        raise ConfigError(
            f"airport {code!r} is not known", source=source, locator=locator,
            expected=f"an {kind} code, or lat,lon in degrees",
        )  # fmt: skip
    return code, (float(known["lat"]), float(known["lon"]))


@lru_cache(maxsize=2)
def _airports(kind: Literal["IATA", "ICAO"]) -> dict[str, Any]:
    import airportsdata

    return dict(airportsdata.load(kind))
