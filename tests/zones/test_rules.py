"""Whom a zone addresses, who is exempt, who was cleared, and what cannot be told."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.zones.judging import judge_rule
from nofly.zones.predicates import MAX_PATTERN, Subject, fits, matches, named_lists
from nofly.zones.rule_mapping import rule_from_mapping, rule_to_mapping
from nofly.zones.rules import Clearance, Exemption, Predicate, PredicateKind, Rule

SWISS = Subject(
    "icao24:4b1804", icao24="4b1804", callsign="SWR123 ", squawk="7123", category="A3", state="CHE",
    lists=frozenset({"airliners"}), parties=frozenset({"Switzerland"}),
)  # fmt: skip
UNHEARD = Subject("asterix:025/010/1234")


def is_(kind: str, *values: str, negate: bool = False) -> Predicate:
    return Predicate(PredicateKind(kind), values, negate)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (is_("address", "4B1804"), True),
        (is_("address", "4b1800-4b18ff"), True),
        (is_("address", "3c0000-3fffff"), False),
        (is_("state", "che"), True),
        (is_("state", "DEU"), False),
        (is_("callsign", "SWR*"), True),
        (is_("callsign", "swr12?"), True),
        (is_("callsign", "SWR12"), False),
        (is_("operator", "SWR"), True),
        (is_("operator", "SW"), False),
        (is_("squawk", "71??"), True),
        (is_("squawk", "7700", "7123"), True),
        (is_("category", "a3"), True),
        (is_("list", "airliners", "medical"), True),
        (is_("list", "medical"), False),
        (is_("party", "Switzerland"), True),
        (is_("target", "icao24:4b*"), True),
        (is_("target", "rid:*"), False),
    ],
)
def test_predicates_and_their_negation(predicate: Predicate, expected: bool) -> None:
    assert matches(predicate, SWISS) is expected
    assert matches(Predicate(predicate.kind, predicate.values, negate=True), SWISS) is not expected


@pytest.mark.parametrize(
    "kind", ["address", "state", "callsign", "operator", "squawk", "category", "list", "party"]
)
def test_what_was_not_heard_is_neither_yes_nor_no(kind: str) -> None:
    assert matches(is_(kind, "A1"), UNHEARD) is None
    assert matches(is_(kind, "A1", negate=True), UNHEARD) is None


def test_blank_callsigns_and_category_zero_are_not_known() -> None:
    for blank in ("", "        ", "@@@@@@@@"):
        assert matches(is_("callsign", "*"), Subject("x", callsign=blank)) is None
    assert matches(is_("category", "A1"), Subject("x", category="A0")) is None


def test_a_registration_as_callsign_has_no_operator() -> None:
    for callsign in ("HBIZY", "N123AB", "DUKE21", "SWRABC"):
        assert matches(is_("operator", callsign[:3]), Subject("x", callsign=callsign)) is False
    assert matches(is_("operator", "BAW"), Subject("x", callsign="BAW9AB")) is True


@given(st.text("AB*?", max_size=8), st.text("ABC", max_size=10))
def test_patterns_are_those_of_the_shell(pattern: str, text: str) -> None:
    assert fits(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_patterns_are_bounded() -> None:
    assert not fits("*" * (MAX_PATTERN + 1), "A")
    assert not fits("*A" * (MAX_PATTERN // 2 - 1) + "*B", "A" * 100_000)


def judge(
    rule: Rule | None, subject: Subject = SWISS, low: float | None = 1000.0, high: float | None = 2000.0
) -> Any:
    return judge_rule(rule, subject, 1_000_000, 5_000_000, low, high)


def exemption(*who: Predicate, **limits: Any) -> Exemption:
    return Exemption(who, "rescue flight", "AIP ENR 5.1", **limits)


def clearance(*who: Predicate, reason: str = "permit 17", **limits: Any) -> Clearance:
    return Clearance(who, reason, **limits)


def test_no_rule_and_an_empty_rule_apply_to_everybody() -> None:
    assert judge(None).status == "infringement"
    verdict = judge(Rule())
    assert verdict.status == "infringement"
    assert verdict.reasons == ("The zone exempts nobody.",)


def test_exempt_with_reason_and_source() -> None:
    verdict = judge(Rule(exempt=(exemption(is_("state", "CHE")),)))
    assert verdict.status == "exempt"
    assert verdict.reasons == ("Exempt: rescue flight (source: AIP ENR 5.1).",)
    assert verdict.considered == ("Exempt: rescue flight (source: AIP ENR 5.1): covers the whole stay.",)


def test_all_predicates_of_an_exemption_must_hold() -> None:
    both = exemption(is_("state", "CHE"), is_("list", "medical"))
    verdict = judge(Rule(exempt=(both,)))
    assert verdict.status == "infringement"
    assert verdict.reasons == ("No exemption and no clearance applies.",)
    assert "does not name this aircraft" in verdict.considered[0]


def test_an_exemption_that_names_nobody_exempts_nobody() -> None:
    assert judge(Rule(exempt=(exemption(),))).status == "infringement"


def test_not_addressed() -> None:
    verdict = judge(Rule(applies_to=(is_("category", "B6"), is_("target", "rid:*"))))
    assert verdict.status == "not-addressed"
    assert verdict.reasons == ("The zone applies only to: category B6; target rid:*.",)


def test_an_unknown_never_exempts_and_never_passes_in_silence() -> None:
    verdict = judge(Rule(exempt=(exemption(is_("callsign", "SWR*")),)), UNHEARD)
    assert verdict.status == "infringement"
    assert verdict.untold == (
        "Perhaps exempt: rescue flight (source: AIP ENR 5.1): names callsign SWR*; its callsign is not "
        "known, so it cannot be told.",
    )
    assert verdict.untold[0] in verdict.reasons
    addressed = judge(Rule(applies_to=(is_("state", "RUS"),)), UNHEARD)
    assert addressed.status == "infringement"
    assert "its state of registry is not known, so it is taken to apply" in addressed.untold[0]


def test_an_unknown_does_not_stand_in_the_way_of_what_is_known() -> None:
    rule = Rule(
        exempt=(exemption(is_("callsign", "SWR*")),), cleared=(clearance(is_("target", "asterix:*")),)
    )
    assert judge(rule, UNHEARD).status == "cleared"
    no = exemption(is_("callsign", "SWR*"), is_("target", "rid:*"))
    assert judge(Rule(exempt=(no,)), UNHEARD).untold == ()


def test_exemption_goes_before_clearance() -> None:
    rule = Rule(exempt=(exemption(is_("state", "CHE")),), cleared=(clearance(is_("state", "CHE")),))
    assert judge(rule).status == "exempt"


@pytest.mark.parametrize(
    ("limits", "cleared"),
    [
        ({}, True),
        ({"start_us": 1_000_000, "end_us": 5_000_000}, True),
        ({"start_us": 1_000_001}, False),
        ({"end_us": 4_999_999}, False),
        ({"start_us": 5_000_000}, False),
        ({"end_us": 1_000_000}, False),
        ({"lower_m": 1000.0, "upper_m": 2000.0}, True),
        ({"lower_m": 1000.1}, False),
        ({"upper_m": 1999.9}, False),
    ],
)
def test_limits_must_cover_the_whole_stay(limits: dict[str, Any], cleared: bool) -> None:
    verdict = judge(Rule(cleared=(clearance(is_("state", "CHE"), **limits),)))
    assert verdict.status == ("cleared" if cleared else "infringement")
    if not cleared:
        assert "permit 17: holds" in verdict.reasons[0]


def test_a_part_that_is_covered_is_told() -> None:
    verdict = judge(Rule(cleared=(clearance(is_("state", "CHE"), end_us=3_000_000),)))
    assert verdict.reasons == (
        "Not cleared: permit 17: holds until 1970-01-01 00:00:03 Z, which covers only a part of the stay "
        "from 1970-01-01 00:00:01 Z until 1970-01-01 00:00:05 Z.",
    )
    high = judge(Rule(cleared=(clearance(is_("state", "CHE"), upper_m=1500.0),)))
    assert high.reasons == (
        "Not cleared: permit 17: holds up to 4,921 ft, and the aircraft was as high as 6,562 ft.",
    )


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_an_unknown_height_is_not_within_limits(unknown: float | None) -> None:
    limited = Rule(cleared=(clearance(is_("state", "CHE"), upper_m=1500.0),))
    verdict = judge(limited, low=unknown, high=unknown)
    assert verdict.status == "infringement"
    assert "height of the aircraft is not known" in verdict.reasons[0]
    assert (
        judge(Rule(cleared=(clearance(is_("state", "CHE")),)), low=unknown, high=unknown).status == "cleared"
    )


def test_clearances_without_a_gap_between_cover_together() -> None:
    first = clearance(is_("state", "CHE"), reason="permit 1", end_us=3_000_000)
    second = clearance(is_("state", "CHE"), reason="permit 2", start_us=3_000_000)
    verdict = judge(Rule(cleared=(second, first)))
    assert verdict.status == "cleared"
    assert verdict.reasons == ("Cleared: permit 1.", "Cleared: permit 2.")
    late = clearance(is_("state", "CHE"), reason="permit 2", start_us=3_000_001)
    gap = judge(Rule(cleared=(first, late)))
    assert gap.status == "infringement"
    assert len(gap.reasons) == 2


def test_a_stay_of_no_length_is_judged_at_its_instant() -> None:
    rule = Rule(cleared=(clearance(is_("state", "CHE"), start_us=10, end_us=20),))
    answers = {t: judge_rule(rule, SWISS, t, t, None, None).status for t in (9, 10, 19, 20)}
    assert answers == {9: "infringement", 10: "cleared", 19: "cleared", 20: "infringement"}


def test_lists_a_rule_needs() -> None:
    rule = Rule(
        (is_("party", "Ruritania"),), (exemption(is_("list", "medical"), is_("state", "CHE")),),
        (clearance(is_("list", "state", "medical", negate=True)),),
    )  # fmt: skip
    assert named_lists(rule) == {"Ruritania", "medical", "state"}
    assert named_lists(None) == frozenset()


MAPPING: dict[str, Any] = {
    "applies_to": [{"kind": "category", "values": ["b6"]}],
    "exempt": [
        {"who": [{"kind": "list", "values": ["medical"], "negate": True}], "reason": "rescue", "source": "A"}
    ],
    "cleared": [
        {
            "who": [
                {"kind": "callsign", "values": ["swr*"]}, {"kind": "address", "values": ["4B1800-4B18FF"]},
            ],
            "reason": "permit 17", "lower_m": 100, "upper_m": 3000,
            "start": "2024-05-01T08:00:00+02:00", "end": "2024-05-01T18:00:00Z",
        }
    ],
    "spacing_lateral_m": 1852, "spacing_vertical_m": 150.5, "look_ahead_s": 120,
}  # fmt: skip


def test_a_rule_from_a_mapping_and_back() -> None:
    rule = rule_from_mapping(MAPPING)
    assert rule.applies_to == (is_("category", "B6"),)
    assert rule.exempt[0].who == (is_("list", "medical", negate=True),)
    assert rule.cleared[0].who[1] == is_("address", "4b1800-4b18ff")
    assert rule.cleared[0].start_us == 1_714_543_200_000_000
    again = rule_to_mapping(rule)
    assert again["cleared"][0]["start"] == "2024-05-01T06:00:00Z"
    assert rule_from_mapping(json.loads(json.dumps(again))) == rule
    assert rule_from_mapping({}) == Rule()
    assert rule_to_mapping(Rule()) == {}


def test_times_as_the_toml_reader_gives_them() -> None:
    import tomllib

    text = (
        '[[cleared]]\nreason = "x"\nstart = 2024-05-01T06:00:00Z\nwho = [{kind = "target", values = ["*"]}]\n'
    )
    assert rule_from_mapping(tomllib.loads(text)).cleared[0].start_us == 1_714_543_200_000_000


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(MAPPING))
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["exemt"], [], r"\$: unknown key 'exemt' \(expected exempt\?\)"),
        (["cleared", 0, "untill"], "x", r"\$\.cleared\[0\]: unknown key"),
        (["applies_to", 0, "kind"], "calsign", r"\[0\]\.kind: unknown kind 'calsign' \(expected callsign\?"),
        (["applies_to", 0, "values"], [], "names nobody"),
        (["applies_to", 0, "values"], "B6", "is not a list"),
        (["applies_to", 0, "values"], [7], r"values\[0\]: 7 does not fit"),
        (["applies_to", 0, "values"], ["Z9"], "A0 to D7"),
        (["applies_to", 0, "negate"], 1, "true or false"),
        (["exempt", 0, "who"], [], "nobody is named"),
        (["exempt", 0, "who", 0], "medical", "is not a table"),
        (["exempt", 0, "reason"], " ", "no reason is given"),
        (["exempt", 0, "source"], 5, "is not a text"),
        (["cleared", 0, "who", 0, "values"], ["[a-z]+"], "letters, digits"),
        (["cleared", 0, "who", 1, "values"], ["4b18"], "six hexadecimal digits"),
        (["cleared", 0, "who", 1, "values"], ["4b18ff-4b1800"], "runs backwards"),
        (["cleared", 0, "lower_m"], 5000, "is below lower_m"),
        (["cleared", 0, "upper_m"], float("nan"), "does not fit"),
        (["cleared", 0, "upper_m"], True, "does not fit"),
        (["cleared", 0, "upper_m"], 10**400, "does not fit"),
        (["cleared", 0, "upper_m"], float("inf"), "does not fit"),
        (["cleared", 0, "start"], "2024-05-01T06:00:00", "has no time zone"),
        (["cleared", 0, "start"], "yesterday", "is not a time"),
        (["cleared", 0, "start"], 5, "is not a time"),
        (["cleared", 0, "end"], "2024-05-01T06:00:00Z", "end is not after the start"),
        (["look_ahead_s"], -1, "a number from 0"),
        (["spacing_lateral_m"], "1 NM", "does not fit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_where_it_stands(path: list[Any], value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        rule_from_mapping(changed(path, value), source="nofly.toml")
    assert str(caught.value).startswith("nofly.toml, $")
    assert len(str(caught.value)) < 400


VALUES = {
    "state": st.text("ABC", min_size=3, max_size=3),
    "callsign": st.text("AB1*?", min_size=1, max_size=8),
    "squawk": st.text("0123?", min_size=4, max_size=4),
    "list": st.text("abc -", min_size=1).map(str.strip).filter(bool),
}
PREDICATES = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.builds(
        Predicate,
        st.just(PredicateKind(kind)),
        st.lists(VALUES[kind], min_size=1, max_size=3).map(tuple),
        st.booleans(),
    )
)
LIMITS = st.tuples(st.none() | st.floats(-500, 1000), st.none() | st.floats(1000, 20000))
SPANS = st.tuples(st.none() | st.integers(0, 10**15), st.none() | st.integers(10**15 + 1, 2 * 10**15))


def permits(make: Any) -> Any:
    return st.builds(
        lambda who, reason, limits, span: make(who, reason, "src", *limits, *span),
        st.lists(PREDICATES, min_size=1, max_size=3).map(tuple), st.text("abc", min_size=1), LIMITS, SPANS,
    )  # fmt: skip


RULES = st.builds(
    Rule, st.lists(PREDICATES, max_size=2).map(tuple), st.lists(permits(Exemption), max_size=2).map(tuple),
    st.lists(permits(Clearance), max_size=2).map(tuple), st.floats(0, 1e5), st.floats(0, 1e4),
    st.none() | st.floats(0, 600),
)  # fmt: skip


@given(RULES)
def test_every_rule_survives_writing_and_reading(rule: Rule) -> None:
    assert rule_from_mapping(json.loads(json.dumps(rule_to_mapping(rule)))) == rule


@given(RULES, st.booleans())
def test_every_verdict_has_a_reason(rule: Rule, heard: bool) -> None:
    verdict = judge(rule, SWISS if heard else UNHEARD)
    assert verdict.reasons
    assert set(verdict.untold) <= set(verdict.reasons)
    if verdict.status != "not-addressed":
        assert len(verdict.considered) >= len(rule.exempt)
