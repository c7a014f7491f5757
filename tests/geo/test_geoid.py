"""The shipped geoid: its values, its edges, its packing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.geo.geoid import COLUMNS, MAGIC, ROWS, Geoid, pack, unpack
from nofly.run.files.heightfiles import load_geoid


def test_published_values():
    found = load_geoid().undulation_m(np.array([50.4501, 56.9496]), np.array([30.5234, 24.1052]))
    assert found == pytest.approx([25.15, 20.59], abs=0.02)


def test_the_shipped_grid_is_the_published_one(shared):
    published = np.fromfile(shared / "geoid" / "WW15MGH.DAC", ">i2").reshape(ROWS, COLUMNS)
    assert np.array_equal(unpack(pack(published))._grid_cm, published)
    assert np.array_equal(load_geoid()._grid_cm, published)


def test_the_shipped_grid_is_small():
    assert len(pack(load_geoid()._grid_cm)) < 600_000


def test_posts_come_out_as_they_are():
    lat, lon = np.array([90.0, -90.0, 0.0, 10.25]), np.array([77.0, -13.0, 0.0, -0.25])
    grid = load_geoid()._grid_cm
    rows, columns = ((90.0 - lat) * 4).astype(int), ((lon % 360.0) * 4).astype(int)
    assert np.array_equal(load_geoid().undulation_m(lat, lon), grid[rows, columns] / 100.0)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_longitudes_wrap_and_values_stay_within_the_known_range(lat, lon):
    n = float(load_geoid().undulation_m(lat, lon))
    assert -107.0 <= n <= 86.0
    assert n == pytest.approx(float(load_geoid().undulation_m(lat, lon + 360.0)), abs=1e-6)


def test_both_sides_of_the_antimeridian_and_of_greenwich_meet():
    for lon in (180.0, 0.0):
        a, b = load_geoid().undulation_m(np.array([12.3, 12.3]), np.array([lon - 1e-9, -lon + 1e-9]))
        assert a == pytest.approx(b, abs=1e-6)


def test_damage_is_an_input_error():
    good = pack(np.zeros((ROWS, COLUMNS), np.int16))
    for bad in (b"", MAGIC, good[:-20], b"X" + good, MAGIC + b"\x00" * 50):
        with pytest.raises(InputError, match="geoid"):
            unpack(bad)
    with pytest.raises(InputError, match="shape"):
        Geoid(np.zeros((3, 3), np.int16))
