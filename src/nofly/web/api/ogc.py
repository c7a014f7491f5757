"""OGC API – Features: zones, incidents and positions as QGIS and kepler.gl open them.

Source: OGC 17-069r4 (Part 1: Core 1.0.1): landing page (7.2), conformance (7.4), collections (7.13, 7.14),
features with ``limit``, ``bbox`` and ``datetime`` (7.15), one feature (7.16). Pages are told by ``offset``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from nofly.errors import InputError
from nofly.run.at import instant
from nofly.run.outputs.text import iso_time
from nofly.run.record.incident_log import row_of
from nofly.web.access.rights import Principal
from nofly.web.answers import GEOJSON, answered
from nofly.web.api.aircraft import aircraft_rows
from nofly.web.errors import not_found
from nofly.web.features import features
from nofly.web.served import Here, Reader, Served

router = APIRouter(prefix="/ogc", tags=["OGC API – Features"])
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")
]
MOST = 10_000
Feature = dict[str, Any]


class _Collection(NamedTuple):
    """A collection: what it is, its features, and which property of one is its time."""

    title: str
    what: str
    features: Callable[[Served, Principal], Iterable[Feature]]
    time: tuple[str, ...] = ()


def _incidents(here: Served, who: Principal) -> Iterable[Feature]:
    log, now_us = here.follower.log, here.clock()
    for one in log.incidents.values():
        if not who.sees(one.last_us, now_us):
            continue
        row = row_of(one, log, now_us)
        deepest = one.deepest
        place = deepest.get("entry_lon_deg"), deepest.get("entry_lat_deg")
        known = all(isinstance(value, int | float) for value in place)
        geometry = {"type": "Point", "coordinates": list(place)} if known else None
        yield {"type": "Feature", "id": one.id, "geometry": geometry, "properties": row}


def _positions(here: Served, who: Principal) -> Iterable[Feature]:
    if who.delay_s:
        return
    now_us = here.follower.picture_us(here.clock())
    picture = here.follower.picture
    for row in aircraft_rows(picture, picture.shown(now_us), now_us):
        place = [row["lon_deg"], row["lat_deg"]]
        yield {
            "type": "Feature", "id": row["target_id"], "geometry": {"type": "Point", "coordinates": place},
            "properties": row,
        }  # fmt: skip


def _zones(here: Served, _: Principal) -> Iterable[Feature]:
    return features(here.follower.law, here.follower.picture_us(here.clock()))


COLLECTIONS = {
    "zones": _Collection("Zones", "The zones that are watched, in force or to come.", _zones),
    "incidents": _Collection(
        "Incidents", "Incidents of the record, at the entry of the deepest stay; no place while it goes on.",
        _incidents, ("entry_time", "last_time"),
    ),
    "positions": _Collection(
        "Positions", "Aircraft as they were last heard, in the last ten minutes.", _positions,
        ("time", "time"),
    ),
}  # fmt: skip


@router.get("", operation_id="ogc_landing_page")
async def landing(request: Request, _: Reader) -> Response:
    """The landing page."""
    root = _root(request)
    return answered(request, {
        "title": "nofly", "description": "Zones, incidents and positions of a watch.",
        "links": [
            _link(root, "self", "application/json", "this page"),
            _link(f"{root}/conformance", "conformance", "application/json", "what this conforms to"),
            _link(f"{root}/collections", "data", "application/json", "the collections"),
            _link(
                str(request.url_for("openapi")), "service-desc",
                "application/vnd.oai.openapi+json;version=3.1", "the API",
            ),
        ],
    })  # fmt: skip


@router.get("/conformance", operation_id="ogc_conformance")
async def conformance(request: Request, _: Reader) -> Response:
    """What this conforms to."""
    return answered(request, {"conformsTo": CONFORMS})


@router.get("/collections", operation_id="ogc_collections")
async def collections(request: Request, _: Reader) -> Response:
    """The collections."""
    root = _root(request)
    return answered(request, {
        "links": [_link(f"{root}/collections", "self", "application/json", "the collections")],
        "collections": [_described(root, name) for name in COLLECTIONS],
    })  # fmt: skip


@router.get("/collections/{name}", operation_id="ogc_collection")
async def collection(request: Request, _: Reader, name: str) -> Response:
    """One collection."""
    _known(name)
    return answered(request, _described(_root(request), name))


@router.get("/collections/{name}/items", operation_id="ogc_items")
async def items(
    request: Request, here: Here, who: Reader, name: str,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    bbox: Annotated[str | None, Query(description="west,south,east,north", max_length=120)] = None,
    datetime: Annotated[str | None, Query(description="An instant or interval.", max_length=80)] = None,
) -> Response:  # fmt: skip
    """Features of a collection as GeoJSON."""
    of = _known(name)
    found = list(of.features(here, who))
    if bbox is not None:
        box = _bbox(bbox)
        found = [one for one in found if one["geometry"] is not None and _meets(one["geometry"], box)]
    if datetime is not None and of.time:
        since_us, until_us = _interval(datetime)
        found = [one for one in found if _within(one["properties"], of.time, since_us, until_us)]
    page = found[offset : offset + limit]
    root = f"{_root(request)}/collections/{name}/items"
    links = [_link(str(request.url), "self", GEOJSON, "these features")]
    if offset + limit < len(found):
        asked = request.url.include_query_params(offset=offset + limit, limit=limit)
        links.append(_link(str(asked), "next", GEOJSON, "the next features"))
    links.append(_link(root, "collection", GEOJSON, "all of them"))
    return answered(request, {
        "type": "FeatureCollection", "timeStamp": iso_time(here.clock()), "numberMatched": len(found),
        "numberReturned": len(page), "links": links, "features": page,
    }, GEOJSON)  # fmt: skip


@router.get("/collections/{name}/items/{feature_id:path}", operation_id="ogc_item")
async def item(request: Request, here: Here, who: Reader, name: str, feature_id: str) -> Response:
    """One feature."""
    found = next((one for one in _known(name).features(here, who) if one["id"] == feature_id), None)
    if found is None:
        raise not_found("no such feature", f"an id of /ogc/collections/{name}/items")
    root = f"{_root(request)}/collections/{name}"
    links = [
        _link(str(request.url), "self", GEOJSON, "this feature"),
        _link(root, "collection", "application/json", "its collection"),
    ]
    return answered(request, {**found, "links": links}, GEOJSON)


def _known(name: str) -> _Collection:
    """Return a collection. Raises ApiError 404 where there is none."""
    if name not in COLLECTIONS:
        raise not_found("no such collection", ", ".join(COLLECTIONS))
    return COLLECTIONS[name]


def _described(root: str, name: str) -> dict[str, Any]:
    of, here = COLLECTIONS[name], f"{root}/collections/{name}"
    return {
        "id": name, "title": of.title, "description": of.what, "itemType": "feature", "crs": [CRS84],
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}},
        "links": [
            _link(here, "self", "application/json", of.title),
            _link(f"{here}/items", "items", GEOJSON, of.title),
        ],
    }  # fmt: skip


def _root(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/ogc"


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}


def _bbox(text: str) -> list[float]:
    """Return west, south, east and north. Raises InputError for what is none."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) == 6:
        values = [*values[:2], *values[3:5]]
    good = len(values) == 4 and -180 <= values[0] <= 180 and -180 <= values[2] <= 180
    if not good or not -90 <= values[1] <= values[3] <= 90:
        raise InputError("no box", locator="query.bbox", expected="west,south,east,north in degrees")
    return values


