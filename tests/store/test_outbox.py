"""The outbox: every alert is told, and told once by whoever lives to say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.errors import StoreError
from nofly.store.outbox import Backlog, alert_key
from nofly.store.sqlite import Store

S = 1_000_000


def bodies(count: int) -> list[dict[str, object]]:
    return [{"time_us": n, "kind": "entered", "incident": f"i{n}"} for n in range(count)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "record.sqlite")


def test_a_claimed_alert_is_told_by_one_and_a_delivered_one_by_none(store: Store) -> None:
    heads = store.append(bodies(3), ["log", "mqtt", "log"])
    alerts = store.outbox.claim("log", 0, 10 * S)
    assert [a.key for a in alerts] == [alert_key(h.hash, "log") for h in heads]
    told = [(a.channel, a.attempts, a.record.incident) for a in alerts]
    assert told == [("log", 1, f"i{n}") for n in range(3)]
    assert store.outbox.claim("log", 9 * S, 10 * S) == []
    store.outbox.deliver([a.key for a in alerts[:2]], 9 * S)
    assert store.outbox.backlog("log") == Backlog(0, 1, 2, 0)
    late = store.outbox.claim("log", 10 * S, 10 * S)
    assert [(a.key, a.attempts) for a in late] == [(alerts[2].key, 2)]
    store.outbox.deliver([late[0].key], 11 * S)
    assert store.outbox.claim("log", 1000 * S, S) == []
    assert len(store.outbox.claim("mqtt", 0, S, limit=2)) == 2


def test_a_failure_is_tried_again_when_it_is_due_or_given_up(store: Store) -> None:
    store.append(bodies(2), ["log"])
    first, second = store.outbox.claim("log", 0, 10 * S)
    store.outbox.retry(first.key, 5 * S, "refused")
    store.outbox.give_up(second.key, S, "gone")
    assert store.outbox.claim("log", 4 * S, S) == []
    assert [(a.key, a.attempts) for a in store.outbox.claim("log", 5 * S, S)] == [(first.key, 2)]
    assert store.outbox.backlog("log") == Backlog(0, 1, 0, 1)


def test_what_a_channel_has_heard_of_an_incident_is_known(store: Store) -> None:
    heads = store.append(bodies(2), lambda body: ["log"] if body["incident"] == "i0" else [])
    assert store.outbox.was_told(["i0"], "log")
    assert store.outbox.was_told(["i1", "i0"], "log")
    assert not store.outbox.was_told(["i1", "none"], "log")
    assert not store.outbox.was_told(["i0"], "mqtt")
    assert [store.outbox.given_up(head.hash, "log") for head in heads] == [False, None]
    store.outbox.give_up(alert_key(heads[0].hash, "log"), S, "muted")
    assert store.outbox.given_up(heads[0].hash, "log")
    assert not store.outbox.was_told(["i0"], "log")


def test_what_is_told_of_a_record_may_rest_on_the_one_before_it(store: Store) -> None:
    def channels(body: Any) -> list[str]:
        return (
            ["log"] if body["kind"] == "entered" or store.outbox.was_told([body["incident"]], "log") else []
        )

    exits = [{**body, "kind": "exited"} for body in bodies(2)]
    store.append([bodies(1)[0], *exits], channels)
    assert [(a.record.kind, a.record.incident) for a in store.outbox.claim("log", 0, S)] == [
        ("entered", "i0"), ("exited", "i0"),
    ]  # fmt: skip


def test_after_a_start_everything_open_is_told_though_the_clock_was_put_back(store: Store) -> None:
    store.append(bodies(3), ["log"])
    hour_us = 3600 * S
    claimed = store.outbox.claim("log", hour_us, 60 * S)
    store.outbox.deliver([claimed[0].key], hour_us)
    store.outbox.retry(claimed[1].key, hour_us + S, "refused")
    assert store.outbox.claim("log", 0, S) == []
    assert store.outbox.release() == 2
    assert {a.key for a in store.outbox.claim("log", 0, S)} == {a.key for a in claimed[1:]}


def test_a_full_disk_loses_no_alert(store: Store) -> None:
    store.append(bodies(2), ["log"])
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        store.outbox.claim("log", 0, S)
    store._connection.execute("PRAGMA query_only = OFF")
    assert len(store.outbox.claim("log", 0, S)) == 2


moves = st.lists(st.tuples(st.sampled_from(["claim", "deliver", "retry", "release"]), st.integers(0, 5)))


@settings(max_examples=-(-settings.default.max_examples // 4))
@given(moves)
def test_whatever_happens_every_alert_is_open_or_delivered(
    tmp_path_factory: pytest.TempPathFactory, many: list[tuple[str, int]]
) -> None:
    store = Store(tmp_path_factory.mktemp("outbox") / "record.sqlite")
    keys = {alert_key(h.hash, "log") for h in store.append(bodies(5), ["log"])}
    now_us, held, done = 0, {}, set()
    for move, number in many:
        now_us += number
        if move == "claim":
            for alert in store.outbox.claim("log", now_us, 3, limit=number + 1):
                assert alert.key not in done
                assert held.get(alert.key, 0) <= now_us
                held[alert.key] = now_us + 3
        elif move == "release":
            store.outbox.release()
            held.clear()
        elif held:
            key = sorted(held)[number % len(held)]
            del held[key]
            if move == "deliver":
                store.outbox.deliver([key], now_us)
                done.add(key)
            else:
                store.outbox.retry(key, now_us, "refused")
    store.outbox.release()
    assert {a.key for a in store.outbox.claim("log", now_us, 3)} == keys - done
    store.close()
