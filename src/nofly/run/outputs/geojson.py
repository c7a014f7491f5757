"""GeoJSON (RFC 7946) of the zones that were entered, the stays, and entry and exit points."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly import __version__
from nofly.run.outputs.columns import record
from nofly.run.outputs.coverage_columns import coverage_of_stays
from nofly.run.outputs.coverage_told import coverage_block
from nofly.run.outputs.outline import outlines, path
from nofly.run.outputs.paths import Paths
from nofly.run.outputs.split import split_line, split_polygon
from nofly.run.outputs.text import iso_time, printable
from nofly.run.result import CheckResult
from nofly.zones.model import Footprint, Limit, Zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLACES = 7


def write(result: CheckResult) -> bytes:
    """Return the feature collection as UTF-8 JSON, one feature a line."""
    collection = feature_collection(result)
    lines = (json.dumps(f, ensure_ascii=False, allow_nan=False) for f in collection.pop("features"))
    features = ",\n".join(lines)
    head = json.dumps(collection, ensure_ascii=False)[:-1]
    return f'{head}, "features": [\n{features}\n]}}\n'.encode()


def feature_collection(result: CheckResult) -> dict[str, Any]:
    """Return zones entered, stays (lines) and their ends (points), told apart by the property ``type``.

    Lines are split at the antimeridian; exteriors run anticlockwise. Of a check that covers, what could have
    been seen of each zone, entered or not, is the member ``coverage``.
    """
    paths = Paths(result)
    features = [zone_feature(zone) for zone in entered(result)]
    covered = coverage_of_stays(result)
    for stay in result.infringements:
        values = {**record(stay), **covered.get(stay.id, {})}
        _, places = paths.stay(stay)
        features.append(_feature({"type": "stay", **values}, _line(places)))
        for end in ("entry", "exit"):
            about = {
                "type": end, "infringement_id": values["id"], "zone_id": values["zone_id"],
                "target_id": values["target_id"], "time": values[f"{end}_time"],
                "cause": values["cause" if end == "entry" else "exit_cause"],
            }  # fmt: skip
            lon, lat = getattr(stay, f"{end}_lon_deg"), getattr(stay, f"{end}_lat_deg")
            point = [round(lon, _PLACES), round(lat, _PLACES)]
            features.append(_feature(about, {"type": "Point", "coordinates": point}))
    told = {} if result.coverage is None else {"coverage": coverage_block(result)}
    return {"type": "FeatureCollection", "nofly": __version__, **told, "features": features}


def entered(result: CheckResult) -> list[Zone]:
    """Return the zones, in the editions, that some stay names."""
    ids = {stay.zone_id for stay in result.infringements}
    hashes = {stay.zone_hash for stay in result.infringements}
    same = [zone for zone in result.zones if zone.id in ids]
    if len({zone.id for zone in same}) == len(same):
        return same
    return [zone for zone in same if zone.zone_hash in hashes] or same


def zone_feature(zone: Zone) -> dict[str, Any]:
    """Return a zone as a feature: its footprints as (multi)polygons, a limit as metres, datum and text."""
    geometries = [footprint_geometry(volume.footprint) for volume in zone.volumes]
    about = {
        "type": "zone", "id": printable(zone.id), "name": printable(zone.name), "kind": printable(zone.kind),
        "restriction": zone.restriction.value, "zone_hash": zone.zone_hash, "edition": zone.edition,
        "valid_from": None if zone.valid_from_us is None else iso_time(zone.valid_from_us),
        "valid_to": None if zone.valid_to_us is None else iso_time(zone.valid_to_us),
        "volumes": [{"lower": _limit(v.lower), "upper": _limit(v.upper)} for v in zone.volumes],
    }  # fmt: skip
    if len(geometries) == 1:
        return _feature(about, geometries[0])
    return _feature(about, {"type": "GeometryCollection", "geometries": geometries})


def footprint_geometry(footprint: Footprint) -> dict[str, Any]:
    """Return a footprint as a Polygon or MultiPolygon geometry; circles are circumscribed."""
    polygons = [
        [_coordinates(ring) for ring in polygon]
        for outline in outlines(footprint, drawn=False)
        for polygon in split_polygon(outline)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _line(places: NDArray[np.float64]) -> dict[str, Any]:
    lines = [_coordinates(piece) for piece in split_line(path(places))]
    if len(lines) == 1:
        return {"type": "LineString", "coordinates": lines[0]}
    return {"type": "MultiLineString", "coordinates": lines}


def _coordinates(line: NDArray[np.float64]) -> list[list[float]]:
    rounded: list[list[float]] = np.round(line[:, ::-1], _PLACES).tolist()
    return rounded


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"value_m": limit.value_m, "datum": limit.datum.value, "text": printable(limit.text)}


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
