"""``nofly zones``: zone files looked at, checked, converted, compared; and the register of their editions."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from nofly.cli import zones_register
from nofly.cli.streams import note, note_findings, say_json, say_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nofly.run.files.zonefiles import ZoneSet
    from nofly.zones.model import Zone

_EPILOG = """\
examples:
  nofly zones validate zones.geojson
  nofly zones import airspace.txt --register law.sqlite --party Examplia --why "AIRAC 2411"
  nofly zones suspend LS-R7 --until 2026-06-01 --register law.sqlite --party Examplia --why "air show"
  nofly zones at 2026-05-01T12:00:00Z --register law.sqlite
  nofly zones diff 2026-05-01 2026-06-01 --register law.sqlite

exit codes: 0 all is well, or nothing differs; 1 validate: a record was rejected or has a warning,
convert: something was lost, diff: something differs, show and log: no such zone, import, declare and amend:
a record was rejected; 2 an error; 3 diff: nothing differs, but not everything could be read.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly zones", description="Zone files, and the register of what was law when.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = it.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, what: str, files: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=what, description=what)
        one.add_argument(
            "files", nargs="+" if files == "FILE" else 2, metavar=files, help="zone files or folders of them"
        )
        one.add_argument(
            "--from",
            dest="format",
            metavar="NAME",
            help="format of the files, else told from their first bytes",
        )
        one.add_argument("--strict", action="store_true", help="stop at the first record that is rejected")
        return one

    shown = verb("list", "one line a zone", "FILE")
    shown.add_argument("--format", dest="out", choices=("table", "json"), default="table")
    one = verb("show", "all that is said of zones, in words or as JSON", "FILE")
    one.add_argument(
        "--id", action="append", default=[], dest="ids", help="id or name of a zone (all); may be repeated"
    )
    one.add_argument("--format", dest="out", choices=("text", "json"), default="text")
    verb("validate", "every finding, and what was read", "FILE")
    converted = verb("convert", "write the zones in another format", "FILE")
    converted.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="written whole or not at all"
    )
    converted.add_argument(
        "--to", metavar="NAME", help="the format, where the extension of FILE does not tell"
    )
    compared = verb(
        "diff",
        "what changed, in words: between two files, or two times in a register",
        "OLD NEW",
    )
    compared.add_argument("--format", dest="out", choices=("text", "json"), default="text")
    zones_register.add_register(compared)
    compared.add_argument(
        "--known", action="append", default=[], metavar="TIME",
        help="by the acts recorded then or before; given twice: for OLD, for NEW",
    )  # fmt: skip
    zones_register.add_verbs(verbs)
    return it


def run(argv: list[str]) -> int:
    """Do what was asked for; return the exit code."""
    args = parser().parse_args(argv)
    verbs = {"list": _list, "show": _show, "validate": _validate, "convert": _convert, "diff": _diff}
    return verbs.get(args.verb, zones_register.run)(args)


def _read(args: argparse.Namespace, files: Sequence[str]) -> ZoneSet:
    from nofly.run.files.inputs import expanded
    from nofly.run.files.zonefiles import read_zones

    return read_zones(expanded(files), format=args.format, strict=args.strict)


def _list(args: argparse.Namespace) -> int:
    from nofly.run.files.zonewords import shape_text
    from nofly.run.outputs.text import printable, shorten, width
    from nofly.zones.schedule import describe

    found = _read(args, args.files)
    if args.out == "json":
        say_json([_plain(zone) for zone in found.zones])
    else:
        rows: list[tuple[str, ...]] = [
            ("ID", "NAME", "KIND", "RESTRICTION", "FLOOR", "CEILING", "AREA", "ACTIVE", "ED.")
        ]
        for zone in found.zones:
            lower = dict.fromkeys(v.lower.text if v.lower else "ground" for v in zone.volumes)
            upper = dict.fromkeys(v.upper.text if v.upper else "unlimited" for v in zone.volumes)
            shape = shape_text(zone.volumes[0].footprint).split(" about")[0]
            area = shape.rsplit(", ", 1)[0] if shape.endswith(" edges") else shape
            more = f" and {len(zone.volumes) - 1} more" if len(zone.volumes) > 1 else ""
            row = (
                zone.id, zone.name, zone.kind, zone.restriction.value, ", ".join(lower), ", ".join(upper),
                area + more, describe(zone.schedule), str(zone.edition),
            )  # fmt: skip
            rows.append(tuple(shorten(printable(cell), 36) for cell in row))
        widths = [max(width(row[k]) for row in rows) for k in range(len(rows[0]))]
        say_text(
            "\n".join(
                "  ".join(
                    cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)
                ).rstrip()
                for row in rows
            )
        )
    note_findings(found.findings)
    return 0


