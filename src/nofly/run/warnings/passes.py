"""One pass over recorded traffic: the check, and beside it the warnings that would have been given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nofly.errors import Finding
from nofly.incidents.warnings import PredictionParams, Warned
from nofly.run.check import CheckOptions, check
from nofly.run.files.trackfiles import TrackBatch
from nofly.run.judging.preparing import Taken
from nofly.run.live.predicting import Predictor
from nofly.run.result import CheckResult
from nofly.units import US_PER_S
from nofly.zones.compiled import CompiledZones
from nofly.zones.model import Zone
from nofly.zones.rules import Rule


@dataclass(frozen=True, slots=True)
class Setting:
    """What is tried: parameters, and a spacing in place of that of the zones' rules (None: theirs)."""

    params: PredictionParams = field(default_factory=PredictionParams)
    spacing_lateral_m: float | None = None
    spacing_vertical_m: float | None = None

    def law(self, zones: Sequence[Zone]) -> tuple[Zone, ...]:
        """Return the zones with this setting's spacing."""
        said = {
            name: value
            for name in ("spacing_lateral_m", "spacing_vertical_m")
            if (value := getattr(self, name)) is not None
        }
        if not said:
            return tuple(zones)
        return tuple(replace(zone, rule=replace(zone.rule or Rule(), **said)) for zone in zones)


@dataclass(slots=True)
class Passed:
    """What a pass found: the check's result; each setting's warnings with their targets' ids; by target id
    the times at which it began to be heard (anew after the greatest gap) and those of its reports that
    screening marked; and how long all were heard."""

    result: CheckResult
    warned: list[list[tuple[str, Warned]]]
    heard_us: dict[str, list[int]]
    marked_us: dict[str, list[int]]
    flown_s: float


def passed(
    zones: Sequence[Zone], batches: Iterable[TrackBatch], settings: Sequence[Setting],
    options: CheckOptions | None = None, findings: Iterable[Finding] = (),
    again: Callable[[], Iterable[TrackBatch]] | None = None,
) -> Passed:  # fmt: skip
    """Return what the check finds and what each setting would have warned of. Raises what
    :func:`nofly.run.check.check` raises."""
    chosen = options or CheckOptions()
    looking: list[Foreseen] = []

    def beside(_: CompiledZones) -> Foreseen:
        looking[:] = [Foreseen(zones, settings, chosen.max_gap_s)]
        return looking[0]

    result = check(zones, batches, chosen, findings, again, beside=beside)
    return looking[0].passed(result)


class Foreseen:
    """The warnings of settings, as a check goes."""

    def __init__(self, zones: Sequence[Zone], settings: Sequence[Setting], max_gap_s: float) -> None:
        self._predictors = [Predictor(s.law(zones), max_gap_s, s.params) for s in settings]
        self._warned: list[list[tuple[str, Warned]]] = [[] for _ in settings]
        self._names: Sequence[str] = ()
        self._heard_us: dict[str, list[int]] = {}
        self._marked_us: dict[str, list[int]] = {}
        self._last_us = np.zeros(0, np.int64)
        self._flown_us = 0
        self._gap_us = max_gap_s * US_PER_S

    def take(self, taken: Taken, names: Sequence[str]) -> None:
        """Take a batch; ``names`` are its targets' ids by number."""
        self._names = names
        self._hear(taken, names)
        for warned, predictor in zip(self._warned, self._predictors, strict=True):
            self._name(warned, predictor.step(taken, names), names)

    def passed(self, result: CheckResult) -> Passed:
        """End the stream: return what was found, beside the check's result."""
        latest_us = np.iinfo(np.int64).max
        for warned, predictor in zip(self._warned, self._predictors, strict=True):
            self._name(warned, predictor.lapse(latest_us), self._names)
        flown_s = self._flown_us / US_PER_S
        return Passed(result, self._warned, self._heard_us, self._marked_us, flown_s)

    def _hear(self, taken: Taken, names: Sequence[str]) -> None:
        """Note since when targets are heard, and for how long."""
        order = np.argsort(taken.target, kind="stable")
        target, time_us = taken.target[order], taken.positions.time_us[order]
        never = np.iinfo(np.int64).min // 2
        if len(names) > len(self._last_us):
            self._last_us = np.concatenate([self._last_us, np.full(len(names) - len(self._last_us), never)])
        before = np.roll(time_us, 1)
        first = np.append(True, target[1:] != target[:-1])
        before[first] = self._last_us[target[first]]
        self._last_us[target] = time_us
        gap_us = time_us - before
        anew = gap_us > self._gap_us
        self._flown_us += int(gap_us[~anew].sum())
        _note(self._heard_us, names, target[anew], time_us[anew])
        marked = np.flatnonzero(taken.marks)
        _note(self._marked_us, names, taken.target[marked], taken.positions.time_us[marked])

    @staticmethod
    def _name(warned: list[tuple[str, Warned]], found: list[Warned], names: Sequence[str]) -> None:
        warned.extend((names[one.target], one) for one in found)


def _note(
    heard_us: dict[str, list[int]], names: Sequence[str], target: NDArray[np.int32],
    time_us: NDArray[np.int64],
) -> None:  # fmt: skip
    for number, at_us in zip(target.tolist(), time_us.tolist(), strict=True):
        heard_us.setdefault(names[number], []).append(at_us)
