"""The webhook, against a server that answers, refuses, hangs and breaks off."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from nofly.alerts import Outcome, Verdict
from nofly.errors import ConfigError
from tests.alerts.notices import HOSTILE, NOW_US, channel, notice
from tests.alerts.site import Site, site
from tests.feeds.transports.peering import certificate, free_port


def post(
    *answers: str, context: ssl.SSLContext | None = None, **options: object
) -> tuple[list[Outcome], Site]:
    async def run() -> tuple[list[Outcome], Site]:
        async with site(answers, context) as one:
            scheme = "http" if context is None else "https"
            hook = channel("webhook", url=f"{scheme}://127.0.0.1:{one.port}/hook?token=hunter2", **options)
            try:
                return [await hook.tell(notice(callsign=HOSTILE)) for _ in answers], one
            finally:
                await hook.aclose()

    return asyncio.run(run())


def test_the_body_is_the_notice_signed_and_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "open sesame")
    monkeypatch.setenv("HOOK_TOKEN", "abc")
    (outcome,), one = post("200 OK", secret="env:HOOK_SECRET", bearer="env:HOOK_TOKEN")
    (got,) = one.posts
    assert outcome.verdict is Verdict.TOLD
    assert got.path == "/hook?token=hunter2"
    assert got.headers["idempotency-key"] == notice().key
    assert got.headers["authorization"] == "Bearer abc"
    assert got.headers["content-type"] == "application/json"
    fields = dict(part.split("=") for part in got.headers["x-nofly-signature"].split(","))
    assert int(fields["t"]) == NOW_US // 1_000_000
    signed = fields["t"].encode() + b"." + got.body
    assert hmac.compare_digest(fields["v1"], hmac.new(b"open sesame", signed, hashlib.sha256).hexdigest())
    assert got.body.isascii()
    assert json.loads(got.body) == notice(callsign=HOSTILE).plain()


@pytest.mark.parametrize(
    ("answer", "verdict", "after_s"),
    [
        ("200 OK", Verdict.TOLD, None),
        ("204 No Content", Verdict.TOLD, None),
        ("500 Oops", Verdict.LATER, None),
        ("503 Busy\r\nRetry-After: 7", Verdict.LATER, 7.0),
        ("429 Slower\r\nRetry-After: 99999999999999999999", Verdict.LATER, 3600.0),
        ("429 Slower\r\nRetry-After: Thu, 07 Oct 2021 13:22:50 GMT", Verdict.LATER, 29.5),
        ("429 Slower\r\nRetry-After: Thu, 07 Oct 2000 13:22:50 GMT", Verdict.LATER, 0.0),
        ("429 Slower\r\nRetry-After: soon", Verdict.LATER, None),
        ("408 Late", Verdict.LATER, None),
        ("425 Early", Verdict.LATER, None),
        ("400 Bad", Verdict.NEVER, None),
        ("404 Gone", Verdict.NEVER, None),
        ("302 Over there\r\nLocation: http://127.0.0.1:1/", Verdict.NEVER, None),
        ("close", Verdict.LATER, None),
    ],
)
def test_what_an_answer_means(answer: str, verdict: Verdict, after_s: float | None) -> None:
    (outcome,), one = post(answer)
    assert (outcome.verdict, outcome.after_s) == (verdict, after_s)
    assert len(one.posts) == 1
    assert "hunter2" not in outcome.why


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_a_server_that_does_not_end_is_cut_off_and_the_next_is_told(answer: str) -> None:
    outcomes, one = post(answer, "200 OK", timeout_s=0.3)
    assert [o.verdict for o in outcomes] == [Verdict.LATER, Verdict.TOLD]
    assert "within 0.3 s" in outcomes[0].why
    assert len(one.posts) == 2


def test_nobody_there() -> None:
    async def run() -> Outcome:
        hook = channel("webhook", url=f"http://127.0.0.1:{free_port()}/hunter2")
        return await hook.tell(notice())

    outcome = asyncio.run(run())
    assert outcome.verdict is Verdict.LATER
    assert "refused" in outcome.why
    assert "hunter2" not in outcome.why


def test_certificates_are_checked(tmp_path: Path) -> None:
    file, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    (refused,), one = post("200 OK", context=context)
    assert (refused.verdict, one.posts) == (Verdict.LATER, [])
    assert "CERTIFICATE_VERIFY_FAILED" in refused.why
    (told,), one = post("200 OK", context=context, ca_file=str(file))
    assert (told.verdict, len(one.posts)) == (Verdict.TOLD, 1)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"url": "ftp://hunter2/x"}, {"url": "http:///x"}, {"url": "http://me:hunter2@host/"},
        {"url": "http://host:99999/hunter2"}, {"url": "http://host/hunter2\r\nX: y"},
        {"url": "http://host/", "secret": "hunter2"}, {"url": "http://host/", "bearer": "hunter2"},
        {"url": "http://host/", "timeout_s": 0.0}, {"url": "env:NOT_SET_HUNTER"},
        {"url": "http://host/", "secret": "env:NOT_SET_HUNTER"},
    ],
    ids=str,
)  # fmt: skip
def test_options_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        channel("webhook", **options)
    assert "hunter2" not in str(caught.value)


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_URL", "https://hooks.example/hunter2")
    from nofly.alerts.webhook import OPTIONS

    assert "hunter2" not in repr(channel("webhook", url="env:HOOK_URL"))
    assert "hunter2" not in repr(OPTIONS(url="https://hooks.example/hunter2"))


@pytest.mark.parametrize("answer", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_a_name_that_means_a_clouds_metadata_is_refused(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", found_at(answer))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
    hook = channel("webhook", url="http://hook.example/x")
    outcome = asyncio.run(hook.tell(notice()))
    assert outcome.verdict is Verdict.LATER
    assert "metadata" in outcome.why


def test_it_is_reached_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", found_at("169.254.169.254"))
    reached: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: reached.append(address))
    monkeypatch.setattr(socket.socket, "setsockopt", lambda *_: None)
    hook = channel("webhook", url="http://hook.example/x", link_local=True)
    asyncio.run(hook.tell(notice()))
    assert reached == [("169.254.169.254", 80)]


def test_a_redirect_inwards_is_not_followed() -> None:
    async def run() -> tuple[Outcome, int]:
        async with site(["200 OK"]) as inner:
            where = f"302 Over there\r\nLocation: http://127.0.0.1:{inner.port}/latest/meta-data"
            async with site([where]) as outer:
                hook = channel("webhook", url=f"http://127.0.0.1:{outer.port}/")
                outcome = await hook.tell(notice())
                await hook.aclose()
                return outcome, len(inner.posts)

    outcome, asked = asyncio.run(run())
    assert (outcome.verdict, asked) == (Verdict.NEVER, 0)


def found_at(address: str) -> Callable[..., object]:
    """Return a look-up by which every name means an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return lambda host, port, *_: [(family, socket.SOCK_STREAM, 6, "", (address, port))]
