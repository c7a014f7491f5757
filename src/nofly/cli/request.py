"""``nofly request``: who asks for a zone, who says what to it, what is decided, and until when it is law."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nofly.cli.hand import add_hand, add_known_keys
from nofly.cli.report_format import ENDINGS, put_report, report_format
from nofly.cli.request_standing import add_standing, write_standing
from nofly.cli.zones_register import add_register, configured

if TYPE_CHECKING:
    from collections.abc import Callable

    from nofly.run.deciding.notam import Heading
    from nofly.store.register import Register
    from nofly.zones.decisions import Procedure

FORMATS = ("text", "json", "html", "geojson")
_EPILOG = """\
examples:
  nofly request new sky-2022 --register law.sqlite --zone ukraine.geojson --asker Ukraine --purpose prevent \\
      --why "bombs fall on cities" --instead warplanes --parties members.txt --authority NATO --rule unanimity
  nofly request position sky-2022 --register law.sqlite --party Canada --stand oppose --date 2022-03-04 \\
      --statement "the red line is not to trigger a wider conflict" --source https://example.org/joly
  nofly request decide sky-2022 --register law.sqlite --outcome rejected --reason "it would widen the war"
  nofly request show sky-2022 --register law.sqlite -o sheet.html

Each act is recorded in the register, in its chain; a party that is listed with a key has to sign. An act that
may not be is refused in a sentence, and nothing is changed. exit codes: 0 done; 2 refused, or an error.
"""
_STANDS = "support|oppose|reserve|abstain|conditional"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly request", description="Requests for zones, the positions of the parties, and what is decided.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="verb", required=True, metavar="ACT")

    def verb(name: str, what: str, *, named: bool = True) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        if named:
            one.add_argument("id", metavar="ID", help="name of the request")
        add_register(one)
        return one

    _add_new(verb("new", "ask for a zone"))
    _add_position(verb("position", "say where a party stands"))
    _add_decide(verb("decide", "announce the decision"))
    later = verb("deadline", "set another deadline; after a broken silence, begin a new one")
    later.add_argument("--deadline", required=True, metavar="TIME", help="positions count before it")
    _add_promulgate(verb("promulgate", "make law of what was approved, and write it for publication"))
    published = verb("publish", "write again for publication what is law")
    longer = verb("renew", "make it law for longer")
    longer.add_argument("--until", metavar="TIME", help="the new end; without it, none")
    plain = [
        verb("suspend", "take it out of force for a while"), verb("resume", "put it in force again"),
        verb("revoke", "end it"), verb("withdraw", "take a request back, before it is decided"),
    ]  # fmt: skip
    for one in (*plain, later, longer):
        one.add_argument("--reason", required=True, metavar="TEXT", help="why")
    for name, one in verbs.choices.items():
        if one is not published:
            add_hand(one, "" if name == "new" else "who acts ([register] party; else the authority)")
    _add_publishing(published)
    _add_reading(verb)
    add_standing(verbs.add_parser)
    return it


def _add_reading(verb: Callable[..., argparse.ArgumentParser]) -> None:
    shown = verb("show", "the sheet of a request: what is asked, who said what, what was decided")
    shown.add_argument("--format", "-f", choices=FORMATS, help="text, or what the ending of FILE says; "
                       "geojson is the zone as proposed, for a what-if")  # fmt: skip
    shown.add_argument("-o", "--output", metavar="FILE", help="write to FILE: .txt, .json, .html, .geojson")
    told = verb("log", "every act on a request, in order, with its key and hash")
    listed = verb("list", "one line a request", named=False)
    for one in (shown, told, listed):
        one.add_argument("--at", metavar="TIME", help="as it stood at a time, as was known then")
        add_known_keys(one)
    for one in (told, listed):
        one.add_argument("--format", "-f", choices=("text", "json"), default="text", help="how (text)")


def _add_new(it: argparse.ArgumentParser) -> None:
    add = it.add_argument
    add("--zone", metavar="FILE", help="zone file that holds the zone asked for")
    add("--zone-id", metavar="ZONE", help="which zone of the file, where it holds several")
    add(
        "--asker", required=True, metavar="NAME[=KEY]", help="who asks; KEY: a key of nofly keys, or its file"
    )
    add("--purpose", required=True, metavar="WORD", help="prevent|coerce|prepare|weaken|posture|commit")
    add("--why", required=True, metavar="TEXT", help="what it is for, in words")
    add("--instead", default="", metavar="TEXT", help="what is asked for if the zone is refused")
    add("--from", dest="wanted_from", metavar="TIME", help="from when it is wanted")
    add("--until", dest="wanted_until", metavar="TIME", help="until when it is wanted")
    add("--party", action="append", default=[], dest="named", metavar="NAME[=KEY]",
        help="who takes a position; repeat")  # fmt: skip
    add("--parties", metavar="FILE", help="a file of parties, NAME or NAME = KEY a line")
    add("--authority", required=True, metavar="NAME[=KEY]", help="who announces the decision and promulgates")
    add("--rule", required=True, metavar="RULE",
        help="single-authority|simple-majority|qualified-majority|unanimity|silence")  # fmt: skip
    add("--quorum", type=int, metavar="N", help="parties that must take a position (more than half)")
    add("--share", metavar="PART", help="share of all parties that a qualified majority needs, such as 2/3")
    add("--deadline", metavar="TIME", help="positions count before it; a silence procedure needs one")
    add("--clock", choices=("register", "stated"), default="register",
        help="whose time counts: the register's, or what is stated, for the past put on record")  # fmt: skip
    add("--source", default="", metavar="URL", help="where the request was published")
    add("--language", default="", metavar="TAG", help="its language, such as uk")


def _add_position(it: argparse.ArgumentParser) -> None:
    add = it.add_argument
    add("--stand", required=True, metavar="WORD", help=_STANDS)
    add("--statement", default="", metavar="TEXT", help="what the party said")
    add("--condition", action="append", default=[], metavar="TEXT", help="of a conditional position; repeat")
    add("--date", default="", metavar="DAY", help="the day of the statement")
    add("--source", default="", metavar="URL", help="where it was published")
    add("--language", default="", metavar="TAG", help="its language, such as en-CA")


def _add_decide(it: argparse.ArgumentParser) -> None:
    add = it.add_argument
    add("--outcome", required=True, choices=("approved", "rejected"))
    add("--reason", required=True, metavar="TEXT", help="why")
    add("--condition", action="append", default=[], metavar="TEXT",
        help="a condition of the approval; takes up those of conditional positions")  # fmt: skip


def _add_promulgate(it: argparse.ArgumentParser) -> None:
    add = it.add_argument
    add("--from", dest="valid_from", required=True, metavar="TIME", help="from when it is law")
    add("--until", dest="valid_until", metavar="TIME", help="until when; without it, until it is revoked")
    add("--reason", default="", metavar="TEXT", help="anything to say beside the decision")
    _add_publishing(it)


def _add_publishing(it: argparse.ArgumentParser) -> None:
    add = it.add_argument_group("publication").add_argument
    add("-o", "--output", metavar="FOLDER",
        help="write the zone there as GeoJSON, ED-269, ED-318, OpenAir and KML, and as a NOTAM")  # fmt: skip
    add("--fir", action="append", default=[], metavar="FIR", help="a FIR of the NOTAM; repeat")
    add("--notam", action="append", default=[], metavar="NUMBER",
        help="its number, such as A0003/22; repeat for each NOTAM that the zone takes")  # fmt: skip
    add("--replaces", action="append", default=[], metavar="NUMBER",
        help="the NOTAM that it takes the place of; repeat")  # fmt: skip
    add("--q-code", default="", metavar="CODE", help="QRPCA, QRRCA or QRTCA, as the zone is")
    add("--traffic", default="IV", metavar="WORD", help="I, V or IV (IV)")
    add("--notam-purpose", default="BO", metavar="WORD", help="such as NBO, BO or M (BO)")
    add("--scope", default="W", metavar="WORD", help="such as W, AW or E (W)")
    add(
        "--whole-fir",
        action="store_true",
        help="the zone is all of the FIRs: they are named in place of places",
    )
    add("--estimated", action="store_true", help="its end is an estimate (EST)")
    add("--notam-text", default="", metavar="TEXT", help="item E, where it is not to be made of the zone")


def run(argv: list[str]) -> int:
    """Do what was asked for; return the exit code."""
    from nofly.cli import request_acts
    from nofly.cli.hand import hand

    args = parser().parse_args(argv)
    if args.verb == "standing":
        return write_standing(args)
    reading = {"show": _show, "log": _log, "list": _list, "publish": _publish}
    with _register(args, read_only=args.verb in reading) as register:
        if args.verb in reading:
            return reading[args.verb](args, register)
        found = request_acts.ACTS[args.verb](args, register, hand(args))
        _say(found)
        if args.verb == "promulgate" and args.output:
            return _publish(args, register)
    return 0


def _publish(args: argparse.Namespace, register: Register) -> int:
    from pathlib import Path

    from nofly.cli.streams import note, say_text
    from nofly.errors import ConfigError
    from nofly.run.deciding.acting import last_act
    from nofly.run.deciding.publishing import NOTAM_FILE, publication
    from nofly.run.outputs.text import printable

    if not args.output:
        raise ConfigError("nowhere to write to", source="--output", expected="a folder")
    made = publication(last_act(register, args.id), _heading(args))
    made.write(Path(args.output))
    for file in made.files:
        say_text(printable(f"{args.output}/{file}"))
    for file, why in made.unsaid.items():
        note(printable(f"nofly: not written: {file}: {why}"))
    if not (args.notam and args.fir):
        note(f"nofly: not written: {NOTAM_FILE}: --fir and --notam say its FIR and number")
    return 0


def _heading(args: argparse.Namespace) -> Heading | None:
    from nofly.run.deciding.notam import Heading

    if not (args.notam and args.fir):
        return None
    return Heading(
        tuple(args.fir), tuple(args.notam), tuple(args.replaces), args.q_code, args.traffic,
        args.notam_purpose, args.scope, args.whole_fir, args.estimated, args.notam_text,
    )  # fmt: skip


def _say(found: Procedure) -> None:
    from nofly.cli.streams import say_text
    from nofly.run.outputs.text import printable

    last = found.acts[-1]
    say_text(printable(f"{found.request.id}: {found.phase} (act {last.sequence}, {last.hash[:16]})"))


def _register(args: argparse.Namespace, *, read_only: bool) -> Register:
    from nofly.run.registering.opening import open_register

    url = configured(args).register
    return open_register(url, create=args.verb == "new", read_only=read_only)


def _at_us(args: argparse.Namespace) -> int | None:
    from nofly.run.at import instant

    return None if args.at is None else instant(args.at)


def _show(args: argparse.Namespace, register: Register) -> int:
    import json

    from nofly.cli.hand import known_keys
    from nofly.run.deciding import acting, sheet

    one = acting.standing(register, args.id, _at_us(args))
    format = report_format(args.format, args.output, {**ENDINGS, ".geojson": "geojson"})
    if format == "html":
        data = sheet.html(one, known_keys(args))
    elif format == "json":
        data = (json.dumps(sheet.as_json(one, known_keys(args)), indent=1) + "\n").encode()
    elif format == "geojson":
        from nofly.formats.geojson import write

        data = write([one.request.zone])
    else:
        data = (sheet.text(one) + "\n").encode()
    put_report(data, format, args.output)
    return 0


def _log(args: argparse.Namespace, register: Register) -> int:
    from nofly.cli.hand import known_keys
    from nofly.cli.streams import say_json, say_text
    from nofly.run.deciding import acting, sheet

    one = acting.standing(register, args.id, _at_us(args))
    if args.format == "json":
        full = sheet.as_json(one, known_keys(args))
        say_json({name: full[name] for name in ("id", "acts", "without_effect")})
    else:
        say_text(sheet.log(one, known_keys(args)))
    return 0


def _list(args: argparse.Namespace, register: Register) -> int:
    from nofly.cli.hand import known_keys
    from nofly.cli.streams import complain, note, say_json, say_text
    from nofly.run.deciding import acting, sheet

    found, unread = acting.all_standing(register, _at_us(args))
    if args.format == "json":
        keys = known_keys(args)
        say_json([sheet.as_json(one, keys) for one in found])
    elif found:
        say_text(sheet.listed(found))
    elif not unread:
        note(f"no request in {register.name}")
    for error in unread:
        complain(error)
    return 2 if unread else 0
