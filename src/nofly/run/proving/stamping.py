"""Time stamps asked for: of RFC 3161 authorities and of OpenTimestamps calendars, over HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from urllib.parse import urlsplit

from nofly.errors import ConfigError, FeedError
from nofly.plugins.secrets import tls_context
from nofly.plugins.web_connection import web_connection
from nofly.proof.package import MANIFEST, TIMESTAMPS, next_seal
from nofly.proof.packing import timestamps
from nofly.proof.packing.container import safe_name

WAIT_S = 20.0
_PORTS = {"http": 80, "https": 443}
_EXTRA = "pip install 'nofly[{}]'"


def stamped(
    files: Mapping[str, bytes], authorities: Sequence[str], calendars: Sequence[str]
) -> dict[str, bytes]:
    """Return new time stamps of all that is in a package, by the name of their file, and the seal that they
    are of.

    ``authorities`` and ``calendars`` are URLs. Raises FeedError where one does not answer, or with something
    else, ConfigError for what is no URL or where a library is missing.
    """
    found = next_seal(files)
    message = next(iter(found.values()), files[MANIFEST])
    for url in authorities:
        token = _token(url, message)
        found[_name(url, "tsr", {*files, *found})] = token
    for url in calendars:
        proof = _proof(url, message)
        found[_name(url, "ots", {*files, *found})] = proof
    return found


def _token(url: str, message: bytes) -> bytes:
    try:
        asked = timestamps.request(message)
    except ImportError as error:
        raise ConfigError(
            "RFC 3161 needs rfc3161-client", source=url, expected=_EXTRA.format("timestamps")
        ) from error
    token = _answer(url, asked, {"Content-Type": "application/timestamp-query"})
    fault = timestamps.token_fault(token, message)
    if fault is not None:
        raise FeedError(f"{url}: {fault}")
    return token


def _proof(url: str, message: bytes) -> bytes:
    digest = hashlib.sha256(message).digest()
    headers = {"Accept": "application/vnd.opentimestamps.v1"}
    answer = _answer(f"{url.rstrip('/')}/digest", digest, headers)
    try:
        return timestamps.proof_of(answer, digest)
    except ImportError as error:
        raise ConfigError(
            "this needs opentimestamps", source=url, expected=_EXTRA.format("opentimestamps")
        ) from error
    except ValueError as error:
        raise FeedError(f"{url}: {error}") from error


def _answer(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return what a server answers, within bounds of size and time. No redirect is followed."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        host = ""
    if not host:
        raise ConfigError(f"{url!r}", expected="an http or https URL")
    context = tls_context(None) if parts.scheme == "https" else None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = web_connection(host, port, WAIT_S, context)
    try:
        connection.request("POST", target, body, {"User-Agent": "nofly", **headers})
        with connection.getresponse() as answer:
            status, data = answer.status, answer.read(timestamps.MOST_BYTES + 1)
    except (HTTPException, OSError, ValueError) as error:
        raise FeedError(f"{url}: no answer: {error}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        why = ": redirects are not followed" if 300 <= status < 400 else ""
        raise FeedError(f"{url}: no answer: status {status}{why}")
    if len(data) > timestamps.MOST_BYTES:
        raise FeedError(f"{url}: an answer of more than {timestamps.MOST_BYTES:,} bytes")
    return data


def _name(url: str, ending: str, taken: set[str]) -> str:
    host = safe_name(urlsplit(url).hostname or "server")
    name, number = f"{TIMESTAMPS}{host}.{ending}", 1
    while name in taken:
        number += 1
        name = f"{TIMESTAMPS}{host}-{number}.{ending}"
    return name
