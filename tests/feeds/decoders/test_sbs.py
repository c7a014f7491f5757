from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import ConfigError, DecodeError, Finding, Severity
from nofly.feeds.archives import sbs as archive
from nofly.feeds.decoders import _sbs_memory, sbs
from nofly.feeds.decoders.sbs import SbsDecoder
from nofly.feeds.faults import NOT_ROWS
from nofly.feeds.options import ArchiveOptions
from nofly.schema import Positions, concatenate

SAMPLE = Path(__file__).parents[2] / "data" / "tracks" / "sbs" / "border.sbs"
T0 = 1_274_572_800_000_000


def message(kind: str = "3", second: float = 0.0, address: str = "4CA2AD", **fields: object) -> str:
    places = {
        "callsign": 10,
        "alt": 11,
        "gs": 12,
        "track": 13,
        "lat": 14,
        "lon": 15,
        "vrate": 16,
        "squawk": 17,
        "ground": 21,
    }
    clock = f"00:00:{second:06.3f}"
    line = ["MSG", kind, "1", "1", address, "1", "2010/05/23", clock, "2010/05/23", clock, *[""] * 12]
    for name, value in fields.items():
        line[places[name]] = str(value)
    return ",".join(line)


def decode(*lines: str, **options: object) -> tuple[Positions, list[Finding]]:
    decoder = SbsDecoder(**options)  # type: ignore[arg-type]
    first = decoder.feed("\r\n".join(lines).encode())
    last = decoder.finish()
    return concatenate([first[0], last[0]]), first[1] + last[1]


def counts(findings: list[Finding]) -> dict[str, int]:
    total: dict[str, int] = {}
    for f in findings:
        total[f.code] = total.get(f.code, 0) + f.count
    return total


def in_pieces(data: bytes, cuts: list[int]) -> tuple[Positions, dict[str, int]]:
    decoder, places = SbsDecoder(), sorted({0, len(data), *cuts})
    results = [decoder.feed(data[a:b]) for a, b in itertools.pairwise(places)] + [decoder.finish()]
    return concatenate([r[0] for r in results]), counts([f for r in results for f in r[1]])


def test_byte_by_byte_is_the_same_as_whole() -> None:
    data = SAMPLE.read_bytes()
    whole, said = in_pieces(data, [])
    single, again = in_pieces(data, list(range(len(data))))
    assert single.to_arrow().equals(whole.to_arrow())
    assert said == again


@given(cuts=st.lists(st.integers(0, 4000), max_size=10))
def test_however_the_bytes_are_cut(cuts: list[int]) -> None:
    data = SAMPLE.read_bytes()
    assert in_pieces(data, cuts)[0].to_arrow().equals(in_pieces(data, [])[0].to_arrow())


ODD = st.sampled_from([
    b"", b",", b"-", b".", b"0", b" ", b"\r", b"\n", b"\xff", b"\x00", b"1e5", b"nan", b"+5", b"1_0", b"\t",
    b"8", b"9" * 17, b"MLAT", b"STA", b"~", b"-0.0", b"0.00000", b"000000", b"icao24:", b"x" * 200,
    b"24:00:00",
])  # fmt: skip


