"""What Home Assistant is told over MQTT: a binary sensor a zone, found by itself.

Source: Home Assistant, integration MQTT: "MQTT discovery" (topics and the fields device, origin, unique_id),
"MQTT binary sensor" (ON, OFF and None, which is unknown; availability; attributes).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from nofly.alerts._channel import Notice
from nofly.alerts._texts import one_line
from nofly.zones.model import Zone

_OTHER = re.compile(r"[^a-z0-9]+")
MOST_SHOWN = 50
"""So many incidents stand in the attributes of a zone; how many there are is always said."""


def object_id(zone_id: str) -> str:
    """Return a zone's name in topics: of letters, digits, ``_`` and ``-`` alone, unlike any other's."""
    digest = hashlib.sha256(zone_id.encode("utf-8", "replace")).hexdigest()[:8]
    slug = _OTHER.sub("_", zone_id.lower()).strip("_")[:40]
    return f"{slug}_{digest}" if slug else digest


def discovery(zone: Zone, topic: str, client: str) -> dict[str, Any]:
    """Return the configuration of a zone's sensor; its topics stand below ``topic``."""
    name = zone.name if zone.name and zone.name != zone.id else ""
    here = f"{topic}/zone/{object_id(zone.id)}"
    return {
        "name": one_line(f"{zone.id} {name}".strip(), 200),
        "unique_id": f"{client}_{object_id(zone.id)}",
        "device_class": "safety",
        "state_topic": f"{here}/state",
        "json_attributes_topic": f"{here}/attributes",
        "availability_topic": f"{topic}/status",
        "payload_available": "online",
        "payload_not_available": "offline",
        "device": {"identifiers": [client], "name": "nofly", "model": "airspace watch"},
        "origin": {"name": "nofly"},
    }


def state(notices: Iterable[Notice]) -> str:
    """Return ``ON`` where somebody is inside, ``None`` (unknown) where nobody is for certain and somebody may
    be, else ``OFF``."""
    phases = {notice.phase for notice in notices if notice.active and notice.kind != "predicted"}
    if "infringing" in phases:
        return "ON"
    return "None" if phases & {"undetermined", "lost-inside"} else "OFF"


def attributes(zone_id: str, notices: Iterable[Notice]) -> dict[str, Any]:
    """Return who is inside, may be and is expected, with the key of the notice that said so."""
    held = sorted((n for n in notices if n.active), key=lambda notice: notice.sequence)
    phases = ["predicted" if n.kind == "predicted" else n.phase for n in held]
    return {
        "zone_id": zone_id,
        "inside": phases.count("infringing"),
        "undetermined": phases.count("undetermined") + phases.count("lost-inside"),
        "predicted": phases.count("predicted"),
        "incidents": [
            {
                "target": n.callsign or n.target_id, "target_id": n.target_id, "phase": phase, "text": n.text,
                "latitude": n.lat_deg, "longitude": n.lon_deg, "incident": n.incident, "key": n.key,
                "time": n.plain()["time"],
            }
            for n, phase in list(zip(held, phases, strict=True))[-MOST_SHOWN:]
        ],
    }  # fmt: skip


def encoded(document: dict[str, Any]) -> bytes:
    """Return JSON in ASCII."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
