"""What every answer carries and every request is held to: security headers, and bounds on size and rate.

Source: OWASP Secure Headers Project; the policy of PLATFORM for MapLibre: no script but our own files.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nofly.web.errors import ApiError, answer

MOST_BODY_BYTES = 8 << 20
BODY_S = 30.0
"""Longest that a body may take to come."""
PER_S, BURST = 50.0, 200.0
"""Requests of one address: so many a second for long, so many at once."""
MOST_ADDRESSES = 10_000
POLICY = (
    "default-src 'self'", "style-src 'self' 'unsafe-inline'", "worker-src 'self'", "object-src 'none'",
    "base-uri 'none'", "form-action 'self'",
)  # fmt: skip
"""MapLibre sets styles of elements; nothing sets scripts."""
EMBEDDED = "/embed.html"
"""The one page that others may show in a frame."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


@dataclass(slots=True)
class _Bucket:
    free_s: float
    """As of when no request of the address would count any more."""


class Guard:
    """Wraps an application."""

    def __init__(
        self, app: ASGIApp, monotonic_s: Callable[[], float], maps_from: Sequence[str] = (),
        embedders: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """``maps_from`` are the origins, beside ours, that a page may take parts of the map from,
        ``embedders`` those whose pages may show :data:`EMBEDDED` in a frame."""
        self._app, self._monotonic_s = app, monotonic_s
        self._headers = _headers(maps_from, ())
        self._embedded = _headers(maps_from, embedders) if embedders else self._headers
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        headers = self._embedded if scope["path"] == EMBEDDED else self._headers

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                mine = {name for name, _ in headers}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in mine]
                message = {**message, "headers": [*kept, *headers]}
            await send(message)

        try:
            self._within_rate(scope)
            _announced(scope)
            body = scope["method"] not in ("GET", "HEAD", "OPTIONS")
            await self._app(scope, await _read(receive) if body else receive, sent)
        except ApiError as error:
            if started:
                raise
            await answer(error)(scope, receive, sent)

    def _within_rate(self, scope: Scope) -> None:
        """Raise ApiError 429 where an address asks too often."""
        address = str((scope.get("client") or ("",))[0])
        now_s = self._monotonic_s()
        bucket = self._buckets.setdefault(address, _Bucket(now_s))
        self._buckets.move_to_end(address)
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        free_s = max(now_s, bucket.free_s) + 1.0 / PER_S
        wait_s = free_s - now_s - BURST / PER_S
        if wait_s > 1e-9:
            raise ApiError(
                HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", "too many requests from your address",
                expected=f"at most {PER_S:g} a second", headers={"Retry-After": str(int(wait_s) + 1)},
            )  # fmt: skip
        bucket.free_s = free_s


def _headers(maps_from: Sequence[str], embedders: Sequence[str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of an answer that pages of other origins may show in a frame."""
    others = "".join(f" {origin}" for origin in dict.fromkeys(maps_from))
    framed_by = " ".join(embedders) or "'none'"
    policy = (
        *POLICY, f"img-src 'self' data: blob:{others}", f"connect-src 'self'{others}",
        f"frame-ancestors {framed_by}",
    )  # fmt: skip
    of_resource = b"cross-origin" if embedders else b"same-origin"
    return (
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"cross-origin-resource-policy", of_resource),
        *HEADERS,
    )


def _announced(scope: Scope) -> None:
    """Raise ApiError 413 where a request says that it has too many bytes."""
    for name, value in scope["headers"]:
        too_many = (
            name == b"content-length"
            and value.isdigit()
            and (len(value) > 18 or int(value) > MOST_BODY_BYTES)
        )
        if too_many:
            raise _too_large()


async def _read(receive: Receive) -> Receive:
    """Return ``receive`` of a request whose body was read. Raises ApiError 413 as soon as it is longer than
    it may be, 408 where it does not come."""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                parts.append(message.get("body", b""))
                if sum(map(len, parts)) > MOST_BODY_BYTES:
                    raise _too_large()
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        expected = f"the whole of it within {BODY_S:g} s"
        raise ApiError(
            HTTPStatus.REQUEST_TIMEOUT, "too-slow", "the request did not come", expected=expected
        ) from None
    first: list[Message] = [{**message, "body": b"".join(parts), "more_body": False}]

    async def received() -> Message:
        return first.pop() if first else await receive()

    return received


def _too_large() -> ApiError:
    expected = f"at most {MOST_BODY_BYTES} bytes"
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "the request is too large", expected=expected
    )
