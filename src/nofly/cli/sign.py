"""``nofly sign``: what is put to a package of evidence afterwards, without touching what was signed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nofly.cli.evidence import add_signing, signing_keys

if TYPE_CHECKING:
    from nofly.proof.packing.custody import Act

_EPILOG = """\
examples:
  nofly sign case.nofly.zip --key watch-desk
  nofly sign case.nofly.zip --act received --by "A. Meier, prosecutor" --why "file 2026/114" --key meier
  nofly sign case.nofly.zip --timestamp https://freetsa.org/tsr --opentimestamps https://a.pool.opentimestamps.org
  nofly sign case.nofly.zip --receipt case.receipt
  nofly sign case.nofly.zip --custody

Each is one entry more in the chain of custody; nothing that was signed before changes. A package that is not
as it was made is not signed. Time stamps are asked for over the network.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    from nofly.proof.packing.custody import ACTS

    it = argparse.ArgumentParser(
        "nofly sign", description="Sign a package of evidence, time-stamp it, or sign for its receipt.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    it.add_argument("package", metavar="FILE", help="the package, a .nofly.zip")
    add_signing(it)
    it.add_argument("--act", choices=ACTS[1:], help="what was done with it, for the chain of custody")
    it.add_argument("--by", metavar="WHO", help="who did it (the user's name)")
    it.add_argument("--why", metavar="TEXT", default="", help="why")
    it.add_argument("--at", metavar="TIME", help="when (now)")
    it.add_argument(
        "--timestamp", action="append", default=[], metavar="URL",
        help="have it time-stamped by an RFC 3161 authority; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--opentimestamps", action="append", default=[], metavar="URL",
        help="have it time-stamped by an OpenTimestamps calendar; may be repeated",
    )  # fmt: skip
    it.add_argument("--custody", action="store_true", help="print the chain of custody, change nothing")
    it.add_argument(
        "--receipt", metavar="FILE",
        help="write the last entry to FILE: kept elsewhere, it shows later that nothing was cut off",
    )  # fmt: skip
    it.add_argument("--output", "-o", metavar="FILE", help="write to FILE instead of the package itself")
    return it


def run(argv: list[str]) -> int:
    """Put to the package what is asked for; return the exit code."""
    from nofly.cli.streams import note, say_text
    from nofly.errors import ConfigError
    from nofly.proof.package import integrity, opened
    from nofly.proof.packing import custody
    from nofly.proof.packing.container import packed
    from nofly.proof.packing.steps import Outcome
    from nofly.run.files.atomic import write_whole
    from nofly.run.outputs.text import printable
    from nofly.run.proving.verify import read_package

    args = parser().parse_args(argv)
    package = opened(read_package(args.package))
    wrong = [step for step in integrity(package) if step.outcome is Outcome.DIFFERS]
    if wrong:
        message = f"it is not as it was made: {wrong[0].place}: {wrong[0].message}"
        raise ConfigError(message, source=args.package, expected="a package that nofly verify finds whole")
    changes = args.key_names or args.act or args.timestamp or args.opentimestamps
    if not (args.custody or args.receipt or changes):
        raise ConfigError(
            "nothing to do", expected="--key, --act, --timestamp, --opentimestamps, --receipt or --custody"
        )
    if changes and not args.custody:
        files = _signed(package.files, args)
        write_whole(args.output or args.package, packed(files))
        package = opened(packed(files))
    chain = package.files[custody.FILE]
    for entry in (entries := custody.read(chain)):
        say_text(printable(custody.sentence(entry)))
    if args.receipt:
        write_whole(args.receipt, custody.receipt(chain))
    note(f"head {len(entries)}:{entries[-1]['hash']}")
    return 0


def _signed(files: dict[str, bytes], args: argparse.Namespace) -> dict[str, bytes]:
    """Return the files with what is asked for: an act, or signatures; then time stamps."""
    from nofly.proof.package import with_act, with_signature

    keys = signing_keys(args)
    if args.act:
        files = with_act(files, _act(args.act, args), None, keys[0] if keys else None)
    else:
        for key in keys:
            files = with_signature(files, _act("signed", args), key)
    if args.timestamp or args.opentimestamps:
        from nofly.run.proving.stamping import stamped

        more = stamped(files, args.timestamp, args.opentimestamps)
        files = with_act(files, _act("time-stamped", args), more, keys[0] if keys else None)
    return files


def _act(act: str, args: argparse.Namespace) -> Act:
    from getpass import getuser
    from time import time_ns

    from nofly.proof.packing.custody import Act
    from nofly.run.at import instant
    from nofly.run.outputs.text import iso_time

    at_us = time_ns() // 1000 if args.at is None else instant(args.at)
    return Act(act, getuser() if args.by is None else args.by, iso_time(at_us), args.why)
