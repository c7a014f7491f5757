"""Every stay against the oracle, on random zones and tracks over the whole globe."""

from __future__ import annotations

import pytest

from nofly.kernel import compiled
from tests.kernel.agreement import disagreements
from tests.kernel.strategies import positions_of, random_case

SEEDS = 20
CASES = 100 if compiled() else 10
"""The uncompiled kernel is the same source, some hundred times slower."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_stays_agree_with_the_oracle(seed: int) -> None:
    from nofly.incidents.stays import zone_stays

    wrong = []
    for number in range(CASES):
        case = random_case(seed, number)
        stays = zone_stays(case.zones, positions_of(case.reports), max_gap_s=case.max_gap_s)
        found = disagreements(case, stays)
        if found:
            lines = "\n".join(found)
            wrong.append(f"random_case({seed}, {number}): {case}\nfound\n{stays}\nwrong\n{lines}\n")
    assert not wrong, f"{len(wrong)} of {CASES} cases:\n" + "\n".join(wrong[:3])
