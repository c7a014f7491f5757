"""``nofly demo``: real flights against real zones: a table, a replay, a picture and a page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from nofly.run.live.engine import Body
    from nofly.zones.model import Zone

_WHAT = """\
Checks flights that are shipped with nofly: round Paris on 7 October 2021 against the areas LF-P25 and
LF-R35A, and over Switzerland on 1 August 2018 against an exercise closure of its airspace; the closure of
Ukraine's airspace is there too and was not yet law. Prints the table; replays eighteen minutes over
Switzerland through the loop of nofly watch, sixty times as fast; writes a picture, an HTML page and a
KML file.
"""
_LIVE = """\
A replay, nothing here is live: flights recorded over Switzerland on 1 August 2018, 12:08 to 12:26 UTC, go
through the loop of nofly watch, {speed} times as fast. Each line appears as it would have, once it is on the
disk.
"""


_DESKTOP = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly demo", description=_WHAT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    it.add_argument("--out", default="nofly-demo", metavar="FOLDER", help="where the files go (./nofly-demo)")
    it.add_argument(
        "--serve", action=argparse.BooleanOptionalAction, default=None,
        help="then show the replay on the map, until Ctrl-C (on a terminal)",
    )  # fmt: skip
    it.add_argument(
        "--bind", default="127.0.0.1:0", metavar="HOST:PORT", help="where the map is (any free port)"
    )
    return it


def run(argv: list[str]) -> int:
    """Run the demo; 0 when it could be shown, whatever it found."""
    args = parser().parse_args(argv)
    with _ended_by_sigterm():
        return _shown(args)


def _shown(args: argparse.Namespace) -> int:
    from pathlib import Path

    from nofly.cli.streams import colour_wanted, note_findings, say_text
    from nofly.run.demo import EXPLAINED, run_demo, write_demo
    from nofly.run.outputs.explain import sentences
    from nofly.run.outputs.table import summary, table

    result = run_demo()
    say_text(f"{table(result, colour=colour_wanted())}\n\n{summary(result)}\n")
    shown = next((stay for stay in result.infringements if stay.zone_id == EXPLAINED), None)
    if shown is not None:
        say_text(f"{sentences(result, shown)}\n")
    note_findings(result.findings)
    _replay()
    for place in write_demo(result, Path(args.out)):
        say_text(f"written: {place}")
    say_text("Each of these, in sentences: the page. Your own: nofly check --zones FILE TRACKS")
    if args.serve is None:
        args.serve = sys.stdout.isatty()
    if args.serve:
        return _serve(args.bind)
    say_text("The replay on a map: nofly demo --serve")
    return 0


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Have SIGTERM end what runs as Ctrl-C does, with its temporary files."""
    import signal

    def ended(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(bind: str) -> int:
    """Show the replay on the map, to whoever has the link, until Ctrl-C; return the exit code."""
    from tempfile import TemporaryDirectory

    from nofly.cli import serve, watch
    from nofly.cli.streams import say_text
    from nofly.run.demo_live import MAP_SPEED, live_files

    say_text(f"\nThe same flights on the map, {MAP_SPEED:g} times as fast as they flew. Ctrl-C ends it.")
    with TemporaryDirectory(prefix="nofly-demo-") as folder, live_files(folder) as (zones, feed):
        given = [
            "--zones",
            str(zones),
            "--feed",
            feed,
            "--state",
            f"{folder}/state",
            "--metrics",
            "",
            "--bind",
            bind,
        ]
        args = serve.parser().parse_args([*given, "--quiet"])
        return watch.watched(
            args,
            lambda plan, config: serve.serving_state(args, config, plan.state, lambda _: (), guests=_opened),
        )


def _opened(address: str) -> None:
    """Say where the map is, and open it where somebody sits before a desktop."""
    import os
    import webbrowser
    from threading import Thread

    from nofly.cli.streams import note

    note(f"the map is at {address}")
    desktop = sys.platform in ("darwin", "win32") or any(map(os.environ.get, _DESKTOP))
    if sys.stdout.isatty() and desktop:
        # Some browsers are waited for.
        Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _replay() -> None:
    """Show what a watch would have said as it happened, then its verdicts."""
    from nofly.cli.streams import say_text
    from nofly.cli.watch_lines import line_of
    from nofly.run.demo_live import SPEED, live_demo
    from nofly.run.live.verdicts import JUDGED

    verdicts: list[str] = []

    def tell(bodies: Sequence[Body], zones: Mapping[str, Zone]) -> None:
        for body in bodies:
            line = line_of(body, zones.get)
            if body["kind"] == JUDGED:
                verdicts.append(line)
            else:
                say_text(line)

    say_text(_LIVE.format(speed=f"{SPEED:g}"))
    live_demo(tell)
    say_text("\nThe replay is over; its verdicts, those of nofly check on the same reports:\n")
    say_text("\n".join(verdicts) + "\n")
