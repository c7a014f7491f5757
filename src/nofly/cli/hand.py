"""Whose act it is, who does it, and with which key it is signed: the same of zones and of requests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nofly.run.registering.signing import Hand, Keys


def add_hand(it: argparse.ArgumentParser, party: str) -> None:
    """Add the options of an act; ``party`` is the help of the one that says whose it is, none where it is
    said otherwise."""
    from nofly.cli.evidence import add_keys

    add = it.add_argument
    if party:
        add("--party", default="", metavar="NAME", help=party)
    add("--by", metavar="WHO", help="the person or account that acts for it (this login)")
    add("--said", metavar="TIME", help="when it was said, by the party's own clock (now)")
    add("--key", metavar="NAME", help="sign with this key of nofly keys, or key file")
    add_keys(it)


def hand(args: argparse.Namespace) -> Hand:
    """Return who acts. Raises StoreError where the key cannot be had, ConfigError where its passphrase or
    a time cannot."""
    from time import time_ns

    from nofly.cli.evidence import key_folder, passphrase
    from nofly.run.at import instant
    from nofly.run.registering.signing import Hand
    from nofly.store.keys import signing_key

    key = None
    if args.key:
        key = signing_key(key_folder(args), args.key, passphrase(args, f"passphrase of {args.key}: "))
    said_us = time_ns() // 1000 if args.said is None else instant(args.said)
    return Hand(_login() if args.by is None else args.by, said_us, args.party, key)


def add_known_keys(it: argparse.ArgumentParser) -> None:
    """Add where the keys are that signatures are told by."""
    it.add_argument("--keys", metavar="DIR", help="folder of the keys known here (~/.config/nofly/keys)")


def known_keys(args: argparse.Namespace) -> Keys:
    """Return the keys that are known here, by their ids. Raises StoreError where one cannot be read."""
    from nofly.cli.evidence import key_folder
    from nofly.store.keys import keys_in

    return {kept.key.id: (kept.name, kept.key) for kept in keys_in(key_folder(args))}


def _login() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):
        return "unknown"
