"""What a register says was law, as was known: against a naive replay, on both databases, while it grows."""

from __future__ import annotations

import random

from nofly.store.register import Register
from nofly.zones.editions import Law
from tests.oracle.law import LAST, Plain, law
from tests.zones.histories import act_of, random_history

HISTORIES, LENGTH = 24, 14


def test_random_histories(register_url: str) -> None:
    chance = random.Random(1793)
    history: list[Plain] = []
    for k in range(HISTORIES):
        history += random_history(chance, [f"H{k}A", f"H{k}B"], LENGTH)
    history = [one._replace(recorded=10 * (n + 1)) for n, one in enumerate(history)]
    readings = iter([one.recorded for one in history])
    answers: dict[tuple[int, int], dict[str, int]] = {}
    with Register(register_url, clock_us=lambda: next(readings)) as register:
        for first in range(0, len(history), 70):
            part = history[first : first + 70]
            register.append_by(lambda _, part=part: [act_of(one) for one in part])  # type: ignore[misc]
            for (at, known), said in answers.items():
                assert found(register, at, known) == said
            for _ in range(6):
                at, known = chance.randint(0, LAST - 1), chance.randint(0, part[-1].recorded)
                answers[at, known] = found(register, at, known)
                assert answers[at, known] == law(history, at, known)
        for at in range(LAST):
            assert found(register, at, 10**6) == law(history, at, 10**6)
        assert register.verify() == []


def found(register: Register, at: int, known: int) -> dict[str, int]:
    law_then = Law(register.acts("zone", known_us=known))
    assert law_then.findings == []
    return {one.zone_id: one.number for one in law_then.at(at)}
