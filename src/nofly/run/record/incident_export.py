"""Verdicts and records as files: JSON, CSV, GeoJSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nofly import __version__
from nofly.errors import ConfigError
from nofly.run.outputs.columns import COLUMNS
from nofly.run.outputs.coverage_columns import COVERAGE_COLUMNS
from nofly.run.outputs.csv import cell
from nofly.run.outputs.text import iso_time, printable
from nofly.run.record.acts import Act
from nofly.run.record.incident_log import Incident
from nofly.run.record.links import Run
from nofly.run.record.links import plain as links_as_json
from nofly.store.chain import Head, Stored, body_sha256, linked

FORMATS = ("json", "csv", "geojson")
VERDICT_COLUMNS = ("incident", *(name for name, _ in COLUMNS))
RECORD_COLUMNS = (
    "sequence", "time", "kind", "incident", "phase", "zone_id", "zone_name", "zone_hash", "target_id",
    "icao24", "callsign", "status", "certainty", "cause", "lat_deg", "lon_deg", "height_m", "height_datum",
    "depth_m", "who", "why", "hash", "previous",
)  # fmt: skip
_ENDS = (("entry_lon_deg", "entry_lat_deg"), ("exit_lon_deg", "exit_lat_deg"))


def verdict_rows(incidents: Iterable[Incident]) -> list[dict[str, Any]]:
    """Return the last verdict on every stay of incidents, in order of entry: the columns of a check, after
    the incident's name."""
    rows = [{"incident": one.id, **row} for one in incidents for row in one.verdicts.values()]
    return sorted(rows, key=lambda row: (str(row.get("entry_time")), str(row.get("id"))))


def verdicts(rows: Sequence[Mapping[str, Any]], head: Head, form: str) -> bytes:
    """Return verdicts in a format of :data:`FORMATS`; ``head`` is the record's at the time."""
    if form == "csv":
        more = [name for name, _ in COVERAGE_COLUMNS if any(name in row for row in rows)]
        return as_csv((*VERDICT_COLUMNS, *more), rows)
    if form == "json":
        return as_json({"nofly": __version__, "head": _head(head), "verdicts": list(rows)})
    features = []
    for row in rows:
        places = [_place(row, *names) for names in _ENDS]
        features.append(({"type": "stay", **row}, [place for place in places if place is not None]))
    return _collection(features, head)


def records(
    stored: Iterable[Stored], head: Head, form: str, with_access: bool = True, links: Sequence[Run] = ()
) -> bytes:
    """Return records in a format of :data:`FORMATS`; who logged in, and what else people did with the system
    itself, only ``with_access``: else of these JSON has the hashes, the others nothing.

    As JSON each has its ``body``, from which its hash can be worked out again: SHA-256 over the hash of the
    one before and the body as canonical JSON (see :mod:`nofly.store.chain`).
    """
    rows = list(stored)
    private = set() if with_access else {r.sequence for r in rows if r.kind in tuple(Act)}
    if form == "json":
        plain = [
            {
                "sequence": r.sequence, "hash": r.hash, "previous": r.previous,
                **(_withheld(r) if r.sequence in private else {"body": r.content}),
            }
            for r in rows
        ]  # fmt: skip
        whole = {"nofly": __version__, "head": _head(head), "records": plain}
        return as_json({**whole, "links": links_as_json(links)} if links else whole)
    flat = [_flat(record) for record in rows if record.sequence not in private]
    if form == "csv":
        return as_csv(RECORD_COLUMNS, flat)
    places = [_place(row, "lon_deg", "lat_deg") for row in flat]
    features = [
        ({"type": "record", **row}, [] if place is None else [place])
        for row, place in zip(flat, places, strict=True)
    ]
    return _collection(features, head)


def _withheld(record: Stored) -> dict[str, str]:
    """Return what stands for a body that is withheld: its hash, where that is all the chain takes of it."""
    digest = body_sha256(record.body)
    known = {"body_sha256": digest} if linked(record.previous, digest) == record.hash else {}
    return {"withheld": "access", **known}


def as_json(value: Any) -> bytes:
    """Return indented JSON in ASCII that holds no control character: it can steer no terminal."""
    return (json.dumps(value, indent=1, allow_nan=False).replace("\x7f", "\\u007f") + "\n").encode()


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return CSV (RFC 4180, UTF-8) with a header; what a spreadsheet would run gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(_safe(row.get(name))) for name in columns])
    return out.getvalue().encode()


def _safe(value: Any) -> Any:
    if isinstance(value, list):
        return [printable(str(one)) for one in value]
    return printable(value) if isinstance(value, str) else value


def format_named(form: str | None, path: str | None) -> str:
    """Return the format that is asked for, or that a file's name stands for; JSON where nothing says.

    Raises ConfigError where a name stands for none.
    """
    if form is not None or path is None:
        return form or "json"
    for known in FORMATS:
        if path.lower().endswith(f".{known}"):
            return known
    raise ConfigError(f"the name {path!r} says no format", expected="--format, or .json, .csv, .geojson")


def _flat(record: Stored) -> dict[str, Any]:
    body = record.content
    row: dict[str, Any] = {name: body.get(name) for name in RECORD_COLUMNS}
    row |= {"sequence": record.sequence, "time": iso_time(record.time_us), "kind": record.kind,
            "incident": record.incident, "hash": record.hash, "previous": record.previous}  # fmt: skip
    return {name: _safe(value) for name, value in row.items()}


def _place(row: Mapping[str, Any], lon: str, lat: str) -> list[float] | None:
    values = row.get(lon), row.get(lat)
    if all(isinstance(v, int | float) and math.isfinite(v) for v in values):
        return [float(v) for v in values if v is not None]
    return None


def _collection(features: Iterable[tuple[dict[str, Any], list[list[float]]]], head: Head) -> bytes:
    """Return GeoJSON (RFC 7946): a feature's points, no geometry (3.2) where there are none."""
    return as_json({
        "type": "FeatureCollection", "nofly": __version__, "head": _head(head),
        "features": [
            {"type": "Feature", "properties": about, "geometry": _points(places)}
            for about, places in features
        ],
    })  # fmt: skip


def _points(places: list[list[float]]) -> dict[str, Any] | None:
    if not places:
        return None
    if len(places) == 1:
        return {"type": "Point", "coordinates": places[0]}
    return {"type": "MultiPoint", "coordinates": places}


def _head(head: Head) -> dict[str, Any]:
    return {"sequence": head.sequence, "hash": head.hash}
