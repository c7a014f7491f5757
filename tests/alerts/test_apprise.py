"""Apprise, to a web server of our own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nofly.alerts import Outcome, Verdict
from nofly.alerts._apprise_sender import MOST_BYTES
from nofly.errors import ConfigError
from tests.alerts.notices import HOSTILE, channel, notice
from tests.alerts.site import Site, site

pytest.importorskip("apprise", reason="no Apprise here: pip install 'nofly[notify]'")


def send(
    monkeypatch: pytest.MonkeyPatch, *answers: str, timeout_s: float = 300.0
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


def senders() -> set[int]:
    """Return the processes that were started here and are at work."""
    return {
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if b"_apprise_sender" in _command(folder) and f"PPid:\t{os.getpid()}\n" in _status(folder)
    }


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _status(process: Path) -> str:
    try:
        return (process / "status").read_text()
    except OSError:
        return ""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_an_answer_without_end_is_ended_with_the_process_that_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        async with site(["200 OK", "drip", "200 OK"]) as one:
            monkeypatch.setenv("SERVICE", f"json://127.0.0.1:{one.port}/x")
            service = channel("apprise", url="env:SERVICE", timeout_s=300.0)
            try:
                assert (await service.tell(notice())).verdict is Verdict.TOLD
                (first,) = senders()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await service.tell(notice())
                async with asyncio.timeout(300):
                    while first in senders():
                        await asyncio.sleep(0.01)
                assert (await service.tell(notice())).verdict is Verdict.TOLD
                assert len(senders()) == 1
            finally:
                await service.aclose()
            assert senders() == set()

    asyncio.run(run())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux")
def test_an_answer_that_pours_in_fills_nobodys_memory() -> None:
    """In a process of its own: how much its children took is known of none but all together."""
    program = (
        "import asyncio, os, resource\n"
        "from tests.alerts.notices import channel, notice\n"
        "from tests.alerts.site import site\n"
        "async def run():\n"
        "    async with site(['flood']) as one:\n"
        "        os.environ['SERVICE'] = f'json://127.0.0.1:{one.port}/x'\n"
        "        service = channel('apprise', url='env:SERVICE', timeout_s=300.0)\n"
        "        said = await service.tell(notice())\n"
        "        await service.aclose()\n"
        "        return said\n"
        "before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "said = asyncio.run(run())\n"
        "own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb\n"
        "print(said.verdict.name, own_kb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, said.why)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    verdict, own_kb, children_kb, why = done.stdout.strip().split(" ", 3)
    assert (verdict, why) == ("LATER", "the service did not take it")
    assert int(own_kb) < 100_000
    assert int(children_kb) < MOST_BYTES // 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_nothing_goes_on_after_a_process_that_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import asyncio, sys\n"
        "from tests.alerts.notices import channel, notice\n"
        "one = channel('apprise', url='env:SERVICE')\n"
        "asyncio.run(one.tell(notice()))\n"
    )

    async def run() -> None:
        async with site(["drip"]) as one:
            known = {**os.environ, "SERVICE": f"json://127.0.0.1:{one.port}/x"}
            begun = await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=known)
            async with asyncio.timeout(300):
                while not one.posts:
                    await asyncio.sleep(0.02)
                begun.kill()
                await begun.wait()
                # Its end is seen here: nobody reads on.
                while one.serving:
                    await asyncio.sleep(0.02)

    asyncio.run(run())


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


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[Outcome, int]:
        async with site(["200 OK"]) as inner:
            where = f"307 Over there\r\nLocation: http://127.0.0.1:{inner.port}/"
            async with site([where]) as outer:
                monkeypatch.setenv("SERVICE", f"json://127.0.0.1:{outer.port}/x")
                service = channel("apprise", url="env:SERVICE", timeout_s=300.0)
                outcome = await service.tell(notice())
                await service.aclose()
                return outcome, len(inner.posts)

    outcome, asked = asyncio.run(run())
    assert (outcome.verdict, asked) == (Verdict.LATER, 0)
