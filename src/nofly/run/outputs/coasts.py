"""Coasts and borders behind a map."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from nofly.run.outputs.projection import LocalMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nofly.run.outputs.chart import View


def coasts(local: LocalMap, view: View) -> list[NDArray[np.float64]]:
    """Return coasts and borders near the view (Natural Earth, as on the page of ``nofly serve``)."""
    reach = 1.5 * max(view[1] - view[0], view[3] - view[2])
    found = []
    for name in ("land.json", "borders.json"):
        text = files("nofly").joinpath("web", "static", "data", name).read_text(encoding="utf-8")
        for feature in json.loads(text)["features"]:
            for line in _lines(feature["geometry"]):
                points = np.column_stack(local.forward(line[:, 1], line[:, 0]))
                far = np.hypot(*points.T) >= reach
                # A map of the world in one sheet has edges that are no coasts.
                sheet = (np.abs(np.diff(line, axis=0)) > 10.0).any(axis=1) | (
                    np.minimum(np.abs(line[1:, 0]), np.abs(line[:-1, 0])) > 179.99
                )
                cuts = np.flatnonzero(far[1:] | far[:-1] | sheet) + 1
                found += [part for part in np.split(points, cuts) if len(part) > 1]
    return found


def _lines(geometry: dict[str, Any]) -> list[NDArray[np.float64]]:
    parts: list[Any] = geometry["coordinates"]
    if geometry["type"] == "LineString":
        parts = [parts]
    elif geometry["type"] == "MultiPolygon":
        parts = [ring for polygon in parts for ring in polygon]
    return [np.array(part, float) for part in parts]
