"""An incident of a watch with the bytes that it rests on: cut from the raw capture, and judged again from
them by the law of that moment, until that comes to what the record says.

What a decoder and the engine know of a target, they know from what came before: a callsign, the partner of a
compact position, the report before the first inside. So the cut reaches further back as long as the verdict
differs. Where it differs to the end, each field that does is named, and what is known of why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from nofly.errors import Finding, InputError
from nofly.geo.terrain import Terrain
from nofly.incidents.states import Told
from nofly.run.following.evidence import evidence
from nofly.run.judging.witnesses import LATER_S
from nofly.run.live.engine import EngineOptions
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.text import iso_time, printable
from nofly.run.proving.aids import Overheard
from nofly.run.proving.cutting import Cut, TooMuch, cut
from nofly.run.proving.raw_extract import RawPiece
from nofly.run.proving.recomputing import Order, Recomputed, heard, recompute, told
from nofly.run.proving.reports import compact
from nofly.run.proving.reports import differences as reports_differ
from nofly.run.proving.thinning import thinned_pieces
from nofly.run.record.editions import Edition, edition_as_of
from nofly.run.record.incident_log import Incident, Log
from nofly.run.record.known_names import FEEDS, known_names
from nofly.run.record.links import Run, with_links
from nofly.schema import Positions
from nofly.store.chain import Head, Stored
from nofly.store.sqlite import Store
from nofly.units import US_PER_S

BEFORE_S = (600.0, 2_400.0, 9_600.0, 38_400.0, 172_800.0)
"""So far back before an incident a cut reaches, step by step."""
SLACK_S = 60.0
_ENTERS = (Told.ENTERED, Told.REENTERED)
_PLACE = ("time_us", "lat_deg", "lon_deg", "cause", "height_m", "height_datum")


class Difference(NamedTuple):
    """A field of what the record says of a stay that is otherwise recomputed; None is not there."""

    stay: str
    field: str
    recorded: Any
    recomputed: Any


@dataclass(slots=True)
class LiveCase:
    """An incident, its records, the law of that moment, the bytes, and what they come to."""

    incident: Incident
    records: list[Stored]
    edition: Edition
    pieces: list[RawPiece]
    reports: Positions
    """The target's, as recomputed from the bytes; where there are none, from the archive of positions."""
    verdicts: dict[str, dict[str, Any]]
    """Stay → the verdict recomputed from the bytes."""
    order: Order
    from_us: int
    until_us: int
    differences: list[Difference]
    why: list[str]
    """What is known of why something differs, or no bytes are there, in sentences."""
    overheard: Overheard
    """What heights were worked out with."""
    head: Head
    """The head of the record that the links lead to."""
    links: list[Run]
    """What links the records to it."""
    so_far: dict[str, dict[str, Any]]
    """Stay → the verdict as it stands now, recomputed; of stays on which none was given yet."""
    findings: list[Finding] = field(default_factory=list)


class _Found(NamedTuple):
    cut: Cut
    order: Order
    recomputed: Recomputed
    differences: list[Difference]
    from_us: int
    sought_us: int
    """From when on bytes were looked for, in this cut or a longer one that came no nearer."""


def live_case(
    folder: Path, log: Log, name: str, terrain: Terrain | None = None, head: Head | None = None,
    now_us: int = 0,
) -> LiveCase:  # fmt: skip
    """Return an incident of the watch in a state folder; ``log`` is what its record tells, ``name`` the
    incident's id, ``terrain`` the tiles that heights above ground were worked out with, should they be at
    hand, ``head`` that of the record to which the records are to be linked, the last unless it is given,
    ``now_us`` until when an incident that is open is followed.

    Raises InputError for what was only expected and never happened, for an incident whose law was not kept,
    and for one of more bytes than are taken; StoreError where something kept cannot be read.
    """
    incident = log.incidents[name]
    with Store(folder / "record.sqlite", create=False, read_only=True) as store:
        last = store.head() if head is None else head
        records, links = _linked(store, incident, last)
        edition = _edition(store, incident, records)
        feeds = known_names(store, FEEDS) or []
    recorded = _recorded(records)
    if incident.target_id is None or not recorded:
        raise InputError(
            f"incident {incident.id} is a warning that nothing followed: there is nothing to prove",
            expected="an incident in which a zone was entered",
        )
    until_us = _until_us(incident, edition)
    if incident.open:
        until_us = max(until_us, now_us)
    chosen = edition.judged.options(terrain)
    overheard = Overheard(chosen.aids)
    options = replace(chosen, aids=overheard.aids)
    found = _search(folder / "capture", incident, edition, recorded, until_us, options)
    why = _why(found, feeds, edition, records, terrain)
    if not found.cut.pieces:
        reports = compact(evidence(folder, incident.target_id, found.from_us, until_us, None).reports)
        made = recompute(told(reports), edition, Order.TIME, options)
        found = found._replace(recomputed=made, order=Order.TIME, differences=differences(recorded, made))
    elif not found.differences:
        why = []
    return LiveCase(
        incident, records, edition, found.cut.pieces, compact(found.recomputed.reports),
        found.recomputed.verdicts, found.order, found.from_us, until_us, found.differences, why, overheard,
        last, links, _so_far(recorded, found.recomputed), found.cut.findings,
    )  # fmt: skip


