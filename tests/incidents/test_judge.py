"""Records made one by one, and their outcomes counted by columns."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nofly.incidents.judge import VERDICTS, Witness, judge, outcomes
from nofly.incidents.record import Cause, Certainty, Infringement, Infringements, Status, outcomes_of
from nofly.incidents.stays import Stay, Stays
from nofly.zones.judging import judge_rule
from nofly.zones.model import Circle, Restriction, Volume, Zone
from nofly.zones.predicates import Subject
from nofly.zones.rules import Clearance, Exemption, Predicate, PredicateKind, Rule

START_US = 1_780_000_000_000_000
SWISS = Predicate(PredicateKind.STATE, ("CHE",))
ROUND = (Volume(Circle((47.0, 8.0), 5000.0)),)
RULES = (
    None,
    Rule(exempt=(Exemption((SWISS,), "air rescue"),)),
    Rule(cleared=(Clearance((SWISS,), "asked and granted"),)),
    Rule(applies_to=(SWISS,)),
)
KINDS = (Restriction.PROHIBITED, Restriction.NO_RESTRICTION, Restriction.KEEP_IN)
ZONES = tuple(
    Zone(f"Z{k}", "zone", ROUND, kind, rule=rule) for k, (kind, rule) in enumerate(product(KINDS, RULES))
)


def stay(zone: int, determined: bool, confirmed: bool, measured: int, weak: int, ground: int) -> Stay:
    return Stay(
        zone=zone, target=0, entry_us=START_US, exit_us=START_US + 5, entry_lat_deg=47.0, entry_lon_deg=8.0,
        exit_lat_deg=47.1, exit_lon_deg=8.0, determined=determined, confirmed=confirmed,
        entry_cause=Cause.MOVED, exit_cause=Cause.MOVED, entry_closing_mps=1.0, exit_closing_mps=1.0,
        depth_m=5.0, depth_err_m=1.0, entry_err_m=1.0, exit_err_m=1.0, lower_margin_m=None,
        upper_margin_m=None, height_m=None, height_datum=None, min_height_m=None, max_height_m=None,
        reports=1, longest_gap_s=1.0, measured=measured, weak=min(weak, measured),
        on_ground=min(ground, measured), inside_from_us=START_US if determined else None,
        inside_until_us=START_US + 5 if determined else None,
    )  # fmt: skip


judged = st.tuples(
    st.builds(
        stay, st.integers(0, len(ZONES) - 1), st.booleans(), st.booleans(), st.integers(0, 2),
        st.integers(0, 2), st.integers(0, 2),
    ),
    st.sampled_from(["CHE", "FRA", None]), st.booleans(),
)  # fmt: skip


def record(one: Stay, state: str | None, shadow: bool) -> Infringement:
    who = Subject("icao24:4b1234", "4b1234", state=state)
    return judge(ZONES[one.zone], "hash", one, Witness(who, shadow))


@given(cases=st.lists(judged, max_size=8))
def test_outcomes_are_those_of_the_records(cases: list[tuple[Stay, str | None, bool]]) -> None:
    made = [record(*case) for case in cases]
    verdict = [
        judge_rule(ZONES[one.zone].rule, Subject("x", state=state), one.entry_us, one.exit_us, None, None)
        for one, state, _ in cases
    ]
    found = outcomes(
        ZONES, Stays.of([one for one, _, _ in cases]),
        np.array([VERDICTS.index(v.status) for v in verdict], np.int8),
        np.array([shadow for _, _, shadow in cases], np.bool_),
    )  # fmt: skip
    assert found == Counter((r.status, r.certainty) for r in made)


def test_records_are_made_when_asked_for_and_only_once() -> None:
    made: list[int] = []

    def make(k: int) -> Infringement:
        made.append(k)
        return record(stay(k, True, True, 1, 0, 0), None, False)

    found = Infringements(4, make, lambda: Counter({(Status.INFRINGEMENT, Certainty.CONFIRMED): 4}))
    assert len(found) == 4
    assert outcomes_of(found)[Status.INFRINGEMENT, Certainty.CONFIRMED] == 4
    assert made == []
    assert found[-1].zone_id == "Z3"
    assert [r.zone_id for r in found[1:3]] == ["Z1", "Z2"]
    assert made == [3, 1, 2]
    made.clear()
    assert [r.zone_id for r in found] == [r.zone_id for r in found] == ["Z0", "Z1", "Z2", "Z3"]
    assert made == [0, 1, 2, 3]
    assert found[2] is found[2]


def test_records_equal_the_same_records_and_travel_as_a_tuple() -> None:
    found = Infringements(2, lambda k: record(stay(k, True, True, 1, 0, 0), None, False), Counter)
    plain = tuple(found)
    assert found == plain
    assert plain == found
    assert found != plain[:1]
    assert found != plain[::-1]
    assert found != 7
    assert hash(found) == hash(plain)
    assert pickle.loads(pickle.dumps(found)) == plain
    assert copy.deepcopy(found) == plain
    assert sum(outcomes_of(plain).values()) == 2
