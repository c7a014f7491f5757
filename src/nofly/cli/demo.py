"""``nofly demo``: real flights against real zones, a table, a picture and a page."""

from __future__ import annotations

import argparse

_WHAT = """\
Checks flights that are shipped with nofly: round Paris on 7 October 2021 against the areas LF-P25 and
LF-R35A, and over Switzerland on 1 August 2018 against an exercise closure of its airspace; the closure of
Ukraine's airspace is there too and was not yet law. Prints the table; writes a picture, an
HTML page and a KML file.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly demo", description=_WHAT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    it.add_argument("--out", default="nofly-demo", metavar="FOLDER", help="where the files go (./nofly-demo)")
    return it


def run(argv: list[str]) -> int:
    """Run the demo; 0 when it could be shown, whatever it found."""
    from pathlib import Path

    from nofly.cli.streams import colour_wanted, note_findings, say_text
    from nofly.run.demo import EXPLAINED, run_demo, write_demo
    from nofly.run.outputs.explain import sentences
    from nofly.run.outputs.table import summary, table

    args = parser().parse_args(argv)
    result = run_demo()
    say_text(f"{table(result, colour=colour_wanted())}\n\n{summary(result)}\n")
    shown = next((stay for stay in result.infringements if stay.zone_id == EXPLAINED), None)
    if shown is not None:
        say_text(f"{sentences(result, shown)}\n")
    note_findings(result.findings)
    for place in write_demo(result, Path(args.out)):
        say_text(f"written: {place}")
    say_text("Each of these, in sentences: the page. Your own: nofly check --zones FILE TRACKS")
    return 0
