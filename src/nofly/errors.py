"""Every error nofly raises, and the finding: what a reader says about one record.

::

    NoflyError
    ├── InputError(ValueError)     what the user gave is wrong; says where, what, what was expected
    │   ├── ZoneFormatError        a zone file as a whole cannot be read
    │   ├── DecodeError            a traffic file or message as a whole cannot be read
    │   ├── SchemaError            a table lacks a column or has one of the wrong type
    │   └── ConfigError            the configuration or an option is wrong
    ├── UnresolvedError            a reference (a list, a party, a unit) has no answer
    ├── FeedError                  a live source failed
    ├── StoreError                 the archive or the record failed
    └── PluginError                a plugin is missing or does not keep its contract

One bad record in a million is no exception: it is a :class:`Finding`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class NoflyError(Exception):
    """The root: catching it catches everything nofly raises on purpose."""


class InputError(NoflyError, ValueError):
    """Something the user gave cannot be used.

    ``source`` names the input (a file, an option), ``locator`` the place in it (``line 12``,
    ``$.features[3].geometry``), ``expected`` what would have been right.
    """

    def __init__(self, message: str, *, source: str = "", locator: str = "", expected: str = "") -> None:
        self.message = message
        self.source = source
        self.locator = locator
        self.expected = expected
        super().__init__(message)

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.source, self.locator) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} (expected {self.expected})" if self.expected else text


class ZoneFormatError(InputError):
    """A zone file as a whole cannot be read."""


class DecodeError(InputError):
    """A traffic file or message as a whole cannot be read."""


class SchemaError(InputError):
    """A table lacks a column, or has one of the wrong type."""


class ConfigError(InputError):
    """The configuration or a command-line option is wrong."""


class UnresolvedError(NoflyError):
    """A reference (a list, a party, a terrain tile) has no answer."""


class FeedError(NoflyError):
    """A live source failed. ``after_s``: it wants not to be tried again before."""

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(message)


class StoreError(NoflyError):
    """The archive or the record failed."""


class PluginError(NoflyError):
    """A plugin is missing or does not keep its contract."""


class Severity(StrEnum):
    """How much a finding matters. ``REJECTED`` means the record is not in the result."""

    INFO = "info"
    WARNING = "warning"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reader or a screen has to say about one record.

    ``code`` is stable, lower-case and hyphenated (``ring-self-intersects``); ``locator`` is a line
    number or a JSON path; ``count`` is greater than one where many alike were folded into one.
    """

    code: str
    severity: Severity
    message: str
    source: str = ""
    locator: str = ""
    count: int = 1

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.source, self.locator) if part)
        times = f" (× {self.count})" if self.count > 1 else ""
        return f"{where}: {self.message}{times}" if where else f"{self.message}{times}"


def fold_findings(findings: Iterable[Finding], keep: int = 5) -> list[Finding]:
    """Return findings with at most ``keep`` of each (code, source); the rest are one with a count."""
    seen: Counter[tuple[str, str]] = Counter()
    folded: dict[tuple[str, str], Finding] = {}
    out: list[Finding] = []
    for finding in findings:
        key = (finding.code, finding.source)
        seen[key] += 1
        if seen[key] <= keep:
            out.append(finding)
            continue
        more = folded.get(key)
        count = finding.count + (more.count if more else 0)
        folded[key] = Finding(
            finding.code,
            finding.severity,
            f"more like: {finding.message.removeprefix('more like: ')}",
            finding.source,
            "",
            count,
        )
    return out + list(folded.values())
