"""``nofly coverage``: where, how high and when traffic was received, and so could have been seen."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nofly.errors import Finding
    from nofly.proof.coverage import Coverage
    from nofly.run.coverage import Told
    from nofly.run.files.trackfiles import TrackBatch

_EPILOG = """\
examples:
  nofly coverage flights.parquet --plot coverage.png
  nofly coverage tracks/ --zones zones.geojson --from 2022-03-04T12:00:00Z --until 2022-03-04T14:00:00Z
  nofly coverage tracks/ --place 47.45,8.55 --height FL190 --at 2022-03-04T12:00:00Z
  nofly coverage --state nofly-state --format json
  nofly coverage tracks/ --calibrate

Of aircraft without a transponder nothing is said. exit codes: 0 done, 2 an error.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly coverage", description="What could have been seen: told from the traffic that was received.",
        usage="nofly coverage TRACKS… [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = it.add_argument
    add("tracks", nargs="*", metavar="TRACKS", help="files or folders of traffic; - is standard input")
    add("--state", metavar="DIR", help="what a watch has kept in its state folder, in place of TRACKS")
    add(
        "--zones",
        "-z",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="what could be seen of each",
    )
    add("--zones-format", metavar="NAME", help="format of the zones, where the first bytes do not tell")
    add("--tracks-format", metavar="NAME", help="format of the tracks, where the first bytes do not tell")
    add("--at", metavar="TIME", help="ask for the minute of this instant, such as 2022-03-04T12:00:00Z")
    add("--from", dest="since", metavar="TIME", help="ask for what is not before this")
    add("--until", metavar="TIME", help="ask for what is before this")
    add("--place", type=_place, metavar="LAT,LON", help="a place, in degrees, told of in sentences")
    add(
        "--height", type=_height, metavar="HEIGHT", help="of the place: FL190, 19000ft, 5800m (at any height)"
    )
    add(
        "--calibrate",
        action="store_true",
        help="hide part of the traffic, and count what came of the verdicts",
    )
    add("--format", "-f", choices=("table", "json"), default="table", help="what is printed (table)")
    add("-o", "--output", metavar="FILE", help="write it to FILE, whole or not at all")
    add("--plot", metavar="FILE", help="draw a map for each height band: PNG, SVG or PDF")
    add("--quiet", "-q", action="store_true", help="no findings on standard error")
    return it


def run(argv: list[str]) -> int:
    """Tell, write and draw what was asked for; return the exit code."""
    args = parser().parse_intermixed_args(argv)
    _refuse_early(args)
    asked_us = _asked_us(args)
    if args.calibrate:
        return _calibrate(args)
    told = _told(args, asked_us)
    if args.plot:
        from nofly.run.outputs.coverage_picture import figure
        from nofly.run.outputs.picture import write_picture

        write_picture(figure(told), args.plot)
    if args.format == "json":
        from nofly.run.coverage import document

        _deliver(args, json.dumps(document(told), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        from nofly.run.outputs.coverage_table import table

        _deliver(args, table(told))
    if not args.quiet:
        from nofly.cli.streams import note_findings

        note_findings(told.findings)
    return 0


def _place(text: str) -> tuple[float, float]:
    lat, _, lon = text.partition(",")
    place = float(lat), float(lon)
    if not (abs(place[0]) <= 90.0 and abs(place[1]) <= 180.0):
        raise argparse.ArgumentTypeError(f"{text} (expected LAT,LON in degrees, as 47.45,8.55)")
    return place


def _height(text: str) -> float:
    import re

    from nofly.units import length_m

    found = re.fullmatch(
        r"\s*(?:(FL)\s*(\d{1,3})|(-?\d+(?:\.\d+)?)\s*(ft|m))\s*", text, re.IGNORECASE | re.ASCII
    )
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} (expected a height, as FL190, 19000ft or 5800m)")
    return length_m(float(found[2] or found[3]), found[1] or found[4])


def _refuse_early(args: argparse.Namespace) -> None:
    """Raise ConfigError for what can be seen to fail before any work is done."""
    from pathlib import Path

    from nofly.errors import ConfigError
    from nofly.run.files.inputs import is_tracks
    from nofly.run.files.trackfiles import STDIN
    from nofly.run.outputs.picture_kinds import kind_of

    swallowed = [path for path in args.zones[1:] if is_tracks(path)]
    args.zones = [path for k, path in enumerate(args.zones) if not k or path not in swallowed]
    args.tracks = swallowed + args.tracks
    if bool(args.tracks) == bool(args.state):
        raise ConfigError(
            "tracks and --state" if args.state else "no tracks given", expected="TRACKS, or --state DIR"
        )
    if args.height is not None and args.place is None:
        raise ConfigError("--height without a place", expected="--place LAT,LON")
    if args.at and (args.since or args.until):
        raise ConfigError("--at beside --from or --until", expected="one of them")
    if args.calibrate and (STDIN in args.tracks or args.plot or args.zones or args.place):
        raise ConfigError("--calibrate reads twice, and tells of no zone or place", expected="files alone")
    if args.plot:
        kind_of(args.plot)
    for path in filter(None, (args.plot, args.output)):
        if not Path(path).absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=path)


