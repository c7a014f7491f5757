"""``nofly check --evidence``: packages of what a check found."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nofly.incidents.record import Infringement
    from nofly.proof.packing.custody import Act
    from nofly.proof.packing.signing import SigningKey
    from nofly.run.result import CheckResult

ENDING = ".nofly.zip"


def add_evidence(group: argparse._ArgumentGroup) -> None:
    """Add the options of evidence to those of a check."""
    add = group.add_argument
    add(
        "--evidence", metavar="PATH",
        help="write evidence: into a folder one package an infringement, or all stays into one FILE.zip",
    )  # fmt: skip
    add(
        "--raw-limit", type=_megabytes, metavar="MB", dest="raw_limit_bytes",
        help="source files that are larger together are not put into a package, their rows are (64)",
    )  # fmt: skip
    add("--made-by", metavar="WHO", default="", help="who makes the evidence, for its chain of custody")
    add("--made-at", metavar="TIME", help="when, for its chain of custody; else no time is said")
    add_signing(group)


def add_signing(group: argparse._ActionsContainer) -> None:
    """Add what signs: keys, where they are, and their passphrase."""
    add = group.add_argument
    add(
        "--key", action="append", default=[], metavar="NAME", dest="key_names",
        help="sign evidence with this key of nofly keys, or key file; may be repeated",
    )  # fmt: skip
    add_keys(group)


def add_keys(group: argparse._ActionsContainer) -> None:
    """Add where keys are, and their passphrase."""
    group.add_argument("--keys", metavar="DIR", help="folder of the keys (~/.config/nofly/keys)")
    group.add_argument(
        "--passphrase", metavar="env:NAME", help="variable that holds the passphrase; else it is asked for"
    )


def key_folder(args: argparse.Namespace) -> Path:
    """Return the folder of keys: as given, as ``NOFLY_KEYS`` says, else that of the user."""
    if args.keys or os.environ.get("NOFLY_KEYS"):
        return Path(args.keys or os.environ["NOFLY_KEYS"])
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "nofly" / "keys"


def passphrase(args: argparse.Namespace, what: str = "passphrase: ") -> Callable[[], bytes]:
    """Return what asks for a passphrase: the environment, else a terminal; ConfigError where there is
    neither."""

    def ask() -> bytes:
        import sys
        from getpass import getpass

        from nofly.errors import ConfigError
        from nofly.plugins.secrets import check_secret, secret

        if args.passphrase is not None:
            check_secret("passphrase", args.passphrase)
            return secret(args.passphrase).encode()
        if not sys.stdin.isatty():
            raise ConfigError("the key is locked by a passphrase", expected="--passphrase env:NAME")
        return getpass(what).encode()

    return ask


def signing_keys(args: argparse.Namespace) -> list[SigningKey]:
    """Return the keys that are to sign. Raises StoreError or ConfigError where one cannot be had."""
    from nofly.store.keys import signing_key

    folder = key_folder(args)
    return [signing_key(folder, name, passphrase(args, f"passphrase of {name}: ")) for name in args.key_names]


def refuse_early(args: argparse.Namespace) -> None:
    """Raise ConfigError for what can be seen to fail before any work is done."""
    from nofly.errors import ConfigError

    path = Path(args.evidence)
    if args.evidence.lower().endswith(".zip"):
        if not path.absolute().parent.is_dir():
            raise ConfigError("its folder does not exist", source=args.evidence)
        if path.is_dir():
            raise ConfigError("a folder is called so", source=args.evidence)
    elif path.exists() and not path.is_dir():
        raise ConfigError("not a folder", source=args.evidence, expected="a folder, or FILE.zip")
    if "-" in args.tracks:
        raise ConfigError(
            "evidence of what comes by standard input", expected="traffic in files: it is read twice"
        )
    args.signing_keys = signing_keys(args)
    args.made = made_as_said(args)


def made_as_said(args: argparse.Namespace) -> Act:
    """Return who makes evidence and when, as it was said."""
    from nofly.proof.packing.custody import Act
    from nofly.run.at import instant
    from nofly.run.outputs.text import iso_time

    at = None if args.made_at is None else iso_time(instant(args.made_at))
    return Act("made", args.made_by, at)


def write_evidence(result: CheckResult, args: argparse.Namespace) -> None:
    """Write the packages, each whole or not at all, and say so on standard error."""
    from nofly import __version__
    from nofly.cli.streams import note
    from nofly.incidents.record import Status
    from nofly.proof.package import Making
    from nofly.proof.packing.container import packed
    from nofly.run.files.atomic import write_whole
    from nofly.run.outputs.coverage_told import stays_covered
    from nofly.run.outputs.text import many
    from nofly.run.proving import recorded, reports

    one = args.evidence.lower().endswith(".zip")
    stays = list(result.infringements)
    if not one:
        stays = [stay for stay in stays if stay.status is Status.INFRINGEMENT]
    if not stays:
        note("evidence: there is no stay to make a package of")
        return
    limit = reports.MOST_RAW_BYTES if args.raw_limit_bytes is None else args.raw_limit_bytes
    making = Making(__version__, args.made, args.signing_keys)
    wanted = recorded.Wanted(making, limit, partial(stays_covered, result))
    groups: list[list[Infringement]] = [stays] if one else [[stay] for stay in stays]
    places = [Path(args.evidence)] if one else [Path(args.evidence, _name(stay)) for stay in stays]
    places[0].parent.mkdir(parents=True, exist_ok=True)
    for files, place in zip(
        recorded.packages(result, groups, recorded.Inputs(*args.inputs), wanted), places, strict=True
    ):
        write_whole(place, packed(files))
    if not args.quiet:
        note(f"evidence: {many(len(places), 'package')} in {args.evidence}")


def _name(stay: Infringement) -> str:
    """Return the file of a stay: aircraft, zone and id."""
    from nofly.proof.packing.container import safe_name

    who, zone = safe_name(stay.icao24 or stay.target_id), safe_name(stay.zone_id)
    return f"{who[:40]}-{zone[:60]}-{stay.id}{ENDING}"


def _megabytes(text: str) -> int:
    value = float(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} (expected megabytes, 0 to 1000)")
    return int(value * (1 << 20))
