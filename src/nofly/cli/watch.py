"""``nofly watch``: live traffic against zones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager, AsyncExitStack

    from nofly.config import Config
    from nofly.errors import Finding
    from nofly.run.declaring.file import LawFile
    from nofly.run.display.view import View
    from nofly.run.display.watch_metrics import WatchPages
    from nofly.run.files.zonefiles import ZoneSet
    from nofly.run.following.status import StatusFile
    from nofly.run.law_reader import LawReader, Read
    from nofly.run.watch import Watch
    from nofly.run.watch_plan import WatchPlan
    from nofly.zones.model import Zone

MOST_FINDINGS = 20

_EPILOG = """\
examples:
  nofly watch --zones stadium.geojson --feed beast+tcp://127.0.0.1:30005
  nofly watch --config nofly.toml
  nofly watch --zones ukraine.geojson --feed "replay+file:flights.parquet?speed=60" --state replayed

SIGHUP reads the zones again; the register of [register] is followed. SIGTERM and Ctrl-C end the watch, which
goes on from there when started again.
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
    it.add_argument("--quiet", "-q", action="store_true", help="no lines: the alerts say it all")
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
    add(
        "--metrics", metavar="HOST:PORT",
        help='where /metrics and /healthz are served (127.0.0.1:9107); "" nowhere, port 0 any',
    )  # fmt: skip


def run(argv: list[str]) -> int:
    """Watch until told to stop; return the exit code."""
    return watched(parser().parse_args(argv))


def watched(
    args: argparse.Namespace,
    beside: Callable[[WatchPlan, Config], AbstractContextManager[object]] | None = None,
) -> int:
    """Watch what the arguments say until told to stop; return the exit code. What goes on ``beside`` it goes
    on until told to stop even where no feed can bring any more."""
    import asyncio
    import signal

    early = list[int]()
    # Unheeded, it would end a watch that is about to begin.
    before = signal.signal(signal.SIGHUP, lambda number, _: early.append(number))
    try:
        plan, config = planned(args)
        also = None if beside is None else beside(plan, config)
        return asyncio.run(_watch(args, plan, config, early, also))
    finally:
        signal.signal(signal.SIGHUP, before)


