"""Proxies before us: what they say of a client is believed of those alone that are named as trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MOST_HOPS = 32
_STREAMS = {"http": "ws", "https": "wss"}


class Seen(NamedTuple):
    """Who asks, by which scheme, of which host."""

    address: str
    scheme: str
    host: str


class Proxied:
    """Wraps an application, before anything that asks for a client's address: what trusted proxies say takes
    the place of what is seen of them."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app, self._trusted = app, tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] in ("http", "websocket") and self._trusted:
            found = seen(scope, self._trusted)
            headers = [pair for pair in scope["headers"] if pair[0] != b"host"]
            scheme = _STREAMS[found.scheme] if scope["type"] == "websocket" else found.scheme
            scope = {
                **scope, "client": (found.address, 0), "scheme": scheme,
                "headers": [*headers, (b"host", found.host.encode("latin-1"))],
            }  # fmt: skip
        await self._app(scope, receive, send)


def networks(names: Iterable[str]) -> list[Network]:
    """Return the networks of trusted proxies, from such as ``10.0.0.0/8`` and ``192.0.2.7``. Raises
    ConfigError for what is none, and for one that holds every address."""
    found: list[Network] = []
    for name in names:
        try:
            network = ipaddress.ip_network(name)
        except ValueError:
            network = None
        if network is None or network.prefixlen == 0:
            raise ConfigError(
                f"{printable(name)!r} is no network of proxies", locator="trusted proxies",
                expected="an address, or a network such as 10.0.0.0/8",
            )  # fmt: skip
        found.append(network)
    return found


def seen(scope: Scope, trusted: Sequence[Network]) -> Seen:
    """Return who asks, by which scheme, of which host.

    X-Forwarded-For is read from its end, where the proxy next to us wrote: the first address that is no
    trusted proxy is the client's; what stands before it he may have made up. Of X-Forwarded-Proto and
    X-Forwarded-Host the last counts.
    """
    peer = str((scope.get("client") or ("",))[0])
    scheme = "https" if scope.get("scheme") in ("https", "wss") else "http"
    host = next(reversed(list(_values(scope, b"host", apart=False))), "")
    if not _is_in(_address(peer), trusted):
        return Seen(peer, scheme, host)
    for told in list(reversed(list(_values(scope, b"x-forwarded-for"))))[:MOST_HOPS]:
        address = _address(told)
        if address is None:
            break
        peer = str(address)
        if not _is_in(address, trusted):
            break
    told_scheme = list(_values(scope, b"x-forwarded-proto"))[-1:]
    if told_scheme and told_scheme[0].lower() in _STREAMS:
        scheme = told_scheme[0].lower()
    host = next(reversed(list(_values(scope, b"x-forwarded-host"))), host)
    return Seen(peer, scheme, host)


def _values(scope: Scope, name: bytes, *, apart: bool = True) -> Iterator[str]:
    for key, value in scope["headers"]:
        if key == name:
            text = value.decode("latin-1")
            for part in text.split(",") if apart else [text]:
                if part.strip():
                    yield part.strip()


def _is_in(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    """Return an address, whether or not a port stands after it."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
