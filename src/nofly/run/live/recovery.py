"""The state that a watch goes on from: kept now and then, whole or not at all.

What was given since is in the journal, and what was recorded since in the store: given again from there, the
engine records the same, and what the store has already is not stored twice.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import zstandard

from nofly.errors import Finding, Severity, StoreError
from nofly.incidents import machine
from nofly.run.alerting.words import FEED_SILENT
from nofly.run.live.engine import Body, Engine
from nofly.run.live.in_force import InForce
from nofly.run.live.intake import Intake
from nofly.run.live.packing import unpack
from nofly.run.record.acts import watched
from nofly.schema import Positions
from nofly.store.chain import Stored, canonical
from nofly.store.disk import flush_to_disk, told_of
from nofly.store.sqlite import Store
from nofly.zones.model import Zone, canonical_json
from nofly.zones.reading import zone_from

LAYOUT = 4
"""How the states of engine and intake are laid out: one more wherever either changes."""
MOST_BYTES = 8 << 30
"""Of a kept state, unpacked."""

T = TypeVar("T")


class Kept(msgspec.Struct, frozen=True):
    """A state: ``sequence`` is the last record in the store then, ``offset`` where the journal goes on, and
    ``unstored`` what was still to be recorded."""

    law: list[str]
    in_force: list[InForce]
    sequence: int
    offset: int
    engine: bytes
    intake: bytes
    unstored: list[Body]
    received_us: int = 0
    """What the clock of what is received read last."""
    layout: int = 0
    behind_us: int = 0
    """How far the time of the latest report lay behind the clock as it came."""


def keep(path: Path, state: Kept) -> None:
    """Write a state in place of the one before. Raises StoreError where the disk is full or fails."""
    _write(path, msgspec.msgpack.encode(state))


def keep_law(path: Path, zones: Iterable[Zone]) -> None:
    """Write zones in place of those before. Raises StoreError where the disk is full or fails."""
    law = {zone.zone_hash: canonical_json(zone) for zone in zones}
    _write(path, msgspec.msgpack.encode(law))


def kept_law(path: Path, hashes: Sequence[str], known: Mapping[str, Zone]) -> list[Zone]:
    """Return the zones of a state, those that are not ``known`` from where they were kept. Raises StoreError
    where one is not there."""
    if all(name in known for name in hashes):
        return [known[name] for name in hashes]
    law = _read(path, dict[str, str])
    try:
        zones = [known.get(name) or zone_from(law[name]) for name in hashes]
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise StoreError(f"the zones in {path} are not those of the state: {error}") from error
    if [zone.zone_hash for zone in zones] != list(hashes):
        raise StoreError(f"the zones in {path} are not those of the state")
    return zones


def _write(path: Path, content: bytes) -> None:
    data = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(content)
    new = path.with_suffix(".new")
    with told_of(path, "keeping the state"):
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        flush_to_disk(path.parent)


def kept(path: Path) -> Kept | None:
    """Return the state that was kept, None where there is none. Raises StoreError where it cannot be read."""
    return _read(path, Kept) if path.exists() else None


def kept_beside(store: Store, path: Path) -> Kept | None:
    """Return the state that belongs to a record, None before the first watch. Raises StoreError where it is
    missing or cannot be read."""
    found = kept(path)
    if found is None and watched(store):
        raise StoreError(f"{path}: the state that belongs to the record is missing")
    return found


def _read(path: Path, kind: type[T]) -> T:
    with told_of(path, "reading the state"):
        raw = path.read_bytes()
    try:
        data = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(raw, MOST_BYTES)
        return msgspec.msgpack.decode(data, type=kind)
    except (zstandard.ZstdError, msgspec.MsgspecError, MemoryError) as error:
        raise StoreError(f"the state in {path} cannot be read: {error}") from error


class Recorded:
    """What the store has already of what is worked out again."""

    def __init__(self, records: Iterable[Stored]) -> None:
        self._left = Counter(record.body for record in records)

    def fresh(self, bodies: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield those that are not in the store yet."""
        for body in bodies:
            text = canonical(body)
            if self._left[text] > 0:
                self._left[text] -= 1
            else:
                yield body


def taken_up(
    path: Path, state: Kept, anew: Callable[[], tuple[Engine, Intake]], steady_us: int
) -> tuple[Engine, Intake, list[Body], list[Finding]]:
    """Return the engine and the intake of a state that was kept, what is to be recorded as they are taken up,
    and what is to be said.

    ``anew`` makes both, knowing nothing. Of a state laid out by another version of nofly they take up the
    incidents alone: whoever was inside is lost at the time up to which that version judged, and found again
    by its next report. Raises StoreError where the bytes are no state, or that of another law.
    """
    engine, intake = anew()
    if state.layout == LAYOUT:
        engine.load(state.engine)
        intake.load(_intake_state(state), steady_us)
        return engine, intake, [], []
    said = f"it was kept by another version of nofly (layout {state.layout}, this is {LAYOUT})"
    try:
        intake.load(_intake_state(state), steady_us)
    except _NOT_SUCH:
        intake = anew()[1]
        said += "; what waited to be judged is left out"
    try:
        cases = machine.load(unpack(state.engine, "the state of the engine")["cases"]).values()
    except _NOT_SUCH:
        cases = {}.values()
        said += "; open incidents are not known any more"
    bodies = engine.resume(cases, intake.until_us)
    said += "; whoever was inside is lost, and found again by the next report"
    return engine, intake, bodies, [Finding("state-of-another-version", Severity.WARNING, said, str(path))]


_NOT_SUCH = (StoreError, LookupError, TypeError, ValueError, AttributeError)


def _intake_state(state: Kept) -> dict[str, Any]:
    """Return what was received and not yet judged."""
    found = unpack(state.intake, "the state of the intake")
    if not isinstance(found, dict):
        raise StoreError("the state of the intake cannot be read")
    return found


def silent_since_us(store: Store, feed: str) -> int | None:
    """Return since when a feed is silent by what was recorded of it last; None where it is not."""
    told = [(stored.kind, stored.time_us) for stored in store.read(incident=f"feed:{feed}")]
    return told[-1][1] if told and told[-1][0] == FEED_SILENT else None


def latest_received_us(positions: Positions) -> int:
    """Return when the last of some reports was received, 0 where none says."""
    received_us = positions.column("received_us")
    return 0 if received_us is None or not len(received_us) else int(received_us.max())
