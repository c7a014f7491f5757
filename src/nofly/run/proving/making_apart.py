"""A package of a live incident made and verified in a process of its own, within bounds of memory and time:
hours of raw bytes are decoded for it, and whoever serves pages goes on serving."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from nofly.errors import InputError, NoflyError
from nofly.run.apart import DRAWING, Bounds, answer_of, bound

if TYPE_CHECKING:
    from nofly.proof.packing.signing import SigningKey


BOUNDS = Bounds()


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
    unshown: list[str] = []
    error: tuple[str, str] | None = None


class MadeApart(msgspec.Struct, frozen=True):
    """A package's bytes, and what verifying it says, with the exit code of ``nofly verify`` and the subjects
    of which it shows nothing."""

    data: bytes
    steps: list[SaidStep]
    exit_code: int
    unshown: list[str]


@dataclass(frozen=True, slots=True)
class Apart:
    """What is to be made: the package of an incident (its id) of the watch in a state folder."""

    folder: Path
    incident: str
    by: str
    """Who asks for it."""
    zone_files: Sequence[str] = ()
    """Those that its zone may have been read from, beside the zones declared in the folder."""
    key: SigningKey | None = None
    """Signs it; the process is told it where nobody else reads it."""


def made_apart(wanted: Apart) -> MadeApart:
    """Return a package.

    Raises InputError where there can be none, or not within the bounds.
    """
    secret = wanted.key.raw if wanted.key else b""
    with TemporaryDirectory(prefix="nofly-evidence-") as place:
        out = Path(place, "case.nofly.zip")
        arguments: list[str | Path] = [
            wanted.folder.absolute(),
            wanted.incident,
            wanted.by,
            out,
            *wanted.zone_files,
        ]
        module = "nofly.run.proving.making_apart"
        said = answer_of(module, arguments, secret, _Said, BOUNDS, folder=place, knows=DRAWING)
        if said is None:
            raise InputError(
                "the package could not be made within bounds",
                expected=f"one that takes {BOUNDS.words}; nofly incidents export has none",
            )
        if said.error is not None:
            raise InputError(said.error[0], expected=said.error[1])
        return MadeApart(out.read_bytes(), said.steps, said.exit_code, said.unshown)


def _made(wanted: Apart, out: Path) -> _Said:
    from time import time_ns

    from nofly import __version__
    from nofly.proof.package import Making
    from nofly.proof.packing.container import packed
    from nofly.proof.packing.custody import Act
    from nofly.proof.packing.steps import unshown
    from nofly.run.declaring.file import NAME as DECLARED
    from nofly.run.proving.covered import case_covered
    from nofly.run.proving.law import sources_at_hand
    from nofly.run.proving.live import package
    from nofly.run.proving.live_case import live_case
    from nofly.run.proving.verify import verify
    from nofly.run.record.incident_log import read_log
    from nofly.store.sqlite import Store

    with Store(wanted.folder / "record.sqlite", create=False, read_only=True) as store:
        head = store.head()
        log = read_log(one for one in store.read() if one.sequence <= head.sequence)
    case = live_case(wanted.folder, log, wanted.incident, head=head, now_us=time_ns() // 1000)
    sources, _ = sources_at_hand([str(wanted.folder / DECLARED), *wanted.zone_files])
    keys = () if wanted.key is None else (wanted.key,)
    making = Making(__version__, Act("made", wanted.by), keys)
    data = packed(package(case, making, sources, case_covered(wanted.folder, case)))
    out.write_bytes(data)
    found = verify(data)
    return _Said(
        [SaidStep(s.subject, s.outcome.value, s.message, s.place, s.old, s.new) for s in found.steps],
        found.exit_code,
        unshown(found.steps),
    )


def _main(folder: str, incident: str, by: str, out: str, *zone_files: str) -> None:
    from nofly.proof.packing.signing import SigningKey

    raw = sys.stdin.buffer.read(32)
    bound(BOUNDS)
    wanted = Apart(Path(folder), incident, by, zone_files, SigningKey(raw) if raw else None)
    try:
        said = _made(wanted, Path(out))
    except InputError as error:
        said = _Said(error=(error.message, error.expected))
    except NoflyError as error:
        said = _Said(error=(str(error), ""))
    except MemoryError:
        said = _Said(error=("the package needs too much memory", "an incident of fewer bytes"))
    sys.stdout.buffer.write(msgspec.json.encode(said))


if __name__ == "__main__":
    _main(*sys.argv[1:])
