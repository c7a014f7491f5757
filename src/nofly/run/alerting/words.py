"""What an alert says: a stored record as a notice, in the field's words, and templates of the user's own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from nofly.alerts import Notice, Urgency
from nofly.errors import ConfigError
from nofly.incidents.record import Cause, Certainty, Side, Status
from nofly.incidents.states import Phase, Told
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.text import clock, depth, height, place, printable
from nofly.store.chain import Stored
from nofly.zones.model import Zone

FEED_SILENT = "feed-silent"
FEED_ALIVE = "feed-alive"
NO_POSITIONS = "no-positions"
"""``how`` a feed is silent that brings bytes."""
MAX_TEXT_CHARACTERS = 300
"""A longer text of a record is cut."""
MAX_TEMPLATE_CHARACTERS = 2000

ZoneOf = Callable[[str], Zone | None]
"""Returns a zone by its hash, None where it is not known."""

ENDS = frozenset((Told.UNPREDICTED, Told.FOUND_OUTSIDE, Told.EXITED, Told.CLOSED))
"""Kinds after which nobody is inside any more, nor expected."""
STATES = ENDS | {
    Told.PREDICTED, Told.ENTERED, Told.REENTERED, Told.DETERMINED, Told.DOUBTED, Told.LOST, Told.RECOGNISED,
}  # fmt: skip
"""Kinds that say how an incident is."""
_ACTIVE = (Phase.PREDICTED, Phase.INFRINGING, Phase.UNDETERMINED, Phase.LOST_INSIDE)
_ALARMS = (Told.ENTERED, Told.DETERMINED, Told.REENTERED, Told.RECOGNISED)
_WARNINGS = (Told.PREDICTED, Told.DOUBTED, Told.LOST, FEED_SILENT)
_SENTENCES: dict[str, str] = {
    Told.PREDICTED: "{target} is expected to enter {zone}{expected}",
    Told.UNPREDICTED: "{target} is no longer expected to enter {zone}",
    Told.ENTERED: "{target} {entered} {zone}",
    Told.REENTERED: "{target} {entered} {zone} again",
    Told.DETERMINED: "{target} is inside {zone}",
    Told.DOUBTED: "it cannot be told any more whether {target} is inside {zone}",
    Told.LOST: "{target} was lost, last heard not outside {zone}",
    Told.FOUND_OUTSIDE: "{target} was found outside {zone}",
    Told.EXITED: "{target} has left {zone}",
    Told.RECOGNISED: "{target}, {perhaps}inside {zone}, is recognised: {status}",
    Told.CLOSED: "the incident of {target} and {zone} is closed",
    Told.CONTRADICTED: "what is reported of {target} and {zone} contradicts what was recorded",
    Told.AMENDED: "what was recorded of {target} and {zone} is amended",
    JUDGED: "the stay of {target} in {zone} is judged: {status}",
    FEED_SILENT: "feed {feed} is silent: not monitored through it since {since}",
    FEED_ALIVE: "feed {feed} brings positions again: it was not monitored through it from {since} until now",
}
_DRY = "feed {feed} brings bytes and no positions: not monitored through it since {since}"
_ALIVE = "feed {feed} brings positions again"
"""Where nobody recorded since when it had not."""
_OUTSIDE: dict[str, str] = {
    Told.PREDICTED: "{target} is expected to leave {zone}{expected}",
    Told.UNPREDICTED: "{target} is no longer expected to leave {zone}",
    Told.ENTERED: "{target} {left} {zone}",
    Told.REENTERED: "{target} {left} {zone} again",
    Told.DETERMINED: "{target} is outside {zone}",
    Told.DOUBTED: "it cannot be told any more whether {target} is outside {zone}",
    Told.LOST: "{target} was lost, last heard not inside {zone}",
    Told.FOUND_OUTSIDE: "{target} was found inside {zone}",
    Told.EXITED: "{target} is back in {zone}",
    Told.RECOGNISED: "{target}, {perhaps}outside {zone}, is recognised: {status}",
    JUDGED: "the absence of {target} from {zone} is judged: {status}",
}
"""Of zones that must not be left."""
_CAUSED: dict[tuple[str, str], str] = {
    (Told.ENTERED, Cause.ZONE_ACTIVATED): "{target} {was} inside {zone} when it became active",
    (Told.REENTERED, Cause.ZONE_ACTIVATED): "{target} {was} inside {zone} when it became active again",
    (Told.ENTERED, Cause.ZONE_CHANGED): "{target} {was} inside {zone} when it was changed",
    (Told.REENTERED, Cause.ZONE_CHANGED): "{target} {was} inside {zone} when it was changed",
    (Told.ENTERED, Cause.DATA_RESUMED): "{target} {found} inside {zone}",
    (Told.REENTERED, Cause.DATA_RESUMED): "{target} {found} inside {zone} again",
    (Told.EXITED, Cause.ZONE_DEACTIVATED): "{zone} holds no longer for {target}, which was not outside",
    (Told.EXITED, Cause.ZONE_CHANGED): "{zone} was changed while {target} was not outside",
}
"""Where it was not the aircraft that moved."""
_CAUSED_OUTSIDE: dict[tuple[str, str], str] = {
    (Told.EXITED, Cause.ZONE_DEACTIVATED): "{zone} holds no longer for {target}, which was outside",
    (Told.EXITED, Cause.ZONE_CHANGED): "{zone} was changed while {target} was outside",
}
_LICIT = (Status.EXEMPT, Status.CLEARED)
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_000_000
"""The years 1 to 9999."""
_UNKNOWN_VALUE = "not known"


def notice_of(key: str, record: Stored, zone_of: ZoneOf, *, timed: bool = True) -> Notice:
    """Return a stored record as a notice. A field that is missing, or of a wrong type, is not known (None).

    Where it is ``timed`` its text ends with its time. Texts come out printable and bounded, whatever stood in
    the record.
    """
    body = record.content
    read = _Reader(body)
    zone = zone_of(read.text("zone_hash") or "")
    phase = read.text("phase")
    known: dict[str, Any] = {
        name: read.text(name)
        for name in (
            "warning", "zone_hash", "target_id", "icao24", "callsign", "squawk", "height_datum", "certainty",
            "status", "cause", "side", "who", "why",
        )
    }  # fmt: skip
    outside = known.pop("side") == Side.OUTSIDE
    known |= {name: read.number(name) for name in ("height_m", "depth_m")}
    known |= {"lat_deg": read.degrees("lat_deg", 90.0), "lon_deg": read.degrees("lon_deg", 360.0)}
    known |= {
        "zone_id": read.text("zone_id") or (_bounded(zone.id) if zone else None),
        "zone_name": read.text("zone_name") or (_bounded(zone.name) if zone else None),
        "predicted_entry_us": read.whole("predicted_entry_us"),
        "phase": phase,
    }
    if known["height_m"] is not None and known["height_datum"] is not None:
        known["height_words"] = height(known["height_m"], known["height_datum"])
    kind = _bounded(record.kind)
    begun_us = read.whole("since_us")
    since_us = record.time_us if begun_us is None else begun_us
    pattern = _SENTENCES.get(kind, f"{kind.replace('{', '(').replace('}', ')')}: {{target}} and {{zone}}")
    if outside:
        pattern = _OUTSIDE.get(kind, pattern)
    caused = _CAUSED_OUTSIDE if outside else _CAUSED
    pattern = caused.get((kind, known["cause"] or ""), pattern)
    if kind == FEED_SILENT and read.text("how") == NO_POSITIONS:
        pattern = _DRY
    elif kind == FEED_ALIVE and begun_us is None:
        pattern = _ALIVE
    if "{since}" in pattern and since_us == record.time_us:
        # The time is said once.
        pattern, timed = (pattern if timed else pattern.replace("{since}", "then")), False
    told = _sentence(pattern, phase, _bounded(record.incident), since_us, known)
    told += f", {_clock(record.time_us)}." if timed else "."
    return Notice(
        key=key, sequence=record.sequence, record_hash=record.hash, kind=kind,
        incident=_bounded(record.incident), time_us=record.time_us, text=told,
        title=_title(kind, known, _bounded(record.incident)),
        urgency=_urgency(kind, phase, known["status"]),
        active=is_active(kind, phase), **known,
    )  # fmt: skip


def is_active(kind: str, phase: str | None) -> bool | None:
    """Return whether after a record somebody is inside, may be, or is expected to be; None where it is of no
    incident."""
    return None if phase is None else kind == Told.PREDICTED or phase in _ACTIVE


def as_told(zone: Zone) -> Zone:
    """Return a zone that is called as notices call it: printable and bounded."""
    shown = (_bounded(zone.id), _bounded(zone.name))
    return zone if shown == (zone.id, zone.name) else replace(zone, id=shown[0], name=shown[1])


class _Reader:
    """Takes values of the right type out of a record."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def text(self, name: str) -> str | None:
        value = self._body.get(name)
        return _bounded(value) if isinstance(value, str) and value else None

    def number(self, name: str) -> float | None:
        value = self._body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)

    def degrees(self, name: str, most_deg: float) -> float | None:
        value_deg = self.number(name)
        return value_deg if value_deg is not None and abs(value_deg) <= most_deg else None

    def whole(self, name: str) -> int | None:
        value = self._body.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if _FIRST_US <= value < _LAST_US else None


