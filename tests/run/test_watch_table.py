"""What a watch shows: nothing hostile reaches the terminal, nothing is wider than it, silence is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nofly.feeds.health import Status, new_feed
from nofly.incidents.states import Phase
from nofly.run.display.layout import lines
from nofly.run.display.table import MOST_ROWS, Facts, Tone, countdown, frame
from nofly.run.display.view import View
from nofly.run.live.latest import Now
from nofly.run.outputs.text import width
from nofly.zones.model import Restriction
from tests.run.views import HOSTILE, NOW_US, PLANS, REPLAY, RING, busy, case, feed, seconds_ago, view

SIZES = [(20, 10), (60, 24), (80, 24), (120, 40), (200, 60)]


def shown(one: View, columns: int = 120, height: int = 40, facts: Facts | None = None) -> str:
    found = lines(frame(one, PLANS, facts or Facts()), columns, height)
    return "\n".join(text for text, _ in found)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("what", [busy, view], ids=["busy", "quiet"])
def test_it_fits(size: tuple[int, int], what: type[View]) -> None:
    columns, height = size
    found = lines(
        frame(what(), PLANS, Facts(), [f"a line {HOSTILE}".replace("\x1b", "")] * 20), columns, height
    )
    assert len(found) <= height
    assert all(width(text) <= columns for text, _ in found)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_hostile_is_shown(size: tuple[int, int]) -> None:
    text = shown(busy(), *size)
    assert not {"\x1b", "\u202e", "\r"} & set(text)


def test_who_is_inside() -> None:
    text = shown(view(case("icao24:4ca7b3"), case("icao24:3c6666", Phase.UNDETERMINED)))
    (head,) = [line for line in text.splitlines() if line.startswith("INSIDE")]
    assert head == "INSIDE 2"
    (row,) = [line for line in text.splitlines() if "4ca7b3" in line]
    assert row.split("  ")[:2] == ["Z1 RING", "SWR123"]
    for word in ("inside", "1 min 05 s", "14:12:15 Z", "6,562 ft AMSL", "1 s ago"):
        assert word in row
    assert "perhaps inside" in text


def test_heights_on_the_datum_of_the_zone_else_on_another_one() -> None:
    one = view(case("icao24:4ca7b3"), now_of=lambda _: Now(NOW_US, {"STD": 9000.0}))
    assert "FL295" in shown(one)
    assert "unknown" in shown(view(case("icao24:4ca7b3"), now_of=lambda _: None))


def test_who_will_be() -> None:
    facts = Facts()
    facts.take([{"kind": "predicted", "incident": "w", "phase": "predicted", "callsign": "DLH9",
                 "predicted_entry_us": NOW_US + 65_000_000, "height_m": 1000.0,
                 "height_datum": "AMSL"}])  # fmt: skip
    warned = case("icao24:1", Phase.PREDICTED, incident=None, entry_us=None, warning="w", warned=True)
    text = shown(view(warned), facts=facts)
    (row,) = [line for line in text.splitlines() if "icao24:1" in line]
    assert "1:05" in row
    assert "14:14:25 Z" in row
    assert "3,281 ft AMSL" in row
    assert "Nobody is known to be inside." in text


@pytest.mark.parametrize(
    ("left_us", "said"),
    [(65_000_000, "1:05"), (64_000_001, "1:05"), (600_000_000, "10:00"), (1, "0:01"), (0, "now"), (-5, "now"),
     (None, "unknown")],
)  # fmt: skip
def test_a_countdown(left_us: int | None, said: str) -> None:
    assert countdown(None if left_us is None else NOW_US + left_us, NOW_US) == said


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_silence_never_looks_like_safety(columns: int) -> None:
    states = [feed(PLANS[0], 303.0, Status.STALLED), feed(PLANS[1], 500.0, Status.FAILED, error="refused")]
    text = shown(view(feeds=states), columns)
    assert "NOT MONITORED since 14:08:17 Z (5 min 03 s)" in " ".join(text.split("\n"))
    assert "Nobody" not in text.split("EXPECTED", maxsplit=1)[0]
    assert "Not monitored: nothing can be said." in text
    tones = {
        tone
        for line, tone in lines(frame(view(feeds=states), PLANS, Facts()), columns, 40)
        if "MONITOR" in line
    }
    assert tones == {Tone.ALARM}
    one_left = shown(view(feeds=[feed(PLANS[0]), states[1]]), columns)
    assert "Feed hill: not monitored through it since 14:05:00 Z (8 min 20 s)" in " ".join(
        one_left.split("\n")
    )
    assert "Nobody is known to be inside." in one_left


def test_what_is_not_judged_is_not_said_to_be_outside() -> None:
    assert "Nobody is known to be inside." not in shown(view(trouble="the disk is full"))
    assert "Nothing is judged: nothing can be said." in shown(view(trouble="the disk is full"))


def test_a_height_then_is_on_the_datum_that_the_record_names() -> None:
    for datum, said in (("AMSL", "6,562 ft AMSL"), (None, "unknown")):
        facts, body = Facts(), {"kind": "predicted", "incident": "w", "phase": "predicted"}
        facts.take([{**body, "height_m": 2000.0, "height_datum": datum}])
        warned = case(
            "icao24:1", Phase.PREDICTED, RING, incident=None, entry_us=None, warning="w", warned=True
        )
        text = shown(view(warned, law=(RING,), now_of=lambda _: None), facts=facts)
        (row,) = [line for line in text.splitlines() if "icao24:1" in line]
        assert [cell for cell in row.split("  ") if cell][-2].strip() == said


def test_of_a_zone_that_must_not_be_left_it_says_outside() -> None:
    zone = replace(RING, restriction=Restriction.KEEP_IN)
    text = shown(view(case("icao24:1", Phase.INFRINGING, zone), law=(zone,), now_of=lambda _: None))
    (row,) = [line for line in text.splitlines() if "icao24:1" in line]
    assert "outside" in row


def test_a_feed_that_speaks_and_says_nothing() -> None:
    mute = replace(feed(PLANS[1], 120.0), received_us=seconds_ago(0.5))
    assert "Feed hill: it speaks, but brings no position" in shown(view(feeds=[feed(PLANS[0]), mute]))
    never = new_feed("hill", seconds_ago(20.0))
    assert "no position yet: not monitored through it" in shown(view(feeds=[feed(PLANS[0]), never]))


def test_a_disk_that_is_full_is_on_top_at_any_width() -> None:
    for columns in (60, 80, 120, 200):
        text = " ".join(shown(busy(), columns, 24).split("\n"))
        assert "NOTHING IS JUDGED OR RECORDED: record.sqlite: appending failed: disk is full" in text


def test_a_channel_that_fails_is_on_top() -> None:
    text = " ".join(shown(busy(), 80, 24).split("\n"))
    assert "Alerts to hook are not told: HTTP 502" in text
    assert "Alerts to log" not in text


def test_rows_that_do_not_fit_are_counted() -> None:
    text = shown(busy(), 80, 24)
    assert "INSIDE 46" in text
    rows = [line for line in text[text.index("INSIDE") : text.index("EXPECTED")].splitlines()[2:] if line]
    assert rows[-1] == f"… and {46 - len(rows) + 1} more"
    assert "FEEDS 2" in text


def test_thousands_are_counted() -> None:
    cases = [case(f"icao24:{k:06x}", entry_us=seconds_ago(k)) for k in range(5000)]
    found = frame(view(*cases), PLANS, Facts()).sections[0]
    assert len(found.rows) == MOST_ROWS
    text = shown(view(*cases), 80, 300)
    assert "INSIDE 5,000" in text
    assert "… and 4,801 more" in text
    # Who entered last stands first.
    assert "icao24:000000" in text.splitlines()[5]


def test_the_time_of_a_replay_is_that_of_its_reports() -> None:
    old = view(case("icao24:4ca7b3", entry_us=1_000_000), feeds=[feed(PLANS[0])], event_us=61_000_000)
    text = "\n".join(t for t, _ in lines(frame(old, [REPLAY], Facts()), 120, 40))
    assert "1 min 00 s" in text


def test_facts_are_bounded() -> None:
    facts = Facts()
    facts.take([{"kind": "entered", "incident": str(k), "phase": "infringing"} for k in range(100_001)])
    assert case("x", incident="0") not in facts
    assert case("x", incident="100000") in facts


def test_what_is_exempt_is_no_alarm() -> None:
    facts = Facts()
    one = case("icao24:4ca7b3")
    facts.take([{"kind": "entered", "incident": one.incident, "phase": "infringing", "status": "exempt"}])
    (found,) = [x for x in lines(frame(view(one), PLANS, facts), 120, 40) if "4ca7b3" in x[0]]
    assert "inside, exempt" in found[0]
    assert found[1] is Tone.QUIET
    assert RING.name in found[0]
