"""The working copy in a package: what is made of the evidence to be read and looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nofly import __version__
from nofly.errors import NoflyError
from nofly.incidents.record import Infringement
from nofly.proof.package import Package, Part, Role, is_beside
from nofly.proof.packing.steps import Step, agrees, differs, unchecked
from nofly.run.outputs import kml
from nofly.run.proving import czml, report
from nofly.run.result import CheckResult

HOSTILE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What values of other types than a package has bring about."""
_IMAGE = re.compile(rb'src="data:image/png;base64,[A-Za-z0-9+/=]*"')


def parts(
    result: CheckResult, stays: Sequence[Infringement], evidence: Mapping[str, Part], *, drawn: bool = True
) -> dict[str, Part]:
    """Return report, with pictures where ``drawn``, and replays; ``evidence`` are the evidentiary files."""
    about = replace(result, infringements=tuple(stays), findings=())
    made = {
        "report.html": report.write(about, stays, evidence, drawn),
        "replay.czml": czml.write(about, stays),
        "replay.kml": kml.write(about),
    }
    return {name: Part(data, Role.WORKING) for name, data in made.items()}


def compared(package: Package, result: CheckResult, stays: Sequence[Infringement]) -> Iterator[Step]:
    """Yield whether the working copy of a package is what this nofly makes of its evidence.

    Pictures are left out: another version of what draws them draws other bytes.
    """
    listed = package.listed
    evidence = {
        name: Part(data, Role(listed[name]["role"]))
        for name, data in package.files.items()
        if name in listed and not is_beside(name)
    }
    evidence = {name: part for name, part in evidence.items() if part.role is Role.EVIDENTIARY}
    try:
        anew = parts(result, stays, evidence, drawn=False)
    except (NoflyError, *HOSTILE) as error:
        yield differs("working copy", f"none can be made of what is in it: {error!r}"[:300])
        return
    working = {name for name, told in listed.items() if told["role"] == Role.WORKING}
    for name in sorted(working & package.files.keys()):
        if name not in anew:
            yield unchecked("working copy", "this nofly makes no such file", name)
        elif _plain(anew[name].data) == _plain(package.files[name]):
            yield agrees("working copy", "the same as is made of the evidence anew", name)
        elif package.manifest["created_by"] == f"nofly {__version__}":
            yield differs("working copy", "it is not what nofly makes of this evidence", name)
        else:
            by = package.manifest["created_by"][:40]
            text = f"made by {by}, and this is nofly {__version__}, which words it otherwise"
            yield unchecked("working copy", text, name)


def _plain(data: bytes) -> bytes:
    return _IMAGE.sub(b"", data)
