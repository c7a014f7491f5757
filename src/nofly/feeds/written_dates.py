"""Dates as people write them, day and month before the year: which is which, and beside a time of day.

Dots mean day, month, year. With slashes either may come first: a number above 12 is a day, and tells it for
the file. Where nothing and nobody tells, or two rows contradict each other, such a date is no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_DATE = (
    r"^(?P<first>[0-9]{1,2})(?P<mark>[./])(?P<second>[0-9]{1,2})[./](?P<year>[0-9]{4})"
    r"(?:,? |T)(?P<time>[0-9]{1,2}:[0-9]{2}.*)$"
)
_TIME_OF_DAY = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?$"


class WrittenDates:
    """Rewrites the times of one file as ISO 8601, remembering what told the order of day and month."""

    def __init__(self, order: str | None = None) -> None:
        """``order`` is one of :data:`nofly.feeds.options.DATE_ORDERS`, or None: the file is to tell."""
        self.told = ""
        """The date that told which number is the day, where slashes part them."""
        self._stated = order is not None
        self._day_first: bool | None = order == "dmy" if order is not None else None
        self._contradicted = False

    def rewritten(self, text: pa.Array) -> pa.Array:
        """Return texts with such dates as ``2024-12-31 08:15``, others as they stand; call in file order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        parts = pc.extract_regex(text, _DATE)
        if parts.null_count == len(parts):
            return text
        first, mark, second, year, time = (
            pc.struct_field(parts, name) for name in ("first", "mark", "second", "year", "time")
        )
        slashes = pc.fill_null(pc.equal(mark, "/"), False)
        if not self._stated:
            self._learn(text, slashes, first, second)
        day_first = pc.invert(slashes)
        if self._day_first is not None and not self._contradicted:
            day_first = pc.or_(day_first, self._day_first)
            slashes = pa.scalar(False)
        day, month = pc.if_else(day_first, first, second), pc.if_else(day_first, second, first)
        day, month = (pc.utf8_lpad(number, 2, "0") for number in (day, month))
        time = pc.if_else(
            pc.equal(pc.utf8_slice_codeunits(time, 1, 2), ":"),
            pc.binary_join_element_wise("0", time, ""),
            time,
        )
        whole = pc.binary_join_element_wise(year, "-", month, "-", day, " ", time, "")
        return pc.if_else(pc.or_(slashes, pc.is_null(parts)), text, whole)

    def _learn(self, text: pa.Array, slashes: pa.Array, first: pa.Array, second: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        for number, day_first in ((first, True), (second, False)):
            is_day = pc.and_(slashes, pc.greater(number.cast(pa.int8()), 12))
            if pc.any(is_day).as_py():
                if self._day_first is None:
                    self.told = text.filter(is_day)[0].as_py()[:10]
                self._contradicted |= self._day_first not in (None, day_first)
                self._day_first = day_first


def joined(date: pa.Array, time: pa.Array) -> pa.Array:
    """Return the texts of a time column with the date of their row before those that are a time of day."""
    import pyarrow.compute as pc

    time = pc.utf8_trim_whitespace(time)
    alone = pc.match_substring_regex(time, _TIME_OF_DAY)
    whole = pc.binary_join_element_wise(pc.utf8_trim_whitespace(date), time, " ")
    return pc.if_else(pc.fill_null(alone, False), whole, time)
