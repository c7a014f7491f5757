"""Where a server may listen: what is said without TLS does not leave the machine unless somebody wants it."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable


def may_bind(host: str, tls: bool, trusted_proxies: Sequence[object], told: bool) -> None:
    """Raise ConfigError unless a server may listen on a host: on loopback, with TLS, behind a trusted proxy,
    or because it was ``told`` to."""
    if loopback(host) or tls or trusted_proxies or told:
        return
    raise ConfigError(
        "passwords and what is seen would go over the network for all to read",
        source=f"listening on {printable(host) or 'every address'}",
        expected="127.0.0.1, a certificate, a trusted proxy, or to be told that it is wanted",
    )


def loopback(host: str) -> bool:
    """Return whether a host is this machine alone. A name other than localhost may be anything."""
    try:
        found = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host.lower() == "localhost"
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
