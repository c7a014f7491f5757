"""Which kind an address is of: what leads to a machine's own credentials is nobody's server."""

from __future__ import annotations

import pytest

from nofly.plugins.address_kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9.9.9.9", Kind.PUBLIC),
        ("2606:4700::1111", Kind.PUBLIC),
        ("10.1.2.3", Kind.PRIVATE),
        ("172.31.0.1", Kind.PRIVATE),
        ("192.168.1.1", Kind.PRIVATE),
        ("100.64.0.1", Kind.PRIVATE),
        ("fd12::1", Kind.PRIVATE),
        ("127.0.0.1", Kind.LOOPBACK),
        ("127.9.9.9", Kind.LOOPBACK),
        ("::1", Kind.LOOPBACK),
        ("::ffff:127.0.0.1", Kind.LOOPBACK),
        ("169.254.169.254", Kind.NEIGHBOUR),
        ("::ffff:169.254.169.254", Kind.NEIGHBOUR),
        ("64:ff9b::a9fe:a9fe", Kind.NEIGHBOUR),
        ("2002:a9fe:a9fe::", Kind.NEIGHBOUR),
        ("fe80::1", Kind.NEIGHBOUR),
        ("fe80::1%eth0", Kind.NEIGHBOUR),
        ("fd00:ec2::254", Kind.NEIGHBOUR),
        ("100.100.100.200", Kind.NEIGHBOUR),
        ("64:ff9b::7f00:1", Kind.LOOPBACK),
        ("0.0.0.0", Kind.NONE),
        ("::", Kind.NONE),
        ("224.0.0.1", Kind.NONE),
        ("255.255.255.255", Kind.NONE),
        ("localhost", Kind.NONE),
        ("", Kind.NONE),
    ],
)
def test_kinds(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind
