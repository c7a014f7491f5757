"""What was weighed, as a page shows it: figures, tables of bounded length, ways, what sections say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nofly.run.outputs.outline import path
from nofly.run.outputs.text import printable
from nofly.run.weighing import json
from nofly.run.weighing.detours import DetourTable, Row
from nofly.run.weighing.ledger import LedgerTable
from nofly.run.weighing.ledger_changes import name_of
from nofly.run.weighing.ledger_words import Section, ends, label, moving, sections
from nofly.run.weighing.picture import chosen, ways_of
from nofly.run.weighing.weigh import Weighed
from nofly.run.weighing.words import airport_name, state_name
from nofly.whatif.ledger import Result
from nofly.whatif.ranges import Bar, Input
from nofly.zones.sentence import Sentence, say

MOST_ROWS = 100
MOST_FLIGHTS = 200
MOST_DRAWN = 40
"""Pairs of places whose ways round are drawn."""
MOST_PLACES = 200
"""Of one part of a way: of longer ones every so manieth is shown."""


def shown(weighed: Weighed) -> dict[str, Any]:
    """Return ``figures``, ``hours``, ``spreads``, ``tables`` of shares, ``flights`` (the longest inside
    first), ``ways``, ``notes``, and where asked for ``change`` against other zones, ``warnings`` and
    ``money`` (else null); SI units and UTC."""
    whole = json.document(weighed)
    effect = whole["effect"]
    flights = sorted(effect["flights"], key=lambda one: (-one["inside_s"], one["target_id"]))
    names: dict[str, Callable[[str], str]] = {
        "operators": weighed.operator_name, "states": state_name, "types": str, "airports": airport_name,
        "pairs": str,
    }  # fmt: skip
    return {
        "figures": _figures(effect),
        "traffic": whole["traffic"], "hours": effect["hours"], "change": _change(whole["change"]),
        "warnings": whole["warnings"], "money": _money(whole["money"]),
        "notes": [{"code": note.code, "text": note.text, "counts": note.counts} for note in weighed.notes],
        "tables": {name: _shares(effect[name], words) for name, words in names.items()},
        "flights": [_flight(one) for one in flights[:MOST_FLIGHTS]], "flights_in_all": len(flights),
        "ways": _ways(weighed),
    }  # fmt: skip


def _figures(effect: dict[str, Any]) -> dict[str, Any]:
    names = (
        "flights_inside", "outcomes", "not_credible_stays", "flights_a_day_extrapolated", "inside_s",
        "inside_m", "flights_inside_an_hour",
    )  # fmt: skip
    return {name: effect[name] for name in names}


def _change(change: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the figures of the zones stood in place of, and how many flights are hit newly, no longer,
    before and after."""
    if change is None:
        return None
    told = {name: len(change[name]) for name in ("newly", "no_longer", "both")}
    return {"before": _figures(change["before"]), **told}


def _money(money: dict[str, Any] | None) -> dict[str, Any] | None:
    return money and {**money, "currency": money["currency"] and printable(money["currency"])}


def _shares(rows: list[dict[str, Any]], words: Callable[[str], str]) -> dict[str, Any]:
    told = [
        {
            **{key: value for key, value in row.items() if key != "flights_by_hour"},
            "name": None if row["name"] is None else printable(words(row["name"])),
        }
        for row in rows[:MOST_ROWS]
    ]
    return {"rows": told, "in_all": len(rows)}


def _flight(one: dict[str, Any]) -> dict[str, Any]:
    texts = ("target_id", "icao24", "callsign", "operator", "state", "type", "origin", "destination")
    return {
        **{name: None if one[name] is None else printable(one[name]) for name in texts},
        **{name: one[name] for name in ("outcome", "inside_s", "inside_m")},
        "entered": one["stays"][0]["from"],
    }


