"""The law over time: against a naive replay, and what each act says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.zones.acts import act
from nofly.zones.edition_acts import OF_A_SPAN, Said, amend, declare, extend, resume, suspend, withdraw
from nofly.zones.editions import KINDS, Law, Life, diff_law, law_at
from tests.oracle.law import LAST, Plain, law
from tests.zones.histories import act_of, acts_of, histories, instants, zone

SAID = Said("P", "b", 1, "because")


@given(histories, instants, st.integers(0, 130))
def test_the_law_is_that_of_a_naive_replay(history: list[Plain], at: int, known: int) -> None:
    found = law_at(acts_of(history), at, known)
    assert {one.zone_id: one.number for one in found} == law(history, at, known)
    assert [one.zone_id for one in found] == sorted(one.zone_id for one in found)


@given(histories, instants, st.integers(0, 130))
def test_nothing_recorded_later_changes_an_earlier_answer(history: list[Plain], at: int, known: int) -> None:
    acts = acts_of(history)
    earlier = [one for one in acts if one.recorded_us <= known]
    assert law_at(acts, at, known) == law_at(earlier, at, known) == law_at(earlier, at)


@given(histories)
def test_what_is_in_force_over_time_is_the_law_at_each_instant(history: list[Plain]) -> None:
    over = Law(acts_of(history)).over()
    for one in over:
        assert one.zone.valid_from_us == one.from_us
        assert one.zone.valid_to_us == one.until_us
        assert one.zone.edition == one.number
    for at in range(LAST):
        held = {
            one.zone_id: one.number
            for one in over
            if (one.from_us or 0) <= at < (LAST + 1 if one.until_us is None else one.until_us)
        }
        assert held == law(history, at, 10**6)


@given(histories, instants, instants)
def test_a_diff_leads_from_one_law_to_the_other(history: list[Plain], first: int, second: int) -> None:
    acts = acts_of(history)
    old, new = law_at(acts, first), law_at(acts, second)
    after = {one.zone_id: one for one in old}
    for change in diff_law(old, new):
        assert change.before == after.pop(change.zone_id, None)
        if change.after is not None:
            after[change.zone_id] = change.after
    assert after == {one.zone_id: one for one in new}
    assert diff_law(old, old) == []


@given(histories)
def test_an_act_that_is_made_changes_the_law_and_one_that_would_not_is_refused(history: list[Plain]) -> None:
    life = Life("A")
    for one in history:
        if one.kind not in OF_A_SPAN or one.start is None:
            if one.zone_id == "A":
                life.take(acts_of([one])[0])
            continue
        before = list(life.spans), list(life.suspended)
        try:
            made = OF_A_SPAN[one.kind](life, SAID, one.start, one.end)
        except InputError:
            continue
        life.take(made)
        assert (life.spans, life.suspended) != before


def taken(life: Life, *acts: object) -> Life:
    for k, one in enumerate(acts):
        life.take(replace(one, sequence=len(life.acts) + k + 1))  # type: ignore[type-var]
    return life


def numbers(life: Life, last: int = 12) -> list[int]:
    found = (life.at(t) for t in range(last))
    return [0 if one is None else one.number for one in found]


def test_an_amendment_replaces_what_was_to_come() -> None:
    life = taken(Life("A"), declare(Life("A"), zone("A"), SAID, 2, 10))
    taken(life, amend(life, zone("A", 5.0), SAID, 4, 6))
    assert numbers(life) == [0, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0]
    assert [life.state(t) for t in (1, 3, 7)] == ["not yet", "in force", "expired"]


def test_a_temporary_amendment_gives_back_what_held_before() -> None:
    life = taken(Life("A"), declare(Life("A"), zone("A"), SAID, 2, 10))
    taken(life, amend(life, zone("A", 5.0), SAID, 4, 6, temporary=True))
    assert numbers(life) == [0, 0, 1, 1, 2, 2, 1, 1, 1, 1, 0, 0]
    with pytest.raises(InputError, match="without an end"):
        amend(life, zone("A"), SAID, 4, None, temporary=True)


def test_suspended_resumed_extended_withdrawn_declared_anew() -> None:
    life = taken(Life("A"), declare(Life("A"), zone("A"), SAID, 0, 6))
    taken(life, suspend(life, SAID, 2, None))
    assert numbers(life) == [1, 1] + [0] * 10
    assert [life.state(t) for t in (1, 3)] == ["in force", "suspended"]
    taken(life, resume(life, SAID, 4))
    assert numbers(life) == [1, 1, 0, 0, 1, 1] + [0] * 6
    taken(life, extend(life, SAID, 9))
    assert numbers(life) == [1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]
    taken(life, withdraw(life, SAID, 7))
    assert numbers(life) == [1, 1, 0, 0, 1, 1, 1] + [0] * 5
    assert life.state(8) == "withdrawn"
    with pytest.raises(InputError, match="is withdrawn"):
        extend(life, SAID, 20)
    taken(life, declare(life, zone("A"), SAID, 8, None))
    assert numbers(life) == [1, 1, 0, 0, 1, 1, 1, 0, 2, 2, 2, 2]
    assert [one.number for one in life.in_force()] == [1, 1, 2]


def test_what_would_say_nothing_is_refused() -> None:
    def declared() -> Life:
        return taken(Life("A"), declare(Life("A"), zone("A"), SAID, 2, 10))

    none, life = Life("A"), declared()
    with pytest.raises(InputError, match="is declared already"):
        declare(life, zone("A"), SAID, 5, None)
    for refused in (
        lambda: amend(none, zone("A"), SAID, 0, None),
        lambda: amend(taken(declared(), withdraw(declared(), SAID, 5)), zone("A"), SAID, 5, None),
        lambda: suspend(life, SAID, 0, 2),
        lambda: withdraw(life, SAID, 10),
        lambda: extend(none, SAID, 5),
    ):
        with pytest.raises(InputError, match="is not in force"):
            refused()
    with pytest.raises(InputError, match="is not suspended"):
        resume(life, SAID, 3)
    with pytest.raises(InputError, match="would not end later"):
        extend(life, SAID, 10)
    with pytest.raises(InputError, match="ends before it begins"):
        declare(none, zone("A"), SAID, 5, 5)
    with pytest.raises(InputError, match="no reason"):
        withdraw(life, replace(SAID, why=" "), 3)
    with pytest.raises(InputError, match="has no end"):
        extend(taken(Life("B"), declare(Life("B"), zone("B"), SAID, 2, None)), SAID, 10)


def test_an_act_that_cannot_be_understood_is_told_and_the_rest_is_law() -> None:
    good = acts_of([Plain("A", "declare", 1, None, False, 10)])[0]
    bodies = (
        {**good.body, "zone_hash": "0" * 64},
        {**good.body, "zone": 5},
        {**good.body, "from_us": "1"},
        {**good.body, "from_us": True},
        {**good.body, "from_us": 2**62},
        {**good.body, "until_us": 1},
    )
    bad = [replace(good, sequence=k + 2, body=body) for k, body in enumerate(bodies)]
    strange = replace(good, sequence=9, kind="annex")
    other = act("request", "A", "declare", {}, party="P", by="b", said_us=0)
    found = Law([good, *bad, strange, other])
    assert [one.number for one in found.at(5)] == [1]
    assert [f.locator for f in found.findings] == [f"act {n}" for n in (2, 3, 4, 5, 6, 7, 9)]
    assert {f.code for f in found.findings} == {"act-not-understood"}


def test_a_zone_that_cannot_be_read_names_its_act() -> None:
    import hashlib

    one = act_of(Plain("A", "declare", 1, None, False, 10))
    good = str(one.body["zone"])
    hostile = [
        good.replace(old, new)
        for old, new in (
            ('"name":"A"', '"name":5'), ('"name":"A"', '"name":null'), ('"id":"A"', '"id":"B"'),
            ("47.0", "91.0"), ("47.0", "NaN"), ("47.0", '"47"'), ('"circle"', '"limit"'),
            ('"edition":1', '"edition":1.5'), ('"edition":1', '"edition":true'),
            ('"restriction":"PROHIBITED"', '"restriction":"ANY"'), ('"volumes":[', '"volumes":5,"x":['),
            ('"reason":[]', '"reason":[1]'), ('"reason":[]', '"reason":[[]]'),
        )
    ]  # fmt: skip
    assert good not in hostile
    for text in ("{", "[]", '{"type":"zone"}', "[" * 100_000, "null", *hostile):
        made = {**one.body, "zone": text, "zone_hash": hashlib.sha256(text.encode()).hexdigest()}
        (edition,) = law_at([replace(one, sequence=4, body=made)], 5)
        with pytest.raises(InputError, match="act 4: its zone cannot be read"):
            _ = edition.zone


def test_every_kind_is_made() -> None:
    assert {*OF_A_SPAN, "declare", "amend"} == set(KINDS)
