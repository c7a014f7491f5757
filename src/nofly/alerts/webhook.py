"""A POST of JSON to a web server, signed.

The body is a :class:`~nofly.alerts.Notice` as JSON. ``Idempotency-Key`` holds its key (IETF
draft-ietf-httpapi-idempotency-key-header). With ``secret``, ``X-Nofly-Signature`` is
``t=<seconds>,v1=<hex>``: HMAC-SHA256 (RFC 2104) under the secret over the seconds since 1970, a full stop and
the body. A receiver makes the same and refuses what is old, so that nothing can be forged or replayed.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from nofly.alerts._channel import Channel, Clock, Notice, Outcome, later, never, told
from nofly.alerts._thread import OwnThread
from nofly.errors import ConfigError
from nofly.plugins.limits import check_times
from nofly.plugins.reasons import placed, reason
from nofly.plugins.retry_after import retry_after_s
from nofly.plugins.secrets import check_secret, is_reference, secret, tls_context, token
from nofly.plugins.web_connection import Endable, allowed, web_connection

NAME = "webhook"
STATEFUL = False
PER_MINUTE = 60
_AGAIN = (408, 425, 429)
_MOST_ANSWER_BYTES = 65536


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Whom to post to. Raises ConfigError for a value that cannot be."""

    url: str = field(default="", repr=False)
    """``https://host/path``, or ``env:NAME`` where the address itself is the secret."""
    secret: str | None = None
    """``env:NAME``: signs every request."""
    bearer: str | None = None
    """``env:NAME``: a bearer token (RFC 6750)."""
    timeout_s: float = 10.0
    """Most time of one request, from looking the name up to the last byte of the answer."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    private: bool = False
    """True: also to an address of one's own network that a public name means."""
    link_local: bool = False
    """True: also to an address that is link-local or where a cloud serves its credentials."""

    def __post_init__(self) -> None:
        check_times(timeout_s=self.timeout_s)
        check_secret("secret", self.secret)
        check_secret("bearer", self.bearer)
        if not is_reference(self.url):
            _Address(self.url)


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; ConfigError where a secret is not set."""
    return _Webhook(options, clock)


class _Address:
    """A URL taken apart. ``shown`` is fit for an error: a path may be a secret."""

    def __init__(self, url: str) -> None:
        expected = "https://host/path, or env:NAME"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ConfigError("option url cannot be read", expected=expected) from None
        if parts.scheme not in ("http", "https") or not host:
            raise ConfigError("option url is no web address", expected=expected)
        if parts.username is not None or parts.password is not None:
            raise ConfigError(
                "user or password in option url", expected="bearer = env:NAME, or url = env:NAME"
            )
        if not all("!" <= c <= "~" for c in url) or parts.fragment:
            raise ConfigError("option url has a character that must be percent-encoded", expected=expected)
        self.secure = parts.scheme == "https"
        self.host, self.port = host, port or (443 if self.secure else 80)
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.shown = f"{parts.scheme}://{host}:{self.port}"


class _Webhook(Channel):
    def __init__(self, options: OPTIONS, clock: Clock) -> None:
        self._options, self._clock = options, clock
        self._address = _Address(secret(options.url) if is_reference(options.url) else options.url)
        self._secret = secret(options.secret).encode() if options.secret else None
        self._bearer = token(options.bearer) if options.bearer else None
        self._context = tls_context(options.ca_file) if self._address.secure else None
        self._thread = OwnThread(NAME)

    def __repr__(self) -> str:
        return f"webhook {self._address.shown}"

    async def tell(self, notice: Notice) -> Outcome:
        """Post the notice. 2xx is told; 408, 425, 429 and 5xx are tried later; any other answer never."""
        body = json.dumps(notice.plain(), separators=(",", ":")).encode()
        connection, headers = Endable(self._connection()), self._headers(notice, body)
        target = self._address.target
        try:
            async with asyncio.timeout(self._options.timeout_s):
                status, after = await self._thread.run(lambda: _posted(connection, target, body, headers))
        except TimeoutError:
            return later(f"{self._address.shown}: no whole answer within {self._options.timeout_s:g} s")
        except OSError as error:
            return later(f"{self._address.shown}: {reason(error)}")
        except (HTTPException, ValueError) as error:
            # An answer's own words may say anything.
            return later(f"{self._address.shown}: {type(error).__name__}")
        finally:
            connection.close()
        if 200 <= status < 300:
            return told()
        if status in _AGAIN or status >= 500:
            return later(f"{self._address.shown}: status {status}", retry_after_s(after, self._clock()))
        why = ": redirects are not followed" if 300 <= status < 400 else ""
        return never(f"{self._address.shown}: status {status}{why}")

    async def reach(self) -> str:
        """Connect, which shows whether its certificate holds; nothing is posted."""
        connection = self._connection()
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self._thread.run(connection.connect)
        except OSError as error:
            raise placed(self._address.shown, error) from error
        finally:
            connection.close()
        return f"{self._address.shown} answers; nothing was told"

    async def aclose(self) -> None:
        """End the thread."""
        self._thread.close()

    def _connection(self) -> HTTPConnection:
        options, address = self._options, self._address
        wanted = allowed(address.host, options.private, options.link_local)
        return web_connection(address.host, address.port, options.timeout_s, self._context, wanted)

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json", "User-Agent": "nofly", "Connection": "close",
            "Idempotency-Key": notice.key,
        }  # fmt: skip
        if self._secret is not None:
            seconds = str(self._clock() // 1_000_000)
            headers["X-Nofly-Signature"] = f"t={seconds},v1={signature(self._secret, seconds, body)}"
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer}"
        return headers


def signature(key: bytes, seconds: str, body: bytes) -> str:
    """Return HMAC-SHA256, in hexadecimal, over ``seconds.body``."""
    return hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def _posted(connection: Endable, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str | None]:
    """Return the status and what Retry-After says."""
    opened = connection.opened()
    opened.request("POST", target, body, headers)
    with opened.getresponse() as answer:
        answer.read(_MOST_ANSWER_BYTES)
        return answer.status, answer.getheader("Retry-After")
