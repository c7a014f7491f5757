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
    listener = _listener(bind)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="websockets-sansio", ws_max_size=4096,
        ws_per_message_deflate=False, server_header=False, date_header=True, proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=2, limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=bind.certificate or None, ssl_keyfile=bind.key or None,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:
        listener.close()
        raise ConfigError(f"the certificate: {reason(error)}", locator="web.certificate") from error
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
    thread.start()
    try:
        yield bind.url(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(STOP_S)
        with suppress(OSError):
            listener.close()


def _listener(bind: Bind) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((bind.host.strip("[]"), bind.port))
        listener.listen(1024)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        why = reason(error) if isinstance(error, OSError) else str(error)
        where = f"{bind.host}:{bind.port}"
        raise ConfigError(
            f"cannot serve at {where}: {why}", locator="web.bind", expected="a free port: --bind HOST:PORT"
        ) from error
    return listener
