"""Notices to tell, and how a channel tells one."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import Any

from nofly.alerts import Channel, Condition, Notice, Outcome, Urgency
from nofly.zones.model import Zone

NOW_US = 1_633_612_940_500_000
"""2021-10-07T13:22:20.5Z."""
HOSTILE = "\x1b[31mA\nB\r\u202eC<b>&\"'\ud800\x00=1+1{}@everyone"


def notice(**known: Any) -> Notice:
    values: dict[str, Any] = dict(
        key="ab" * 32, sequence=7, record_hash="cd" * 32, kind="entered", incident="0123456789abcdef",
        time_us=NOW_US, urgency=Urgency.ALARM, title="entered: FMY8055 / LF-P25",
        text="FMY8055 has entered LF-P25.", active=True, phase="infringing", zone_id="LF-P25",
        zone_name="Paris", zone_hash="ef" * 32, target_id="icao24:3b7b94", icao24="icao24:3b7b94",
        callsign="FMY8055", squawk="1234", lat_deg=48.8566, lon_deg=2.3522, height_m=609.6,
        height_datum="STD", height_words="2,000 ft on 1013 hPa",
    )  # fmt: skip
    return Notice(**{**values, **known})


UNKNOWN: dict[str, None] = dict.fromkeys(
    (
        "phase", "zone_id", "zone_name", "zone_hash", "target_id", "icao24", "callsign", "squawk", "lat_deg",
        "lon_deg", "height_m", "height_datum", "height_words",
    )
)  # fmt: skip
"""Everything that may be unknown of a notice."""


def channel(kind: str, **options: Any) -> Channel:
    module = importlib.import_module(f"nofly.alerts.{kind}")
    made: Channel = module.channel(module.OPTIONS(**options), "alert 'x'", lambda: NOW_US)
    return made


def tell(
    kind: str, *notices: Notice, zones: Sequence[Zone] | None = None,
    standing: Sequence[Notice] = (), condition: Condition | None = None, **options: Any,
) -> list[Outcome]:  # fmt: skip
    """Return what came of telling, in order; ``condition`` is beaten with before."""

    async def run() -> list[Outcome]:
        one = channel(kind, **options)
        try:
            if zones is not None:
                await one.watch(zones, standing)
            if condition is not None:
                await one.beat(condition)
            return [await one.tell(each) for each in notices]
        finally:
            await one.aclose()

    return asyncio.run(run())
