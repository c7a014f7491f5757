"""HTTP: conditional requests, bounds, redirects, credentials that stay secret."""

from __future__ import annotations

import asyncio
import gzip
import socket
import traceback
import tracemalloc
from collections.abc import Sequence

import pytest

from nofly.errors import ConfigError, FeedError
from nofly.feeds.receiving import Chunk
from nofly.feeds.transports._polling import PollOptions
from tests.feeds.transports.peering import free_port
from tests.feeds.transports.receiving import receive
from tests.feeds.transports.web import Web, answer, status, web


def poll(answers: Sequence[bytes], count: int = 1, **options: object) -> tuple[list[Chunk], Web]:
    async def run() -> tuple[list[Chunk], Web]:
        async with web(answers) as site:
            url = f"http://127.0.0.1:{site.port}/data/aircraft.json"
            return await receive(url, lambda c: len(c) >= count, **{"interval_s": 0.01, **options}), site

    return asyncio.run(run())


def test_a_request_is_conditional_on_the_last_answer() -> None:
    first = answer(b"one", 'ETag: "1"', "Last-Modified: Sat, 02 May 2026 12:00:00 GMT")
    chunks, site = poll([first, status(304), answer(b"two")], 2)
    assert [chunk.data for chunk in chunks] == [b"one", b"two"]
    assert "If-" not in site.requests[0]
    for request in site.requests[1:3]:
        assert 'If-None-Match: "1"\r\nIf-Modified-Since: Sat, 02 May 2026 12:00:00 GMT\r\n' in request


def test_the_query_is_an_option() -> None:
    _, site = poll([answer(b"x")], query="lamin=45.8&lomin=5.9")
    assert site.requests[0].startswith("GET /data/aircraft.json?lamin=45.8&lomin=5.9 HTTP/1.1\r\n")


def test_gzip_is_undone() -> None:
    chunks, site = poll([answer(gzip.compress(b"x" * 5000), "Content-Encoding: gzip")])
    assert chunks[0].data == b"x" * 5000
    assert "Accept-Encoding: gzip\r\n" in site.requests[0]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (status(301, "Location: http://127.0.0.1:1/"), "status 301: redirects are not followed"),
        (status(401), "status 401"),
        (status(500), "status 500"),
        (answer(bytes(2000)), "more than 1000 bytes"),
        (answer(gzip.compress(bytes(2000)), "Content-Encoding: gzip"), "more than 1000 bytes"),
        (answer(gzip.compress(b"x" * 100)[:-9], "Content-Encoding: gzip"), "ends too soon"),
        (answer(b"no gzip", "Content-Encoding: gzip"), "error"),
        (answer(b"x", "Content-Encoding: br"), "coding"),
        (status(200, "Content-Length: 90", body=b"short"), "IncompleteRead|ends too soon"),
        (b"SSH-2.0-x\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n", "HTTPException"),
        (b"", "RemoteDisconnected|ConnectionReset"),
    ],
)
def test_an_answer_that_is_refused(bad: bytes, why: str) -> None:
    with pytest.raises(FeedError, match=why):
        poll([bad], max_body_bytes=1000)


@pytest.mark.parametrize(
    ("header", "after_s"),
    [
        ("Retry-After: 30", 30.0),
        ("X-Rate-Limit-Retry-After-Seconds: 86000", 3600.0),
        ("Retry-After: soon", None),
    ],
)
def test_a_server_says_when_it_wants_to_be_asked_again(header: str, after_s: float | None) -> None:
    with pytest.raises(FeedError, match="status 429") as caught:
        poll([status(429, header)])
    assert caught.value.after_s == after_s
    assert ("to be asked again" in str(caught.value)) is (after_s is not None)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(FeedError, match="more than 100000 bytes"):
            poll([answer(bomb, "Content-Encoding: gzip")], max_body_bytes=100_000)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 5 << 20


def test_nobody_there() -> None:
    with pytest.raises(FeedError, match="ConnectionRefused"):
        asyncio.run(receive(f"http://127.0.0.1:{free_port()}/", bool))


def test_a_server_that_drips_is_cut_off() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            pass
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        try:
            await receive(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", bool, timeout_s=0.3)
        finally:
            server.close()

    with pytest.raises(FeedError, match=r"no whole answer within 0\.3 s"):
        asyncio.run(run())


def test_basic_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_PASSWORD", "open sesame")
    _, site = poll([answer(b"x")], user="Aladdin", password="env:FEED_PASSWORD")
    assert "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n" in site.requests[0]  # RFC 7617, section 2


def test_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_TOKEN", "mF_9.B5f-4.1JqM")
    _, site = poll([answer(b"x")], bearer="env:FEED_TOKEN")
    assert "Authorization: Bearer mF_9.B5f-4.1JqM\r\n" in site.requests[0]


@pytest.mark.parametrize("value", ["hunter2 hunter2", "hunter2\r\nX: y", "hünter2"])
def test_a_token_that_cannot_be_sent_is_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_TOKEN", value)
    with pytest.raises(ConfigError) as caught:
        poll([], bearer="env:FEED_TOKEN")
    assert "nter2" not in "".join(traceback.format_exception(caught.value))
    assert "FEED_TOKEN" in str(caught.value)


def test_a_secret_is_not_in_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_TOKEN", "hunter2")
    with pytest.raises(FeedError) as caught:
        poll([status(401)], bearer="env:FEED_TOKEN")
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEED_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="FEED_TOKEN is not set"):
        poll([], bearer="env:FEED_TOKEN")


@pytest.mark.parametrize(
    "options",
    [
        {"bearer": "hunter2"}, {"user": "a"}, {"password": "env:A"}, {"query": "a b"}, {"query": "a\r\nb"},
        {"user": "a", "password": "env:A", "bearer": "env:B"}, {"interval_s": 0}, {"max_body_bytes": 0},
    ],
)  # fmt: skip
def test_options_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        PollOptions(**options)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


def test_a_name_that_means_a_clouds_metadata_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))
    look_up = socket.getaddrinfo

    def inwards(host: str, *args: object, **named: object) -> object:
        return [found] if host == "feed.example" else look_up(host, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", inwards)
    with pytest.raises(FeedError, match="metadata"):
        asyncio.run(receive("http://feed.example/x", lambda chunks: len(chunks) > 0))
