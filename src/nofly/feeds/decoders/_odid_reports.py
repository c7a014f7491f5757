"""Remote ID in JSON, as receivers publish it, to what was heard: ids, a location, by whom and when.

Shapes, each told by names that only it has:

DroneScout
    ``data`` with ``UASdata`` (see :mod:`nofly.feeds.decoders._dronescout`), ``MAC address``, ``timestamp``,
    ``sensor ID``.
messages
    an object or list of objects named after the standard's messages: ``Basic ID`` and ``Location/Vector
    Message`` (DroneID, WarDragon, ESP32), or ``BasicID`` and ``Location`` with opendroneid-core-c's names.
flat, of an ESP32
    ``drone_lat``, ``drone_long``, ``drone_altitude``, ``mac``, ``basic_id`` (Sky-Spy, drone-mesh-mapper).
flat, of DragonSync
    ``track_type`` is ``drone``; 0 stands for what its source did not tell.

Where pilot, operator or home are is never looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from nofly.feeds.decoders import _odid as odid
from nofly.feeds.decoders import _odid_words as words
from nofly.feeds.decoders._dronescout import uas_data
from nofly.feeds.decoders._odid import BasicId, Location

MOST_PARTS = 64
"""Messages in one report; one of more is none."""
MOST_REPORTS = 1000
"""Reports in one list; a list of more is none."""
_BASIC_IDS = frozenset(("basicid", "basicidmessage"))
_LOCATIONS = frozenset(("location", "locationvector", "locationvectormessage", "locationmessage"))
_ZERO_IS_NOTHING = frozenset(("alt", "height", "pressurealtitude", "speed", "vspeed", "direction"))


class Report(NamedTuple):
    """What one report says. ``same`` tells it from another; ``datum_assumed`` that its height names none."""

    address: str = ""
    ids: tuple[BasicId, ...] = ()
    location: Location | None = None
    same: Hashable = None
    seen_us: int | None = None
    station: str | None = None
    datum_assumed: bool = False


class Broken(NamedTuple):
    """A report that cannot be read."""


Named = Mapping[str, Any]
"""An object by its names in small letters and digits alone."""


def reports_of(value: object) -> Iterator[Report | Broken]:
    """Yield the reports of one JSON value: at least one, empty where there is no Remote ID in it."""
    if isinstance(value, dict):
        yield from _of_object(value)
    elif not isinstance(value, list) or len(value) > MOST_REPORTS:
        yield Broken()
    elif any(_has_messages(_named(part)) for part in value):
        yield from _of_messages([_named(part) for part in value])
    else:
        for part in value:
            yield from _of_object(part) if isinstance(part, dict) else [Broken()]
        if not value:
            yield Report()


def _of_object(value: dict[str, Any]) -> list[Report | Broken]:
    named = _named(value)
    data = named.get("data")
    if isinstance(data, dict) and "UASdata" in data:
        return [_of_dronescout(data)]
    if "UASdata" in value:
        return [_of_dronescout(value)]
    if _has_messages(named):
        return _of_messages([named])
    if named.get("tracktype") == "drone":
        return [_of_dragonsync(named)]
    return [_of_esp32(named) if "dronelat" in named else Report()]


def _named(value: object) -> Named:
    if not isinstance(value, dict):
        return {}
    return {re.sub("[^a-z0-9]", "", name[:64].lower()): found for name, found in value.items()}


def _has_messages(named: Named) -> bool:
    return any(
        isinstance(found, dict | list) and name in _BASIC_IDS | _LOCATIONS for name, found in named.items()
    )


def _of_dronescout(data: dict[str, Any]) -> Report | Broken:
    text = data["UASdata"]
    try:
        found = uas_data(base64.b64decode(text, validate=True)) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        return Broken()
    return Report(
        words.address(data.get("MAC address")),
        tuple(found.ids),
        found.location,
        found.location_data or None,
        words.epoch_us(data.get("timestamp")),
        _text(data.get("sensor ID")),
    )


def _of_messages(parts: list[Named]) -> list[Report | Broken]:
    """Return the reports of messages that belong together: one a location, at least one."""
    sections: list[tuple[str, Named]] = []
    for part in parts:
        for name, found in part.items():
            several = found if isinstance(found, list) else [found]
            if len(sections) + len(several) > MOST_PARTS:
                return [Broken()]
            sections += [(name, _named(section)) for section in several]
    basic = [section for name, section in sections if name in _BASIC_IDS]
    places = [section for name, section in sections if name in _LOCATIONS and section]
    ids = [words.ident(_first(s, "id", "uasid"), s.get("idtype"), s.get("uatype")) for s in basic]
    senders = [words.address(named.get("mac")) for named in (*parts, *basic, *places)]
    senders += [words.address(section.get("adva")) for name, section in sections if name == "aext"]
    report = Report(
        next((sender for sender in senders if sender), ""),
        tuple(ident for ident in ids if ident is not None),
        seen_us=next((us for us in (words.epoch_us(part.get("observedat")) for part in parts) if us), None),
        station=next((text for text in (_text(part.get("seenby")) for part in parts) if text), None),
    )
    located = [_location(place) for place in places]
    return [report._replace(location=found, same=found) for found in located] or [report]


def _of_esp32(named: Named) -> Report:
    place = {"latitude": named.get("dronelat"), "geodeticaltitude": named.get("dronealtitude")}
    place["longitude"] = _first(named, "dronelong", "dronelon", "dronelng")
    location = _location(place)
    ident = words.ident(named.get("basicid"), None, None)
    return Report(
        words.address(named.get("mac")), () if ident is None else (ident,), location, None,
        datum_assumed=location.alt_hae_m is not None,
    )  # fmt: skip


def _of_dragonsync(named: Named) -> Report:
    told = {k: v for k, v in named.items() if k not in _ZERO_IS_NOTHING or words.number(v) != 0.0}
    place = dict(told) | {"latitude": told.get("lat"), "longitude": told.get("lon")}
    place |= {"geodeticaltitude": told.get("alt"), "timestamp": told.get("ridtimestamp")}
    location = _location(place)
    text = told.get("id")
    text = text.removeprefix("drone-") if isinstance(text, str) else None
    ids = [words.ident(text, told.get("idtype"), told.get("uatype"))]
    ids.append(words.ident(told.get("caaid"), odid.REGISTRATION, told.get("uatype")))
    return Report(
        words.address(told.get("mac")),
        tuple(ident for ident in ids if ident is not None),
        location,
        location,
        words.epoch_us(told.get("observedat")),
        _text(told.get("seenby")),
        location.alt_hae_m is not None,
    )


def _location(place: Named) -> Location:
    """Return the location of an object with the names of DroneID or of opendroneid-core-c."""
    lat, lon = (words.number(place.get(name), words.ANGLE) for name in ("latitude", "longitude"))
    track = words.number(place.get("direction"), words.ANGLE)
    speed = words.number(_first(place, "speed", "speedhorizontal"), words.SPEED)
    climb = words.number(_first(place, "vertspeed", "speedvertical", "vspeed"), words.SPEED)
    heights = [
        words.number(_first(place, *names))
        for names in (("pressurealtitude", "altitudebaro"), ("geodeticaltitude", "altitudegeo"),
                      ("height", "heightagl"))
    ]  # fmt: skip
    std, hae, height = (None if value is None else odid.height_of(value) for value in heights)
    placed = lat is not None and lon is not None and (lat != 0.0 or lon != 0.0)
    stamp = place.get("timestamp")
    return Location(
        status=words.status(_first(place, "opstatus", "status")),
        lat_deg=lat if placed else None,
        lon_deg=lon if placed else None,
        track_deg=None if track is None else odid.track_of(track),
        gs_mps=None if speed is None else odid.speed_of(speed),
        vrate_mps=None if climb is None else odid.climb_of(climb),
        alt_std_m=std,
        alt_hae_m=hae,
        height_m=height,
        above_ground=words.above_ground(place.get("heighttype")),
        pos_err_m=words.error_m(_first(place, "horizontalaccuracy", "horizaccuracy"), odid.HORIZONTAL_M),
        std_err_m=words.error_m(place.get("baroaccuracy"), odid.VERTICAL_M),
        hae_err_m=words.error_m(_first(place, "verticalaccuracy", "vertaccuracy"), odid.VERTICAL_M),
        tenths=_tenths(place, stamp),
        time_us=words.epoch_us(stamp),
    )


def _tenths(place: Named, stamp: object) -> int | None:
    """Return tenths past the hour; of a bare number only where the names are opendroneid-core-c's."""
    if "speedhorizontal" in place and isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return round(stamp * 10.0) if 0.0 <= stamp <= 3600.0 else None
    return words.tenths_past_hour(stamp)


def _first(named: Named, *names: str) -> Any:
    return next((named[name] for name in names if named.get(name) is not None), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
