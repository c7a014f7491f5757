"""Every channel keeps the contract: a new file is found and tested by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from nofly import plugins
from nofly.alerts import Channel, Condition, Outcome, Verdict
from nofly.run.alerting.plans import KIND, TellOptions, plan_alert
from tests.alerts.notices import HOSTILE, UNKNOWN, notice
from tests.alerts.zones import PARIS, named
from tests.feeds.transports.peering import free_port

LEAST: dict[str, dict[str, Any]] = {
    "apprise": {"url": "env:SERVICE", "timeout_s": 5.0},
    "asterix_cat004": {"host": "127.0.0.1"},
    "cot": {"host": "127.0.0.1", "protocol": "tcp", "timeout_s": 5.0},
    "mqtt": {"host": "127.0.0.1", "timeout_s": 5.0},
    "webhook": {"url": "http://127.0.0.1:{port}/", "timeout_s": 5.0},
}
"""Options without which a channel cannot be made; nobody listens there."""


def made(name: str, monkeypatch: pytest.MonkeyPatch) -> Channel:
    port = free_port()
    monkeypatch.setenv("SERVICE", f"json://127.0.0.1:{port}/")
    options = {n: v.format(port=port) if isinstance(v, str) else v for n, v in LEAST.get(name, {}).items()}
    if name in ("asterix_cat004", "cot", "mqtt"):
        options["port"] = port
    for package in {"apprise": ["apprise"], "mqtt": ["aiomqtt"]}.get(name, []):
        pytest.importorskip(package)
    plan = plan_alert("x", name, options)
    one: Channel = plan.module.channel(plan.own, "alert 'x'", lambda: 0)
    return one


@pytest.mark.parametrize("name", plugins.names(KIND))
def test_a_module_defines_what_it_must(name: str) -> None:
    module = plugins.load(KIND, name)
    assert name == module.NAME
    assert is_dataclass(module.OPTIONS)
    assert module.OPTIONS.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert not {f.name for f in fields(module.OPTIONS)} & {f.name for f in fields(TellOptions)}
    assert isinstance(module.STATEFUL, bool)
    assert module.PER_MINUTE is None or module.PER_MINUTE > 0


@pytest.mark.parametrize("name", plugins.names(KIND))
def test_a_channel_answers_whatever_it_is_told_even_where_nobody_listens(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = {name: HOSTILE for name in UNKNOWN if not name.endswith(("_deg", "_m"))}

    async def run() -> list[Outcome]:
        one = made(name, monkeypatch)
        try:
            for zones in ([PARIS], [named("+/#<&", "\x1b\"'")], []):
                with suppress(Exception):
                    await one.watch(zones, [notice()])
                with suppress(Exception):
                    await one.beat(Condition())
            told = [
                notice(), notice(kind="exited", phase="exited", active=False), notice(**UNKNOWN),
                notice(**{**UNKNOWN, "active": None}), notice(**hostile),
            ]  # fmt: skip
            return [await one.tell(each) for each in told]
        finally:
            await one.aclose()

    for outcome in asyncio.run(run()):
        assert outcome.verdict in Verdict
        assert (outcome.verdict is Verdict.TOLD) == (outcome.why == "")
        assert outcome.why.isprintable()
        assert len(outcome.why) <= 300


@pytest.mark.parametrize("name", plugins.names(KIND))
def test_a_channel_that_was_never_used_closes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(made(name, monkeypatch).aclose())
