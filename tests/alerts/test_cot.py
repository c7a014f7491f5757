"""Cursor on Target: well-formed, of the schema, and as pytak reads it."""

from __future__ import annotations

import asyncio
import re
import ssl
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.alerts import Condition, Outcome, Verdict, _cot_events
from nofly.errors import ConfigError
from tests.alerts.datagrams import Hearing
from tests.alerts.notices import HOSTILE, NOW_US, UNKNOWN, channel, notice, tell
from tests.alerts.zones import CIRCLE, PARIS, named
from tests.feeds.transports.peering import certificate, free_port

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def read(data: bytes) -> ET.Element:
    """Return an event that keeps the schema of CoT 2.0."""
    event = ET.fromstring(data)
    assert event.tag == "event"
    assert set(event.attrib) == {"version", "uid", "type", "how", "time", "start", "stale"}
    assert event.get("version") == "2.0"
    assert re.fullmatch(r"\w+(-\w+)*(;[^;]*)?", event.get("type", ""))
    assert re.fullmatch(r"\w-\w", event.get("how", ""))
    assert all(TIME.fullmatch(event.get(name, "")) for name in ("time", "start", "stale"))
    point, detail = event
    assert (point.tag, detail.tag) == ("point", "detail")
    values = {name: float(point.get(name, "")) for name in ("lat", "lon", "hae", "ce", "le")}
    assert -90 <= values["lat"] <= 90
    assert -180 <= values["lon"] < 180
    assert (values["ce"], values["le"]) == (9999999.0, 9999999.0)
    return event


def hear(count: int, *notices: Any, **known: Any) -> list[ET.Element]:
    with Hearing() as hearing:
        outcomes = tell("cot", *notices, host="127.0.0.1", port=hearing.port, **known)
        assert {o.verdict for o in outcomes} <= {Verdict.TOLD}
        return [read(data) for data in hearing.take(count)]


def detail(event: ET.Element, name: str) -> ET.Element:
    found = event.find(f"detail/{name}")
    assert found is not None
    return found


def test_an_alert_and_its_end_have_one_uid() -> None:
    begun, over = hear(
        2, notice(warning="w"), notice(kind="exited", warning="w", active=False, phase="exited")
    )
    assert (begun.get("type"), over.get("type")) == ("b-a-g", "b-a-o-can")
    assert begun.get("uid") == over.get("uid") == "nofly.w"
    assert (begun[0].get("lat"), begun[0].get("lon"), begun[0].get("hae")) == (
        "48.8566000", "2.3522000", "9999999.0",
    )  # fmt: skip
    assert begun.get("start") == "2021-10-07T13:22:20.500Z"
    assert begun.get("stale") == "2021-10-07T13:25:20.500Z"
    assert detail(begun, "contact").get("callsign") == "FMY8055"
    assert detail(begun, "emergency").get("type") == "Geo-fence Breached"
    assert detail(over, "emergency").get("cancel") == "true"
    assert detail(begun, "remarks").text == "FMY8055 has entered LF-P25."
    own = detail(begun, "__nofly")
    assert (own.get("key"), own.get("zone"), own.get("kind")) == (notice().key, "LF-P25", "entered")


def test_a_height_above_the_ellipsoid_is_told_and_no_other() -> None:
    (event,) = hear(1, notice(height_datum="HAE", height_m=1234.56))
    assert event[0].get("hae") == "1234.6"


def test_zones_are_drawn_closed_with_their_limits() -> None:
    square, big, far = hear(3, zones=[PARIS, CIRCLE])
    links = [link.get("point", "") for link in square.findall("detail/link")]
    assert links[0] == links[-1] == "48.8000000,2.2000000"
    assert len(links) == 5
    assert (square.get("type"), detail(square, "contact").get("callsign")) == ("u-d-f", "LF-P25 Paris")
    assert detail(square, "remarks").text == "PROHIBITED, ground to 6500ft AMSL."
    assert (square[0].get("lat"), square[0].get("lon")) == ("48.8750000", "2.3500000")
    assert len(big.findall("detail/link")) == 201
    assert "Drawn with 200 of" in (detail(big, "remarks").text or "")
    assert float(far[0].get("lon", "")) == pytest.approx(179.99, abs=1e-3)
    longitudes = {float(link.get("point", "").split(",")[1]) for link in far.findall("detail/link")}
    assert min(longitudes) < -179.9
    assert max(longitudes) > 179.9
    assert all(len(ET.tostring(event)) < 16_000 for event in (square, big, far))


def test_zones_and_what_holds_are_told_again_with_every_beat() -> None:
    events = hear(4, zones=[PARIS], standing=[notice()], condition=Condition(True))
    assert [event.get("type") for event in events] == ["u-d-f", "b-a-g"] * 2


