"""Columns as a file gives them, in our names and units, to a batch of positions and its findings.

What every table format shares: a row without time, target or place is rejected and counted, and
never another; a value that cannot be is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.errors import Finding, Severity
from nofly.feeds.faults import ADDRESS_INVALID, POSITION_INVALID, POSITION_MISSING, TIME_INVALID, Tally
from nofly.feeds.times import LATEST_US, NO_TIME
from nofly.schema import FLOATS, SMALLS, TEXTS, Coded, Positions
from nofly.tracks.quality import epu_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

POSITION_AGE_US = 600_000_000
"""A time of position further than this from the time of its row is not believed."""

_LARGEST = {"on_ground": 1, "nic": 11, "nac_p": 11, "sil": 3}
_NEVER_NEGATIVE = ("gs_mps", "pos_err_m", "alt_err_m")


def assemble(
    given: Mapping[str, Any], source: str, first_record: int, unit: str = "row", unread: str = ""
) -> tuple[Positions, list[Finding]]:
    """Return the rows that are positions, in file order, and findings that count the others.

    ``given`` holds arrays of one length by our names: ``time`` (microseconds, NO_TIME is none), ``target``
    (Coded), ``lat_deg``, ``lon_deg``, and what else there is; beside the schema's names ``position_time``
    (microseconds: when the position was received, where ``time`` is that of the row) and ``rc_m``
    (radius of containment). ``first_record`` and ``unit`` make the locator of the first rejected row;
    ``unread`` is a text among the times that is none, to be shown.
    """
    findings: list[Finding] = []
    time_us, target = _times(given, source, findings), given["target"]
    lat, lon = given["lat_deg"], given["lon_deg"]
    columns = _numbers(given, len(lat))
    texts = {name: given[name] for name in TEXTS if name in given}
    batch = Positions(time_us, target, lat, lon, columns, texts)
    if _all_good(batch):
        return batch, findings
    with np.errstate(invalid="ignore"):
        placed = (np.abs(lat) <= 90.0) & (np.abs(lon) <= 180.0)
    timed = (time_us > 0) & (time_us < LATEST_US)
    named = target.codes >= 0
    good = placed & timed & named
    missing = np.isnan(lat) | np.isnan(lon)
    tally = Tally(source)
    order = "; date_order says whether day or month comes first" if "/" in unread else ""
    shown = f": {unread!r} (expected 2026-05-02T16:57:30Z, or a number since 1970{order})" if unread else ""
    for fault, rows in (
        (TIME_INVALID._replace(message=TIME_INVALID.message + shown), ~timed),
        (ADDRESS_INVALID, timed & ~named),
        (POSITION_MISSING, timed & named & ~placed & missing),
        (POSITION_INVALID, timed & named & ~placed & ~missing),
    ):
        tally.add(fault, f"{unit} {first_record + int(np.argmax(rows))}", int(rows.sum()))
    findings += tally.take()
    return batch.take(np.flatnonzero(good)), findings


def _all_good(batch: Positions) -> bool:
    """Whether no row has to be looked at: extremes are found fast, and NaN fails every comparison."""
    if not len(batch):
        return True
    bounds = (
        (batch.time_us, 1, LATEST_US - 1), (batch.target.codes, 0, len(batch.target.values)),
        (batch.lat_deg, -90.0, 90.0), (batch.lon_deg, -180.0, 180.0),
    )  # fmt: skip
    return all(column.min() >= low and column.max() <= high for column, low, high in bounds)


def _times(given: Mapping[str, Any], source: str, findings: list[Finding]) -> NDArray[np.int64]:
    """Return the time of each position: that of its reception where the row tells it apart."""
    row_us: NDArray[np.int64] | None = given.get("time")
    position_us: NDArray[np.int64] | None = given.get("position_time")
    if position_us is None:
        assert row_us is not None
        return row_us
    if row_us is None:
        return position_us
    believed = (position_us > 0) & (np.abs(position_us - row_us) <= POSITION_AGE_US)
    doubted = int(((position_us > 0) & ~believed & (row_us > 0)).sum())
    if doubted:
        findings.append(
            Finding(
                "position-time-doubted", Severity.WARNING,
                "time of position more than 10 min from the time of its row: the row's time is used",
                source, "", doubted,
            )
        )  # fmt: skip
    return np.where(believed & (row_us != NO_TIME), position_us, row_us)


def _numbers(given: Mapping[str, Any], rows: int) -> dict[str, NDArray[Any]]:
    """Return the optional numeric columns: what cannot be is null, errors are filled from NACp or Rc."""
    columns: dict[str, NDArray[Any]] = {}
    for name in FLOATS:
        if name in given:
            columns[name] = _finite(given[name], name in _NEVER_NEGATIVE)
    for name in SMALLS:
        if name in given:
            values = given[name]
            with np.errstate(invalid="ignore"):
                possible = (values >= 0) & (values <= _LARGEST[name])
            columns[name] = np.where(possible, values, -1).astype(np.int8)
    for name in ("received_us", "raw"):
        if name in given:
            columns[name] = given[name]
    error = _position_error(columns, given.get("rc_m"))
    if error is not None:
        columns["pos_err_m"] = error
    return columns


def _finite(values: NDArray[np.float64], never_negative: bool) -> NDArray[np.float64]:
    if not never_negative and np.isfinite(_total(values)):
        return values
    with np.errstate(invalid="ignore"):
        bad = np.isinf(values)
        if never_negative:
            bad |= values < 0
    return np.where(bad, np.nan, values) if bad.any() else values


def _total(values: NDArray[np.float64]) -> float:
    """Return the sum: finite only where every value is, and fast."""
    with np.errstate(invalid="ignore", over="ignore"):
        return float(values.sum())


def _position_error(
    columns: Mapping[str, Any], rc_m: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Return the 95 % position error: as given, else from NACp, else the radius of containment."""
    error: NDArray[np.float64] | None = columns.get("pos_err_m")
    others: list[NDArray[np.float64]] = []
    if "nac_p" in columns:
        others.append(epu_m(columns["nac_p"]))
    if rc_m is not None:
        with np.errstate(invalid="ignore"):
            others.append(np.where(rc_m > 0, rc_m, np.nan))
    for other in others:
        error = other if error is None else np.where(np.isnan(error), other, error)
    return error


def no_target(rows: int, source: str) -> tuple[Coded, Finding]:
    """Return one target for a file that names none, and the finding that says so."""
    name = source.replace("\\", "/").rsplit("/", 1)[-1] or "track"
    finding = Finding(
        "target-assumed", Severity.WARNING,
        f"no column names the aircraft: the file is read as one track, track:{name}", source,
    )  # fmt: skip
    return Coded(np.zeros(rows, np.int32), [f"track:{name}"]), finding
