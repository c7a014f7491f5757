"""``nofly detour``: the shortest way round zones between places, and what it costs."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nofly.run.weighing.airports import Pair
    from nofly.run.weighing.detours import DetourTable
    from nofly.whatif.fuel import TypeFigures
    from nofly.zones.predicates import Subject

_EPILOG = """\
examples:
  nofly detour HEL-ICN FRA-DEL --zones closed.geojson
  nofly detour 60.3,24.9-37.5,126.5 --zones closed.geojson --level FL370 --clearance-nm 10 --plot way.png
  nofly detour --pairs pairs.txt --zones zones/ --at 2022-03-04T12:00:00Z --type A359 -f json

exit codes: 0 every pair has a way, 1 some pair has none, 2 an error.
"""
FORMATS = ("table", "json", "csv", "geojson", "html")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly detour", description="Go round: the shortest way on the ellipsoid that enters no zone.",
        usage="nofly detour FROM-TO… --zones FILE… [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = it.add_argument
    add("pairs", nargs="*", metavar="FROM-TO", help="airports by IATA or ICAO code, or lat,lon: HEL-ICN")
    add("--pairs", dest="file", metavar="FILE", help="pairs of a text file, one a line: HEL-ICN 7 (flights)")
    add("--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE", help="what is gone round")
    add("--zones-format", metavar="NAME", help="format of the zones, where the first bytes do not tell")
    add("--level", metavar="LEVEL", default="FL350", help="the level flown: FL350, 35000ft, 10668m (FL350)")
    add("--at", metavar="TIME", help="only zones active then, 2022-03-04T12:00:00Z (whatever their hours)")
    add("--clearance-nm", type=float, default=0.0, metavar="NM", help="kept from every zone (0)")
    add("--leave", action="store_true", help="leave a zone round the start or end by the shortest way")
    add("--callsign", metavar="TEXT", help="of the aircraft: zones that exempt it do not count")
    add("--party", metavar="NAME", help="whose aircraft it is: zones that exempt the party do not count")
    add("--type", metavar="ICAO", help="aircraft type: fuel and CO2 in tonnes by openap, as A359")
    add("--speed-kt", type=float, metavar="KT", help="true airspeed in cruise (of the type, or 447 to 486)")
    add("--format", "-f", choices=FORMATS, default="table", help="what is printed (table)")
    add("-o", "--output", metavar="FILE", help="write it to FILE, whole or not at all")
    add("--plot", metavar="FILE", help="draw a map: PNG, SVG or PDF")
    add("--quiet", "-q", action="store_true", help="no findings on standard error")
    return it


def run(argv: list[str]) -> int:
    """Find, write and draw the ways that were asked for; return the exit code."""
    args = parser().parse_intermixed_args(argv)
    _refuse_early(args)
    pairs = _pairs(args)
    table = _table(args, pairs)
    if args.plot:
        from nofly.run.outputs.picture import write_picture
        from nofly.run.weighing.detour_picture import figure

        write_picture(figure(table), args.plot)
    _deliver(args, _written(args.format, table))
    return 1 if any(row.cost is None for row in table.rows) else 0


def _refuse_early(args: argparse.Namespace) -> None:
    """Raise ConfigError for what can be seen to fail before any work is done."""
    import re
    from pathlib import Path

    from nofly.errors import ConfigError
    from nofly.run.outputs.picture_kinds import kind_of

    # What follows --zones is taken for zones until an option: a pair among them is a pair.
    looks = re.compile(r"[A-Za-z0-9]{3,4}-[A-Za-z0-9]{3,4}|[-+.,\d]+", re.ASCII)
    swallowed = [one for one in args.zones if looks.fullmatch(one) and not Path(one).exists()]
    args.zones = [one for one in args.zones if one not in swallowed]
    args.pairs = args.pairs + swallowed
    if not args.pairs and not args.file:
        raise ConfigError("no pairs given", expected="FROM-TO, as HEL-ICN, or --pairs FILE")
    if not args.zones:
        raise ConfigError("no zones given", expected="--zones FILE")
    if args.speed_kt is not None and not 0.0 < args.speed_kt < 10_000.0:
        raise ConfigError(f"--speed-kt {args.speed_kt:g}", expected="a speed in knots above 0")
    if not 0.0 <= args.clearance_nm <= 500.0:
        raise ConfigError(f"--clearance-nm {args.clearance_nm:g}", expected="0 to 500 nautical miles")
    if args.plot:
        kind_of(args.plot)
    for path in filter(None, (args.plot, args.output)):
        if not Path(path).absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=path)


def _pairs(args: argparse.Namespace) -> list[Pair]:
    from nofly.run.weighing.airports import pairs, read_pairs

    return pairs(args.pairs) + (read_pairs(args.file) if args.file else [])


def _table(args: argparse.Namespace, pairs: list[Pair]) -> DetourTable:
    from nofly.cli.streams import note_findings
    from nofly.run.at import instant
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.weighing.detours import weigh_detours
    from nofly.units import M_PER_NM, MPS_PER_KT

    level_m = _level_m(args.level)
    at_us = instant(args.at) if args.at else None
    figures = _figures(args, level_m)
    zones = read_zones(args.zones, format=args.zones_format)
    if not args.quiet:
        note_findings(zones.findings)
    speed_mps = None if args.speed_kt is None else (args.speed_kt * MPS_PER_KT, args.speed_kt * MPS_PER_KT)
    return weigh_detours(
        zones.zones, pairs, level_m=level_m, at_us=at_us, who=_who(args), leave=args.leave,
        clearance_m=args.clearance_nm * M_PER_NM, figures=figures, cruise_mps=speed_mps,
    )  # fmt: skip


def _level_m(text: str) -> float:
    import re

    from nofly.errors import ConfigError
    from nofly.units import length_m

    found = re.fullmatch(r"\s*(?:(FL)\s*(\d{1,3})|(\d{1,6}(?:\.\d+)?)\s*(ft|m))\s*", text, re.I | re.ASCII)
    if found is None:
        raise ConfigError(f"--level {text!r}", expected="a level, as FL350, 35000ft or 10668m")
    return length_m(float(found[2] or found[3]), found[1] or found[4])


def _figures(args: argparse.Namespace, level_m: float) -> TypeFigures | None:
    if args.type is None:
        return None
    from nofly.cli.streams import note
    from nofly.run.weighing.aircraft_types import type_figures

    found = type_figures(args.type, level_m)
    if found is None and not args.quiet:
        note("warning: openap is not installed, so fuel is a share only: pip install 'nofly[fuel]'")
    return found


def _who(args: argparse.Namespace) -> Subject | None:
    if args.callsign is None and args.party is None:
        return None
    from nofly.zones.predicates import Subject

    named = frozenset([args.party] if args.party else [])
    # A party is known even where no callsign is: nothing else may be guessed of the aircraft.
    return Subject("whatif:flight", callsign=args.callsign, lists=named, parties=named)


def _written(name: str, table: DetourTable) -> str:
    from nofly.run.weighing import detour_outputs

    if name == "csv":
        return detour_outputs.csv_text(table).removesuffix("\n")
    if name == "html":
        return table.html()
    if name == "table":
        return table.text()
    plain = table.as_json() if name == "json" else detour_outputs.feature_collection(table)
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)


def _deliver(args: argparse.Namespace, text: str) -> None:
    from nofly.cli.streams import say_text
    from nofly.run.files.atomic import write_whole

    if args.output:
        write_whole(args.output, f"{text}\n".encode())
    else:
        say_text(text)
