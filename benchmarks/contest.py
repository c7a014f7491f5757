"""Processes that take turns at the same jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEER_PYTHON = ROOT / ".bench-venv/bin/python"


class Contestant:
    """A worker process; ``error`` says why there is none. Use as a context."""

    def __init__(self, module: str, zones: Path, traffic: Path, reports: int) -> None:
        python = sys.executable if module.startswith("nofly_") else str(PEER_PYTHON)
        command = [
            python,
            "-m",
            "benchmarks.worker",
            f"benchmarks.{module}",
            str(zones),
            str(traffic),
            str(reports),
        ]
        self.reports = reports
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        hello = self._answer()
        self.versions: str = hello.get("versions", "")
        self.jobs: list[str] = hello.get("jobs", [])
        self.error: str | None = hello.get("error")

    def do(self, job: str, at_least_s: float = 0.0, save: Path | None = None) -> dict[str, Any]:
        """Return what a job cost, or a dict with ``error``."""
        order = {"job": job, "at_least_s": at_least_s, "save": save and str(save)}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"error": "the process has ended"}
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended"}  # type: ignore[no-any-return]

    def __enter__(self) -> Contestant:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
