"""What going round costs, as text, JSON, CSV and GeoJSON."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from typing import Any

import numpy as np

from nofly import __version__
from nofly.run.outputs.geojson import zone_feature
from nofly.run.outputs.outline import path
from nofly.run.outputs.split import split_line
from nofly.run.outputs.text import duration, height, iso_time, many, printable, shorten, width
from nofly.run.weighing.detours import QUANTILES, DetourTable, Row, Weighed
from nofly.units import nautical_miles
from nofly.whatif.detour import Detour, Outcome
from nofly.whatif.fuel import Span
from nofly.whatif.sphere import Place

ADMISSIBLE = (Outcome.CLEAR, Outcome.ROUND)
_WORDS = {
    Outcome.CLEAR: "clear", Outcome.ROUND: "round", Outcome.INSIDE: "inside a zone",
    Outcome.NO_WAY: "no way", Outcome.TOO_INTRICATE: "too intricate",
}  # fmt: skip
_COLUMNS = (
    "from", "to", "flights", "outcome", "direct_m", "length_m", "extra_m", "inside_m", "time_s_low",
    "time_s_high", "fuel_share_low", "fuel_share_high", "fuel_kg_low", "fuel_kg_high", "co2_kg_low",
    "co2_kg_high", "crossed", "start_in", "end_in",
)  # fmt: skip
_PLACES = 7


def document(table: DetourTable) -> dict[str, Any]:
    """Return a table as plain values; what is not known is null."""
    return {
        "nofly": __version__,
        "level_m": table.level_m,
        "at": None if table.at_us is None else iso_time(table.at_us),
        "clearance_m": table.clearance_m,
        "aircraft_type": table.figures.name if table.figures else None,
        "fuel_source": table.figures.source if table.figures else "range factor",
        "zones": [{"id": zone.id, "name": zone.name, "zone_hash": zone.zone_hash} for zone in table.zones],
        "left_out": [{"id": one.zone_id, "why": one.why} for one in table.left_out],
        "flights": {"all": table.flights(), **{o.value: table.flights(o) for o in Outcome}},
        "quantiles": list(QUANTILES),
        "extra_m": _weighed(table.weighed(lambda row: row.detour.extra_m)),
        "extra_share": _weighed(table.weighed(_share)),
        "pairs": [_row(row) for row in table.rows],
    }


def csv_text(table: DetourTable) -> str:
    """Return the pairs as CSV, SI units in the names of the columns."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for row in table.rows:
        plain = _row(row)
        spans = {f"{name}_{end}": (plain[name] or ("", ""))[k]
                 for name in ("time_s", "fuel_share", "fuel_kg", "co2_kg")
                 for k, end in enumerate(("low", "high"))}  # fmt: skip
        lists = {name: " ".join(plain[name]) for name in ("crossed", "start_in", "end_in")}
        values = {**plain, **spans, **lists}
        rows.writerow("" if values[name] is None else values[name] for name in _COLUMNS)
    return out.getvalue()


def feature_collection(table: DetourTable) -> dict[str, Any]:
    """Return zones in the way, geodesics and ways as GeoJSON (RFC 7946), told apart by ``type``."""
    features = [zone_feature(zone) for zone in table.zones]
    for row in table.rows:
        plain = _row(row)
        about = {name: plain[name] for name in ("from", "to", "outcome", "direct_m", "length_m", "extra_m")}
        features.append(_line("direct", about, [row.pair.start, row.pair.end]))
        if row.detour.places:
            features.append(_line("way", about, list(row.detour.places)))
    return {"type": "FeatureCollection", "nofly": __version__, "features": features}


def _line(kind: str, about: dict[str, Any], places: list[Place]) -> dict[str, Any]:
    pieces = split_line(path(np.array(places)))
    lines = [np.round(piece[:, ::-1], _PLACES).tolist() for piece in pieces]
    one = len(lines) == 1
    geometry = {"type": "LineString" if one else "MultiLineString", "coordinates": lines[0] if one else lines}
    return {"type": "Feature", "properties": {"type": kind, **about}, "geometry": geometry}


def _row(row: Row) -> dict[str, Any]:
    detour, cost = row.detour, row.cost
    return {
        "from": row.pair.start_name, "to": row.pair.end_name, "flights": row.pair.flights,
        "outcome": detour.outcome.value, "direct_m": detour.direct_m, "length_m": _known(detour.length_m),
        "extra_m": _known(detour.extra_m), "inside_m": detour.inside_m,
        "time_s": list(cost.time_s) if cost else None,
        "fuel_share": [_known(x) for x in cost.fuel_share] if cost else None,
        "fuel_kg": list(cost.fuel_kg) if cost and cost.fuel_kg else None,
        "co2_kg": list(cost.co2_kg) if cost and cost.co2_kg else None,
        "beyond_range": cost.beyond_range if cost else None,
        "crossed": list(detour.crossed), "start_in": list(detour.start_in), "end_in": list(detour.end_in),
        "places": [list(place) for place in detour.places],
    }  # fmt: skip


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _weighed(it: Weighed | None) -> dict[str, Any] | None:
    if it is None:
        return None
    return {"quantiles": list(it.quantiles), "mean": it.mean_value, "total": it.total_value}


def _share(row: Row) -> float:
    return row.detour.extra_m / row.detour.direct_m if row.detour.direct_m else 0.0


