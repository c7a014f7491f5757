"""Random histories of zones: the same acts for nofly and for the oracle."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from nofly.zones.acts import Act, act
from nofly.zones.model import Circle, Volume, Zone, canonical_json
from tests.oracle.law import LAST, Plain

KINDS = ("declare", "amend", "suspend", "resume", "extend", "withdraw")


def zone(zone_id: str, radius_m: float = 1000.0, **more: object) -> Zone:
    return Zone(zone_id, zone_id, (Volume(Circle((47.0, 8.0), radius_m)),), **more)  # type: ignore[arg-type]


def acts_of(history: Sequence[Plain]) -> list[Act]:
    """Return a history as acts that a register recorded."""
    return [replace(act_of(one), recorded_us=one.recorded, sequence=k + 1) for k, one in enumerate(history)]


def act_of(one: Plain) -> Act:
    """Return an act that is not recorded; its text tells it from all others."""
    body: dict[str, object] = {"until_us": one.end, "why": f"because {one.recorded}"}
    if one.kind != "extend":
        body["from_us"] = one.start
    if one.kind in ("declare", "amend"):
        made = zone(one.zone_id, 100.0 + one.recorded)
        body |= {"zone": canonical_json(made), "zone_hash": made.zone_hash, "source": ["", "", ""]}
        body["temporary"] = one.temporary
    if one.kind == "withdraw":
        del body["until_us"]
    return act("zone", one.zone_id, one.kind, body, party="P", by="b", said_us=one.recorded)


def _plain(zone_id: str, kind: str, first: int, second: int, without: int, temporary: bool) -> Plain:
    """Return an act; where its kind allows it, ``without`` takes the beginning (1), the end (2) or both."""
    start, end = min(first, second, LAST - 1), min(max(first, second) + 1, LAST)
    temporary = temporary and kind == "amend"
    endless = without & 2 and not temporary
    unbegun = without & 1 and kind in ("declare", "amend")
    return Plain(zone_id, kind, None if unbegun else start, None if endless else end, temporary, 0)


def _numbered(plain: Sequence[Plain]) -> list[Plain]:
    return [one._replace(recorded=10 * (k + 1)) for k, one in enumerate(plain)]


instants = st.integers(0, LAST)
histories = st.lists(
    st.builds(
        _plain, st.sampled_from(["A", "B"]), st.sampled_from(KINDS), instants, instants, st.integers(0, 3),
        st.booleans(),
    ),
    max_size=12,
).map(_numbered)  # fmt: skip


def random_history(chance: random.Random, zone_ids: Sequence[str], length: int) -> list[Plain]:
    """Return a history that hypothesis did not make."""
    return _numbered([
        _plain(
            chance.choice(zone_ids), chance.choice(KINDS), chance.randint(0, LAST), chance.randint(0, LAST),
            chance.randint(0, 3), chance.random() < 0.5,
        )
        for _ in range(length)
    ])  # fmt: skip
