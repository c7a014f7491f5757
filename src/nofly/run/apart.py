"""Work given to a process of its own, within bounds of memory and time: what it does to itself, whoever asked
for it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

_Answer = TypeVar("_Answer")

_KEPT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "NOFLY_PURE", "SYSTEMROOT")
DRAWING = ("HOME", "MPLCONFIGDIR")
"""What matplotlib wants to know of its surroundings."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a process may take."""

    memory_bytes: int = 4 << 30
    """Of addresses: libraries reserve far more than they use."""
    cpu_s: int = 120
    wall_s: float = 240.0

    @property
    def words(self) -> str:
        """The bounds, as in "one that takes less than 120 s and 4 GiB"."""
        return f"less than {self.cpu_s} s and {self.memory_bytes >> 30} GiB"


def answer_of(
    module: str, arguments: Sequence[str | Path], given: bytes, answer: type[_Answer], bounds: Bounds, *,
    folder: str | None = None, knows: Sequence[str] = (),
) -> _Answer | None:  # fmt: skip
    """Return what a module, run as a program, answers in JSON; None where it does not within the bounds.

    ``given`` is its standard input, ``folder`` where it runs. Of the environment it is told what Python needs
    and the variables that it ``knows`` besides.
    """
    env = {name: value for name, value in os.environ.items() if name in (*_KEPT, *knows)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], input=given, timeout=bounds.wall_s, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, env=env,
        )  # fmt: skip
        return msgspec.json.decode(done.stdout, type=answer)
    except (subprocess.TimeoutExpired, msgspec.MsgspecError):
        return None


def bound(bounds: Bounds) -> None:
    """Bound this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (bounds.memory_bytes, bounds.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_s, bounds.cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
