"""The machine of an incident: legal whatever comes, the same from its records, and as a naive one says."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError, StoreError
from nofly.incidents.amendments import Spell, amend, spells
from nofly.incidents.judge import incident_id
from nofly.incidents.machine import (
    Case,
    Happening,
    Params,
    Record,
    advance,
    due_us,
    evolve,
    load,
    replay,
    save,
    say,
    step,
)
from nofly.incidents.record import Cause
from nofly.incidents.states import DERIVED, TABLE, VERBS, Event, Phase, Told
from tests.incidents.states_page import PAGE, page

ZONE, TARGET = "ab" * 32, "icao24:4ca7b3"
S = 1_000_000
PARAMS = Params(60.0, 300.0)
OUTSIDE_EVENTS = [event for event in Event if event not in DERIVED]
BEGINS, ENDS = (Told.ENTERED, Told.REENTERED), (Told.EXITED, Told.LOST)

happenings = st.builds(
    Happening,
    st.sampled_from(OUTSIDE_EVENTS),
    st.integers(0, 2000).map(lambda s: s * S),
    st.sampled_from(list(Cause)),
)
series = st.lists(happenings, max_size=25)
in_order = series.map(lambda many: sorted(many, key=lambda one: one.time_us))


def run(many: list[Happening], params: Params = PARAMS) -> tuple[Case, list[Record]]:
    case, records = Case(ZONE, TARGET), []
    for one in many:
        case, more = step(case, one, params)
        records += more
    return case, records


def at(second: float, event: Event, cause: Cause = Cause.MOVED) -> Happening:
    return Happening(event, int(second * S), cause)


def told(many: list[Happening], params: Params = PARAMS) -> list[Told]:
    return [record.kind for record in run(many, params)[1]]


def test_the_page_is_drawn_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_event_from_outside_is_answered_in_every_state() -> None:
    assert {(phase, event) for phase in Phase for event in OUTSIDE_EVENTS} <= set(TABLE)


def test_every_state_can_be_reached() -> None:
    seen, waiting = {Phase.CLEAR}, [Phase.CLEAR]
    while waiting:
        now = waiting.pop()
        after = {path[-1][1] for (phase, _), path in TABLE.items() if phase is now and path} - seen
        seen |= after
        waiting += after
    assert seen == set(Phase)


@given(series)
def test_whatever_comes_the_state_is_legal(many: list[Happening]) -> None:
    case, records = run(many)
    assert case.phase in Phase
    inside = case.phase in (Phase.INFRINGING, Phase.UNDETERMINED)
    assert inside == (case.incident is not None and case.away_us is None)
    assert (case.phase in (Phase.EXITED, Phase.LOST_INSIDE)) == (case.away_us is not None)
    assert case.phase is not Phase.PREDICTED or case.warned
    assert all(record.incident for record in records)


@given(series)
def test_enter_and_exit_alternate(many: list[Happening]) -> None:
    ends = [record.kind in BEGINS for record in run(many)[1] if record.kind in BEGINS + ENDS]
    assert ends == [n % 2 == 0 for n in range(len(ends))]


@given(series, st.integers(0, 25))
def test_records_replayed_give_the_case(many: list[Happening], cut: int) -> None:
    case, records = run(many)
    sent = [msgspec.json.decode(msgspec.json.encode(record), type=Record) for record in records]
    assert sent == records
    assert list(replay(sent).values()) == ([case] if records else [])
    early, _ = run(many[:cut])
    (again,) = load(save([early])).values()
    assert again == early
    for one in many[cut:]:
        again, _ = step(again, one, PARAMS)
    assert again == case


@given(in_order, st.lists(st.integers(0, 2000).map(lambda s: s * S), max_size=12))
def test_how_often_the_clock_is_looked_at_changes_nothing(many: list[Happening], ticks: list[int]) -> None:
    end = 10_000 * S
    case, records = run(many)
    case, last = advance(case, end, PARAMS)
    other, seen = Case(ZONE, TARGET), []
    for time_us, one in sorted([*((o.time_us, o) for o in many), *((t, None) for t in ticks)], key=_first):
        other, more = advance(other, time_us, PARAMS) if one is None else step(other, one, PARAMS)
        seen += more
    other, more = advance(other, end, PARAMS)
    assert (other, [*seen, *more]) == (case, [*records, *last])


def _first(pair: tuple[int, Happening | None]) -> int:
    return pair[0]


stays = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 400), st.booleans(), st.booleans()), max_size=10
)


@given(stays, st.integers(0, 200), st.integers(0, 300))
def test_incidents_as_a_naive_grouping_of_stays(
    given_stays: list[tuple[int, int, bool, bool]], reentry_s: int, more_s: int
) -> None:
    params = Params(float(reentry_s), float(reentry_s + more_s))
    now, many, naive, alone = 0, [], [], []
    for gap_s, length_s, sure, lost in given_stays:
        entry, now = now + gap_s, now + gap_s + length_s
        many += [
            at(entry, Event.ENTER if sure else Event.DOUBT),
            at(now, Event.LOSE if lost else Event.LEAVE),
        ]
        name = incident_id(ZONE, TARGET, entry * S, False)
        alone.append(Spell(name, entry * S, now * S, sure))
        if naive and gap_s <= reentry_s:
            naive[-1].append(name)
        else:
            naive.append([name])
    records = run(many, params)[1]
    begun = [record for record in records if record.kind in BEGINS]
    grouped = [
        [r.stay for r in begun if r.incident == name] for name in dict.fromkeys(r.incident for r in begun)
    ]
    assert grouped == naive
    assert [group[0] for group in grouped] == [r.incident for r in begun if r.kind is Told.ENTERED]
    assert spells(records) == alone


def test_a_warning_is_named_by_the_entry_it_came_before() -> None:
    _, records = run([at(0, Event.PREDICT), at(40, Event.ENTER), at(90, Event.LEAVE)])
    assert [r.kind for r in records] == [Told.PREDICTED, Told.ENTERED, Told.EXITED]
    assert records[0].incident == records[0].warning == records[1].warning
    assert records[1].incident == incident_id(ZONE, TARGET, 40 * S, False)


def test_re_entry_continues_and_a_later_entry_is_another_incident() -> None:
    base = [at(0, Event.ENTER), at(10, Event.LEAVE)]
    assert told([*base, at(70, Event.ENTER)])[-1] is Told.REENTERED
    assert told([*base, at(71, Event.ENTER)])[-2:] == [Told.CLOSED, Told.ENTERED]
    case, records = run([*base, at(400, Event.ENTER)])
    assert [r.time_us for r in records if r.kind is Told.CLOSED] == [310 * S]
    assert case.incident == incident_id(ZONE, TARGET, 400 * S, False)


def test_lost_inside_and_found_outside() -> None:
    assert told([at(0, Event.ENTER), at(10, Event.LOSE), at(200, Event.FIND_OUTSIDE)]) == [
        Told.ENTERED, Told.LOST, Told.FOUND_OUTSIDE,
    ]  # fmt: skip
    case, _ = run([at(0, Event.ENTER), at(10, Event.LOSE)])
    assert (case.phase, case.determined, due_us(case, PARAMS)) == (Phase.LOST_INSIDE, True, 310 * S)


def test_the_end_of_the_zone_ends_warning_stay_and_loss() -> None:
    end = at(50, Event.END_ZONE, Cause.ZONE_DEACTIVATED)
    assert told([at(0, Event.PREDICT), end]) == [Told.PREDICTED, Told.UNPREDICTED]
    _, records = run([at(0, Event.ENTER, Cause.ZONE_ACTIVATED), end])
    assert [r.cause for r in records] == [Cause.ZONE_ACTIVATED, Cause.ZONE_DEACTIVATED]
    assert told([at(0, Event.ENTER), at(10, Event.LOSE), end])[-1] is Told.CLOSED


def test_a_late_event_is_recorded_as_such_and_has_its_effect() -> None:
    case, records = run([at(0, Event.ENTER), at(100, Event.LEAVE), at(90, Event.ENTER)])
    assert [r.kind for r in records[-2:]] == [Told.AMENDED, Told.REENTERED]
    moments = "1970-01-01T00:01:30.000000Z", "1970-01-01T00:01:40.000000Z"
    assert records[-2].why == "re-enter at {} became known after what happened at {}".format(*moments)
    assert case.phase is Phase.INFRINGING


def test_what_does_not_fit_is_recorded() -> None:
    case, records = run([at(0, Event.LEAVE)])
    assert [r.kind for r in records] == [Told.CONTRADICTED]
    assert case == Case(ZONE, TARGET)


@given(series, st.sampled_from(VERBS))
def test_a_verb_moves_no_state(many: list[Happening], verb: Told) -> None:
    case, _ = run(many)
    after, record = say(case, verb, "duty officer", "known flight", 5, until_us=9)
    assert msgspec.structs.replace(after, said=case.said) == case
    assert after.said[-1] == record
    assert (record.who, record.why, record.until_us) == ("duty officer", "known flight", 9)


def test_a_verb_needs_who_and_why() -> None:
    for verb, who, why in ((Told.MUTED, " ", "noise"), (Told.MUTED, "me", ""), (Told.EXITED, "me", "noise")):
        with pytest.raises(InputError):
            say(Case(ZONE, TARGET), verb, who, why, 0)


def test_late_reports_give_amendments() -> None:
    case, records = run([at(0, Event.ENTER), at(100, Event.LEAVE)])
    (was,) = spells(records)
    found = [msgspec.structs.replace(was, exit_us=90 * S), Spell("other", 95 * S, 99 * S, True)]
    assert amend(case, [was], [was], 0) == ()
    assert [(r.kind, r.stay) for r in amend(case, [was], found, 0)] == [
        (Told.AMENDED, was.stay), (Told.AMENDED, "other"),
    ]  # fmt: skip
    assert "no such stay" in (amend(case, [was], [], 0)[0].why or "")


def test_wrong_times_records_and_files_are_refused() -> None:
    for reentry_s, close_s in ((-1.0, 5.0), (10.0, 5.0), (1.0, float("inf")), (float("nan"), 5.0)):
        with pytest.raises(InputError):
            Params(reentry_s, close_s)
    with pytest.raises(InputError):
        step(Case(ZONE, TARGET), at(0, Event.CLOSE), PARAMS)
    _, (record,) = run([at(0, Event.ENTER)])
    with pytest.raises(StoreError):
        evolve(Case(ZONE, "icao24:000001"), record)
    for data in (b"", b"{}", b'[{"zone_hash": 1}]', b"[" * 5000):
        with pytest.raises(StoreError):
            load(data)
