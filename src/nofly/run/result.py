"""The answer of a check: who was inside which zone, and everything needed to show and to doubt it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nofly.errors import Finding
from nofly.incidents.record import Certainty, Infringement, Status, outcomes_of
from nofly.schema import Positions
from nofly.zones.model import Zone

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nofly.proof.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a target was not seen for longer than ``max_gap_s``, or jumped: nothing is said of
    it."""

    target_id: str
    start_us: int
    end_us: int


class _Late:
    """What a field holds until it is asked for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def when_asked(make: Callable[[], Any]) -> Any:
    """Return what to give a :class:`CheckResult` for a field to be made when it is first asked for."""
    return _Late(make)


class _MadeWhenAsked:
    """A field that takes a value, or what makes it (:func:`when_asked`)."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, result: Any, owner: type) -> Any:
        if result is None:
            return self
        value = result.__dict__[self._name]
        if isinstance(value, _Late):
            value = result.__dict__[self._name] = value.make()
        return value

    def __set__(self, result: Any, value: Any) -> None:
        result.__dict__[self._name] = self._default if value is self else value


def _late(default: Any) -> Any:
    return _MadeWhenAsked(default)


@dataclass(frozen=True, repr=False)
class CheckResult:
    """What a check found. Times are UTC microseconds, places WGS 84 degrees, lengths metres."""

    zones: tuple[Zone, ...]
    report_count: int
    target_count: int
    span_us: tuple[int, int] | None
    """First and last report; None where there was none."""
    findings: tuple[Finding, ...] = ()
    """What readers and screens had to say."""
    infringements: Sequence[Infringement] = ()
    """Every stay, in order of entry: infringements and those exempt, cleared or suspect. Of a check each is
    made when it is asked for."""
    tracks: Positions | None = field(default=_late(None), repr=False)
    """Reports of the targets that have entries, by target and time; long tracks may be thinned."""
    marks: NDArray[np.uint16] | None = field(default=_late(None), repr=False)
    """What the screen said of each report of ``tracks``: :class:`nofly.tracks.screening.Mark`."""
    gaps: tuple[Gap, ...] = field(default=_late(()))
    options: Any = None
    """The CheckOptions the check ran with."""
    aids: Any = None
    """The QNH, geoid and terrain that heights were worked out with."""
    answered: bool = True
    """False where the question could not be answered at all: no report reaches the instant asked for."""

    coverage: Coverage | None = None
    """What was received where and when, of a check that was to tell."""
    inputs: Any = field(default=None, repr=False)
    """What the check was made of, for evidence: :class:`nofly.run.proving.recorded.Inputs`."""
    zones_not_read: int = 0
    """Records of zones that were rejected: whether anybody was inside one of them is not known."""

    def __repr__(self) -> str:
        """Return the summary: what was looked at and what came out."""
        from nofly.run.outputs.table import summary

        return f"<CheckResult: {summary(self)}>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled and copied: everything made, but not what it was made of."""
        _ = self.tracks, self.marks, self.gaps
        return {**self.__dict__, "inputs": None}

    @property
    def exit_code(self) -> int:
        """0 no infringement; 1 one that is confirmed or probable; 3 only undetermined ones, or no answer, as
        without any zone or report, or of a zone that could not be read.

        Exempt, cleared and suspect stays are on record and count as none.
        """
        counted = {sure for status, sure in outcomes_of(self.infringements) if status is Status.INFRINGEMENT}
        if counted - {Certainty.UNDETERMINED}:
            return 1
        asked = self.answered and self.report_count and self.zones and not self.zones_not_read
        return 0 if asked and not counted else 3

    def to_arrow(self) -> pa.Table:
        """Return the stays as an Arrow table, one row a stay (columns: docs/reference/outputs)."""
        from nofly.run.outputs.parquet import table

        return table(self)

    def to_pandas(self) -> Any:
        """Return the stays as a pandas DataFrame; ImportError where pandas is not installed."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """Return the stays as a polars DataFrame; ImportError where polars is not installed."""
        import polars  # type: ignore[import-not-found,unused-ignore]

        return polars.from_arrow(self.to_arrow())

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--format json`` writes, as plain values."""
        from nofly.run.outputs.json import document

        return document(self)

    def at(self, time: str) -> CheckResult:
        """Return only the stays that hold an instant (ISO 8601 with its zone); else ConfigError."""
        from nofly.run.at import inside_at, instant

        return inside_at(self, instant(time))

    def explain(self, infringement_id: str) -> str:
        """Return one stay in plain sentences; UnresolvedError where no stay has that id."""
        from nofly.run.outputs.explain import explain

        return explain(self, infringement_id)

    def plot(self, path: str | Path | None = None) -> Figure:
        """Return a picture of maps and vertical profiles, also written to ``path`` where given."""
        from nofly.run.outputs.picture import figure, write_picture

        drawn = figure(self)
        if path is not None:
            write_picture(drawn, path)
        return drawn

    def save(self, path: str | Path, format: str | None = None) -> None:
        """Write the result to ``path``, whole or not at all; the format goes by the extension.

        Raises ConfigError for an unknown format or extension, OSError where it cannot be written.
        """
        from nofly.run.outputs import write

        write(self, path, format)

    def evidence(
        self, path: str | Path, key: str | Path | None = None, *, passphrase: bytes | None = None,
        made_by: str = "", made_at: str | None = None, coverage: bool = True,
    ) -> list[Path]:  # fmt: skip
        """Write evidence packages, and return their paths: into a folder one an infringement, or all stays
        into a ``.zip``.

        ``key`` signs them: a key of ``nofly keys`` by its name, or its file. ``made_by`` and ``made_at`` (ISO
        8601) stand in the chain of custody; ``coverage`` says whether they tell what could have been seen.
        What the check was made of is read again. Raises ConfigError where that cannot be, InputError where it
        has changed since, StoreError for a key that cannot be had.
        """
        from nofly.run.proving.writing import Signing, evidence

        return evidence(self, path, Signing(key, passphrase, made_by, made_at), coverage)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        """The GeoJSON feature collection (RFC 7946) of zones, stays and entry and exit points."""
        from nofly.run.outputs.geojson import feature_collection

        return feature_collection(self)

    def _repr_html_(self) -> str:
        from nofly.run.outputs.html import fragment

        return fragment(self)
