"""One stay in plain sentences, for a pilot, an editor or a judge."""

from __future__ import annotations

import math

from nofly.errors import UnresolvedError
from nofly.incidents.judge import DID_NOT_FLY, RESTRICTS_NOTHING
from nofly.incidents.record import Cause, Certainty, Infringement, Side, Status
from nofly.run.outputs.coverage_told import coverage_sentences
from nofly.run.outputs.table import nobody, within_limits
from nofly.run.outputs.text import (
    aircraft,
    clock,
    depth,
    duration,
    height,
    iso_time,
    place,
    printable,
    zone_label,
)
from nofly.run.result import CheckResult
from nofly.units import feet
from nofly.zones.judging import PERHAPS
from nofly.zones.model import Limit, Zone

UNSEEN_M = 0.15
"""Half a foot: nothing to speak of."""
_CERTAINTY = {
    Certainty.CONFIRMED: (
        "Confirmed: at least one report lies inside by more than its own 95 % error, in place and in height."
    ),
    Certainty.PROBABLE: (
        "Probable: the best estimate lies inside, but no report does so by more than its own 95 % error."
    ),
    Certainty.UNDETERMINED: (
        "Undetermined: what was received neither shows that the zone was entered nor that it was not. "
        "This is not an all-clear and not an accusation."
    ),
}  # fmt: skip
_CERTAINTY_OUTSIDE = {
    Certainty.CONFIRMED: (
        "Confirmed: at least one report lies outside by more than its own 95 % error, in place or in height."
    ),
    Certainty.PROBABLE: (
        "Probable: the best estimate lies outside, but no report does so by more than its own 95 % error."
    ),
    Certainty.UNDETERMINED: (
        "Undetermined: what was received neither shows that the zone was left nor that it was not. "
        "This is not an all-clear and not an accusation."
    ),
}  # fmt: skip
_ENTRY = {
    Cause.MOVED: "It crossed the boundary inwards at {place}.",
    Cause.ZONE_ACTIVATED: "It was already there, at {place}, when the zone became active.",
    Cause.ZONE_CHANGED: "It was already there, at {place}, when a new edition of the zone came into force.",
    Cause.ZONE_DEACTIVATED: "It was at {place} when the zone ceased to be active.",
    Cause.DATA_RESUMED: "It was already inside, at {place}, when reports began: its entry was not seen.",
    Cause.DATA_LOST: "Reports of it ended at {place}.",
}
_EXIT = {
    Cause.MOVED: "It crossed the boundary outwards at {place}, at {time}.",
    Cause.ZONE_DEACTIVATED: "It was still there, at {place}, when the zone ceased to be active at {time}.",
    Cause.ZONE_CHANGED: "It was still there, at {place}, when the edition of the zone changed at {time}.",
    Cause.ZONE_ACTIVATED: "It was at {place} when the zone became active at {time}.",
    Cause.DATA_LOST: "It was last seen inside, at {place}, at {time}: when it left is not known.",
    Cause.DATA_RESUMED: "Reports of it began again at {place}, at {time}.",
}


def explain(result: CheckResult, infringement_id: str) -> str:
    """Return the stay whose id starts so in plain sentences, one a line; ``all`` gives every stay.

    Raises UnresolvedError where no stay or more than one has such an id.
    """
    stays = result.infringements
    if infringement_id == "all":
        return "\n\n".join(sentences(result, stay) for stay in stays) or nobody(result)
    found = [stay for stay in stays if infringement_id and stay.id.startswith(infringement_id.lower())]
    if len(found) != 1:
        ids = ", ".join(stay.id for stay in (found or stays)[:5]) or "none"
        what = "more than one stay has" if found else "no stay has"
        raise UnresolvedError(f"{what} the id {printable(infringement_id)!r}; there are {ids}")
    return sentences(result, found[0])


def sentences(result: CheckResult, stay: Infringement) -> str:
    """Return one stay in plain sentences, one a line; the first stands for itself."""
    zone = zone_of(result, stay)
    where = {"place": place(stay.entry_lat_deg, stay.entry_lon_deg)}
    there = {"place": place(stay.exit_lat_deg, stay.exit_lon_deg), "time": clock(stay.exit_time_us)}
    entry, exit_ = _ENTRY[stay.cause], _EXIT[stay.exit_cause]
    if stay.side is Side.OUTSIDE:
        entry, exit_ = _keep_in(entry), _keep_in(exit_)
    lines = [headline(result, stay), entry.format(**where), exit_.format(**there)]
    lines += _vertical(stay, zone) if stay.side is Side.INSIDE else _vertical_outside(stay, zone)
    lines.append(_certainty(stay))
    lines += [_sentence(text) for text in (*stay.reasons, *stay.findings)]
    lines += coverage_sentences(result, stay)
    lines.append(_law(stay, zone))
    return "\n".join(lines)


