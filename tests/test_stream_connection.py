"""Streams reach only the kinds of addresses that are wanted, and only what was looked up."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from nofly.alerts import Verdict
from nofly.errors import FeedError
from nofly.plugins.address_kinds import is_own_name
from nofly.plugins.stream_connection import stream_connection
from nofly.plugins.web_connection import SERVERS, web_connection
from tests.alerts.notices import channel, notice
from tests.feeds.transports.receiving import never, receive

INWARDS = ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
           "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"]  # fmt: skip
"""Where clouds serve the credentials of a machine, as it can be written."""


@pytest.fixture
def unreached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected to."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    monkeypatch.setattr(
        asyncio.SelectorEventLoop, "sock_connect", lambda *_: pytest.fail("connected"), raising=True
    )


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Have a name mean one address after another; return what was asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def found(host: Any, port: Any, *args: Any, **named: Any) -> Any:
        if host != "feed.example":
            return real(host, port, *args, **named)
        asked.append(host)
        address = answers[min(len(asked), len(answers)) - 1]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return asked


@pytest.mark.parametrize("host", INWARDS)
@pytest.mark.usefixtures("unreached")
def test_however_it_is_written_it_is_refused(host: str) -> None:
    written = f"[{host}]" if ":" in host else host
    with pytest.raises(PermissionError, match="metadata"):
        web_connection(host, 80, 5.0, None).connect()
    for scheme in ("tcp", "http"):
        with pytest.raises(FeedError, match="metadata"):
            asyncio.run(receive(f"{scheme}://{written}:80", never))
    for name, options in (
        ("webhook", {"url": f"http://{written}/latest"}),
        ("cot", {"host": host, "port": 80, "protocol": "tcp"}),
    ):  # fmt: skip
        outcome = asyncio.run(channel(name, **options).tell(notice()))
        assert outcome.verdict is Verdict.LATER
        assert "metadata" in outcome.why, name


@pytest.mark.parametrize("scheme", ["tcp", "http"])
@pytest.mark.usefixtures("unreached")
def test_a_name_that_means_it_is_refused(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up(monkeypatch, "169.254.169.254")
    with pytest.raises(FeedError, match="metadata"):
        asyncio.run(receive(f"{scheme}://feed.example:80", never))


def test_a_name_that_means_another_address_a_moment_later_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was checked is what is connected to: the name is looked up once."""
    reached: list[Any] = []

    async def connecting(_: Any, sock: socket.socket, address: Any) -> None:
        reached.append(address)
        raise OSError(111, "refused")

    asked = looked_up(monkeypatch, "127.0.0.1", "169.254.169.254")
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connecting)
    with pytest.raises(OSError, match="refused"):
        asyncio.run(stream_connection("feed.example", 80, SERVERS))
    asked_again = looked_up(monkeypatch, "127.0.0.1", "169.254.169.254")

    def blocking(_: Any, address: Any) -> None:
        reached.append(address)
        raise OSError(111, "refused")

    monkeypatch.setattr(socket.socket, "connect", blocking)
    with pytest.raises(OSError, match="refused"):
        web_connection("feed.example", 80, 5.0, None).connect()
    assert (asked, asked_again) == (["feed.example"], ["feed.example"])
    assert reached == [("127.0.0.1", 80), ("127.0.0.1", 80)]


@pytest.mark.parametrize("wanted", [False, True])
def test_it_is_reached_where_that_is_wanted(wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []

    async def connecting(_: Any, sock: socket.socket, address: Any) -> None:
        reached.append(address)
        raise OSError(111, "nobody")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connecting)
    with pytest.raises(FeedError):
        asyncio.run(receive("tcp://169.254.1.2:30005", never, link_local=wanted))
    channel_options: dict[str, Any] = {"host": "169.254.1.2", "port": 8087, "protocol": "tcp"}
    asyncio.run(channel("cot", **channel_options, link_local=wanted).tell(notice()))
    assert reached == ([("169.254.1.2", 30005), ("169.254.1.2", 8087)] if wanted else [])


@pytest.mark.parametrize("address", ["192.168.1.2", "127.0.0.1", "10.0.0.1", "::1", "fd12::1", "100.64.0.1"])
@pytest.mark.parametrize("scheme", ["tcp", "http"])
@pytest.mark.usefixtures("unreached")
def test_a_public_name_leads_into_no_network_of_ones_own(
    scheme: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up(monkeypatch, address)
    with pytest.raises(FeedError, match=r"refused: the address is (private|loopback)"):
        asyncio.run(receive(f"{scheme}://feed.example:80", never))
    for name, options in (
        ("webhook", {"url": "http://feed.example/latest"}),
        ("cot", {"host": "feed.example", "port": 80, "protocol": "tcp"}),
    ):  # fmt: skip
        looked_up(monkeypatch, address)
        outcome = asyncio.run(channel(name, **options).tell(notice()))
        assert (outcome.verdict, "refused" in outcome.why) == (Verdict.LATER, True), name


def test_but_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []

    async def connecting(_: Any, sock: socket.socket, address: Any) -> None:
        reached.append(address)
        raise OSError(111, "nobody")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connecting)
    looked_up(monkeypatch, "10.0.0.1")
    with pytest.raises(FeedError, match="nobody"):
        asyncio.run(receive("tcp://feed.example:30005", never, private=True))
    assert reached == [("10.0.0.1", 30005)]


@pytest.mark.parametrize(
    ("host", "own"),
    [("readsb", True), ("LOCALHOST", True), ("a.localhost", True), ("pi.local.", True), ("pi.lan", True),
     ("192.168.0.1", True), ("127.1", True), ("::1", True), ("fe80::1%eth0", True), ("hass.internal", True),
     ("example.org", False), ("local.example.org", False), ("notlan", True), ("a.notlan", False), ("", True)],
)  # fmt: skip
def test_which_names_are_of_ones_own_network(host: str, own: bool) -> None:
    assert is_own_name(host) is own


def test_the_network_of_ones_own_is_reached() -> None:
    """Receivers stand there, and whoever writes the configuration names them."""

    async def run() -> bytes:
        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"x")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        chunks = await receive(f"tcp://localhost:{server.sockets[0].getsockname()[1]}", bool)
        server.close()
        return chunks[0].data

    assert asyncio.run(run()) == b"x"
