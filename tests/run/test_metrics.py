"""Metrics: what Prometheus reads is what was measured, and the server bears whatever comes."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError
from nofly.run.alerting.channel_metrics import alert_metrics
from nofly.run.alerting.line import ChannelState
from nofly.run.display import metrics
from nofly.run.display.metrics import Health, Metric, MetricsServer, Sample, exposition

HOSTILE = 'a"b\\c\nd\re\x1b[0m} 1\n# TYPE x counter\nü'
WELL = Health(True)
Family = dict[tuple[tuple[str, str], ...], float]


def read(text: str) -> dict[str, tuple[str, Family]]:
    """Return kind and values of each family: a strict reader of the text format 0.0.4."""
    families: dict[str, tuple[str, Family]] = {}
    assert text == "" or text.endswith("\n")
    name = ""
    for line in text.split("\n")[:-1]:
        if found := re.fullmatch(r"# HELP (\w+) ((?:[^\\]|\\\\|\\n|\\r)*)", line):
            assert found[1] not in families
            name = found[1]
        elif found := re.fullmatch(r"# TYPE (\w+) (counter|gauge|summary)", line):
            assert found[1] == name
            families[name] = (found[2], {})
        else:
            found = re.fullmatch(r'(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)', line)
            assert found is not None, line
            assert found[1] == name
            pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or "")
            labels = tuple((label, re.sub(r"\\(.)", _meant, value)) for label, value in pairs)
            assert labels not in families[name][1]
            families[name][1][labels] = float(found[3])
    return families


def _meant(found: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r"}.get(found[1], found[1])


def test_a_family_with_labels() -> None:
    one = Metric(
        "nofly_x_total", "counter", "Things\nof \\ a kind.", [Sample(3, {"feed": HOSTILE}), Sample(0.5)]
    )
    text = exposition([one])
    assert read(text) == {"nofly_x_total": ("counter", {(("feed", HOSTILE),): 3.0, (): 0.5})}
    assert text.startswith("# HELP nofly_x_total Things\\nof \\\\ a kind.\n# TYPE nofly_x_total counter\n")


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.floats(allow_nan=False)),
        unique_by=lambda pair: pair[0],
        max_size=5,
    )
)
def test_whatever_is_measured_is_read_again(values: list[tuple[str, float]]) -> None:
    samples = [Sample(value, {"a": text}) for text, value in values]
    _, family = read(exposition([Metric("x", "gauge", "X.", samples)]))["x"]
    assert family == {(("a", text),): value for text, value in values}


def test_values_that_are_no_numbers() -> None:
    samples = [Sample(v, {"a": str(n)}) for n, v in enumerate((math.nan, math.inf, -math.inf, 1e300, 10**20))]
    text = exposition([Metric("x", "gauge", "X.", samples)])
    assert [line.split()[-1] for line in text.splitlines()[2:]] == ["NaN", "+Inf", "-Inf", "1e+300", "1e+20"]


def test_prometheus_itself_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="no prometheus_client here to check with")
    hostile = HOSTILE.replace("\r", "")
    text = exposition(
        [Metric("x_total", "counter", "X.", [Sample(3, {"feed": hostile})]), Metric("y", "gauge", "Y.", [])]
    )
    first, second = parser.text_string_to_metric_families(text)
    assert (first.name, first.type, first.samples[0].labels, first.samples[0].value) == (
        "x", "counter", {"feed": hostile}, 3.0,
    )  # fmt: skip
    assert (second.name, second.type, second.samples) == ("y", "gauge", [])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Metric("a b", "gauge", "", []), lambda: Metric("a", "histogram", "", []),
        lambda: Metric("a", "gauge", "", [Sample(1, {"a-b": ""})]),
        lambda: Metric("a", "gauge", "", [Sample(1, {"__a": ""})]),
        lambda: exposition([Metric("a", "gauge", "", [])] * 2),
    ],
    ids=range(5),
)  # fmt: skip
def test_names_that_cannot_be(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="a"):
        make()


def serve(
    doing: Callable[[int], Awaitable[None]], health: Health = WELL, told: Iterable[Metric] = ()
) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), MetricsServer(lambda: told, lambda: health).serving(0) as port:
            await doing(port)

    asyncio.run(run())


async def ask(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    if not request.endswith(b"\r\n\r\n"):
        writer.write_eof()
    data = await reader.read()
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def test_the_pages() -> None:
    async def doing(port: int) -> None:
        status, headers, body = await ask(port, b"GET /metrics?x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert (int(headers["Content-Length"]), read(body.decode())["x"]) == (len(body), ("gauge", {(): 1.0}))
        status, headers, body = await ask(port, b"GET /healthz HTTP/1.0\r\n\r\n")
        assert (status, json.loads(body)) == (503, {"ok": False, "reasons": ["feed a is silent\n<b>"]})
        status, headers, body = await ask(port, b"HEAD /metrics HTTP/1.1\r\n\r\n")
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) > 0

    serve(doing, Health(False, ["feed a is silent\n<b>"]), [Metric("x", "gauge", "X.", [Sample(1)])])


def test_well() -> None:
    async def doing(port: int) -> None:
        status, _, body = await ask(port, b"GET /healthz HTTP/1.1\r\n\r\n")
        assert (status, json.loads(body)) == (200, {"ok": True, "reasons": []})

    serve(doing)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 404), (b"GET /metrics/.. HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 405), (b"\r\n\r\n", 400),
        (b"GET /metrics\r\n\r\n", 400), (b"GET /metrics SPDY/9\r\n\r\n", 400), (b"GET /met", 400),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 431),
    ],
    ids=lambda value: value[:20].decode("latin-1").strip() if isinstance(value, bytes) else str(value),
)  # fmt: skip
def test_other_requests(request_bytes: bytes, status: int) -> None:
    async def doing(port: int) -> None:
        try:
            assert (await ask(port, request_bytes))[0] == status
        except ConnectionResetError:
            assert status == 431

    serve(doing)


def test_a_fault_of_who_is_asked_is_an_answer() -> None:
    def fault() -> Health:
        raise ValueError("hunter2")

    async def run() -> None:
        async with MetricsServer(tuple, fault).serving(0) as port:
            status, _, body = await ask(port, b"GET /healthz HTTP/1.1\r\n\r\n")
            assert (status, b"hunter2" in body) == (500, False)
            assert (await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n"))[0] == 200

    asyncio.run(run())


def test_who_says_nothing_is_cut_off_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "REQUEST_S", 0.5)
    monkeypatch.setattr(metrics, "MOST_CONNECTIONS", 4)

    async def doing(port: int) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        await asyncio.sleep(0.05)
        with suppress(ConnectionResetError):
            assert (await ask(port, b"GET /healthz HTTP/1.1\r\n\r\n"))[0] == 503
        assert [await reader.read() for reader, _ in idle] == [b""] * 4
        assert (await ask(port, b"GET /healthz HTTP/1.1\r\n\r\n"))[0] == 200
        for _, writer in idle:
            writer.close()

    serve(doing)


def test_a_port_in_use() -> None:
    async def doing(port: int) -> None:
        with pytest.raises(ConfigError, match=str(port)):
            async with MetricsServer(tuple, lambda: Health(True)).serving(port):
                pass

    serve(doing)


def test_the_channels_of_alerts() -> None:
    states = [
        ChannelState("a", "log", waiting=1, delivered=2, given_up=3, silenced=4, folded=5, failures=6),
        ChannelState("b", "mqtt", last_told_us=1_500_000),
    ]
    found = read(exposition(alert_metrics(states)))
    a, b = (("channel", "a"), ("kind", "log")), (("channel", "b"), ("kind", "mqtt"))
    assert found["nofly_alerts_waiting"] == ("gauge", {a: 1.0, b: 0.0})
    assert found["nofly_alerts_delivered_total"] == ("counter", {a: 2.0, b: 0.0})
    assert found["nofly_alerts_last_told_timestamp_seconds"] == ("gauge", {b: 1.5})
