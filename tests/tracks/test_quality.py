from __future__ import annotations

import numpy as np
import pytest

from nofly.tracks.quality import epu_m


def test_each_nacp_has_its_bound() -> None:
    bounds = [18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3]
    assert epu_m(np.arange(1, 12)) == pytest.approx(bounds)


def test_what_is_not_known_is_nan() -> None:
    assert np.isnan(epu_m(np.array([0, -1, 12, 15, -128], np.int8))).all()
    assert epu_m(10) == 10.0
