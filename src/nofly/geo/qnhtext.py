"""Reads QNH from text: a table of observations, or METAR and SPECI reports.

Sources: ICAO Annex 3, appendix 3, table A3-2 (METAR; Q in whole hectopascals), FMH-1 chapter 12 (A in
hundredths of an inch of mercury); 1 inHg = 33.86389 hPa.
"""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import UTC, datetime, timedelta

from nofly.errors import ConfigError, Finding, Severity
from nofly.geo.qnh import HIGHEST_HPA, LOWEST_HPA, QnhReport

HPA_PER_INHG = 33.86389
MOST_ROWS = 2_000_000

_REPORT = re.compile(r"\b([A-Z][A-Z0-9]{3})\s+(\d{2})(\d{2})(\d{2})Z\s")
_QNH = re.compile(r"(?<!\S)(?:Q(\d{4})|A(\d{4}))(?=[\s=/]|$)")

Stations = dict[str, tuple[float, float]]
"""Station designator → (lat_deg, lon_deg)."""


def read_qnh_csv(text: str, source: str = "") -> tuple[list[QnhReport], list[Finding]]:
    """Return the reports of a CSV with columns time, lat, lon, qnh_hpa (and, if any, station), in any order.

    ``time`` is ISO 8601 with its zone. A bad row is a finding; ConfigError when a column is missing.
    """
    reports: list[QnhReport] = []
    findings: list[Finding] = []
    for line, row in _rows(text, source, ("time", "lat", "lon", "qnh_hpa")):
        try:
            qnh, lat, lon = float(row["qnh_hpa"]), float(row["lat"]), float(row["lon"])
            if not (LOWEST_HPA <= qnh <= HIGHEST_HPA and abs(lat) <= 90.0 and abs(lon) <= 180.0):
                raise ValueError("a value out of range")
            station = (row.get("station") or "").strip().upper()
            reports.append(QnhReport(_time_us(row["time"]), lat, lon, qnh, station))
        except (ValueError, TypeError, OverflowError) as error:
            findings.append(_bad("qnh-row-unreadable", f"QNH row left out: {error}", source, f"line {line}"))
    return reports, findings


def read_stations_csv(text: str, source: str = "") -> Stations:
    """Return the places of a CSV with columns station, lat, lon; ConfigError names the first bad row."""
    places: Stations = {}
    for line, row in _rows(text, source, ("station", "lat", "lon")):
        try:
            lat, lon = float(row["lat"]), float(row["lon"])
            if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
                raise ValueError(f"position {lat}, {lon}")
        except (ValueError, TypeError) as error:
            raise ConfigError(str(error), source=source, locator=f"line {line}") from error
        places[row["station"].strip().upper()] = (lat, lon)
    return places


def read_metars(
    text: str, near_us: int, stations: Stations | None = None, source: str = ""
) -> tuple[list[QnhReport], list[Finding]]:
    """Return the QNH of each METAR or SPECI in ``text``; a report may run over several lines.

    A METAR names only the day of the month: it is put on the such day nearest to ``near_us``. A station that
    ``stations`` does not know has no place: if it is the only station, its QNH holds everywhere (a finding
    says so), otherwise its reports are left out, one finding a station.
    """
    reports: list[QnhReport] = []
    findings: list[Finding] = []
    starts = list(_REPORT.finditer(text))
    line, counted = 1, 0
    for number, start in enumerate(starts):
        line, counted = line + text.count("\n", counted, start.start()), start.start()
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        body = text[start.end() : min(end, start.end() + 2000)].split("RMK", 1)[0].split("TREND", 1)[0]
        qnh, when = _metar_qnh(body), _nearest_day_us(start, near_us)
        if qnh is None or when is None:
            what = "no QNH in it" if when is not None else "an impossible day or time"
            message = f"METAR {start[1]} left out: {what}"
            findings.append(_bad("metar-unreadable", message, source, f"line {line}"))
            continue
        lat, lon = (stations or {}).get(start[1], (math.nan, math.nan))
        reports.append(QnhReport(when, lat, lon, qnh, start[1]))
    return _placed(reports, findings, source)


def _placed(
    reports: list[QnhReport], findings: list[Finding], source: str
) -> tuple[list[QnhReport], list[Finding]]:
    names = {r.station for r in reports}
    lost = sorted({r.station for r in reports if math.isnan(r.lat_deg)})
    if lost and len(names) == 1:
        message = f"the place of {lost[0]} is not known: its QNH is taken to hold everywhere"
        return reports, [*findings, Finding("qnh-station-everywhere", Severity.WARNING, message, source)]
    for name in lost:
        count = sum(r.station == name for r in reports)
        message = f"the place of {name} is not known: its QNH is left out"
        findings.append(Finding("qnh-station-unknown", Severity.REJECTED, message, source, "", count))
    return [r for r in reports if not math.isnan(r.lat_deg)], findings


def _metar_qnh(body: str) -> float | None:
    found = _QNH.search(body + " ")
    if found is None:
        return None
    qnh = float(found[1]) if found[1] else float(found[2]) / 100.0 * HPA_PER_INHG
    return qnh if LOWEST_HPA <= qnh <= HIGHEST_HPA else None


def _nearest_day_us(report: re.Match[str], near_us: int) -> int | None:
    near = datetime.fromtimestamp(near_us // 1_000_000, UTC)
    day, hour, minute = (int(report[n]) for n in (2, 3, 4))
    if hour > 23 or minute > 59:
        return None
    best: int | None = None
    first = near.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for month in (first - timedelta(days=1), first, first + timedelta(days=32)):
        try:
            when = month.replace(day=day, hour=hour, minute=minute, second=0)
        except ValueError:
            continue
        at = int(when.timestamp()) * 1_000_000
        if best is None or abs(at - near_us) < abs(best - near_us):
            best = at
    return best


def _rows(text: str, source: str, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in needed if name not in reader.fieldnames]
    if missing:
        raise ConfigError(
            f"no column {', '.join(missing)}", source=source, locator="line 1", expected=", ".join(needed)
        )
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for row in reader:
            if len(rows) >= MOST_ROWS:
                raise ConfigError(f"more than {MOST_ROWS:,} rows", source=source)
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ConfigError(str(error), source=source, locator=f"line {reader.line_num}") from error
    return rows


def _time_us(text: str) -> int:
    when = datetime.fromisoformat(text.strip())
    if when.tzinfo is None:
        raise ValueError(f"time {text.strip()!r} does not name its zone")
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _bad(code: str, message: str, source: str, locator: str) -> Finding:
    return Finding(code, Severity.REJECTED, message, source, locator)
