"""Addresses, the states that hold them, and what is no address."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.tracks.identity import (
    Privacy,
    address_of,
    icao24_of,
    parse_address,
    state_blocks,
    state_of,
    states_of,
    target_named,
)

KNOWN = {
    "4ca7b3": "IRL", "3c6444": "DEU", "3fffff": "DEU", "a835af": "USA", "ae1234": "USA", "4b1804": "CHE",
    "4b8467": "TUR", "508035": "UKR", "152021": "RUS", "1fffff": "RUS", "39c421": "FRA", "380000": "FRA",
    "400a01": "GBR", "43c5ef": "GBR", "7c6b2d": "AUS", "780a1b": "CHN", "7bb0ff": "CHN", "484557": "NLD",
    "440123": "AUT", "448600": "BEL", "45ac52": "DNK", "461f2a": "FIN", "473c01": "HUN", "478100": "NOR",
    "48ad03": "POL", "4951c8": "PRT", "49d0a1": "CZE", "4a0812": "ROU", "4aca83": "SWE", "4c01e4": "SRB",
    "4cc2a4": "ISL", "4d03d0": "LUX", "4d2255": "MLT", "4d24ca": "MLT", "501d1c": "HRV", "502d57": "LVA",
    "503cc1": "LTU", "504e00": "MDA", "505c41": "SVK", "506c3b": "SVN", "510105": "BLR", "511141": "EST",
    "300621": "ITA", "345218": "ESP", "06a1e7": "QAT", "06a8aa": "QAT", "896180": "ARE", "710061": "SAU",
    "738a12": "ISR", "730c21": "IRN", "71be12": "KOR", "8614c2": "JPN", "800b21": "IND", "76cd6a": "SGP",
    "8a04f2": "IDN", "888123": "VNM", "c01234": "CAN", "c8175e": "NZL", "c88123": "FJI", "e48aa2": "BRA",
    "e0659a": "ARG", "0d0abc": "MEX", "0ac123": "COL", "0ad7f0": "COL", "010101": "EGY", "00b0e1": "ZAF",
    "899044": "TWN", "600801": "AZE", "683001": "KAZ", "514001": "GEO", "c95000": "TLS",
}  # fmt: skip


@pytest.mark.parametrize(("address", "alpha3"), sorted(KNOWN.items()))
def test_known_addresses_belong_to_their_state(address: str, alpha3: str) -> None:
    block = state_of(address)
    assert block is not None
    assert block.alpha3 == alpha3


@pytest.mark.parametrize(
    "address", ["000000", "ffffff", "000001", "200000", "5f0000", "b00000", "d12345", "f0a000"]
)
def test_addresses_that_no_state_holds(address: str) -> None:
    assert state_of(address) is None


def test_icao_itself_is_no_state() -> None:
    block = state_of("f00123")
    assert block is not None
    assert block.alpha3 is None
    assert block.name.startswith("ICAO")


def test_blocks_are_aligned_disjoint_and_in_order() -> None:
    blocks = state_blocks()
    assert len(blocks) == 196
    for block in blocks:
        size = block.last - block.first + 1
        assert size & (size - 1) == 0
        assert block.first % size == 0
    for before, after in pairwise(blocks):
        assert before.last < after.first
    states = [block.alpha3 for block in blocks if block.alpha3]
    assert len(states) == len(set(states))
    assert all(len(code) == 3 and code.isupper() for code in states)


def test_block_text() -> None:
    block = state_of("4CA7B3")
    assert block is not None
    assert block.block == "4ca000-4cafff"


@given(st.lists(st.integers(-5, (1 << 24) + 5), max_size=50))
def test_many_at_once_are_as_one_by_one(values: list[int]) -> None:
    blocks = state_blocks()
    for value, index in zip(values, states_of(np.array(values, dtype=np.int64)), strict=True):
        holders = [i for i, b in enumerate(blocks) if b.first <= value <= b.last and 0 < value < 0xFFFFFF]
        assert [int(index)] == (holders or [-1])


def test_what_is_an_address() -> None:
    assert address_of(" 4CA7B3 ") == "4ca7b3"
    assert address_of("0x4ca7b3") == "4ca7b3"
    for text in ("", "4ca7b", "4ca7b30", "~4ca7b3", "4ca7bg", "000000", "FFFFFF", "٤٤٤٤٤٤", "4ca7b3\x00"):
        assert address_of(text) is None


def test_bad_address_is_named_where_it_stood() -> None:
    with pytest.raises(InputError, match=r"list\.txt, line 7: 'xyz' is not an ICAO aircraft address"):
        parse_address("xyz", source="list.txt", locator="line 7")


def test_a_number_that_is_not_icao_stays_apart() -> None:
    assert icao24_of("icao24:4ca7b3") == "4ca7b3"
    assert icao24_of("tisb:~4ca7b3") is None
    assert icao24_of("rid:1581F4") is None
    assert icao24_of("icao24:000000") is None
    assert state_of("~4ca7b3") is None
    assert state_of(None) is None


def test_privacy_has_the_values_of_readsb() -> None:
    assert Privacy(5) == Privacy.MILITARY | Privacy.PIA
    assert Privacy.LADD in Privacy(12)


def test_an_address_names_a_target_with_its_prefix_or_without() -> None:
    for text in ("4b1802", "4B1802", "icao24:4b1802", "ICAO24:4B1802"):
        assert target_named(text) == "icao24:4b1802"
    for text in ("SWR123", "rid:x", "tisb:~4b1802", "~4b1802", "ffffff", "icao24:ffffff", "4b18*", ""):
        assert target_named(text) == text
