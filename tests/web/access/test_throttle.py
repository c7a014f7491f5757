"""How long one must wait before the next try, and what is recorded of the failures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nofly.web.access.failures import MOST_ADDRESSES, QUIET_S, Tally
from nofly.web.access.throttle import (
    FORGOTTEN_S,
    FREE_OF_ACCOUNT,
    FREE_OF_ADDRESS,
    MOST_KNOWN,
    MOST_S_OF_ACCOUNT,
    MOST_S_OF_ADDRESS,
    Throttle,
    place_of,
)


def waits(throttle: Throttle, accounts: list[str], addresses: list[str]) -> list[float]:
    """Return how long one must wait before each of some tries, each made as soon as it may be."""
    now_s, found = 0.0, []
    for account, address in zip(accounts, addresses, strict=True):
        wait_s = throttle.begun(account, address, now_s)
        found.append(wait_s)
        if wait_s:
            now_s += wait_s
            assert throttle.begun(account, address, now_s) == 0.0
    return found


def test_one_account_by_many_addresses() -> None:
    found = waits(Throttle(), ["anna"] * 20, [f"192.0.2.{n}" for n in range(20)])
    assert found[:FREE_OF_ACCOUNT] == [0.0] * FREE_OF_ACCOUNT
    assert found[FREE_OF_ACCOUNT:][:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert max(found) == MOST_S_OF_ACCOUNT


def test_many_accounts_by_one_address() -> None:
    found = waits(Throttle(), [f"user {n}" for n in range(40)], ["192.0.2.1"] * 40)
    assert found[:FREE_OF_ADDRESS] == [0.0] * FREE_OF_ADDRESS
    assert found[FREE_OF_ADDRESS:][:3] == [1.0, 2.0, 4.0]
    assert max(found) == MOST_S_OF_ADDRESS


def test_one_network_of_ipv6_is_one_address() -> None:
    throttle = Throttle()
    found = [throttle.begun(f"user {n}", f"2001:db8::{n:x}", 0.0) for n in range(FREE_OF_ADDRESS + 1)]
    assert found[-1] > 0.0
    assert throttle.begun("other", "2001:db8:0:1::1", 0.0) == 0.0
    assert place_of("::ffff:192.0.2.1") == place_of("192.0.2.1") == "192.0.2.1"
    assert place_of("no address") == "no address"


def test_a_success_is_no_failure_and_others_stay() -> None:
    throttle = Throttle()
    for _ in range(100):
        assert throttle.begun("anna", "192.0.2.1", 0.0) == 0.0
        throttle.succeeded("anna", "192.0.2.1")
    for number in range(FREE_OF_ADDRESS):
        throttle.begun(f"user {number}", "192.0.2.1", 0.0)
    assert throttle.begun("anna", "192.0.2.1", 0.0) > 0.0


def test_it_is_forgotten() -> None:
    throttle = Throttle()
    for _ in range(FREE_OF_ACCOUNT):
        throttle.begun("anna", "192.0.2.1", 0.0)
    assert throttle.begun("anna", "192.0.2.1", 0.5) == 0.5
    assert throttle.begun("anna", "192.0.2.1", FORGOTTEN_S) == 0.0
    assert throttle.begun("anna", "192.0.2.1", FORGOTTEN_S) == 0.0


def test_it_remembers_no_more_than_it_may() -> None:
    throttle = Throttle()
    for number in range(3 * MOST_KNOWN):
        throttle.begun(f"user {number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(throttle) == 2 * MOST_KNOWN


@given(st.lists(st.floats(0.0, 100.0), max_size=60))
def test_a_wait_is_never_more_than_it_may_be(steps_s: list[float]) -> None:
    throttle, now_s = Throttle(), 0.0
    for step_s in steps_s:
        now_s += step_s
        wait_s = throttle.begun("anna", "192.0.2.1", now_s)
        assert 0.0 <= wait_s <= MOST_S_OF_ADDRESS
        assert wait_s == 0.0 or throttle.begun("anna", "192.0.2.1", now_s) == wait_s


def test_failures_are_told_at_powers_of_ten() -> None:
    tally = Tally()
    told = []
    for number in range(1, 1001):
        found = tally.failed("anna", f"192.0.2.{number % 9}", float(number))
        if found is not None:
            told.append((number, found.count))
            assert len(found.addresses) <= MOST_ADDRESSES
    assert told == [(1, 1), (10, 10), (100, 100), (1000, 1000)]
    assert tally.failed(None, "192.0.2.1", 1000.0) is not None
    assert tally.succeeded("anna") == 1000
    assert tally.succeeded("anna") == 0
    tally.failed("anna", "192.0.2.1", 1000.0)
    again = tally.failed("anna", "192.0.2.2", 1000.0 + QUIET_S)
    assert again is not None
    assert (again.count, again.addresses) == (1, ["192.0.2.2"])
