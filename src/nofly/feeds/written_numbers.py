"""Numbers as people and spreadsheets write them: decimal commas, and thousands set apart.

What separates thousands in one file is the decimal mark of another: ``1,800`` is 1800 or 1.8. The degrees of
a file tell which: none has thousands, so the mark they are written with is the file's decimal mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

NUMBER = r"^[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?[ \t]*$"
"""A number with a decimal point, or without."""
_NULLS = ("", "nan", "null", "none", "n/a", "na", "\\n", "-")
_POINTS_APART = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?$"
_COMMAS_APART = r"^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$"
_EITHER = r"^[+-]?[0-9]{1,3}[.,][0-9]{3}$"


class Written(NamedTuple):
    """Numbers out of text: NaN where there is none; what else is to be said of them, each with how many."""

    values: NDArray[np.float64]
    none: str | None
    """The first text that is no number."""
    nones: int
    apart: str | None
    """The first number whose thousands are set apart."""
    aparts: int
    doubtful: str | None
    """The first number that could be either, in a file that does not tell: it is NaN."""
    doubtfuls: int


def no_value(text: pa.Array) -> pa.Array:
    """Return which of trimmed texts are null, empty or a word for it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.or_(pc.is_null(text), pc.is_in(pc.utf8_lower(text), pa.array(_NULLS)))


def decimal_mark(degrees: pa.Array) -> str:
    """Return the decimal mark of degrees written as text: that of the first that has one; ``""`` if none."""
    import pyarrow.compute as pc

    marks = pc.replace_substring_regex(degrees, "[^.,]", "")
    marked = pc.index(pc.greater(pc.fill_null(pc.binary_length(marks), 0), 0), True).as_py()
    return "" if marked < 0 else str(marks[marked])[0]


def numbers(text: pa.Array, mark: str, degrees: bool) -> Written:
    """Return the numbers in trimmed texts of a file with this decimal mark (``""``: not told).

    In ``degrees`` no thousands are looked for. A comma where none can separate thousands is decimal.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def like(pattern: str) -> pa.Array:
        return pc.fill_null(pc.match_substring_regex(text, pattern), False)

    never = pa.array(np.zeros(len(text), np.bool_))
    apart = doubtful = never
    plain = pc.replace_substring(text, ",", ".")
    if not degrees:
        points, commas, either = like(_POINTS_APART), like(_COMMAS_APART), like(_EITHER)
        if mark == ".":
            points = pc.and_not(points, either)
        elif mark == ",":
            commas = pc.and_not(commas, either)
        else:
            points = pc.and_not(points, either)
            doubtful = pc.and_(commas, either)
        plain = pc.if_else(commas, pc.replace_substring(text, ",", ""), plain)
        bare = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
        plain = pc.if_else(points, bare, plain)
        apart = pc.and_not(pc.or_(points, commas), doubtful)
    numeric = pc.fill_null(pc.match_substring_regex(plain, NUMBER), False)
    bad = pc.invert(pc.or_(numeric, no_value(text)))
    values: NDArray[np.float64] = pc.if_else(pc.and_not(numeric, doubtful), plain, None).cast(
        pa.float64()
    ).to_numpy(zero_copy_only=False)  # fmt: skip
    return Written(values, *_first(text, bad), *_first(text, apart), *_first(text, doubtful))


def _first(text: pa.Array, where: pa.Array) -> tuple[str | None, int]:
    import pyarrow.compute as pc

    count = pc.sum(where).as_py() or 0
    return (str(text[pc.index(where, True).as_py()])[:40], count) if count else (None, 0)
