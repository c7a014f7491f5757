"""Acts on requests in the register, on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from nofly.errors import InputError
from nofly.proof.packing.signing import SigningKey
from nofly.run.deciding.acting import all_standing, ask, clock_us, do, standing
from nofly.run.registering.signing import Hand, genuine
from nofly.store.register import Register
from nofly.zones.acts import REQUEST, act
from nofly.zones.decision_bodies import Request
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind
from nofly.zones.decision_states import Phase
from nofly.zones.model import Circle, Volume, Zone

ZONE = Zone("Z", "Keep out", (Volume(Circle((48.0, 31.0), 9_000.0)),))
KEY = SigningKey(bytes(range(32)))


def asked(rule: DecisionRule, **more: Any) -> Request:
    parties = tuple("ABCDEFGH")
    return Request("R", "asker", ZONE, Purpose.PREVENT, "bombs", parties, "chair", rule, **more)


def hand(party: str = "", key: SigningKey | None = None) -> Hand:
    return Hand("somebody", clock_us(), party, key)


def test_a_signed_act_is_genuine_and_a_changed_one_is_not() -> None:
    one = act(REQUEST, "R", "position", {"stand": "support"}, party="A", by="a", said_us=1)
    signed = one.signed(KEY.public.id, KEY.sign(one.statement))
    key = KEY.public.raw.hex()
    assert genuine(key, signed)
    assert not genuine(key, replace(signed, body={"stand": "oppose"}))
    assert not genuine(key, replace(signed, by="b"))
    assert not genuine(key, replace(signed, signature="zz"))
    assert not genuine(key, replace(signed, key_id="0" * 16))
    assert not genuine(SigningKey(bytes(32)).public.raw.hex(), signed)


def test_parties_that_act_at_once_lose_no_position(register_url: str) -> None:
    with Register(register_url) as register:
        ask(register, asked(DecisionRule(RuleKind.MAJORITY, 5)), hand())
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda p: do(register, "R", "position", {"stand": "support"}, hand(p)), "ABCDEFGH"))
        found = standing(register, "R")
        assert sorted(found.standing) == list("ABCDEFGH")
        assert not found.void
        assert not register.verify()


def test_of_two_decisions_at_once_one_is_taken(register_url: str) -> None:
    with Register(register_url) as register:
        ask(register, asked(DecisionRule(RuleKind.SINGLE)), hand())

        def decide(outcome: str) -> bool:
            try:
                do(register, "R", "decide", {"outcome": outcome, "reason": "so"}, hand())
            except InputError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(decide, ("approved", "rejected"))) == [False, True]
        found = standing(register, "R")
        assert found.phase in (Phase.APPROVED, Phase.REJECTED)
        assert not found.void


def test_a_second_request_of_one_name_is_refused(register_url: str) -> None:
    with Register(register_url) as register:
        ask(register, asked(DecisionRule(RuleKind.SINGLE)), hand())
        with pytest.raises(InputError, match="there is a request 'R' already"):
            ask(register, asked(DecisionRule(RuleKind.UNANIMITY)), hand())
        assert [one.request.id for one in all_standing(register)[0]] == ["R"]


def test_as_it_stood_is_as_it_was_known(register_url: str) -> None:
    with Register(register_url) as register:
        first = ask(register, asked(DecisionRule(RuleKind.SINGLE)), hand()).acts[0]
        do(register, "R", "position", {"stand": "oppose"}, hand("A"))
        then = standing(register, "R", first.recorded_us)
        assert then.phase is Phase.OPEN
        assert not then.positions
        assert len(standing(register, "R").positions) == 1
        assert all_standing(register, first.recorded_us) == ([then], [])