@st.composite
def streams(draw: st.DrawFn, real: list[bytes]) -> bytes:
    """Lines of real captures and of a small fleet, most of them plain, some odd."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lines = []
    for _ in range(draw(st.integers(1, 250))):
        if rng.random() < 0.2:
            lines.append(real[rng.integers(len(real))])
            continue
        told: dict[str, object] = {
            "callsign": ["KLM1    ", "ABC", "  ", "X@_"][rng.integers(4)], "alt": rng.integers(-200, 45000),
            "gs": round(rng.uniform(0, 600), 1), "track": rng.integers(360), "ground": rng.integers(-1, 2),
            "vrate": rng.integers(-50, 50) * 64, "squawk": f"{rng.integers(4096):04o}",
            "lat": f"{rng.uniform(-91, 91):.5f}", "lon": f"{rng.uniform(-180, 180):.6f}",
        }  # fmt: skip
        told = {name: value for name, value in told.items() if rng.random() < 0.7}
        address = f"{0x400000 + rng.integers(12):06X}"
        line = message(str(rng.integers(1, 9)), round(rng.uniform(0, 59), 3), address, **told)
        lines.append(line.replace("05/23", f"05/{rng.integers(22, 24)}").encode())
    for at in draw(st.lists(st.integers(0, len(lines) - 1), max_size=4)):
        fields = lines[at].split(b",")
        place = draw(st.integers(0, len(fields) - 1))
        fields[place] = draw(ODD) + draw(st.sampled_from([b"", fields[place]]))
        lines[at] = b",".join(fields)
    return b"".join(line + draw(st.sampled_from([b"\n", b"\r\n"])) for line in lines)


REAL = [line for line in SAMPLE.read_bytes().split(b"\n") if line.startswith(b"MSG")]


@given(
    data=streams(REAL), zone=st.sampled_from([None, "UTC", "Europe/Kyiv"]), live=st.booleans(),
    cuts=st.lists(st.integers(0, 25_000), max_size=3), longest=st.sampled_from([150, 4096]),
)  # fmt: skip
def test_many_lines_at_once_are_what_each_is_by_itself(
    data: bytes, zone: str | None, live: bool, cuts: list[int], longest: int
) -> None:
    received_us = T0 + 1 if live else None
    one, many = (SbsDecoder(zone, "x", longest, as_received=live and zone is None) for _ in range(2))
    for a, b in itertools.pairwise(sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})):
        tally: dict[str, tuple[str, int]] = {}
        rows = []
        for line in cut_lines(data[a:b]):
            positions, findings = one.feed(line, received_us)
            rows += written(positions)
            for f in findings:
                first, count = tally.get(f.code, (f.locator, 0))
                tally[f.code] = first, count + f.count
        positions, findings = many.feed(data[a:b], received_us)
        assert written(positions) == rows
        assert [(f.code, (f.locator, f.count)) for f in findings] == [*tally.items()]
        assert many.records == one.records


def cut_lines(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    return [*(line + b"\n" for line in whole), *([rest] if rest else [])]


def written(positions: Positions) -> list[str]:
    """Return each row as a text that differs where a bit does."""
    numbers = {name: column.tolist() for name, column in positions.columns.items()}
    fixed = zip(
        positions.time_us.tolist(), positions.lat_deg.tolist(), positions.lon_deg.tolist(), strict=True
    )
    rows = []
    for k, (time_us, lat_deg, lon_deg) in enumerate(fixed):
        told = {name: values[k] for name, values in numbers.items() if values[k] == values[k]}
        told = {name: value for name, value in told.items() if value != -1 or name.endswith(("_m", "_mps"))}
        texts = {name: text.at(k) for name, text in positions.texts.items() if text.at(k) is not None}
        target = positions.target.at(k)
        rows.append(repr((time_us, target, lat_deg, lon_deg, sorted(told.items()), sorted(texts.items()))))
    return rows


def test_real_messages_over_and_over_are_what_each_is_by_itself(shared: Path) -> None:
    data = (shared / "sbs" / "SampleMessages.txt").read_bytes()
    plain = b"".join(line for line in data.splitlines(keepends=True) if line.startswith(b"MSG"))
    one, many = SbsDecoder("UTC"), SbsDecoder("UTC")
    rows = [row for line in cut_lines(plain * 9) for row in written(one.feed(line)[0])]
    assert len(rows) > 100
    assert written(many.feed(plain * 9)[0]) == rows


def test_a_value_holds_to_the_end_of_its_time_and_no_longer() -> None:
    lines = [
        line
        for k in range(50)
        for line in (
            message("5", 0, f"{k + 1:06X}", alt=1000), message("3", 5.0, f"{k + 1:06X}", lat=51, lon=1),
            message("3", 5.001, f"{k + 1:06X}", lat=51, lon=1),
        )
    ]  # fmt: skip
    known = [304.8, np.nan] * 50
    assert np.array_equal(decode(*lines)[0].columns["alt_std_m"], known, equal_nan=True)


def fleet(first: int, count: int) -> bytes:
    line = message(address="ABCDEF", lat=51, lon=1).encode() + b"\n"
    return b"".join(line.replace(b"ABCDEF", b"%06X" % (first + k)) for k in range(count))


def test_the_aircraft_heard_of_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sbs_memory, "MOST_AIRCRAFT", 200)
    decoder = SbsDecoder()
    named = b"".join(message("1", address=a, callsign=a).encode() + b"\n" for a in ("000001", "000002"))
    decoder.feed(named)
    for first in range(3, 1500, 99):
        decoder.feed(message("8", address="000002").encode() + b"\n")
        positions, _ = decoder.feed(fleet(first, 99))
        assert len({*map(positions.target.at, range(99))}) == 99
    assert len(decoder._memory.names) <= 600
    again, _ = decoder.feed(fleet(1, 2))
    assert [again.target.at(k) for k in range(2)] == ["icao24:000001", "icao24:000002"]
    assert [again.texts["callsign"].at(k) for k in range(2)] == [None, "000002"]


def test_texts_without_end_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sbs_memory, "MOST_AIRCRAFT", 50)
    decoder = SbsDecoder()
    for k in range(1000):
        decoder.feed(message("1", address="000001", callsign=f"C{k}").encode() + b"\n")
    assert len(decoder._memory.callsigns.values) <= 102
    positions, _ = decoder.feed(fleet(1, 1))
    assert positions.texts["callsign"].at(0) == "C999"


def test_the_real_file(shared: Path) -> None:
    data = (shared / "sbs" / "SampleMessages.txt").read_bytes()
    assert archive.sniff(data) == 90
    batches = list(archive.read(io.BytesIO(data), "x", ArchiveOptions()))
    findings = [f for _, found in batches for f in found]
    positions = concatenate([p for p, _ in batches])
    lost = sum(f.count for f in findings if f.severity is Severity.REJECTED or f.code in NOT_ROWS)
    assert len(positions) + lost == 71
    assert counts(findings) == {
        "time-zone-assumed": 1, "not-a-position": 27, "position-missing": 21, "position-invalid": 2,
    }  # fmt: skip
    assert positions.lat_deg[0] == 51.20522
    assert positions.columns["alt_std_m"][0] == pytest.approx(15225 * 0.3048)
    assert positions.columns["gs_mps"][0] == pytest.approx(361.4 * 1852 / 3600)
    assert data[positions.columns["raw"][0] :].startswith(b"MSG,3,102,35,4CA2AD")


def test_a_position_takes_what_was_said_before_for_a_time() -> None:
    positions, _ = decode(
        message("1", callsign="KLM1  "), message("4", gs=100, track=90, vrate=-600), message("5", alt=1000),
        message("6", squawk=7700), message("3", 2, lat=51, lon=1), message("3", 20, lat=51, lon=1),
        message("3", 45, lat=51, lon=1),
    )  # fmt: skip
    assert positions.columns["alt_std_m"].tolist() == pytest.approx([304.8, np.nan, np.nan], nan_ok=True)
    assert positions.columns["gs_mps"].tolist() == pytest.approx([51.444444, 51.444444, np.nan], nan_ok=True)
    assert [positions.texts["callsign"].at(2), positions.texts["squawk"].at(2)] == ["KLM1", "7700"]


def test_a_speed_below_nothing_is_none() -> None:
    positions, _ = decode(message(lat=51, lon=1, gs=-5, alt=-100))
    assert "gs_mps" not in positions.columns
    assert positions.columns["alt_std_m"].tolist() == pytest.approx([-30.48])


def test_a_live_feed_has_the_time_received_unless_a_zone_is_told() -> None:
    line = (message(lat=51, lon=1) + "\n").encode()
    assert sbs.decoder({}, "feed").feed(line, T0 + 9)[0].time_us.tolist() == [T0 + 9]
    zoned = sbs.decoder({"time_zone": "Europe/London"}, "feed").feed(line, T0 + 9)[0]
    assert zoned.time_us.tolist() == [T0 - 3600 * 10**6]
    assert zoned.columns["received_us"].tolist() == [T0 + 9]
    with pytest.raises(ConfigError, match="time zone 'Mars'"):
        sbs.decoder({"time_zone": "Mars"}, "feed")


@pytest.mark.parametrize("utc_hour", [0, 1, 2])
def test_live_a_time_that_occurs_twice_is_the_one_near_the_time_received(utc_hour: int) -> None:
    # Kyiv, 26 October 2025: 04:00 of summer time is 03:00 again.
    midnight_us = 1_761_436_800_000_000
    real_us = midnight_us + utc_hour * 3_600_000_000 + 1_800_000_000
    local = f"{(utc_hour + (3 if utc_hour < 1 else 2)) % 24:02d}:30:00.000"
    line = message(lat=50.0, lon=30.0).replace("2010/05/23", "2025/10/26").replace("00:00:00.000", local)
    feed = sbs.decoder({"time_zone": "Europe/Kyiv"}, "feed")
    positions, _ = feed.feed(line.encode() + b"\n", real_us + 300_000)
    assert positions.time_us.tolist() == [real_us]


def test_one_aircraft_says_nothing_of_another() -> None:
    positions, _ = decode(message("1", callsign="KLM1"), message(address="4CA2AE", lat=51, lon=1, alt=0))
    assert "callsign" not in positions.texts
    assert positions.columns["alt_std_m"].tolist() == [0.0]


def test_a_surface_message_is_on_the_ground() -> None:
    positions, _ = decode(
        message("2", lat=51, lon=1),
        message("3", 1, lat=51, lon=1, ground=0),
        message(second=2, lat=1, lon=1, ground=-1),
    )
    assert positions.columns["on_ground"].tolist() == [1, 0, 1]


def test_times_are_of_the_zone_told() -> None:
    assert decode(message(lat=51, lon=1))[0].time_us.tolist() == [T0]
    assert decode(message(lat=51, lon=1), time_zone="Europe/London")[0].time_us.tolist() == [
        T0 - 3600 * 10**6
    ]


def test_the_time_received_is_given_or_logged() -> None:
    decoder = SbsDecoder()
    live, _ = decoder.feed((message(second=5, lat=51, lon=1) + "\n").encode(), received_us=T0 + 7)
    assert live.columns["received_us"].tolist() == [T0 + 7]
    assert decode(message(second=5, lat=51, lon=1))[0].columns["received_us"].tolist() == [T0 + 5_000_000]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("garbage", "line-invalid"),
        ("MSG,3,1", "line-invalid"),
        (message(address="XYZ", lat=1, lon=1), "address-invalid"),
        (message(lat=1, lon=1).replace("2010/05/23", "2010/13/23"), "time-invalid"),
        (message(lat=1, lon=1).replace("00:00:", "00:61:"), "time-invalid"),
        (message(lat=1, lon="nan"), "position-missing"),
        (message(lat=91, lon=1), "position-invalid"),
        (message(lat="0.00000", lon="0.00000"), "position-missing"),
        (message("4", gs=1), "not-a-position"),
        ("STA,,1,1,4CA2AD,1,2010/05/23,00:00:00.000,2010/05/23,00:00:00.000,OK", "not-a-position"),
    ],
)
def test_every_line_is_counted(line: str, code: str) -> None:
    positions, findings = decode(line)
    assert (len(positions), counts(findings)) == (0, {code: 1})


def test_a_line_without_end_takes_no_memory() -> None:
    decoder = SbsDecoder(max_line_bytes=1000)
    for _ in range(100):
        decoder.feed(b"x" * 999)
    positions, findings = decoder.feed(b"\n" + message(lat=51, lon=1).encode() + b"\n")
    assert (len(positions), counts(findings)) == (1, {"line-too-long": 1})


def test_a_file_without_a_message_is_refused() -> None:
    with pytest.raises(DecodeError, match="no line"):
        list(archive.read(io.BytesIO(b"hello\nworld\n"), "x", ArchiveOptions()))
