"""``nofly keys``: the keys that sign evidence."""

from __future__ import annotations

import argparse
from pathlib import Path

from nofly.cli.evidence import add_keys, key_folder, passphrase

_EPILOG = """\
examples:
  nofly keys new watch-desk
  nofly keys new watch-desk --lock
  nofly keys export watch-desk -o watch-desk.pub
  nofly keys import prosecutor.pub

A private key is a file that only its owner may read, locked by a passphrase where it was made with --lock.
Its public key goes to those who verify: by a way of which they know that it comes from you.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly keys", description="Make, list and exchange the Ed25519 keys that sign evidence.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, what: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        add_keys(one)
        return one

    new = verb("new", "make a key")
    new.add_argument("name", help="what it is called here")
    new.add_argument("--lock", action="store_true", help="lock it by a passphrase")
    verb("list", "one line a key: id, name, whether its private half is here")
    shown = verb("show", "id and public key of one")
    shown.add_argument("name", help="its name here, or a file")
    given = verb("export", "the public key, in PEM, for those who verify")
    given.add_argument("name", help="its name here")
    given.add_argument("--output", "-o", metavar="FILE", help="else it is printed")
    taken = verb("import", "keep a public key of somebody, or a private key")
    taken.add_argument("file", help="in PEM")
    taken.add_argument("--name", help="what it is called here (the file's name)")
    return it


def run(argv: list[str]) -> int:
    """Do what is asked for; return the exit code."""
    args = parser().parse_args(argv)
    {"new": _new, "list": _list, "show": _show, "export": _export, "import": _import}[args.verb](args)
    return 0


def _new(args: argparse.Namespace) -> None:
    from nofly.cli.streams import say_text
    from nofly.store.keys import new_key

    folder = key_folder(args)
    asked = _new_passphrase(args) if args.lock or args.passphrase else None
    key = new_key(folder, args.name, asked)
    say_text(f"{key.id} {args.name}: {folder / args.name}.key")


def _new_passphrase(args: argparse.Namespace) -> bytes:
    from nofly.errors import ConfigError

    first = passphrase(args, "new passphrase: ")()
    if not first:
        raise ConfigError("an empty passphrase", expected="one that is hard to guess, or no --lock")
    if args.passphrase is None and passphrase(args, "again: ")() != first:
        raise ConfigError("the two passphrases differ", expected="the same one twice")
    return first


def _list(args: argparse.Namespace) -> None:
    from nofly.cli.streams import note, say_text
    from nofly.store.keys import keys_in

    folder = key_folder(args)
    found = keys_in(folder)
    for kept in found:
        kind = ("private, locked" if kept.locked else "private") if kept.private else "public"
        say_text(f"{kept.key.id}  {kept.name}  {kind}")
    if not found:
        note(f"no key in {folder}: nofly keys new NAME makes one")


def _show(args: argparse.Namespace) -> None:
    from nofly.cli.streams import say_text
    from nofly.store.keys import public_key

    key = public_key(key_folder(args), args.name)
    say_text(f"{key.id}\n{key.pem.decode('ascii').rstrip()}")


def _export(args: argparse.Namespace) -> None:
    from nofly.cli.streams import say
    from nofly.run.files.atomic import write_whole
    from nofly.store.keys import public_key

    pem = public_key(key_folder(args), args.name).pem
    if args.output:
        write_whole(args.output, pem)
    else:
        say(pem)


def _import(args: argparse.Namespace) -> None:
    from nofly.cli.streams import say_text
    from nofly.store.keys import import_key

    file = Path(args.file)
    kept = import_key(key_folder(args), file, args.name or file.stem, passphrase(args))
    say_text(f"{kept.key.id}  {kept.name}  {'private' if kept.private else 'public'}")
