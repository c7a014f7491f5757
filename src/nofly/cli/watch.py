"""``nofly watch``: live traffic against zones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.run.watch_plan import WatchPlan

_EPILOG = """\
examples:
  nofly watch --zones stadium.geojson --feed beast+tcp://127.0.0.1:30005
  nofly watch --config nofly.toml
  nofly watch --zones ukraine.geojson --feed "replay+file:flights.parquet?speed=60" --state replayed

SIGHUP reads the zones again; SIGTERM and Ctrl-C end the watch, which goes on from there when started again.
exit codes: 0 ended; 2 an error.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly watch", description="Who is inside, who will be, are the feeds alive?",
        usage="nofly watch [--config FILE] [--zones FILE…] [--feed URL…] [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_plan(it)
    it.add_argument("--plain", action="store_true", help="a line for each event, on a terminal too")
    it.add_argument(
        "--quiet", "-q", action="store_true", help="no lines: the alerts say it all"
    )
    return it


def add_plan(it: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is watched."""
    add = it.add_argument
    add("--config", metavar="FILE", help="nofly.toml")
    add("--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE", help="zone files")
    add(
        "--feed", action="append", default=[], metavar="URL", dest="feeds",
        help="decoder+transport://…, such as beast+tcp://host:30005, beside those of the configuration",
    )  # fmt: skip
    add("--state", metavar="FOLDER", help="where record, journal, positions and captures are (nofly-state)")


def run(argv: list[str]) -> int:
    """Watch until told to stop; return the exit code."""
    import asyncio

    args = parser().parse_args(argv)
    plan, config = planned(args)
    return asyncio.run(_watch(args, plan, config))


def planned(args: argparse.Namespace) -> tuple[WatchPlan, Config]:
    """Return what the arguments say is to be watched. Raises ConfigError and what zone files raise."""
    from dataclasses import replace
    from time import time_ns

    from nofly.cli.configuration import read_config
    from nofly.errors import ConfigError
    from nofly.run.watch_plan import plan_watch

    config = read_config(args.config)
    named = {str(table.get("name")) for table in config.feeds}
    names = (f"feed{k}" for k in range(1, len(named) + len(args.feeds) + 1))
    free = [name for name in names if name not in named]
    more = tuple({"name": name, "url": url} for name, url in zip(free, args.feeds, strict=False))
    config = replace(config, feeds=(*config.feeds, *more))
    if args.state is not None:
        config = replace(config, watch=replace(config.watch, state=args.state))
    plan = plan_watch(config, args.zones, time_ns() // 1000)
    if not plan.feeds:
        raise ConfigError("no feed given", expected="--feed URL, or [[feeds]] in nofly.toml")
    return plan, config


async def _watch(args: argparse.Namespace, plan: WatchPlan, config: Config) -> int:
    import asyncio
    import signal
    from time import monotonic, time_ns

    from nofly.cli.streams import note, note_findings, say_text
    from nofly.cli.watch_lines import line_of
    from nofly.errors import NoflyError
    from nofly.run.outputs.text import printable
    from nofly.run.watch import Watch
    from nofly.run.watch_plan import read_law

    stop = asyncio.Event()
    zones = {zone.zone_hash: zone for zone in plan.law}

    def tell(bodies: Any) -> None:
        if not args.quiet:
            say_text("\n".join(line_of(body, zones.get) for body in bodies))

    watch = Watch(plan, lambda: time_ns() // 1000, monotonic, list(plan.findings), tell)

    def read_again() -> None:
        try:
            law, findings = read_law(plan.zone_files, strict=bool(config.check.strict))
        except (NoflyError, OSError) as error:
            note(f"nofly: the zones stay as they are: {printable(str(error))}")
            return
        zones.update({zone.zone_hash: zone for zone in law})
        note_findings(tuple(findings))
        watch.reload(law)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, read_again)
    if not args.quiet:
        note_findings(plan.findings)
    await watch.run(stop)
    return 0
