from __future__ import annotations

from typing import Any

import pytest

from nofly.feeds.decoders import avr, beast
from tests.feeds.decoders.mode_s import airborne, squitter

T0 = 1_700_000_000_000_000
EVEN, ODD = (squitter(airborne(49.0, 2.5, odd)) for odd in (False, True))


def decode(*lines: str, ends: str = "\n") -> tuple[list[dict[str, Any]], dict[str, int]]:
    decoder = avr.decoder({}, "feed")
    positions, findings = decoder.feed("".join(line + ends for line in lines).encode(), T0)
    said: dict[str, int] = {}
    for finding in findings:
        said[finding.code] = said.get(finding.code, 0) + finding.count
    assert decoder.records == len(lines) == len(positions) + sum(said.values())
    return positions.to_arrow().to_pylist(), said


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "form",
    ["*{};", ":{};", "@0123456789AB{};", "%0123456789AB{};", "<0123456789AB7F{};", "*{};D03B5A4B;0A;7AF3;"],
)
def test_every_form_of_a_line(form: str, ends: str) -> None:
    rows, said = decode(form.format(EVEN.hex()), form.format(ODD.hex().upper()), ends=ends)
    assert (len(rows), said) == (1, {"position-unresolved": 1})
    assert (rows[0]["lat_deg"], rows[0]["lon_deg"]) == pytest.approx((49.0, 2.5), abs=1e-4)
    assert (rows[0]["target_id"], rows[0]["source"]) == ("icao24:4ca7b3", "adsb")
    assert rows[0]["time"] == rows[0]["received"]


def test_positions_by_multilateration_are_told_apart() -> None:
    rows, _ = decode(*(f"@FF004D4C4154{data.hex()};" for data in (EVEN, ODD)))
    assert rows[0]["source"] == "mlat"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("*7700;", "not-a-position"),
        (f"*{EVEN.hex()}", "line-invalid"),
        (f"*{EVEN.hex()[:-2]};", "line-invalid"),
        (f"{EVEN.hex()};", "line-invalid"),
        (f"@{EVEN.hex()};", "line-invalid"),
        ("*8D;", "line-invalid"),
        ("*zz00;", "line-invalid"),
        ("*" + "0" * 300 + ";", "line-too-long"),
        (f"*{EVEN.hex()[:-1]}5;", "parity-wrong"),
        ("*" + "00" * 14 + ";", "not-a-position"),
    ],
)
def test_every_line_is_counted(line: str, code: str) -> None:
    assert decode(line) == ([], {code: 1})


def test_the_same_messages_as_beast_give_the_same_rows() -> None:
    frames = b"".join(
        b"\x1a3" + bytes(6) + b"\x7f" + data.replace(b"\x1a", b"\x1a\x1a") for data in (EVEN, ODD)
    )
    others, _ = beast.decoder({}, "feed").feed(frames, T0)
    rows, _ = decode(*(f"*{data.hex()};" for data in (EVEN, ODD)))
    assert [{**row, "raw": 0} for row in rows] == [{**row, "raw": 0} for row in others.to_arrow().to_pylist()]
