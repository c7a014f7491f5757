"""A ledger as plain values, format ``nofly-ledger-table/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nofly import __version__
from nofly.units import iso_time
from nofly.whatif.enforcement import RequiredAct
from nofly.whatif.ledger import Result, Weighed
from nofly.whatif.precedents import Precedent
from nofly.whatif.ranges import Range
from nofly.whatif.refused import NO_SCORE, NOTHING_BEYOND

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

FORMAT = "nofly-ledger-table/1"


def document(table: LedgerTable) -> dict[str, Any]:
    """Return the ledger; every number a range of low, likely and high, or a count with its source."""
    weighed = table.weighed
    ledger = weighed.ledger
    return {
        "format": FORMAT, "nofly": __version__, "title": ledger.title, "question": ledger.question,
        "notes": [*ledger.notes, *weighed.notes], "zones": [zone.id for zone in table.zones],
        "parties": [party.name for party in ledger.parties],
        "inputs": [
            {"name": one.name, "label": one.label, "unit": one.unit, **_range(one.range),
             "source": one.source, "note": one.note}
            for one in weighed.inputs.values()
        ],
        "shared": [_result(result) for result in weighed.shared],
        "recorded": _recorded(table),
        "enforcement": {"level": str(ledger.level), "acts": [_act(act) for act in weighed.acts]},
        "patrol": [_result(result) for result in weighed.patrol],
        "sorties_a_day_by_area_alone": None if weighed.by_area is None else _range(weighed.by_area),
        "precedents": [_precedent(one) for one in weighed.precedents],
        "would_change": _changes(weighed),
        "no_score": f"{NO_SCORE} {NOTHING_BEYOND}",
        "findings": [str(finding) for finding in table.findings],
    }  # fmt: skip


def _range(range: Range) -> dict[str, float]:
    low, likely, high = range.ends
    return {"low": low, "likely": likely, "high": high}


def _result(result: Result) -> dict[str, Any]:
    quantity = result.quantity
    return {
        "name": quantity.name, "label": quantity.label, "unit": quantity.unit, "formula": quantity.shown,
        **_range(result.range),
        "sensitivity": [
            {"input": bar.input, "at_low": bar.at_low_value, "likely": bar.likely_value,
             "at_high": bar.at_high_value, "swing": bar.swing_value}
            for bar in result.bars
        ],
    }  # fmt: skip


def _recorded(table: LedgerTable) -> dict[str, Any] | None:
    found = table.recorded
    if found is None:
        return None
    return {
        "from": None if found.span_us is None else iso_time(found.span_us[0]),
        "until": None if found.span_us is None else iso_time(found.span_us[1]),
        "reports": found.report_count, "targets": found.target_count,
        "pairs": [
            {"parties": [pair.one, pair.other], "shared_h": _range(pair.shared_h),
             "pair_h": _range(pair.pair_h), "shared_h_by_hour_utc": list(pair.by_hour_h)}
            for pair in table.weighed.recorded
        ],
    }  # fmt: skip


def _act(act: RequiredAct) -> dict[str, Any]:
    place = act.place
    return {
        "act": str(act.act), "what": act.what, "by": list(place.by), "over": list(place.over),
        "from": list(place.bases), "decided_by": list(place.decided_by), "note": place.note,
        "consents": [
            {"party": one.party, "why": one.why, "answer": str(one.answer),
             **(_said(one.said.statement, one.said.date, one.said.source) if one.said else {})}
            for one in act.needed
        ],
    }  # fmt: skip


def _said(statement: str, date: str, source: str) -> Mapping[str, str]:
    return {"statement": statement, "date": date, "source": source}


def _precedent(one: Precedent) -> dict[str, Any]:
    return {
        "name": one.name, "when": one.when, "counted": one.counted, "count": one.count,
        "at_least": one.at_least, "days": one.days, "area_km2": one.area_km2, "a_day": one.a_day_count,
        "a_day_on_1000_km2": one.a_day_on_1000_km2_count, "caveat": one.caveat, "source": one.source,
    }  # fmt: skip


def _changes(weighed: Weighed) -> list[str]:
    from nofly.run.weighing.ledger_words import changes

    return list(changes(weighed))
