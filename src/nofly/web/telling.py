"""A zone told whole: as GeoJSON for a map, as a feature to be proposed, in sentences, and when it holds."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel, Field

from nofly import plugins
from nofly.run.files import zonewords
from nofly.run.following.law import times
from nofly.run.outputs.text import iso_time, printable
from nofly.units import US_PER_S
from nofly.web.features import ZoneFeature, features
from nofly.zones.model import Zone

WEEKS_US = 28 * 86_400 * US_PER_S


class TimesAnswer(BaseModel):
    """From when until when a zone is active."""

    start: str | None
    end: str | None
    certain: bool = Field(description="false: announced elsewhere, so it may be")


class DraftAnswer(BaseModel):
    """A zone as it was read; ``draft`` is what is sent to propose it."""

    zone: ZoneFeature
    draft: dict[str, Any]
    sentences: list[str]
    since: str
    until: str
    times: list[TimesAnswer] = Field(description="From since until until: four weeks.")


def told(zone: Zone, now_us: int) -> dict[str, Any]:
    """Return a zone as a :class:`DraftAnswer`, from a moment on."""
    writer = plugins.load("nofly.formats", "geojson")
    draft = msgspec.json.decode(writer.write([zone]))["features"][0]
    until_us = now_us + WEEKS_US
    rows = [
        {"start": iso_time(start), "end": iso_time(end), "certain": certain}
        for start, end, certain in times(zone, now_us, until_us)
    ]
    return {
        "zone": features([zone], now_us)[0], "draft": draft, "times": rows,
        "since": iso_time(now_us), "until": iso_time(until_us),
        "sentences": [printable(sentence) for sentence in zonewords.told(zone)],
    }  # fmt: skip
