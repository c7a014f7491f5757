"""Inputs of a ledger replaced for once, as ``patrol.readiness=0.3,0.5,0.7``: what if they were others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from nofly.errors import InputError
from nofly.zones.sentence import say

SOURCE = say("changed for this once")
_EXPECTED = (
    "patrol.KEY, sharing.coincidence, PARTY.hours_a_day or PARTY.aircraft, = and one number or "
    "low,likely,high"
)
_TABLES = ("patrol", "sharing")
_OF_PARTY = {"hours": "hours_a_day", "aircraft": "aircraft"}


def changed(given: Mapping[str, Any], changes: Sequence[str], source: str) -> Mapping[str, Any]:
    """Return what a ledger file holds with inputs replaced, ``given`` left as it is.

    Whether a key or a number can be is told where the ledger is read. Raises InputError for what is no
    change, and for a party that the ledger has not.
    """
    out = dict(given)
    for one in changes:
        place, equals, numbers = one.partition("=")
        table, dot, key = place.strip().rpartition(".")
        if not (equals and dot and table and key):
            raise InputError(f"--set {one}", source=source, expected=_EXPECTED)
        value = _range(one, numbers, source)
        if table in _TABLES:
            old = out.get(table, {})
            out[table] = {**old, key: value} if isinstance(old, Mapping) else old
        else:
            out["party"] = _parties(out.get("party"), table, key, value, one, source)
    return out


def name_of(input: str) -> str:
    """Return by which name an input of a ledger is replaced: ``patrol.readiness`` of ``readiness``."""
    what, colon, party = input.partition(":")
    if colon and what in _OF_PARTY:
        return f"{party}.{_OF_PARTY[what]}"
    return f"sharing.{input}" if input == "coincidence" else f"patrol.{input}"


def _range(one: str, numbers: str, source: str) -> dict[str, Any]:
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        values = []
    if len(values) not in (1, 3) or not all(map(isfinite, values)):
        raise InputError(f"--set {one}", source=source, expected=_EXPECTED)
    if len(values) == 1:
        return {"value": values[0], "source": SOURCE}
    return {**dict(zip(("low", "likely", "high"), values, strict=True)), "source": SOURCE}


def _parties(
    parties: Any, name: str, key: str, value: dict[str, Any], one: str, source: str
) -> list[Any]:  # fmt: skip
    known = [party for party in parties if isinstance(party, Mapping)] if isinstance(parties, list) else []
    names = [str(party.get("name")) for party in known]
    if name not in names:
        told = ", ".join(names) or "none"
        raise InputError(f"--set {one}: no party {name!r}", source=source, expected=f"a party: {told}")
    return [{**party, key: value} if party.get("name") == name else party for party in known]
