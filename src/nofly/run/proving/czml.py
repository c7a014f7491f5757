"""The replay as CZML (Cesium Language, https://github.com/AnalyticalGraphicsInc/czml-writer/wiki).

Between two reports no further apart than the greatest gap a viewer moves in a straight line; in a longer gap
the aircraft is not shown: nothing was seen of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np

from nofly.incidents.record import Infringement, Status
from nofly.run.outputs.explain import sentences
from nofly.run.outputs.geojson import entered
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.text import aircraft, iso_time, printable, side_and_zone, zone_words
from nofly.run.result import CheckResult
from nofly.schema import Positions
from nofly.units import US_PER_S
from nofly.zones.model import Limit, Zone

_COLOUR = {
    Status.INFRINGEMENT: [213, 94, 0, 255], Status.EXEMPT: [0, 158, 115, 255],
    Status.CLEARED: [0, 114, 178, 255], Status.SUSPECT: [170, 68, 153, 255],
}  # fmt: skip
_ZONE_FILL, _ZONE_LINE = [213, 0, 0, 60], [213, 0, 0, 255]
_UNLIMITED_M = 30_000.0
"""How high a zone without a ceiling is drawn."""
_AROUND_S = 600


def write(result: CheckResult, stays: Sequence[Infringement]) -> bytes:
    """Return the replay of some stays: their zones, their flights from ten minutes before to ten after."""
    packets: list[dict[str, Any]] = [_document(stays)]
    packets += [packet for zone in entered(result) for packet in _zone(zone)]
    paths = Paths(result)
    gap_us = int(float(getattr(result.options, "max_gap_s", 120.0)) * US_PER_S)
    packets += [packet for stay in stays for packet in _stay(result, paths, stay, gap_us)]
    return (json.dumps(packets, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _document(stays: Sequence[Infringement]) -> dict[str, Any]:
    document: dict[str, Any] = {"id": "document", "name": "nofly evidence", "version": "1.0"}
    if stays:
        start = iso_time(min(s.entry_time_us for s in stays) - _AROUND_S * US_PER_S)
        end = iso_time(max(s.exit_time_us for s in stays) + _AROUND_S * US_PER_S)
        document["clock"] = {
            "interval": f"{start}/{end}", "currentTime": start, "multiplier": 10, "range": "LOOP_STOP",
        }  # fmt: skip
    return document


def _zone(zone: Zone) -> Iterator[dict[str, Any]]:
    name = zone_words(zone.id, zone.name)
    for number, volume in enumerate(zone.volumes, 1):
        for part, rings in enumerate(outlines(volume.footprint, drawn=False), 1):
            exterior, holes = rings[0], rings[1:]
            yield {
                "id": f"zone {printable(zone.id)} {zone.edition} {number} {part}", "name": name,
                "polygon": {
                    "positions": {"cartographicDegrees": _flat(exterior)},
                    **({"holes": {"cartographicDegrees": [_flat(hole) for hole in holes]}} if holes else {}),
                    "height": _height_m(volume.lower, 0.0),
                    "extrudedHeight": _height_m(volume.upper, _UNLIMITED_M), "arcType": "RHUMB",
                    "material": {"solidColor": {"color": {"rgba": _ZONE_FILL}}}, "outline": True,
                    "outlineColor": {"rgba": _ZONE_LINE},
                },
            }  # fmt: skip


def _height_m(limit: Limit | None, none_m: float) -> float:
    return none_m if limit is None else limit.value_m


def _flat(ring: Any) -> list[float]:
    """Return the points of a closed line, its end not repeated, as longitude, latitude, height."""
    return [round(float(v), 7) for lat, lon in ring[:-1] for v in (lon, lat, 0.0)]


def _stay(result: CheckResult, paths: Paths, stay: Infringement, gap_us: int) -> Iterator[dict[str, Any]]:
    about = "<br>".join(escape(line) for line in sentences(result, stay).splitlines())
    name, colour = f"{aircraft(stay)} {side_and_zone(stay)}", _COLOUR[stay.status]
    around_us = _AROUND_S * US_PER_S
    track = paths.track(stay.target_id, stay.entry_time_us - around_us, stay.exit_time_us + around_us)
    if track is not None and len(track):
        heights_m, known = _heights_m(track)
        yield {
            "id": f"flight {stay.id}", "name": name, "description": about,
            "availability": _availability(track, gap_us),
            "position": {
                "epoch": iso_time(int(track.time_us[0])),
                "cartographicDegrees": _samples(track, heights_m),
            },
            "point": {"pixelSize": 8, "color": {"rgba": colour},
                      **({} if known else {"heightReference": "CLAMP_TO_GROUND"})},
            "path": {"width": 2, "material": {"solidColor": {"color": {"rgba": colour}}}},
            "label": {"text": aircraft(stay), "font": "12px sans-serif",
                      "pixelOffset": {"cartesian2": [12, -12]}},
        }  # fmt: skip
    for end in ("entry", "exit"):
        at = [getattr(stay, f"{end}_lon_deg"), getattr(stay, f"{end}_lat_deg"), stay.height_m or 0.0]
        yield {
            "id": f"{end} {stay.id}", "name": f"{end}: {name}, {iso_time(getattr(stay, f'{end}_time_us'))}",
            "position": {"cartographicDegrees": [round(float(v), 7) for v in at]},
            "point": {"pixelSize": 10, "color": {"rgba": colour}, "outlineWidth": 1},
        }  # fmt: skip


def _heights_m(track: Positions) -> tuple[Any, bool]:
    """Return heights to draw, on the ellipsoid where known, and whether all are; 0 where one is not."""
    for column in ("alt_hae_m", "alt_amsl_m", "alt_std_m"):
        heights_m = track.floats(column)
        if np.isfinite(heights_m).all():
            return heights_m, True
    return np.zeros(len(track)), False


def _samples(track: Positions, heights_m: Any) -> list[float]:
    seconds = (track.time_us - track.time_us[0]) / US_PER_S
    rows = zip(seconds, track.lon_deg, track.lat_deg, heights_m, strict=True)
    return [
        value
        for t, lon, lat, height in rows
        for value in (round(float(t), 6), round(float(lon), 7), round(float(lat), 7), round(float(height), 1))
    ]


def _availability(track: Positions, gap_us: int) -> list[str]:
    cuts = np.flatnonzero(np.diff(track.time_us) > gap_us) + 1
    parts = np.split(track.time_us, cuts)
    return [f"{iso_time(int(part[0]))}/{iso_time(int(part[-1]))}" for part in parts]
