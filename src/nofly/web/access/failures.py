"""Failed logins as they are recorded: the first of a user, the tenth, the hundredth, so that nobody can fill
the disk with them.

Names that no user has count as one: often they are passwords, typed into the wrong field.
"""

from __future__ import annotations

from dataclasses import dataclass, field

QUIET_S = 3600.0
"""After so long without a failure the next one is the first again."""
MOST_ADDRESSES = 5


@dataclass(slots=True)
class Failures:
    """Failures of one user since the last one was recorded long ago, or logged in."""

    count: int = 0
    at_s: float = 0.0
    addresses: list[str] = field(default_factory=list)
    """The first few that they came from."""


class Tally:
    """Failures by user; bounded by the number of users."""

    def __init__(self) -> None:
        self._users: dict[str | None, Failures] = {}

    def failed(self, user: str | None, address: str, now_s: float) -> Failures | None:
        """Count a failure of a user, or of nobody; return all of them where they are to be recorded."""
        found = self._users.setdefault(user, Failures())
        if now_s - found.at_s >= QUIET_S:
            found.count, found.addresses = 0, []
        found.count, found.at_s = found.count + 1, now_s
        if address not in found.addresses and len(found.addresses) < MOST_ADDRESSES:
            found.addresses.append(address)
        return found if _power_of_ten(found.count) else None

    def succeeded(self, user: str) -> int:
        """Forget the failures of a user who has logged in; return how many there were."""
        found = self._users.pop(user, None)
        return 0 if found is None else found.count


def _power_of_ten(count: int) -> bool:
    return str(count).rstrip("0") == "1"
