"""The working copy in a package: what is made of the evidence to be read and looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nofly.incidents.record import Infringement
from nofly.proof.package import Part, Role
from nofly.run.outputs import kml
from nofly.run.result import CheckResult


def parts(
    result: CheckResult, stays: Sequence[Infringement], evidence: Mapping[str, Part]
) -> dict[str, Part]:
    """Return report and replays."""
    return {"replay.kml": Part(kml.write(result), Role.WORKING)}
