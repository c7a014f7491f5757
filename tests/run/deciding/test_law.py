"""What is decided becomes law, and only that: the zone's editions in the same register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nofly.errors import InputError
from nofly.run.deciding.acting import ask, do, standing
from nofly.run.registering.signing import Hand
from nofly.store.register import Register
from nofly.zones.acts import ZONE as ON_ZONE
from nofly.zones.decision_bodies import Clock, Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.decision_states import Phase
from nofly.zones.editions import law_at
from nofly.zones.model import Circle, Volume, Zone

ZONE = Zone("Z", "Keep out", (Volume(Circle((48.0, 31.0), 9_000.0)),))
HOUR_US = 3_600_000_000


class Chair:
    """Acts by the hour, of a procedure of the past."""

    def __init__(self, path: Path) -> None:
        self.register = Register(str(path))
        request = Request(
            "R", "asker", ZONE, Purpose.PREVENT, "bombs", (), "chair", DecisionRule(RuleKind.SINGLE),
            clock=Clock.STATED,
        )  # fmt: skip
        ask(self.register, request, Hand("a", 0))

    def do(self, kind: str, hour: int, **body: Any) -> None:
        do(self.register, "R", kind, body, Hand("c", hour * HOUR_US))

    def promulgated(self, end: int | None) -> None:
        self.do("decide", 1, outcome="approved", reason="agreed")
        self.do(
            "promulgate", 2, valid_from_us=4 * HOUR_US, valid_to_us=None if end is None else end * HOUR_US
        )

    def law(self, hour: int) -> list[str]:
        return [one.zone_id for one in law_at(self.register.acts(ON_ZONE), hour * HOUR_US)]


@pytest.fixture
def chair(tmp_path: Path) -> Chair:
    return Chair(tmp_path / "law.sqlite")


def test_what_is_promulgated_is_law_over_its_span_alone(chair: Chair) -> None:
    chair.promulgated(20)
    assert [chair.law(hour) for hour in (3, 4, 19, 20)] == [[], ["Z"], ["Z"], []]
    (edition,) = law_at(chair.register.acts(ON_ZONE), 5 * HOUR_US)
    assert edition.declared_hash == ZONE.zone_hash
    assert edition.act.party == "chair"
    assert edition.act.body["why"] == "request R: agreed"
    assert not chair.register.verify()


def test_suspension_renewal_and_revocation_are_law_too(chair: Chair) -> None:
    chair.promulgated(20)
    chair.do("suspend", 6, reason="talks")
    chair.do("resume", 8, reason="talks failed")
    chair.do("renew", 9, valid_to_us=30 * HOUR_US, reason="war goes on")
    assert [chair.law(hour) for hour in (5, 6, 7, 8, 25, 30)] == [["Z"], [], [], ["Z"], ["Z"], []]
    chair.do("revoke", 26, reason="peace")
    assert [chair.law(hour) for hour in (25, 26, 29)] == [["Z"], [], []]
    assert standing(chair.register, "R").phase is Phase.REVOKED


def test_a_rejected_request_leaves_the_law_alone(chair: Chair) -> None:
    chair.do("decide", 1, outcome="rejected", reason="it would widen the war")
    with pytest.raises(InputError, match="promulgate of a request that is rejected"):
        chair.do("promulgate", 2, valid_from_us=4 * HOUR_US)
    assert not chair.register.acts(ON_ZONE)


def test_an_approval_revoked_before_it_is_law_leaves_the_law_alone(chair: Chair) -> None:
    chair.do("decide", 1, outcome="approved", reason="agreed")
    chair.do("revoke", 2, reason="second thoughts")
    assert not chair.register.acts(ON_ZONE)


def test_a_suspension_before_the_beginning_holds_from_the_beginning(chair: Chair) -> None:
    chair.promulgated(None)
    chair.do("suspend", 3, reason="talks")
    assert [chair.law(hour) for hour in (3, 4, 9)] == [[], [], []]
    chair.do("resume", 6, reason="talks failed")
    assert [chair.law(hour) for hour in (5, 6)] == [[], ["Z"]]


def test_a_refused_promulgation_changes_nothing(chair: Chair) -> None:
    chair.do("decide", 1, outcome="approved", reason="agreed")
    before = chair.register.head()
    with pytest.raises(InputError, match="it would end at"):
        chair.do("promulgate", 2, valid_from_us=4 * HOUR_US, valid_to_us=4 * HOUR_US)
    assert chair.register.head() == before
