"""Apprise, to a web server of our own."""

from __future__ import annotations

import asyncio
import json

import pytest

from nofly.alerts import Outcome, Verdict
from nofly.errors import ConfigError
from tests.alerts.notices import HOSTILE, channel, notice
from tests.alerts.site import Site, site

pytest.importorskip("apprise", reason="no Apprise here: pip install 'nofly[notify]'")


def send(
    monkeypatch: pytest.MonkeyPatch, *answers: str, timeout_s: float = 20.0
) -> tuple[list[Outcome], Site]:
    async def run() -> tuple[list[Outcome], Site]:
        async with site(answers) as one:
            monkeypatch.setenv("SERVICE", f"json://me:hunter2@127.0.0.1:{one.port}/x")
            service = channel("apprise", url="env:SERVICE", timeout_s=timeout_s)
            try:
                return [await service.tell(notice(title=HOSTILE)) for _ in answers], one
            finally:
                await service.aclose()

    return asyncio.run(run())


def test_title_text_and_urgency_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes, one = send(monkeypatch, "200 OK")
    assert outcomes[0].verdict is Verdict.TOLD
    got = json.loads(one.posts[0].body)
    assert (got["message"], got["type"]) == ("FMY8055 has entered LF-P25.", "failure")
    assert got["title"].isprintable()
    assert not set("@<>`*[]") & set(got["title"])


def test_a_service_that_refuses_is_tried_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes, one = send(monkeypatch, "500 Oops", "200 OK")
    assert [o.verdict for o in outcomes] == [Verdict.LATER, Verdict.TOLD]
    assert len(one.posts) == 2
    assert caplog.text + "".join(capfd.readouterr()) == ""


def test_a_service_that_hangs_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    (outcome,), _ = send(monkeypatch, "hang", timeout_s=0.2)
    assert outcome.verdict is Verdict.LATER
    assert "within 0.2 s" in outcome.why


@pytest.mark.parametrize(
    "value", [None, "", "hunter2", "nosuchscheme://hunter2", "json://hunter2 json://two"], ids=str
)
def test_a_url_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("SERVICE", value)
    with pytest.raises(ConfigError) as caught:
        channel("apprise", url="env:SERVICE")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{}, {"url": "json://hunter2"}, {"url": "env:SERVICE", "timeout_s": -1.0}]
)
def test_options_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        channel("apprise", **options)
    assert "hunter2" not in str(caught.value)
