"""Another server than ours: pages and parts of a map, to whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OtherServer:
    """What it serves, by path: a type and a body; and what it was asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.served: dict[str, tuple[str, bytes]] = {"/favicon.ico": ("image/png", b"")}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Another site than 127.0.0.1, though the same machine."""
        return f"http://localhost:{self.port}"


@contextmanager
def other_server() -> Iterator[OtherServer]:
    """Run one on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            it.asked.append(path)
            kind, body = it.served.get(path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        it = OtherServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield it
        finally:
            server.shutdown()
            thread.join()
