"""``nofly check --evidence``: packages of what a check found."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nofly.config import WebConfig
    from nofly.proof.packing.custody import Act
    from nofly.proof.packing.signing import SigningKey
    from nofly.run.registering.signing import Keys
    from nofly.run.result import CheckResult


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
    add_only_target(group)
    add("--made-by", metavar="WHO", default="", help="who makes the evidence, for its chain of custody")
    add("--made-at", metavar="TIME", help="when, for its chain of custody; else no time is said")
    add_signing(group)


def add_only_target(group: argparse._ActionsContainer) -> None:
    """Add what keeps others out of a package."""
    group.add_argument(
        "--only-target", action="store_true",
        help="of raw bytes only the messages of the aircraft itself, for the privacy of the others",
    )  # fmt: skip


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
    """Return the folder of keys: as given, else that of the user."""
    from nofly.store.keys import own_folder

    return Path(args.keys) if args.keys else own_folder()


def station_keys(web: WebConfig) -> Keys:
    """Return the keys that are known where the web's own is kept, by their ids. Raises StoreError where one
    cannot be read."""
    from nofly.store.keys import keys_in

    folder = key_folder(argparse.Namespace(keys=web.evidence_keys or None))
    return {kept.key.id: (kept.name, kept.key) for kept in keys_in(folder)}


def station_key(web: WebConfig) -> SigningKey | None:
    """Return the key that signs what the web gives away; None where none is configured. Raises StoreError or
    ConfigError where it cannot be had."""
    from nofly.store.keys import signing_key

    if not web.evidence_key:
        return None
    args = argparse.Namespace(keys=web.evidence_keys or None, passphrase=web.evidence_passphrase or None)
    return signing_key(key_folder(args), web.evidence_key, passphrase(args))


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
    from nofly.run.proving.writing import refuse_place

    refuse_place(args.evidence)
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
    from nofly.proof.package import Making
    from nofly.run.outputs.text import many
    from nofly.run.proving import recorded, reports
    from nofly.run.proving.writing import write_packages

    limit = reports.MOST_RAW_BYTES if args.raw_limit_bytes is None else args.raw_limit_bytes
    making = Making(__version__, args.made, args.signing_keys)
    wanted = recorded.Wanted(making, limit, args.only_target, args.coverage is not False)
    places = write_packages(result, recorded.Inputs(*args.inputs), args.evidence, wanted)
    if not places:
        note("evidence: there is no stay to make a package of")
    elif not args.quiet:
        note(f"evidence: {many(len(places), 'package')} in {args.evidence}")


@contextmanager
def kept_input(args: argparse.Namespace) -> Iterator[None]:
    """Keep what comes by standard input while evidence is made of it: it is read twice."""
    if not args.evidence or "-" not in args.tracks:
        yield
        return
    import shutil
    import sys
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="nofly-") as folder:
        kept = Path(folder, "stdin")
        with kept.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        args.tracks = [str(kept) if path == "-" else path for path in args.tracks]
        yield


def _megabytes(text: str) -> int:
    value = float(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} (expected megabytes, 0 to 1000)")
    return int(value * (1 << 20))
