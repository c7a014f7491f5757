from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError, DecodeError, Finding
from nofly.feeds.archives import beast_binary
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate
from tests.feeds.decoders.mode_s import airborne, squitter

SAMPLE = (Path(__file__).parents[2] / "data" / "tracks" / "beast_binary" / "sample_dump1090.bin").read_bytes()
START_US = 1_700_000_000_000_000
DAY_US = 86_400_000_000
S = 12_000_000
MLAT = 0xFF004D4C4154


def frame(clock: int, message: bytes, kind: int = 3) -> bytes:
    content = clock.to_bytes(6, "big") + b"\x80" + message
    return bytes([0x1A, 0x30 + kind]) + content.replace(b"\x1a", b"\x1a\x1a")


def recording(*clocks: int) -> bytes:
    """Return positions of one aircraft over and over, even and odd in turn, received at some clocks."""
    return b"".join(
        frame(clock, squitter(airborne(49.0, 2.5, odd)))
        for clock, odd in zip(clocks, itertools.cycle((False, True)), strict=False)
    )


def gps(second: float) -> int:
    return int(second) << 30 | round(second % 1 * 1e9)


def read(data: bytes, **options: Any) -> tuple[Positions, dict[str, int]]:
    batches = list(beast_binary.read(io.BytesIO(data), "x.bin", ArchiveOptions(**options)))
    said: list[Finding] = [f for _, findings in batches for f in findings]
    total: dict[str, int] = {}
    for finding in said:
        total[finding.code] = total.get(finding.code, 0) + finding.count
    return concatenate([positions for positions, _ in batches]), total


def test_the_sample_of_dump1090() -> None:
    positions, said = read(SAMPLE)
    assert said == {"times-relative": 1, "not-a-position": 235, "position-unresolved": 1}
    assert positions.target.values == ["icao24:48520a"]
    assert list(positions.columns["raw"]) == [1018, 1217, 1920]
    assert positions.columns["pos_err_m"] == pytest.approx([30.0] * 3)


def test_times_count_from_the_start_given() -> None:
    relative, _ = read(SAMPLE)
    absolute, said = read(SAMPLE, start_us=START_US)
    assert "times-relative" not in said
    steps = absolute.time_us - relative.time_us
    assert len(set(steps.tolist())) == 1
    assert START_US < absolute.time_us[0] < START_US + 60_000_000


def test_the_clock_of_twelve_megahertz_comes_round() -> None:
    top = 1 << 48
    positions, said = read(recording(top - S, top - S // 2, S // 2, S), start_us=START_US)
    assert (positions.time_us - START_US).tolist() == [500_000, 1_500_000, 2_000_000]
    assert said == {"position-unresolved": 1}


def test_a_clock_of_gps_tells_the_time_of_day() -> None:
    day_us = START_US // DAY_US * DAY_US
    data = recording(*map(gps, (86_398.5, 86_399.25, 0.5, 1.0)))
    positions, said = read(data, start_us=START_US, beast_clock="gps")
    assert (positions.time_us - day_us).tolist() == [86_399_250_000, DAY_US + 500_000, DAY_US + 1_000_000]
    assert said == {"position-unresolved": 1}


def test_one_wrong_clock_is_not_believed() -> None:
    data = recording(S, 2 * S, 9_999 * S, 3 * S, 4 * S)
    positions, said = read(data, start_us=START_US)
    assert (positions.time_us - START_US).tolist() == [1_000_000, 2_000_000, 3_000_000]
    assert said == {"position-unresolved": 1, "time-invalid": 1}


def test_a_clock_set_back_is_told_and_time_goes_on() -> None:
    data = recording(9_000 * S, 9_001 * S, S, 2 * S, 3 * S)
    positions, said = read(data, start_us=START_US)
    assert said == {"position-unresolved": 2, "time-invalid": 1, "clock-set-back": 1}
    assert (positions.time_us - START_US).tolist() == [1_000_000, 2_000_000]


def test_a_long_silence_costs_one_frame() -> None:
    data = recording(S, 2 * S, 5_000 * S, 5_001 * S, 5_002 * S)
    positions, said = read(data, start_us=START_US)
    assert (positions.time_us - START_US).tolist() == [1_000_000, 5_001_000_000]
    assert said == {"position-unresolved": 2, "time-invalid": 1}


def test_multilateration_is_named_as_the_source() -> None:
    data = recording(S, 2 * S) + recording(MLAT, MLAT)
    positions, _ = read(data, start_us=START_US)
    source = positions.texts["source"]
    assert [source.at(row) for row in range(len(positions))] == ["adsb", "mlat"]
    assert np.ptp(positions.time_us) == 0


def test_other_frames_and_bytes_are_counted() -> None:
    data = recording(S, 2 * S) + frame(2 * S, b"\0\0", 1) + b"noise" + frame(2 * S, bytes(14), 4)
    _, said = read(data + data[:9], start_us=START_US)
    assert said == {"position-unresolved": 1, "not-a-position": 2, "bytes-ignored": 5, "record-broken": 1}


@pytest.mark.parametrize("data", [b"", b"no frame", b"\x1a\x1a\x1a", b"\x1a\x33\x00"])
def test_a_file_without_a_frame_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError, match="Beast frames"):
        read(data)


@pytest.mark.parametrize(
    "options",
    [{"beast_clock": "utc"}, {"start_us": -1}, {"receiver": (91.0, 0.0)}, {"receiver": (0.0, float("nan"))}],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ArchiveOptions(**options)


@given(
    st.lists(st.integers(0, (1 << 48) - 1) | st.integers(1, 90_000 * S), min_size=1, max_size=30),
    st.sampled_from(["12mhz", "gps"]), st.sampled_from([None, START_US]),
)  # fmt: skip
def test_with_any_clock_every_frame_is_a_row_or_counted(
    clocks: list[int], kind: str, start_us: int | None
) -> None:
    positions, said = read(recording(*clocks), beast_clock=kind, start_us=start_us)
    positions.check()
    assert (positions.time_us > 0).all()
    rejected = sum(n for code, n in said.items() if code not in ("times-relative", "clock-set-back"))
    assert len(positions) + rejected == len(clocks)


def test_a_frame_by_chance_makes_no_recording() -> None:
    """A PNG begins with 0x1A, and among so many bytes some look like a frame."""
    chance = b"\x89PNG\r\n\x1a\n" + bytes(400) + frame(S, squitter(airborne(49.0, 2.5, False))) + bytes(400)
    assert beast_binary.sniff(chance) == 0
    assert beast_binary.sniff(recording(S)) == 30
    assert beast_binary.sniff(recording(S, 2 * S, 3 * S)) == 90
    assert beast_binary.sniff(SAMPLE[5:4096]) == 90
