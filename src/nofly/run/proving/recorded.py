"""Packages of recorded traffic: made of a check, and found again from their own files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from nofly import __version__
from nofly.errors import Finding, InputError
from nofly.feeds.options import ArchiveOptions
from nofly.incidents.record import Infringement
from nofly.proof.coverage import Coverage
from nofly.proof.package import Making, Package, Part, made
from nofly.proof.packing.canonical import canonical, mapping
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.steps import Step, agrees, differs, unchecked
from nofly.run.check import CheckOptions, Given, check
from nofly.run.coverage import read as covered
from nofly.run.files.lists import Lists, read_list
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.run.files.zonefiles import ZoneSet
from nofly.run.outputs.coverage_told import stays_covered
from nofly.run.proving import aids, finding, law, reading, reports, sighted, working
from nofly.run.registering.law import Registered
from nofly.run.result import CheckResult
from nofly.schema import Positions

MOST_UNPACKED_BYTES = 4 << 30
"""What a source file of a package may unpack to."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a check was made of, so that it can be read again."""

    law: ZoneSet
    tracks: Sequence[str]
    reading: ArchiveOptions
    checking: CheckOptions
    given: Callable[[], Iterable[TrackBatch]] | None = None
    """Gives the traffic where it is in memory, and in no files."""
    register: Registered | None = None
    """The law of the register that zones are from which are in no file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How packages are to be made."""

    making: Making
    most_raw_bytes: int = reports.MOST_RAW_BYTES
    only_targets: bool = False
    """Whether of the source files only the messages of the aircraft concerned are put into a package."""
    coverage: bool = True
    """Whether a package says what could have been seen."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding made anew from the files of a package, and what is to be said of these on the way."""

    result: CheckResult
    stays: tuple[Infringement, ...]
    """Those the package is about, as they were found anew."""
    steps: list[Step] = field(default_factory=list)


def packages(
    result: CheckResult, groups: Iterable[Sequence[Infringement]], inputs: Inputs, wanted: Wanted
) -> Iterator[dict[str, bytes]]:
    """Yield the files of one package for each group of stays of a result.

    The traffic is read once more. Raises what its readers raise, InputError where a stay is not found again
    because files have changed since, OSError where one can no longer be read.
    """
    chosen = [list(group) for group in groups]
    if not all(chosen):
        raise InputError("no stay to make evidence of", expected="one at least in each package")
    targets = {stay.target_id for group in chosen for stay in group}
    told = result.coverage if wanted.coverage else None
    cover = partial(_seen_by, inputs) if wanted.coverage and told is None else None
    recorded = reports.Recorded(inputs.tracks, inputs.reading, targets, inputs.given, cover)
    recorded.coverage = recorded.coverage or told
    for group in chosen:
        yield made("recorded", *_parts(result, group, recorded, inputs, wanted), wanted.making)


def _parts(
    result: CheckResult, stays: Sequence[Infringement], recorded: reports.Recorded, inputs: Inputs,
    wanted: Wanted,
) -> tuple[dict[str, Part], dict[str, Any]]:  # fmt: skip
    targets = sorted({stay.target_id for stay in stays})
    zone_ids = {stay.zone_id for stay in stays}
    zones = [zone for zone in result.zones if zone.id in zone_ids]
    overheard = aids.Overheard(result.aids)
    given = Given(_lists(inputs.checking), overheard.aids)
    again = _checked(zones, _batch(recorded.rows(targets)), inputs.checking, given)
    found = _of(again, [stay.id for stay in stays])
    if len(found) != len(stays):
        raise InputError(
            "an infringement is not found again", source=", ".join(inputs.tracks),
            expected="tracks and zones that stay as they were while evidence is made of them",
        )  # fmt: skip
    raw, left_out, remarked = recorded.parts(
        targets, wanted.most_raw_bytes, wanted.only_targets, with_others=recorded.coverage is not None
    )
    said = finding.document(again, found, remarked)
    heights, no_heights = overheard.parts(again.span_us or (0, 0))
    seen, no_table = _seen(replace(again, coverage=recorded.coverage), found, raw, wanted)
    if recorded.not_covered:
        left_out = [*left_out, f"what could have been seen, which cannot be told: {recorded.not_covered}"]
    considered = law.parts(zones, inputs.law, inputs.checking.lists, found, inputs.register)
    parts = {
        **raw, **heights, **considered, **seen,
        finding.FILE: Part(canonical({**said, "left_out": [*left_out, *no_heights, *no_table]})),
    }  # fmt: skip
    configuration = {
        "checking": {"max_gap_s": inputs.checking.max_gap_s, "screening": inputs.checking.screening},
        "reading": reading.reading(inputs.reading),
        "stations": reports.stations(recorded.rows(targets)),
    }
    parts |= working.parts(again, found, parts)
    return parts, configuration


def _seen_by(inputs: Inputs, batches: Iterable[TrackBatch]) -> Coverage:
    """Return the coverage of the traffic of a check, as it is read."""
    again = inputs.given or (lambda: read_batches(inputs.tracks, inputs.reading))
    return covered(batches, again, screening=inputs.checking.screening)


