"""``nofly whatif``: what a proposed zone would touch, over recorded traffic or pairs of airports."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.run.files.zonefiles import ZoneSet
    from nofly.run.weighing.weigh import Asked, Weighed

FORMATS = ("table", "json", "csv", "html")
_ENDINGS = {".txt": "table", ".json": "json", ".csv": "csv", ".html": "html"}
_EPILOG = """\
examples:
  nofly whatif proposed.geojson --traffic march/ -o effect.html -o effect.json
  nofly whatif new.geojson --instead-of old.geojson --traffic flights.parquet
  nofly whatif proposed.geojson --pairs FRA-DEL,WAW-TBS,HEL-DXB
  nofly whatif proposed.geojson --traffic march/ --price flight=850 --price km=0.9 --currency EUR

exit codes: 0 the zone is weighed; 2 an error, as where no traffic was received near the zone.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly whatif", description="What would a zone touch, if it existed?",
        usage="nofly whatif ZONES… --traffic TRACKS… [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    it.add_argument("zones", nargs="*", metavar="ZONES", help="files of the zones proposed, any zone format")
    add = it.add_argument_group("what is weighed").add_argument
    add(
        "--traffic", "-t", nargs="+", action="extend", default=[], metavar="TRACKS",
        help="files and folders of recorded traffic; - is standard input",
    )  # fmt: skip
    add(
        "--instead-of", nargs="+", action="extend", default=[], metavar="FILE", dest="instead_of",
        help="the zones that these would stand in place of: the change is told",
    )  # fmt: skip
    add(
        "--pairs", nargs="+", action="extend", default=[], metavar="FROM-TO",
        help="in place of traffic: great-circle flights between airports, as FRA-DEL,WAW-TBS",
    )  # fmt: skip
    add("--level", metavar="LEVEL", help="at which these fly, as FL350 or 10600m (FL350)")
    add("--depart", metavar="TIME", help="when these leave (when the zone begins, else at a noon)")
    _add_how(it.add_argument_group("how it is weighed"))
    add = it.add_argument_group("what comes out").add_argument
    add("--format", "-f", choices=FORMATS, help="what to print (table), or to write where -o does not tell")
    add(
        "-o", "--output", action="append", default=[], metavar="FILE",
        help="write to FILE: .txt, .json, .csv or .html says the format; may be repeated",
    )  # fmt: skip
    add("--quiet", "-q", action="store_true", help="no findings on standard error")
    return it


def _add_how(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--registry", metavar="FILE",
        help="CSV of aircraft (icao24, typecode, operator): types and operators of your own source",
    )  # fmt: skip
    add(
        "--operators", metavar="FILE",
        help="CSV of operators (icao, name): names for the three letters, of your own source",
    )  # fmt: skip
    add(
        "--price", action="append", default=[], metavar="NAME=NUMBER",
        help="what a flight, an hour or a km inside costs; may be repeated",
    )  # fmt: skip
    add("--currency", default="", metavar="NAME", help="what prices are in")
    add(
        "--detours", action="store_true",
        help="also the shortest ways round, of the pairs of airports that are known (nofly detour)",
    )  # fmt: skip
    add("--ledger", metavar="FILE", help="also the exposure ledger of this file (nofly ledger)")
    add(
        "--no-warnings", action="store_false", dest="warnings",
        help="do not foresee what a watch would warn of",
    )  # fmt: skip
    add("--no-airports", action="store_false", dest="airports", help="do not look for airports")
    add("--qnh", action="append", default=[], metavar="NUMBER|FILE", help="as of nofly check")
    add("--max-gap", type=float, metavar="SECONDS", dest="max_gap_s", help="as of nofly check (120)")
    add("--list", action="append", default=[], metavar="NAME=FILE", dest="lists", help="as of nofly check")
    add(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=OURS:UNIT",
        dest="columns",
        help="as of nofly check",
    )
    add("--config", metavar="FILE", help="nofly.toml: heights, columns, lists, prediction; not its zones")


def run(argv: list[str]) -> int:
    """Weigh, write and say what was asked for; return the exit code."""
    from nofly.cli.streams import note_findings, say, say_text
    from nofly.run.files.atomic import write_whole

    args = _sorted_files(parser().parse_intermixed_args(argv))
    formats = [_format_of(path, args.format) for path in args.output]
    weighed = _with_sections(_weighed(args), args)
    rendered = [_rendered(weighed, format) for format in formats]
    for path, data in zip(args.output, rendered, strict=True):
        write_whole(path, data)
    if not args.output and args.format in (None, "table"):
        say_text(_rendered(weighed, "table").decode().rstrip("\n"))
    elif not args.output:
        say(_rendered(weighed, args.format))
    if not args.quiet:
        note_findings(weighed.result.findings)
    return 0