def _certainty(stay: Infringement) -> str:
    if stay.status is Status.SUSPECT and stay.certainty is Certainty.PROBABLE:
        return "Probable at most: reports that are not to be trusted confirm nothing, however deep they lie."
    return (_CERTAINTY if stay.side is Side.INSIDE else _CERTAINTY_OUTSIDE)[stay.certainty]


def headline(result: CheckResult, stay: Infringement) -> str:
    """Return the first sentence: who, where, how long, how deep, how high, when, under what law."""
    who, name = aircraft(stay), zone_label(stay)
    outside = stay.side is Side.OUTSIDE
    side = f"outside {name}, which it must not leave," if outside else f"inside {name}"
    parts = [
        f"{duration(stay.duration_s)}{_range(stay)}",
        *depth_part(stay),
        *_height_part(stay, zone_of(result, stay)),
        f"from {clock(stay.entry_time_us)}",
    ]
    tail = [
        f"longest gap {duration(stay.longest_gap_s)}",
        f"law: edition {stay.zone_edition} in force",
    ]
    if stay.status is Status.INFRINGEMENT:
        doubtful = any(reason.startswith(PERHAPS) for reason in stay.reasons)
        tail.insert(0, "exempt: perhaps, see below" if doubtful else "exempt: none")
    told = f"for {', '.join(parts)}; {'; '.join(tail)}"
    if stay.certainty is Certainty.UNDETERMINED:
        between = " " if outside else "; by place alone it was there "
        claim = f"it cannot be told whether {who} was {side}{between}{told}"
    else:
        claim = f"{who} was {side} {told}"
    sentence = f"{_not_counted(stay)}{claim}."
    return f"I{sentence[1:]}" if sentence.startswith("it cannot") else sentence


def zone_of(result: CheckResult, stay: Infringement) -> Zone | None:
    """Return the zone, in the edition the stay was judged by; None where the result does not hold it."""
    same = [zone for zone in result.zones if zone.id == stay.zone_id]
    if len(same) > 1:
        same = [zone for zone in same if zone.zone_hash == stay.zone_hash] or same
    return same[0] if same else None


def _not_counted(stay: Infringement) -> str:
    if stay.status is Status.EXEMPT and DID_NOT_FLY in stay.reasons:
        return "Does not count, the aircraft did not fly: "
    if stay.status is Status.EXEMPT and RESTRICTS_NOTHING in stay.reasons:
        return "Does not count, the zone restricts nothing: "
    return {
        Status.INFRINGEMENT: "",
        Status.EXEMPT: "Does not count, the zone's rule does not apply to this aircraft: ",
        Status.CLEARED: "Does not count, the aircraft had permission: ",
        Status.SUSPECT: "Does not count, the reports themselves are not to be trusted; taken at their word, ",
    }[stay.status]


def _range(stay: Infringement) -> str:
    low, high = stay.duration_low_s, stay.duration_high_s
    if not (math.isfinite(low) and math.isfinite(high)) or duration(low) == duration(high):
        return ""
    if stay.duration_s < 60 and high < 120:
        return f" (95 %: {low:.0f}–{high:.0f} s)"
    return f" (95 %: {duration(low)} to {duration(high)})"


def depth_part(stay: Infringement) -> list[str]:
    """Return how deep inside, or how far outside, at most: no or one phrase."""
    if stay.depth_m is None:
        return []
    if stay.side is Side.INSIDE:
        return [f"at most {depth(stay.depth_m, stay.depth_err_m)} deep"]
    off = [f"{depth(stay.depth_m, stay.depth_err_m)} beyond its boundary"] if stay.depth_m > 0.0 else []
    off += _beyond(stay)
    return [f"at most {' and '.join(off)}"] if off else []


def _beyond(stay: Infringement) -> list[str]:
    """Return how far an absence was above the ceiling and below the floor, in feet; nothing where not."""
    sides = ((stay.upper_margin_m, "above the ceiling"), (stay.lower_margin_m, "below the floor"))
    return [f"{feet(-m):,.0f} ft {words}" for m, words in sides if m is not None and m < -UNSEEN_M]


