from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.feeds.decoders import avr, beast
from nofly.feeds.decoders._frame_clock import FrameClock
from nofly.units import DAY_US
from tests.feeds.decoders.mode_s import airborne, squitter

T0 = 1_700_000_000_000_000
S = 1_000_000
START = 5_000_000 * 12


def gps(time_us: int) -> int:
    of_day = time_us % DAY_US
    return of_day // S << 30 | of_day % S * 1000


@given(st.lists(st.tuples(st.integers(0, 3 * S), st.integers(0, 60 * S)), min_size=1, max_size=40))
def test_delays_of_the_network_do_not_move_a_message(steps: list[tuple[int, int]]) -> None:
    clock, now = FrameClock("12mhz"), T0
    assert clock.time_us(START, T0) == T0
    for step, delay in steps:
        now += step
        found = clock.time_us(START + (now - T0) * 12, now + delay)
        assert found is not None
        assert 0 <= found - now <= (now - T0) // 20_000


@given(st.integers(0, 100 * S), st.integers(-1000, 1000))
def test_a_clock_of_gps_tells_the_time_whatever_the_day(delay: int, around_midnight_s: int) -> None:
    time_us = T0 // DAY_US * DAY_US + around_midnight_s * S + 1
    assert FrameClock("gps").time_us(gps(time_us), time_us + delay) == time_us


def test_a_message_is_never_later_than_it_came() -> None:
    assert FrameClock("gps").time_us(gps(T0 + 500_000), T0) == T0
    clock = FrameClock("12mhz")
    clock.time_us(START, T0 + 9 * S)
    assert clock.time_us(START + 12 * S, T0 + 9 * S + S // 2) == T0 + 9 * S + S // 2


@pytest.mark.parametrize(("kind", "reading"), [("12mhz", START + 12 * 3600 * S), ("gps", gps(T0 - 3600 * S))])
def test_a_reading_far_from_the_others_is_not_believed(kind: str, reading: int) -> None:
    clock = FrameClock(kind)
    good = START if kind == "12mhz" else gps(T0)
    assert clock.time_us(good, T0) == T0
    assert clock.time_us(reading, T0) is None
    assert clock.time_us(good, T0 + 5) == T0


def test_a_clock_that_began_anew_is_believed_after_three_readings() -> None:
    clock = FrameClock("12mhz")
    clock.time_us(START, T0)
    found = [clock.time_us(12 * i * S, T0 + 900 * S + i * S) for i in range(1, 6)]
    assert found == [None, None] + [T0 + 900 * S + i * S for i in (3, 4, 5)]


def test_a_stalled_connection_leaves_messages_where_they_were() -> None:
    places = [(49.0 + i / 1000, 2.5) for i in range(20)]
    frames = [squitter(airborne(*place, bool(i % 2))) for i, place in enumerate(places)]
    lines = [f"@{START + i * 12 * S:012X}{data.hex()};\n".encode() for i, data in enumerate(frames)]
    prompt, stalled = (avr.decoder({"clock": "12mhz"}, "feed") for _ in range(2))
    right = [time for i, line in enumerate(lines) for time in prompt.feed(line, T0 + i * S)[0].time_us]
    first, _ = stalled.feed(lines[0], T0)
    later, _ = stalled.feed(b"".join(lines[1:]), T0 + 30 * S)
    assert [*first.time_us, *later.time_us] == pytest.approx(right, abs=30 * S / 20_000)
    without, _ = avr.decoder({}, "feed").feed(b"".join(lines), T0 + 30 * S)
    assert set(without.time_us.tolist()) == {T0 + 30 * S}


def test_beast_and_avr_say_where_a_clock_was_doubted() -> None:
    data = [squitter(airborne(49.0, 2.5, bool(i % 2))) for i in range(4)]
    clocks = [START, START + 12 * 3600 * S, START + S, START + 2 * S]
    text = b"".join(f"@{c:012X}{d.hex()};\n".encode() for c, d in zip(clocks, data, strict=True))
    binary = b"".join(
        b"\x1a3" + (c.to_bytes(6, "big") + b"\x7f" + d).replace(b"\x1a", b"\x1a\x1a")
        for c, d in zip(clocks, data, strict=True)
    )
    for plugin, stream in ((avr, text), (beast, binary)):
        positions, findings = plugin.decoder({"clock": "12mhz"}, "feed").feed(stream, T0 + 9 * S)
        assert {f.code: f.count for f in findings}["clock-doubted"] == 1
        assert len(positions) > 0


@pytest.mark.parametrize("plugin", [avr, beast])
def test_a_clock_that_is_not_known_is_refused(plugin: object) -> None:
    with pytest.raises(ConfigError, match="option clock"):
        plugin.decoder({"clock": "13mhz"}, "feed")  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="receiver at"):
        plugin.decoder({"receiver": "91,0"}, "feed")  # type: ignore[attr-defined]
