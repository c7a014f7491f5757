from __future__ import annotations

import pytest

from nofly.feeds import texts
from nofly.feeds.texts import TextColumn, callsign_of, source_of, squawk_of, target_of


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("4CA7B3", "icao24:4ca7b3"),
        (" 0101de ", "icao24:0101de"),
        ("~2a1b3c", "tisb:~2a1b3c"),
        ("icao24:4ca7b3", "icao24:4ca7b3"),
        (0x4CA7B3, "icao24:4ca7b3"),
        (66014.0, "icao24:0101de"),
        ("4ca7b", None),
        ("4ca7bg", None),
        ("", None),
        (None, None),
        ("000000", None),
        (0, None),
        (1 << 24, None),
        (float("nan"), None),
        (True, None),
    ],
)
def test_target_of_an_address(address: object, target: str | None) -> None:
    assert target_of(address) == target


@pytest.mark.parametrize(
    ("value", "squawk"),
    [(7000.0, "7000"), (33, "0033"), ("7700", "7700"), ("1000.0", "1000"), ("12", "0012"), ("9999", None),
     ("", None), (None, None), (float("nan"), None), (1234.5, None), (float("inf"), None), ("70 0", None)],
)  # fmt: skip
def test_squawk_is_four_octal_digits(value: object, squawk: str | None) -> None:
    assert squawk_of(value) == squawk


def test_padding_is_no_callsign() -> None:
    assert callsign_of("SWR123  ") == "SWR123"
    assert callsign_of("@@@@@@@@") is None
    assert callsign_of("") is None


def test_the_source_of_readsb_in_our_words() -> None:
    found = [
        source_of(t) for t in ("adsb_icao", "adsr_other", "tisb_trackfile", "mlat", "mode_s", "other", "adsb")
    ]
    assert found == ["adsb", "adsb", "tisb", "mlat", None, None, "adsb"]


def test_codes_stay_the_same_from_batch_to_batch() -> None:
    column = TextColumn("callsign")
    first = column.coded(["A ", None, "B", "A"])
    second = column.coded(["B ", "C"])
    assert first.codes.tolist() == [0, -1, 1, 0]
    assert second.codes.tolist() == [1, 2]
    assert first.values is second.values


def test_memory_of_a_text_column_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_TEXTS", 3)
    column = TextColumn("callsign")
    first = column.coded(["A", "B", "C"])
    second = column.coded(["D"])
    assert (first.values, second.values) == (["A", "B", "C"], ["D"])
    assert [first.at(2), second.at(0)] == ["C", "D"]