def _meets(geometry: dict[str, Any], box: list[float]) -> bool:
    """Return whether a point, or the box round a polygon, meets a box."""
    west, south, east, north = box
    points = list(_points(geometry["coordinates"]))
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    if max(lats) < south or min(lats) > north:
        return False
    ranges = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return any(
        min(lons) + turn <= high and max(lons) + turn >= low
        for low, high in ranges
        for turn in (-360, 0, 360)
    )


def _points(coordinates: Any) -> Iterable[list[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
    else:
        for part in coordinates:
            yield from _points(part)


def _interval(text: str) -> tuple[int | None, int | None]:
    """Return the ends of an instant or interval (RFC 3339). Raises InputError for what is none."""
    try:
        ends = [None if part in ("", "..") else instant(part) for part in text.split("/")]
    except InputError as error:
        raise InputError(error.message, locator="query.datetime", expected=error.expected) from error
    if len(ends) > 2 or (len(ends) == 1 and ends[0] is None):
        raise InputError("no interval", locator="query.datetime", expected="an instant, or two with a slash")
    return ends[0], ends[-1]


def _within(row: dict[str, Any], names: tuple[str, ...], since_us: int | None, until_us: int | None) -> bool:
    first, last = (row.get(name) or row.get(names[-1]) for name in names)
    if first is None or last is None:
        return False
    begun, ended = (round(datetime.fromisoformat(text).timestamp() * 1e6) for text in (first, last))
    return (since_us is None or ended >= since_us) and (until_us is None or begun <= until_us)
