"""What a running watch has to say of its feeds, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nofly.errors import Finding, Severity
from nofly.run.outputs.table import finding_lines


class FindingsTold:
    """Says a line for each kind of finding of each source as it first comes up; how many there are is with
    the feeds."""

    def __init__(self, known: Sequence[Finding], say: Callable[[str], None]) -> None:
        """Take those that were said already."""
        self._say = say
        self._told = {(one.code, one.source) for one in known}
        self._seen = len(known)

    def take(self, findings: Sequence[Finding]) -> None:
        """Say what is new among all findings of a watch so far."""
        if len(findings) == self._seen:
            return
        self._seen = len(findings)
        for one in findings:
            if (one.code, one.source) in self._told or one.severity is Severity.INFO:
                continue
            self._told.add((one.code, one.source))
            self._say(*finding_lines((one,)))
