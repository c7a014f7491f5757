"""The server: uvicorn, in a thread and an event loop of its own, so that no client slows a watch."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from nofly.errors import ConfigError
from nofly.plugins.reasons import reason

STOP_S = 5.0
KEEP_ALIVE_S = 15
MOST_CONNECTIONS = 2000


@dataclass(frozen=True, slots=True)
class Bind:
    """Where to listen, with TLS where a certificate is named. Port 0 is any that is free."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: str = ""
    key: str = ""

    @property
    def scheme(self) -> str:
        """``https`` with TLS."""
        return "https" if self.certificate else "http"

    def url(self, port: int) -> str:
        """Return the address of the page, by the port that was bound."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"{self.scheme}://{f'[{host}]' if ':' in host and host[0] != '[' else host}:{port}/"


@contextmanager
def serving(app: ASGIApp, bind: Bind) -> Iterator[str]:
    """Serve for as long as the context is open, and give the address. Raises ConfigError where the port
    cannot be had, or a certificate not read."""
    listening = listener(bind)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="websockets-sansio", ws_max_size=4096,
        ws_per_message_deflate=False, server_header=False, date_header=True, proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=2, limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=bind.certificate or None, ssl_keyfile=bind.key or None,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:
        listening.close()
        raise ConfigError(f"the certificate: {reason(error)}", locator="web.certificate") from error
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="web", daemon=True)
    thread.start()
    try:
        yield bind.url(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(STOP_S)
        with suppress(OSError):
            listening.close()


def listener(bind: Bind) -> socket.socket:
    """Return the socket that listens. Raises ConfigError where the port cannot be had."""
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    # Named, or asyncio takes it for no TCP and leaves Nagle's algorithm on: 40 ms for each small answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((bind.host.strip("[]"), bind.port))
        listening.listen(1024)
        listening.setblocking(False)
    except (OSError, OverflowError) as error:
        listening.close()
        why = reason(error) if isinstance(error, OSError) else str(error)
        where = f"{bind.host}:{bind.port}"
        raise ConfigError(
            f"cannot serve at {where}: {why}", locator="web.bind", expected="a free port: --bind HOST:PORT"
        ) from error
    return listening
