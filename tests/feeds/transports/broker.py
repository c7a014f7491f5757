"""Mosquitto as a broker, and a publisher."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.feeds.transports.peering import Taken, free_port, listening, program, running

TOPIC = "nofly/odid"


@asynccontextmanager
async def broker(folder: Path, *lines: str) -> AsyncIterator[int]:
    """Run Mosquitto on a free port; ``lines`` are its configuration beyond listener and user."""
    mosquitto, port = program("mosquitto", "mosquitto"), free_port()
    told = [f"listener {port} 127.0.0.1", "persistence false", *lines]
    if os.getuid() == 0:
        told.insert(0, "user root")
    if not any(line.startswith("password_file") for line in lines):
        told.append("allow_anonymous true")
    (folder / "mosquitto.conf").write_text("\n".join(told) + "\n")
    async with running([mosquitto, "-c", str(folder / "mosquitto.conf")]):
        await listening(port)
        yield port


async def publish(
    port: int, messages: Sequence[bytes], taken: Taken, context: ssl.SSLContext | None = None
) -> None:
    """Publish the first message as retained, and the others when it was taken."""
    aiomqtt = pytest.importorskip("aiomqtt", reason="no aiomqtt here: pip install 'nofly[mqtt]'")
    async with aiomqtt.Client("127.0.0.1", port, tls_context=context) as client:
        await client.publish(TOPIC, messages[0], qos=1, retain=True)
        await taken.reach(1)
        for message in messages[1:]:
            await client.publish(TOPIC, message, qos=1)
