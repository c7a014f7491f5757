"""Where a server may listen, and whose word on a client it takes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.web.access.binding import may_bind
from nofly.web.access.proxies import Proxied, Seen, networks, seen

TRUSTED = networks(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"])


def scope(
    peer: str | None, *headers: tuple[str, str], scheme: str = "http", kind: str = "http"
) -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": kind, "scheme": scheme, "client": None if peer is None else (peer, 1), "headers": raw}


FOR, PROTO, HOST = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"
ALL = [(FOR, "203.0.113.5"), (PROTO, "https"), (HOST, "page")]


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("198.51.100.1", ALL, ("198.51.100.1", "http", "own")),
        ("10.1.2.3", ALL, ("203.0.113.5", "https", "page")),
        ("10.1.2.3", [], ("10.1.2.3", "http", "own")),
        ("10.1.2.3", [(FOR, "1.1.1.1, 203.0.113.5, 10.9.9.9")], ("203.0.113.5", "http", "own")),
        ("10.1.2.3", [(FOR, "1.1.1.1"), (FOR, "203.0.113.5")], ("203.0.113.5", "http", "own")),
        ("10.1.2.3", [(FOR, "10.1.1.1, 10.9.9.9")], ("10.1.1.1", "http", "own")),
        ("10.1.2.3", [(FOR, "203.0.113.5, unknown")], ("10.1.2.3", "http", "own")),
        ("10.1.2.3", [(FOR, "203.0.113.5:4711")], ("203.0.113.5", "http", "own")),
        ("10.1.2.3", [(FOR, "[2001:db9::1]:4711")], ("2001:db9::1", "http", "own")),
        ("::ffff:10.1.2.3", [(FOR, "203.0.113.5")], ("203.0.113.5", "http", "own")),
        ("2001:db8::1", [(FOR, "203.0.113.5")], ("203.0.113.5", "http", "own")),
        ("192.0.2.7", [(PROTO, "http, https")], ("192.0.2.7", "https", "own")),
        ("192.0.2.7", [(PROTO, "gopher")], ("192.0.2.7", "http", "own")),
        ("192.0.2.8", [(FOR, "203.0.113.5")], ("192.0.2.8", "http", "own")),
        (None, [(FOR, "203.0.113.5")], ("", "http", "own")),
    ],
)  # fmt: skip
def test_who_asks(peer: str | None, headers: list[tuple[str, str]], expected: tuple[str, str, str]) -> None:
    assert seen(scope(peer, ("Host", "own"), *headers), TRUSTED) == Seen(*expected)


def test_so_many_hops_and_no_more() -> None:
    told = ", ".join(["203.0.113.5", *["10.0.0.1"] * 100_000])
    assert seen(scope("10.1.2.3", (FOR, told)), TRUSTED).address == "10.0.0.1"


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_whatever_a_header_holds(addresses: str, scheme: str) -> None:
    found = seen(scope("10.1.2.3", (FOR, addresses), (PROTO, scheme), (HOST, scheme)), TRUSTED)
    assert found.scheme in ("http", "https")
    assert found.address


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_the_application_sees_the_client(kind: str, scheme: str) -> None:
    got: list[Any] = []

    async def app(found: Any, receive: Any, send: Any) -> None:
        got.append(found)

    asked = scope(
        "10.1.2.3", ("Host", "own"), (FOR, "203.0.113.5"), (PROTO, "https"), (HOST, "page"), kind=kind
    )
    asyncio.run(Proxied(app, TRUSTED)(asked, None, None))  # type: ignore[arg-type]
    assert (got[0]["client"][0], got[0]["scheme"]) == ("203.0.113.5", scheme)
    assert [value for name, value in got[0]["headers"] if name == b"host"] == [b"page"]
    asyncio.run(Proxied(app, [])(asked, None, None))  # type: ignore[arg-type]
    assert got[1] is asked
    asyncio.run(Proxied(app, TRUSTED)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert got[2] == {"type": "lifespan"}


@pytest.mark.parametrize("name", ["", "proxy", "10.0.0.1/8", "0.0.0.0/0", "::/0", "10.0.0.0/33", "\x1b[2J"])
def test_no_network_of_proxies(name: str) -> None:
    with pytest.raises(ConfigError, match="no network of proxies"):
        networks([name])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"]
)
def test_this_machine_alone(host: str) -> None:
    may_bind(host, False, [], False)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "[::]", "192.0.2.1", "nofly.example", "::ffff:192.0.2.1"]
)
def test_the_network_too(host: str) -> None:
    with pytest.raises(ConfigError, match="for all to read"):
        may_bind(host, False, [], False)
    may_bind(host, True, [], False)
    may_bind(host, False, TRUSTED, False)
    may_bind(host, False, [], True)
