"""When a feed that failed is tried again: later each time, and never all feeds of the world at once.

The wait is drawn evenly between nothing and a limit that doubles with each failure ("full jitter";
M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015). Pure: chance is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from nofly.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait. Raises ConfigError for times that cannot be."""

    first_s: float = 1.0
    """Limit of the wait after the first failure."""
    longest_s: float = 60.0
    """Limit that doubling does not pass."""
    healthy_s: float = 60.0
    """A connection that brought bytes for so long ends the row of failures."""

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s < float("inf") or not self.healthy_s >= 0:
            raise ConfigError(f"back-off {self}", expected="0 < first_s <= longest_s, healthy_s >= 0")


class Retry(NamedTuple):
    """Failures in a row so far, and how long to wait before the next attempt."""

    failures: int
    wait_s: float


def after_failure(failures: int, healthy_s: float, random_fraction: float, backoff: Backoff) -> Retry:
    """Return what comes after one more failure.

    ``failures`` were counted before it; ``healthy_s`` is how long the connection brought bytes (0: it brought
    none); ``random_fraction`` is drawn evenly from [0, 1).
    """
    row = 1 if healthy_s >= backoff.healthy_s and healthy_s > 0 else failures + 1
    limit_s = backoff.longest_s
    if row <= 64:
        limit_s = min(limit_s, backoff.first_s * 2.0 ** (row - 1))
    return Retry(row, limit_s * random_fraction)
