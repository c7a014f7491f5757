"""Listens to the tracks of a check for the aircraft that claims name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from nofly.proof.claiming.trace import Trace
from nofly.proof.claims import About
from nofly.run.files.trackfiles import TrackBatch
from nofly.schema import Positions, concatenate
from nofly.tracks.identity import icao24_of


def key_of(about: About) -> tuple[str, str]:
    """Return by what an aircraft is told from others: its address, else its callsign."""
    return about.address, "" if about.address else about.callsign.strip().upper()


class Tap:
    """Keeps the reports of named aircraft as batches pass."""

    def __init__(self, named: Iterable[About]) -> None:
        self._keys = sorted({key_of(about) for about in named if about.identified})
        self.reset()

    def reset(self) -> None:
        """Forget what passed: the tracks are read anew."""
        self._kept: dict[tuple[str, str], list[Positions]] = {key: [] for key in self._keys}
        self._targets: dict[tuple[str, str], set[str]] = {key: set() for key in self._keys}

    def through(self, batches: Iterable[TrackBatch]) -> Iterator[TrackBatch]:
        """Yield the batches as they come."""
        for batch in batches:
            if len(batch.positions):
                self._take(batch.positions)
            yield batch

    def _take(self, positions: Positions) -> None:
        callsign = positions.texts.get("callsign")
        for key in self._keys:
            address, name = key
            known = self._targets[key]
            if address:
                known |= {t for t in positions.target.values if icao24_of(t) == address}
            elif callsign is not None:
                codes = [k for k, text in enumerate(callsign.values) if text.strip().upper() == name]
                named = np.isin(callsign.codes, codes)
                known |= {positions.target.values[k] for k in set(positions.target.codes[named].tolist())}
            wanted = [k for k, text in enumerate(positions.target.values) if text in known]
            rows = np.flatnonzero(np.isin(positions.target.codes, wanted))
            if len(rows):
                self._kept[key].append(positions.take(rows).copied())

    def targets(self, about: About) -> set[str]:
        """Return the targets that are a named aircraft."""
        return self._targets.get(key_of(about), set())

    def trace(self, about: About) -> Trace | None:
        """Return the reports of a named aircraft in order of time; None where there are none."""
        parts = self._kept.get(key_of(about), [])
        if not parts:
            return None
        whole = concatenate(parts)
        return Trace(whole.take(np.argsort(whole.time_us, kind="stable")))
