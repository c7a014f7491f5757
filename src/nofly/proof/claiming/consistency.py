"""Whether the numbers of one reading of a statement can all be true of one flight, and of which flights.

First by arithmetic, which holds for every path; then, where the zone's shape is known, by a search for paths
through it. Where nothing fits, each number is left out in turn: what then fits shows which of them breaks it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nofly.proof.claiming import wording
from nofly.proof.claiming.arithmetic import EVERYTHING, Motion, Range, allowed, both, climb_mps, motion
from nofly.proof.claiming.ends import Ends
from nofly.proof.claiming.families import Family, families
from nofly.proof.claiming.flying import CLASSES, Envelope
from nofly.proof.claiming.path_space import Demand
from nofly.proof.claiming.paths import NEAR_FRACTION, search
from nofly.proof.claiming.plane import Figure
from nofly.proof.claiming.quantities import Span
from nofly.proof.claiming.verdicts import Verdict
from nofly.proof.claims import About, Inside, Reading, Statement
from nofly.zones.sentence import Sentence, say

MOVING = ("length", "duration", "speed", "depth")
"""What arithmetic joins."""
_ANY = CLASSES["any"]
_LEAST_EFFORT = 0.35
MOST_FAMILIES = 8


@dataclass(frozen=True, slots=True)
class Fit:
    """What fits one reading of a statement."""

    reading: Reading
    verdict: Verdict
    reasons: tuple[str, ...]
    numbers: Mapping[str, Any]
    families: tuple[Family, ...] = ()
    """The most frequent kinds of paths that fit."""
    kinds: int = 0
    """How many kinds fit."""
    tried: int = 0


def envelope_of(about: About) -> Envelope:
    """Return what the aircraft can do: its class, narrowed by the speed range that the file gives."""
    found = CLASSES[about.type_class or "any"]
    if about.speed_range is None:
        return found
    low, high = both((found.low_mps, found.high_mps), allowed(about.speed_range))
    return replace(found, name=about.type or found.name, low_mps=low, high_mps=high)


def fit(
    statement: Statement, reading: Reading, figures: Sequence[Figure], boundary_err_m: float, ends: Ends
) -> Fit | None:
    """Return what fits one reading, by a way inside that ends so; None where it states no two numbers to
    compare, or nothing of a flight inside."""
    stated = {name: span for name, span in reading.quantities.items() if name in MOVING}
    geometry = bool(figures) and bool(stated)
    if statement.inside is Inside.NEVER or not (len(stated) >= 2 or geometry or _heights(reading)):
        return None
    envelope = envelope_of(statement.about)
    off_m = boundary_err_m
    moved = motion(stated, envelope, ends=ends, boundary_err_m=off_m)
    said = _implied(stated, ends)
    numbers = _numbers(moved, stated, ends)
    broken = _impossible_heights(reading, envelope, moved)
    if not moved.possible:
        broken = [*_arithmetic_breaks(stated, envelope, ends, off_m), *broken]
    if broken:
        return Fit(reading, Verdict.SELF_INCONSISTENT, (*said, *broken), numbers)
    if not geometry:
        only = say("What is stated fits a mean speed of {speed}.", speed=wording.speed(moved.speed_mps))
        return Fit(reading, Verdict.NOT_SHOWN, (*said, only), numbers)
    return _through(statement, reading, stated, (envelope, moved, ends), figures, off_m, (said, numbers))


def _through(
    statement: Statement, reading: Reading, stated: Mapping[str, Span], can: tuple[Envelope, Motion, Ends],
    figures: Sequence[Figure], off_m: float, so_far: tuple[tuple[str, ...], dict[str, Any]],
) -> Fit:  # fmt: skip
    """Return what fits through the zone."""
    said, numbers = so_far
    found = [(f, search(f, demand(statement, reading, can, f, off_m))) for f in figures]
    tried = sum(one.tried for _, one in found)
    told = tuple(family for figure, one in found for family in families(figure, one.fitting))
    numbers = {**numbers, "paths_tried": tried, "paths_fitting": sum(len(one.fitting) for _, one in found)}
    if told:
        low = min(family.speed_mps[0] for family in told)
        high = max(family.speed_mps[1] for family in told)
        numbers["fitting_speed_kmh"] = [round(low * 3.6, 1), round(high * 3.6, 1)]
        fits = say(
            "Through the zone one kind of path fits: {speed}."
            if len(told) == 1
            else "Through the zone {count} kinds of paths fit: {speed}.",
            count=str(len(told)),
            speed=wording.speed((low, high)),
        )
        return Fit(reading, Verdict.NOT_SHOWN, (*said, fits), numbers, told[:MOST_FAMILIES], len(told), tried)
    least = min((one.least_miss_fraction for _, one in found), default=math.inf)
    numbers["nearest_miss_fraction"] = round(least, 4) if math.isfinite(least) else None
    if least <= NEAR_FRACTION:
        near = say(
            "The nearest of {count} paths through the zone misses by {off} %: too near to tell.",
            count=f"{tried:,}", off=f"{100 * least:.1f}",
        )  # fmt: skip
        return Fit(reading, Verdict.NOT_SHOWN, (*said, near), numbers, tried=tried)
    none = _none_of(tried, least)
    if any(_shorter_fits(f, demand(statement, reading, can, f, off_m)) for f in figures):
        longer = say("Shorter ones do: one that turns more often may be long enough.")
        return Fit(reading, Verdict.NOT_SHOWN, (*said, none, longer), numbers, tried=tried)
    breaks = _search_breaks(statement, reading, stated, can, figures, off_m)
    return Fit(reading, Verdict.SELF_INCONSISTENT, (*said, none, *breaks), numbers, tried=tried)


def _none_of(tried: int, least_fraction: float) -> Sentence:
    missed = (
        ""
        if math.isinf(least_fraction)
        else say("; the nearest misses by {off} %", off=f"{100 * least_fraction:.0f}")
    )
    return say("None of {count} paths through the zone fits{missed}.", count=f"{tried:,}", missed=missed)


def _shorter_fits(figure: Figure, wanted: Demand) -> bool:
    """Return whether paths fit but for being too short: more turns than are tried make a way longer."""
    free = replace(
        wanted, length_m=(0.0, wanted.length_m[1]), duration_s=(0.0, wanted.duration_s[1]),
        true_length_m=(0.0, wanted.true_length_m[1]),
    )  # fmt: skip
    return len(search(figure, free, _LEAST_EFFORT).fitting) > 0


def demand(
    statement: Statement, reading: Reading, can: tuple[Envelope, Motion, Ends], figure: Figure, off_m: float
) -> Demand:
    """Return what a path through a figure has to fit. The boundary's error, the plane's and that of the
    simplified outline widen what is compared with the figure, never the numbers themselves."""
    envelope, moved, ends = can
    off_m += figure.simplified_m
    stretch = figure.stretch_fraction
    low, high = moved.length_m
    depth = allowed(reading.quantities.get("depth"))
    track = reading.quantities.get("track")
    closest = reading.quantities.get("closest")
    place = None
    if closest is not None and statement.closest_to is not None:
        place = figure.xy(*statement.closest_to)
    return Demand(
        length_m=(max(0.0, low * (1.0 - stretch) - 2.0 * off_m), high * (1.0 + stretch) + 2.0 * off_m),
        depth_m=(depth[0] - off_m - stretch * depth[0], depth[1] * (1.0 + stretch) + off_m),
        duration_s=moved.duration_s, speed_mps=moved.speed_mps, turn_mps2=envelope.turn_mps2,
        accel_mps2=envelope.accel_mps2, range_mps=(envelope.low_mps, envelope.high_mps), err_m=off_m,
        true_length_m=moved.length_m,
        track_deg=(track.low_value, track.high_value) if track else None,
        place_xy=place, closest_m=allowed(closest) if place else EVERYTHING, ends=ends,
    )  # fmt: skip


def _implied(stated: Mapping[str, Span], ends: Ends) -> tuple[str, ...]:
    """Return the sentence that puts the stated numbers together, tolerance aside and with it."""
    said = []
    for name, (a, b, frame) in _IMPLIED.items():
        if a not in stated or b not in stated:
            continue
        two = {a: stated[a], b: stated[b]}
        exact = getattr(motion(two, _ANY, nominal=True), _FIELD[name])
        wide = getattr(motion(two, _ANY), _FIELD[name])
        words = wording.WORDS[name]
        rounded = (
            say("; {wide} within what is stated", wide=words(wide)) if words(wide) != words(exact) else ""
        )
        two_texts = {"one": stated[a].text, "other": stated[b].text}
        said.append(say(frame, **two_texts, exact=words(exact), rounded=rounded))
    if "depth" in stated and "length" not in stated and "speed" not in stated:
        least_m = ends * stated["depth"].low_value
        if least_m > 0.0:
            said.append(say(
                "A depth of {depth} takes {way} in and out again."
                if ends is Ends.THROUGH
                else "A depth of {depth} takes {way} in.",
                depth=stated["depth"].text, way=wording.length((least_m, math.inf)),
            ))  # fmt: skip
    return tuple(said)


_IMPLIED = {
    "speed": ("length", "duration", "{one} in {other} is {exact}{rounded}."),
    "length": ("speed", "duration", "{one} in {other} covers {exact}{rounded}."),
    "duration": ("length", "speed", "{one} at {other} takes {exact}{rounded}."),
}
"""What two stated numbers give: which two, and how it is said."""
_FIELD = {"speed": "speed_mps", "length": "length_m", "duration": "duration_s", "depth": "length_m"}


def _arithmetic_breaks(stated: Mapping[str, Span], envelope: Envelope, ends: Ends, off_m: float) -> list[str]:
    """Return for each number without which the rest fits what the rest asks for instead."""
    said: list[str] = []
    for name in (*stated, "class"):
        names = [other for other in stated if other != name]
        rest = motion(stated, envelope, ends=ends, boundary_err_m=off_m, without=name)
        # Without its only number there is nothing that the rest could ask for.
        if not names or not rest.possible:
            continue
        others = _others(names)
        if name == "class":
            said.append(say(
                "{others} fits {speed}; {who} flies {limits}."
                if len(stated) == 1
                else "{others} fit {speed}; {who} flies {limits}.", others=others,
                speed=wording.speed(rest.speed_mps), who=_called(envelope),
                limits=wording.speed((envelope.low_mps, envelope.high_mps)),
            ))  # fmt: skip
        elif name == "depth":
            deepest = (0.0, rest.length_m[1] / max(1, ends) + off_m)
            said.append(say(
                "{others} fits a depth of {asked}; the stated depth is {stated}."
                if len(stated) == 2
                else "{others} fit a depth of {asked}; the stated depth is {stated}.",
                others=others, asked=wording.length(deepest), stated=stated[name].text,
            ))  # fmt: skip
        else:
            said.append(say(
                "{others} fits {asked}; the stated {name} is {stated}."
                if len(stated) == 2
                else "{others} fit {asked}; the stated {name} is {stated}.",
                others=others, asked=wording.WORDS[name](getattr(rest, _FIELD[name])), name=say(name),
                stated=stated[name].text,
            ))  # fmt: skip
    return said or [say("No one of its numbers alone is to blame: two at least have to be wrong.")]


def _others(names: list[str]) -> str:
    return wording.listed(
        [say("the {name}" if k else "The {name}", name=say(name)) for k, name in enumerate(names)]
    )


def _called(envelope: Envelope) -> str:
    """Return the name of a class as a sentence, one that the file gives as it stands."""
    return say(envelope.name) if envelope.name in CLASSES else envelope.name


def _search_breaks(
    statement: Statement, reading: Reading, stated: Mapping[str, Span], can: tuple[Envelope, Motion, Ends],
    figures: Sequence[Figure], off_m: float,
) -> list[str]:  # fmt: skip
    """Return for each number without which some path fits what that path does instead."""
    envelope, _, ends = can
    said = []
    for name in (*stated, *(n for n in ("track", "closest") if n in reading.quantities)):
        rest = {n: span for n, span in reading.quantities.items() if n != name}
        moved = motion(stated, envelope, ends=ends, boundary_err_m=off_m, without=name)
        if not moved.possible:
            continue
        less = Reading(reading.name, rest)
        found = [
            (f, search(f, demand(statement, less, (envelope, moved, ends), f, off_m), _LEAST_EFFORT))
            for f in figures
        ]
        told = [family for figure, one in found for family in families(figure, one.fitting)]
        if told:
            said.append(_without(name, reading.quantities[name].text, told))
    return said or [say("Leaving out any one of its numbers does not help: two at least have to be wrong.")]


def _without(name: str, text: str, told: list[Family]) -> str:
    spans: dict[str, Range] = {
        of: (min(getattr(f, field)[0] for f in told), max(getattr(f, field)[1] for f in told))
        for of, field in (("speed", "speed_mps"), ("length", "length_m"), ("depth", "depth_m"),
                          ("duration", "duration_s"))
    }  # fmt: skip
    if name in spans:
        return say(
            "Without the stated {name} ({text}) paths fit, with {span}.",
            name=say(name), text=text, span=wording.WORDS[name](spans[name]),
        )  # fmt: skip
    return say("Without the stated {name} ({text}) paths fit.", name=say(name), text=text)


def _heights(reading: Reading) -> bool:
    return "altitude" in reading.quantities


def _impossible_heights(reading: Reading, envelope: Envelope, moved: Motion) -> list[str]:
    said: list[str] = []
    for name in ("altitude", "exit_altitude"):
        height = reading.quantities.get(name)
        if height is not None and height.low_value > envelope.ceiling_m:
            top = wording.height((0.0, envelope.ceiling_m), "")
            said.append(say(
                "{height} is higher than {who} flies ({top}).", height=height.text, who=_called(envelope),
                top=top,
            ))  # fmt: skip
    rate = climb_mps(reading.quantities, moved.duration_s) if moved.possible else None
    if rate is not None and rate[0] > envelope.climb_mps:
        said.append(say(
            "From {low} to {high} in {time} is {rate} m/s at least; {who} climbs or descends at {most} m/s "
            "at most.",
            low=reading.quantities["altitude"].text, high=reading.quantities["exit_altitude"].text,
            time=wording.time(moved.duration_s), rate=f"{rate[0]:,.0f}", who=_called(envelope),
            most=f"{envelope.climb_mps:,.0f}",
        ))  # fmt: skip
    return said


def _numbers(moved: Motion, stated: Mapping[str, Span], ends: Ends) -> dict[str, Any]:
    """Return what arithmetic gives: the intervals, and what the other two give of each without tolerance."""
    found: dict[str, Any] = {}
    for name, of, per, key in (
        ("speed", "speed_mps", 1 / 3.6, "speed_kmh"), ("length", "length_m", 1000.0, "length_km"),
        ("duration", "duration_s", 1.0, "duration_s"),
    ):  # fmt: skip
        others = {n: span for n, span in stated.items() if n != name}
        if moved.possible:
            found[f"possible_{key}"] = _rounded(getattr(moved, of), per)
        if {"speed", "length", "duration"} - {name} <= set(others):
            pure: dict[str, Span] = {n: others[n] for n in ("speed", "length", "duration") if n in others}
            found[f"implied_{key}"] = _rounded(getattr(motion(pure, _ANY, ends=ends, nominal=True), of), per)
    return found


def _rounded(some: Range, per_value: float) -> list[float | None]:
    return [round(x / per_value, 3) if math.isfinite(x) else None for x in some]
