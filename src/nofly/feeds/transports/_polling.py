"""Polling a web server: what http and https share."""

from __future__ import annotations

import asyncio
import base64
import ssl
import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse

from nofly.errors import ConfigError, FeedError
from nofly.feeds.feed_url import host_and_port
from nofly.feeds.receiving import Chunk, Clock
from nofly.plugins.limits import check_sizes, check_times
from nofly.plugins.retry_after import retry_after_s
from nofly.plugins.secrets import check_secret, secret, token
from nofly.plugins.web_connection import Endable, allowed, web_connection

_GZIP_WINDOW = 31
"""zlib's window size for gzip."""
_AGAIN_AFTER = ("Retry-After", "X-Rate-Limit-Retry-After-Seconds")
"""Headers of RFC 9110, section 10.2.3, and of the OpenSky Network's REST API."""
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class PollOptions:
    """How to poll. Raises ConfigError for a value that cannot be."""

    interval_s: float = 1.0
    """From the beginning of one request to the next."""
    timeout_s: float = 10.0
    """Most time of one request, from looking the name up to the last byte."""
    max_body_bytes: int = 64 << 20
    """Longest body, also after it is unpacked."""
    query: str = field(default="", repr=False)
    """What stands behind ``?`` in the request, encoded as the server wants it: ``lamin=45.8&lomin=5.9``."""
    user: str | None = None
    password: str | None = None
    """``env:NAME``: with ``user`` for basic authentication (RFC 7617)."""
    bearer: str | None = None
    """``env:NAME``: a bearer token (RFC 6750)."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    private: bool = False
    """True: also from an address of one's own network that a public name means."""
    link_local: bool = False
    """True: also from an address that is link-local or where a cloud serves its credentials."""

    def __post_init__(self) -> None:
        check_times(interval_s=self.interval_s, timeout_s=self.timeout_s)
        check_sizes(max_body_bytes=self.max_body_bytes)
        check_secret("password", self.password)
        check_secret("bearer", self.bearer)
        if (self.user is None) != (self.password is None) or (self.user and self.bearer):
            raise ConfigError("credentials", expected="user and password, or bearer, or none of them")
        if not all("!" <= character <= "~" for character in self.query):
            raise ConfigError("option query", expected="printable ASCII, percent-encoded")


async def poll(url: str, options: PollOptions, clock: Clock) -> AsyncGenerator[Chunk, None]:
    """Return one body a chunk; an answer that nothing has changed (304) gives none.

    FeedError for any status but 200 and 304, redirects included: credentials never go where nobody sent them.
    """
    scheme = url.partition(":")[0]
    host, port, path = host_and_port(url, _PORTS[scheme])
    context = _context(options) if scheme == "https" else None
    request = _Request(url, path or "/", _headers(options), options, clock)
    loop = asyncio.get_running_loop()
    opened = True
    while True:
        began_s = loop.time()
        request.connect(host, port, context)
        body = await _within(request, url, options.timeout_s)
        if body:
            yield Chunk(body, clock(), opened)
            opened = False
        await asyncio.sleep(max(0.0, began_s + options.interval_s - loop.time()))


async def _within(request: _Request, url: str, timeout_s: float) -> bytes | None:
    """Return the body of one request; a server that drips bytes for ever is cut off."""
    try:
        async with asyncio.timeout(timeout_s):
            return await asyncio.to_thread(request.run)
    except TimeoutError as error:
        raise FeedError(f"{url}: no whole answer within {timeout_s:g} s") from error
    except FeedError:
        raise
    except (OSError, HTTPException, ValueError, zlib.error) as error:
        raise FeedError(f"{url}: {type(error).__name__}: {str(error)[:200]}") from error
    finally:
        request.close()


class _Request:
    """A request that is made again and again, and what the last answer said for the next."""

    def __init__(
        self, url: str, path: str, headers: dict[str, str], options: PollOptions, clock: Clock
    ) -> None:
        self._url, self._clock = url, clock
        self._target = f"{path}?{options.query}" if options.query else path
        self._headers = headers
        self._options = options
        self._known: dict[str, str] = {}
        self._connection: Endable | None = None

    def connect(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        """Prepare the next request; nothing is sent yet."""
        wanted = allowed(host, self._options.private, self._options.link_local)
        self._connection = Endable(web_connection(host, port, self._options.timeout_s, context, wanted))

    def close(self) -> None:
        """End the request, from another thread too: a read that waits there fails."""
        if self._connection is not None:
            self._connection.close()

    def run(self) -> bytes | None:
        """Return the body, None where nothing has changed."""
        if self._connection is None:
            return None
        connection = self._connection.opened()
        connection.request("GET", self._target, headers={**self._headers, **self._known})
        with connection.getresponse() as answer:
            return self._taken(answer)

    def _taken(self, answer: HTTPResponse) -> bytes | None:
        if answer.status == 304:
            return None
        if answer.status != 200:
            why = ": redirects are not followed" if 300 <= answer.status < 400 else ""
            after_s = self._asked_after_s(answer)
            if after_s:
                why = f": to be asked again after {after_s:g} s"
            raise FeedError(f"{self._url}: status {answer.status}{why}", after_s=after_s)
        body = _body(answer, self._url, self._options.max_body_bytes)
        told = {
            "If-None-Match": answer.getheader("ETag"),
            "If-Modified-Since": answer.getheader("Last-Modified"),
        }
        # What comes from the other side goes back only where it is a header's text.
        self._known = {name: value for name, value in told.items() if value and value.isprintable()}
        return body

    def _asked_after_s(self, answer: HTTPResponse) -> float | None:
        """Return when a server that refuses wants to be asked again; None where it does not say."""
        told = (answer.getheader(name) for name in _AGAIN_AFTER)
        return next((s for text in told if (s := retry_after_s(text, self._clock())) is not None), None)


def _body(answer: HTTPResponse, url: str, max_bytes: int) -> bytes:
    body = answer.read(max_bytes + 1)
    coding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    whole = not answer.length
    if coding in ("gzip", "x-gzip"):
        unpacking = zlib.decompressobj(_GZIP_WINDOW)
        body = unpacking.decompress(body, max_bytes + 1)
        whole = whole and unpacking.eof
    elif coding != "identity":
        raise FeedError(f"{url}: a body of a coding that was not asked for")
    if len(body) > max_bytes:
        raise FeedError(f"{url}: a body of more than {max_bytes} bytes")
    if not whole:
        raise FeedError(f"{url}: a body that is longer than {max_bytes} bytes or ends too soon")
    return body


def _headers(options: PollOptions) -> dict[str, str]:
    headers = {"Accept-Encoding": "gzip", "User-Agent": "nofly", "Connection": "close"}
    if options.bearer:
        headers["Authorization"] = f"Bearer {token(options.bearer)}"
    elif options.user and options.password:
        pair = f"{options.user}:{secret(options.password)}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _context(options: PollOptions) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:
        raise ConfigError(f"ca_file {options.ca_file}: {error}", expected="a file of certificates") from error
