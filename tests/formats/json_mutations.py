"""A JSON document with some of its values replaced, removed or repeated: what a careless export does."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [
            None, True, False,
            0, -1, 91, 181, 99999, 1e300, 10**400, "", "0", "GND", "ANY", "25:00Z", "FL999",
            "2026-13-01", "Circle", "Polygon", "Point", [], {}, [[]], [None], [[[0, 0]]], {"type": "Circle"},
            [[0, 0], [0, 1], [1, 1]], [181, 0], ["7", "46"], {"text": 1}, [[[[[[[[[]]]]]]]]],
        ]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a document."""
    found = []
    stack = [value]
    while stack:
        at = stack.pop()
        keys = list(at) if isinstance(at, dict) else range(len(at)) if isinstance(at, list) else ()
        for key in keys:
            found.append((at, key))
            stack.append(at[key])
    return found


@st.composite
def mutations(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw a document with one to five changes."""
    root = json.loads(data.decode("utf-8-sig"))
    for _ in range(draw(st.integers(1, 5))):
        found = places(root)
        if not found:
            break
        container, key = found[draw(st.integers(0, len(found) - 1))]
        what = draw(st.sampled_from(["replace", "replace", "remove", "repeat"]))
        if what == "replace":
            container[key] = copy.deepcopy(draw(VALUES))
        elif what == "remove":
            del container[key]
        elif isinstance(container, list):
            container.insert(key, json.loads(json.dumps(container[key])))
    return json.dumps(root).encode()
