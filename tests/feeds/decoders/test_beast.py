from __future__ import annotations

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nofly.feeds.decoders.beast import BeastDecoder, BeastFrame

SAMPLE = (Path(__file__).parents[2] / "data" / "tracks" / "beast_binary" / "sample_dump1090.bin").read_bytes()
SIZES = {1: 2, 2: 7, 3: 14, 4: 14}


def encode(kind: int, clock: int, signal: int, message: bytes) -> bytes:
    content = clock.to_bytes(6, "big") + bytes([signal]) + message
    return bytes([0x1A, 0x30 + kind]) + content.replace(b"\x1a", b"\x1a\x1a")


FRAMES = st.sampled_from(list(SIZES)).flatmap(
    lambda kind: st.tuples(
        st.just(kind), st.integers(0, (1 << 48) - 1) | st.just(0x1A1A1A1A1A1A), st.integers(0, 255),
        st.lists(st.integers(0, 255) | st.just(0x1A), min_size=SIZES[kind], max_size=SIZES[kind]).map(bytes),
    )
)  # fmt: skip


def decode(pieces: list[bytes]) -> tuple[list[BeastFrame], tuple[int, int, int, int]]:
    decoder = BeastDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    decoder.finish()
    return frames, (decoder.broken, decoder.broken_at, decoder.ignored_bytes, decoder.ignored_at)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(ends)]


@given(st.lists(FRAMES, max_size=6))
def test_frames_come_back_as_they_were(frames: list[tuple[int, int, int, bytes]]) -> None:
    data = [encode(*frame) for frame in frames]
    found, lost = decode([b"".join(data)])
    assert [frame[1:5] for frame in found] == frames
    assert [frame.offset for frame in found] == [sum(map(len, data[:i])) for i in range(len(data))]
    assert lost == (0, -1, 0, -1)


@given(
    st.lists(FRAMES.map(lambda frame: encode(*frame)) | st.binary(max_size=9) | st.just(b"\x1a\x33\x1a")),
    st.lists(st.integers(0, 500), max_size=12),
)
def test_how_bytes_are_cut_makes_no_difference(parts: list[bytes], places: list[int]) -> None:
    data = b"".join(parts)
    whole = decode([data])
    assert decode(cut(data, places)) == whole
    assert decode([data[i : i + 1] for i in range(len(data))]) == whole


def test_the_sample_byte_by_byte() -> None:
    frames, lost = decode([SAMPLE])
    assert len(frames) == 239
    assert lost == (0, -1, 0, -1)
    assert decode([SAMPLE[i : i + 1] for i in range(len(SAMPLE))]) == (frames, lost)


def test_a_frame_cut_short_is_counted_and_costs_itself_alone() -> None:
    good = encode(2, 7, 9, bytes(7))
    frames, lost = decode([good[:-3] + good + good[:-1]])
    assert len(frames) == 1
    assert lost == (2, 0, 0, -1)


def test_bytes_between_frames_are_counted() -> None:
    good = encode(3, 7, 9, bytes(14))
    frames, lost = decode([b"noise" + good + b"\x1a\x99\x1a\x1a" + good + b"\x1a"])
    assert len(frames) == 2
    assert lost == (0, -1, 10, 0)


@given(st.binary(max_size=300))
def test_every_byte_is_in_a_frame_or_counted(data: bytes) -> None:
    frames, (broken, _, ignored, _) = decode([data])
    assert ignored <= len(data)
    assert frames or broken or ignored == len(data)


def test_signal_and_time_received() -> None:
    decoder = BeastDecoder()
    (full,) = decoder.feed(encode(2, 1, 255, bytes(7)), 5_000_000)
    (none,) = decoder.feed(encode(2, 1, 0, bytes(7)))
    assert full.signal_db == 0.0
    assert full.received_us == 5_000_000
    assert none.signal_db is None
    assert none.received_us is None
