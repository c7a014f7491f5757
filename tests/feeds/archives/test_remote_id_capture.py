from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nofly.errors import DecodeError, Finding
from nofly.feeds.archives import remote_id_capture
from nofly.feeds.decoders._pcap import PcapReader
from nofly.feeds.decoders.remote_id_capture import RemoteIdCaptureDecoder
from nofly.feeds.faults import NOT_ROWS
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate
from tests.feeds.decoders import open_drone_id as o

T0 = 1_700_001_000_000_000
SERIAL = "1581F000000000000001"
PACKETS = [
    (T0 + k * 1_000_000, o.beacon(o.pack(o.basic_id(SERIAL), o.location(47.0 + k * 1e-4, 8.0))))
    for k in range(5)
]


def read(data: bytes, **options: Any) -> tuple[Positions, list[Finding]]:
    batches = list(remote_id_capture.read(io.BytesIO(data), "x.pcap", ArchiveOptions(**options)))
    return concatenate([positions for positions, _ in batches]), [f for _, said in batches for f in said]


@pytest.mark.parametrize("make", [o.pcap, o.pcapng])
def test_a_capture_is_known_and_read(make: Any) -> None:
    data = make(PACKETS, 105)
    assert remote_id_capture.sniff(data[:4096]) == 90
    positions, _ = read(data)
    assert positions.target.values == [f"rid:{SERIAL}"]
    assert np.round(positions.lat_deg, 6).tolist() == [47.0, 47.0001, 47.0002, 47.0003, 47.0004]


def test_however_it_is_cut_it_is_what_the_live_decoder_says(shared: Path) -> None:
    data = (shared / "remoteid" / "parrot_anafi4_real.pcapng").read_bytes()
    positions, findings = read(data, batch_rows=16)
    decoder = RemoteIdCaptureDecoder("x.pcap")
    parts = [decoder.feed(data, 1), decoder.finish(1)]
    assert positions.to_arrow().equals(concatenate([p for p, _ in parts]).to_arrow())
    counted = sum(f.count for f in findings if f.code in NOT_ROWS)
    assert len(positions) == 124
    assert len(positions) + counted == decoder.records >= len(PcapReader().feed(data))


def test_what_holds_no_position_of_a_drone_is_refused(shared: Path) -> None:
    radar = (shared / "asterix" / "cat_034_048.pcap").read_bytes()
    for data in (radar, o.pcap([], 105), o.pcap([(T0, bytes(60))], 1)):
        with pytest.raises(DecodeError, match="no position of Remote ID in it") as raised:
            read(data)
        assert "nofly watch" in str(raised.value)


@pytest.mark.parametrize("head", [b"", b"\x0a\x0d\x0d\x0a", b"PAR1", b"\xd4\xc3\xb2\xa1\x01\x00\x00\x00" * 3])
def test_what_begins_otherwise_is_not_taken_for_one(head: bytes) -> None:
    assert remote_id_capture.sniff(head) == 0


def test_a_capture_cut_short_says_so() -> None:
    whole = o.pcap(PACKETS, 105)
    positions, findings = read(whole[:-7])
    assert len(positions) == 4
    assert "capture-broken" in {f.code for f in findings}


def test_packets_without_a_time_count_from_when_the_user_says_the_capture_began() -> None:
    frame = PACKETS[0][1]
    head, simple = o.pcapng([], 105), o.block(3, struct.pack("<I", len(frame)) + frame)
    positions, findings = read(head + simple)
    assert positions.time_us.tolist()[0] < 86_400_000_000
    assert "times-relative" in {f.code for f in findings}
    positions, findings = read(head + simple, start_us=T0)
    assert abs(positions.time_us.tolist()[0] - T0) <= 3_600_000_000
    assert "times-relative" not in {f.code for f in findings}
