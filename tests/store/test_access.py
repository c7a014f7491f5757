"""The access file: private, of its own kind, and used by many threads at once."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from nofly.errors import StoreError
from nofly.store.access import FILE, AccessStore, Link, Login, Token, User
from nofly.store.sqlite import Store

ANNA = User("anna", "viewer", "hash", 0, 0, 1)
TOKEN = Token(b"t", "id", "ci", "anna", "read say", 1, 9)
LINK = Link(b"l", "id", "press", "anna", 1, None, 0.5)


def test_what_is_put_in_comes_back(tmp_path: Path) -> None:
    store = AccessStore(tmp_path)
    login = Login(b"x", "anna", 1, 2)
    with store.changing() as changes:
        changes.put_user(ANNA)
        for row in (login, TOKEN, LINK):
            changes.add(row)
    store.close()
    store = AccessStore(tmp_path)
    assert (store.user("anna"), store.users(), store.user("x")) == (ANNA, [ANNA], None)
    assert store.login(b"x") == (login, ANNA)
    assert store.token(b"t") == (TOKEN, ANNA)
    assert (store.tokens("anna"), store.tokens(), store.tokens("x")) == ([TOKEN], [TOKEN], [])
    assert (store.link(b"l"), store.links()) == (LINK, [LINK])
    store.login_used(b"x", 5)
    store.token_used(b"t", 6)
    assert store.login(b"x") == (replace(login, used_us=5), ANNA)
    assert store.token(b"t") == (replace(TOKEN, used_us=6), ANNA)
    store.close()


def test_all_or_nothing(tmp_path: Path) -> None:
    store = AccessStore(tmp_path)

    def change(owner: str) -> None:
        with store.changing() as changes:
            changes.put_user(ANNA)
            changes.add(replace(TOKEN, owner=owner))
            assert owner != "anna", "no"

    with pytest.raises(StoreError, match="writing failed"):
        change("nobody")
    assert store.users() == []
    with pytest.raises(AssertionError, match="no"):
        change("anna")
    assert (store.users(), store.tokens()) == ([], [])
    store.close()


def test_many_threads_at_once(tmp_path: Path) -> None:
    store, other = AccessStore(tmp_path), AccessStore(tmp_path)
    with store.changing() as changes:
        changes.put_user(ANNA)

    def work(number: int) -> int:
        mine = (store, other)[number % 2]
        digest = number.to_bytes(2)
        with mine.changing() as changes:
            changes.add(Login(digest, "anna", number, number))
        found = mine.login(digest)
        assert found is not None
        assert found[0].made_us == number
        mine.login_used(digest, number + 1)
        assert [user.name for user in mine.users()] == ["anna"]
        if number % 3 == 0:
            with mine.changing() as changes:
                changes.remove(found[0])
        return number

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(work, range(300))) == [*range(300)]
    for number in range(300):
        found = store.login(number.to_bytes(2))
        assert (found is None) == (number % 3 == 0)
        assert found is None or found[0].used_us == number + 1
    for one in (store, other):
        one.close()


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    store = AccessStore(tmp_path)
    with store.changing() as changes:
        changes.put_user(ANNA)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(store.user, "anna").result(30) is None
    assert store.user("anna") == ANNA
    store.close()


def test_it_is_private_whatever_it_was(tmp_path: Path) -> None:
    AccessStore(tmp_path).close()
    (tmp_path / FILE).chmod(0o644)
    store = AccessStore(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    store.close()


def test_another_file_is_no_access_file(tmp_path: Path) -> None:
    Store(tmp_path / FILE).close()
    with pytest.raises(StoreError, match="this is no store of nofly"):
        AccessStore(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    AccessStore(other).close()
    with sqlite3.connect(other / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer nofly"):
        AccessStore(other)
    with pytest.raises(StoreError, match="this is no store of nofly"):
        Store(other / FILE)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="making it private failed"):
        AccessStore(tmp_path / "none")