def _bounded(text: str) -> str:
    shown = printable(text[: MAX_TEXT_CHARACTERS + 1])
    return shown if len(shown) <= MAX_TEXT_CHARACTERS else shown[: MAX_TEXT_CHARACTERS - 1] + "…"


def _urgency(kind: str, phase: str | None, status: str | None) -> Urgency:
    if status in _LICIT:
        return Urgency.INFORMATION
    if kind in _ALARMS and phase == Phase.INFRINGING:
        return Urgency.ALARM
    if kind in _WARNINGS or kind in _ALARMS:
        return Urgency.WARNING
    return Urgency.INFORMATION


def _target(known: Mapping[str, Any]) -> str:
    names = [known[name] for name in ("callsign", "target_id") if known[name]]
    return f"{names[0]} ({names[1]})" if len(names) == 2 else names[0] if names else "a target"


def _zone(known: Mapping[str, Any]) -> str:
    zone_id, name = known["zone_id"], known["zone_name"]
    if zone_id and name and zone_id != name:
        return f"{zone_id} {name}"
    return zone_id or name or (f"zone {known['zone_hash'][:12]}" if known["zone_hash"] else "a zone")


def _title(kind: str, known: Mapping[str, Any], incident: str) -> str:
    if kind in (FEED_SILENT, FEED_ALIVE):
        return f"{kind}: {incident.removeprefix('feed:')}"
    return f"{kind}{_mark(known)}: {known['callsign'] or known['target_id'] or 'a target'} / {_zone(known)}"