def text(table: DetourTable) -> str:
    """Return the pairs in aviation units, longest first as given, and the distribution over flights."""
    head = ["PAIR", "DIRECT", "WAY", "EXTRA", "", "", "TIME", "FUEL", "CO2", "ROUND"]
    rows = [head, *(_cells(row) for row in table.rows)]
    widths = [max(width(row[k]) for row in rows) for k in range(len(head))]
    used = [k for k in range(len(head)) if any(row[k] for row in rows[1:]) or head[k]]
    used = [k for k in used if any(row[k] for row in rows[1:])]
    lines = []
    for row in rows:
        cells = []
        for k in used:
            gap = " " * (widths[k] - width(row[k]))
            cells.append(row[k] + gap if k in (0, len(head) - 1) else gap + row[k])
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, "", *summary(table)])


def _cells(row: Row) -> list[str]:
    detour, cost = row.detour, row.cost
    cells = [shorten(printable(row.pair.name), 40), _miles(detour.direct_m)]
    if cost is None:
        return [*cells, *[""] * 7, _no_way(detour)]
    fuel, co2 = _tonnes(cost.fuel_kg) or _percents(cost.fuel_share), _tonnes(cost.co2_kg)
    if detour.extra_m == 0.0:
        return [*cells, _miles(detour.length_m), "0 NM", "", "", "", "", "", _crossed(detour)]
    return [
        *cells, _miles(detour.length_m), _miles(detour.extra_m), f"{detour.extra_m / 1000.0:,.0f} km",
        f"{100.0 * _share(row):.1f} %", _times(cost.time_s), fuel, co2,
        _crossed(detour) + (" (beyond its range)" if cost.beyond_range else ""),
    ]  # fmt: skip


def _no_way(detour: Detour) -> str:
    if detour.outcome is Outcome.INSIDE:
        ends = [f"{which} in {_names(zones)}" for which, zones in
                (("start", detour.start_in), ("end", detour.end_in)) if zones]  # fmt: skip
        return f"not admissible: {' and '.join(ends)}"
    if detour.outcome is Outcome.TOO_INTRICATE:
        return f"not found: {_names(detour.crossed)} and what lies round them are too intricate"
    return f"no way: {_names(detour.crossed)} part{'s' if len(detour.crossed) == 1 else ''} them"


def _crossed(detour: Detour) -> str:
    names = _names(detour.crossed)
    if detour.inside_m:
        return f"{names} ({_miles(detour.inside_m)} of it flown inside)"
    return names


def _names(ids: tuple[str, ...], most: int = 4) -> str:
    shown = ", ".join(shorten(printable(one), 24) for one in ids[:most])
    return shown + (f" and {len(ids) - most} more" if len(ids) > most else "")


def summary(table: DetourTable) -> list[str]:
    """Return the lines below the table: flights by outcome, the distribution, what did not count."""
    lines = [", ".join(f"{table.flights(o):,} {_WORDS[o]}" for o in Outcome if table.flights(o))]
    lines[0] = f"{many(table.flights(), 'flight')} at {height(table.level_m, 'STD')}: {lines[0]}"
    it = table.weighed(lambda row: row.detour.extra_m)
    if it is not None and table.flights(*ADMISSIBLE) > 1:
        spots = [
            f"{_of(q)} {_miles(v)} ({v / 1000.0:,.0f} km)"
            for q, v in zip(QUANTILES, it.quantiles, strict=True)
        ]
        lines.append(
            f"extra: mean {_miles(it.mean_value)} ({it.mean_value / 1000.0:,.0f} km); {', '.join(spots)}"
        )
    stand = f"{many(len(table.zones), 'zone')} in the way"
    if table.clearance_m:
        stand += f", kept clear of by {nautical_miles(table.clearance_m):g} NM"
    whys = Counter(one.why for one in table.left_out)
    if whys:
        stand += "; left out: " + ", ".join(f"{n} ({printable(why)})" for why, n in whys.most_common(6))
    lines.append(stand)
    if table.figures is None:
        lines.append("fuel: share added, by Breguet's equation with range factors of 23,000 to 36,000 km")
    else:
        lines.append(
            f"fuel: {table.figures.name} in cruise by {table.figures.source}, landing light or heavy"
        )
    return lines


def _of(fraction: float) -> str:
    return {0.0: "least", 0.5: "median", 1.0: "most"}.get(fraction, f"{100 * fraction:.0f} %")


def _miles(length_m: float) -> str:
    miles = nautical_miles(length_m)
    return f"{miles:,.0f} NM" if miles >= 10.0 else f"{miles:.2f} NM" if length_m else "0 NM"


def _times(span_s: Span) -> str:
    low, high = duration(span_s[0]), duration(span_s[1])
    return low if low == high else f"{_clock(span_s[0])}–{_clock(span_s[1])}"


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60.0)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{max(seconds / 60.0, 0.0):.0f} min"


def _tonnes(span_kg: Span | None) -> str:
    if span_kg is None:
        return ""
    low, high = (value / 1000.0 for value in span_kg)
    digits = 0 if low >= 10.0 else 1 if low >= 1.0 else 2
    return f"{low:,.{digits}f}–{high:,.{digits}f} t"


def _percents(share: Span) -> str:
    low, high = (100.0 * value for value in share)
    digits = 0 if low >= 10.0 else 1
    one, two = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return f"+{one} %" if one == two else f"+{one}–{two} %"
