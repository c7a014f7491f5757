"""``nofly archive``: what the watch has kept of positions: list it, take some out, merge its files."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from nofly.cli.streams import note, say_text
from nofly.units import DAY_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nofly.schema import Positions
    from nofly.store.positions.catalogue import StoredFile
    from nofly.store.positions.layout import Wanted
    from nofly.store.positions.store import PositionStore

_EPILOG = """\
Times are ISO 8601 with a zone: 2026-03-04T12:00:00Z; a day, where one is taken, is 2026-03-04.
exit codes: 0 done, 2 an error.
"""
_SETTLED_US = 3_600_000_000
"""Late reports of an hour are waited for so long before its files are merged."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly archive", description="The positions that nofly watch has kept: list, query and compact them.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="verb", required=True, metavar="list|query|compact")

    def verb(name: str, what: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        one.add_argument(
            "--state", default="nofly-state", metavar="DIR", help="folder of the watch (default: nofly-state)"
        )
        return one

    def choice(one: argparse.ArgumentParser) -> None:
        one.add_argument(
            "--from", dest="since", metavar="TIME", help="no report before this, or before this day (UTC)"
        )
        one.add_argument("--until", metavar="TIME", help="no report at this time or later: a time, not a day")
        one.add_argument(
            "--target", action="append", metavar="ID", help="icao24:4ca7b3 or 4ca7b3; may be repeated"
        )
        one.add_argument(
            "--bbox", metavar="S,W,N,E", help="box in degrees; W of more than E: across the antimeridian"
        )

    shown = verb("list", "one line a file")
    choice(shown)
    shown.add_argument("--format", dest="out", choices=("table", "json"), default="table")
    asked = verb("query", "the positions of a time, of targets, of an area")
    choice(asked)
    asked.add_argument(
        "-o", "--output", metavar="FILE", help=".parquet or .csv, whole or not at all; else CSV is printed"
    )
    merged = verb("compact", "merge the files of each hour and day into one")
    merged.add_argument(
        "--before", metavar="TIME", help="only what was over then, or before this day (an hour ago)"
    )
    merged.add_argument(
        "--keep-days", type=_days, metavar="N", help="remove files that hold only what is older than N days"
    )
    return it


def run(argv: list[str]) -> int:
    """Do what was asked for; return the exit code."""
    args = parser().parse_args(argv)
    return {"list": _list, "query": _query, "compact": _compact}[args.verb](args)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 100_000:
        raise argparse.ArgumentTypeError("a number of days from 1 on")
    return days


def _store(args: argparse.Namespace, *, read_only: bool) -> PositionStore:
    from nofly.cli.configuration import state_folder
    from nofly.errors import StoreError
    from nofly.store.positions.catalogue import NAME
    from nofly.store.positions.store import PositionStore

    folder = state_folder(args.state) / "positions"
    if not (folder / NAME).is_file():
        raise StoreError(f"{folder}: there is no archive; --state names the folder of nofly watch")
    return PositionStore(folder, read_only=read_only)


def _wanted(args: argparse.Namespace) -> Wanted:
    from nofly.run.at import instant
    from nofly.store.positions.layout import Wanted

    return Wanted(
        None if args.since is None else instant(args.since, day=True),
        None if args.until is None else instant(args.until),
        None if args.target is None else frozenset(n for one in args.target for n in _names(one)),
        None if args.bbox is None else _box(args.bbox),
    )


def _names(target: str) -> tuple[str, str]:
    """Return the target ids that somebody may mean with one."""
    from nofly.tracks.identity import target_named

    return target, target_named(target)


def _box(text: str) -> tuple[float, float, float, float]:
    from nofly.errors import ConfigError

    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError:
        south, west, north, east = 1.0, 0.0, 0.0, 0.0
    if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
        raise ConfigError(
            f"--bbox {text!r}", expected="south,west,north,east in degrees, as 46,5.9,47.9,10.5"
        )
    return south, west, north, east


def _list(args: argparse.Namespace) -> int:
    from nofly.run.outputs.text import iso_time, many

    wanted = _wanted(args)
    with _store(args, read_only=True) as store:
        files = [file for file in store.catalogue() if wanted.may_be_in(file.extent)]
    for target in args.target or () if not files else ():
        _say_none(target)
    if args.out == "json":
        # escapes keep what a name holds, and let no control character reach a terminal
        said = json.dumps([_plain(file) for file in files], ensure_ascii=True, indent=1)
        say_text(said.replace("\x7f", "\\u007f"))
        return 0
    rows = [("FIRST", "LAST", "REPORTS", "BYTES", "FILE")]
    for file in files:
        it = file.extent
        rows.append(
            (iso_time(it.first_us), iso_time(it.last_us), f"{it.rows:,}", f"{file.bytes:,}", file.path)
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        cells = (
            c.rjust(w) if k in (2, 3) else c.ljust(w)
            for k, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        say_text("  ".join(cells).rstrip())
    reports, size = sum(file.extent.rows for file in files), sum(file.bytes for file in files)
    each = f", {size / reports:.1f} bytes each" if reports else ""
    note(f"{many(reports, 'report')} in {many(len(files), 'file')}{each}")
    return 0


def _plain(file: StoredFile) -> dict[str, object]:
    from dataclasses import asdict

    from nofly.run.outputs.text import iso_time

    extent = asdict(file.extent)
    first, last = iso_time(extent.pop("first_us")), iso_time(extent.pop("last_us"))
    return {"path": file.path, "bytes": file.bytes, "first": first, "last": last, **extent}


def _query(args: argparse.Namespace) -> int:
    from nofly.run.archive import write_csv, write_table
    from nofly.run.outputs.text import many

    wanted = _wanted(args)
    seen: set[str] = set()
    with _store(args, read_only=True) as store:
        found = _noting(store.query(wanted), seen)
        if args.output is None:
            sys.stdout.flush()
            write_csv(found, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            note(f"{many(write_table(found, args.output), 'report')} written to {args.output}")
    for target in args.target or ():
        if seen.isdisjoint(_names(target)):
            _say_none(target)
    return 0


def _noting(batches: Iterable[Positions], seen: set[str]) -> Iterator[Positions]:
    """Yield batches and put the names of their targets into ``seen``."""
    import numpy as np

    for batch in batches:
        seen.update(batch.target.values[code] for code in np.unique(batch.target.codes) if code >= 0)
        yield batch


def _say_none(target: str) -> None:
    from nofly.run.outputs.text import printable

    note(f"no report that is asked for is of target {printable(target)}")


def _compact(args: argparse.Namespace) -> int:
    from time import time_ns

    from nofly.run.at import instant
    from nofly.run.outputs.text import many

    now_us = time_ns() // 1000
    before_us = now_us - _SETTLED_US if args.before is None else instant(args.before, day=True)
    with _store(args, read_only=False) as store:
        gone = store.forget(now_us - args.keep_days * DAY_US) if args.keep_days else 0
        fewer = store.compact(before_us)
        left = len(store.catalogue())
    note(f"{many(gone, 'file')} too old and removed; {fewer:,} merged into others; {many(left, 'file')} left")
    return 0