def _ways(weighed: Weighed) -> list[dict[str, Any]]:
    """Return the ways flown near and inside, in parts of latitude and longitude."""
    found = []
    for hit in chosen(weighed.effect.hits):
        near, inside = ways_of(weighed, hit)
        if near or inside:
            found.append({
                "name": printable(hit.callsign or hit.icao24 or hit.target_id), "outcome": hit.outcome.value,
                "near": [_places(part) for part in near], "inside": [_places(part) for part in inside],
            })  # fmt: skip
    return found


def _places(part: NDArray[Any]) -> list[list[float]]:
    every = -(-len(part) // MOST_PLACES)
    kept = [*part[:-1:every].tolist(), part[-1].tolist()]
    return [[round(lat, 5), round(lon, 5)] for lat, lon in kept]


def detours_shown(table: DetourTable) -> dict[str, Any]:
    """Return going round: of very many pairs those with most added, and how it is spread over flights."""
    whole = table.as_json()
    rows = sorted(whole["pairs"], key=lambda row: -(row["extra_m"] or 0.0))
    names = ("from", "to", "flights", "outcome", "direct_m", "length_m", "extra_m", "time_s", "fuel_share")
    drawn = sorted(table.rows, key=lambda row: -row.detour.extra_m if row.cost else 0.0)[:MOST_DRAWN]
    return {
        "level_m": whole["level_m"], "flights": whole["flights"], "quantiles": whole["quantiles"],
        "extra_m": whole["extra_m"], "in_all": len(rows),
        "pairs": [{name: row[name] for name in names} for row in rows[:MOST_ROWS]],
        "ways": [_detour(row) for row in drawn],
    }  # fmt: skip


def _detour(row: Row) -> dict[str, Any]:
    """Return the geodesic of a pair and the way round, empty where there is none."""
    lines = [row.pair.start, row.pair.end], list(row.detour.places)
    direct, way = (_places(path(np.array(line).reshape(-1, 2))) if line else [] for line in lines)
    ends = {"from": printable(row.pair.start_name), "to": printable(row.pair.end_name)}
    return {**ends, "direct": direct, "way": way}


def ledger_shown(table: LedgerTable) -> dict[str, Any]:
    """Return the sections of a ledger as text, and the sensitivity of its results as bars."""
    ledger = table.weighed.ledger
    return {
        "title": printable(ledger.title), "question": printable(ledger.question),
        "notes": list(map(printable, ledger.notes)),
        "sections": [_section(table, section) for section in sections(table)],
        "inputs": [_input(one) for one in table.weighed.inputs.values()],
    }  # fmt: skip


def _input(one: Input) -> dict[str, Any]:
    """Return an input by the name that :func:`nofly.run.weighing.ledger_changes.changed` has for it."""
    low, likely, high = one.range.ends
    return {
        "name": name_of(one.name), "label": printable(one.label), "unit": one.unit, "low": low,
        "likely": likely, "high": high, "source": printable(one.source), "note": printable(one.note),
    }  # fmt: skip


def _section(table: LedgerTable, section: Section) -> dict[str, Any]:
    return {
        "title": printable(section.title), "head": list(section.head),
        "rows": [list(map(printable, row)) for row in section.rows],
        "before": list(map(printable, section.before)), "after": list(map(printable, section.after)),
        "tornadoes": [_tornado(table, result) for result in section.drawn],
    }  # fmt: skip


def _moved(input: str, bar: Bar) -> Sentence:
    low, _, high = ends(bar.input_range)
    return say("{input}, {low} to {high}", input=input, low=low, high=high)


def _tornado(table: LedgerTable, result: Result) -> dict[str, Any]:
    bars = moving(result)
    return {
        "title": printable(result.quantity.label), "likely": bars[0].likely_value,
        "bars": [
            {
                "input": printable(_moved(label(bar, table.weighed.inputs), bar)),
                "at_low": bar.at_low_value, "at_high": bar.at_high_value,
            }
            for bar in bars
        ],
    }  # fmt: skip
