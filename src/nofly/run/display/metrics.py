"""``/metrics`` for Prometheus and ``/healthz`` for whoever starts the watch again: a web server of two pages.

Source: Prometheus, "Exposition formats", text format 0.0.4. It answers GET and HEAD alone, takes bounded
requests for a bounded time from a bounded number of connections, and is bound to loopback unless asked
otherwise: what it says is not secret, and nobody is asked who he is.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from nofly.errors import ConfigError
from nofly.plugins.reasons import reason

LOOPBACK = "127.0.0.1"
MOST_HEAD_BYTES = 8192
MOST_CONNECTIONS = 32
REQUEST_S = 5.0
"""Longest that a request may take to come, and its answer to go."""
KINDS = ("counter", "gauge", "summary")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_REASONS = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A value and its labels. What is not known has no sample."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured. ``kind``: one of :data:`KINDS`. Raises ValueError for a name that cannot be."""

    name: str
    kind: str
    help: str
    samples: Sequence[Sample]

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.kind not in KINDS:
            raise ValueError(f"no metric: {self.name!r} of kind {self.kind!r}")
        for sample in self.samples:
            for label in sample.labels:
                if not _LABEL.fullmatch(label):
                    raise ValueError(f"no label: {label!r} of {self.name}")


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the watch does what it is there for, and why not."""

    ok: bool
    reasons: Sequence[str] = ()


def exposition(metrics: Iterable[Metric]) -> str:
    """Return metrics in the text format, a family of each name once, in the order given."""
    families: dict[str, Metric] = {}
    for metric in metrics:
        if metric.name in families:
            raise ValueError(f"the metric {metric.name} is given twice")
        families[metric.name] = metric
    lines: list[str] = []
    for metric in families.values():
        lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
        lines.append(f"# TYPE {metric.name} {metric.kind}")
        for sample in metric.samples:
            pairs = [f'{name}="{_quoted(value)}"' for name, value in sample.labels.items()]
            labels = "{" + ",".join(pairs) + "}" if pairs else ""
            lines.append(f"{metric.name}{labels} {_number(sample.value)}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


class MetricsServer:
    """The two pages; ``metrics`` and ``health`` are asked anew for each request, in the event loop."""

    def __init__(
        self, metrics: Callable[[], Iterable[Metric]], health: Callable[[], Health],
    ) -> None:  # fmt: skip
        self._metrics, self._health = metrics, health
        self._open = 0

    @asynccontextmanager
    async def serving(self, port: int, host: str = LOOPBACK) -> AsyncIterator[int]:
        """Answer as long as the context is open, and give the port (asked for 0: a free one). Raises
        ConfigError where the address cannot be had."""
        try:
            server = await asyncio.start_server(self._answer, host, port, limit=MOST_HEAD_BYTES)
        except (OSError, OverflowError, UnicodeError) as error:
            # The event loop's own words hold the address a second time, as Python writes it.
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise ConfigError(
                f"metrics cannot be served at {host}:{port}: {why}", expected="a free port"
            ) from error
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(REQUEST_S):
                status, kind, body, whole = 503, "text/plain", b"too many connections\n", True
                if self._open <= MOST_CONNECTIONS:
                    status, kind, body, whole = await self._page(reader)
                writer.write(_head(status, kind, len(body)) + (body if whole else b""))
                await writer.drain()
        except (TimeoutError, OSError):
            pass
        finally:
            self._open -= 1
            with suppress(OSError):
                writer.close()

    async def _page(self, reader: asyncio.StreamReader) -> tuple[int, str, bytes, bool]:
        """Return status, kind, body, and whether the body is sent (of HEAD it is not)."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return 431, "text/plain", b"the request is too long\n", True
        except asyncio.IncompleteReadError:
            return 400, "text/plain", b"no whole request\n", True
        words = head.partition(b"\r\n")[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return 400, "text/plain", b"no request of HTTP/1\n", True
        method, target = words[0], words[1].partition(b"?")[0]
        if target not in (b"/metrics", b"/healthz"):
            return 404, "text/plain", b"there are /metrics and /healthz\n", method != b"HEAD"
        if method not in (b"GET", b"HEAD"):
            return 405, "text/plain", b"GET or HEAD\n", True
        try:
            status, kind, body = self._metrics_page() if target == b"/metrics" else self._health_page()
        except Exception:  # a fault of who is asked is an answer too, and tells nothing of it
            return 500, "text/plain", b"the state cannot be told\n", method != b"HEAD"
        return status, kind, body, method != b"HEAD"

    def _metrics_page(self) -> tuple[int, str, bytes]:
        return 200, CONTENT_TYPE, exposition(self._metrics()).encode("utf-8", "replace")

    def _health_page(self) -> tuple[int, str, bytes]:
        health = self._health()
        body = json.dumps({"ok": health.ok, "reasons": list(health.reasons)}) + "\n"
        return 200 if health.ok else 503, "application/json", body.encode()


def _head(status: int, kind: str, size_bytes: int) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}", f"Content-Type: {kind}", f"Content-Length: {size_bytes}",
        "Connection: close", "Cache-Control: no-store", "X-Content-Type-Options: nosniff",
    ]  # fmt: skip
    if status == 405:
        lines.append("Allow: GET, HEAD")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
