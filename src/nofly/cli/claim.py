"""``nofly claim``: statements of all sides about one event, checked by the same code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nofly.cli.report_format import put_report, report_format

if TYPE_CHECKING:
    from nofly.proof.coverage import Coverage
    from nofly.run.claiming.checking import Claimed

FORMATS = ("text", "json", "html")
_EPILOG = """\
examples:
  nofly claim check claim.toml
  nofly claim check claim.toml --tracks flights.parquet --zones border.geojson
  nofly claim check claim.toml -o sheet.html
  nofly claim attach claim.toml letter.pdf --statement letter --captured 2015-11-25T08:00:00Z

exit codes of check: 0 every statement is supported; 1 one is contradicted or self-inconsistent, or a document
is not what was captured; 2 an error; 3 neither: something is not shown, or not checkable with this data.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly claim",
        description="Do the statements of all sides stand, by tracks and by their own numbers?",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="act", metavar="ACT", required=True)
    _add_check(verbs.add_parser("check", help="check every statement of a claim file"))
    _add_attach(verbs.add_parser("attach", help="keep a document beside a claim file, by its hash"))
    return it


def _add_check(it: argparse.ArgumentParser) -> None:
    it.add_argument("claim", metavar="CLAIM", help="a claim file: TOML, nofly-claims/1")
    it.add_argument(
        "--tracks", nargs="+", action="extend", default=[], metavar="FILE",
        help="files or folders of traffic; without any, only the numbers themselves are checked",
    )  # fmt: skip
    it.add_argument(
        "--zones", "-z", nargs="+", action="extend", default=[], metavar="FILE",
        help="zone files, beside those that the claim file names",
    )  # fmt: skip
    it.add_argument(
        "--coverage", nargs="+", action="extend", default=[], metavar="FILE",
        help="traffic that what could have been seen is told from (that of --tracks)",
    )  # fmt: skip
    it.add_argument("--qnh", action="append", default=[], metavar="NUMBER|FILE", help="as of nofly check")
    it.add_argument(
        "--max-gap", type=float, metavar="SECONDS", dest="max_gap_s", help="as of nofly check (120)"
    )
    it.add_argument(
        "--format", "-f", choices=FORMATS, help="what to print (text), or to write where -o does not tell"
    )
    it.add_argument(
        "-o", "--output", metavar="FILE", help="write to FILE: .txt, .json or .html says the format"
    )
    it.add_argument("--quiet", "-q", action="store_true", help="no findings and no summary on standard error")


def _add_attach(it: argparse.ArgumentParser) -> None:
    it.add_argument("claim", metavar="CLAIM", help="the claim file")
    it.add_argument("document", metavar="DOCUMENT", help="a file: text, HTML, PDF, picture")
    it.add_argument(
        "--captured", required=True, metavar="TIME", help="when it was captured, ISO 8601 with its zone"
    )
    it.add_argument("--statement", default="", metavar="ID", help="the statement it belongs to")
    it.add_argument("--url", default="", metavar="URL", help="where it was captured from")


def run(argv: list[str]) -> int:
    """Check or attach; return the exit code."""
    args = parser().parse_args(argv)
    return _attach(args) if args.act == "attach" else _check(args)


def _attach(args: argparse.Namespace) -> int:
    from nofly.cli.streams import say_text
    from nofly.errors import ConfigError
    from nofly.run.at import instant
    from nofly.run.claiming.attachments import attach
    from nofly.run.claiming.checking import read_claim

    claim = read_claim(args.claim)
    ids = [statement.id for statement in claim.statements]
    if args.statement and args.statement not in ids:
        raise ConfigError(f"--statement {args.statement}", expected=f"one of {', '.join(ids)}")
    instant(args.captured)
    kept = attach(
        Path(args.claim), Path(args.document), captured=args.captured, statement=args.statement, url=args.url
    )
    say_text(f"kept {kept.name} ({kept.kind}, {kept.bytes:,} bytes)\nsha256 {kept.sha256}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from nofly.cli.streams import note, note_findings
    from nofly.run.claiming.words import summary

    format = report_format(args.format, args.output)
    claimed = _claimed(args)
    data = _rendered(claimed, format)
    put_report(data, format, args.output)
    if not args.quiet:
        if args.output or format != "text":
            note(f"{summary(claimed)}.")
        note_findings(claimed.findings)
    return claimed.exit_code


def _claimed(args: argparse.Namespace) -> Claimed:
    from nofly.cli.streams import with_progress
    from nofly.errors import ConfigError
    from nofly.run.check import CheckOptions
    from nofly.run.claiming.checking import check_claim
    from nofly.run.files.inputs import expanded, total_bytes
    from nofly.run.files.trackfiles import read_batches

    tracks = expanded(args.tracks)
    chosen: dict[str, Any] = {"qnh": tuple(args.qnh), "max_gap_s": args.max_gap_s}
    options = CheckOptions(**{name: value for name, value in chosen.items() if value})
    if args.coverage and not tracks:
        raise ConfigError("--coverage without tracks to compare with", expected="--tracks FILE")
    batches = with_progress(read_batches(tracks), total_bytes(tracks)) if tracks else None
    return check_claim(
        args.claim, zones=expanded(args.zones), batches=batches,
        again=(lambda: read_batches(tracks)) if tracks else None, options=options,
        coverage=_coverage(expanded(args.coverage)) if args.coverage else None,
    )  # fmt: skip


def _coverage(paths: list[str]) -> Coverage:
    from nofly.cli.streams import with_progress
    from nofly.run.coverage import read
    from nofly.run.files.inputs import total_bytes
    from nofly.run.files.trackfiles import read_batches

    return read(with_progress(read_batches(paths), total_bytes(paths)), lambda: read_batches(paths))


def _rendered(claimed: Claimed, format: str) -> bytes:
    if format == "json":
        from nofly.run.claiming.json import write as as_json

        return as_json(claimed)
    if format == "html":
        from nofly.run.claiming.html import write as as_html

        return as_html(claimed)
    from nofly.run.claiming.text import write as as_text

    return as_text(claimed).encode()