def _seen(
    result: CheckResult, stays: Sequence[Infringement], raw: Mapping[str, Part], wanted: Wanted
) -> tuple[dict[str, Part], list[str]]:
    """Return the files of what could have been seen, and what is left out of them: the table of sightings is
    put in where the source files are not all that was read, unless it would tell of others who are to be kept
    out."""
    whole = reports.complete({reports.INDEX: raw[reports.INDEX].data})
    table = None if whole or wanted.only_targets else result.coverage
    return sighted.parts(sighted.Sighted(stays_covered(result, stays), coverage=table))


def found_again(package: Package) -> Found:
    """Return the finding made anew from a package: from its source files where it holds them, else from the
    rows it holds; with zones, lists, QNH and terrain as they are in it.

    Raises PackageError, DecodeError, SchemaError or InputError for what cannot be read.
    """
    files, told = package.files, mapping(package.manifest["configuration"], "manifest.json")
    zones, steps = law.read(files)
    known, left_out = aids.read(files)
    steps += [unchecked("heights", f"not in the package: {text}", aids.FILE) for text in left_out]
    remarked: list[Finding] | None
    options = reading.options_of(mapping(told.get("reading"), "manifest.json", "reading"))
    rows = reports.rows(files, MOST_UNPACKED_BYTES)
    targets, batches = reports.batches(files, options, MOST_UNPACKED_BYTES)
    if batches is None:
        steps.append(
            unchecked("reports", _NO_RAW if reports.has_sources(files) else _NO_FILES, reports.INDEX)
        )
        taken, remarked = _batch(rows), None
    else:
        read = list(batches)
        remarked = [said for batch in read for said in batch.findings]
        taken = [replace(batch, findings=[]) for batch in read]
        steps += reports.index_steps(files)
        steps += _rows_compared(rows, [batch.positions for batch in taken], targets)
    if package.version > 1:
        steps.append(reports.told_steps("stations", told, reports.stations(rows)))
    checking = mapping(told.get("checking"), "manifest.json", "checking")
    gap_s, screening = checking.get("max_gap_s"), checking.get("screening")
    if not isinstance(gap_s, int | float) or not 0 < gap_s < 1e9 or not isinstance(screening, bool):
        raise PackageError("max_gap_s or screening cannot be so", source="manifest.json")
    chosen = CheckOptions(max_gap_s=float(gap_s), screening=screening)
    result = _checked(zones, taken, chosen, Given(law.lists(files), known))
    stays = _of(result, finding.ids(package))
    same = package.manifest["created_by"] == f"nofly {__version__}"
    steps += finding.compared(package, result, remarked)
    steps += law.compared(files, zones, stays, same)
    steps += sighted.steps(
        package,
        lambda coverage, _: stays_covered(replace(result, coverage=coverage), stays),
        (lambda: _covered(files, options, screening)) if reports.complete(files) else None,
    )
    steps += working.compared(package, result, stays)
    return Found(result, stays, steps)


def _covered(files: Mapping[str, bytes], options: ArchiveOptions, screening: bool) -> Coverage:
    """Return the coverage of all that the source files hold."""
    return covered(reports.all_batches(files, options, MOST_UNPACKED_BYTES), screening=screening)


_NO_RAW = (
    "the source files are not in the package, they were too large: it is found again from the rows of "
    f"{reports.ROWS}; index.json names the sources with their SHA-256"
)


_NO_FILES = (
    "the reports were in the memory of a program, in no files: the finding is found again from the rows of "
    f"{reports.ROWS}"
)


def _rows_compared(rows: Positions, raw: Sequence[Positions], targets: Sequence[str]) -> list[Step]:
    from nofly.schema import concatenate

    ours = reports.by_target(concatenate(raw), targets)
    wrong = list(reports.differences(rows, ours))
    if wrong:
        text = "the source files do not give these rows: "
        return [differs("reports", text + one, reports.ROWS) for one in wrong]
    return [agrees("reports", f"{len(rows):,} rows, the same as the source files give", reports.ROWS)]


def _of(result: CheckResult, ids: Sequence[str]) -> tuple[Infringement, ...]:
    return tuple(stay for stay in result.infringements if stay.id in ids)


def _batch(rows: Positions) -> list[TrackBatch]:
    return [TrackBatch(rows, [], reports.ROWS, "parquet", 0, 0)] if len(rows) else []


def _lists(options: CheckOptions) -> Lists:
    return Lists(tuple(read_list(path, name) for name, path in options.lists.items()))


def _checked(zones: Sequence[Any], batches: Iterable[TrackBatch], chosen: CheckOptions, given: Given) -> Any:
    """Return the check of these batches alone, in one thread."""
    options = CheckOptions(max_gap_s=chosen.max_gap_s, screening=chosen.screening, threads=1)
    some = [batch for batch in batches if len(batch.positions)]
    return check(zones, some, options, again=lambda: some, given=given)