def _show(args: argparse.Namespace) -> int:
    from nofly.run.files.zonewords import sentences
    from nofly.run.outputs.text import printable

    found = _read(args, args.files)
    chosen = [zone for zone in found.zones if not args.ids or zone.id in args.ids or zone.name in args.ids]
    missing = [i for i in args.ids if not any(i in (zone.id, zone.name) for zone in chosen)]
    if args.out == "json":
        say_json([_plain(zone) for zone in chosen])
    elif chosen:
        say_text("\n\n".join("\n  ".join(sentences(zone)) for zone in chosen))
    note_findings(found.findings)
    for one in missing:
        note(f"nofly: no zone {printable(one)!r}; nofly zones list names them")
    return 1 if missing else 0


def _validate(args: argparse.Namespace) -> int:
    from nofly.errors import Severity
    from nofly.run.outputs.text import many, printable

    found = _read(args, args.files)
    for finding in found.findings:
        say_text(f"{finding.severity.value}: {printable(str(finding))} [{finding.code}]")
    for file in found.files:
        read = file.records - file.rejected
        said = f"{many(file.records, 'record')}, {many(read, 'zone')}, {file.rejected:,} rejected"
        say_text(f"{printable(file.path)}: {file.format}: {said}")
    return 1 if any(f.severity is not Severity.INFO for f in found.findings) else 0


def _convert(args: argparse.Namespace) -> int:
    from nofly.run.files.atomic import write_whole
    from nofly.run.files.zonewords import compare
    from nofly.run.files.zonewriting import writer
    from nofly.run.outputs.text import many

    found = _read(args, args.files)
    plugin = writer(args.to, args.output)
    data = plugin.write(found.zones)
    back, _, _ = plugin.read(data, args.output)
    write_whole(args.output, data)
    note_findings(found.findings)
    lost = compare(found.zones, back)
    note(
        f"{many(len(found.zones), 'zone')} written to {args.output} as {plugin.NAME}; "
        f"{found.rejected:,} rejected"
    )
    if lost:
        note(f"{many(len(lost), 'zone')} cannot be said fully in {plugin.NAME}:")
        _note_changes(lost, 20)
    return 1 if lost or found.rejected else 0


def _diff(args: argparse.Namespace) -> int:
    from nofly.run.files.zonewords import compare
    from nofly.run.outputs.text import many

    if args.register or args.config or args.known:
        return zones_register.diff(args)
    old, new = (_read(args, [path]) for path in args.files)
    changes, unread = compare(old.zones, new.zones), old.rejected + new.rejected
    if args.out == "json":
        say_json(
            [
                {
                    "zone_id": c.zone_id,
                    "name": c.name,
                    "edition": c.edition,
                    "change": c.kind,
                    "differences": list(c.differences),
                }
                for c in changes
            ]
        )
    else:
        for line in _change_lines(changes):
            say_text(line)
        say_text(
            f"{many(len(old.zones), 'zone')} before, {many(len(new.zones), 'zone')} after: "
            + (
                ", ".join(f"{sum(c.kind == k for c in changes)} {k}" for k in ("added", "removed", "changed"))
                if changes
                else "the same"
            )
            + (f"; {unread} more not read" if unread else "")
        )
    note_findings((*old.findings, *new.findings))
    return 1 if changes else 3 if unread else 0


def _change_lines(changes: Sequence[Any]) -> list[str]:
    from nofly.run.outputs.text import printable

    lines = []
    for change in changes:
        name = "" if change.name == change.zone_id else f" {change.name}"
        lines.append(printable(f"{change.kind} {change.zone_id}{name}"))
        lines += [f"  {difference}" for difference in change.differences]
    return lines


def _note_changes(changes: Sequence[Any], most: int) -> None:
    lines = _change_lines(changes)
    for line in lines[:most]:
        note(f"  {line}")
    if len(lines) > most:
        note(f"  … and {len(lines) - most} lines more")


def _plain(zone: Zone) -> dict[str, Any]:
    from nofly.zones.model import canonical_json

    plain: dict[str, Any] = json.loads(canonical_json(zone))
    source = {"format": zone.source.format, "sha256": zone.source.sha256, "locator": zone.source.locator}
    return {**plain, "zone_hash": zone.zone_hash, "source": source}
