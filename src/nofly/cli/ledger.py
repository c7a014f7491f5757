"""``nofly ledger``: what a proposed zone would expose and ask for, as ranges, and no score."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from nofly.cli.report_format import put_report, report_format

if TYPE_CHECKING:
    from nofly.run.weighing.ledger import LedgerTable

FORMATS = ("text", "json", "html")
_EPILOG = """\
examples:
  nofly ledger ledger.toml
  nofly ledger ledger.toml --set patrol.readiness=0.3,0.5,0.7 --set patrol.stations=4
  nofly ledger ledger.toml --zones firs.geojson --traffic flights.parquet
  nofly ledger ledger.toml -o ledger.html --plot sensitivity.svg

It prints no number for escalation, and refuses every key about weapons or engagement.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly ledger",
        description="What would a zone expose and ask for: hours shared, acts and consents, patrols?",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    it.add_argument("ledger", metavar="LEDGER", help="a ledger file: TOML, nofly-ledger/1")
    it.add_argument(
        "--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE",
        help="zone files, in place of those that the ledger names",
    )  # fmt: skip
    it.add_argument(
        "--traffic", nargs="+", action="extend", default=[], metavar="FILE",
        help="files or folders of recorded traffic: whose aircraft shared the zones",
    )  # fmt: skip
    it.add_argument(
        "--set", action="append", default=[], metavar="KEY=RANGE", dest="changes",
        help="an input in place of the file's, as patrol.readiness=0.3,0.5,0.7 or NATO.aircraft=4",
    )  # fmt: skip
    it.add_argument("--list", action="append", default=[], metavar="NAME=FILE", help="as of nofly check")
    it.add_argument("--format", "-f", choices=FORMATS, help="what to print (text), or to write")
    it.add_argument(
        "-o", "--output", metavar="FILE", help="write to FILE: .txt, .json or .html says the format"
    )
    it.add_argument("--plot", metavar="FILE", help="draw the sensitivity: .png, .svg or .pdf")
    it.add_argument("--quiet", "-q", action="store_true", help="no findings on standard error")
    return it


def run(argv: list[str]) -> int:
    """Weigh; return the exit code."""
    from nofly.cli.streams import note_findings
    from nofly.run.check import CheckOptions
    from nofly.run.files.inputs import expanded
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.weighing.ledger import weigh_ledger

    args = parser().parse_args(argv)
    format = report_format(args.format, args.output)
    law = read_zones(expanded(args.zones)) if args.zones else None
    table = weigh_ledger(
        args.ledger, law.zones if law else None, args.traffic or None,
        CheckOptions(lists=_lists(args.list)), args.changes,
    )  # fmt: skip
    data = _rendered(table, format)
    put_report(data, format, args.output)
    if args.plot:
        table.plot(args.plot)
    if not args.quiet:
        note_findings((*(law.findings if law else ()), *table.findings))
    return 0


def _lists(given: list[str]) -> dict[str, str]:
    from nofly.errors import ConfigError

    for one in given:
        if not all(one.partition("=")):
            raise ConfigError(f"--list {one}", expected="NAME=FILE")
    return {one.partition("=")[0]: one.partition("=")[2] for one in given}


def _rendered(table: LedgerTable, format: str) -> bytes:
    if format == "json":
        return (json.dumps(table.as_json(), indent=2, ensure_ascii=False) + "\n").encode()
    return table.page() if format == "html" else table.text().encode()
