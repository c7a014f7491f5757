"""The register, on SQLite and on PostgreSQL: only appended, chained, no act lost between two writers."""

from __future__ import annotations

import os
import random
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from nofly.errors import ConfigError, InputError, StoreError
from nofly.store.chain import GENESIS, Head
from nofly.store.register import Register
from nofly.store.register_tables import GUARDS
from nofly.store.sqlite import Store
from nofly.zones.acts import MOST_BODY_CHARACTERS, Act, act
from tests.house.tree import SOURCE
from tests.postgres import new_database

WRITER = """
import sys
from nofly.store.register import Register
from nofly.zones.acts import act

url, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.stdin.readline()
with Register(url, busy_s=60) as register:
    for k in range(count):
        done = register.append(act("zone", f"Z{k}", "amend", {"k": k}, party=who, by=who, said_us=k))
        print(done.sequence, done.hash, flush=True)
"""
COUNTER = """
import sys
from nofly.store.register import Register
from nofly.zones.acts import act

url, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
def one_more(acts):
    return [act("zone", "Z", "amend", {"n": len(acts)}, party=who, by=who, said_us=len(acts))]
sys.stdin.readline()
with Register(url, busy_s=60) as register:
    for _ in range(count):
        print(register.append_by(one_more, "zone", "Z")[0].sequence, flush=True)
"""


def one(k: int = 0, subject: str = "zone", subject_id: str = "UKBV") -> Act:
    body = {"k": k, "half": 0.5, "text": "Ж \x00 \ud800", "list": (1, 2)}
    return act(subject, subject_id, "declare", body, party="NATO", by="desk", said_us=k)


def clock(step_us: int = 10) -> Callable[[], int]:
    now = iter(range(1000, 10**9, step_us))
    return lambda: next(now)


def tamper(url: str, *statements: str) -> None:
    """Do to the table what the guards forbid."""
    if "://" not in url:
        plain = sqlite3.connect(url, isolation_level=None)
        for statement in (*(f"DROP TRIGGER {guard}" for guard in GUARDS), *statements):
            plain.execute(statement)
        plain.close()
        return
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg"))
    with engine.begin() as connection:
        for statement in ("ALTER TABLE nofly_act DISABLE TRIGGER USER", *statements):
            connection.exec_driver_sql(statement.replace("'s'", "E's'"))
    engine.dispose()


def test_what_was_appended_is_read_and_verifies(register_url: str) -> None:
    with Register(register_url, clock_us=clock()) as register:
        assert register.head() == Head(0, GENESIS)
        assert register.acts() == []
        first, second = register.append(one(1)), register.append(one(2, "request", "R:1"))
        third = register.append(one(3, subject_id="UKLV"))
        assert [a.sequence for a in (first, second, third)] == [1, 2, 3]
        assert [a.recorded_us for a in (first, second, third)] == [1000, 1010, 1020]
        assert first.previous == GENESIS
        assert second.previous == first.hash
        assert first.body == {"k": 1, "half": 0.5, "text": "Ж \x00 \ud800", "list": [1, 2]}
    with Register(register_url, read_only=True) as register:
        assert register.acts() == [first, second, third]
        assert register.acts("zone") == [first, third]
        assert register.acts("zone", "UKBV") == [first]
        assert register.acts("request", "R:1") == [second]
        assert register.acts("request", "R") == []
        assert register.acts(known_us=1010) == [first, second]
        assert register.acts("zone", known_us=999) == []
        assert register.head() == Head(3, third.hash)
        assert register.verify([Head(2, second.hash)]) == []


def test_the_same_act_sent_again_is_recorded_once(register_url: str) -> None:
    with Register(register_url) as register:
        first = register.append(one())
        assert register.append(one()) == first
        signed = register.append(one().signed("k", b"\x01"))
        assert (signed.key_id, signed.signature) == ("k", "01")
        assert register.append(one().signed("k", b"\x01")) == signed
        assert register.acts() == [first, signed]


