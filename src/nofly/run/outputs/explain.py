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
from nofly.zones.sentence import Sentence, joined, say

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
_CLAIMS = {
    (Side.INSIDE, False): "{who} was inside {zone} for {how}; {also}.",
    (Side.OUTSIDE, False): "{who} was outside {zone}, which it must not leave, for {how}; {also}.",
    (Side.INSIDE, True): (
        "It cannot be told whether {who} was inside {zone}; by place alone it was there for {how}; {also}."
    ),
    (Side.OUTSIDE, True): (
        "It cannot be told whether {who} was outside {zone}, which it must not leave, for {how}; {also}."
    ),
}
"""By side and whether it is undetermined."""
_UNKNOWN_HEIGHT = "Its height is not known; the zone has limits{extent}."
_REPORTS = {
    (True, False): "{count} reports inside",
    (True, True): "1 report inside",
    (False, False): "{count} reports outside",
    (False, True): "1 report outside",
}
_BASED = {
    True: "Based on {reports}{alone}, entry {time}; judged by edition {edition} of {zone} "
          "(hash {hash}{since}); record {id}.",
    False: "Based on {reports}{alone}, from {time}; judged by edition {edition} of {zone} "
           "(hash {hash}{since}); record {id}.",
}  # fmt: skip


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
    return "\n".join(told(result, stay))


def told(result: CheckResult, stay: Infringement) -> list[str]:
    """Return the sentences of one stay, as :class:`nofly.said.Sentence` where they are made here."""
    zone = zone_of(result, stay)
    where = {"place": place(stay.entry_lat_deg, stay.entry_lon_deg)}
    there = {"place": place(stay.exit_lat_deg, stay.exit_lon_deg), "time": clock(stay.exit_time_us)}
    entry, exit_ = _ENTRY[stay.cause], _EXIT[stay.exit_cause]
    if stay.side is Side.OUTSIDE:
        entry, exit_ = _keep_in(entry), _keep_in(exit_)
    lines: list[str] = [headline(result, stay), say(entry, **where), say(exit_, **there)]
    lines += _vertical(stay, zone) if stay.side is Side.INSIDE else _vertical_outside(stay, zone)
    lines.append(_certainty(stay))
    lines += [_sentence(text) for text in (*stay.reasons, *stay.findings)]
    lines += coverage_sentences(result, stay)
    lines.append(_law(stay, zone))
    return lines


def _certainty(stay: Infringement) -> Sentence:
    if stay.status is Status.SUSPECT and stay.certainty is Certainty.PROBABLE:
        return say(
            "Probable at most: reports that are not to be trusted confirm nothing, however deep they lie."
        )
    return say((_CERTAINTY if stay.side is Side.INSIDE else _CERTAINTY_OUTSIDE)[stay.certainty])


def headline(result: CheckResult, stay: Infringement) -> Sentence:
    """Return the first sentence: who, where, how long, how deep, how high, when, under what law."""
    parts = [
        _lasted(stay),
        *depth_part(stay),
        *_height_part(stay, zone_of(result, stay)),
        say("from {time}", time=clock(stay.entry_time_us)),
    ]
    tail = [
        say("longest gap {gap}", gap=duration(stay.longest_gap_s)),
        say("law: edition {edition} in force", edition=str(stay.zone_edition)),
    ]
    if stay.status is Status.INFRINGEMENT:
        doubtful = any(reason.startswith(PERHAPS) for reason in stay.reasons)
        tail.insert(0, say("exempt: perhaps, see below") if doubtful else say("exempt: none"))
    what = {
        "who": aircraft(stay), "zone": zone_label(stay), "how": joined(", ", parts),
        "also": joined("; ", tail),
    }  # fmt: skip
    before = _not_counted(stay)
    if before is None:
        return say(_CLAIMS[stay.side, stay.certainty is Certainty.UNDETERMINED], **what)
    claim = _CLAIMS[stay.side, stay.certainty is Certainty.UNDETERMINED]
    return say("{before}{claim}", before=before, claim=say(claim.replace("It cannot", "it cannot"), **what))


def zone_of(result: CheckResult, stay: Infringement) -> Zone | None:
    """Return the zone, in the edition the stay was judged by; None where the result does not hold it."""
    same = [zone for zone in result.zones if zone.id == stay.zone_id]
    if len(same) > 1:
        same = [zone for zone in same if zone.zone_hash == stay.zone_hash] or same
    return same[0] if same else None


def _not_counted(stay: Infringement) -> Sentence | None:
    if stay.status is Status.EXEMPT and DID_NOT_FLY in stay.reasons:
        return say("Does not count, the aircraft did not fly: ")
    if stay.status is Status.EXEMPT and RESTRICTS_NOTHING in stay.reasons:
        return say("Does not count, the zone restricts nothing: ")
    return {
        Status.INFRINGEMENT: None,
        Status.EXEMPT: say("Does not count, the zone's rule does not apply to this aircraft: "),
        Status.CLEARED: say("Does not count, the aircraft had permission: "),
        Status.SUSPECT: say(
            "Does not count, the reports themselves are not to be trusted; taken at their word, "
        ),
    }[stay.status]


def _lasted(stay: Infringement) -> str:
    lasted, low, high = duration(stay.duration_s), stay.duration_low_s, stay.duration_high_s
    if not (math.isfinite(low) and math.isfinite(high)) or duration(low) == duration(high):
        return lasted
    if stay.duration_s < 60 and high < 120:
        return say("{time} (95 %: {low}–{high} s)", time=lasted, low=f"{low:.0f}", high=f"{high:.0f}")
    return say("{time} (95 %: {low} to {high})", time=lasted, low=duration(low), high=duration(high))


