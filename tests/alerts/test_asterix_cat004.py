"""ASTERIX category 004: every item that is sent is what libasterix reads, and nothing else is there."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly.alerts import Condition, Verdict, _cat004
from nofly.alerts.asterix_cat004 import _number
from nofly.errors import ConfigError
from tests.alerts.datagrams import Hearing
from tests.alerts.notices import HOSTILE, NOW_US, UNKNOWN, channel, notice, tell

S = 1_000_000
TICKS = NOW_US * 128 // S % (86_400 * 128)
MANDATORY = {
    _cat004.ALIVE: {"000", "010", "020", "060"},
    _cat004.APW: {"000", "010", "020", "030", "040", "100", "120"},
    _cat004.END_OF_CONFLICT: {"000", "010", "020", "040"},
}
OPTIONAL = {
    _cat004.ALIVE: {"015"},
    _cat004.APW: {"015", "045", "070", "110", "170"},
    _cat004.END_OF_CONFLICT: {"015", "030", "045", "035"},
}


def read(data: bytes) -> list[dict[str, Any]]:
    """Return the items of the records of a datagram, as libasterix reads them."""
    from asterix import base, generated

    edition = generated.Cat_004_1_12
    (block,) = base.RawDatablock.parse(base.Bits.from_bytes(data))
    assert block.get_category() == 4
    records = edition.cv_uap.parse(block.get_raw_records())
    assert not isinstance(records, ValueError)
    out = []
    for record in records:
        items: dict[str, Any] = {}
        for name in ("010", "000", "020", "040", "030"):
            if record.get_item(name) is not None:
                items[name] = record.get_item(name).as_uint()
        for name, parts in {"045": ["STAT"], "060": ["APW", "MSAW", "STCA", "DG", "OF", "OL"]}.items():
            if (item := record.get_item(name)) is not None:
                found = {part: item.variation.get_item(part) for part in parts}
                items[name] = {part: value.as_uint() for part, value in found.items() if value is not None}
        for name in ("100", "120", "070", "170"):
            if (item := record.get_item(name)) is not None:
                subs = [i.cv_name for i in item.variation.cv_items_list if i is not None]
                found = {sub: item.variation.get_item(sub) for sub in subs}
                items[name] = {sub: value.as_uint() for sub, value in found.items() if value is not None}
        known = set(items)
        all_names = [i.cv_non_spare.cv_name for i in edition.cv_uap.cv_record.cv_items_list
                     if hasattr(i, "cv_non_spare")]  # fmt: skip
        for name in all_names:
            assert (record.get_item(name) is not None) == (name in known), name
        kind = items["000"]
        assert MANDATORY[kind] <= known <= MANDATORY[kind] | OPTIONAL[kind]
        out.append(items)
    return out


def sixbit(value: int, characters: int = 8) -> str:
    codes = [(value >> 6 * k) & 63 for k in reversed(range(characters))]
    return "".join(chr(c + 64) if 1 <= c <= 26 else chr(c) for c in codes)


def hear(count: int, *notices: Any, **options: Any) -> list[dict[str, Any]]:
    with Hearing() as hearing:
        outcomes = tell(
            "asterix_cat004", *notices, host="127.0.0.1", port=hearing.port, sac=25, sic=7, **options
        )
        assert {o.verdict for o in outcomes} <= {Verdict.TOLD}
        return [record for data in hearing.take(count) for record in read(data)]


def test_an_infringement() -> None:
    (got,) = hear(1, notice())
    assert got["010"] == 25 << 8 | 7
    assert got["000"] == 5
    assert got["020"] == TICKS
    assert got["040"] == _number("0123456789abcdef", set())
    assert got["045"] == {"STAT": _cat004.INFRINGING}
    assert got["030"] == _number("icao24:3b7b94", set())
    assert sixbit(got["100"]["AN"]) == "LFP25   "
    assert got["120"] == {"CC": 1, "CD": 0}
    assert "070" not in got
    aircraft = got["170"]
    assert set(aircraft) == {"AI1", "M31", "CPW", "MS1"}
    assert aircraft["AI1"].to_bytes(7, "big") == b"FMY8055"
    assert aircraft["M31"] == 0o1234
    assert sixbit(aircraft["MS1"]) == "FMY8055 "
    place = aircraft["CPW"].to_bytes(10, "big")
    parts = (place[:4], place[4:8], place[8:])
    lat, lon, altitude = (int.from_bytes(part, "big", signed=True) for part in parts)
    assert lat * 180 / 2**25 == pytest.approx(48.8566, abs=180 / 2**26)
    assert lon * 180 / 2**25 == pytest.approx(2.3522, abs=180 / 2**26)
    assert altitude * 25 == 2000


def test_a_prediction_its_entry_and_its_end_have_one_number() -> None:
    life = [
        notice(
            kind="predicted", phase="predicted", incident="w", warning="w", urgency="warning",
            predicted_entry_us=NOW_US + 90 * S,
        ),
        notice(kind="entered", incident="i", warning="w"),
        notice(kind="exited", phase="exited", incident="i", warning="w", active=False),
        notice(kind="closed", phase="closed", incident="i", warning="w", active=False),
    ]  # fmt: skip
    predicted, entered, ended = hear(3, *life)
    assert [r["000"] for r in (predicted, entered, ended)] == [5, 5, 17]
    assert len({r["040"] for r in (predicted, entered, ended)}) == 1
    assert predicted["070"] == {"TC": 90 * 128}
    assert predicted["120"]["CC"] == 0
    assert [r["045"]["STAT"] for r in (predicted, entered, ended)] == [1, 2, 0]


def test_the_duration_counts_from_the_beginning_as_recorded() -> None:
    standing = [notice(kind="doubted", phase="undetermined", begun_us=NOW_US - 90 * S)]
    _, got = hear(1, zones=[], standing=standing, condition=Condition(True))
    assert got["120"]["CD"] == 90 * 128
    (told,) = hear(1, notice(begun_us=NOW_US - 60 * S))
    assert told["120"]["CD"] == 60 * 128


def test_what_stands_no_more_is_over_and_shown_again_with_its_number_and_its_duration() -> None:
    known = notice(begun_us=NOW_US - 60 * S)

    async def run(port: int) -> None:
        one = channel("asterix_cat004", host="127.0.0.1", port=port)
        await one.tell(known)
        await one.watch([], [])
        await one.beat(Condition(True))
        await one.watch([], [known])
        await one.beat(Condition(True))
        await one.aclose()

    with Hearing() as hearing:
        asyncio.run(run(hearing.port))
        got = [record for data in hearing.take(4) for record in read(data)]
    assert [r["000"] for r in got] == [5, 17, 1, 1, 5]
    assert got[0]["040"] == got[1]["040"] == got[4]["040"]
    assert got[0]["120"] == got[4]["120"]


def test_what_is_not_known_is_not_there() -> None:
    (got,) = hear(1, notice(**UNKNOWN))
    assert set(got) == {"010", "000", "020", "040", "045", "030", "120", "100"}
    assert sixbit(got["100"]["AN"]) == "        "


def test_a_height_above_ground_or_ellipsoid_is_no_altitude() -> None:
    (got,) = hear(1, notice(height_datum="HAE"))
    assert "CPW" not in got["170"]


def test_hostile_names() -> None:
    (got,) = hear(1, notice(callsign=HOSTILE, zone_id=HOSTILE, squawk="9999", target_id=HOSTILE))
    assert set(got["170"]) == {"CPW"}
    assert sixbit(got["100"]["AN"]).isalnum()


def test_alive_with_how_the_watch_is_and_every_warning_again() -> None:
    for condition, function in [
        (Condition(True, False), {"APW": 1, "MSAW": 0, "STCA": 0}),
        (Condition(False, True), {"APW": 0, "MSAW": 0, "STCA": 0, "DG": 1, "OF": 0, "OL": 0}),
        (Condition(), {"APW": 0, "MSAW": 0, "STCA": 0}),
    ]:
        standing = [notice(incident=f"i{n}") for n in range(60)]
        got = hear(3, zones=[], standing=standing, condition=condition)
        assert [r["000"] for r in got] == [1] + [5] * 60
        assert got[0]["060"] == function
        assert len({r["040"] for r in got[1:]}) == 60


def test_a_silent_feed_is_told_by_the_state() -> None:
    (got,) = hear(1, notice(**{**UNKNOWN, "kind": "feed-silent", "active": None}))
    assert got["000"] == 1


@pytest.mark.parametrize("interface", ["127.0.0.1", "lo"])
def test_multicast(interface: str) -> None:
    with Hearing("239.255.77.4") as hearing:
        tell("asterix_cat004", notice(), host="239.255.77.4", port=hearing.port, interface=interface)
        assert read(hearing.take(1)[0])[0]["000"] == 5


def test_an_interface_that_is_not_there() -> None:
    (outcome,) = tell("asterix_cat004", notice(), host="239.255.77.4", interface="eth99")
    assert outcome.verdict is Verdict.LATER
    assert "no interface 'eth99': there are lo" in outcome.why


def test_numbers_in_use_are_not_given_twice() -> None:
    used: set[int] = set()
    for name in ["a"] * 100:
        used.add(_number(name, used))
    assert len(used) == 100


@settings(max_examples=60)
@given(
    duration_s=st.floats(-1e9, 1e9), lat_deg=st.floats(-90, 90), lon_deg=st.floats(-180, 180),
    height_m=st.floats(-1e9, 1e9), area=st.text(max_size=12), callsign=st.text(max_size=9),
    time_us=st.integers(-(2**63), 2**63 - 1), to_conflict_s=st.none() | st.floats(-1e9, 1e9),
)  # fmt: skip
def test_whatever_is_said_is_one_record(time_us: int, **values: Any) -> None:
    conflict = _cat004.Conflict(alert=65535, track=0, status=4, severe=True, **values)
    for record in (_cat004.warning(255, 0, time_us, conflict), _cat004.end(0, 255, time_us, conflict)):
        (block,) = _cat004.blocks([record])
        assert len(read(block)) == 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"host": "a b"},
        {"host": "h", "sac": 256},
        {"host": "h", "port": 0},
        {"host": "h:8600"},
        {"host": "[::1]"},
    ],
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        channel("asterix_cat004", **options)
