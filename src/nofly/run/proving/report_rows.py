"""The table of reports in a report: what was received round a stay, and what the screen said of each."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np

from nofly.incidents.record import Infringement
from nofly.run.outputs.text import clock, place, printable
from nofly.run.result import CheckResult
from nofly.tracks.screening import Mark
from nofly.units import M_PER_FT, US_PER_S

MOST_ROWS = 80
AROUND_S = 60
_KT_PER_MPS = 3600.0 / 1852.0
_HEAD = ("time", "place", "ft 1013", "ft AMSL", "ft AGL", "kt", "track", "± m", "source", "marks")


def rows_table(result: CheckResult, stay: Infringement) -> str:
    """Return the reports from a minute before entry to a minute after exit; of more than :data:`MOST_ROWS`
    every so manieth, with all that are marked."""
    tracks = result.tracks
    if tracks is None or not len(tracks):
        return "<p>There are none.</p>"
    around_us = AROUND_S * US_PER_S
    mine = [name == stay.target_id for name in tracks.target.values]
    wanted = np.array([*mine, False], np.bool_)[tracks.target.codes]
    wanted &= tracks.time_us >= stay.entry_time_us - around_us
    wanted &= tracks.time_us <= stay.exit_time_us + around_us
    rows = np.flatnonzero(wanted)
    marks = result.marks if result.marks is not None else np.zeros(len(tracks), np.uint16)
    every = max(1, math.ceil(len(rows) / MOST_ROWS))
    shown = [k for n, k in enumerate(rows.tolist()) if n % every == 0 or marks[k]][: 2 * MOST_ROWS]
    told = "From a minute before entry to a minute after exit; those inside are shaded."
    if len(shown) < len(rows):
        told += f" {len(shown)} of {len(rows):,} are shown; tracks.parquet holds them all."
    lines = [_row(tracks, k, int(marks[k]), stay) for k in shown]
    names = [k for k, name in enumerate(_HEAD) if any(line[0][k] for line in lines)]
    head = "".join(f"<th>{_HEAD[k]}</th>" for k in names)
    body = "".join(
        f"<tr{' class=in' if inside else ''}>{''.join(f'<td>{escape(cells[k])}</td>' for k in names)}</tr>"
        for cells, inside in lines
    )
    table = f'<table class="rows"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"<p>{told}</p>{table}"


def _row(tracks: Any, k: int, marks: int, stay: Infringement) -> tuple[tuple[str, ...], bool]:
    """Return the cells of a report, empty where it says nothing, and whether it lies in the stay."""
    time_us = int(tracks.time_us[k])

    def number(column: str, factor: float, digits: int = 0) -> str:
        found = tracks.column(column)
        value = math.nan if found is None else float(found[k])
        return "" if math.isnan(value) else f"{value * factor:,.{digits}f}"

    source, station = (tracks.texts[n].at(k) if n in tracks.texts else None for n in ("source", "station"))
    cells = (
        clock(time_us, date=False, tenths=True).removesuffix(" Z"),
        place(float(tracks.lat_deg[k]), float(tracks.lon_deg[k])),
        number("alt_std_m", 1 / M_PER_FT), number("alt_amsl_m", 1 / M_PER_FT),
        number("alt_agl_m", 1 / M_PER_FT),
        number("gs_mps", _KT_PER_MPS), number("track_deg", 1.0), number("pos_err_m", 1.0),
        printable(" ".join(text for text in (source, station) if text)), Mark(marks).sentence,
    )  # fmt: skip
    return cells, stay.entry_time_us <= time_us <= stay.exit_time_us
