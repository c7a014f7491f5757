"""``nofly zones`` on a register: its acts, the law at a time, and acts put into it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nofly.cli.hand import add_hand, add_known_keys, hand, known_keys
from nofly.cli.streams import note, note_findings, say_json, say_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nofly.run.registering.changing import Chosen
    from nofly.run.registering.importing import Imported
    from nofly.run.registering.signing import Hand
    from nofly.store.register import Register
    from nofly.zones.acts import Act
    from nofly.zones.edition_acts import Said
    from nofly.zones.editions import Law

    Verb = Callable[[argparse.Namespace], int]

SPANS = {
    "suspend": "take a zone out of force over a span of time",
    "resume": "end a suspension",
    "extend": "move the end of a zone to a later time",
    "withdraw": "end a zone for good",
}
ALWAYS, NEVER, NOW = "always", "never", "now"


def add_register(one: argparse.ArgumentParser) -> None:
    """Add the options that name a register."""
    one.add_argument(
        "--register", metavar="PATH|URL", help="a file of SQLite, or postgresql://USER@HOST/NAME"
    )
    one.add_argument("--config", metavar="FILE", help="nofly.toml: names the register and the party")


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs on a register."""

    def verb(name: str, what: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        add_register(one)
        return one

    shown = verb("log", "the acts on zones in a register, as they were recorded")
    shown.add_argument("ids", nargs="*", metavar="ID", help="only these zones")
    _add_known(shown)
    add_known_keys(shown)
    shown.add_argument(
        "--verify", action="store_true",
        help="only whether every act is as it was recorded, and signed with the key it names if it is known",
    )  # fmt: skip
    shown.add_argument(
        "--head", action="append", default=[], metavar="SEQ:HASH",
        help="with --verify: what it printed before, which must still be there; may be repeated",
    )  # fmt: skip
    shown.add_argument("--format", dest="out", choices=("text", "json"), default="text")
    law = verb("at", "the law of a register as of a time")
    law.add_argument("time", nargs="?", default=NOW, metavar="TIME", help="ISO 8601 (now)")
    _add_known(law)
    law.add_argument("-o", "--output", metavar="FILE", help="write the zones in force as a zone file")
    law.add_argument("--to", metavar="NAME", help="its format, where the extension does not tell")
    law.add_argument("--format", dest="out", choices=("table", "json"), default="table")
    for name, what in (
        ("declare", "put zones of a file in force"),
        ("amend", "put other editions of zones in force"),
        ("import", "bring files in: new zones are declared, changed ones amended"),
    ):
        _add_put(verb(name, what), name)
    for name, what in SPANS.items():
        one = verb(name, what)
        one.add_argument("id", metavar="ID", help="of the zone")
        _add_said(one)
        _add_span(one, since=name != "extend", until=name != "withdraw")


def _add_known(one: argparse.ArgumentParser) -> None:
    one.add_argument("--known", metavar="TIME", help="by the acts that were recorded then or before")


def _add_put(one: argparse.ArgumentParser, name: str) -> None:
    one.add_argument("files", nargs="+", metavar="FILE", help="zone files or folders of them")
    one.add_argument("--files-format", dest="format", metavar="NAME", help="format of the files")
    one.add_argument("--strict", action="store_true", help="stop at the first record that is rejected")
    if name == "import":
        one.add_argument(
            "--complete", action="store_true",
            help="the files are all that the party has: withdraw its zones that are missing",
        )  # fmt: skip
        one.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        one.add_argument("--format", dest="out", choices=("text", "json"), default="text")
    else:
        one.add_argument("--id", action="append", default=[], dest="ids", help="only these zones")
    if name == "amend":
        one.add_argument(
            "--temporary", action="store_true", help="afterwards what held before holds again; needs --until"
        )
    _add_said(one)
    _add_span(one, since=True, until=name != "import")


def _add_said(one: argparse.ArgumentParser) -> None:
    add_hand(one, "whose act it is ([register] party)")
    one.add_argument("--why", required=True, help="the reason; it stands in the register")


def _add_span(one: argparse.ArgumentParser, *, since: bool, until: bool) -> None:
    if since:
        one.add_argument("--from", dest="since", metavar="TIME", help="ISO 8601, now, or always")
    if until:
        one.add_argument("--until", metavar="TIME", help="ISO 8601, or never; not included")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; return the exit code."""
    verbs: dict[str, Verb] = {"log": _log, "at": _at, "import": _import, "declare": _put, "amend": _put}
    return verbs.get(args.verb, _put_span)(configured(args))


def configured(args: argparse.Namespace) -> argparse.Namespace:
    """Take register and party from the configuration where the command line names none."""
    from nofly.cli.configuration import read_config

    config = read_config(args.config).register
    args.register = args.register or config.url
    args.party = getattr(args, "party", None) or config.party
    return args


def _opened(args: argparse.Namespace, *, create: bool = False, read_only: bool = True) -> Register:
    from nofly.run.registering.opening import open_register

    return open_register(args.register, create=create, read_only=read_only)


def moment(text: str, *, now_us: int | None = None) -> int:
    """Return a time that was asked for: an instant, the beginning of a day, or now."""
    from nofly.run.at import instant

    return now_us if text == NOW and now_us is not None else instant(text, day=True)


def now_us() -> int:
    """Return what time it is."""
    from time import time_ns

    return time_ns() // 1000


def _law(args: argparse.Namespace) -> Law:
    from nofly.zones.acts import ZONE
    from nofly.zones.editions import Law

    known_us = None if args.known is None else moment(args.known, now_us=now_us())
    with _opened(args) as register:
        return Law(register.acts(ZONE, known_us=known_us))


def _log(args: argparse.Namespace) -> int:
    from nofly.run.outputs.text import printable
    from nofly.run.registering.words import act_plain, life_lines, numbered

    if args.verify:
        return _verify(args)
    law, at_us, keys = _law(args), now_us(), known_keys(args)
    lives = [life for _, life in sorted(law.lives.items()) if not args.ids or life.zone_id in args.ids]
    if args.out == "json":
        rows = [act_plain(act, number, keys) for life in lives for act, number in numbered(life)]
        say_json(sorted(rows, key=lambda row: int(row["sequence"])))
    else:
        for life in lives:
            say_text("\n".join(life_lines(life, at_us, keys)))
    note_findings(tuple(law.findings))
    missing = [one for one in args.ids if one not in law.lives]
    for one in missing:
        note(f"nofly: no zone {printable(one)!r} in the register")
    return 1 if missing else 0


def _verify(args: argparse.Namespace) -> int:
    from nofly.run.record.incident_log import head_of
    from nofly.run.registering.signing import false_signatures

    with _opened(args) as register:
        head, findings = register.head(), register.verify([head_of(text) for text in args.head])
        findings = findings or false_signatures(register.acts(), known_keys(args))
    note_findings(tuple(findings))
    if findings:
        say_text(f"the register is not as it was written: {len(findings)} found")
        return 1
    say_text(f"every act is as it was recorded; keep this: {head.sequence}:{head.hash}")
    return 0


def _at(args: argparse.Namespace) -> int:
    from nofly.cli.aligned import aligned
    from nofly.run.outputs.text import clock, many, printable
    from nofly.run.registering.law import readable
    from nofly.run.registering.words import edition_plain

    at_us = moment(args.time, now_us=now_us())
    law = _law(args)
    held, findings = readable(law.at(at_us))
    if args.output:
        from nofly.run.files.atomic import write_whole
        from nofly.run.files.zonewriting import writer

        plugin = writer(args.to, args.output)
        write_whole(args.output, plugin.write(tuple(zone for _, zone in held)))
        note(f"{many(len(held), 'zone')} written to {args.output} as {plugin.NAME}")
    elif args.out == "json":
        say_json([edition_plain(one, zone) for one, zone in held])
    else:
        rows: list[tuple[str, ...]] = [("ID", "NAME", "ED.", "FROM", "UNTIL", "PARTY", "HASH")]
        for one, zone in held:
            since = "always" if one.from_us is None else clock(one.from_us)
            until = "" if one.until_us is None else clock(one.until_us)
            row = (one.zone_id, zone.name, str(one.number), since, until, one.act.party, zone.zone_hash)
            rows.append(tuple(printable(cell) for cell in row))
        say_text(aligned(rows, widest=36))
        others = [life for _, life in sorted(law.lives.items()) if life.at(at_us) is None]
        for life in others:
            note(printable(f"{life.zone_id}: {life.state(at_us)}"))
    note_findings((*law.findings, *findings))
    return 3 if law.findings or findings else 0


def _said(args: argparse.Namespace) -> tuple[Hand, Said]:
    """Return who acts, and with that what is said."""
    from nofly.errors import ConfigError
    from nofly.zones.edition_acts import Said

    if not args.party:
        raise ConfigError("whose act it is, is not said", expected="--party NAME, or [register] party")
    one = hand(args)
    return one, Said(one.party, one.by, one.said_us, args.why)


def _chosen(args: argparse.Namespace, at_us: int) -> Chosen:
    from nofly.run.registering.changing import Chosen
    from nofly.zones.activity import ALWAYS_FROM_US, ALWAYS_UNTIL_US

    since, until = getattr(args, "since", None), getattr(args, "until", None)
    from_us = ALWAYS_FROM_US if since == ALWAYS else since and moment(since, now_us=at_us)
    until_us = ALWAYS_UNTIL_US if until == NEVER else until and moment(until, now_us=at_us)
    return Chosen(from_us, until_us, getattr(args, "temporary", False))


def _put(args: argparse.Namespace) -> int:
    from nofly.errors import ConfigError
    from nofly.run.files.inputs import expanded
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.outputs.text import printable
    from nofly.run.registering.changing import put

    found = read_zones(expanded(args.files), format=args.format, strict=args.strict)
    note_findings(found.findings)
    zones = [zone for zone in found.zones if not args.ids or zone.id in args.ids]
    if missing := [one for one in args.ids if all(zone.id != one for zone in zones)]:
        raise ConfigError(f"no zone {printable(missing[0])!r} in the files", expected="--id of one of them")
    if not zones:
        raise ConfigError("no zone in the files", expected="a zone to put in force")
    one, said = _said(args)
    chosen = _chosen(args, said.said_us)
    with _opened(args, create=args.verb == "declare", read_only=False) as register:
        _note_acts(put(register, args.verb, zones, said, chosen, one.key))
    return 1 if found.rejected else 0


def _put_span(args: argparse.Namespace) -> int:
    from nofly.errors import ConfigError
    from nofly.run.registering.changing import put_span

    one, said = _said(args)
    chosen = _chosen(args, said.said_us)
    if args.verb == "extend" and chosen.until_us is None:
        raise ConfigError("until when, is not said", expected="--until TIME, or never")
    with _opened(args, read_only=False) as register:
        _note_acts([put_span(register, args.verb, args.id, said, chosen, one.key)])
    return 0


def _note_acts(acts: list[Act]) -> None:
    from nofly.run.outputs.text import printable
    from nofly.run.registering.words import act_text

    for act in acts:
        note(f"recorded as number {act.sequence}: {printable(act.subject_id)}: {act_text(act)}")


def _import(args: argparse.Namespace) -> int:
    from nofly.run.files.inputs import expanded
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.registering.importing import bring

    found = read_zones(expanded(args.files), format=args.format, strict=args.strict)
    one, said = _said(args)
    chosen = _chosen(args, said.said_us)
    with _opened(args, create=True, read_only=False) as register:
        done = bring(
            register, found.zones, said, chosen, complete=args.complete, dry_run=args.dry_run, key=one.key
        )  # fmt: skip
    rejected = found.rejected + len(done.findings)
    if args.out == "json":
        say_json({"rejected": rejected, "zones": [
            {"word": row.word, "zone_id": row.zone_id, "name": row.name, "differences": [*row.differences],
             "sequence": row.act.sequence if row.act and not args.dry_run else None}
            for row in done.rows
        ]})  # fmt: skip
    else:
        _say_imported(done, rejected, dry_run=args.dry_run)
    note_findings((*found.findings, *done.findings))
    return 1 if rejected else 0


def _say_imported(done: Imported, rejected: int, *, dry_run: bool) -> None:
    from nofly.run.outputs.text import printable, zone_words
    from nofly.run.registering.importing import UNCHANGED, WORDS
    from nofly.run.registering.words import act_text

    for row in done.rows:
        if row.word == UNCHANGED:
            continue
        say_text(printable(f"{row.word} {zone_words(row.zone_id, row.name)}"))
        if row.act is not None:
            say_text(f"  {act_text(row.act)}")
        for text in row.differences:
            say_text(f"  {printable(text)}")
    counts = ", ".join(f"{done.count(word)} {word}" for word in WORDS)
    say_text(f"{counts}; {rejected} rejected" + ("; nothing was recorded" if dry_run else ""))


def diff(args: argparse.Namespace) -> int:
    """Say what changed from the law at one time to that at another; return 1 where something did."""
    from nofly.errors import ConfigError
    from nofly.run.outputs.text import many
    from nofly.run.registering.law import readable
    from nofly.run.registering.words import change_differences, change_lines, edition_plain
    from nofly.zones.acts import ZONE
    from nofly.zones.editions import Law, diff_law

    at_us, known = now_us(), args.known
    if len(known) > 2:
        raise ConfigError(f"--known {known[2]}", expected="--known once for both times, or once for each")
    knowns_us: list[int | None] = [moment(text, now_us=at_us) for text in known]
    times_us = [moment(text, now_us=at_us) for text in args.files]
    with _opened(configured(args)) as register:
        acts = register.acts(ZONE)
    laws = [Law(acts, knowns_us[k % len(knowns_us)] if known else None) for k in (0, 1)]
    read = [readable(law.at(time_us)) for law, time_us in zip(laws, times_us, strict=True)]
    old, new = ([one for one, _ in held] for held, _ in read)
    changes = diff_law(old, new)
    if args.out == "json":
        say_json([
            {"zone_id": c.zone_id, "change": c.kind,
             "before": None if c.before is None else edition_plain(c.before, c.before.zone),
             "after": None if c.after is None else edition_plain(c.after, c.after.zone),
             "differences": change_differences(c)}
            for c in changes
        ])  # fmt: skip
    else:
        for line in change_lines(changes):
            say_text(line)
        kinds = ("added", "removed", "changed")
        counts = ", ".join(f"{sum(c.kind == k for c in changes)} {k}" for k in kinds)
        before, after = many(len(old), "zone"), many(len(new), "zone")
        say_text(f"{before} before, {after} after: {counts if changes else 'the same'}")
    # What is not understood of one law may be the same in the other.
    findings = dict.fromkeys(
        f for law, (_, said) in zip(laws, read, strict=True) for f in (*law.findings, *said)
    )
    note_findings(tuple(findings))
    return 1 if changes else 3 if findings else 0
