"""MQTT: credentials, and payloads that are not taken."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from nofly.errors import ConfigError, FeedError
from nofly.feeds.receiving import Chunk
from nofly.feeds.transports._subscription import SubscriptionOptions
from tests.feeds.transports.broker import broker, publish
from tests.feeds.transports.peering import Taken, free_port, program
from tests.feeds.transports.receiving import never, receive


def test_payloads_too_long_are_counted_as_lost(tmp_path: Path) -> None:
    async def run() -> list[Chunk]:
        taken = Taken()
        async with broker(tmp_path) as port:
            task = asyncio.create_task(publish(port, [b"first", bytes(2000), b"", b"last"], taken))

            def enough(chunks: list[Chunk]) -> bool:
                taken.count = len(chunks)
                return len(chunks) == 2

            chunks = await receive(f"mqtt://127.0.0.1:{port}/nofly/odid", enough, max_payload_bytes=1000)
            await task
            return chunks

    chunks = asyncio.run(run())
    assert [(chunk.data, chunk.opened, chunk.lost) for chunk in chunks] == [
        (b"first", True, 0),
        (b"last", False, 1),
    ]


def test_user_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = tmp_path / "passwords"
    mosquitto_passwd = program("mosquitto_passwd", "mosquitto")
    subprocess.run([mosquitto_passwd, "-b", "-c", str(passwords), "me", "open sesame"], check=True)
    passwords.chmod(0o644)

    async def run() -> None:
        async with broker(tmp_path, f"password_file {passwords}", "allow_anonymous false") as port:
            url = f"mqtt://127.0.0.1:{port}/$SYS/broker/version"
            known = {"user": "me", "password": "env:FEED_PASSWORD"}
            monkeypatch.setenv("FEED_PASSWORD", "open sesame")
            assert (await receive(url, bool, **known))[0].data.startswith(b"mosquitto")
            monkeypatch.setenv("FEED_PASSWORD", "hunter2")
            with pytest.raises(FeedError, match=r"(?i)not authori") as caught:
                await receive(url, never, **known)
            assert "hunter2" not in str(caught.value)

    asyncio.run(run())


def test_a_broker_that_ends(tmp_path: Path) -> None:
    async def run() -> None:
        task = None
        async with broker(tmp_path) as port:
            url = f"mqtt://127.0.0.1:{port}/x"
            task = asyncio.create_task(receive(url, never))
            await asyncio.sleep(0.3)
        with pytest.raises(FeedError):
            await task

    asyncio.run(run())


def test_nobody_there() -> None:
    pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")
    with pytest.raises(FeedError, match="refused"):
        asyncio.run(receive(f"mqtt://127.0.0.1:{free_port()}/x", never))


@pytest.mark.parametrize(
    "options", [{"qos": 3}, {"password": "hunter2"}, {"password": "env:A"}, {"max_waiting": 0}]
)
def test_options_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        SubscriptionOptions(**options)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)
