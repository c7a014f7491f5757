"""``nofly request standing``: rules that stand beside a decision, written as ordinary zones."""

from __future__ import annotations

import argparse
from collections.abc import Callable

KINDS = ("stay-out", "border")


def add_standing(verbs: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the act to the parser of ``nofly request``."""
    what = "write a standing rule as a zone: own aircraft stay out of an area, or watch our border"
    it = verbs("standing", help=what, description=what)
    it.add_argument("kind", choices=KINDS, help="stay-out: own aircraft stay out; border: watch our border")
    add = it.add_argument
    add("--zone", required=True, metavar="FILE", help="zone file that holds the area")
    add("--zone-id", metavar="ZONE", help="which zone of the file, where it holds several")
    add(
        "--party",
        required=True,
        metavar="NAME",
        help="whose rule; a list of this name says whose an aircraft is",
    )
    add("--reason", required=True, metavar="TEXT", help="why")
    add(
        "--look-ahead", type=float, metavar="SECONDS", dest="look_ahead_s", help="how far ahead to warn (120)"
    )
    add("--spacing", type=float, default=0.0, metavar="METRES", dest="spacing_lateral_m",
        help="of a border: warn of what will be this close")  # fmt: skip
    add("--spacing-vertical", type=float, default=0.0, metavar="METRES", dest="spacing_vertical_m",
        help="of a border: the same, above and below")  # fmt: skip
    add(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="the zone as GeoJSON, to declare, check or watch",
    )


def write_standing(args: argparse.Namespace) -> int:
    """Write the zone; return the exit code."""
    from nofly.cli.request_acts import chosen_zone
    from nofly.cli.streams import say_text
    from nofly.errors import ConfigError
    from nofly.formats.geojson import write
    from nofly.run.files.atomic import write_whole
    from nofly.run.outputs.text import printable
    from nofly.zones.standing import stay_out, watch_border

    area = chosen_zone(args)
    if args.kind == "border":
        zone = watch_border(
            area, args.party, args.reason,
            look_ahead_s=120.0 if args.look_ahead_s is None else args.look_ahead_s,
            spacing_lateral_m=args.spacing_lateral_m, spacing_vertical_m=args.spacing_vertical_m,
        )  # fmt: skip
    elif args.spacing_lateral_m or args.spacing_vertical_m:
        raise ConfigError(
            "a spacing to an area to stay out of", source="--spacing", expected="with border alone"
        )
    else:
        zone = stay_out(area, args.party, args.reason, look_ahead_s=args.look_ahead_s)
    write_whole(args.output, write([zone]))
    say_text(printable(f"{zone.id}: {zone.name}"))
    return 0
