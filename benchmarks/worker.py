"""One contestant in a process of its own: reads a job a line, answers with what it cost.

``python -m benchmarks.worker MODULE ZONES TRAFFIC REPORTS``: MODULE is one of ``benchmarks.nofly_*`` and
``benchmarks.peer_*``, which has ``jobs(zones folder, traffic folder, reports)`` (a dict of name → function
without arguments) and ``versions()``. What is loaded and indexed beforehand is not counted.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Intervals = tuple[Any, Any, Any, Any]
"""Target, zone, entry and exit (µs), columns of equal length: the answer of a whole job."""


def cpu_s() -> float:
    """Return the CPU time of this process, all its threads and its finished children."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in both)


def peak_mib() -> float:
    """Return the most memory this process has held.

    Linux counts what the parent held into ``ru_maxrss``, hence /proc first.
    """
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
            1024 * (1024 if sys.platform == "darwin" else 1)
        )


def run(job: Callable[[], Any], at_least_s: float) -> tuple[dict[str, Any], Any]:
    """Return the cost of a job, run again until it has taken ``at_least_s`` of CPU time, and its answer."""
    times = 0
    cpu, wall = cpu_s(), time.perf_counter()
    while times == 0 or cpu_s() - cpu < at_least_s:
        answer = job()
        times += 1
    cost = {"cpu_s": (cpu_s() - cpu) / times, "wall_s": (time.perf_counter() - wall) / times, "times": times}
    return {**cost, "count": len(answer[0]) if isinstance(answer, tuple) else int(answer)}, answer


def main() -> None:
    name, zones, traffic, reports = sys.argv[1:]
    say = sys.stdout
    sys.stdout = sys.stderr
    try:
        module = importlib.import_module(name)
        known = module.jobs(Path(zones), Path(traffic), int(reports))
        said: dict[str, Any] = {"versions": module.versions(), "jobs": list(known)}
    except Exception as error:  # a peer that is not there is a line in the table
        said, known = {"error": f"{type(error).__name__}: {error}"}, {}
    print(json.dumps(said), file=say, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            said, answer = run(known[order["job"]], order.get("at_least_s", 0.0))
            if order.get("save"):
                np.savez(
                    order["save"], **dict(zip(("target", "zone", "entry_us", "exit_us"), answer, strict=True))
                )
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        said["peak_mib"] = peak_mib()
        print(json.dumps(said), file=say, flush=True)


if __name__ == "__main__":
    main()
