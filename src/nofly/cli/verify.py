"""``nofly verify``: is a package of evidence as it was made, and is its finding found again?"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nofly.proof.packing.custody import Kept
    from nofly.proof.packing.steps import Step
    from nofly.run.proving.verify import Trust, Verified

_EPILOG = """\
examples:
  nofly verify case.nofly.zip
  nofly verify case.nofly.zip --key authority.pub --require-signature
  nofly verify case.nofly.zip --trust keys/ --authority tsa.pem --json

No network is used, and nothing but the package and the keys named is read. Hashes, signatures, the chain of
custody and time stamps are checked; then the finding is made anew from the raw reports, and compared.
exit codes: 0 all agrees; 1 something differs or was tampered with; 2 it cannot be read;
3 all that could be checked agrees, something could not be.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly verify", description="Is a package of evidence as it was made? Is its finding found again?",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    it.add_argument("package", metavar="FILE", help="the package, a .nofly.zip")
    it.add_argument("--json", action="store_true", help="print the steps as JSON")
    it.add_argument(
        "--key", action="append", default=[], metavar="FILE", dest="key_files",
        help="a public key (PEM) that has to have signed; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--trust", action="append", default=[], metavar="DIR",
        help="public keys NAME.pub that are known: says whose a signature is; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--require-signature", action="store_true",
        help="an unsigned package differs; with --key or --trust: one not signed by any of these",
    )  # fmt: skip
    it.add_argument(
        "--authority", action="append", default=[], metavar="FILE",
        help="certificates (PEM) of an authority whose time stamps are trusted; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--receipt", action="append", default=[], metavar="FILE",
        help="a receipt of nofly sign: what it says was done has to be there still; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--head", action="append", default=[], metavar="ENTRY:HASH", type=_head,
        help="an entry of the chain of custody, by number and hash, that has to be there; may be repeated",
    )  # fmt: skip
    it.add_argument(
        "--record-head", action="append", default=[], metavar="SEQ:HASH",
        help="a head of the watch's record, as it was published: the incident's records have to be under it",
    )  # fmt: skip
    it.add_argument("--quiet", "-q", action="store_true", help="only what does not agree, and the last line")
    return it


def run(argv: list[str]) -> int:
    """Verify and say what came out; return the exit code."""
    from nofly.cli.streams import say, say_text
    from nofly.run.proving.verify import read_package, verify

    args = parser().parse_args(argv)
    trust = _trust(args)
    found = verify(read_package(args.package), trust)
    if args.json:
        say(_json(found))
    else:
        say_text("\n".join(_lines(args.package, found, args.quiet)))
    return found.exit_code


def _trust(args: argparse.Namespace) -> Trust:
    from nofly.proof.packing import custody
    from nofly.run.proving.verify import Trust
    from nofly.run.record.incident_log import head_of
    from nofly.store.keys import trusted

    heads = [head_of(text) for text in args.record_head]
    required: dict[str, str] = {}
    for name in args.key_files:
        required |= trusted(Path(name))
    known = dict(required)
    for name in args.trust:
        known |= trusted(Path(name))
    authorities = {Path(name).name: Path(name).read_bytes() for name in args.authority}
    kept = [*args.head, *(custody.kept(Path(name).read_bytes(), name) for name in args.receipt)]
    return Trust(known, frozenset(required), args.require_signature, authorities, kept, heads)


def _head(text: str) -> Kept:
    from nofly.proof.packing.custody import Kept

    number, _, digest = text.partition(":")
    if not number.isascii() or not number.isdigit() or len(digest) != 64:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} (expected ENTRY:HASH, as nofly sign prints it)")
    return Kept(int(number), digest.lower())


def _lines(path: str, found: Verified, quiet: bool) -> Iterable[str]:
    from nofly.proof.packing.steps import Outcome
    from nofly.run.outputs.text import printable

    told = found.package.manifest
    if not quiet:
        yield printable(f"{path}: {told['format']}, {found.package.kind}, created by {told['created_by']}")
    for step in found.steps:
        if not quiet or step.outcome in (Outcome.DIFFERS, Outcome.UNCHECKED):
            yield printable(f"{step.outcome.value:<12} {step.subject:<13} {_told(step)}")
    yield found.summary


def _told(step: Step) -> str:
    where = f"{step.place}: " if step.place else ""
    changed = f" ({step.old} → {step.new})" if step.old is not None or step.new is not None else ""
    return f"{where}{step.message}{changed}"


def _json(found: Verified) -> bytes:
    import json

    steps: list[dict[str, Any]] = [
        {
            "subject": s.subject, "outcome": s.outcome.value, "place": s.place, "message": s.message,
            "old": s.old, "new": s.new,
        }
        for s in found.steps
    ]  # fmt: skip
    told = found.package.manifest
    document = {
        "format": told["format"], "kind": found.package.kind, "created_by": told["created_by"],
        "exit_code": found.exit_code, "summary": found.summary, "steps": steps,
    }  # fmt: skip
    return (json.dumps(document, indent=1) + "\n").encode()
