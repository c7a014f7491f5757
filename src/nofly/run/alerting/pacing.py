"""How often something may be done: so many a minute, and some at once."""

from __future__ import annotations


class TokenBucket:
    """Holds up to ``burst`` tokens and gains ``per_minute`` of them; None is without limit.

    Times are seconds of a clock that does not jump.
    """

    def __init__(self, per_minute: int | None, burst: int, now_s: float) -> None:
        self._per_s = None if per_minute is None else per_minute / 60.0
        self._burst = burst
        self._count = float(burst)
        self._since_s = now_s

    def take(self, now_s: float) -> bool:
        """Take a token where there is one."""
        if self._per_s is None:
            return True
        self._gain(now_s)
        if self._count < 1.0:
            return False
        self._count -= 1.0
        return True

    def ready(self, now_s: float) -> int | None:
        """Return how many tokens there are; None: no limit."""
        if self._per_s is None:
            return None
        self._gain(now_s)
        return int(self._count)

    def wait_s(self, now_s: float) -> float:
        """Return how long until there is a token."""
        if self._per_s is None:
            return 0.0
        self._gain(now_s)
        return max(0.0, (1.0 - self._count) / self._per_s)

    def _gain(self, now_s: float) -> None:
        if self._per_s is not None:
            self._count = min(self._burst, self._count + max(0.0, now_s - self._since_s) * self._per_s)
            self._since_s = now_s
