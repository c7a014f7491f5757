"""Where a request of a browser comes from: our own pages, or another's (RFC 6454, RFC 6455 section 10.2)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

_PORTS = {"http": 80, "https": 443}
_AS_PAGE = {"ws": "http", "wss": "https"}


def secure(connection: HTTPConnection) -> bool:
    """Return whether a request came by TLS, to us or to the proxy before us."""
    return connection.scope.get("scheme") in ("https", "wss")


def foreign(connection: HTTPConnection) -> bool | None:
    """Return whether a request says that it comes from another's page; None where it does not say."""
    told = connection.headers.get("origin")
    if told is None:
        return None
    scheme = str(connection.scope.get("scheme", "http"))
    ours = f"{_AS_PAGE.get(scheme, scheme)}://{connection.headers.get('host', '')}"
    here = _origin(ours)
    return here is None or _origin(told) != here


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or port is None or parts.path or parts.query:
        return None
    return parts.scheme, parts.hostname.lower(), port
