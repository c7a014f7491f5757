"""``nofly check``: recorded traffic against zones."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.feeds.options import ArchiveOptions
    from nofly.run.files.zonefiles import ZoneSet
    from nofly.run.registering.law import Registered
    from nofly.run.result import CheckResult

_EPILOG = """\
examples:
  nofly check --zones zones.geojson flights.parquet
  nofly check --zones LS.openair.txt tracks/ --qnh 1019 -o found.geojson --plot found.png
  nofly check --zones zones.json flights.parquet --evidence cases/
  nofly check --zones zones.json log.csv --map "Altitude=alt_std_m:ft" --explain all
  cat flights.json | nofly check --zones zones.kml - --format json

exit codes: 0 nobody inside; 1 an infringement, confirmed or probable; 2 an error;
3 only what cannot be told, as of a zone that could not be read.
Stays that are exempt, cleared or suspect are on record and do not count.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly check", description="Who entered which zone, where, when, how deep, how sure?",
        usage="nofly check --zones FILE… TRACKS… [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    it.add_argument(
        "tracks", nargs="*", metavar="TRACKS", help="files or folders of traffic; - is standard input"
    )
    _add_inputs(it.add_argument_group("what is checked"))
    _add_judging(it.add_argument_group("how it is judged"))
    _add_outputs(it.add_argument_group("what comes out"))
    return it


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE",
        help="zone files or folders: GeoJSON, ED-269, ED-318, OpenAir, KML, KMZ",
    )  # fmt: skip
    add("--law", metavar="REGISTER", help="and the law of a register: each edition while it was in force")
    add("--known", metavar="TIME", help="with --law: as known then (all that is recorded)")
    add("--zones-format", metavar="NAME", help="format of the zones, where the first bytes do not tell")
    add("--tracks-format", metavar="NAME", help="format of the tracks, where the first bytes do not tell")
    add(
        "--map", action="append", default=[], metavar="COLUMN=OURS:UNIT", dest="columns",
        help="what a column of the file is, such as 'Alt (ft)=alt_std_m:ft'",
    )  # fmt: skip
    add(
        "--altitude-datum",
        choices=("std", "amsl", "hae", "agl"),
        help="of heights that come without one (std)",
    )
    add("--time-zone", metavar="NAME", help="of times that come without one, such as Europe/Kyiv (UTC)")
    add("--date-order", metavar="ORDER", help="of dates with slashes: dmy or mdy (a number above 12 tells)")
    add("--start", metavar="TIME", help="when a raw Beast recording begins, whose clock does not tell")
    add(
        "--beast-clock",
        choices=("12mhz", "gps"),
        metavar="CLOCK",
        help="of a raw Beast recording: 12mhz or gps (12mhz)",
    )
    add(
        "--receiver",
        metavar="LAT,LON",
        help="where raw Mode S was received: resolves positions on the ground",
    )
    add("--strict", action="store_true", default=None, help="stop at the first bad record")
    add("--config", metavar="FILE", help="nofly.toml: what of all this is always the same")


def _add_judging(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--qnh", action="append", default=[], metavar="NUMBER|FILE",
        help="QNH in hPa, or a file of CSV (time, place, QNH) or METAR text",
    )  # fmt: skip
    add("--qnh-stations", metavar="FILE", help="CSV of station, lat, lon: where the METARs are from")
    add(
        "--terrain", nargs="+", action="extend", default=[], metavar="FILE",
        help="SRTM or GeoTIFF tiles, or folders of them, for heights above ground",
    )  # fmt: skip
    add(
        "--max-gap", type=_seconds, metavar="SECONDS", dest="max_gap_s",
        help="longer between two reports is a gap, of which nothing is said (120)",
    )  # fmt: skip
    add(
        "--list", action="append", default=[], metavar="NAME=FILE", dest="lists",
        help="a list that exemptions name: one aircraft address a line",
    )  # fmt: skip
    add(
        "--coverage", action=argparse.BooleanOptionalAction, default=None,
        help="also tell what could have been seen: of each zone, and where an aircraft was not received; "
        "packages of evidence hold it unless --no-coverage",
    )  # fmt: skip
    add("--at", metavar="TIME", help="only who was inside at this instant, such as 2022-03-04T12:00:00Z")
    add("--threads", type=_count, metavar="N", help="how many threads work (all cores)")


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    from nofly.cli.evidence import add_evidence
    from nofly.run.outputs import FORMATS

    add = group.add_argument
    add(
        "--format", "-f", choices=FORMATS, metavar="FORMAT",
        help=f"what to print (table), or to write where -o does not tell: {', '.join(FORMATS)}",
    )  # fmt: skip
    add(
        "-o", "--output", action="append", default=[], metavar="FILE",
        help="write to FILE, whole or not at all; its extension says the format; may be repeated",
    )  # fmt: skip
    add("--plot", metavar="FILE", help="draw maps and vertical profiles: PNG, SVG or PDF")
    add("--explain", metavar="ID", help="the stay with this id (or its first digits), or all, in sentences")
    add_evidence(group)
    add("--quiet", "-q", action="store_true", help="no findings and no summary on standard error")


