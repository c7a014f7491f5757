"""The law of a register for a watch that goes on: read once, and again when more acts are in it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from nofly.errors import Finding, Severity, StoreError
from nofly.run.files.zonefiles import ZoneFile, ZoneSet
from nofly.run.judging.pipeline import lists_of
from nofly.run.outputs.text import printable
from nofly.run.registering.law import readable
from nofly.run.registering.opening import open_register
from nofly.store.chain import GENESIS, Head
from nofly.store.register import Register
from nofly.store.register_tables import NoRegisterError
from nofly.zones.acts import ZONE
from nofly.zones.editions import Law

_NONE = Head(0, GENESIS)


class Followed:
    """A register that a watch follows. It is opened anew each time, so that one that was put in another's
    place is seen. A register that does not exist is one without acts, until it was there."""

    def __init__(self, url: str) -> None:
        """``url`` as of :func:`nofly.run.registering.opening.open_register`."""
        self._url = url
        self._seen = _NONE
        self.known: frozenset[str] = frozenset()
        """The ids of all zones of which it says what is law, in force or not."""

    def moved(self) -> bool:
        """Return whether there are more acts than when it was read. Raises StoreError where it cannot be read
        or does not go on from where it was read."""
        register = self._opened()
        if register is None:
            return False
        with register:
            self._check(register)
            return register.head() != self._seen

    def read(self, lists: Set[str]) -> ZoneSet:
        """Return the law of all times: every edition over each span in which it is in force.

        What cannot be understood, and a zone whose rule names none of the ``lists`` that there are, is left
        out with a finding. Raises StoreError as :meth:`moved`.
        """
        register = self._opened()
        if register is None:
            return ZoneSet((), (), ())
        with register:
            self._check(register)
            head, acts = register.head(), register.acts(ZONE)
            name = register.name
        law = Law(acts)
        held, findings = readable(law.over())
        zones = []
        for _, zone in held:
            missing = sorted(lists_of([zone]) - lists)
            if missing:
                findings.append(_without_list(zone.id, missing[0]))
            else:
                zones.append(zone)
        said = [replace(one, source=name) for one in (*law.findings, *dict.fromkeys(findings))]
        left_out = {one.zone_id for one in law.over()} - {zone.id for zone in zones}
        self._seen, self.known = head, frozenset(law.lives) - left_out
        file = ZoneFile(name, "register", head.hash, len(zones) + len(said), len(said))
        return ZoneSet(tuple(zones), tuple(said), (file,))

    def _opened(self) -> Register | None:
        try:
            return open_register(self._url)
        except NoRegisterError:
            if self._seen != _NONE:
                raise
            return None

    def _check(self, register: Register) -> None:
        if not register.holds(self._seen):
            raise StoreError(
                f"{register.name}: act {self._seen.sequence} is not the one that was read, or gone"
                " (expected the register that the watch was started with)"
            )


def _without_list(zone_id: str, name: str) -> Finding:
    message = f"{printable(zone_id)} is not watched: its rule names the list {printable(name)!r}"
    return Finding("zone-list-missing", Severity.REJECTED, f"{message}, which is not in [lists]")
