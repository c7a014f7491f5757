"""From stays to the record: rules, screening and errors decide status, certainty and the words for both."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nofly.incidents.record import Cause, Certainty, Infringement, Outcomes, Status
from nofly.incidents.stays import Stay, Stays
from nofly.tracks.identity import icao24_of
from nofly.units import US_PER_S
from nofly.zones.judging import RuleStatus, RuleVerdict, judge_rule
from nofly.zones.model import Restriction, Zone
from nofly.zones.predicates import Subject

LEAST_CLOSING_MPS, LEAST_CLIMB_MPS = 1.0, 0.1
"""A boundary, and a floor or ceiling, that is crossed slower is taken to be crossed so fast."""

VERDICTS: tuple[RuleStatus, ...] = ("infringement", "exempt", "cleared", "not-addressed")


@dataclass(frozen=True, slots=True)
class Witness:
    """What is known of a target round one stay, besides the stay itself."""

    subject: Subject
    shadow: bool = False
    """The stay rests on reports whose position is not credible."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Sentence of a screening mark → how many reports in the stay carry it."""
    stated_errors: bool = True
    """Whether the reports state their own position error."""
    time_err_s: float = 1.0
    why_unknown: Callable[[], tuple[str, ...]] = tuple
    """Returns sentences on what could not be worked out: heights, whether the zone was active."""


def judge(
    zone: Zone, zone_hash: str, stay: Stay, witness: Witness, changed: tuple[bool, bool] = (False, False)
) -> Infringement:
    """Return the record of one stay; ``zone_hash`` is the zone's, worked out once for all its stays.

    ``changed`` says whether the entry and the exit fall on a change of edition: the law changed, not the
    aircraft moved.
    """
    verdict = judge_rule(
        zone.rule, witness.subject, stay.entry_us, stay.exit_us, stay.min_height_m, stay.max_height_m
    )
    status, why = _status(zone, stay, witness, verdict)
    certainty, sure = _certainty(stay, witness, status)
    low_s, high_s = _duration(stay, witness.time_err_s)
    duration_s = (stay.exit_us - stay.entry_us) / US_PER_S
    icao24 = icao24_of(witness.subject.target_id)
    cause = Cause.ZONE_CHANGED if changed[0] else stay.entry_cause
    exit_cause = Cause.ZONE_CHANGED if changed[1] else stay.exit_cause
    return Infringement(
        id=incident_id(zone_hash, witness.subject.target_id, stay.entry_us, witness.shadow),
        zone_id=zone.id, zone_name=zone.name, zone_hash=zone_hash, zone_edition=zone.edition,
        target_id=witness.subject.target_id, icao24=icao24, callsign=witness.subject.heard_callsign,
        status=status, certainty=certainty, cause=cause, exit_cause=exit_cause,
        entry_time_us=stay.entry_us, exit_time_us=stay.exit_us,
        entry_lat_deg=stay.entry_lat_deg, entry_lon_deg=stay.entry_lon_deg,
        exit_lat_deg=stay.exit_lat_deg, exit_lon_deg=stay.exit_lon_deg,
        duration_s=duration_s, duration_low_s=low_s, duration_high_s=high_s,
        depth_m=stay.depth_m, depth_err_m=stay.depth_err_m if math.isfinite(stay.depth_err_m) else None,
        lower_margin_m=stay.lower_margin_m, upper_margin_m=stay.upper_margin_m,
        height_m=stay.height_m, height_datum=stay.height_datum,
        reports=stay.reports, longest_gap_s=stay.longest_gap_s,
        findings=_findings(stay, witness), reasons=(*why, *sure),
    )  # fmt: skip


_STATUSES, _CERTAINTIES = tuple(Status), tuple(Certainty)


