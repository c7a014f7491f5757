"""Hashes of passwords: their parameters, and the same work for whoever is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from argon2.profiles import CHEAPEST

from nofly.errors import InputError
from nofly.web.access import passwords as module
from nofly.web.access.passwords import MOST_WAITING, Passwords, check_new
from nofly.web.access.random_ids import new_password
from nofly.web.errors import ApiError
from tests.web.access.doors import PASSWORD, WHO, House


@pytest.fixture
def cheap() -> Iterator[Passwords]:
    made = Passwords(CHEAPEST)
    yield made
    made.close()


def test_the_parameters_are_those_of_rfc_9106() -> None:
    made = Passwords()
    stored = asyncio.run(made.hash(PASSWORD))
    found = extract_parameters(stored)
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 3, 65536, 4)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert asyncio.run(made.is_of(PASSWORD, stored))
    assert not made.outdated(stored)
    made.close()


def test_whose_password_it_is(cheap: Passwords) -> None:
    stored = asyncio.run(cheap.hash("a lake, à la carte"))
    assert stored != asyncio.run(cheap.hash("a lake, à la carte"))
    assert asyncio.run(cheap.is_of("a lake, a\u0300 la carte", stored))
    for other in ("", "a lake", "\x00", "a lake, à la cart"):
        assert not asyncio.run(cheap.is_of(other, stored))
    assert not asyncio.run(cheap.is_of("x", "no hash"))


def test_nobody_takes_the_same_work(cheap: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    verify = cheap._hasher.verify
    monkeypatch.setattr(cheap, "_hasher", type("Counted", (), {
        "verify": staticmethod(lambda stored, password: verified.append(stored) or verify(stored, password)),
    }))  # fmt: skip
    assert not asyncio.run(cheap.is_of("x", None))
    assert extract_parameters(verified[0]) == CHEAPEST


def test_so_many_wait_and_no_more(cheap: Passwords) -> None:
    async def all_at_once() -> list[object]:
        asked = [cheap.is_of("x", None) for _ in range(MOST_WAITING + 5)]
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(all_at_once())
    assert [one for one in found if one is False] == [False] * MOST_WAITING
    assert [one.kind for one in found if isinstance(one, ApiError)] == ["busy"] * 5
    assert asyncio.run(cheap.is_of("x", None)) is False


@pytest.mark.parametrize(
    "one", ["x" * 14, "aaaabbbbccccddddeeee", "annaannaanna nofly", "q" * 300, "anna-2026-09-21"]
)
def test_what_may_not_be_chosen(one: str) -> None:
    with pytest.raises(InputError) as caught:
        check_new(one, "anna")
    assert one not in str(caught.value)


@pytest.mark.parametrize(
    "one", [PASSWORD, "пароль із багатьох слів", "x y" * 5 + "abcdefg", "anna keeps a swan on the lake"]
)
def test_what_may_be_chosen(one: str) -> None:
    check_new(one, "anna")
    check_new(new_password(), "anna")


def test_a_hash_of_other_parameters_is_made_anew(here: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = here.access.store.user("viewer")
    here.logged_in("viewer")
    assert here.access.store.user("viewer") == before
    monkeypatch.setattr(Passwords, "outdated", lambda *_: True)
    here.logged_in("viewer")
    after = here.access.store.user("viewer")
    assert before is not None
    assert after is not None
    assert after.password != before.password
    assert here.browser().post(WHO, json={"name": "viewer", "password": PASSWORD}).status_code == 200
    assert module.AT_ONCE == 2
