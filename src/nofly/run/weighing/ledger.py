"""``ledger``: a ledger file, zones and recorded traffic to a table that is told as text, JSON or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nofly.errors import Finding, InputError
from nofly.run.files.zonefiles import read_zones
from nofly.run.weighing.ledger_file import read_ledger
from nofly.whatif.ledger import Ledger, Weighed, weigh
from nofly.whatif.patrol import INPUTS
from nofly.whatif.ranges import Input, Range
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from nofly.run.check import CheckOptions
    from nofly.run.weighing.presences import Recorded


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """A ledger weighed, and what it rests on."""

    weighed: Weighed
    zones: tuple[Zone, ...]
    recorded: Recorded | None
    """What was found in traffic; None where none was given."""
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        from nofly.run.weighing.ledger_json import document

        return document(self)

    def text(self) -> str:
        """Return it as text for a terminal."""
        from nofly.run.weighing.ledger_text import text

        return text(self)

    def html(self) -> str:
        """Return it as a fragment of HTML, to stand in a page."""
        from nofly.run.weighing.ledger_html import fragment

        return fragment(self)

    def page(self) -> bytes:
        """Return it as an HTML page that stands alone: no script, no outside file."""
        from nofly.run.weighing.ledger_html import page

        return page(self)

    def plot(self, path: str | Path) -> None:
        """Draw the sensitivity as PNG, SVG or PDF; ConfigError for another extension."""
        from nofly.run.weighing.tornado import write_picture

        write_picture(self, path)


def weigh_ledger(
    given: str | Path | Mapping[str, Any],
    zones: Iterable[Zone] | None = None,
    traffic: Sequence[str | Path] | None = None,
    options: CheckOptions | None = None,
    changes: Sequence[str] = (),
) -> LedgerTable:
    """Return the ledger of a file, or of the mapping that a file would hold, weighed.

    ``zones`` go before those that the file names; ``traffic`` are files and folders of recorded traffic,
    checked with ``options``; ``changes`` are inputs replaced, as ``patrol.readiness=0.3,0.5,0.7``.
    Raises InputError saying which file, which key and what was expected, and what the readers raise.
    """
    file = read_ledger(given, changes)
    findings: list[Finding] = []
    law = tuple(zones) if zones is not None else ()
    if zones is None and file.zones:
        read = read_zones(file.zones)
        law = read.zones
        findings += read.findings
    ledger = _with_area(file.ledger, law)
    if traffic is None:
        return LedgerTable(weigh(ledger), law, None, tuple(findings))
    from nofly.run.weighing.presences import recorded

    if not law:
        raise InputError("traffic without a zone", source=file.source, expected="[zones] files, or --zones")
    if sum(bool(party.who) for party in ledger.parties) < 2:
        raise InputError(
            "traffic, and no two parties whose aircraft can be told", source=file.source, locator="party",
            expected="two parties with who, a list of predicates",
        )  # fmt: skip
    found = recorded(law, ledger.parties, [str(path) for path in traffic], options)
    return LedgerTable(weigh(ledger, found.presences), law, found, (*findings, *found.findings))


def _with_area(ledger: Ledger, zones: Sequence[Zone]) -> Ledger:
    """Return a ledger with the area of the zones, where it has patrols and gives no area."""
    if not zones or not ledger.patrol or "area_km2" in ledger.patrol:
        return ledger
    from nofly.run.weighing.area import area_km2

    found = Input(
        "area_km2", *INPUTS["area_km2"], Range.exactly(area_km2(zones)),
        source=f"footprints of {', '.join(zone.id for zone in zones[:8])}{' …' if len(zones) > 8 else ''}",
    )  # fmt: skip
    return replace(ledger, patrol={"area_km2": found, **ledger.patrol})