def run(argv: list[str]) -> int:
    """Check, write and say what was asked for; return the exit code."""
    from nofly.cli.evidence import kept_input, write_evidence

    args = _sorted_files(parser().parse_intermixed_args(argv))
    _refuse_early(args)
    with kept_input(args):
        result = _checked(args)
        if args.evidence:
            write_evidence(result, args)
        return deliver(result, args)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} (expected seconds, more than 0)")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 < value <= 1024:
        raise argparse.ArgumentTypeError(f"{text} (expected 1 to 1024)")
    return value


def _sorted_files(args: argparse.Namespace) -> argparse.Namespace:
    """Move what ``--zones A B TRACKS`` and ``--terrain A TRACKS`` swallowed back to the tracks."""
    from nofly.run.files.inputs import is_terrain, is_tracks

    swallowed = [path for path in args.zones[1:] if is_tracks(path)]
    args.zones = [path for k, path in enumerate(args.zones) if not k or path not in swallowed]
    no_tile = [path for path in args.terrain[1:] if not is_terrain(path)]
    args.terrain = [path for path in args.terrain if path not in no_tile]
    args.tracks = swallowed + no_tile + args.tracks
    return args


def _refuse_early(args: argparse.Namespace) -> None:
    """Raise ConfigError for what can be seen to fail before any work is done."""
    from pathlib import Path

    from nofly.errors import ConfigError
    from nofly.run.outputs import format_of
    from nofly.run.outputs.picture_kinds import kind_of

    if not args.tracks:
        raise ConfigError("no tracks given", expected="nofly check --zones FILE… TRACKS…")
    for path in args.output:
        if args.format is None:
            format_of(path)
        if not Path(path).absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=path)
    if args.plot:
        kind_of(args.plot)
        if not Path(args.plot).absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=args.plot)
    if args.known is not None and args.law is None:
        raise ConfigError("--known without a register", expected="--law REGISTER")
    if args.evidence:
        from nofly.cli.evidence import refuse_early

        refuse_early(args)
    if args.format == "parquet" and not args.output and sys.stdout.isatty():
        raise ConfigError("Parquet is nothing for a terminal", expected="-o FILE, or a pipe")


def _checked(args: argparse.Namespace) -> CheckResult:
    """Return the result; ``args.inputs`` is then what it was made of, as :class:`nofly.run.proving.recorded.
    Inputs` takes it."""
    from contextlib import nullcontext

    from nofly.cli.configuration import read_config
    from nofly.cli.streams import with_progress
    from nofly.errors import ConfigError
    from nofly.run.at import inside_at, instant
    from nofly.run.files.beside import begun
    from nofly.run.files.inputs import expanded, total_bytes
    from nofly.run.files.trackfiles import STDIN, read_batches
    from nofly.run.files.zonefiles import read_zones

    at_us = None if args.at is None else instant(args.at)
    config = read_config(args.config)
    zone_files = expanded([*config.check.zones, *args.zones])
    if not zone_files and args.law is None:
        raise ConfigError("no zones given", expected="--zones FILE, or --law REGISTER")
    strict = bool(args.strict if args.strict is not None else config.check.strict)
    tracks = expanded(args.tracks)
    options = _archive_options(args, config)
    again = None if STDIN in tracks else lambda: read_batches(tracks, options)
    # The tracks are read while the zones are, unless the zones come first from one pipe.
    reading = begun(tracks, options, args.threads != 1)
    with nullcontext(read_batches(tracks, options)) if STDIN in zone_files else reading as batches:
        from nofly.run.check import check

        zones = read_zones(zone_files, format=args.zones_format, strict=strict)
        register = None if args.law is None else _law(args)
        if register is not None:
            zones = _with_law(zones, register)
        told = with_progress(batches, total_bytes(tracks))
        chosen = _check_options(args, config, strict)
        result = check(zones.zones, told, chosen, zones.findings, again)
    args.inputs = zones, tracks, options, chosen, None, register
    return result if at_us is None else inside_at(result, at_us)


