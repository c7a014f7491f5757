"""Coverage in plain sentences, each with its numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from nofly.proof.coverage import Seen, Statement
from nofly.proof.covering.cells import BANDS_FT, HEIGHTS, band_name
from nofly.zones.sentence import Sentence, joined, say

__all__ = ["TRANSPONDERS", "band_name", "sentences", "zone_sentence", "zone_told"]

TRANSPONDERS = (
    "Aircraft without a transponder, or with it switched off, are outside the sight of ADS-B: nothing is "
    "said of them."
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sentences(verdict: Seen, numbers: dict[str, Any], from_us: int, until_us: int) -> tuple[str, ...]:
    """Return what a statement says, one sentence an item; the first stands for itself."""
    cell = numbers["cell"]
    where = (
        f"{cell['south_deg']:.2f}° to {cell['north_deg']:.2f}° latitude, "
        f"{cell['west_deg']:.2f}° to {cell['east_deg']:.2f}° longitude"
    )
    all_bands = len(numbers["bands"]) == len(BANDS_FT) > 1
    high = "at any height" if all_bands else numbers["bands"][0]["band"]
    what = f"{_upper(verdict.value)}: an aircraft with a transponder"
    lines = [f"{what} in {where}, {high}, {_when(from_us, until_us)}."]
    lines += [_band(one, numbers) for one in numbers["bands"]]
    lines.append(_up(numbers))
    lines.append(TRANSPONDERS)
    lines += _heights(numbers["heights"])
    if numbers["at_least"]:
        lines.append("There was so much that aircraft are counted as at least so many.")
    return tuple(lines)


def zone_sentences(
    verdict: Seen, name: str, numbers: dict[str, Any], from_us: int, until_us: int
) -> tuple[str, ...]:
    """Return what a statement on a zone says, one sentence an item; the first stands for itself."""
    lines = [f"{_zone_head(verdict, name, numbers, from_us, until_us)}."]
    for one in numbers["bands"]:
        parts = [f"{name} in {count:,}" for name, count in one["by_verdict"].items() if count]
        total = f"{one['cell_hours']:,} cells × hours"
        lines.append(f"{_upper(one['band'])}: {', '.join(parts)} of {total}.")
    return (*lines, *_no_height(numbers["heights"]), TRANSPONDERS)


def zone_sentence(said: Statement) -> str:
    """Return a statement on a zone in one sentence: its verdict, and of how many cells × hours each is the
    verdict, all its bands together."""
    return str(_counted(said, said.sentences[0][:-1]))


def zone_told(said: Statement, name: str, from_us: int, until_us: int) -> Sentence:
    """Return :func:`zone_sentence` as one that knows what it is made of: of a zone of that name, from one
    time until another, in microseconds (UTC)."""
    return _counted(said, _zone_head(said.verdict, name, said.numbers, from_us, until_us))


def _zone_head(verdict: Seen, name: str, numbers: dict[str, Any], from_us: int, until_us: int) -> Sentence:
    cells, looked_at = numbers["cells"], numbers["cells_looked_at"]
    size = say(
        "{count} cell of a quarter of a degree" if cells == 1 else "{count} cells of a quarter of a degree",
        count=f"{cells:,}",
    )
    if looked_at < cells:
        size = say("{size}, {count} of them looked at", size=size, count=f"{looked_at:,}")
    return say(
        "{verdict}: an aircraft with a transponder in {zone} ({size}), {when}",
        verdict=say(_upper(verdict.value)), size=size, when=_when(from_us, until_us),
        zone=numbers["zone"] if not name or name in numbers["zone"] else f"{numbers['zone']} {name}",
    )  # fmt: skip


def _counted(said: Statement, head: str) -> Sentence:
    counted = said.numbers["bands"]
    total = sum(one["cell_hours"] for one in counted)
    by_verdict = {name.value: sum(one["by_verdict"][name.value] for one in counted) for name in Seen}
    parts = [
        say("{verdict} in {count}", verdict=say(name), count=f"{count:,}")
        for name, count in by_verdict.items()
        if count
    ]
    several = say("in {count} height bands", count=str(len(counted)))
    return say(
        "{head}: {parts} of {total} cells × hours {bands}.", head=head, parts=joined(", ", parts),
        total=f"{total:,}", bands=say(counted[0]["band"]) if len(counted) == 1 else several,
    )  # fmt: skip


def way_sentences(verdict: Seen, numbers: dict[str, Any], from_us: int, until_us: int) -> tuple[str, ...]:
    """Return what a statement on a way says, one sentence an item; the first stands for itself."""
    span = f"Between {_clock(from_us)} and {_clock(until_us)} it was not received"
    if numbers["band"] is None:
        return (f"{span}; its height is not known, so it cannot be said whether it could have been.",)
    parts = [f"{name} at {count:,}" for name, count in numbers["by_verdict"].items() if count]
    ground = (
        f"of {_many(numbers['places'], 'place')} on the straight way, {numbers['band']}: {', '.join(parts)}"
    )
    said = {
        Seen.SEEN: "others were received there: it could have been seen, and was not",
        Seen.COULD: "it could have been seen, and was not",
        Seen.COULD_NOT: "nobody could have seen it",
        Seen.UNKNOWN: "whether it could have been seen is not known for all of the way",
    }[verdict]
    return (f"{span}; {said} ({ground}).",)


def _band(one: dict[str, Any], numbers: dict[str, Any]) -> str:
    verdict = one["verdict"]
    told = f"{_upper(one['band'])}: {verdict}"
    if numbers["minutes_up"] == 0:
        return f"{told}."
    if one["reports"]:
        told += f"; {_many(one['reports'], 'report')} of {one['aircraft']:,} aircraft {_hours(one)}"
    elif one["aircraft_here_or_below"]:
        lower = one["aircraft_here_or_below"]
        told += f"; in the same hours {lower:,} aircraft {_was(lower)} received there lower"
    elif one["ever_aircraft_here_or_below"]:
        told += (
            f"; not in this time, but {one['ever_aircraft_here_or_below']:,} aircraft in "
            f"{one['ever_hours_here_or_below']:,} of {_many(one['ever_hours'], 'hour')} with reception"
        )
    elif one["hours_received_on_opposite_sides"]:
        told += "; none there, but on two opposite sides of it in the same hour"
    else:
        told += "; none was ever received there so low or lower"
    lost = one["ever_aircraft_not_received"]
    if lost:
        told += (
            f"; {lost:,} aircraft flew there or towards it, so high or higher, and {_was(lost)} not received"
            f" ({one['aircraft_not_received']:,} in this time)"
        )
    return f"{told}."


def _hours(one: dict[str, Any]) -> str:
    counted = one["hours"]
    seen = counted[Seen.SEEN.value]
    if not seen:
        return "in the same hours, not in the minutes that are asked for"
    return f"in {seen:,} of {_many(sum(counted.values()), 'hour')}"


def _up(numbers: dict[str, Any]) -> str:
    up, minutes = numbers["minutes_up"], numbers["minutes"]
    if up == 0 and numbers["aircraft_cut_off"]:
        return (
            f"In {_all(minutes)} nothing at all was received around, and {numbers['aircraft_cut_off']:,} "
            "aircraft in flight had been cut off when that began: there was no reception."
        )
    if up == 0:
        return f"In {_all(minutes)} nothing at all was received around: an empty sky or no reception."
    return f"The receivers around received something in {up:,} of {_many(minutes, 'minute')}."


def _all(minutes: int) -> str:
    return "this minute" if minutes == 1 else f"all {minutes:,} minutes"


def _no_height(heights: dict[str, int]) -> list[str]:
    """Return why nothing is known of any band, where that is since no report tells its height."""
    if not heights["untold"] or any(n for name, n in heights.items() if name not in ("untold", "doubtful")):
        return []
    return [f"None of {sum(heights.values()):,} reports tells a height, so nothing is known of any band."]


def _heights(heights: dict[str, int]) -> list[str]:
    total = sum(heights.values())
    other = sum(heights[name] for name in HEIGHTS[1:])
    lines = []
    if other:
        lines.append(
            f"Heights count as pressure heights; {other:,} of {_many(total, 'report')} told only one above "
            "the sea, the ellipsoid or the ground, which counts as it stands."
        )
    if heights["untold"]:
        lines.append(f"{heights['untold']:,} of {_many(total, 'report')} told no height and count for none.")
    if heights["doubtful"]:
        lines.append(
            f"{heights['doubtful']:,} of {_many(total, 'report')} failed the screen, as after a jump: they "
            "show that something was received, not where."
        )
    return lines or ["Heights count as pressure heights."]


def _when(from_us: int, until_us: int) -> Sentence:
    if from_us == until_us:
        return say("at {time}", time=_clock(from_us))
    start, end = _clock(from_us), _clock(until_us)
    return say("from {start} until {end}", start=start, end=end[11:] if end[:10] == start[:10] else end)


def _clock(time_us: int) -> str:
    moment = _EPOCH + timedelta(microseconds=time_us)
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