def _height_part(stay: Infringement, zone: Zone | None) -> list[str]:
    if stay.height_m is not None:
        return [height(stay.height_m, stay.height_datum)]
    if _unlimited(zone):
        return []
    return ["height within the limits" if within_limits(stay) else "height unknown"]


def _unlimited(zone: Zone | None) -> bool:
    return zone is not None and not any(v.lower or v.upper for v in zone.volumes)


def _keep_in(sentence: str) -> str:
    """Return a sentence about a stay turned into one about an absence."""
    swaps = (
        ("inwards", "\0"), ("outwards", "inwards"), ("\0", "outwards"), ("inside", "outside"),
        ("its entry", "its leaving"), ("when it left", "when it came back"),
    )  # fmt: skip
    for old, new in swaps:
        sentence = sentence.replace(old, new)
    return sentence


def _vertical(stay: Infringement, zone: Zone | None) -> list[str]:
    limits = _limits(zone)
    parts = []
    if stay.lower_margin_m is not None:
        parts.append(f"{feet(stay.lower_margin_m):,.0f} ft above the floor{_published(limits, 0)}")
    if stay.upper_margin_m is not None:
        parts.append(f"{feet(stay.upper_margin_m):,.0f} ft below the ceiling{_published(limits, 1)}")
    if parts:
        return [f"It was at most {' and '.join(parts)}."]
    if stay.height_m is not None:
        return []
    if _unlimited(zone):
        return ["The zone has neither floor nor ceiling: it holds at any height."]
    extent = f" ({_extent(limits)})" if limits else ""
    if within_limits(stay):
        return [f"Its exact height is not known; any that it can have had lies within the limits{extent}."]
    if stay.certainty is not Certainty.UNDETERMINED:
        return [f"Its height is not known; for a part of the time any lay within the limits{extent}."]
    return [
        f"Its height is not known; the zone has limits{extent}." if extent else "Its height is not known."
    ]


def _vertical_outside(stay: Infringement, zone: Zone | None) -> list[str]:
    limits = _limits(zone)
    margins = ((stay.lower_margin_m, "floor", "below", 0), (stay.upper_margin_m, "ceiling", "above", 1))
    past = [
        f"{feet(-m):,.0f} ft {side} the {word}{_published(limits, k)}"
        for m, word, side, k in margins
        if m is not None and m < -UNSEEN_M
    ]
    if past:
        return [f"It was at most {' and '.join(past)}."]
    if stay.height_m is not None:
        known = all(m is not None for m, *_, k in margins if limits is None or limits[k] is not None)
        return ["It was above the floor and below the ceiling all the time."] if known else []
    if zone is None or _unlimited(zone):
        return []
    return [f"Its height is not known; the zone has limits{f' ({_extent(limits)})' if limits else ''}."]


def _limits(zone: Zone | None) -> tuple[Limit | None, Limit | None] | None:
    """Return floor and ceiling where every volume of the zone has the same."""
    if zone is None:
        return None
    pairs = {(volume.lower, volume.upper) for volume in zone.volumes}
    return pairs.pop() if len(pairs) == 1 else None


def _published(limits: tuple[Limit | None, Limit | None] | None, which: int) -> str:
    limit = limits[which] if limits else None
    return f" ({printable(limit.text)})" if limit and limit.text else ""


def _extent(limits: tuple[Limit | None, Limit | None]) -> str:
    lower, upper = limits
    floor = printable(lower.text) if lower else "the ground"
    return f"from {floor} to {printable(upper.text) if upper else 'unlimited'}"


def _sentence(text: str) -> str:
    text = printable(text).strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def _law(stay: Infringement, zone: Zone | None) -> str:
    since = ""
    if zone is not None and (zone.valid_from_us, zone.valid_to_us) != (None, None):
        start = f" from {clock(zone.valid_from_us)}" if zone.valid_from_us is not None else ""
        end = f" until {clock(zone.valid_to_us)}" if zone.valid_to_us is not None else ""
        since = f", in force{start}{end}"
    reports = "1 report" if stay.reports == 1 else f"{stay.reports:,} reports"
    by_place = ", by place alone" if stay.certainty is Certainty.UNDETERMINED and stay.reports else ""
    since_word = "entry" if stay.side is Side.INSIDE else "from"
    return (
        f"Based on {reports} {stay.side.value}{by_place}, {since_word} {iso_time(stay.entry_time_us)}; "
        f"judged by edition {stay.zone_edition} of {printable(stay.zone_id)} "
        f"(hash {stay.zone_hash[:12]}{since}); "
        f"record {stay.id}."
    )