def test_times_at_which_acts_are_recorded_only_grow(register_url: str) -> None:
    readings = iter([50, 50, 20, 60])
    with Register(register_url, clock_us=lambda: next(readings)) as register:
        assert [register.append(one(k)).recorded_us for k in range(4)] == [50, 51, 52, 60]
        assert register.verify() == []


def test_all_or_nothing(register_url: str) -> None:
    with Register(register_url) as register:
        register.append(one(0))

        def two_and_fail(acts: list[Act]) -> list[Act]:
            raise InputError(f"no more after {len(acts)}")

        with pytest.raises(InputError, match="no more after 1"):
            register.append_by(two_and_fail)
        broken = one(2)
        object.__setattr__(broken, "body", {"x": float("nan")})
        with pytest.raises(ValueError, match="JSON"):
            register.append_by(lambda _: [one(1), broken])
        assert len(register.acts()) == 1
        made = register.append_by(lambda acts: [one(len(acts)), one(len(acts) + 1)])
        assert [a.body["k"] for a in made] == [1, 2]
        assert register.verify() == []


@pytest.mark.parametrize("program", [WRITER, COUNTER], ids=["append", "append_by"])
def test_processes_that_write_at_once_lose_no_act(register_url: str, program: str) -> None:
    count, parties = 25, ("A", "B", "C")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, register_url, party, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        for party in parties
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=120)[0].splitlines() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    with Register(register_url, read_only=True) as register:
        acts = register.acts()
        assert register.verify() == []
    assert [a.sequence for a in acts] == list(range(1, count * len(parties) + 1))
    for party, lines in zip(parties, said, strict=True):
        assert [line.split()[0] for line in lines] == [str(a.sequence) for a in acts if a.party == party]
    if program is COUNTER:
        assert [a.body["n"] for a in acts] == list(range(len(acts)))
    else:
        assert [line.split()[1] for lines in said for line in lines] == [
            a.hash for party in parties for a in acts if a.party == party
        ]


def test_writers_killed_at_random_moments_lose_nothing_they_were_told(register_url: str) -> None:
    chance, told = random.Random(11), {}
    with Register(register_url) as register:
        for life in range(8):
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, register_url, f"W{life}", "100000"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PYTHONPATH": str(SOURCE)},
            )  # fmt: skip
            assert writer.stdin is not None
            assert writer.stdout is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
            lines = [writer.stdout.readline()]
            time.sleep(chance.uniform(0.0, 0.1))
            writer.kill()
            lines += writer.communicate()[0].splitlines(keepends=True)
            told |= dict(line.split() for line in lines if line.endswith("\n"))
        assert register.verify() == []
        there = {str(a.sequence): a.hash for a in register.acts()}
    assert told
    assert told.items() <= there.items()


def test_on_postgresql_whoever_writes_needs_no_more_than_to_read_and_to_insert(postgres_cluster: str) -> None:
    url = new_database(postgres_cluster)
    with Register(url) as register:
        first = register.append(one(1))
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg"))
    name = f"w{secrets.token_hex(4)}"
    with engine.begin() as connection:
        for statement in (
            f"CREATE ROLE {name} LOGIN",
            f"GRANT SELECT, INSERT ON nofly_act TO {name}",
            f"GRANT SELECT ON nofly_version TO {name}",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with Register(url.replace("nofly@", f"{name}@")) as register:
        assert [register.append(one(2)).previous, len(register.acts())] == [first.hash, 2]
        assert register.verify() == []


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE nofly_act SET body = replace(body, 'NATO', 'OTAN') WHERE sequence = 2", {"record-changed"}),
        ("DELETE FROM nofly_act WHERE sequence = 2", {"record-missing", "act-cut-off"}),
        ("DELETE FROM nofly_act WHERE sequence = 4", {"act-cut-off"}),
        ("UPDATE nofly_act SET label = 'zone:X' WHERE sequence = 3", {"record-mislabelled"}),
        (
            "UPDATE nofly_act SET recorded_us = 1 WHERE sequence = 3",
            {"record-mislabelled", "act-out-of-time"},
        ),
        ("SELECT 1", set()),
    ],
)
def test_what_was_done_to_it_is_told(register_url: str, statement: str, codes: set[str]) -> None:
    with Register(register_url, clock_us=clock()) as register:
        heads = [Head(a.sequence, a.hash) for a in (register.append(one(k)) for k in range(4))]
    tamper(register_url, statement)
    with Register(register_url, read_only=True) as register:
        found = {f.code for f in register.verify(heads)}
        assert found == {"register-unguarded", *codes}
        if codes == {"record-changed"}:
            with pytest.raises(StoreError, match="act 2 is not as it was recorded"):
                register.acts()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE nofly_act SET kind = 'x'",
        "DELETE FROM nofly_act",
        "INSERT INTO nofly_act SELECT sequence + 5, 9, kind, label, body, 'i', 'h', 'p' FROM nofly_act",
    ],
)
def test_the_database_itself_refuses_changes(register_url: str, statement: str) -> None:
    with Register(register_url) as register:
        first = register.append(one())
        with (
            pytest.raises(sa.exc.DatabaseError, match="acts are"),
            register._database.writing() as connection,
        ):
            connection.exec_driver_sql(statement)
        assert register.acts() == [first]


