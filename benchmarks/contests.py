"""What is measured: nofly and each peer in turn, round after round, on the same files."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import agreement, flown_traffic, nofly_whatif, workload
from benchmarks.contest import Contestant

PEERS = {"shapely": 1.0, "sedonadb": 1.0, "geopandas": 1.0, "duckdb": 0.2, "pymeos": 0.02}
"""Peer → the share of the reports it gets: a slow one is asked fewer, and its cost is taken per report."""
OWN = ("whole", "whole by time", "kernel", "kernel by time")
LONG_S = 30.0
"""A job that takes longer is not run again."""


@dataclass(frozen=True, slots=True)
class Course:
    """A workload on disk."""

    name: str
    zones: Path
    traffic: Path
    reports: int


def lay(
    name: str, zones: workload.Zones, traffic: workload.Traffic, folder: Path, parquet: bool = False
) -> Course:
    """Write a workload into folders and return it."""
    places = (folder / f"{name}-zones", folder / f"traffic-{workload.fingerprint(traffic)}")
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    workload.save(zones, places[0] / "zones.npz")
    if not (places[1] / "traffic.npz").exists():
        workload.save(traffic, places[1] / "traffic.npz")
    if parquet and not (places[1] / "traffic.parquet").exists():
        workload.write_parquet(traffic, places[1] / "traffic.parquet")
    return Course(name, *places, len(traffic))


def beside_peers(course: Course, peers: list[str], rounds: int, folder: Path) -> dict[str, Any]:
    """Return costs (CPU seconds a report), counts and agreements of nofly and the peers on one workload."""
    traffic = workload.load_traffic(course.traffic)
    found: dict[str, Any] = {
        "reports": course.reports,
        "costs": {},
        "errors": {},
        "agreement": {},
        "counts": {},
    }
    with ExitStack() as open_workers:

        def begin(module: str, reports: int) -> Contestant:
            return open_workers.enter_context(Contestant(module, course.zones, course.traffic, reports))

        nofly = begin("nofly_jobs", course.reports)
        if nofly.error:
            raise RuntimeError(f"nofly itself: {nofly.error}")
        rivals = {name: begin(f"peer_{name}", whole_aircraft(traffic, PEERS[name])) for name in peers}
        found["errors"].update({name: rival.error for name, rival in rivals.items() if rival.error})
        found["versions"] = {"nofly": nofly.versions, **{n: r.versions for n, r in rivals.items()}}
        found["sample"] = {name: rival.reports for name, rival in rivals.items()}
        costs: dict[str, list[float]] = {}
        slow: set[str] = set()
        for _ in range(rounds):
            for name, rival in rivals.items():
                for job in rival.jobs:
                    _note(costs, "nofly whole", nofly, "whole", folder / "nofly.npz")
                    if (label := f"{name} {job}") in slow:
                        continue
                    saved = folder / f"{name}.npz" if job == "whole" else None
                    said = _note(costs, label, rival, job, saved)
                    if "error" in said:
                        found["errors"][label] = said["error"]
                    elif said["wall_s"] > LONG_S:
                        slow.add(label)
                    found["counts"][label] = said.get("count")
            for job in (*OWN[1:], "stays", "stays by time"):
                _note(costs, f"nofly {job}", nofly, job)
        found["costs"] = {label: statistics.median(values) for label, values in costs.items() if values}
        found["runs"] = {label: len(values) for label, values in costs.items()}
        _agree(found, rivals, traffic, folder)
    return found


def whole_aircraft(traffic: workload.Traffic, share: float) -> int:
    """Return about that share of the number of reports, the last aircraft whole."""
    if share >= 1.0:
        return len(traffic)
    last = traffic.target[min(int(share * len(traffic)), len(traffic) - 1)]
    return int(np.searchsorted(traffic.target, last, "right"))


def _note(
    costs: dict[str, list[float]], label: str, who: Contestant, job: str, save: Path | None = None
) -> dict[str, Any]:
    said = who.do(job, 0.2 if label.startswith("nofly") and "stays" not in job else 0.0, save)
    if "error" not in said:
        costs.setdefault(label, []).append(said["cpu_s"] / who.reports)
    return said


def _agree(
    found: dict[str, Any], rivals: dict[str, Contestant], traffic: workload.Traffic, folder: Path
) -> None:
    if not rivals:
        return
    ours = agreement.load(folder / "nofly.npz")
    for name, rival in rivals.items():
        if "whole" in rival.jobs and f"{name} whole" not in found["errors"]:
            seen = int(traffic.target[rival.reports - 1])
            mine = ours[ours[:, 0] <= seen]
            compared = agreement.compare(mine, agreement.load(folder / f"{name}.npz"))
            found["agreement"][name] = {key: getattr(compared, key) for key in compared.__slots__}
        if "pairs" in rival.jobs:
            found["counts"][f"{name} pairs of nofly"] = agreement.pairs(ours, traffic, rival.reports)


def alone(course: Course, rounds: int) -> dict[str, Any]:
    """Return costs (CPU seconds a report) of nofly's kernel on a big workload, and of shapely's whole job on
    all reports of a tenth of the aircraft, in turn."""
    tenth = whole_aircraft(workload.load_traffic(course.traffic), 0.1)
    costs: dict[str, list[float]] = {}
    with ExitStack() as open_workers:
        nofly, shapely = (
            open_workers.enter_context(Contestant(module, course.zones, course.traffic, reports))
            for module, reports in (("nofly_jobs", course.reports), ("peer_shapely", tenth))
        )  # fmt: skip
        if nofly.error:
            raise RuntimeError(f"nofly itself: {nofly.error}")
        for _ in range(rounds):
            for job in OWN:
                _note(costs, f"nofly {job}", nofly, job)
            if not shapely.error:
                _note(costs, "shapely whole", shapely, "whole")
    return {label.removeprefix("nofly "): statistics.median(values) for label, values in costs.items()}


def by_count(course: Course, rounds: int) -> dict[str, Any]:
    """Return what it costs to compile all zones and to check against ever more of them, in CPU seconds."""
    with Contestant("nofly_jobs", course.zones, course.traffic, course.reports) as nofly:
        jobs = ["compile", "activity", *(job for job in nofly.jobs if job.endswith(" zones"))]
        turns = [{job: nofly.do(job, 0.2).get("cpu_s", np.nan) for job in jobs} for _ in range(rounds)]
    return {job: statistics.median(turn[job] for turn in turns) for job in jobs}


def end_to_end(course: Course, rounds: int) -> dict[str, Any]:
    """Return cost and peak memory of ``check`` on a zstd Parquet file, in a process of its own."""
    answers: list[dict[str, Any]] = []
    with Contestant("nofly_check", course.zones, course.traffic, course.reports) as nofly:
        if nofly.error:
            return {"error": nofly.error}
        for _ in range(rounds):
            answers.append(nofly.do("check"))
        decode = nofly.do("decode")
    if any("error" in answer for answer in answers):
        return {"error": next(answer["error"] for answer in answers if "error" in answer)}
    middle = sorted(answers, key=lambda answer: float(answer["wall_s"]))[len(answers) // 2]
    return {**middle, "peak_mib": answers[-1]["peak_mib"], "reports": course.reports, "decode": decode}


def what_if(course: Course, rounds: int) -> dict[str, Any]:
    """Return the least CPU seconds of a check against one zone, and of what it would touch, without and with
    warnings, in turn in a process of their own, one thread."""
    flown_traffic.write(workload.load_traffic(course.traffic), course.traffic / nofly_whatif.FILE)
    with Contestant("nofly_whatif", course.zones, course.traffic, course.reports) as nofly:
        if nofly.error:
            return {"error": nofly.error}
        turns = [{job: nofly.do(job) for job in nofly.jobs} for _ in range(max(rounds, 3))]
    failed = [said["error"] for turn in turns for said in turn.values() if "error" in said]
    if failed:
        return {"error": failed[0]}
    least = {job: min(float(turn[job]["cpu_s"]) for turn in turns) for job in turns[0]}
    counts = {job: said["count"] for job, said in turns[0].items()}
    return {"reports": course.reports, "cpu_s": least, "counts": counts}


def elapsed_s(since: float) -> float:
    """Return the seconds since a reading of the clock."""
    return time.monotonic() - since
