"""``make bench``: measures, prints the tables, writes results.md and results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import commandline, contests, detours, live, page, report, web, workload

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared/data"


def main() -> None:
    options = _options()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nofly-bench-", dir=options.folder) as folder:
        found = _measure(options, Path(folder))
    found["took_s"] = contests.elapsed_s(began)
    text = report.page(found)
    print(text)
    options.output.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    options.output.with_suffix(".md").write_text(text, encoding="utf-8")
    _say(f"written: {options.output}.md and .json")


def _options() -> argparse.Namespace:
    it = argparse.ArgumentParser("python -m benchmarks", description="nofly beside its peers")
    add = it.add_argument
    add("--reports", type=int, default=1_000_000, help="of the contests with peers (1,000,000)")
    add("--large", type=int, default=10_000_000, help="of nofly alone and from end to end; 0 leaves it out")
    add("--live", type=int, default=1_500_000, help="in ticks of live traffic; 0 leaves live traffic out")
    add("--no-web", action="store_true", help="leave out nofly serve, its clients and its page")
    add("--rounds", type=int, default=3, help="how often everybody takes a turn (3)")
    add("--minutes", type=float, default=15.0, help="begin no further workload or round after that (15)")
    add("--workloads", nargs="+", default=[*workload.NAMES, "firs"], choices=[*workload.NAMES, "firs"])
    add("--peers", nargs="*", default=list(contests.PEERS), choices=list(contests.PEERS))
    add(
        "--data",
        type=Path,
        default=DATA,
        help="folder of boundaries/eurofirs.json.gz and traffic/switzerland.json.gz",
    )
    add("--folder", type=Path, help="where the workloads are written meanwhile (the system's)")
    add("-o", "--output", type=Path, default=HERE / "results", help="without extension (benchmarks/results)")
    return it.parse_args()


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    until = time.monotonic() + 60.0 * options.minutes
    found: dict[str, Any] = {"machine": _machine(), "rounds": options.rounds, "workloads": {}, "large": {}}
    traffic = workload.traffic(options.reports)
    for name in options.workloads:
        if time.monotonic() > until:
            found["workloads"][name] = {"missing": "no time was left"}
            continue
        made = _made(name, traffic, options)
        if made is None:
            found["workloads"][name] = {"missing": "the recorded data are not there (--data)"}
            continue
        _say(f"{name}: {len(made[1]):,} reports")
        course = contests.lay(name, *made, folder)
        result = contests.beside_peers(course, options.peers, options.rounds, folder)
        result.update(zones=len(made[0]), edges=len(made[0].lonlat), fingerprint=workload.fingerprint(*made))
        found["workloads"][name] = result
        if name == "small20000":
            _say("compiling, and ever more zones")
            found["by_count"] = contests.by_count(course, options.rounds)
    _say("the command line")
    found["commandline"] = commandline.measure(options.data, options.rounds + 2)
    _say("ways round zones")
    found["detours"] = detours.measure()
    if options.live:
        _say("live traffic")
        found["live"] = live.measure(options.live)
    if not options.no_web:
        _say("clients of nofly serve")
        found["web"] = web.measure()
        _say("the map page in a browser")
        found["page"] = page.measure()
        if "missing" in found["page"]:
            _say(f"the map page is not measured: {found['page']['missing']}")
    if options.large:
        _measure_large(options, folder, found)
    found["machine"]["load_at_end"] = os.getloadavg()[0]
    return found


def _measure_large(options: argparse.Namespace, folder: Path, found: dict[str, Any]) -> None:
    traffic = workload.traffic(options.large)
    for name in options.workloads:
        if name != "firs":
            _say(f"{name}: {options.large:,} reports, nofly alone")
            course = contests.lay(
                f"{name}-large", workload.zones(name, _span_us(traffic)), traffic, folder, parquet=True
            )
            found["large"][name] = {
                "reports": options.large, "costs": contests.alone(course, options.rounds),
                "end_to_end": contests.end_to_end(course, options.rounds),
            }  # fmt: skip
            if name == "big10":
                _say("what one zone would touch")
                found["what_if"] = contests.what_if(course, options.rounds)


def _made(
    name: str, traffic: workload.Traffic, options: argparse.Namespace
) -> tuple[workload.Zones, workload.Traffic] | None:
    if name != "firs":
        return workload.zones(name, _span_us(traffic)), traffic
    if not (options.data / "boundaries/eurofirs.json.gz").exists():
        return None
    return workload.fir_workload(options.data, max(1, options.reports // 139_000))


def _span_us(traffic: workload.Traffic) -> int:
    return int(traffic.time_us.max()) - workload.START_US


def _machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (OSError, StopIteration, ValueError):
        memory_gib = float("nan")
    return {
        "date": datetime.now(UTC).date().isoformat(), "processor": model, "cores": os.cpu_count(),
        "memory_gib": round(memory_gib), "system": platform.system(), "load_at_start": os.getloadavg()[0],
    }  # fmt: skip


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