def depth_part(stay: Infringement) -> list[str]:
    """Return how deep inside, or how far outside, at most: no or one phrase."""
    if stay.depth_m is None:
        return []
    deep = depth(stay.depth_m, stay.depth_err_m)
    if stay.side is Side.INSIDE:
        return [say("at most {depth} deep", depth=deep)]
    off = [say("{depth} beyond its boundary", depth=deep)] if stay.depth_m > 0.0 else []
    off += _beyond(stay)
    return [say("at most {far}", far=_and(off))] if off else []


def _beyond(stay: Infringement) -> list[Sentence]:
    """Return how far an absence was above the ceiling and below the floor, in feet; nothing where not."""
    sides = (
        (stay.upper_margin_m, "{height} above the ceiling"),
        (stay.lower_margin_m, "{height} below the floor"),
    )
    return [say(words, height=_feet(-m)) for m, words in sides if m is not None and m < -UNSEEN_M]


def _feet(length_m: float) -> str:
    return f"{feet(length_m):,.0f} ft"


def _and(parts: list[Sentence]) -> Sentence:
    return say("{one} and {other}", one=parts[0], other=parts[1]) if len(parts) == 2 else joined(", ", parts)


def _height_part(stay: Infringement, zone: Zone | None) -> list[str]:
    if stay.height_m is not None:
        return [height(stay.height_m, stay.height_datum)]
    if _unlimited(zone):
        return []
    return [say("height within the limits") if within_limits(stay) else say("height unknown")]


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


def _vertical(stay: Infringement, zone: Zone | None) -> list[Sentence]:
    limits = _limits(zone)
    margins = (
        (stay.lower_margin_m, "{height} above the floor{limit}"),
        (stay.upper_margin_m, "{height} below the ceiling{limit}"),
    )
    parts = [
        say(words, height=_feet(m), limit=_published(limits, k))
        for k, (m, words) in enumerate(margins)
        if m is not None
    ]
    if parts:
        return [say("It was at most {margins}.", margins=_and(parts))]
    if stay.height_m is not None:
        return []
    if _unlimited(zone):
        return [say("The zone has neither floor nor ceiling: it holds at any height.")]
    extent = _extent(limits)
    if within_limits(stay):
        words = "Its exact height is not known; any that it can have had lies within the limits{extent}."
        return [say(words, extent=extent)]
    if stay.certainty is not Certainty.UNDETERMINED:
        words = "Its height is not known; for a part of the time any lay within the limits{extent}."
        return [say(words, extent=extent)]
    return [say(_UNKNOWN_HEIGHT, extent=extent) if extent else say("Its height is not known.")]


def _vertical_outside(stay: Infringement, zone: Zone | None) -> list[Sentence]:
    limits = _limits(zone)
    margins = (
        (stay.lower_margin_m, "{height} below the floor{limit}"),
        (stay.upper_margin_m, "{height} above the ceiling{limit}"),
    )
    past = [
        say(words, height=_feet(-m), limit=_published(limits, k))
        for k, (m, words) in enumerate(margins)
        if m is not None and m < -UNSEEN_M
    ]
    if past:
        return [say("It was at most {margins}.", margins=_and(past))]
    if stay.height_m is not None:
        known = all(
            m is not None for k, (m, _) in enumerate(margins) if limits is None or limits[k] is not None
        )
        return [say("It was above the floor and below the ceiling all the time.")] if known else []
    if zone is None or _unlimited(zone):
        return []
    return [say(_UNKNOWN_HEIGHT, extent=_extent(limits))]


def _limits(zone: Zone | None) -> tuple[Limit | None, Limit | None] | None:
    """Return floor and ceiling where every volume of the zone has the same."""
    if zone is None:
        return None
    pairs = {(volume.lower, volume.upper) for volume in zone.volumes}
    return pairs.pop() if len(pairs) == 1 else None


def _published(limits: tuple[Limit | None, Limit | None] | None, which: int) -> str:
    limit = limits[which] if limits else None
    return f" ({printable(limit.text)})" if limit and limit.text else ""


def _extent(limits: tuple[Limit | None, Limit | None] | None) -> str:
    """Return the limits in brackets; nothing where the volumes of a zone have different ones."""
    if not limits:
        return ""
    lower, upper = limits
    return say(
        " (from {floor} to {ceiling})",
        floor=printable(lower.text) if lower else say("the ground"),
        ceiling=printable(upper.text) if upper else say("unlimited"),
    )


def _sentence(text: str) -> str:
    text = printable(text).strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def _law(stay: Infringement, zone: Zone | None) -> Sentence:
    since = ""
    if zone is not None and (zone.valid_from_us, zone.valid_to_us) != (None, None):
        start, end = (None if t is None else clock(t) for t in (zone.valid_from_us, zone.valid_to_us))
        since = say(
            ", in force{start}{end}",
            start=say(" from {time}", time=start) if start is not None else "",
            end=say(" until {time}", time=end) if end is not None else "",
        )
    inside, one = stay.side is Side.INSIDE, stay.reports == 1
    reports = say(_REPORTS[inside, one], count=f"{stay.reports:,}")
    by_place = stay.certainty is Certainty.UNDETERMINED and stay.reports
    return say(
        _BASED[inside], reports=reports, alone=say(", by place alone") if by_place else "",
        time=iso_time(stay.entry_time_us), edition=str(stay.zone_edition), zone=printable(stay.zone_id),
        hash=stay.zone_hash[:12], since=since, id=stay.id,
    )  # fmt: skip
