"""Bars drawn as SVG: flights by hour, and how long they were inside."""

from __future__ import annotations

from html import escape

from nofly.run.outputs.text import clock, duration
from nofly.run.weighing.picture import COLOURS
from nofly.whatif.effect import HOUR_US, QUANTILES, Effect, Hour, Outcome

_WIDE, _HIGH, _LEFT, _TOP, _FOOT = 1040.0, 230.0, 40.0, 10.0, 38.0
_ORDER = (Outcome.INFRINGEMENT, Outcome.EXEMPT, Outcome.CLEARED, Outcome.UNDETERMINED)
_STEPS = (1, 2, 3, 6, 12, 24, 48, 168, 336, 672)


def by_hour(effect: Effect) -> str:
    """Return a bar an hour, its outcomes stacked; hours in which nothing was heard are a grey strip."""
    hours = effect.hours
    most = max(1, *(sum(hour.outcomes.values()) for hour in hours))
    step = (_WIDE - _LEFT) / len(hours)
    high = _HIGH - _TOP - _FOOT
    parts = [_grid(most, high)]
    parts += [_bar(hour, _LEFT + k * step, step, high / most, high) for k, hour in enumerate(hours)]
    every = next((n for n in _STEPS if n * step >= 44.0), _STEPS[-1])
    for k, hour in enumerate(hours):
        number = hour.start_us // HOUR_US
        if number % every == 0 and (every % 24 != 0 or number % 24 == 0):
            x = _LEFT + k * step
            parts.append(_label(x, hour.start_us, whole=every >= 24 or number % 24 == 0 or k < every))
    return _svg("Flights inside by hour", _HIGH, "".join(parts))


def _grid(most: int, high_px: float) -> str:
    lines = []
    step = max(1, next(m * 10**e for e in range(9) for m in (1, 2, 5) if most / (m * 10**e) <= 5))
    for count in range(0, most + 1, step):
        y = _TOP + high_px * (1 - count / most)
        lines.append(
            f'<line x1="{_LEFT:g}" x2="{_WIDE:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8886" stroke-width="1"/>'
            f'<text x="{_LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{count:,}</text>'
        )
    return "".join(lines)


def _bar(hour: Hour, x_px: float, step_px: float, unit_px: float, high_px: float) -> str:
    wide = max(step_px - min(3.0, 0.2 * step_px), 0.5)
    if not hour.heard:
        return (
            f'<rect x="{x_px:.1f}" y="{_TOP:g}" width="{step_px:.1f}" height="{high_px:g}" fill="#8883">'
            f"<title>{escape(clock(hour.start_us)[:13])} h: nothing was heard</title></rect>"
        )
    parts, base = [], _TOP + high_px
    told = ", ".join(f"{hour.outcomes[o]} {o.value}" for o in _ORDER if hour.outcomes[o])
    for outcome in _ORDER:
        tall = hour.outcomes[outcome] * unit_px
        if tall:
            base -= tall
            parts.append(
                f'<rect x="{x_px:.1f}" y="{base:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
                f'fill="{COLOURS[outcome]}"/>'
            )
    title = f"{clock(hour.start_us)[:13]} h: {hour.inside} of {hour.heard} flights heard; {told or 'none'}"
    return f"<g><title>{escape(title)}</title>{''.join(parts)}</g>"


def _label(x_px: float, start_us: int, *, whole: bool) -> str:
    text = clock(start_us)
    y = _HIGH - _FOOT + 16
    day = f'<text x="{x_px:.1f}" y="{y + 15:.1f}">{text[:10]}</text>' if whole else ""
    return f'<text x="{x_px:.1f}" y="{y:.1f}">{text[11:13]} h</text>{day}'


def spread_bar(effect: Effect) -> str:
    """Return how the times inside are spread: a bar of so many flights for each span of time."""
    seconds = sorted(hit.inside_s for hit in effect.inside)
    top = _TOP + 16.0
    high = 160.0 - top - _FOOT
    span = _span_s(seconds[-1])
    count = max(1, int(seconds[-1] // span) + 1)
    bins = [0] * count
    for value in seconds:
        bins[int(value // span)] += 1
    step, unit = (_WIDE - _LEFT) / count, high / max(bins)
    parts = [
        f'<rect x="{_LEFT + k * step:.1f}" y="{top + high - n * unit:.1f}" width="{max(step - 2, 1):.1f}" '
        f'height="{n * unit:.1f}" fill="#0072b2"><title>{duration(k * span)} to {duration((k + 1) * span)}: '
        f"{n:,} flights</title></rect>"
        for k, n in enumerate(bins)
    ]
    every = max(1, -(-count // 12))
    for k in range(0, count, every):
        parts.append(
            f'<text x="{_LEFT + k * step:.1f}" y="{top + high + 16:.1f}">{duration(k * span)}</text>'
        )
    middle = effect.inside_s().quantiles[QUANTILES.index(0.5)]
    x = _LEFT + middle / span * step
    anchor = "end" if x > 0.7 * _WIDE else "start"
    parts.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP:g}" y2="{top + high:g}" stroke="#d55e00" '
        f'stroke-width="2"/><text x="{x + (-5 if anchor == "end" else 5):.1f}" y="{_TOP + 10:g}" '
        f'text-anchor="{anchor}">half: {duration(middle)} or less</text>'
    )
    return _svg("Flights by time inside", 160.0, "".join(parts))


def _span_s(most_s: float) -> float:
    """Return a span of time that makes at most some thirty bars."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
    return float(next((s for s in steps if most_s / s <= 30), 86400 * (1 + most_s // (30 * 86400))))


def _svg(title: str, high_px: float, inner: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDE:g} {high_px:g}" role="img" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{inner}</svg>"
    )
