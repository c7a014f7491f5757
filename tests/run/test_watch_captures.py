"""What a radar and a drone sent, as it was captured, over UDP to a watch in a process of its own.

The incidents on record are those that a check finds in the capture.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from nofly.feeds.archives import remote_id_capture
from nofly.feeds.decoders import asterix
from nofly.feeds.decoders._pcap import PcapReader
from nofly.feeds.options import ArchiveOptions
from nofly.schema import concatenate
from tests.cli.live import until, watching
from tests.feeds.decoders.test_asterix import capture
from tests.feeds.transports.peering import free_port
from tests.run.test_watch_process import plan_in, recorded, verified
from tests.run.watches import checked, journaled, judged

GAP_S = 5.0
SITE = (43.57, 16.4, 100.0)
DRONE = "rid:1588E040445AC004418"


def configure(
    folder: Path, url: str, more: str, box: tuple[float, float, float, float], **limits: str
) -> Path:
    """Write a zone (south, west, north, east) and the configuration of one feed; return its path."""
    south, west, north, east = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    properties = {"id": "Z1", "name": "BOX", "restriction": "PROHIBITED", **limits}
    zone = {"type": "Feature", "properties": properties}
    zone["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    path = folder / "nofly.toml"
    path.write_text(
        f'[check]\nzones = ["zones.geojson"]\nmax_gap_s = {GAP_S}\n'
        '[watch]\nstate = "state"\nmetrics = ""\ntick_s = 0.05\n'
        f'[[feeds]]\nname = "one"\nurl = "{url}"\n{more}'
    )
    return path


def waiting(port: int) -> bool:
    """Return whether datagrams to a port lie in the system, or nobody listens there yet."""
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    queued = [int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(f":{port:04X}")]
    return not queued or any(queued)


def send(datagrams: Iterable[bytes], port: int) -> None:
    """Send datagrams no faster than they are taken: nothing here is a test of buffers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        for k, datagram in enumerate(datagrams):
            if k % 16 == 0:
                until(lambda: not waiting(port), "the watch does not listen")
            sending.sendto(datagram, ("127.0.0.1", port))


def heard(config: Path, sent: list[bytes], last_us: int, port: int, rows: int) -> list[Any]:
    """Send what was captured to a watch whose clock is that of the capture's end; return what it recorded."""
    state = config.parent / "state"
    with watching(config, "--quiet", late_us=time.time_ns() // 1000 - last_us):
        send(sent, port)
        until(lambda: (state / "journal").exists() and len(journaled(state)) >= rows, "positions are missing")
        stays = len(checked(plan_in(config).law, journaled(state), GAP_S))
        until(lambda: len(judged(recorded(state))) >= stays, "a stay does not end")
    assert len(journaled(state)) == rows
    assert verified(config)
    return recorded(state)


linux = pytest.mark.skipif(not os.path.exists("/proc/net/udp"), reason="needs Linux: /proc/net/udp")


@linux
@pytest.mark.thorough
def test_a_radar_is_judged_live_as_its_capture_is(shared: Path, tmp_path: Path) -> None:
    packets, port = capture(shared), free_port(socket.SOCK_DGRAM)
    decoder = asterix.decoder({"sites": {"25/12": SITE}}, "one")
    there = concatenate([decoder.feed(datagram, at_us)[0] for at_us, datagram in packets])
    sites = f'sites = {{"25/12" = {list(SITE)}}}\n'
    config = configure(
        tmp_path, f"asterix+udp://127.0.0.1:{port}", sites, (44.0, 14.0, 46.1, 16.0), upper="FL345"
    )
    # One turn of the antenna: a report each, and a stay is over once the radar has been silent for a minute.
    found = heard(config, [datagram for _, datagram in packets], packets[-1][0], port, len(there))
    expected = checked(plan_in(config).law, there, GAP_S)
    assert len(expected) > 3
    assert judged(found) == expected


@linux
def test_a_drone_is_judged_live_as_its_capture_is(shared: Path, tmp_path: Path) -> None:
    file = shared / "remoteid" / "parrot_anafi4_real.pcapng"
    with file.open("rb") as opened:
        batches = remote_id_capture.read(opened, file.name, ArchiveOptions())
        there = concatenate([positions for positions, _ in batches])
    packets, port = PcapReader().feed(file.read_bytes()), free_port(socket.SOCK_DGRAM)
    # The drone, which moves eight metres in all, goes four of them into the zone, and out again.
    config = configure(tmp_path, f"remote-id+udp://127.0.0.1:{port}", "", (47.198, 8.730, 47.19866, 8.731))
    sent, last_us = [packet.data for packet in packets], packets[-1].time_us
    assert last_us is not None
    found = heard(config, sent, last_us, port, len(there))
    expected = checked(plan_in(config).law, there, GAP_S)
    assert [(row["target_id"], row["cause"], row["exit_cause"]) for row in expected] == [
        (DRONE, "moved", "moved")
    ]
    assert judged(found) == expected
