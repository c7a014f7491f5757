"""Sets of instants as sorted lists of closed spans (start, end), in seconds."""

from __future__ import annotations

Span = tuple[float, float]
Spans = list[Span]


def union(*sets: Spans, join_s: float = 0.0) -> Spans:
    """Return the union; spans no further apart than ``join_s`` become one."""
    out: Spans = []
    for a, b in sorted(span for one in sets for span in one):
        if out and a <= out[-1][1] + join_s:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def intersection(one: Spans, two: Spans) -> Spans:
    """Return what both have."""
    out: Spans = []
    i = j = 0
    while i < len(one) and j < len(two):
        a, b = max(one[i][0], two[j][0]), min(one[i][1], two[j][1])
        if a <= b:
            out.append((a, b))
        if one[i][1] < two[j][1]:
            i += 1
        else:
            j += 1
    return out


def within(span: Span, spans: Spans, slack_s: float = 0.0) -> bool:
    """Whether one of the spans contains the span, give or take the slack at each end."""
    return any(a - slack_s <= span[0] and span[1] <= b + slack_s for a, b in spans)