def _sentence(pattern: str, phase: str | None, incident: str, since_us: int, known: Mapping[str, Any]) -> str:
    """Return a record in words, without a full stop; ``since_us`` is, of a feed, since when it was silent."""
    entry_us = known["predicted_entry_us"]
    sure = phase == Phase.INFRINGING
    values = {
        "target": _target(known), "zone": _zone(known), "feed": incident.removeprefix("feed:"),
        "entered": "entered" if sure else "may have entered (it cannot be told)",
        "was": "was" if sure else "may have been (it cannot be told)",
        "found": "was found" if sure else "was found, it may be (it cannot be told),",
        "left": "left" if sure else "may have left (it cannot be told)",
        "perhaps": "" if sure else "perhaps ",
        "expected": f" at {_clock(entry_us)}" if entry_us is not None else "",
        "since": _clock(since_us), "status": _verdict(known),
    }  # fmt: skip
    parts = [pattern.format(**values)]
    if known["lat_deg"] is not None and known["lon_deg"] is not None:
        parts.append(f"at {place(known['lat_deg'], known['lon_deg'])}")
    if known.get("height_words"):
        parts.append(known["height_words"])
    if known["depth_m"] is not None:
        parts.append(f"{depth(known['depth_m'])} deep")
    if known["certainty"]:
        parts.append(known["certainty"])
    if known["who"]:
        parts.append(f"said by {known['who']}")
    if known["why"]:
        parts.append(known["why"])
    sentence = ", ".join(parts)
    if not pattern.startswith(("{target}", "{zone}")) or not (known["callsign"] or known["target_id"]):
        sentence = sentence[0].upper() + sentence[1:]
    mark = "" if "{status}" in pattern else _mark(known)
    return f"{mark} {sentence}".lstrip()


