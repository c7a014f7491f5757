"""What a notebook calls: ``nofly.read_zones``, ``nofly.read_positions``, ``nofly.check``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nofly.errors import ConfigError, SchemaError, Severity, fold_findings
from nofly.feeds.options import ArchiveOptions, Column
from nofly.run.files.trackfiles import TrackBatch, read_batches
from nofly.run.files.zonefiles import ZoneSet
from nofly.run.files.zonefiles import read_zones as _read_zones
from nofly.run.result import CheckResult
from nofly.schema import Positions, concatenate
from nofly.zones.model import Zone

if TYPE_CHECKING:
    import pyarrow as pa

    from nofly.run.check import CheckOptions
    from nofly.run.proving.recorded import Inputs
    from nofly.run.proving.verify import Verified

Paths = str | Path | Sequence[str | Path]


def read_zones(paths: Paths, *, format: str | None = None, strict: bool = False) -> ZoneSet:
    """Return the zones of files and folders (GeoJSON, ED-269, ED-318, OpenAir, KML, KMZ) with ``findings``.

    ``strict`` raises at the first record that is rejected. Raises ZoneFormatError where a file as a whole
    cannot be read, PluginError where there is no such format.
    """
    return _read_zones(paths, format=format, strict=strict)


def write_zones(zones: ZoneSet | Iterable[Zone], path: str | Path, format: str | None = None) -> None:
    """Write zones to a file, whole or not at all; without ``format`` the extension says which.

    Raises ConfigError where no format writes such files, OSError where it cannot be written.
    """
    from nofly.run.files.atomic import write_whole
    from nofly.run.files.zonewriting import writer

    chosen = zones.zones if isinstance(zones, ZoneSet) else tuple(zones)
    write_whole(path, writer(format, str(path)).write(chosen))


def read_positions(
    source: Any,
    *,
    format: str | None = None,
    columns: Mapping[str, str | Column] | None = None,
    altitude_datum: str | None = None,
    time_zone: str | None = None,
) -> Positions:
    """Return all positions of files and folders, or of a table, in memory.

    ``source`` is a path or several, an Arrow table, a pandas or polars frame, or what has a frame as its
    ``data`` (a ``traffic`` object). ``columns`` says what columns are that go by other names, as
    ``{"Alt (ft)": "alt_std_m:ft"}``; ``altitude_datum`` (std, amsl, hae, agl) and ``time_zone`` hold for what
    does not say. What is rejected, doubtful or assumed is a Python warning; the result of ``nofly.check`` on
    the same source holds every finding. Raises DecodeError, SchemaError or ConfigError.
    """
    options = archive_options(format, columns, altitude_datum, time_zone)
    batches = list(batches_of(source, options))
    for finding in fold_findings(finding for batch in batches for finding in batch.findings):
        if finding.severity is not Severity.INFO or finding.code.endswith("-assumed"):
            warnings.warn(f"{finding} [{finding.code}]", stacklevel=2)
    return concatenate([batch.positions for batch in batches])


def check(
    positions: Any,
    zones: Any,
    *,
    columns: Mapping[str, str | Column] | None = None,
    altitude_datum: str | None = None,
    time_zone: str | None = None,
    **options: Any,
) -> CheckResult:
    """Return who was inside which zone.

    ``positions`` is what :func:`read_positions` takes, or Positions, or several of them in order of time;
    ``zones`` a ZoneSet, zones, or paths. Other arguments are those of ``CheckOptions`` (``max_gap_s``,
    ``qnh``, ``terrain``, ``lists``, …); one QNH or one folder of terrain may stand for itself. Raises what
    the readers raise, and ConfigError for an unknown option.
    """
    from nofly.run.check import CheckOptions
    from nofly.run.check import check as run

    for name in ("qnh", "terrain"):
        given = options.get(name, ())
        several = isinstance(given, Sequence) and not isinstance(given, str)
        options[name] = [str(one) for one in (given if several else (given,))]
    known = [field.name for field in fields(CheckOptions)]
    for name in options:
        if name not in known:
            raise ConfigError(f"nofly.check has no option {name!r}", expected=f"one of {', '.join(known)}")
    chosen = CheckOptions(**options)
    law = _zones_of(zones)
    reading = archive_options(None, columns, altitude_datum, time_zone)
    again = None if isinstance(positions, Iterator) else lambda: batches_of(positions, reading)
    result = run(law.zones, batches_of(positions, reading), chosen, law.findings, again)
    if again is not None:
        # dataclasses.replace would make all that is only made when it is asked for.
        object.__setattr__(result, "inputs", _inputs(law, positions, reading, chosen, again))
    return result


def verify(
    path: str | Path, *, key: str | Path | Sequence[str | Path] = (), trust: str | Path | None = None
) -> Verified:
    """Return what is to be said of an evidence package: ``steps``, ``exit_code`` and ``summary``, as ``nofly
    verify`` has them.

    ``key`` are public keys (PEM files) that have to have signed, ``trust`` a file or folder of keys that are
    known. Nothing else is read. Raises InputError where it is no package, StoreError for a key that is none.
    """
    from nofly.run.proving.verify import Trust, read_package
    from nofly.run.proving.verify import verify as run
    from nofly.store.keys import trusted

    required: dict[str, str] = {}
    for one in [key] if isinstance(key, str | Path) else key:
        required |= trusted(Path(one))
    known = {**required, **(trusted(Path(trust)) if trust is not None else {})}
    return run(read_package(path), Trust(known, frozenset(required)))


def _inputs(
    law: ZoneSet, positions: Any, reading: ArchiveOptions, chosen: CheckOptions,
    again: Callable[[], Iterator[TrackBatch]],
) -> Inputs:  # fmt: skip
    """Return what a check was made of: files, or what is in memory."""
    from nofly.run.proving.recorded import Inputs

    several = [positions] if isinstance(positions, str | Path) else positions
    if isinstance(several, Sequence) and all(isinstance(one, str | Path) for one in several):
        return Inputs(law, [str(one) for one in several], reading, chosen)
    return Inputs(law, (), reading, chosen, again)


def archive_options(
    format: str | None,
    columns: Mapping[str, str | Column] | None,
    altitude_datum: str | None,
    time_zone: str | None,
) -> ArchiveOptions:
    """Return reading options; ConfigError for a value that cannot be."""
    from nofly.config import column

    mapped = {
        name: ours if isinstance(ours, Column) else column(ours, f"columns[{name!r}]")
        for name, ours in (columns or {}).items()
    }
    return ArchiveOptions(format=format, columns=mapped, altitude_datum=altitude_datum, time_zone=time_zone)


def batches_of(source: Any, options: ArchiveOptions) -> Iterator[TrackBatch]:
    """Yield positions as batches, whatever they come as; SchemaError for what is none of them."""
    if isinstance(source, Positions):
        source.check("positions")
        yield TrackBatch(source, [], "positions", "", 0, 0)
    elif isinstance(source, TrackBatch):
        yield source
    elif isinstance(source, str | Path):
        yield from read_batches(source, options)
    elif (table := _table(source)) is not None:
        yield from _of_table(table, options)
    elif isinstance(source, Iterable) and not isinstance(source, Mapping | ZoneSet):
        for part in source:
            yield from batches_of(part, options)
    else:
        raise SchemaError(
            f"positions of type {type(source).__name__}",
            expected="a path, Positions, an Arrow table, or a pandas or polars frame",
        )


def _table(source: Any) -> pa.Table | None:
    """Return a table or frame as an Arrow table; None for what is none."""
    frame = source if hasattr(source, "columns") else getattr(source, "data", None)
    if frame is None or not hasattr(frame, "columns"):
        return None
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    if type(frame).__module__.startswith("pandas"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    return None


def _of_table(table: pa.Table, options: ArchiveOptions) -> Iterator[TrackBatch]:
    import pyarrow as pa

    from nofly.feeds.arrow_columns import ArrowColumns
    from nofly.feeds.columns import plan

    flat = [f.name for f in table.schema if not pa.types.is_nested(f.type)]
    chosen = plan(flat, options, "table", dates=True)
    columns = ArrowColumns(chosen, options, "table")
    names = [reading.name for reading in chosen.readings.values()]
    for batch in table.select(names).to_batches(options.batch_rows):
        if batch.num_rows:
            yield TrackBatch(*columns.convert(batch), "table", "arrow", 0, 0)
    if not columns.began:
        yield TrackBatch(*columns.nothing(), "table", "arrow", 0, 0)


def _zones_of(zones: Any) -> ZoneSet:
    if isinstance(zones, ZoneSet):
        return zones
    if isinstance(zones, Zone):
        return ZoneSet((zones,), (), ())
    if isinstance(zones, str | Path):
        return read_zones(zones)
    if isinstance(zones, Mapping) or not isinstance(zones, Iterable):
        raise ConfigError(f"zones of type {type(zones).__name__}", expected="a ZoneSet, zones, or paths")
    parts = [_zones_of(one) for one in zones]
    return ZoneSet(
        tuple(z for part in parts for z in part.zones), tuple(f for part in parts for f in part.findings),
        tuple(file for part in parts for file in part.files),
    )  # fmt: skip
