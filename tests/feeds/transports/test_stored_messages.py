"""Stored datagrams and documents come out of a transport and decoder as they do from the file itself."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from nofly import plugins
from nofly.feeds.decoding import Decoder
from nofly.feeds.receiving import Chunk, finish_each
from nofly.schema import Positions, concatenate
from tests.feeds.transports.peer_http import peer as http_peer
from tests.feeds.transports.peer_mqtt import peer as mqtt_peer
from tests.feeds.transports.peering import Taken, free_port
from tests.feeds.transports.receiving import receive

LIVE = Path(__file__).parents[2] / "data" / "live"
Messages = list[bytes]


def decoder(name: str) -> tuple[Decoder, int]:
    told = json.loads((LIVE / name / "samples.json").read_text())
    (sample,) = told.values()
    plugin = plugins.load("nofly.feeds.decoders", name)
    return plugin.decoder(sample.get("options", {}), "feed"), sample["received_us"]


def decode(name: str, messages: Messages) -> Positions:
    made, received_us = decoder(name)
    parts = []
    for message in messages:
        parts.append(made.feed(message, received_us)[0])
        if finish_each(plugins.load("nofly.feeds.decoders", name).FRAMING, whole=True):
            parts.append(made.finish(received_us)[0])
    return concatenate([*parts, made.finish(received_us)[0]])


def datagrams() -> Messages:
    lines = (LIVE / "asterix" / "paris.hex").read_text().splitlines()
    return [bytes.fromhex(line) for line in lines]


def captured(shared: Path) -> Messages:
    """Return the UDP payloads of a capture: Ethernet, IPv4 and UDP headers of 42 bytes before each."""
    data, at, found = (shared / "asterix" / "cat_034_048.pcap").read_bytes(), 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        frame = data[at + 16 : at + 16 + size]
        found.append(frame[42 : 34 + int.from_bytes(frame[38:40], "big")])
        at += 16 + size
    return found


def over_udp(sent: Messages, address: str) -> Messages:
    async def run() -> Messages:
        port = free_port(socket.SOCK_DGRAM)
        task = asyncio.create_task(
            receive(f"udp://{address}:{port}", lambda c: c[-1].data == b"the end", interface="127.0.0.1")
        )
        await asyncio.sleep(0.2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            for message in [*sent, b"the end"]:
                sending.sendto(message, (address, port))
        return [chunk.data for chunk in await task][:-1]

    return asyncio.run(run())


@pytest.mark.parametrize("address", ["127.0.0.1", "239.255.77.2"])
def test_asterix_over_udp(address: str) -> None:
    sent = datagrams()
    came = over_udp(sent, address)
    assert len(decode("asterix", came)) > 0
    assert decode("asterix", came).to_arrow().equals(decode("asterix", sent).to_arrow())


def test_a_radar_as_it_was_captured(shared: Path) -> None:
    sent = captured(shared)
    assert over_udp(sent, "239.255.77.3") == sent


def test_aircraft_json_over_http(tmp_path: Path) -> None:
    (name,) = json.loads((LIVE / "readsb" / "samples.json").read_text())
    sent = (LIVE.parent / name).read_bytes().splitlines()

    async def run() -> list[Chunk]:
        async with http_peer(sent, Taken(), tmp_path) as source:
            return await receive(source.url, lambda c: len(c) == len(sent), interval_s=0.01)

    came = [chunk.data for chunk in asyncio.run(run())]
    assert len(decode("readsb", came)) > 0
    assert decode("readsb", came).to_arrow().equals(decode("readsb", sent).to_arrow())


def test_json_lines_over_mqtt_need_no_end_of_line(tmp_path: Path) -> None:
    line = b'{"time":"2026-05-02T12:00:0%dZ","target_id":"icao24:4ca7b3","lat_deg":50.1,"lon_deg":14.2}'
    sent = [line % second for second in range(4)]

    async def run() -> list[Chunk]:
        taken = Taken()

        def enough(chunks: list[Chunk]) -> bool:
            taken.count = len(chunks)
            return len(chunks) == len(sent)

        async with mqtt_peer(sent, taken, tmp_path) as source:
            return await receive(source.url, enough)

    assert len(decode("jsonl", [chunk.data for chunk in asyncio.run(run())])) == 4
