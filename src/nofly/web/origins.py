"""Origins of other servers, as a configuration names them and a content security policy has them."""

from __future__ import annotations

from urllib.parse import urlsplit

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable

MOST = 50
_OF_A_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-[]:")


def origin_of(url: str, locator: str, expected: str) -> str:
    """Return the origin of a web address. Raises ConfigError for what is none."""
    try:
        found = urlsplit(url)
        host, port = found.hostname, found.port
    except ValueError:
        host, port = None, None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or not host or found.scheme not in ("http", "https") or found.username is not None:
        raise ConfigError(f"{printable(url)[:200]!r} is no such address", locator=locator, expected=expected)
    host = f"[{host}]" if ":" in host else host
    if not set(host) <= _OF_A_HOST:
        raise ConfigError(f"no host: {printable(host)[:200]!r}", locator=locator, expected="a host's name")
    return f"{found.scheme}://{host}{f':{port}' if port else ''}"


def origins(names: tuple[str, ...], locator: str) -> tuple[str, ...]:
    """Return origins that are named. Raises ConfigError for one that is none, or has a path or a wildcard."""
    expected = "https://host, and no path"
    found = tuple(origin_of(name, locator, expected) for name in names)
    for name, origin in zip(names, found, strict=True):
        if name.rstrip("/").lower() != origin:
            raise ConfigError(f"{printable(name)[:200]!r} is no origin", locator=locator, expected=expected)
    if len(found) > MOST:
        raise ConfigError(f"{len(found)} origins", locator=locator, expected=f"at most {MOST}")
    return found
