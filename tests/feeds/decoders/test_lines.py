from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from nofly.feeds.decoders._lines import Lines

TEXT = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b" ", b"ddddd"]), max_size=30).map(b"".join)


def plain(data: bytes, most: int) -> list[tuple[int, bytes | None]]:
    """Return what lines there are, the obvious way."""
    found: list[tuple[int, bytes | None]] = []
    start = 0
    for line in data.split(b"\n"):
        if len(line) > most:
            found.append((start, None))
        elif line.strip():
            found.append((start, line.strip()))
        start += len(line) + 1
    return found


@given(TEXT, st.lists(st.integers(0, 80), max_size=8), st.integers(1, 9))
def test_lines_are_cut_at_their_ends(data: bytes, places: list[int], most: int) -> None:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    lines = Lines(most)
    found = [line for a, b in itertools.pairwise(ends) for line in lines.feed(data[a:b])]
    assert found + list(lines.finish()) == plain(data, most)


@given(TEXT, TEXT)
def test_a_line_never_reaches_into_the_next_connection(one: bytes, other: bytes) -> None:
    lines = Lines(9)
    found = [*lines.feed(one), *lines.finish()]
    found += [(start - len(one), line) for start, line in [*lines.feed(other), *lines.finish()]]
    assert found == plain(one, 9) + plain(other, 9)


def test_a_line_without_end_is_not_kept() -> None:
    lines = Lines(100)
    for _ in range(50):
        assert not list(lines.feed(b"x" * 99))
    assert list(lines.feed(b"\nhello\n")) == [(0, None), (4951, b"hello")]
