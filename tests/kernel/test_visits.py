from __future__ import annotations

import numpy as np
import pytest

from nofly.kernel.visits import stable_order


@pytest.mark.parametrize("most", [1, 70_000, 2**31 - 1])
def test_rows_by_number_stay_in_order(most: int) -> None:
    random = np.random.Generator(np.random.PCG64(7))
    numbers = random.integers(0, most, 5000, dtype=np.int32, endpoint=True)
    assert np.array_equal(stable_order(numbers), np.lexsort((np.arange(5000), numbers)))


def test_no_rows_have_no_order() -> None:
    assert len(stable_order(np.zeros(0, np.int32))) == 0