def _law(args: argparse.Namespace) -> Registered:
    from nofly.cli.streams import note
    from nofly.run.outputs.text import many, printable
    from nofly.run.registering.law import registered
    from nofly.run.registering.opening import open_register

    known_us = _instant(args.known)
    with open_register(args.law) as register:
        law = registered(register, known_us)
        if not args.quiet:
            note(f"{printable(register.name)}: {many(len(law.zones), 'edition')}")
    return law


def _with_law(zones: ZoneSet, law: Registered) -> ZoneSet:
    from dataclasses import replace

    return replace(zones, zones=(*zones.zones, *law.zones), findings=(*zones.findings, *law.findings))


def _archive_options(args: argparse.Namespace, config: Config) -> ArchiveOptions:
    from nofly.config import column
    from nofly.errors import ConfigError
    from nofly.feeds.options import ArchiveOptions

    columns = dict(config.positions.columns)
    for text in args.columns:
        name, equals, ours = text.rpartition("=")
        if not (name and equals):
            raise ConfigError(f"--map {text}", expected="COLUMN=OURS:UNIT, such as 'Alt (ft)=alt_std_m:ft'")
        columns[name] = column(ours, f"--map {text}")
    return ArchiveOptions(
        format=args.tracks_format or config.positions.format,
        columns=columns,
        altitude_datum=args.altitude_datum or config.positions.altitude_datum,
        time_zone=args.time_zone or config.positions.time_zone,
        date_order=args.date_order or config.positions.date_order,
        start_us=_instant(args.start or config.positions.start),
        beast_clock=args.beast_clock or config.positions.beast_clock or "12mhz",
        receiver=_receiver(args.receiver or config.positions.receiver),
    )


def _instant(text: str | None) -> int | None:
    from nofly.run.at import instant

    return None if text is None else instant(text)


def _receiver(text: str | None) -> tuple[float, float] | None:
    from nofly.errors import ConfigError

    if text is None:
        return None
    lat, comma, lon = text.partition(",")
    try:
        return float(lat), float(lon if comma else "")
    except ValueError as error:
        raise ConfigError(f"receiver at {text!r}", expected="LAT,LON in degrees, as 47.45,8.55") from error


def _check_options(args: argparse.Namespace, config: Config, strict: bool) -> Any:
    from nofly.errors import ConfigError
    from nofly.run.check import CheckOptions

    lists = dict(config.lists)
    for text in args.lists:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise ConfigError(f"--list {text}", expected="NAME=FILE")
        lists[name] = path
    chosen: dict[str, Any] = {
        "max_gap_s": args.max_gap_s or config.check.max_gap_s,
        "qnh": tuple(args.qnh) or config.check.qnh,
        "qnh_stations": args.qnh_stations or config.check.qnh_stations,
        "terrain": (*config.check.terrain, *args.terrain),
        "lists": lists,
        "strict": strict,
        "coverage": args.coverage,
        "threads": args.threads or config.check.threads,
    }
    return CheckOptions(**{name: value for name, value in chosen.items() if value})


def deliver(result: CheckResult, args: argparse.Namespace) -> int:
    """Write the files asked for, print the rest, and return the exit code."""
    from nofly.cli.streams import colour_wanted, note, note_findings, say, say_text
    from nofly.run.outputs import render, write
    from nofly.run.outputs.coverage_told import zones_line, zones_text
    from nofly.run.outputs.table import summary, table

    told = result.explain(args.explain) if args.explain else None
    for path in args.output:
        write(result, path, args.format)
    if args.plot:
        result.plot(args.plot)
    printed = not args.output and (told is None or args.format is not None)
    if printed and args.format in (None, "table"):
        say_text(f"{table(result, colour=colour_wanted())}\n\n{summary(result)}{zones_text(result)}")
    elif printed:
        say(render(result, args.format))
    if told is not None:
        say_text(told) if not printed or args.format == "table" else note(told)
    if not args.quiet:
        if not printed or args.format not in (None, "table"):
            note(summary(result))
            if line := zones_line(result):
                note(line)
        note_findings(result.findings)
    return result.exit_code
