"""What was weighed, as JSON: everything, in SI units and UTC."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nofly import __version__
from nofly.run.outputs.text import iso_time
from nofly.run.weighing.prices import Sum, costs, sums
from nofly.run.weighing.weigh import Weighed
from nofly.whatif.effect import HOUR_US, QUANTILES, Effect, Hit, Outcome, Share, Spread
from nofly.zones.model import Zone


def write(weighed: Weighed) -> bytes:
    """Return the document, with a line feed at its end."""
    return (json.dumps(document(weighed), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def document(weighed: Weighed) -> dict[str, Any]:
    """Return everything as plain values."""
    effect, change, given = weighed.effect, weighed.change, weighed.given
    return {
        "nofly": __version__,
        "zones": [_zone(zone) for zone in weighed.zones],
        "instead_of": [_zone(zone) for zone in weighed.instead_of],
        "pairs": list(weighed.pairs),
        "traffic": _traffic(effect),
        "operator_names": _operator_names(weighed),
        "effect": _effect(effect, bool(weighed.pairs)),
        "change": None
        if change is None
        else {
            "before": _effect(change.before, bool(weighed.pairs)),
            "newly": [_name(hit) for hit in change.newly],
            "no_longer": [_name(hit) for hit in change.no_longer],
            "both": [_name(hit) for hit in change.both],
        },
        "warnings": None
        if given is None
        else {"given": given, "a_day": None if weighed.pairs else effect.a_day(given)},
        "money": _money(weighed),
        "notes": [note.text for note in weighed.notes],
        "sections": {name: section.as_json() for name, section in weighed.sections.items()},
    }


def _operator_names(weighed: Weighed) -> dict[str, str]:
    codes = sorted({hit.operator for hit in weighed.effect.hits if hit.operator})
    return {code: weighed.operator_names[code] for code in codes if code in weighed.operator_names}


def _zone(zone: Zone) -> dict[str, Any]:
    return {"id": zone.id, "name": zone.name, "hash": zone.zone_hash}


def _traffic(effect: Effect) -> dict[str, Any]:
    return {
        "reports": effect.reports, "flights": effect.flights, "flight_hours": effect.flown_h,
        "from": iso_time(effect.span_us[0]), "until": iso_time(effect.span_us[1]),
        "hours_covered": effect.covered_h, "hours_with_traffic": len(effect.heard),
        "hours_with_traffic_near_the_zone": len(effect.near_hours),
    }  # fmt: skip


def _effect(effect: Effect, pairs: bool) -> dict[str, Any]:
    return {
        "flights_inside": len(effect.inside),
        "outcomes": {outcome.value: effect.count(outcome) for outcome in Outcome},
        "not_credible_stays": effect.suspect,
        "flights_a_day_extrapolated": None if pairs else effect.a_day(len(effect.inside)),
        "inside_s": _spread(effect.inside_s()), "inside_m": _spread(effect.inside_m()),
        "flights_inside_an_hour": _spread(effect.flights_an_hour()),
        "hours": [
            {
                "from": iso_time(hour.start_us), "flights_heard": hour.heard, "flights_inside": hour.inside,
                **{outcome.value: count for outcome, count in hour.outcomes.items()},
                "operators": hour.operators, "states": hour.states, "types": hour.types,
                "airports": hour.airports, "inside_s": hour.inside_s,
            }
            for hour in effect.hours
        ],
        **{
            name: _shares(getattr(effect, name)())
            for name in ("zones", "operators", "states", "types", "airports", "pairs")
        },
        "flights": [_hit(hit) for hit in effect.hits],
    }  # fmt: skip


def _spread(found: Spread) -> dict[str, Any]:
    quantiles = {f"{q:g}": value for q, value in zip(QUANTILES, found.quantiles, strict=True)}
    return {
        "count": found.count,
        "total": found.total_value,
        "mean": found.mean_value,
        "quantiles": quantiles,
    }


def _shares(found: Sequence[Share]) -> list[dict[str, Any]]:
    return [
        {
            "name": share.name, "flights": share.flights, "cannot_be_told": share.untold,
            "infringements": share.infringements,
            "inside_s": share.inside_s, "inside_m": share.inside_m,
            "flights_by_hour": {iso_time(hour * HOUR_US): n for hour, n in share.hours.items()},
        }
        for share in found
    ]  # fmt: skip


def _name(hit: Hit) -> dict[str, Any]:
    return {"target_id": hit.target_id, "callsign": hit.callsign, "first_heard": iso_time(hit.first_us)}


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        **_name(hit), "last_heard": iso_time(hit.last_us), "icao24": hit.icao24, "operator": hit.operator,
        "state": hit.state, "type": hit.type, "origin": hit.origin, "destination": hit.destination,
        "outcome": hit.outcome.value, "inside_s": hit.inside_s, "inside_m": hit.inside_m,
        "stays": [
            {
                "zone": one.zone_id, "from": iso_time(one.from_us), "until": iso_time(one.until_us),
                "length_m": one.length_m, "outcome": one.outcome.value, "reason": one.reason or None,
            }
            for one in hit.inside
        ],
    }  # fmt: skip


def _money(weighed: Weighed) -> dict[str, Any] | None:
    prices = weighed.prices
    if prices is None:
        return None
    found = sums(prices, weighed.effect)
    return {
        "currency": prices.currency or None, "sums": [_sum(one) for one in found],
        "total": sum(one.amount for one in found), "a_flight": _spread(costs(prices, weighed.effect)),
    }  # fmt: skip


def _sum(one: Sum) -> dict[str, Any]:
    told = {"name": one.name, "of": one.unit, "quantity": one.number}
    return {**told, "price": one.price_value, "amount": one.amount}