def _sorted_files(args: argparse.Namespace) -> argparse.Namespace:
    """Refuse what cannot be asked for together."""
    from nofly.errors import ConfigError

    if not args.zones:
        raise ConfigError("no zones given", expected="nofly whatif ZONES… --traffic TRACKS…")
    if bool(args.traffic) == bool(args.pairs):
        raise ConfigError(
            "traffic or pairs of airports", expected="either --traffic TRACKS… or --pairs FROM-TO,…"
        )
    if args.depart is not None and not args.pairs:
        raise ConfigError("--depart does not go with this", expected="--pairs beside it")
    if args.level is not None and not (args.pairs or args.detours):
        raise ConfigError("--level does not go with this", expected="--pairs or --detours beside it")
    return args


def _format_of(path: str, format: str | None) -> str:
    from nofly.errors import ConfigError

    chosen = _ENDINGS.get(Path(path).suffix.lower(), format)
    if chosen is None:
        raise ConfigError(
            "its extension names no format", source=path, expected=f"one of {', '.join(_ENDINGS)}"
        )
    if not Path(path).absolute().parent.is_dir():
        raise ConfigError("its folder does not exist", source=path)
    return chosen


def _weighed(args: argparse.Namespace) -> Weighed:
    from nofly.cli import check
    from nofly.cli.configuration import read_config
    from nofly.cli.streams import with_progress
    from nofly.run.files.inputs import expanded, total_bytes
    from nofly.run.files.trackfiles import STDIN, read_batches
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.weighing.weigh import weigh

    config = read_config(args.config)
    zones = read_zones(expanded(args.zones))
    old = read_zones(expanded(args.instead_of)) if args.instead_of else None
    findings = [*zones.findings, *(old.findings if old else ())]
    asked = _asked(args, config, zones, old)
    like_check = _like_check(args)
    options = check._check_options(like_check, config, bool(config.check.strict))
    findings += (*asked.registry.findings, *asked.operators.findings)
    if args.pairs:
        return weigh(asked, _pairs(args, asked), options, findings)
    tracks, reading = expanded(args.traffic), check._archive_options(like_check, config)
    batches = with_progress(read_batches(tracks, reading), total_bytes(tracks))
    again = None if STDIN in tracks else lambda: read_batches(tracks, reading)
    return weigh(asked, batches, options, findings, again)


def _with_sections(weighed: Weighed, args: argparse.Namespace) -> Weighed:
    if args.detours:
        from nofly.run.weighing.pairs import LEVEL, level_m
        from nofly.run.weighing.sections import with_detours

        weighed = with_detours(weighed, level_m(args.level or LEVEL))
    if args.ledger:
        from nofly.run.weighing.sections import with_ledger

        weighed = with_ledger(weighed, args.ledger)
    return weighed


def _like_check(args: argparse.Namespace) -> argparse.Namespace:
    """Return the arguments as those of ``nofly check``, by which traffic is read and judged."""
    from nofly.cli import check

    base = check.parser().parse_args([])
    for name in ("qnh", "max_gap_s", "lists", "columns"):
        setattr(base, name, getattr(args, name))
    return base


def _asked(args: argparse.Namespace, config: Config, zones: ZoneSet, old: ZoneSet | None) -> Asked:
    from nofly.run.watch_plan import prediction_of
    from nofly.run.weighing.operators import NONE_NAMED, read_operators
    from nofly.run.weighing.pairs import airport_pairs, pair_name
    from nofly.run.weighing.prices import parse_prices
    from nofly.run.weighing.registry import Registry, read_registry
    from nofly.run.weighing.weigh import Asked

    prediction = prediction_of(config.prediction)
    pairs = tuple(pair_name(*pair) for pair in airport_pairs(args.pairs)) if args.pairs else ()
    return Asked(
        zones.zones, old.zones if old else (),
        prediction if args.warnings and not args.pairs else None,
        read_registry(args.registry) if args.registry else Registry(), args.airports, pairs,
        parse_prices(args.price, args.currency),
        read_operators(args.operators) if args.operators else NONE_NAMED,
    )  # fmt: skip


def _pairs(args: argparse.Namespace, asked: Asked) -> Any:
    from nofly.run.at import instant
    from nofly.run.weighing.pairs import LEVEL, airport_pairs, departs_us, level_m, pair_batches

    at_us = departs_us(asked.zones) if args.depart is None else instant(args.depart)
    return pair_batches(airport_pairs(args.pairs), at_us, level_m(args.level or LEVEL))


def _rendered(weighed: Weighed, format: str) -> bytes:
    if format == "json":
        from nofly.run.weighing.json import write as as_json

        return as_json(weighed)
    if format == "csv":
        from nofly.run.weighing.csv import write as as_csv

        return as_csv(weighed)
    if format == "html":
        from nofly.run.weighing.html import write as as_html

        return as_html(weighed)
    from nofly.run.weighing.text import write as as_text

    return as_text(weighed).encode()