def planned(args: argparse.Namespace) -> tuple[WatchPlan, Config]:
    """Return what the arguments say is to be watched. Raises ConfigError and what zone files raise."""
    from dataclasses import replace
    from time import time_ns

    from nofly.cli.configuration import read_config, state_folder
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
    if args.metrics is not None:
        config = replace(config, watch=replace(config.watch, metrics=args.metrics))
    state_folder(config.watch.state)
    plan = plan_watch(config, args.zones, time_ns() // 1000)
    if not plan.feeds:
        raise ConfigError("no feed given", expected="--feed URL, or [[feeds]] in nofly.toml")
    return plan, config


async def _watch(
    args: argparse.Namespace, plan: WatchPlan, config: Config, early: Sequence[int],
    beside: AbstractContextManager[object] | None,
) -> int:  # fmt: skip
    """Watch until told to stop; ``early`` are the SIGHUPs that have come by then."""
    import asyncio
    import signal
    from contextlib import AsyncExitStack
    from time import monotonic, time_ns

    from nofly.cli.streams import note, note_findings
    from nofly.run.declaring.file import LawFile
    from nofly.run.display.watch_metrics import WatchPages
    from nofly.run.following.status import StatusFile, status_of
    from nofly.run.watch import Watch

    stop = asyncio.Event()
    zones = {zone.zone_hash: zone for zone in plan.law}
    pages = WatchPages(plan.feeds, plan.watch.tick_s, monotonic)
    watch = Watch(plan, lambda: time_ns() // 1000, monotonic, list(plan.findings))
    file = StatusFile(
        plan.state, lambda view: status_of(view, plan.feeds, pages.health(), pages.metrics()), monotonic
    )

    watch.on_tick = pages.told
    _tell_others(watch, file)
    if not args.quiet:
        note_findings(plan.findings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as ends:
        if beside is not None:
            ends.enter_context(beside)
        await _serve(args, plan, pages, ends)
        say = _shown(args, plan, watch, zones, ends)
        if not args.quiet:
            _tell_faults(watch, say)
        reader = _law_reader(plan, config, watch, zones, say)
        loop.add_signal_handler(signal.SIGHUP, reader.again)
        if early:
            reader.again()
        _heed_law(watch, LawFile(plan.state), reader, ends)
        await watch.run(stop)
        file.ended(watch.view())
        if beside is not None and not stop.is_set():
            note("no feed can bring any more; what was recorded is shown until Ctrl-C")
            await stop.wait()
    return 0


async def _serve(args: argparse.Namespace, plan: WatchPlan, pages: WatchPages, ends: AsyncExitStack) -> None:
    """Serve /metrics and /healthz, where they are wanted, until ``ends`` ends."""
    from nofly.cli.streams import note
    from nofly.errors import ConfigError
    from nofly.run.display.metrics import MetricsServer
    from nofly.run.display.watch_metrics import served_at

    place = served_at(plan.watch.metrics)
    if place is None:
        return
    host, port = place
    server = MetricsServer(pages.metrics, pages.health)
    try:
        found = await ends.enter_async_context(server.serving(port, host))
    except ConfigError as error:
        expected = 'a free one: --metrics HOST:PORT, or metrics in [watch]; "" serves none'
        raise ConfigError(error.message, expected=expected) from error
    if not args.quiet:
        note(f"metrics at http://{f'[{host}]' if ':' in host else host}:{found}/metrics")


def _shown(
    args: argparse.Namespace, plan: WatchPlan, watch: Watch, zones: Mapping[str, Zone], ends: AsyncExitStack
) -> Callable[[str], None]:
    """Have shown what is watched, on a screen or in lines; return what says a line to whoever watches."""
    import os
    import sys
    from time import monotonic

    from nofly.cli.streams import Lines, note
    from nofly.cli.watch_lines import lines_of

    if args.quiet:
        return note
    if args.plain or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        out = Lines()
        watch.on_records = lambda bodies: out.say(lines_of(bodies, zones.get))
        return note
    from nofly.cli.watch_display import Display, Screen

    screen = ends.enter_context(Screen())
    display, told = Display(screen, plan, zones, monotonic), watch.on_tick

    def tick(view: View) -> None:
        told(view)
        display.tick(view)

    watch.on_records, watch.on_tick = display.records, tick
    return screen.say


def _tell_faults(watch: Watch, say: Callable[[str], None]) -> None:
    """Have said what is found as the watch runs, and what goes wrong with the watch itself."""
    from nofly.cli.watch_findings import FindingsTold
    from nofly.cli.watch_troubles import TroublesTold

    findings, troubles, shown = FindingsTold(watch.findings, say), TroublesTold(say), watch.on_tick

    def tick(view: View) -> None:
        findings.take(watch.findings)
        troubles.take(view)
        shown(view)

    watch.on_tick = tick


def _tell_others(watch: Watch, file: StatusFile) -> None:
    """Have written how the watch is, for whoever looks at its state folder."""
    shown = watch.on_tick

    def tick(view: View) -> None:
        shown(view)
        file.told(view)

    watch.on_tick = tick


def _heed_law(watch: Watch, file: LawFile, reader: LawReader, ends: AsyncExitStack) -> None:
    """Have zones read again as soon as others are declared, until ``ends`` ends; what the reading of them
    fails with is raised."""
    import asyncio

    from nofly.run.live import beside

    reading = asyncio.create_task(reader.run(), name="law")
    ends.push_async_callback(beside.end, reading)
    shown = watch.on_tick

    def tick(view: View) -> None:
        beside.check(reading)
        if file.changed():
            reader.again()
        shown(view)

    watch.on_tick = tick


def _law_reader(
    plan: WatchPlan, config: Config, watch: Watch, zones: dict[str, Zone], say: Callable[[str], None]
) -> LawReader:
    """Return what reads zones, heights and lists again; what is found in them is said."""
    from nofly.run.alerting.inhibition_plan import without_zone
    from nofly.run.law_reader import LawReader
    from nofly.run.outputs.table import finding_lines
    from nofly.run.watch_plan import read_law

    def taken(law: ZoneSet, findings: list[Finding]) -> None:
        zones.update({zone.zone_hash: zone for zone in law})
        said = [*findings, *without_zone(plan.inhibitions, law.zones)]
        for line in finding_lines(tuple(said))[:MOST_FINDINGS]:
            say(line)

    def read() -> Read:
        return read_law(config, plan.zone_files, watch.clock(), plan.register)

    behind_s = plan.watch.hold_s + max((feed.lateness_s for feed in plan.feeds), default=0.0)
    return LawReader(watch, read, taken, say, plan.register, behind_s)
