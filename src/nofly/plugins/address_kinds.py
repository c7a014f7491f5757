"""What an address on the network is: anybody's, of one's own network, this machine, or none to be asked.

Sources: the IANA special-purpose address registries (RFC 6890), RFC 6598, RFC 6052, and where clouds serve
the credentials of a machine to whoever asks from it.
"""

from __future__ import annotations

import ipaddress
from enum import Enum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
)
"""Beside 169.254.169.254, which is link-local: of AWS over IPv6, Alibaba, Oracle, Azure."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")


class Kind(Enum):
    """Kinds of addresses."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Of a network of one's own (RFC 1918, RFC 4193, RFC 6598)."""
    LOOPBACK = "loopback"
    NEIGHBOUR = "link-local or a cloud's metadata"
    """Link-local, and where clouds serve credentials: nobody's server."""
    NONE = "no server's"
    """Unspecified, multicast, reserved."""


_OWN = ("localhost", "local", "lan", "internal", "home.arpa")
"""Under these nobody can register a name: RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps for private
networks."""


def is_own_name(host: str) -> bool:
    """Return whether a host says by itself that it stands in a network of one's own: an address, a name of
    one word, or one that nobody can register."""
    name = host.rstrip(".").lower()
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return (
            "." not in name
            or name.replace(".", "").isdigit()
            or name.endswith(tuple(f".{own}" for own in _OWN))
        )
    return True


def kind_of(text: str) -> Kind:
    """Return the kind of an address. What is no address is of kind NONE."""
    try:
        found = _inner(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return Kind.NONE
    if found in _METADATA or found.is_link_local:
        return Kind.NEIGHBOUR
    if found.is_loopback:
        return Kind.LOOPBACK
    if found.is_unspecified or found.is_multicast or (found.version == 4 and found.is_reserved):
        return Kind.NONE
    if found.is_private or (found.version == 4 and found in _SHARED):
        return Kind.PRIVATE
    return Kind.PUBLIC


def _inner(address: Address) -> Address:
    """Return the IPv4 address that one of IPv6 stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