def _asked_us(args: argparse.Namespace) -> tuple[int | None, int | None]:
    from nofly.errors import ConfigError
    from nofly.run.at import instant

    if args.at:
        return instant(args.at), instant(args.at)
    since = None if args.since is None else instant(args.since, day=True)
    until = None if args.until is None else instant(args.until, day=True)
    if since is not None and until is not None and until <= since:
        raise ConfigError(f"--until {args.until} is not after --from {args.since}")
    return since, until


def _told(args: argparse.Namespace, asked_us: tuple[int | None, int | None]) -> Told:
    from nofly.proof.covering.areas import MOST_HOURS
    from nofly.proof.covering.cells import HOUR_US
    from nofly.run.coverage import span_us, told
    from nofly.run.files.zonefiles import read_zones

    findings: list[Finding] = []
    zones = read_zones(args.zones, format=args.zones_format) if args.zones else None
    coverage = _coverage(args, findings)
    span = span_us(coverage) or (0, 0)
    asked = tuple(one if given is None else given for given, one in zip(asked_us, span, strict=True))
    since, until = asked[0], max(asked)
    if (until - since) // HOUR_US > MOST_HOURS:
        from nofly.errors import ConfigError

        raise ConfigError("more than ten years are asked for", expected="a shorter time")
    place = None if args.place is None else (*args.place, args.height)
    sources = [args.state] if args.state else args.tracks
    said = [*(zones.findings if zones else ()), *findings]
    return told(coverage, (since, until), zones.zones if zones else (), place, said, sources)


def _coverage(args: argparse.Namespace, findings: list[Finding]) -> Coverage:
    from nofly.run.coverage import read

    again = _again(args)
    if args.state:
        return read(again(), again)
    from nofly.cli.streams import with_progress
    from nofly.run.files.inputs import expanded, total_bytes
    from nofly.run.files.trackfiles import STDIN

    paths = expanded(args.tracks)
    return read(with_progress(again(), total_bytes(paths)), None if STDIN in paths else again, findings)


def _batches(args: argparse.Namespace) -> Iterator[TrackBatch]:
    from nofly.feeds.options import ArchiveOptions
    from nofly.run.files.inputs import expanded
    from nofly.run.files.trackfiles import read_batches

    return read_batches(expanded(args.tracks), ArchiveOptions(format=args.tracks_format))


def _again(args: argparse.Namespace) -> Callable[[], Iterable[TrackBatch]]:
    """Return what begins to read anew."""
    if not args.state:
        return lambda: _batches(args)
    from nofly.cli.configuration import state_folder
    from nofly.errors import StoreError
    from nofly.run.coverage import kept
    from nofly.store.positions.layout import Wanted

    folder = state_folder(args.state)
    if not (folder / "positions").is_dir() and not (folder / "journal").is_dir():
        raise StoreError(f"{folder}: no positions are kept there; --state names the folder of nofly watch")
    return lambda: kept(folder, Wanted())


def _calibrate(args: argparse.Namespace) -> int:
    from nofly.run.coverage import calibrated
    from nofly.run.outputs.coverage_table import trials_document, trials_table

    again = _again(args)
    trials = calibrated(lambda: (batch.positions for batch in again()))
    plain = trials_document(trials)
    _deliver(args, json.dumps(plain, indent=1) if args.format == "json" else trials_table(trials))
    return 0


def _deliver(args: argparse.Namespace, text: str) -> None:
    from nofly.cli.streams import say_text
    from nofly.run.files.atomic import write_whole

    if args.output:
        write_whole(args.output, f"{text}\n".encode())
    else:
        say_text(text)
