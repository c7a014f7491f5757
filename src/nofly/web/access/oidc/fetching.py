"""JSON from a provider: bounded in size and time, no redirect followed, no address reached that is not the
provider's to name."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from nofly.plugins.address_kinds import Kind, kind_of
from nofly.plugins.reasons import reason
from nofly.plugins.secrets import tls_context
from nofly.plugins.web_connection import Endable, web_connection

MOST_BYTES = 256 << 10
MOST_S = 10.0
"""From looking the name up to the last byte."""
AT_ONCE, MOST_WAITING = 4, 16


class ProviderError(Exception):
    """The provider cannot be reached, or does not answer as it must. The message is for the log."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, and by what kind of address."""

    status: int
    said: dict[str, Any]
    kind: Kind


class Fetcher:
    """Fetches, in threads of its own: one provider that is slow slows nothing else."""

    def __init__(self, ca_file: str | None = None, most_s: float = MOST_S) -> None:
        """Raises ConfigError where the file of certificates cannot be read."""
        self._context, self._most_s = tls_context(ca_file), most_s
        self._threads = ThreadPoolExecutor(AT_ONCE, "oidc")
        self._waiting = 0

    def close(self) -> None:
        """End the threads; what they wait for is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def get(self, url: str, wanted: Set[Kind]) -> Answer:
        """Return a document. Raises ProviderError where it cannot be had."""
        return await self._run(url, wanted, "GET", None, {})

    async def post(
        self, url: str, form: Mapping[str, str], wanted: Set[Kind], basic: tuple[str, str] | None
    ) -> Answer:
        """Return the answer to a form, of a client that is named by ``basic`` where it is not in the form.
        Raises ProviderError where there is none."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic is not None:  # encoded before it is joined: RFC 6749, 2.3.1
            pair = ":".join(quote_plus(part) for part in basic)
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return await self._run(url, wanted, "POST", urlencode(form), headers)

    async def _run(
        self, url: str, wanted: Set[Kind], method: str, body: str | None, headers: dict[str, str]
    ) -> Answer:
        if self._waiting >= MOST_WAITING:
            raise ProviderError("too many log in at once")
        connection, target = self._opened(url, wanted)
        headers |= {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "nofly"}
        endable = Endable(connection)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._most_s):
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, lambda: _answer(endable, method, target, body, headers)
                )
        except TimeoutError:
            raise ProviderError(f"no whole answer within {self._most_s:g} s") from None
        except OSError as error:
            raise ProviderError(reason(error)) from None
        except (HTTPException, ValueError, RecursionError) as error:
            raise ProviderError(f"no answer that can be read: {type(error).__name__}") from None
        finally:
            self._waiting -= 1
            endable.close()

    def _opened(self, url: str, wanted: Set[Kind]) -> tuple[HTTPConnection, str]:
        parts = urlsplit(url)
        context: ssl.SSLContext | None = self._context if parts.scheme == "https" else None
        port = parts.port or (80 if context is None else 443)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return web_connection(parts.hostname or "", port, self._most_s, context, wanted), target


def _answer(
    connection: Endable, method: str, target: str, body: str | None, headers: dict[str, str]
) -> Answer:
    opened = connection.opened()
    kind = kind_of(str(opened.sock.getpeername()[0]))
    opened.request(method, target, body, headers)
    with opened.getresponse() as answer:
        if answer.getheader("Content-Encoding", "identity").lower() != "identity":
            raise ProviderError("an answer of a coding that was not asked for")
        read = answer.read(MOST_BYTES + 1)
        status = answer.status
    if len(read) > MOST_BYTES:
        raise ProviderError(f"an answer of more than {MOST_BYTES} bytes")
    if 300 <= status < 400:
        raise ProviderError("a redirect, which is not followed")
    said = json.loads(read)
    if not isinstance(said, dict):
        raise ProviderError("an answer that is no object")
    return Answer(status, said, kind)
