"""How often somebody may try to log in: after some failures each further try must wait, and ever longer.

Counted per account, so that no password is guessed by many addresses, and per address, so that no account is
found by one. A try counts as failed from its beginning: many at once are no way round.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

FREE_OF_ACCOUNT, MOST_S_OF_ACCOUNT = 5, 60.0
"""So many failures cost nothing. The wait is short enough that nobody is locked out by others."""
FREE_OF_ADDRESS, MOST_S_OF_ADDRESS = 20, 900.0
FORGOTTEN_S = 3600.0
"""After so long without a failure all is forgotten."""
MOST_KNOWN = 10_000
"""Accounts, and addresses, that are remembered."""
_IPV6_BITS = 64
"""What one customer has (RFC 6177)."""


@dataclass(slots=True)
class _Tries:
    failed: int
    at_s: float


class _Waits:
    """Failures by name."""

    def __init__(self, free: int, most_s: float) -> None:
        self._free, self._most_s = free, most_s
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def wait_s(self, name: str, now_s: float) -> float:
        tries = self._tries.get(name)
        if tries is None or now_s - tries.at_s >= FORGOTTEN_S or tries.failed < self._free:
            return 0.0
        # The exponent is bounded: 2**1024 is no float.
        due_s = tries.at_s + min(self._most_s, 2.0 ** min(tries.failed - self._free, 30))
        return max(0.0, due_s - now_s)

    def failed(self, name: str, now_s: float) -> None:
        tries = self._tries.setdefault(name, _Tries(0, now_s))
        if now_s - tries.at_s >= FORGOTTEN_S:
            tries.failed = 0
        tries.failed, tries.at_s = tries.failed + 1, now_s
        self._tries.move_to_end(name)
        while len(self._tries) > MOST_KNOWN:
            self._tries.popitem(last=False)

    def forget(self, name: str) -> None:
        self._tries.pop(name, None)

    def undo(self, name: str) -> None:
        tries = self._tries.get(name)
        if tries is not None:
            tries.failed -= 1


class Throttle:
    """Who may try to log in now. Times are seconds that never run back."""

    def __init__(self) -> None:
        self._accounts = _Waits(FREE_OF_ACCOUNT, MOST_S_OF_ACCOUNT)
        self._addresses = _Waits(FREE_OF_ADDRESS, MOST_S_OF_ADDRESS)

    def __len__(self) -> int:
        return len(self._accounts) + len(self._addresses)

    def begun(self, account: str | None, address: str, now_s: float) -> float:
        """Return 0 where one may try, and count it as failed; else how many seconds to wait, and count
        nothing. None: which account it is will be told by another."""
        place = place_of(address)
        of_account_s = 0.0 if account is None else self._accounts.wait_s(account, now_s)
        wait_s = max(of_account_s, self._addresses.wait_s(place, now_s))
        if wait_s == 0.0:
            if account is not None:
                self._accounts.failed(account, now_s)
            self._addresses.failed(place, now_s)
        return wait_s

    def succeeded(self, account: str | None, address: str) -> None:
        """Note that a try that was begun was no failure. What else failed from the address still counts: who
        has one account must not find others by it."""
        if account is not None:
            self._accounts.forget(account)
        self._addresses.undo(place_of(address))


def place_of(address: str) -> str:
    """Return what stands for an address: of IPv6 the network of 64 bits that it is in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), _IPV6_BITS), strict=False))
    return str(found)
