"""Reports that the engine fails on, found among those it does not: one target's fault costs no other a
report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nofly.errors import Finding, Severity, StoreError
from nofly.run.live.engine import Body, Engine
from nofly.run.outputs.text import printable
from nofly.schema import Positions

MOST_WORDS = 200


def judged_apart(
    engine: Engine, positions: Positions, lapse_us: int, anew: Callable[[], Engine]
) -> tuple[Engine, list[Body], list[Finding]]:
    """Return the engine after a batch, what is to be recorded, and a finding for each target whose reports
    could not be judged and are left out.

    ``anew`` returns an engine of the same law that knows nothing. Raises StoreError as the engine.
    """
    state = engine.save()
    try:
        return engine, engine.step(positions, lapse_us).bodies, []
    except StoreError:
        raise
    except Exception as error:
        engine = anew()
        engine.load(state)
        codes = np.unique(positions.target.codes)
        if len(codes) <= 1:
            return engine, [], [_finding(positions, error)] if len(positions) else []
    bodies: list[Body] = []
    findings: list[Finding] = []
    for some in np.array_split(codes, 2):
        rows = np.flatnonzero(np.isin(positions.target.codes, some))
        engine, more, said = judged_apart(engine, positions.take(rows), lapse_us, anew)
        bodies += more
        findings += said
    return engine, bodies, findings


def _finding(positions: Positions, error: Exception) -> Finding:
    name = printable(str(positions.target.at(0)))
    words = printable(f"{type(error).__name__}: {error}")[:MOST_WORDS]
    message = f"reports of {name} could not be judged: {words}"
    return Finding("report-not-judged", Severity.REJECTED, message, "the watch", count=len(positions))