def test_a_register_locked_for_too_long_says_so(register_url: str) -> None:
    with Register(register_url) as holder, Register(register_url, busy_s=0.2) as other:
        with holder._database.writing(), pytest.raises(StoreError, match=r"appending failed: .*lock"):
            other.append(one())
        assert other.append(one()).sequence == 1


def test_a_newer_register_and_none_are_refused(register_url: str) -> None:
    with pytest.raises(StoreError, match=r"no register|no such|does not exist"):
        Register(register_url, create=False)
    with Register(register_url) as register, register._database.writing() as connection:
        connection.exec_driver_sql("UPDATE nofly_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"a newer nofly made this register \(version 9999"):
        Register(register_url)


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    record, text = tmp_path / "record.sqlite", tmp_path / "notes.txt"
    Store(record).close()
    before = record.read_bytes()
    with pytest.raises(StoreError, match="this is no register of nofly"):
        Register(str(record))
    assert record.read_bytes() == before
    text.write_text("not a database, but long enough to look like the header of one\n" * 40)
    with pytest.raises(StoreError, match="not a database"):
        Register(str(text))
    with pytest.raises(StoreError, match="opening the register failed"):
        Register(str(tmp_path))


@pytest.mark.parametrize("url", ["", "mysql://a/b", "sqlite://", "http://x", "postgresql://[::1", "://"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="postgresql://USER@HOST/NAME"):
        Register(url)


def test_a_password_is_never_said() -> None:
    pytest.importorskip("psycopg", reason="not tested: psycopg is not installed")
    with pytest.raises(StoreError) as caught:
        Register("postgresql://me:geheim@127.0.0.1:1/none", busy_s=0.2)
    assert "geheim" not in str(caught.value)
    assert "me:***@127.0.0.1:1/none" in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\u202eb", "\ud800", "x" * 201, "a\x00"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    for names in (
        (name, "kind", "p", "b"),
        ("i", name, "p", "b"),
        ("i", "k", name, "b"),
        ("i", "k", "p", name),
    ):
        with pytest.raises(InputError, match="of an act"):
            act("zone", names[0], names[1], {}, party=names[2], by=names[3], said_us=0)


def test_what_is_no_act_is_refused() -> None:
    with pytest.raises(InputError, match="an act on 'plane'"):
        act("plane", "i", "k", {}, party="p", by="b", said_us=0)
    for body in ({"x": float("inf")}, {"x": object()}, [1]):
        with pytest.raises(InputError, match="body of an act"):
            act("zone", "i", "k", body, party="p", by="b", said_us=0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="characters long"):
        act("zone", "i", "k", {"x": "y" * MOST_BODY_CHARACTERS}, party="p", by="b", said_us=0)
    with pytest.raises(InputError, match="64 bits"):
        act("zone", "i", "k", {}, party="p", by="b", said_us=2**63)
