"""The finding of a package: the verdicts, how they were reached, and how a second finding compares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nofly import __version__
from nofly.errors import Finding, fold_findings
from nofly.geo.heights import ERR_M
from nofly.incidents.record import Infringement
from nofly.proof.package import Package
from nofly.proof.packing.canonical import canonical, list_of, mapping, parsed
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import Step, agrees, differs, unchecked
from nofly.run.judging.preparing import TIME_ERR_S, Aids
from nofly.run.outputs.columns import COLUMNS, record, rounding
from nofly.run.outputs.explain import sentences
from nofly.run.outputs.json import finding_record
from nofly.run.outputs.text import iso_time, printable
from nofly.run.proving.errors import errors_of
from nofly.run.result import CheckResult
from nofly.tracks.quality import DEFAULT_POS_ERR_M
from nofly.tracks.screening import Mark, ScreenParams

FILE = "finding.json"
FORM = "nofly-finding/1"
SAME_TIME_US = 1_000_000
"""A stay whose entry is no further away is taken for the one that is looked for."""


def document(
    result: CheckResult, stays: Sequence[Infringement], findings: Sequence[Finding] = (),
    aids: Aids | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the finding as plain values: of ``stays``, from a result that is of their targets and zones
    alone; ``findings`` are those of the readers, with names in the package for sources, ``aids`` what heights
    were worked out with, where the result does not say."""
    known = aids or result.aids or Aids()
    return {
        "format": FORM, "infringements": [record(stay) for stay in stays],
        "sentences": {stay.id: sentences(result, stay).splitlines() for stay in stays},
        "errors": {stay.id: errors_of(result, stay, known) for stay in stays},
        "method": _method(), **_circumstances(result),
        "findings": remarks(findings),
    }  # fmt: skip


