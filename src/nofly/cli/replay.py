"""``nofly replay``: recorded traffic as if it came now, or how good its warnings would have been."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.feeds.options import ArchiveOptions
    from nofly.run.warnings.report import WarningReport
    from nofly.run.warnings.sweep import Grid

_EPILOG = """\
examples:
  nofly replay --zones stadium.geojson flights.parquet
  nofly replay --config nofly.toml --speed 60 nofly-state/capture
  nofly replay --zones stadium.geojson march/ april/ --report
  nofly replay --zones stadium.geojson march/ --sweep trade-off.png --try confirm=1/1,2/3,3/5

A replay goes through the loop of nofly watch; nobody is told. A report measures the warnings by the situation
classes of EUROCONTROL-GUID-161; a sweep tries settings and draws what each is worth.
exit codes: 0 nobody inside, or a report is made; 1 an infringement, confirmed or probable; 2 an error;
3 only what cannot be told, as of a zone that could not be read.
"""
_GRID = "look_ahead_s, bypass_s: seconds; confirm: hits/looks; spacing_lateral_m: metres"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly replay", description="Recorded traffic as if it came now, or how good its warnings were.",
        usage="nofly replay --zones FILE… TRACKS… [--speed N | --report [--sweep FILE]] [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = it.add_argument
    add(
        "tracks",
        nargs="*",
        metavar="TRACKS",
        help="files and folders of traffic; a replay takes one, or a capture",
    )
    add("--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE", help="zone files")
    add("--config", metavar="FILE", help="nofly.toml: zones, heights, columns, lists, prediction")
    add("--speed", metavar="N", help="seconds of the recording a second takes, or max (max)")
    add("--state", metavar="FOLDER", help="a new folder for record and positions (a temporary one)")
    add("--report", action="store_true", help="measure the warnings instead: given, missed, for nothing")
    add("--sweep", metavar="FILE", help="also try settings, and draw the trade-off: PNG, SVG or PDF")
    add("--try", action="append", default=[], metavar="NAME=V,V", dest="tried", help=f"of a sweep. {_GRID}")
    add("--format", "-f", choices=("table", "json"), help="of a report (table)")
    return it


def run(argv: list[str]) -> int:
    """Replay or measure; return the exit code."""
    from nofly.cli.configuration import read_config, state_folder
    from nofly.errors import ConfigError
    from nofly.run.files.inputs import expanded, is_tracks

    args = parser().parse_intermixed_args(argv)
    # --zones A B TRACKS swallows the tracks.
    swallowed = [path for path in args.zones[1:] if is_tracks(path)]
    args.zones = [path for k, path in enumerate(args.zones) if not k or path not in swallowed]
    args.tracks = expanded([*swallowed, *args.tracks])
    measured = args.report or args.sweep is not None
    if not args.tracks:
        raise ConfigError("no tracks given", expected="nofly replay --zones FILE… TRACKS…")
    for option, given, fits, expected in (
        ("--speed", args.speed, not measured, "neither --report nor --sweep"),
        ("--state", args.state, not measured, "neither --report nor --sweep"),
        ("--format", args.format, measured, "--report or --sweep FILE beside it"),
        ("--try", args.tried, args.sweep is not None, "--sweep FILE beside it: where it is drawn"),
    ):
        if given and not fits:
            raise ConfigError(f"{option} does not go with this", expected=expected)
    if args.state is not None:
        state_folder(args.state)
    config = read_config(args.config)
    return _report(args, config) if measured else _replay(args, config)


def _replay(args: argparse.Namespace, config: Config) -> int:
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from nofly.cli.streams import note_findings, say_text
    from nofly.cli.watch_lines import lines_of
    from nofly.run.warnings.rehearsal import exit_code, plan_rehearsal, rehearse

    verdicts: list[Any] = []
    with ExitStack() as ends:
        state = args.state or ends.enter_context(TemporaryDirectory(prefix="nofly-replay-"))
        plan = plan_rehearsal(
            config, args.zones, args.tracks, Path(state), _reading(config), args.speed or "max"
        )
        zones = {zone.zone_hash: zone for zone in plan.law}

        def tell(bodies: Sequence[Any]) -> None:
            say_text(lines_of(bodies, zones.get))
            verdicts.extend(body for body in bodies if "verdict" in body)

        note_findings(tuple(rehearse(plan, tell)))
    return exit_code(verdicts, plan.zones_not_read)


def _report(args: argparse.Namespace, config: Config) -> int:
    """Measure, in one pass, the settings of the configuration and those that a sweep tries."""
    from nofly.cli.streams import note, note_findings, say, say_text, with_progress
    from nofly.errors import ConfigError
    from nofly.run.files.inputs import total_bytes
    from nofly.run.files.trackfiles import STDIN, read_batches
    from nofly.run.outputs.picture import write_picture
    from nofly.run.outputs.picture_kinds import kind_of
    from nofly.run.warnings.passes import Setting, passed
    from nofly.run.warnings.rehearsal import plan_report
    from nofly.run.warnings.report import reports
    from nofly.run.warnings.sweep import figure

    law, findings, params, options = plan_report(config, args.zones)
    settings = [Setting(params)]
    if args.sweep is not None:
        kind_of(args.sweep)
        if not Path(args.sweep).absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=args.sweep)
        settings += _grid(args.tried).settings(params)
    reading = _reading(config)
    batches = with_progress(read_batches(args.tracks, reading), total_bytes(args.tracks))
    again = None if STDIN in args.tracks else lambda: read_batches(args.tracks, reading)
    found = passed(law, batches, settings, options, findings, again)
    base, *tried = reports(law, found, settings)
    if args.format == "json":
        say(_json(base, tried).encode())
    else:
        say_text(base.table() + (f"\n\n{_table(tried)}" if tried else ""))
    note_findings(found.result.findings)
    if args.sweep is not None:
        write_picture(figure(tried), args.sweep)
        note(f"written: {args.sweep}")
    return 0


def _reading(config: Config) -> ArchiveOptions:
    from nofly.cli import check

    return check._archive_options(check.parser().parse_args([]), config)


def _grid(tried: Sequence[str]) -> Grid:
    """Return what a sweep tries. Raises ConfigError for what cannot be tried."""
    from nofly.errors import ConfigError, InputError
    from nofly.incidents.warnings import PredictionParams
    from nofly.run.warnings.sweep import Grid

    readers: dict[str, Callable[[str], Any]] = {
        "look_ahead_s": float, "bypass_s": float, "spacing_lateral_m": float, "confirm": _hits_and_looks,
    }  # fmt: skip
    chosen: dict[str, list[Any]] = {}
    for text in tried:
        name, _, values = text.partition("=")
        try:
            chosen[name] = []
            for value in values.split(","):
                chosen[name].append(readers[name](value))
                Grid(**{name: chosen[name][-1:]}).settings(PredictionParams())
        except InputError as error:
            raise ConfigError(f"--try {name}={value}", expected=error.expected) from None
        except (KeyError, ValueError):
            raise ConfigError(f"--try {text}", expected=f"NAME=VALUE,VALUE; {_GRID}") from None
    return Grid(**chosen)


def _hits_and_looks(text: str) -> tuple[int, int]:
    hits, looks = text.split("/")
    return int(hits), int(looks)


def _json(base: WarningReport, tried: Sequence[WarningReport]) -> str:
    whole = json.loads(base.json())
    if tried:
        kept = ("parameters", "spacing_lateral_m", "spacing_vertical_m", "all")
        whole["sweep"] = [{name: one[name] for name in kept} for one in (json.loads(t.json()) for t in tried)]
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _table(tried: Sequence[WarningReport]) -> str:
    """Return a line for each setting of a sweep."""
    from statistics import median

    rows = [("LOOK-AHEAD", "CONFIRM", "BYPASS", "SPACING", "MISSED", "MEDIAN TIME", "NUISANCE/H")]
    for one in tried:
        params, spacing_m = one.setting.params, one.setting.spacing_lateral_m
        times_s, rate = one.all.warning_times_s, one.all.indicators["nuisance_per_flight_hour"]
        rows.append(
            (
                f"{params.look_ahead_s:g} s", f"{params.hits} of {params.of}", f"{params.bypass_s:g} s",
                "as ruled" if spacing_m is None else f"{spacing_m:,.0f} m", str(one.all.missed),
                f"{median(times_s):.0f} s" if times_s else "–", "–" if rate is None else f"{rate:.3g}",
            )
        )  # fmt: skip
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, wide, strict=True)) for row in rows)
