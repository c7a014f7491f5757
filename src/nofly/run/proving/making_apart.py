"""A package of a live incident made and verified in a process of its own, within bounds of memory and time:
hours of raw bytes are decoded for it, and whoever serves pages goes on serving."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nofly.errors import InputError, NoflyError

MOST_MEMORY_BYTES = 4 << 30
"""Of addresses: libraries reserve far more than they use."""
MOST_CPU_S, MOST_S = 120, 240.0
_KEPT = (
    "PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "NOFLY_PURE", "SYSTEMROOT", "HOME", "MPLCONFIGDIR",
)  # fmt: skip


class SaidStep(msgspec.Struct, frozen=True):
    """A step of :mod:`nofly.proof.packing.steps` in words."""

    subject: str
    outcome: str
    message: str
    place: str = ""
    recorded: str | None = None
    found: str | None = None


class _Said(msgspec.Struct):
    steps: list[SaidStep] = []
    exit_code: int = 0
    error: tuple[str, str] | None = None


class MadeApart(msgspec.Struct, frozen=True):
    """A package's bytes, and what verifying it says, with the exit code of ``nofly verify``."""

    data: bytes
    steps: list[SaidStep]
    exit_code: int


def made_apart(folder: Path, name: str, by: str) -> MadeApart:
    """Return the package of an incident (its id) of the watch in a state folder; ``by`` is who asks for it.

    Raises InputError where there can be none, or not within the bounds.
    """
    with TemporaryDirectory(prefix="nofly-evidence-") as place:
        out = Path(place, "case.nofly.zip")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "nofly.run.proving.making_apart", folder.absolute(), name, by, out],
                timeout=MOST_S, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, cwd=place,
                env={key: value for key, value in os.environ.items() if key in _KEPT},
            )  # fmt: skip
            said = msgspec.json.decode(done.stdout, type=_Said)
        except (subprocess.TimeoutExpired, msgspec.MsgspecError):
            raise InputError(
                "the package could not be made within bounds",
                expected=f"one that takes less than {MOST_CPU_S} s and {MOST_MEMORY_BYTES >> 30} GiB; "
                "nofly incidents export has none",
            ) from None
        if said.error is not None:
            raise InputError(said.error[0], expected=said.error[1])
        return MadeApart(out.read_bytes(), said.steps, said.exit_code)


def _bound() -> None:
    """Bound this process, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _made(folder: Path, name: str, by: str, out: Path) -> _Said:
    from time import time_ns

    from nofly import __version__
    from nofly.proof.package import Making
    from nofly.proof.packing.container import packed
    from nofly.proof.packing.custody import Act
    from nofly.run.declaring.file import NAME as DECLARED
    from nofly.run.files.zonefiles import read_zones
    from nofly.run.proving.live import package
    from nofly.run.proving.live_case import live_case
    from nofly.run.proving.verify import verify
    from nofly.run.record.incident_log import read_log
    from nofly.store.sqlite import Store

    with Store(folder / "record.sqlite", create=False, read_only=True) as store:
        head = store.head()
        log = read_log(one for one in store.read() if one.sequence <= head.sequence)
    declared = folder / DECLARED
    sources = read_zones([str(declared)]) if declared.is_file() else None
    case = live_case(folder, log, name, head=head, now_us=time_ns() // 1000)
    data = packed(package(case, Making(__version__, Act("made", by)), sources))
    out.write_bytes(data)
    found = verify(data)
    return _Said(
        [SaidStep(s.subject, s.outcome.value, s.message, s.place, s.old, s.new) for s in found.steps],
        found.exit_code,
    )


def _main(folder: str, name: str, by: str, out: str) -> None:
    _bound()
    try:
        said = _made(Path(folder), name, by, Path(out))
    except InputError as error:
        said = _Said(error=(error.message, error.expected))
    except NoflyError as error:
        said = _Said(error=(str(error), ""))
    except MemoryError:
        said = _Said(error=("the package needs too much memory", "an incident of fewer bytes"))
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main(*sys.argv[1:5])