def _mark(known: Mapping[str, Any]) -> str:
    """Return `` [exempt]``, or what else an incident is that is no infringement; nothing of one that is."""
    return "" if known["status"] in (None, Status.INFRINGEMENT) else f" [{known['status']}]"


def _verdict(known: Mapping[str, Any]) -> str:
    if known["status"] == Status.INFRINGEMENT and known["certainty"] == Certainty.UNDETERMINED:
        return "it cannot be told whether it was one"
    return known["status"] or "not known"


def _clock(time_us: int) -> str:
    return clock(time_us, tenths=True) if _FIRST_US <= time_us < _LAST_US else f"{time_us} µs since 1970"


def folded(notice: Notice, older: int) -> Notice:
    """Return a notice that stands for so many older ones of its incident too, and says so."""
    if older <= 0:
        return notice
    many = f"{older} older notice{'s' * (older > 1)}"
    return replace(notice, folded=older, text=f"{notice.text} It stands for {many} of this incident too.")


_VALUES: dict[str, Callable[[Notice], object]] = {
    **{
        name: (lambda notice, name=name: getattr(notice, name))  # type: ignore[misc]
        for name in (
            "key", "sequence", "kind", "incident", "title", "text", "phase", "zone_id", "zone_name",
            "zone_hash", "target_id", "icao24", "callsign", "squawk", "certainty", "status", "cause", "who",
            "why", "folded",
        )
    },
    "urgency": lambda notice: notice.urgency.value,
    "time": lambda notice: _clock(notice.time_us),
    "height": lambda notice: notice.height_words,
    "depth": lambda notice: None if notice.depth_m is None else depth(notice.depth_m),
    "place": lambda n: None if n.lat_deg is None or n.lon_deg is None else place(n.lat_deg, n.lon_deg),
    "predicted_entry": lambda n: None if n.predicted_entry_us is None else _clock(n.predicted_entry_us),
}  # fmt: skip
NAMES = tuple(sorted(_VALUES))
"""What may stand in braces in a template."""

_PARTS = re.compile(r"\{\{|\}\}|\{([a-z0-9_]*)\}|[{}]")


class Template:
    """A text with ``{name}`` in it; ``{{`` and ``}}`` are braces.

    Only names stand there, no attributes, indices or formats, so that a template can reach nothing else.
    Raises ConfigError for any other name, with the nearest that there is.
    """

    def __init__(self, text: str, source: str = "") -> None:
        if len(text) > MAX_TEMPLATE_CHARACTERS:
            raise ConfigError(
                "a template that is too long", source=source, expected="at most 2000 characters"
            )
        self._parts: list[str | Callable[[Notice], object]] = []
        at = 0
        for found in _PARTS.finditer(text):
            self._parts.append(text[at : found.start()])
            at = found.end()
            if found[0] in ("{{", "}}"):
                self._parts.append(found[0][0])
            elif found[1] is None or found[1] not in _VALUES:
                raise _unknown(found[1], found.start(), source)
            else:
                self._parts.append(_VALUES[found[1]])
        self._parts.append(text[at:])

    def render(self, notice: Notice) -> str:
        """Return the text about a notice. What is not known reads ``not known``."""
        return "".join(part if isinstance(part, str) else _shown(part(notice)) for part in self._parts)


def _shown(value: object) -> str:
    return _UNKNOWN_VALUE if value is None else str(value)


def _unknown(name: str | None, at: int, source: str) -> ConfigError:
    from difflib import get_close_matches

    if name is None:
        message, expected = "a brace in a template that opens or closes no name", "{name}, or {{ for a brace"
    else:
        near = get_close_matches(name, NAMES, 1)
        message = f"a template names {name!r}"
        expected = near[0] if near else f"one of {', '.join(NAMES)}"
    return ConfigError(message, source=source, locator=f"character {at + 1}", expected=expected)
