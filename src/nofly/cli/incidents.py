"""``nofly incidents``: what a watch has recorded, and what people say of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nofly.cli.incident_evidence import add_packaging, export_package, is_package
from nofly.cli.streams import note, say, say_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nofly.run.alerting.plans import AlertPlan
    from nofly.run.record.incident_log import Choice, Incident, Log
    from nofly.store.chain import Stored
    from nofly.store.sqlite import Store

_EPILOG = """\
examples:
  nofly incidents list
  nofly incidents show 3f2a
  nofly incidents acknowledge 3f2a --why "the police helicopter, as agreed"
  nofly incidents mute zone:LS-R7 --until 2026-03-04T18:00:00Z --why "exercise"
  nofly incidents export --since 2026-03-01T00:00:00Z -o march.csv
  nofly incidents export 3f2a -o case.nofly.zip --key office
  nofly incidents verify --head 4711:9c0f…
  nofly incidents verify records.json

A watch that runs meanwhile goes on, and its alerts obey what is said. Times are ISO 8601 with a zone.
exit codes: 0 done, and the record is whole; 1 verify found something; 2 an error.
"""
VERBS = {
    "acknowledge": ("acknowledged", "stop telling me of it, unless it becomes graver"),
    "mute": ("muted", "tell nothing of it, whatever happens"),
    "exempt": ("exempted", "the rule never applied to it"),
    "clear": ("cleared", "permission was given"),
}
HEAD = (
    "ID", "ZONE", "AIRCRAFT", "CALLSIGN", "PHASE", "STATUS", "CERTAINTY", "FROM (UTC)", "TO", "DEPTH",
    "HEIGHT", "SAID",
)  # fmt: skip


_COVERAGE = "also what could have been seen, told from the positions that the watch has kept"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly incidents", description="The record of a watch: who was inside, what was said, is it whole?",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, what: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        one.add_argument("--state", metavar="DIR", help="folder of the watch (nofly-state)")
        one.add_argument("--config", metavar="FILE", help="nofly.toml: names the folder and the channels")
        return one

    shown = verb("list", "one line an incident; those that are open unless asked otherwise")
    shown.add_argument("--all", action="store_true", help="those that are closed too")
    _choice(shown)
    shown.add_argument("--format", "-f", choices=("table", "json", "csv"), default="table")
    one = verb("show", "the life of one incident: what happened, who was told, what was said, the verdict")
    one.add_argument("id", help="its id, or the first digits of it")
    one.add_argument("--coverage", action="store_true", help=_COVERAGE)
    given = verb("export", "verdicts or records as a file, whole or not at all")
    given.add_argument("id", nargs="*", help="only these incidents")
    _choice(given)
    given.add_argument("--records", action="store_true", help="every record instead of the verdicts")
    given.add_argument("--with-access", action="store_true", help="and who logged in: names and addresses")
    given.add_argument(
        "--format", "-f", choices=("json", "csv", "geojson", "evidence"), help="else the file's extension"
    )
    given.add_argument("--output", "-o", metavar="FILE", help="else it is printed")
    given.add_argument(
        "--coverage", action=argparse.BooleanOptionalAction, default=None,
        help=f"{_COVERAGE}; a package of evidence holds it unless --no-coverage",
    )  # fmt: skip
    add_packaging(given)
    checked = verb("verify", "whether every record is as it was written, and none is missing")
    checked.add_argument(
        "file", nargs="?", metavar="FILE", help="what export --records wrote as JSON, instead of a record"
    )
    checked.add_argument(
        "--head", action="append", default=[], metavar="SEQ:HASH",
        help="what verify printed before: must still be there; may be repeated",
    )  # fmt: skip
    for name, (_, what) in VERBS.items():
        _statement(verb(name, what), channel=name in ("acknowledge", "mute"))
    return it


def _choice(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--since",
        metavar="TIME",
        help="with something that happened since, or since this day began (UTC), open or not",
    )
    one.add_argument("--zone", action="append", metavar="ID", help="may be repeated")
    one.add_argument(
        "--target", action="append", metavar="ID", help="icao24:4ca7b3, 4ca7b3, a callsign; may be repeated"
    )


def _statement(one: argparse.ArgumentParser, *, channel: bool) -> None:
    one.add_argument("scope", help="an incident's id or its first digits, zone:ID, target:ID, everything")
    one.add_argument("--who", help="who says so (the user that is logged in)")
    one.add_argument("--why", required=True, help="the reason; it stands in the record")
    one.add_argument(
        "--until", metavar="TIME", help="a time to come: how long it holds (for good); now takes it back"
    )
    if channel:
        one.add_argument("--channel", metavar="NAME", help="of this channel alone")


def run(argv: list[str]) -> int:
    """Do what was asked for; return the exit code."""
    args = parser().parse_args(argv)
    asked = {"list": _list, "show": _show, "export": _export, "verify": _verify}
    return asked.get(args.verb, _say)(args)


def _path(args: argparse.Namespace) -> Path:
    from nofly.cli.configuration import read_config, state_folder

    return state_folder(args.state or read_config(args.config).watch.state) / "record.sqlite"


def _store(args: argparse.Namespace, *, read_only: bool = True) -> Store:
    from nofly.errors import StoreError
    from nofly.store.sqlite import Store

    path = _path(args)
    if not path.is_file():
        raise StoreError(f"{path}: there is no record; --state names the folder of nofly watch")
    return Store(path, create=False, read_only=read_only)


def _now_us() -> int:
    from time import time_ns

    return time_ns() // 1000


def _wanted(args: argparse.Namespace, log: Log) -> Choice:
    from nofly.run.at import instant
    from nofly.run.outputs.text import printable
    from nofly.run.record.incident_log import Choice
    from nofly.tracks.identity import target_named

    names = getattr(args, "id", None)
    targets = [name for given in args.target or () for name in (given, target_named(given))]
    for given in args.target or ():
        if not any(Choice(targets=frozenset({given, target_named(given)})).of(log)):
            note(f"no incident on record is of target {printable(given)}")
    return Choice(
        frozenset(map(log.name_of, names)) if names else None,
        frozenset(args.zone) if args.zone else None, frozenset(targets) or None,
        None if args.since is None else instant(args.since, day=True),
        args.verb == "list" and not args.all and args.since is None,
    )  # fmt: skip


def _read(store: Store, last: int = 2**63 - 1) -> Log:
    """Return what the records up to a number tell; it is said where they are not as they were written."""
    from nofly.run.record.incident_log import read_log
    from nofly.store.chain import telling_first_fault

    wrong: list[Stored] = []
    log = read_log(r for r in telling_first_fault(store.read(), wrong) if r.sequence <= last)
    for record in wrong:
        note(
            f"the record is not as it was written (number {record.sequence}): "
            "nofly incidents verify says what is wrong"
        )
    return log


def _list(args: argparse.Namespace) -> int:
    from nofly.cli.aligned import aligned
    from nofly.run.doctor_state import watched_now
    from nofly.run.outputs.text import clock, printable
    from nofly.run.record.incident_export import as_csv, as_json
    from nofly.run.record.incident_log import Incident, row_of
    from nofly.run.record.known_names import FEEDS, known_names

    now_us = _now_us()
    with _store(args) as store:
        log, feeds = _read(store), known_names(store, FEEDS)
    found = list(_wanted(args, log).of(log))
    rows = [row_of(one, log, now_us) for one in found]
    if args.format == "json":
        say(as_json(rows))
    elif args.format == "csv":
        say(as_csv(list(row_of(Incident(""), log, now_us)), rows))
    elif found:
        cells = [_cells(one, row) for one, row in zip(found, rows, strict=True)]
        say_text(aligned([HEAD, *cells], right={9, 10}, widest=28))
    else:
        say_text("No such incident is on record." if args.all or args.since else "No incident is open.")
    for feed, since_us in log.silent.items():
        gone = feeds is not None and feed not in feeds
        how = "was silent, and is watched no more" if gone else "is silent"
        note(f"feed {printable(feed)} {how}: not monitored through it since {clock(since_us)}")
    folder = _path(args).parent
    if watched_now(folder) is False:
        note(
            f"no watch is at work on {printable(str(folder))}: nothing is monitored, this is how it was left"
        )
    return 0


def _cells(one: Incident, row: dict[str, Any]) -> list[str]:
    from nofly.run.outputs.text import clock, depth, height, zone_words

    def moment(time_us: int | None) -> str:
        return "–" if time_us is None else clock(time_us).removesuffix(" Z")

    begun = moment(one.entry_us)
    if one.entry_us is None and one.predicted_entry_us is not None:
        begun = f"expected {clock(one.predicted_entry_us, date=False)}"
    return [
        row["id"][:8], zone_words(row["zone_id"] or "–", row["zone_name"] or ""),
        row["icao24"] or row["target_id"] or "–", row["callsign"] or "–",
        row["phase"] if row["credible"] else f"{row['phase']} (not credible)", row["status"] or "–",
        row["certainty"] or "–", begun, moment(one.exit_us), depth(row["depth_m"], row["depth_err_m"]),
        # Without its datum a height says nothing.
        height(row["height_m"] if row["height_datum"] else None, row["height_datum"]),
        "; ".join(row["said"]) or "–",
    ]  # fmt: skip


def _show(args: argparse.Namespace) -> int:
    from nofly.cli.incident_life import life
    from nofly.run.record.incident_log import deliveries

    path, now_us = _path(args), _now_us()
    with _store(args) as store:
        log = _read(store)
        one = log.incidents[log.name_of(args.id)]
        names = [name for name in (one.warning, one.id) if name is not None]
        records = [r for name in dict.fromkeys(names) for r in store.read(incident=name)]
        alerts = [d for name in dict.fromkeys(names) for d in deliveries(path, name)]
    records.sort(key=lambda r: r.sequence)
    lines = life(one, log, records, alerts, now_us)
    if args.coverage:
        from nofly.cli.incident_coverage import coverage_lines

        lines += ["", *coverage_lines(path, one)]
    say_text("\n".join(lines))
    return 0


def _export(args: argparse.Namespace) -> int:
    from nofly.run.files.atomic import write_whole
    from nofly.run.record.incident_export import format_named, records, verdict_rows, verdicts
    from nofly.run.record.links import with_links

    if is_package(args):
        return export_package(args, _path(args))
    form = format_named(args.format, args.output)
    with _store(args) as store:
        head = store.head()
        log = _read(store, head.sequence)
        chosen = list(_wanted(args, log).of(log))
        if args.records:
            every = not (args.id or args.zone or args.target or args.since)
            names = {name for one in chosen for name in (one.id, one.warning)}
            stored = (record for record in store.read() if record.sequence <= head.sequence)
            linked, runs = with_links(stored, lambda record: every or record.incident in names)
            data = records(linked, head, form, args.with_access, runs)
        else:
            told = verdict_rows(chosen)
            if args.coverage:
                from nofly.cli.incident_coverage import add_coverage

                add_coverage(told, chosen, _path(args))
            data = verdicts(told, head, form)
    if args.output is None:
        say(data)
    else:
        write_whole(args.output, data)
        note(f"{len(data):,} bytes written to {args.output}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from nofly.cli.incident_verify import verify_export, verify_store
    from nofly.errors import ConfigError
    from nofly.run.record.incident_log import head_of

    heads = [head_of(text) for text in args.head]
    if args.file is None:
        with _store(args) as store:
            return verify_store(store, heads)
    if args.state or args.config:
        raise ConfigError("an export is checked by itself", expected="FILE, or --state and --config")
    return verify_export(args.file, heads)


def _say(args: argparse.Namespace) -> int:
    from getpass import getuser

    from nofly.errors import ConfigError
    from nofly.incidents.states import Told
    from nofly.run.alerting.plans import channels_for
    from nofly.run.at import instant
    from nofly.run.record.incident_log import Statement, is_scope, read_log, say
    from nofly.run.record.known_names import CHANNELS, known_names

    now_us = _now_us()
    until_us = None
    if args.until is not None:
        until_us = now_us if args.until == "now" else instant(args.until)
        if until_us < now_us:
            raise ConfigError(
                f"--until {args.until}", expected="a time to come, or now to take back what was said"
            )
    plans = _channels(args)
    with _store(args, read_only=False) as store:
        _check_channel(args, [plan.name for plan in plans] if args.config else known_names(store, CHANNELS))
        log = read_log(store.read())
        scope = log.scope_of(args.scope) if is_scope(args.scope) else log.name_of(args.scope)
        _warn_unknown(scope, log)
        said = Statement(
            scope, Told(VERBS[args.verb][0]), args.who or getuser(), args.why, now_us, until_us,
            getattr(args, "channel", None),
        )  # fmt: skip
        head = say(store, said, lambda body: channels_for(plans, body))
    note(f"recorded as number {head.sequence}")
    return 0


def _warn_unknown(scope: str, log: Log) -> None:
    """Say where no incident on record falls under a scope: it may be misspelt."""
    from nofly.run.outputs.text import printable

    kind, _, name = scope.partition(":")
    known = {printable(getattr(one, f"{kind}_id", None) or "") for one in log.incidents.values()}
    if name and name not in known:
        note(f"no incident on record is of {kind} {printable(name)}: it holds for those to come")


def _channels(args: argparse.Namespace) -> list[AlertPlan]:
    """Return the channels of the configuration; none where none is given."""
    from nofly.cli.configuration import read_config
    from nofly.run.watch_plan import plan_alerts

    return [] if args.config is None else plan_alerts(read_config(args.config))


def _check_channel(args: argparse.Namespace, names: Sequence[str] | None) -> None:
    """Raise ConfigError where the named channel is none of those known; None: nobody says which there are."""
    from nofly.errors import ConfigError

    channel = getattr(args, "channel", None)
    if channel is None or channel in (names or ()):
        return
    source, expected = args.config or str(_path(args).parent), ", ".join(names or ()) or "none: there is none"
    if names is None:
        expected = "--config FILE: no watch has said yet which there are"
    raise ConfigError(f"no channel {channel!r}", source=source, expected=expected)
