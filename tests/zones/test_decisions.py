"""The life of a request: against a naive oracle, and the promises one by one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.zones.acts import REQUEST, Act, act
from nofly.zones.decision_bodies import Clock, Request, request_body, request_from
from nofly.zones.decision_rules import DecisionRule, Purpose, RuleKind, Stand
from nofly.zones.decision_states import DERIVED, FIRST, LAST, TABLE, Event, Phase
from nofly.zones.decisions import KINDS, Procedure, RefusedError, begun, followed, passed, procedure
from nofly.zones.model import Circle, Volume, Zone
from tests.zones.decision_oracle import Told, told
from tests.zones.decisions_page import PAGE, page

ZONE = Zone("Z", "Keep out", (Volume(Circle((48.0, 31.0), 9_000.0)),))
PARTIES = ("A", "B", "C", "D")
CONDITIONS = ("by day", "civil aircraft exempt")
UNTIL = 40


def anybody(key: str, one: Act) -> bool:
    return True


def nobody(key: str, one: Act) -> bool:
    return False


def asked(rule: DecisionRule, deadline_us: int | None = None, **more: Any) -> Request:
    return Request(
        "R",
        "asker",
        ZONE,
        Purpose.PREVENT,
        "bombs fall",
        PARTIES,
        "chair",
        rule,
        deadline_us=deadline_us,
        **more,
    )


def request_act(request: Request, at_us: int = 0) -> Act:
    made = act(REQUEST, "R", "request", request_body(request), party="asker", by="a", said_us=at_us)
    return replace(made, recorded_us=at_us)


def done(kind: str, party: str, at_us: int, **body: Any) -> Act:
    made = act(REQUEST, "R", kind, body, party=party, by="somebody", said_us=at_us)
    return replace(made, recorded_us=at_us)


def said(party: str, at_us: int, stand: str, *conditions: str) -> Act:
    body: dict[str, Any] = {"conditions": list(conditions)} if conditions else {}
    return done("position", party, at_us, stand=stand, **body)


def after(request: Request, *acts: Act, now_us: int = UNTIL) -> Procedure:
    found = begun(request_act(request), 0, anybody)
    for one in acts:
        found = followed(found, one, one.recorded_us, anybody)
    return passed(found, now_us)


TICK = st.integers(0, UNTIL)
STANDS = st.sampled_from(Stand).flatmap(
    lambda stand: st.tuples(
        st.just(stand.value),
        st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=2, unique=True)
        if stand is Stand.CONDITIONAL
        else st.just([]),
    )
)
SPEAKERS = st.sampled_from((*PARTIES, "stranger", "chair", "asker"))
BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "position": STANDS.map(lambda s: {"stand": s[0], **({"conditions": s[1]} if s[1] else {})}),
    "set-deadline": st.fixed_dictionaries({"deadline_us": TICK, "reason": st.just("more time")}),
    "decide": st.one_of(
        st.just({"outcome": "rejected", "reason": "no"}),
        st.lists(st.sampled_from(CONDITIONS), max_size=2, unique=True).map(
            lambda c: {"outcome": "approved", "reason": "yes", "conditions": c}
        ),
    ),
    "promulgate": st.fixed_dictionaries({"valid_from_us": TICK, "valid_to_us": st.none() | TICK}),
    "renew": st.fixed_dictionaries({"valid_to_us": st.none() | TICK, "reason": st.just("still needed")}),
    **{kind: st.just({"reason": "so it is"}) for kind in ("withdraw", "suspend", "resume", "revoke")},
}
CHAIRS = st.sampled_from(("chair", "chair", "chair", "asker", "A"))
Acts = list[tuple[int, str, str, dict[str, Any]]]


def some_acts(kinds: tuple[str, ...], ticks: st.SearchStrategy[int], most: int) -> st.SearchStrategy[Acts]:
    """Acts of these kinds, by those who may and some who may not."""
    return st.lists(
        st.sampled_from(kinds).flatmap(
            lambda kind: st.tuples(
                ticks, st.just(kind),
                st.sampled_from((*PARTIES, "stranger")) if kind == "position" else CHAIRS, BODIES[kind],
            )
        ),
        max_size=most,
    )  # fmt: skip


@st.composite
def courses(draw: st.DrawFn) -> Acts:
    """Acts of any kind at any time; half the time with such between as lead to a law."""
    acts = draw(some_acts(tuple(sorted(BODIES)), TICK, 8)) + draw(some_acts(("position",), TICK, 6))
    if draw(st.booleans()):
        decided, end = draw(st.integers(8, 20)), draw(st.none() | st.integers(25, UNTIL))
        acts += [(draw(st.integers(0, 7)), "position", party, {"stand": "support"}) for party in PARTIES]
        approval = {"outcome": "approved", "reason": "yes", "conditions": list(CONDITIONS)}
        acts.append((decided, "decide", "chair", approval))
        acts.append((decided + 1, "promulgate", "chair", {"valid_from_us": 20, "valid_to_us": end}))
        life = ("suspend", "resume", "renew", "revoke", "suspend", "resume", "renew")
        acts += draw(some_acts(life, st.integers(20, UNTIL), 6))
    return sorted(acts, key=lambda one: one[0])


ACTS = courses()
RULES = st.one_of(
    st.just(DecisionRule(RuleKind.SINGLE)),
    st.just(DecisionRule(RuleKind.UNANIMITY)),
    st.just(DecisionRule(RuleKind.SILENCE)),
    st.integers(1, 4).map(lambda quorum: DecisionRule(RuleKind.MAJORITY, quorum)),
    st.tuples(st.integers(1, 4), st.fractions(0, 1, max_denominator=9).filter(bool)).map(
        lambda two: DecisionRule(RuleKind.QUALIFIED, *two)
    ),
)


def oracle(request: Request, acts: list[tuple[int, str, str, dict[str, Any]]], now: int) -> Told:
    rule = request.rule
    share = (rule.share.numerator, rule.share.denominator) if rule.share else (0, 1)
    return told(
        rule.kind.value, list(PARTIES), request.deadline_us, rule.quorum, share,
        [one for one in acts if one[0] <= now], now,
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(rule=RULES, deadline=st.integers(1, UNTIL), has_deadline=st.booleans(), acts=ACTS, now=TICK)
def test_any_sequence_of_acts_deadlines_and_readings_is_as_the_oracle_tells(
    rule: DecisionRule, deadline: int, has_deadline: bool, acts: list[Any], now: int
) -> None:
    has_deadline = has_deadline or rule.kind is RuleKind.SILENCE
    request = asked(rule, deadline if has_deadline else None)
    recorded = [request_act(request), *(done(kind, who, at, **body) for at, kind, who, body in acts)]
    recorded = [replace(one, sequence=number) for number, one in enumerate(recorded)]
    found = procedure(recorded, now, anybody)
    naive = oracle(request, acts, now)
    assert found.phase.value == naive.phase
    assert [(p.party, p.stand.value, p.counts) for p in found.positions] == naive.history
    assert {who: one.stand.value for who, one in found.standing.items()} == {
        who: stand for who, (stand, _) in naive.votes.items()
    }
    known = [one for one in recorded[1:] if one.recorded_us <= now]
    assert [one in found.acts for one in known] == naive.accepted
    assert (found.law is not None) == (naive.phase in ("in-force", "suspended"))
    if found.law is not None:
        assert found.law.valid_to_us == naive.until


@settings(max_examples=100, deadline=None)
@given(rule=RULES, acts=ACTS, deadline=st.integers(1, UNTIL), cut=st.integers(0, UNTIL))
def test_what_comes_later_never_changes_an_earlier_answer(
    rule: DecisionRule, acts: list[Any], deadline: int, cut: int
) -> None:
    recorded = [
        request_act(asked(rule, deadline)), *(done(kind, who, at, **body) for at, kind, who, body in acts)
    ]  # fmt: skip
    early = [one for one in recorded if one.recorded_us <= cut]
    assert procedure(recorded, cut, anybody) == procedure(early, cut, anybody)


SILENCE = asked(DecisionRule(RuleKind.SILENCE), 10_000_000)
MAJORITY = asked(DecisionRule(RuleKind.MAJORITY, 3))
UNANIMITY = asked(DecisionRule(RuleKind.UNANIMITY))


def test_silence_broken_one_second_before_the_deadline_counts_and_at_the_deadline_no_more() -> None:
    broken = after(SILENCE, said("B", 9_000_000, "oppose"), now_us=20_000_000)
    assert broken.phase is Phase.BROKEN
    last_moment = after(SILENCE, said("B", 9_999_999, "reserve"), now_us=20_000_000)
    assert last_moment.phase is Phase.BROKEN
    late = after(SILENCE, said("B", 10_000_000, "oppose"), now_us=20_000_000)
    assert late.phase is Phase.AGREED
    assert [(p.party, p.counts) for p in late.positions] == [("B", False)]
    assert after(SILENCE, now_us=9_999_999).phase is Phase.SILENCE
    assert after(SILENCE, now_us=10_000_000).phase is Phase.AGREED


@pytest.mark.parametrize("stand", ["support", "abstain"])
def test_agreeing_aloud_breaks_no_silence(stand: str) -> None:
    assert after(SILENCE, said("B", 5, stand), now_us=6).phase is Phase.SILENCE


def test_a_silence_once_broken_needs_a_new_one() -> None:
    broken = (said("B", 5, "oppose"), said("B", 6, "support"))
    assert after(SILENCE, *broken).phase is Phase.BROKEN
    with pytest.raises(RefusedError, match="approve of a request that is broken"):
        after(SILENCE, *broken, done("decide", "chair", 7, outcome="approved", reason="yes"))
    again = done("set-deadline", "chair", 8, deadline_us=30, reason="text amended")
    assert after(SILENCE, *broken, again, now_us=29).phase is Phase.SILENCE
    assert after(SILENCE, *broken, again, now_us=30).phase is Phase.AGREED


def test_a_party_that_votes_twice_changes_its_position_once() -> None:
    found = after(MAJORITY, said("A", 1, "oppose"), said("A", 2, "support"))
    assert [p.stand for p in found.positions] == [Stand.OPPOSE, Stand.SUPPORT]
    assert {who: p.stand for who, p in found.standing.items()} == {"A": Stand.SUPPORT}
    assert found.silent == ("B", "C", "D")
    assert found.tally().why == "no quorum: 1 of the 3 parties needed have taken a position"


def test_a_condition_taken_up_makes_support() -> None:
    positions = [said(p, 1, "support") for p in "AB"] + [said("C", 1, "conditional", "by day")]
    request = asked(DecisionRule(RuleKind.QUALIFIED, 3, Fraction(3, 4)))
    with pytest.raises(RefusedError, match="2 of 4 for, 3/4 needed"):
        after(request, *positions, done("decide", "chair", 2, outcome="approved", reason="yes"))
    decided = done("decide", "chair", 2, outcome="approved", reason="yes", conditions=["by day"])
    assert after(request, *positions, decided).phase is Phase.APPROVED


def test_a_rejected_request_never_becomes_law_and_stays_readable() -> None:
    rejected = after(
        UNANIMITY, said("B", 1, "oppose"), done("decide", "chair", 2, outcome="rejected", reason="war")
    )
    assert rejected.phase is Phase.REJECTED
    assert rejected.law is None
    assert rejected.request.zone == ZONE
    assert rejected.decision is not None
    assert rejected.decision.reason == "war"
    for kind, body in {
        "promulgate": {"valid_from_us": 3}, "resume": {"reason": "x"}, "renew": {"reason": "x"},
        "decide": {"outcome": "approved", "reason": "x"}, "set-deadline": {"deadline_us": 9, "reason": "x"},
    }.items():  # fmt: skip
        with pytest.raises(RefusedError, match="that is rejected"):
            after(UNANIMITY, *rejected.acts[1:], done(kind, "chair", 3, **body))


def test_a_position_after_the_decision_is_history_alone() -> None:
    decided = (said("B", 1, "oppose"), done("decide", "chair", 2, outcome="rejected", reason="war"))
    found = after(UNANIMITY, *decided, said("B", 3, "support"))
    assert found.phase is Phase.REJECTED
    assert found.standing["B"].stand is Stand.OPPOSE
    assert found.positions[-1].counts is False


def test_the_life_after_promulgation() -> None:
    acts = [
        *(said(p, 1, "support") for p in PARTIES),
        done("decide", "chair", 2, outcome="approved", reason="yes"),
        done("promulgate", "chair", 3, valid_from_us=4, valid_to_us=20),
        done("suspend", "chair", 5, reason="talks"), done("renew", "chair", 6, valid_to_us=30, reason="war"),
        done("resume", "chair", 7, reason="talks failed"),
    ]  # fmt: skip
    assert after(UNANIMITY, *acts, now_us=29).phase is Phase.IN_FORCE
    law = after(UNANIMITY, *acts, now_us=29).law
    assert law is not None
    assert (law.valid_from_us, law.valid_to_us) == (4, 30)
    assert after(UNANIMITY, *acts, now_us=30).phase is Phase.EXPIRED
    with pytest.raises(RefusedError, match="renew of a request that is expired"):
        after(UNANIMITY, *acts, done("renew", "chair", 30, valid_to_us=50, reason="war"))
    revoked = after(UNANIMITY, *acts, done("revoke", "chair", 8, reason="peace"), now_us=99)
    assert (revoked.phase, revoked.law) == (Phase.REVOKED, None)


BAD = [
    (said("Utopia", 1, "support"), "'Utopia' is no party to 'R'"),
    (done("decide", "chair", 1, outcome="approved", reason="yes"), "no quorum: 0 of the 3 parties"),
    (done("decide", "A", 1, outcome="approved", reason="yes"), "decide is not for 'A' to do"),
    (done("withdraw", "chair", 1, reason="x"), "withdraw is not for 'chair' to do"),
    (done("decide", "chair", 1, outcome="perhaps", reason="yes"), "outcome 'perhaps'"),
    (done("decide", "chair", 1, outcome="rejected"), "no reason is given"),
    (said("A", 1, "agree"), "stand 'agree'.*support, oppose, reserve, abstain, conditional"),
    (said("A", 1, "conditional"), "a conditional position without conditions"),
    (said("A", 1, "support", "by day"), "conditions of support"),
    (done("position", "A", 1, stand="support", date="4 March"), "date '4 March'"),
    (done("position", "A", 1, stand="support", source="hearsay"), "source 'hearsay'"),
    (done("position", "A", 1, stand="support", language="English!"), "language 'English!'"),
    (done("position", "A", 1, stand="support", statment="x"), "unknown value 'statment'"),
    (done("promulgate", "chair", 1, valid_from_us=2), "promulgate of a request that is open"),
    (done("set-deadline", "chair", 5, deadline_us=5, reason="x"), "the deadline is not ahead"),
    (done("abolish", "chair", 1), "'abolish' on request R"),
    (request_act(MAJORITY), "there is a request 'R' already"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD, ids=[s for _, s in BAD])
def test_bad_input_gets_a_sentence_and_changes_nothing(bad: Act, sentence: str) -> None:
    before = after(MAJORITY, now_us=1)
    with pytest.raises(InputError, match=sentence):
        followed(before, bad, bad.recorded_us, anybody)
    kept = procedure([request_act(MAJORITY), bad], 9, anybody)
    assert replace(kept, void=()) == before
    assert [one.act for one in kept.void] == [bad]


REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"zone": None}, "a request without a zone"),
    ({"zone": '{"type": "zone"}'}, "the zone cannot be read"),
    ({"zone_hash": "0" * 64}, "the zone is not the one of its hash"),
    ({"purpose": "win"}, "purpose 'win'.*prevent, coerce, prepare, weaken, posture, commit"),
    ({"why": " "}, "no why is given"),
    ({"parties": []}, "a request without parties"),
    ({"parties": ["A", "A"]}, "'A' twice"),
    ({"authority": ""}, "authority is empty"),
    ({"rule": {"kind": "acclamation"}}, "rule 'acclamation'"),
    ({"rule": {"kind": "silence"}}, "a silence procedure without a deadline"),
    ({"rule": {"kind": "simple-majority", "quorum": 5}}, "quorum 5"),
    ({"rule": {"kind": "unanimity", "quorum": 2}}, "quorum 2"),
    ({"rule": {"kind": "qualified-majority"}}, "a qualified majority without its share"),
    ({"rule": {"kind": "qualified-majority", "share": "3/2"}}, "share '3/2'"),
    ({"rule": {"kind": "qualified-majority", "share": "2/0"}}, "share '2/0'"),
    ({"rule": {"kind": "unanimity", "share": "2/3"}}, "unanimity with a share"),
    ({"keys": {"Utopia": "0" * 64}}, "a key of 'Utopia'"),
    ({"keys": {"A": "secret"}}, "the key of A is 'secret'"),
    ({"deadline_us": 0}, "is not after the request"),
    ({"wanted_from_us": 5, "wanted_until_us": 5}, "it is wanted until before it is wanted from"),
    ({"deadline_us": "tomorrow"}, "deadline_us 'tomorrow'"),
]


@pytest.mark.parametrize(("change", "sentence"), REQUESTS, ids=[s for _, s in REQUESTS])
def test_a_bad_request_is_none(change: dict[str, Any], sentence: str) -> None:
    body = {**request_body(MAJORITY), **change}
    bad = act(REQUEST, "R", "request", body, party="asker", by="a", said_us=0)
    with pytest.raises(InputError, match=sentence):
        begun(bad, 0, anybody)


def test_a_request_reads_back() -> None:
    full = asked(
        DecisionRule(RuleKind.QUALIFIED, 2, Fraction(2, 3)), 7, instead="warplanes", wanted_from_us=1,
        wanted_until_us=2, keys=(("A", "ab" * 32), ("chair", "cd" * 32)), clock=Clock.STATED,
        source="https://example.org/1", language="uk",
    )  # fmt: skip
    assert request_from(request_act(full)) == full
    assert request_from(request_act(SILENCE)) == SILENCE


def test_an_act_by_a_party_with_a_key_has_to_be_signed_by_it() -> None:
    request = asked(DecisionRule(RuleKind.MAJORITY, 1), keys=(("A", "ab" * 32),))
    before = begun(request_act(request), 0, anybody)
    with pytest.raises(RefusedError, match="the act of 'A' is not signed"):
        followed(before, said("A", 1, "support"), 1, anybody)
    signed = said("A", 1, "support").signed("ab" * 8, b"s" * 64)
    with pytest.raises(RefusedError, match="the signature is not that of 'A'"):
        followed(before, signed, 1, nobody)
    assert followed(before, signed, 1, anybody).standing["A"].stand is Stand.SUPPORT
    assert followed(before, said("B", 1, "support"), 1, nobody).standing["B"].stand is Stand.SUPPORT


def test_the_past_put_on_record_goes_by_the_times_that_are_stated() -> None:
    request = replace(SILENCE, clock=Clock.STATED)
    start = begun(replace(request_act(request), recorded_us=99_000_000), 99_000_000, anybody)
    broken = replace(said("B", 9_000_000, "oppose"), recorded_us=99_000_001)
    found = followed(start, broken, 99_000_001, anybody)
    assert found.phase is Phase.BROKEN
    with pytest.raises(RefusedError, match="before the last act"):
        followed(found, replace(said("C", 8_000_000, "oppose"), recorded_us=99_000_002), 99_000_002, anybody)
    with pytest.raises(RefusedError, match="which is to come"):
        followed(
            found, replace(said("C", 100_000_000, "oppose"), recorded_us=99_000_002), 99_000_002, anybody
        )


def test_by_the_register_no_party_can_say_that_it_spoke_earlier() -> None:
    backdated = replace(said("B", 5, "oppose"), recorded_us=10_000_001)
    found = followed(begun(request_act(SILENCE), 0, anybody), backdated, 10_000_001, anybody)
    assert found.phase is Phase.AGREED


def test_the_table_is_whole() -> None:
    reached = {*FIRST, *(phase_after for phase_after in TABLE.values())}
    assert reached == set(Phase)
    for phase in Phase:
        assert TABLE[phase, Event.POSITION] is phase
        leads_on = {TABLE[p, e] for p, e in TABLE if p is phase} - {phase}
        assert (phase in LAST) == (not leads_on)
    assert {kind for kind in KINDS if kind in list(Event)} == set(Event) - {
        *DERIVED,
        Event.APPROVE,
        Event.REJECT,
    }


def test_the_page_is_drawn_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
