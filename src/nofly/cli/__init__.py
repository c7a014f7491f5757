"""The command line: one file a verb, loaded when it is called.

Exit codes: 0 nothing found; 1 an infringement that is confirmed or probable; 2 an error; 3 only what cannot
be told. ``nofly zones validate`` answers 1 where it has findings.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

VERBS = {
    "check": "who entered which zone, where, when, how deep, how sure: recorded traffic against zones",
    "watch": "who is inside, who will be, are the feeds alive: live traffic against zones",
    "serve": "the map and the API: a watch with a web page, or a page beside one that runs",
    "replay": "recorded traffic as if it came now, or how good its warnings were",
    "doctor": "what is configured, what would be monitored, what answers: before a watch, or beside it",
    "incidents": "list, show, export and verify what a watch recorded; acknowledge, mute, exempt, clear",
    "archive": "list, query and compact the positions that a watch kept",
    "coverage": "what could have been seen: where, how high and when traffic was received",
    "zones": "list, check, convert and compare zone files; the register: what was law when, by whom",
    "request": "who asks for a zone, what the parties say, what is decided, until when it is law",
    "verify": "is a package of evidence as it was made, who signed it, is its finding found again",
    "sign": "sign a package of evidence, time-stamp it, or sign for having received it",
    "keys": "make, list and exchange the keys that sign evidence",
    "detour": "the shortest way round zones between places, and what it costs in time and fuel",
    "claim": "do the statements of all sides stand, by tracks and by their own numbers",
    "ledger": "what would a proposed zone expose and ask for: hours shared, acts, patrols; ranges, no score",
    "whatif": "what a zone would touch: flights, operators, states and airports by hour, and warnings a day",
    "demo": "check real flights against real zones, and draw the result",
}
ERROR, INTERRUPTED = 2, 130
_JUDGING = ("check", "claim", "watch", "serve", "replay", "whatif", "demo")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``nofly`` with the given arguments (those of the process by default); return its exit code."""
    if argv is None:
        return _alone(sys.argv[1:])
    args = list(argv)
    try:
        if not args or args[0] not in VERBS:
            return _without_verb(args)
        return _run(args[0], args[1:])
    except BrokenPipeError:
        from nofly.cli.streams import drop_stdout

        drop_stdout()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


def _alone(args: list[str]) -> int:
    """Run in a process of its own, which ends afterwards.

    A verb makes objects by the hundred thousand, hardly any of them in cycles: to look for cycles less often,
    and not at all at the end, saves a tenth of a short check.
    """
    import gc
    import os

    gc.set_threshold(100_000, 20, 20)
    # What nofly multiplies has three rows: the threads that OpenBLAS would start for it only spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = main(args)
    gc.freeze()
    gc.disable()
    return code


def _run(verb: str, args: list[str]) -> int:
    import importlib

    from nofly.errors import NoflyError

    try:
        module = importlib.import_module(f"nofly.cli.{verb}")
        if verb in _JUDGING and {"-h", "--help", "-q", "--quiet"}.isdisjoint(args):
            _say_uncompiled()
        code: int = module.run(args)
        return code
    except BrokenPipeError:
        raise
    except (NoflyError, OSError) as error:
        from nofly.cli.streams import complain

        complain(error)
        return ERROR


def _say_uncompiled() -> None:
    from nofly.kernel import uncompiled_warning

    if (warning := uncompiled_warning()) is not None:
        from nofly.cli.streams import note

        note(f"warning: {warning}")


def _without_verb(args: list[str]) -> int:
    """Answer ``--help``, ``--version`` and what is no verb."""
    import argparse

    import nofly

    lines = "\n".join(f"  {verb:<9} {what}" for verb, what in VERBS.items())
    parser = argparse.ArgumentParser(
        "nofly", description="Declare, watch and prove no-fly zones.", usage="nofly VERB …",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"verbs:\n{lines}\n\nnofly VERB --help says more. "
        "Exit codes: 0 none, 1 infringement found, 2 error, 3 undetermined.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"nofly {nofly.__version__}")
    parser.add_argument("verb", nargs="?", help=argparse.SUPPRESS)
    words, _ = parser.parse_known_args(args)
    if words.verb is None and not args:
        parser.print_help(sys.stderr)
        return ERROR
    from difflib import get_close_matches

    near = get_close_matches(str(words.verb or args[0]), VERBS, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(VERBS)}"
    parser.print_usage(sys.stderr)
    sys.stderr.write(f"nofly: error: no verb {words.verb or args[0]!r}{hint}\n")
    return ERROR


if __name__ == "__main__":
    sys.exit(main())
