"""``nofly incidents export ID -o case.nofly.zip``: an incident as a package that anyone can verify."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nofly.cli.evidence import add_only_target, add_signing
from nofly.cli.streams import note
from nofly.run.proving import ENDING

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.run.files.zonefiles import ZoneSet
    from nofly.store.chain import Head
    from nofly.store.sqlite import Store


def add_packaging(given: argparse.ArgumentParser) -> None:
    """Add the options of an evidence package."""
    group = given.add_argument_group(f"an evidence package (FILE{ENDING}, or --format evidence)")
    group.add_argument("--made-by", metavar="WHO", default="", help="who makes it, for its chain of custody")
    group.add_argument(
        "--made-at", metavar="TIME", help="when, for its chain of custody; else it is not said"
    )
    group.add_argument(
        "--zones", "-z", action="append", default=[], metavar="FILE",
        help="file that the zone was read from, beside those of the configuration; may be repeated",
    )  # fmt: skip
    group.add_argument(
        "--head", metavar="SEQ:HASH",
        help="link the incident's records to this head of the record, as it was published (the last one)",
    )  # fmt: skip
    add_only_target(group)
    add_signing(group)


def is_package(args: argparse.Namespace) -> bool:
    """Return whether an evidence package is asked for."""
    named = args.format is None and args.output is not None and args.output.lower().endswith(ENDING)
    return args.format == "evidence" or named


def export_package(args: argparse.Namespace, record: Path) -> int:
    """Write the package, whole or not at all, and say what it holds; return the exit code: 3 where not all of
    it is found again from its bytes."""
    from time import time_ns

    from nofly import __version__
    from nofly.cli.configuration import read_config
    from nofly.cli.evidence import made_as_said, signing_keys
    from nofly.errors import ConfigError, StoreError
    from nofly.proof.package import Making
    from nofly.proof.packing.container import packed
    from nofly.run.files.atomic import write_whole
    from nofly.run.files.heightfiles import load_terrain
    from nofly.run.proving.covered import case_covered
    from nofly.run.proving.live import package
    from nofly.run.proving.live_case import live_case, only_target
    from nofly.run.proving.sighted import Sighted
    from nofly.run.record.incident_log import read_log
    from nofly.store.sqlite import Store

    if args.output is None or len(args.id) != 1 or args.records:
        raise ConfigError("an evidence package is of one incident", expected=f"ID -o FILE{ENDING}")
    if not record.is_file():
        raise StoreError(f"{record}: there is no record; --state names the folder of nofly watch")
    making = Making(__version__, made_as_said(args), signing_keys(args))
    config = read_config(args.config)
    with Store(record, create=False, read_only=True) as store:
        head = store.head() if args.head is None else _published(store, args.head)
        log = read_log(one for one in store.read() if one.sequence <= head.sequence)
    terrain = load_terrain(config.check.terrain)
    name, now_us = log.name_of(args.id[0]), time_ns() // 1000
    case = live_case(record.parent, log, name, terrain, head, now_us)
    if args.only_target:
        case = only_target(case)
    coverage = case_covered(record.parent, case) if args.coverage is not False else Sighted(None)
    if args.only_target:
        # The table tells where others were received.
        coverage = coverage._replace(coverage=None)
    data = packed(package(case, making, _sources(args, config), coverage))
    write_whole(args.output, data)
    note(f"{len(data):,} bytes written to {args.output}")
    if case.so_far:
        note("the incident is open: this is how it stands, and no verdict on record")
    for line in case.why:
        note(line)
    for one in case.differences:
        note(f"not found again: {one.field}, recorded {one.recorded!r}, from the bytes {one.recomputed!r}")
    return 3 if case.differences else 0


def _published(store: Store, text: str) -> Head:
    """Return a head that was published. Raises ConfigError where the record has none such."""
    from nofly.errors import ConfigError
    from nofly.run.record.incident_log import head_of

    head = head_of(text)
    there = next(store.read(head.sequence), None)
    if there is None or there.head != head:
        raise ConfigError(f"--head {head.sequence}: the record has no such head", source=str(store.path))
    return head


def _sources(args: argparse.Namespace, config: Config) -> ZoneSet | None:
    """Return the zone files at hand; None where there are none, or they cannot be read."""
    from nofly.errors import NoflyError
    from nofly.run.files.inputs import expanded
    from nofly.run.proving.law import sources_at_hand

    try:
        found, wrong = sources_at_hand(expanded([*config.check.zones, *args.zones]))
    except NoflyError as error:
        found, wrong = None, [str(error)]
    for one in wrong:
        note(f"a file of zones is left out: {one}")
    return found