def remarks(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return what readers remarked as plain values, alike ones folded."""
    return [finding_record(finding) for finding in fold_findings(findings)]


def _method() -> dict[str, Any]:
    """Return how the numbers were reached, and their errors where nothing better is stated."""
    return {
        "crossings": "computed on the WGS 84 ellipsoid, between successive reports no further apart than "
        "max_gap_s; a longer gap is not judged",
        "errors": "95 %; of a position as reported, by NACp, else by its source; of a height as reported, "
        "else by its datum",
        "time_err_s": TIME_ERR_S,
        "default_position_err_m": {str(name): err for name, err in DEFAULT_POS_ERR_M.items()},
        "default_height_err_m": {str(datum): err for datum, err in ERR_M.items()},
        "screening": asdict(ScreenParams()),
    }  # fmt: skip


def _circumstances(result: CheckResult) -> dict[str, Any]:
    """Return what was seen, what the screen said of it, and when nothing was seen."""
    first, last = result.span_us or (None, None)
    flags = Counter[str]()
    if result.marks is not None:
        for mark in Mark:
            count = int(((result.marks & int(mark)) != 0).sum())
            flags[str(mark.name).lower().replace("_", "-")] = count
    return {
        "positions": {
            "reports": result.report_count, "first_time": None if first is None else iso_time(first),
            "last_time": None if last is None else iso_time(last),
        },
        "screening_marks": {name: count for name, count in sorted(flags.items()) if count},
        "gaps": [
            {"target_id": printable(g.target_id), "start_time": iso_time(g.start_us),
             "end_time": iso_time(g.end_us)}
            for g in result.gaps
        ],
    }  # fmt: skip


def ids(package: Package) -> list[str]:
    """Return the ids of the stays that a package is about. Raises PackageError where it says none."""
    rows = list_of(package.json(FILE), "infringements", FILE)
    return [str(mapping(row, FILE).get("id")) for row in rows]


def compared(
    package: Package, result: CheckResult, findings: Iterable[Finding] | None = None,
    aids: Aids | None = None,
) -> Iterator[Step]:  # fmt: skip
    """Yield how the finding of a package compares with one made anew from the same reports and zones.

    ``findings`` are those of the readers where the source files were read. Raises PackageError where the
    package's finding cannot be read.
    """
    told = package.json(FILE)
    if told.get("format") != FORM:
        raise PackageError(f"format {str(told.get('format'))[:40]!r}", source=FILE, expected=FORM)
    rows = [mapping(row, FILE) for row in list_of(told, "infringements", FILE)]
    words = mapping(told.get("sentences"), FILE, "sentences")
    stays = list(result.infringements)
    if not rows:
        yield differs("finding", "there is no verdict in it", FILE)
    for row in rows:
        found = list(_stay_steps(row, words, stays, result))
        yield from found or [agrees("finding", _headline(row), f"{FILE}: {row.get('id')}")]
    if package.version > 1:
        yield from _error_steps(told, result, aids or result.aids or Aids())
    yield from _circumstance_steps(told, result)
    yield from _method_steps(told, package.manifest["created_by"])
    if findings is not None and told.get("findings") != remarks(findings):
        anew = str(remarks(findings))[:500]
        yield differs(
            "finding", "the readers remark something else", FILE, str(told.get("findings"))[:500], anew
        )


def _error_steps(told: Mapping[str, Any], result: CheckResult, aids: Aids) -> Iterator[Step]:
    said = mapping(told.get("errors"), FILE, "errors")
    ours = {stay.id: errors_of(result, stay, aids) for stay in result.infringements if stay.id in said}
    for stay in sorted(said):
        for name, old in sorted(mapping(said[stay], FILE, stay).items()):
            new = ours.get(stay, {}).get(name)
            if not _close(old, new):
                yield differs("finding", f"{name} differs", f"{FILE}: {stay}", repr(old), repr(new))
    rows = {str(mapping(row, FILE).get("id")) for row in list_of(dict(told), "infringements", FILE)}
    if rows != said.keys():
        yield differs("finding", "errors are told of other stays", FILE, str(sorted(said)), str(sorted(rows)))


def _close(old: Any, new: Any) -> bool:
    """Return whether two errors agree to the last place that is kept of them."""
    if type(old) in (int, float) and type(new) is float:
        return bool(abs(old - new) <= 1.5e-3)
    return old is None and new is None


def _method_steps(told: Mapping[str, Any], created_by: str) -> Iterator[Step]:
    """Yield what differs in method and errors: of another version what it was made with is another."""
    old, new = mapping(told.get("method"), FILE, "method"), parsed(canonical(_method()), FILE)
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        if created_by == f"nofly {__version__}":
            yield differs("finding", f"method: {name} differs", FILE, str(old.get(name)), str(new.get(name)))
        else:
            yield unchecked("finding", f"method: {name} is that of {created_by[:40]}", FILE)


def _headline(row: Mapping[str, Any]) -> str:
    who, zone = row.get("callsign") or row.get("target_id"), row.get("zone_id")
    return (
        f"found again: {who} in {zone}, {row.get('entry_time')} to {row.get('exit_time')}, "
        f"{row.get('status')}, {row.get('certainty')}"
    )


def _stay_steps(
    row: Mapping[str, Any], words: Mapping[str, Any], stays: Sequence[Infringement], result: CheckResult
) -> Iterator[Step]:
    """Yield in what a verdict differs from the one found anew; nothing where it agrees."""
    where = f"{FILE}: {row.get('id')}"
    match = next((stay for stay in stays if stay.id == row.get("id")), None) or _nearest(row, stays)
    if match is None:
        there = ", ".join(f"{s.target_id} in {s.zone_id} from {iso_time(s.entry_time_us)}" for s in stays[:5])
        yield differs("finding", "this stay is not found again", where, _headline(row), there or "no stay")
        return
    ours = record(match)
    for name in sorted({*row, *ours}):
        old, new = row.get(name), ours.get(name)
        if not _same(name, old, new):
            yield differs("finding", f"{name} differs", where, repr(old), repr(new))
    said = words.get(str(row.get("id")))
    if said != sentences(result, match).splitlines():
        yield from _words_differ(said, sentences(result, match).splitlines(), where)


def _words_differ(old: Any, new: list[str], where: str) -> Iterator[Step]:
    if not isinstance(old, list) or len(old) != len(new):
        yield differs("finding", "its sentences are others", where, str(old), " ".join(new))
        return
    for a, b in zip(old, new, strict=True):
        if a != b:
            yield differs("finding", "a sentence of it is another", where, str(a), b)


def _nearest(row: Mapping[str, Any], stays: Sequence[Infringement]) -> Infringement | None:
    """Return the stay of the same target and zone that begins closest, within :data:`SAME_TIME_US`."""
    from nofly.run.outputs.columns import stay_of

    try:
        wanted = stay_of(row)
    except (ValueError, TypeError, KeyError):
        return None
    mine = [s for s in stays if (s.target_id, s.zone_id) == (wanted.target_id, wanted.zone_id)]
    best = min(mine, key=lambda s: abs(s.entry_time_us - wanted.entry_time_us), default=None)
    if best is None or abs(best.entry_time_us - wanted.entry_time_us) > SAME_TIME_US:
        return None
    return best


def _same(name: str, old: Any, new: Any) -> bool:
    """Return whether two values agree: a number within one of the last place that is kept of it, since
    another processor may round it the other way."""
    kind = _KINDS.get(name)
    if kind == "float" and type(old) in (int, float) and type(new) is float:
        return bool(abs(old - new) <= 1.5 * 10.0 ** -rounding(name))
    return type(old) is type(new) and old == new


_KINDS = dict(COLUMNS)


def _circumstance_steps(told: Mapping[str, Any], result: CheckResult) -> Iterator[Step]:
    good = True
    for name, new in _circumstances(result).items():
        if told.get(name) != new:
            good = False
            yield differs("finding", f"{name} differ", FILE, str(told.get(name))[:500], str(new)[:500])
    if good:
        gaps, marks = len(result.gaps), sum(_circumstances(result)["screening_marks"].values())
        yield agrees(
            "finding", f"{result.report_count} reports, {marks} screening marks, {gaps} gaps: the same"
        )
