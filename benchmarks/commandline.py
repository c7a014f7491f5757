"""How long a user waits for the command line, from a cold process: wall time."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "src/nofly/run/data"
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Bytecode is kept, as that of an installed package is."""


def measure(data: Path, rounds: int) -> dict[str, Any]:
    """Return command → median seconds, and what it exited with."""
    commands = {"nofly --help": ["--help"]}
    demo = {"demo": (DEMO / "demo-zones.geojson.gz", DEMO / "demo-switzerland.json.gz")}
    real = {
        "58 FIRs, a day over Switzerland": (
            data / "boundaries/eurofirs.json.gz",
            data / "traffic/switzerland.json.gz",
        )
    }
    for name, (zones, tracks) in {**demo, **real}.items():
        if zones.exists() and tracks.exists():
            commands[f"nofly check ({name})"] = ["check", "--zones", str(zones), str(tracks)]
    return {name: _time(arguments, rounds) for name, arguments in commands.items()}


def _time(arguments: list[str], rounds: int) -> dict[str, Any]:
    took_s, code = [], 0
    for _ in range(rounds + 1):  # the first run fills the disk cache
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "nofly", *arguments], cwd=ROOT, capture_output=True, check=False, env=ENV
        )
        took_s.append(time.perf_counter() - began)
        code = done.returncode
    return {"wall_s": statistics.median(took_s[1:]), "exit_code": code}