def test_what_stands_no_more_is_over_and_shown_again() -> None:
    async def run(port: int) -> None:
        one = channel("cot", host="127.0.0.1", port=port, zones=False)
        await one.tell(notice())
        await one.watch([PARIS], [])
        await one.beat(Condition(True))
        await one.watch([PARIS], [notice()])
        await one.aclose()

    with Hearing() as hearing:
        asyncio.run(run(hearing.port))
        events = [read(data) for data in hearing.take(3)]
    assert [event.get("type") for event in events] == ["b-a-g", "b-a-o-can", "b-a-g"]
    assert len({event.get("uid") for event in events}) == 1
    remarks = [detail(event, "remarks").text for event in events]
    assert remarks[1] == "Not shown here any more. Last told: FMY8055 has entered LF-P25."
    assert remarks[2] == remarks[0]


def hear_all(count: int, *notices: Any, **known: Any) -> list[Outcome]:
    with Hearing() as hearing:
        outcomes = tell("cot", *notices, host="127.0.0.1", port=hearing.port, **known)
        hearing.take(count)
        return outcomes


def test_a_place_that_is_not_known_is_never_zero() -> None:
    _, event = hear(2, notice(lat_deg=None), zones=[PARIS])
    assert (event[0].get("lat"), event[0].get("lon")) == ("48.8750000", "2.3500000")
    assert "the place is not known" in (detail(event, "remarks").text or "")
    assert hear_all(0, notice(**UNKNOWN))[0].verdict is Verdict.NEVER


def test_a_feed_has_no_place() -> None:
    assert (
        hear_all(0, notice(**{**UNKNOWN, "kind": "feed-silent", "active": None}))[0].verdict is Verdict.TOLD
    )


def test_hostile_names_are_text() -> None:
    zone_id = HOSTILE.replace("\ud800", "")
    zone = named(zone_id, "]]><!--&amp;<a/>")
    drawing, event = hear(
        2, notice(callsign=HOSTILE, text=HOSTILE, incident=HOSTILE, zone_id=zone_id), zones=[zone]
    )
    assert {child.tag for child in event[1]} == {"contact", "emergency", "color", "remarks", "__nofly"}
    assert detail(drawing, "contact").get("callsign", "").endswith("]]><!--&amp;<a/>")
    for text in (event.get("uid"), detail(event, "contact").get("callsign"), detail(event, "remarks").text):
        assert text is not None
        assert text.isprintable()
        assert "<b>&\"'" in text


@settings(max_examples=60)
@given(text=st.text(max_size=40), lat_deg=st.floats(-90, 90), lon_deg=st.floats(-180, 180))
def test_whatever_is_said_is_well_formed(text: str, lat_deg: float, lon_deg: float) -> None:
    one = notice(callsign=text, text=text, warning=text, zone_id=text, why=text, phase=text)
    read(_cot_events.alert(one, (lat_deg, lon_deg), True, NOW_US, 60.0))


def stream(tmp_path: Path, protocol: str, **options: Any) -> bytes:
    """Return what came over two connections: the first is closed after one event."""

    async def run() -> bytes:
        got, context = b"", None
        if protocol == "tls":
            file, key = certificate(tmp_path)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file, key)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal got
            got += await reader.readline()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        one = channel("cot", host="127.0.0.1", port=port, protocol=protocol, **options)
        async with asyncio.timeout(20):
            while got.count(b"\n") < 2:
                await one.tell(notice())
                await asyncio.sleep(0.02)
        await one.aclose()
        server.close()
        return got

    return asyncio.run(run())


def test_over_tcp_and_again_when_the_server_hangs_up(tmp_path: Path) -> None:
    for line in stream(tmp_path, "tcp").splitlines()[:2]:
        assert read(line).get("type") == "b-a-g"


def test_over_tls(tmp_path: Path) -> None:
    certificates = str(tmp_path / "certificate.pem")
    certificate(tmp_path)
    data = stream(tmp_path, "tls", ca_file=certificates)
    assert read(data.splitlines()[0]).get("type") == "b-a-g"


def test_nobody_there() -> None:
    port = free_port()
    outcome = tell("cot", notice(), host="127.0.0.1", port=port, protocol="tcp")[0]
    assert outcome.verdict is Verdict.LATER
    assert outcome.why == f"127.0.0.1:{port}: Connection refused"


def test_pytak_reads_it() -> None:
    pytak = pytest.importorskip("pytak", reason="no pytak here: pip install pytak")
    (event,) = hear(1, notice())
    ours = ET.tostring(event)
    theirs = pytak.gen_cot_xml(lat=48.8566, lon=2.3522, uid="nofly.w", cot_type="b-a-g")
    assert theirs is not None
    assert {c.tag for c in theirs} == {c.tag for c in ET.fromstring(ours)}
    assert set(theirs.attrib) - {"access", "qos", "opex"} == set(event.attrib)


@pytest.mark.parametrize(
    "options",
    [
        {"host": ""},
        {"protocol": "sctp"},
        {"alive_s": 0.0},
        {"ttl": 256},
        {"protocol": "tls", "ca_file": "none"},
    ],
    ids=str,
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        channel("cot", **options)
