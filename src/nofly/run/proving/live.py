"""Packages of what a watch recorded: made of an incident and the bytes it rests on, and found again from them
by the same decoders and the same engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import numpy as np

from nofly.errors import InputError
from nofly.incidents.record import Infringement
from nofly.incidents.states import Told
from nofly.proof.coverage import Coverage
from nofly.proof.package import Making, Package, Part, made
from nofly.proof.packing.canonical import canonical, list_of, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import Step, agrees, differs, note, unchecked
from nofly.run.check import CheckOptions
from nofly.run.files.zonefiles import ZoneSet
from nofly.run.live.in_force import InForce
from nofly.run.live.verdicts import JUDGED
from nofly.run.outputs.columns import stay_of
from nofly.run.outputs.coverage_told import stays_covered
from nofly.run.outputs.text import iso_time, printable
from nofly.run.proving import aids, finding, law, reports, sighted, working
from nofly.run.proving.live_case import Difference, LiveCase
from nofly.run.proving.raw_extract import INDEX, RawPiece, files_of, pieces_in, receivers
from nofly.run.proving.recomputing import Order, Recomputed, heard, recompute, told
from nofly.run.proving.sighted import Sighted
from nofly.run.record.editions import Edition, Judged
from nofly.run.record.incident_export import records as records_file
from nofly.run.record.incident_proof import proof_in
from nofly.run.result import CheckResult, Gap
from nofly.schema import Positions
from nofly.store.chain import Head
from nofly.tracks.screening import screen
from nofly.units import US_PER_S
from nofly.zones.model import Zone

JUDGED_FILE, RECORDS = "law/judged.json", "record/records.json"
MOST_UNPACKED_BYTES = 4 << 30
_NOTHING = Sighted(None)


def package(
    case: LiveCase, making: Making, sources: ZoneSet | None = None,
    coverage: Sighted = _NOTHING,
) -> dict[str, bytes]:  # fmt: skip
    """Return the files of a package of an incident.

    Of a stay that is not over it has the verdict as it stands, and says so. ``sources`` are zone files that
    may be those that its zone was read from, ``coverage`` what could have been seen. Raises InputError where
    no verdict was given yet and none can be from what is kept.
    """
    rows = {**case.so_far, **case.incident.verdicts}
    if not rows:
        raise InputError(
            f"no verdict was given on incident {case.incident.id} yet, and from what is kept none can be",
            expected="an incident that is over, or one whose reports are kept",
        )
    edition, gap_s = case.edition, case.edition.judged.max_gap_s
    result = result_of(edition.zone, rows.values(), case.reports, gap_s)
    stays = list(result.infringements)
    judged = msgspec.structs.replace(edition.judged, qnh_hpa=None, qnh_reports=[], terrain=[])
    differences = [{**one._asdict(), "stay": str(one.stay)} for one in case.differences]
    said = finding.document(result, stays, case.findings, case.overheard.aids)
    heights, no_heights = case.overheard.parts(result.span_us or (0, 0))
    seen, no_table = sighted.parts(coverage)
    said |= {"left_out": [*no_heights, *no_table, *case.why], "not_recomputed": differences}
    if case.so_far:
        said |= {"so_far": {"stays": sorted(case.so_far), "words": _so_far_words(case)}}
    parts = {
        **{name: Part(data) for name, data in files_of(case.pieces).items()},
        reports.ROWS: Part(reports.parquet(case.reports)), **heights,
        **law.parts([edition.zone], sources, {}, stays),
        JUDGED_FILE: Part(canonical(msgspec.to_builtins(judged))),
        RECORDS: Part(records_file(case.records, case.head, "json", links=case.links)),
        finding.FILE: Part(canonical(said)), **seen,
    }  # fmt: skip
    parts |= working.parts(result, stays, parts)
    configuration = {
        "incident": case.incident.id, "target_id": case.incident.target_id, "order": case.order.value,
        "in_force": list(edition.in_force), "received_us": [case.from_us, case.until_us],
        "receivers": receivers(case.pieces),
    }  # fmt: skip
    return made("live", parts, configuration, making)


def _so_far_words(case: LiveCase) -> str:
    until = iso_time(int(case.reports.time_us.max()))
    return (
        f"This incident is open. What is said of it is how it stands by the reports up to {until}: no "
        "verdict is on record yet, and later reports may change it."
    )


def found_again(package: Package, heads: Sequence[Head] = ()) -> list[Step]:
    """Return what is to be said of a package's finding, worked out again from its raw bytes; where it has
    none, from its table of reports. ``heads`` of the record were kept elsewhere: its records have to lead to
    them.

    Raises PackageError, InputError or DecodeError for what cannot be read.
    """
    files, told_of = package.files, mapping(package.manifest["configuration"], "manifest.json")
    zones, steps = law.read(files)
    if len(zones) != 1:
        raise PackageError(f"{len(zones)} editions", source=law.EDITIONS, expected="one")
    edition, order, target_id = _edition(files, told_of, zones[0])
    known, left_out = aids.read(files)
    steps += [unchecked("heights", f"not in the package: {text}", aids.FILE) for text in left_out]
    options = replace(edition.judged.options(), aids=known)
    rows = reports.rows(files, MOST_UNPACKED_BYTES)
    pieces = pieces_in(files)
    parts, _ = heard(pieces, target_id) if pieces else (told(rows), [])
    found = recompute(parts, edition, order, options)
    steps += _reports_steps(rows, found.reports, pieces)
    if package.version > 1:
        steps.append(reports.told_steps("receivers", told_of, receivers(pieces)))
    said = mapping(parsed(files[finding.FILE], finding.FILE), finding.FILE)
    verdicts = list(_verdicts(said, found))
    for step in _declared(said, verdicts):
        steps.append(step)
    result = result_of(edition.zone, verdicts, rows, edition.judged.max_gap_s)
    steps += _record_steps(files, said, heads)
    steps += sighted.steps(package, partial(_told_anew, result), None)
    return [*steps, *finding.compared(package, result, aids=known),
            *working.compared(package, result, list(result.infringements))]  # fmt: skip


def _told_anew(
    result: CheckResult, coverage: Coverage, looked_us: sighted.Span | None
) -> dict[str, Any] | None:
    said = stays_covered(replace(result, coverage=coverage), list(result.infringements))
    return said if said is None or looked_us is None else sighted.with_traffic(said, coverage, looked_us)


def _edition(
    files: Mapping[str, bytes], told_of: Mapping[str, Any], zone: Zone
) -> tuple[Edition, Order, str]:
    """Return the law, the order of judging and the target of a package. Raises PackageError."""
    if JUDGED_FILE not in files:
        raise PackageError("it is not in the package", source=JUDGED_FILE)
    try:
        judged = msgspec.convert(parsed(files[JUDGED_FILE], JUDGED_FILE), Judged)
        in_force = msgspec.convert(told_of["in_force"], InForce)
        order, target_id = Order(told_of["order"]), str(told_of["target_id"])
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
        raise PackageError(f"not what a watch judges with: {error!r}"[:300], source=JUDGED_FILE) from error
    if not 0 < judged.max_gap_s < 1e6:
        raise PackageError("max_gap_s cannot be so", source=JUDGED_FILE)
    return Edition(zone, in_force, judged), order, target_id


def _reports_steps(rows: Positions, ours: Positions, pieces: Sequence[RawPiece]) -> Iterator[Step]:
    if not pieces:
        text = "no raw bytes are in the package: it is found again from the table of reports"
        yield unchecked("reports", text, reports.ROWS)
        return
    wrong = list(reports.differences(rows, reports.compact(ours)))
    for one in wrong:
        yield differs("reports", f"the raw bytes do not give these rows: {one}", reports.ROWS)
    if not wrong:
        raw_bytes = sum(len(piece.data) for piece in pieces)
        text = f"{len(rows):,} rows, the same as the {raw_bytes:,} bytes received give"
        yield agrees("reports", text, reports.ROWS)
    if any(piece.whole_sha256 for piece in pieces):
        text = (
            "the bytes are of the aircraft's own messages, with blanks for the others: that none of its own "
            "was left out is not shown by the package; the index has the SHA-256 of all that was received"
        )
        yield unchecked("reports", text, INDEX)


def _verdicts(said: Mapping[str, Any], found: Recomputed) -> Iterator[dict[str, Any]]:
    """Yield the verdicts found anew on the stays that a package is about."""
    for row in list_of(dict(said), "infringements", finding.FILE):
        name = str(mapping(row, finding.FILE).get("id"))
        if name in found.verdicts:
            yield dict(found.verdicts[name])


def _declared(said: Mapping[str, Any], verdicts: list[dict[str, Any]]) -> Iterator[Step]:
    """Yield what the package itself says cannot be found again, and put what is recorded in its place.

    Only what comes out as the package says that it does is taken for it.
    """
    by_name = {row["id"]: row for row in verdicts}
    rows = {str(row.get("id")): row for row in list_of(dict(said), "infringements", finding.FILE)}
    for one in list_of(dict(said), "not_recomputed", finding.FILE):
        told_of = mapping(one, finding.FILE)
        difference = Difference(
            str(told_of.get("stay")), str(told_of.get("field")), told_of.get("recorded"),
            told_of.get("recomputed"),
        )  # fmt: skip
        where = f"{finding.FILE}: {difference.stay}"
        mine, recorded = by_name.get(difference.stay), rows.get(difference.stay)
        if difference.field == "stay" and mine is None and recorded is not None:
            verdicts.append(by_name.setdefault(difference.stay, dict(recorded)))
            text = "this stay is on record and is not found again from what is in the package"
            yield unchecked("finding", text, where)
        elif mine is not None and mine.get(difference.field) == difference.recomputed:
            mine[difference.field] = difference.recorded
            text = (
                f"{difference.field} is on record as {difference.recorded!r}; what is in the package gives "
                f"{difference.recomputed!r}"
            )
            yield unchecked("finding", text, where)


def _record_steps(
    files: Mapping[str, bytes], said: Mapping[str, Any], heads: Sequence[Head]
) -> Iterator[Step]:
    """Yield whether the records of the incident are as they were written and lead to the heads, and say what
    the finding says."""
    if RECORDS not in files:
        yield differs("record", "removed: there are no records of the incident", RECORDS)
        return
    try:
        proof = proof_in(files[RECORDS], RECORDS, heads)
    except InputError as error:
        yield differs("record", error.message, RECORDS)
        return
    for one in proof.findings:
        yield differs("record", one.message, f"{RECORDS}: {one.locator}")
    if not proof.findings:
        text = f"{proof.records} records have the hashes that they were written with"
        yield agrees("record", text, RECORDS)
        for head in heads:
            text = f"they are under the head that was kept elsewhere, {head.sequence}:{head.hash}"
            yield agrees("record", text, RECORDS)
    if not heads:
        reached = f"{proof.reaches.sequence}:{proof.reaches.hash}"
        text = f"they lead to the head {reached}: compare it with one that was published (--record-head)"
        yield note("record", text, RECORDS)
    bodies = [one["body"] for one in json.loads(files[RECORDS])["records"]]
    judged = {body.get("stay"): body.get("verdict") for body in bodies if body.get("kind") == JUDGED}
    rows = {str(row.get("id")): row for row in list_of(dict(said), "infringements", finding.FILE)}
    yield from _so_far_steps(said, bodies, rows)
    if judged == rows:
        yield agrees("record", "the verdicts on record are those of the finding", RECORDS)
    else:
        yield differs("record", "the verdicts on record are not those of the finding", RECORDS)


def _so_far_steps(
    said: Mapping[str, Any], bodies: Sequence[Mapping[str, Any]], rows: dict[str, Mapping[str, Any]]
) -> Iterator[Step]:
    """Yield what is to be said of stays that were not over when the package was made, and take them out of
    the rows: on record there is that they began."""
    if "so_far" not in said:
        return
    so_far = mapping(said["so_far"], finding.FILE, "so_far")
    yield note("finding", printable(str(so_far.get("words")))[:500], finding.FILE)
    began = {body.get("stay") for body in bodies if body.get("kind") in (Told.ENTERED, Told.REENTERED)}
    for stay in list_of(so_far, "stays", finding.FILE):
        row = rows.pop(str(stay), None)
        if row is None or stay not in began:
            yield differs("record", "no stay that is open began so by the record", f"{finding.FILE}: {stay}")


def result_of(
    zone: Zone, rows: Iterable[Mapping[str, Any]], tracks: Positions, max_gap_s: float,
    coverage: Coverage | None = None,
) -> CheckResult:  # fmt: skip
    """Return verdicts and reports as the result of a check."""
    stays: Sequence[Infringement] = sorted(map(stay_of, rows), key=lambda stay: (stay.entry_time_us, stay.id))
    times_us = tracks.time_us
    gaps = np.flatnonzero(np.diff(times_us) > max_gap_s * US_PER_S).tolist()
    return CheckResult(
        (zone,), len(tracks), 1, (int(times_us[0]), int(times_us[-1])) if len(tracks) else None,
        infringements=tuple(stays), tracks=tracks, marks=screen(tracks)[0] if len(tracks) else None,
        gaps=tuple(Gap(str(tracks.target.at(k)), int(times_us[k]), int(times_us[k + 1])) for k in gaps),
        options=CheckOptions(max_gap_s=max_gap_s), coverage=coverage,
    )  # fmt: skip
