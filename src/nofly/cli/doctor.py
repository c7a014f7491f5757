"""``nofly doctor``: whether a watch would work, looked at before it is started, or while it runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from nofly.cli.streams import say, say_text
from nofly.cli.watch import add_plan

if TYPE_CHECKING:
    from nofly.config import Config
    from nofly.run.doctor import Report
    from nofly.run.watch_plan import WatchPlan

MOST_ZONES = 40
_EPILOG = """\
examples:
  nofly doctor --config nofly.toml
  nofly doctor --zones stadium.geojson --feed beast+tcp://127.0.0.1:30005 --seconds 20

Feeds are connected to, and what they bring is thrown away; nobody is alerted, nothing is recorded.
exit codes: 0 it would work; 1 something would not; 2 an error.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the verb's arguments."""
    it = argparse.ArgumentParser(
        "nofly doctor", description="What is configured, what would be monitored, what answers?",
        usage="nofly doctor [--config FILE] [--zones FILE…] [--feed URL…] [options]",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_plan(it)
    it.add_argument(
        "--seconds", type=_seconds, default=5.0, metavar="N", help="how long feeds are listened to (5)"
    )
    it.add_argument("--format", "-f", choices=("table", "json"), default="table")
    return it


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.0 < seconds <= 3600.0:
        raise argparse.ArgumentTypeError("a number of seconds, more than 0, at most 3600")
    return seconds


def run(argv: list[str]) -> int:
    """Look, and say what was found; return the exit code."""
    import asyncio

    from nofly.cli.watch import planned

    args = parser().parse_args(argv)
    plan, config = planned(args)
    report = asyncio.run(_examined(plan, config, args.seconds))
    if args.format == "json":
        from nofly.run.record.incident_export import as_json

        say(as_json(_plain(report)))
    else:
        say_text(_table(report))
    return 0 if report.works else 1


async def _examined(plan: WatchPlan, config: Config, seconds: float) -> Report:
    from time import time_ns

    from nofly.run import doctor, doctor_state

    def clock_us() -> int:
        return time_ns() // 1000

    now_us = clock_us()
    report = doctor.Report(list(doctor.settings(config, plan)))
    report.checks += [*doctor.zones(plan, now_us), *doctor.heights(plan, now_us)]
    report.checks += await doctor.feeds(plan, clock_us, seconds)
    report.checks += await doctor_state.alerts(plan, clock_us)
    report.checks += [*doctor_state.state(plan), doctor_state.pages(plan)]
    report.checks += doctor_state.register(config.register, now_us)
    return report


def _plain(report: Report) -> dict[str, Any]:
    return {
        "works": report.works,
        "settings": [setting._asdict() for setting in report.settings],
        "checks": [check._asdict() for check in report.checks],
    }


def _table(report: Report) -> str:
    from nofly.cli.aligned import aligned
    from nofly.run.doctor import Well
    from nofly.run.outputs.text import printable

    rows = [("SETTING", "VALUE", "")]
    rows += [(printable(s.key), _shown(s.value), "default" if s.default else "") for s in report.settings]
    parts = [aligned(rows, widest=60)]
    for topic in dict.fromkeys(check.topic for check in report.checks):
        checks = [check for check in report.checks if check.topic == topic]
        # What is not well is never left out.
        shown = checks[:MOST_ZONES] + [c for c in checks[MOST_ZONES:] if c.well is not Well.OK]
        table = aligned(
            [(topic.upper(), "", ""), *((c.name, c.well.value, c.said) for c in shown)], widest=46
        )
        left = len(checks) - len(shown)
        parts.append(table + (f"\n… and {left:,} more that are well: --format json has them" if left else ""))
    faults = sum(check.well is Well.FAULT for check in report.checks)
    warnings = sum(check.well is Well.WARNING for check in report.checks)
    said = f"{faults} would not work" if faults else "It would work"
    return "\n\n".join([*parts, f"{said}; {warnings} to look at."])


def _shown(value: Any) -> str:
    from nofly.run.outputs.text import printable

    if value is None or value in ((), []):
        return "–"
    if isinstance(value, list | tuple):
        return printable(", ".join(map(str, value)))
    return printable(str(value))
