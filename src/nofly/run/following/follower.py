"""Follows a watch by its state folder: its record, its positions, its law, what it says of itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nofly.errors import StoreError
from nofly.run.declaring.acts import KINDS, Declarations
from nofly.run.following import status
from nofly.run.following.coverage import Coverage
from nofly.run.following.picture import FORGET_S, Picture
from nofly.run.following.status import Status
from nofly.run.following.tail import JournalTail
from nofly.run.judging.credible import Credible
from nofly.run.live.recovery import kept_law
from nofly.run.record.incident_log import Log
from nofly.store.sqlite import Store
from nofly.units import US_PER_S
from nofly.zones.model import Zone

RECORD = "record.sqlite"
JOURNAL = "journal"
LAW = "law.state"


@dataclass(slots=True)
class Follower:
    """What is known of a watch; :meth:`follow` is to be called again and again, by one thread at a time."""

    folder: Path
    picture: Picture = field(default_factory=Picture)
    coverage: Coverage = field(default_factory=Coverage)
    log: Log = field(default_factory=Log)
    declarations: Declarations = field(default_factory=Declarations)
    sequence: int = 0
    """Number of the last record taken."""
    status: Status | None = None
    law: tuple[Zone, ...] = ()
    trouble: str | None = None
    """Why something cannot be read at the moment."""
    _tail: JournalTail | None = None
    _credible: Credible = field(default_factory=Credible)

    def follow(self, now_us: int) -> None:
        """Take what is new. What cannot be read is said in :attr:`trouble`, and tried again next time."""
        self.trouble = None
        for step in (self._status, self._law, self._record, self._positions):
            try:
                step()
            except StoreError as error:
                self.trouble = str(error)
        self.picture.forget(self.picture_us(now_us))

    def picture_us(self, now_us: int) -> int:
        """Return as of when the picture is: now, unless what comes is a recording. While nothing comes, it
        is now: an old picture is never shown as the present one."""
        latest_us, said = self.picture.latest_us, self.status
        replayed = said is not None and said.unmonitored_since_us is None
        if latest_us is None or not replayed or now_us - latest_us < FORGET_S * US_PER_S:
            return now_us
        return latest_us

    def zone(self, zone_hash: str) -> Zone | None:
        """Return a zone of the law, of that before it too; None where it is not known any more."""
        found = next((zone for zone in self.law if zone.zone_hash == zone_hash), None)
        if found is None:
            with suppress(StoreError):
                found = kept_law(self.folder / LAW, [zone_hash], {})[0]
        return found

    def _status(self) -> None:
        self.status = status.read(self.folder)

    def _law(self) -> None:
        hashes = self.status.law if self.status is not None else []
        if hashes != [zone.zone_hash for zone in self.law]:
            known = {zone.zone_hash: zone for zone in self.law}
            self.law = tuple(kept_law(self.folder / LAW, hashes, known))

    def _record(self) -> None:
        path = self.folder / RECORD
        if not path.is_file():
            return
        with Store(path, create=False, read_only=True) as store:
            for record in store.read(self.sequence + 1):
                if record.kind in KINDS:
                    self.declarations.take(record)
                else:
                    self.log.take(record)
                self.sequence = record.sequence

    def _positions(self) -> None:
        self._tail = self._tail or JournalTail(self.folder / JOURNAL)
        for positions in self._tail.batches():
            self.picture.take(positions)
            self.coverage.take(positions, self._credible.of(positions))
