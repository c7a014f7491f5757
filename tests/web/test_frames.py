"""Frames of positions: as documented, cut to a box, with what is not known marked as such."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nofly.run.following.picture import Box, Picture
from nofly.schema import Coded, Positions
from nofly.web import frames

NOW_US = 1_700_000_000_000_000


def reports(*rows: tuple[str, float, float], age_us: int = 0, **columns: list[float]) -> Positions:
    return Positions(
        np.full(len(rows), NOW_US - age_us), Coded.from_list([r[0] for r in rows]),
        np.array([r[1] for r in rows]), np.array([r[2] for r in rows]),
        {name: np.array(values) for name, values in columns.items()},
    )  # fmt: skip


def read(data: bytes) -> tuple[tuple[bytes, int, int, int], list[tuple[float, ...]]]:
    """A reader written from the documented layout alone."""
    magic, count, now_us, known, _ = struct.unpack_from("<4sIqII", data)
    size = struct.calcsize("<IiiffHHBBh")
    assert len(data) == 24 + 28 * count
    assert size == 28
    return (magic, count, now_us, known), [
        struct.unpack_from("<IiiffHHBBh", data, 24 + 28 * k) for k in range(count)
    ]


def test_a_frame_reads_as_it_is_documented() -> None:
    picture = Picture()
    picture.take(reports(
        ("icao24:4ca7b3", 47.5, 8.25), age_us=1_500_000, alt_std_m=[3048.0], gs_mps=[120.5],
        track_deg=[359.99], vrate_mps=[-5.25], on_ground=[0],
    ))  # fmt: skip
    head, (row,) = read(frames.frame(frames.records(picture, NOW_US), NOW_US, 1))
    assert head == (b"NFP1", 1, NOW_US, 1)
    assert row == (0, 475_000_000, 82_500_000, 3048.0, 120.5, 35999, 15, 1, 0, -525)


def test_what_is_not_known_is_not_zero() -> None:
    picture = Picture()
    picture.take(reports(("a", 1.0, 2.0)))
    _, (row,) = read(frames.frame(frames.records(picture, NOW_US), NOW_US, 1))
    assert np.isnan(row[3])
    assert np.isnan(row[4])
    assert row[5] == 65535
    assert row[7] == 0
    assert row[8] == 255
    assert row[9] == -32768


def test_the_datum_of_a_height_goes_with_it() -> None:
    picture = Picture()
    picture.take(reports(("a", 1.0, 2.0), ("b", 1.0, 2.0), alt_std_m=[np.nan, 10.0], alt_agl_m=[40.0, 50.0]))
    _, rows = read(frames.frame(frames.records(picture, NOW_US), NOW_US, 2))
    assert [(row[3], row[7]) for row in rows] == [(40.0, 4), (10.0, 1)]


def test_a_box_across_the_antimeridian() -> None:
    picture = Picture()
    picture.take(reports(("a", 0.0, 179.5), ("b", 0.0, -179.5), ("c", 0.0, 0.0)))
    rows = frames.within(frames.records(picture, NOW_US), Box(-1.0, 179.0, 1.0, -179.0))
    assert [picture.told[n].target_id for n in rows["number"]] == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 10**9), st.floats(-90, 90), st.floats(-180, 180)),
        max_size=40,
    ),
    st.lists(st.integers(0, 39), max_size=4),
)
def test_the_newest_report_is_shown_however_they_come(
    rows: list[tuple[str, int, float, float]], cuts: list[int]
) -> None:
    """An independent picture: a dictionary that takes one report after the other."""
    picture, plain = Picture(), {}
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(rows)], strict=True):
        part = rows[begin:end]
        picture.take(Positions(
            np.array([NOW_US - r[1] for r in part], np.int64), Coded.from_list([r[0] for r in part]),
            np.array([r[2] for r in part]), np.array([r[3] for r in part]),
        ))  # fmt: skip
        for target, age_us, *_ in part:
            plain[target] = max(plain.get(target, 0), NOW_US - age_us)
    shown = picture.shown(NOW_US)
    found = {picture.told[n].target_id: int(picture.latest["time_us"][n]) for n in shown}
    assert found == {target: time for target, time in plain.items() if time > NOW_US - 600_000_000}
