"""Boxes of longitude and latitude hold what a remainder by whole turns says, west of -180° too."""

from __future__ import annotations

import numpy as np
import pytest

from nofly.zones.boxes import Box


@pytest.mark.parametrize("west_deg", [-179.999, -180.0, -10.0, 0.0, 10.0, 175.0, 180.0])
@pytest.mark.parametrize("more_m", [0.0, 900_000.0])
def test_a_box_holds_what_is_east_of_its_west(west_deg: float, more_m: float) -> None:
    box = Box(-30.0, 40.0, west_deg, 20.0).wider(more_m)
    rng = np.random.default_rng(1)
    edges = [-180.0, 180.0, 0.0, np.nextafter(0.0, -1.0), (west_deg + 200.0) % 360.0 - 180.0]
    lon = np.concatenate([edges, rng.uniform(-180.0, 180.0, 5_000)])
    lat = np.concatenate([np.zeros(len(edges)), rng.uniform(-90.0, 90.0, 5_000)])
    wanted = (lat >= box.south_deg) & (lat <= box.north_deg)
    wanted &= (lon - box.west_deg) % 360.0 <= box.wide_deg
    assert (box.holds(lat, lon) == wanted).all()
    assert 0 < wanted.sum() < len(lat)
