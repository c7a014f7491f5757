"""KML 2.2 with Google's gx:Track: zones, and each stay as a track that plays in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from nofly import __version__
from nofly.incidents.record import Infringement, Status
from nofly.run.outputs.columns import record
from nofly.run.outputs.coverage_columns import coverage_of_stays
from nofly.run.outputs.coverage_told import zones_text
from nofly.run.outputs.explain import sentences
from nofly.run.outputs.geojson import entered
from nofly.run.outputs.outline import outlines
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.split import split_polygon
from nofly.run.outputs.text import aircraft, iso_time, printable, side_and_zone, zone_words
from nofly.run.result import CheckResult
from nofly.units import US_PER_S
from nofly.zones.model import Restriction, Zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZONE_FILL = {
    Restriction.PROHIBITED: "400000d5", Restriction.REQ_AUTHORISATION: "40009fe6",
    Restriction.CONDITIONAL: "4042e4f0", Restriction.NO_RESTRICTION: "40739e00",
    Restriction.KEEP_IN: "40b27200",
}  # fmt: skip
"""aabbggrr, as KML has it."""
_STAY_LINE = {
    Status.INFRINGEMENT: ("ff005ed5", 4), Status.EXEMPT: ("ff739e00", 3),
    Status.CLEARED: ("ffb27200", 3), Status.SUSPECT: ("ffa779cc", 2),
}  # fmt: skip
MARGIN_S = 300
"""How much of the track before entry and after exit is shown."""


def write(result: CheckResult) -> bytes:
    """Return the zones entered and every stay as a KML document."""
    paths, covered = Paths(result), coverage_of_stays(result)
    styles = [
        f'<Style id="zone-{k.value}"><LineStyle><color>ff{fill[2:]}</color><width>2</width></LineStyle>'
        f"<PolyStyle><color>{fill}</color></PolyStyle></Style>"
        for k, fill in _ZONE_FILL.items()
    ] + [
        f'<Style id="stay-{k.value}"><LineStyle><color>{line}</color>'
        f"<width>{wide}</width></LineStyle></Style>"
        for k, (line, wide) in _STAY_LINE.items()
    ]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">',
        f"<Document><name>nofly {escape(__version__)}</name>{_coverage(result)}",
        *styles,
        "<Folder><name>Zones</name>",
        *(_zone(zone) for zone in entered(result)),
        "</Folder><Folder><name>Stays</name>",
        *(_stay(result, paths, stay, covered.get(stay.id, {})) for stay in result.infringements),
        "</Folder></Document></kml>\n",
    ]
    return "\n".join(parts).encode()


def _zone(zone: Zone) -> str:
    polygons = "".join(
        "<Polygon>" + "".join(_boundary(ring, k) for k, ring in enumerate(polygon)) + "</Polygon>"
        for volume in zone.volumes
        for outline in outlines(volume.footprint, drawn=False)
        for polygon in split_polygon(outline)
    )
    limits = "; ".join(
        f"{v.lower.text if v.lower else 'ground'} to {v.upper.text if v.upper else 'unlimited'}"
        for v in zone.volumes
    )
    about = {
        "id": zone.id, "restriction": zone.restriction.value, "limits": limits, "zone_hash": zone.zone_hash,
    }  # fmt: skip
    name = zone_words(zone.id, zone.name)
    return (
        f"<Placemark><name>{_safe(name)}</name><styleUrl>#zone-{zone.restriction.value}</styleUrl>"
        f"{_data(about)}<MultiGeometry>{polygons}</MultiGeometry></Placemark>"
    )


def _boundary(ring: NDArray[np.float64], place: int) -> str:
    kind = "outerBoundaryIs" if place == 0 else "innerBoundaryIs"
    points = " ".join(f"{lon:.7f},{lat:.7f}" for lat, lon in ring)
    return f"<{kind}><LinearRing><coordinates>{points}</coordinates></LinearRing></{kind}>"


def _coverage(result: CheckResult) -> str:
    """Return what could have been seen of the zones, entered or not, of a check that covers."""
    told = zones_text(result).strip()
    return f"<description>{_safe_lines(told)}</description>" if told else ""


def _stay(result: CheckResult, paths: Paths, stay: Infringement, covered: Mapping[str, Any]) -> str:
    name = f"{aircraft(stay)} {side_and_zone(stay)}"
    all_values = {**record(stay), **covered}
    values = {k: v for k, v in all_values.items() if v is not None and not isinstance(v, list)}
    told = "\n".join([sentences(result, stay), *covered.get("coverage_notes", [])[:1]])
    ends = "".join(
        f"<Placemark><name>{end}</name><TimeStamp><when>{values[f'{end}_time']}</when></TimeStamp>"
        f"<Point><coordinates>{getattr(stay, f'{end}_lon_deg'):.7f},{getattr(stay, f'{end}_lat_deg'):.7f}"
        "</coordinates></Point></Placemark>"
        for end in ("entry", "exit")
    )
    return (
        f"<Folder><name>{_safe(name)}</name><Placemark><name>{_safe(name)}</name>"
        f"<description>{_safe_lines(told)}</description><styleUrl>#stay-{stay.status.value}</styleUrl>"
        f"{_data(values)}{_track(paths, stay)}</Placemark>{ends}</Folder>"
    )


def _track(paths: Paths, stay: Infringement) -> str:
    """Return the flight from before entry to after exit; on the ground where its height is not known."""
    margin = MARGIN_S * US_PER_S
    track = paths.track(stay.target_id, stay.entry_time_us - margin, stay.exit_time_us + margin)
    if track is None or not len(track):
        times, places = paths.stay(stay)
        heights = np.full(len(times), np.nan)
    else:
        times, places = track.time_us, np.column_stack([track.lat_deg, track.lon_deg])
        heights = track.floats("alt_amsl_m")
        if not np.isfinite(heights).all():
            heights = track.floats("alt_std_m")
    known = bool(np.isfinite(heights).all())
    mode = "absolute" if known else "clampToGround"
    whens = "".join(f"<when>{iso_time(int(t))}</when>" for t in times)
    coords = "".join(
        f"<gx:coord>{lon:.7f} {lat:.7f} {h if known else 0:.1f}</gx:coord>"
        for (lat, lon), h in zip(places, heights, strict=True)
    )
    return f"<gx:Track><altitudeMode>{mode}</altitudeMode>{whens}{coords}</gx:Track>"


def _data(values: Mapping[str, object]) -> str:
    cells = "".join(
        f"<Data name={quoteattr(name)}><value>{_safe(str(value))}</value></Data>"
        for name, value in values.items()
    )
    return f"<ExtendedData>{cells}</ExtendedData>"


def _safe(text: str) -> str:
    return escape(printable(text))


def _safe_lines(text: str) -> str:
    """Return sentences as text in which a viewer that reads it as HTML finds no markup but line breaks."""
    return "&lt;br/&gt;".join(escape(escape(printable(line))) for line in text.splitlines())