def only_target(case: LiveCase) -> LiveCase:
    """Return a case with the bytes of its target alone, which come to the same.

    Raises InputError where they do not, or a feed's messages tell of many aircraft together.
    """
    target_id = case.incident.target_id or ""
    pieces = thinned_pieces(case.pieces, target_id)
    parts, findings = heard(pieces, target_id)
    options = replace(case.edition.judged.options(), aids=case.overheard.aids)
    made = recompute(parts, case.edition, case.order, options)
    if made.verdicts != case.verdicts or list(reports_differ(case.reports, compact(made.reports))):
        raise InputError(
            f"incident {case.incident.id}: without the messages of others its own come to something else",
            expected="the package with all that was received",
        )
    return replace(case, pieces=pieces, findings=findings)


def _so_far(recorded: Mapping[str, Mapping[str, Any]], made: Recomputed) -> dict[str, dict[str, Any]]:
    open_stays = [stay for stay, row in recorded.items() if "id" not in row]
    return {stay: made.verdicts[stay] for stay in open_stays if stay in made.verdicts}


def _linked(store: Store, incident: Incident, head: Head) -> tuple[list[Stored], list[Run]]:
    """Return the records of an incident up to a head, and what links them to it."""
    names = {one for one in (incident.warning, incident.id) if one is not None}
    first = min((r.sequence for one in names for r in store.read(incident=one)), default=1)
    stored = (record for record in store.read(first) if record.sequence <= head.sequence)
    records, links = with_links(stored, lambda record: record.incident in names)
    if not records:
        raise InputError(
            f"no record of incident {incident.id} is under the head {head.sequence}",
            expected="a head that was published later",
        )
    return records, links


def _edition(store: Store, incident: Incident, records: Sequence[Stored]) -> Edition:
    judged = [r.sequence for r in records if r.kind == JUDGED]
    sequence = judged[-1] if judged else max((r.sequence for r in records), default=0)
    found = edition_as_of(store, incident.zone_hash or "", sequence)
    if found is None:
        raise InputError(
            f"the law by which incident {incident.id} was judged was not kept with the record",
            expected="an incident that was recorded since nofly keeps it",
        )
    return found


def _recorded(records: Iterable[Stored]) -> dict[str, dict[str, Any]]:
    """Return what is to be recomputed of each stay: the last verdict on it, else where and when it began."""
    out: dict[str, dict[str, Any]] = {}
    for record in records:
        body = {**record.content, "time_us": record.time_us}
        stay = body.get("stay")
        if not isinstance(stay, str):
            continue
        if record.kind == JUDGED and isinstance(body.get("verdict"), dict):
            out[stay] = body["verdict"]
        elif record.kind in _ENTERS and stay not in out:
            out[stay] = {name: body.get(name) for name in _PLACE}
    return out


def _until_us(incident: Incident, edition: Edition) -> int:
    """Return until when what was received may say something of an incident."""
    late_s = max(edition.judged.received.lateness_s.values(), default=0.0)
    after_s = edition.judged.max_gap_s + LATER_S + late_s + SLACK_S
    return max(incident.last_us, incident.exit_us or 0) + round(after_s * US_PER_S)


def _search(
    capture: Path, incident: Incident, edition: Edition, recorded: Mapping[str, Mapping[str, Any]],
    until_us: int, options: EngineOptions,
) -> _Found:  # fmt: skip
    """Return the shortest cut that comes to what was recorded, else that which comes nearest to it."""
    begun_us = min(incident.first_us, incident.entry_us or incident.first_us)
    best: _Found | None = None
    for before_s in BEFORE_S:
        from_us = begun_us - round(before_s * US_PER_S)
        try:
            found = cut(capture, incident.target_id or "", from_us, until_us)
        except TooMuch:
            if best is None:
                raise
            break
        for order in Order:
            made = recompute(found.parts, edition, order, options)
            here = _Found(found, order, made, differences(recorded, made), from_us, from_us)
            if not here.differences:
                return here
            if best is None or len(here.differences) < len(best.differences):
                best = here
        assert best is not None
        best = best._replace(sought_us=from_us)
        if found.begins_us is None or found.begins_us > from_us:
            break
    assert best is not None
    return best


def differences(recorded: Mapping[str, Mapping[str, Any]], recomputed: Recomputed) -> list[Difference]:
    """Return where what was recorded of stays is not what is recomputed of them."""
    out = []
    for stay, row in recorded.items():
        judged = "id" in row
        found: Mapping[str, Any] | None = (recomputed.verdicts if judged else recomputed.entered).get(stay)
        if found is None:
            out.append(Difference(stay, "stay", "recorded", None))
            continue
        out += [
            Difference(stay, name, value, found.get(name))
            for name, value in row.items() if value != found.get(name)
        ]  # fmt: skip
    return out


def _why(
    found: _Found, feeds: Sequence[str], edition: Edition, records: Sequence[Stored],
    terrain: Terrain | None,
) -> list[str]:  # fmt: skip
    """Return what is known of why what is recomputed differs."""
    begins_us = found.cut.begins_us
    out = []
    if begins_us is None:
        out.append("The watch kept no raw bytes (capture_bytes or capture_days is 0, or it only replayed).")
    elif begins_us > found.sought_us:
        out.append(f"The raw bytes from before {iso_time(begins_us)} are not kept any more.")
    there = {piece.header.feed for piece in found.cut.pieces}
    silent = [printable(name) for name in feeds if name not in there]
    if silent:
        out.append(f"No bytes that say anything of the target are kept of {', '.join(silent)}.")
    if edition.judged.terrain and terrain is None:
        out.append("Heights above ground rest on terrain files, which are not at hand.")
    if any(record.kind.startswith("amended") for record in records):
        out.append("Reports came late, and the record was amended for them.")
    if any(one.code.startswith("capture-") for one in found.cut.findings):
        out.append("The raw capture is damaged or was not kept whole in these hours.")
    return out