def outcomes(
    zones: Sequence[Zone], stays: Stays, verdict: NDArray[np.int8], shadow: NDArray[np.bool_]
) -> Outcomes:
    """Return how many records :func:`judge` would return of each status and certainty.

    ``verdict`` is the index in :data:`VERDICTS` of what the rule says of each stay, ``shadow`` as in
    :class:`Witness`.
    """
    free, keep_in = (
        np.array([zone.restriction is kind for zone in zones], np.bool_)[stays.zone]
        for kind in (Restriction.NO_RESTRICTION, Restriction.KEEP_IN)
    )
    seen = stays.measured > 0
    status = np.select(
        [
            free | (verdict == VERDICTS.index("exempt")) | (verdict == VERDICTS.index("not-addressed")),
            shadow | (seen & (stays.weak == stays.measured)),
            verdict == VERDICTS.index("cleared"),
            seen & (stays.on_ground == stays.measured) & ~keep_in,
        ],
        [_STATUSES.index(s) for s in (Status.EXEMPT, Status.SUSPECT, Status.CLEARED, Status.EXEMPT)],
        _STATUSES.index(Status.INFRINGEMENT),
    )
    certainty = np.select(
        [~stays.determined, stays.confirmed & (status != _STATUSES.index(Status.SUSPECT))],
        [_CERTAINTIES.index(Certainty.UNDETERMINED), _CERTAINTIES.index(Certainty.CONFIRMED)],
        _CERTAINTIES.index(Certainty.PROBABLE),
    )
    count = np.bincount(status * len(_CERTAINTIES) + certainty)
    found = [(k, n) for k, n in enumerate(count.tolist()) if n]
    return Outcomes(
        {(_STATUSES[k // len(_CERTAINTIES)], _CERTAINTIES[k % len(_CERTAINTIES)]): n for k, n in found}
    )


RESTRICTS_NOTHING = "The zone restricts nothing."
DID_NOT_FLY = "Every report in it is from the ground: it did not fly."
PARTLY = "For a part of the time it cannot be told whether it was inside."
"""The reason of a stay only a part of which is determined."""


def incident_id(zone_hash: str, target_id: str, entry_us: int, shadow: bool) -> str:
    """Return the name of a stay: the first 16 hexadecimal digits of SHA-256 over zone hash, target and entry
    time; ``shadow`` says that it rests on reports whose position is not credible."""
    text = f"{zone_hash}|{target_id}|{entry_us}{'|suspect' if shadow else ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _status(zone: Zone, stay: Stay, witness: Witness, verdict: RuleVerdict) -> tuple[Status, tuple[str, ...]]:
    """Return the status and the sentences for it. What does not concern the aircraft goes before doubt of its
    place."""
    if zone.restriction is Restriction.NO_RESTRICTION:
        return Status.EXEMPT, (RESTRICTS_NOTHING,)
    if verdict.status in ("exempt", "not-addressed"):
        return Status.EXEMPT, verdict.reasons
    if witness.shadow:
        return Status.SUSPECT, ("It rests on reports whose position is not credible.", *verdict.reasons)
    if stay.measured and stay.weak == stay.measured:
        return Status.SUSPECT, ("Every report in it is doubtful.", *verdict.reasons)
    if verdict.status == "cleared":
        return Status.CLEARED, verdict.reasons
    if stay.measured and stay.on_ground == stay.measured and zone.restriction is not Restriction.KEEP_IN:
        return Status.EXEMPT, (DID_NOT_FLY, *verdict.reasons)
    return Status.INFRINGEMENT, verdict.reasons


def _certainty(stay: Stay, witness: Witness, status: Status) -> tuple[Certainty, tuple[str, ...]]:
    if not stay.determined:
        return Certainty.UNDETERMINED, witness.why_unknown() or (
            "It cannot be told: a height, or whether the zone was active, is not known.",
        )
    partly: tuple[str, ...] = ()
    if stay.inside_from_us != stay.entry_us or stay.inside_until_us != stay.exit_us:
        partly = (PARTLY, *witness.why_unknown())
    if stay.confirmed and status is not Status.SUSPECT:
        return Certainty.CONFIRMED, partly
    if stay.measured == 0:
        return Certainty.PROBABLE, (
            "No report lies inside: the entry was worked out between two reports.",
            *partly,
        )
    return Certainty.PROBABLE, partly


def _duration(stay: Stay, time_err_s: float) -> tuple[float, float]:
    """Return the 95 % bounds of the duration, from how fast each end was crossed and how well the place was
    known, or the height where that was a floor or a ceiling."""
    off = [
        _end_s(closing, (err_m, height_err_m), cause, time_err_s)
        for closing, err_m, height_err_m, cause in (
            (stay.entry_closing_mps, stay.entry_err_m, stay.entry_height_err_m, stay.entry_cause),
            (stay.exit_closing_mps, stay.exit_err_m, stay.exit_height_err_m, stay.exit_cause),
        )
    ]
    duration_s = (stay.exit_us - stay.entry_us) / US_PER_S
    spread = math.hypot(*off)
    return max(0.0, duration_s - spread), duration_s + spread


def _end_s(
    closing_mps: float, errors_m: tuple[float, float | None], cause: Cause, time_err_s: float
) -> float:
    place_err_m, height_err_m = errors_m
    err_m, least_mps = place_err_m, LEAST_CLOSING_MPS
    if height_err_m is not None:
        err_m, least_mps = height_err_m, LEAST_CLIMB_MPS
    if cause is not Cause.MOVED or math.isnan(closing_mps) or not math.isfinite(err_m):
        return time_err_s
    return math.hypot(max(err_m, 0.0) / max(closing_mps, least_mps), time_err_s)


def _findings(stay: Stay, witness: Witness) -> tuple[str, ...]:
    out = [
        f"{count} of its reports: {sentence}." if count > 1 else f"One of its reports: {sentence}."
        for sentence, count in witness.marks.items()
    ]
    if not witness.stated_errors:
        out.append(
            f"Its reports do not state their position error; {stay.entry_err_m:.0f} m (95 %) is assumed."
            if stay.entry_err_m > 0.0 and math.isfinite(stay.entry_err_m)
            else "Its reports do not state their position error."
        )
    if stay.entry_cause is Cause.DATA_RESUMED:
        out.append("Its entry was not seen: reports begin inside, or a height became known there.")
    if stay.exit_cause is Cause.DATA_LOST:
        out.append("Its exit was not seen: reports end inside, or a height ceased to be known there.")
    return tuple(out)
