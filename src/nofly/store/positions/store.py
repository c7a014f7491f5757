"""The archive of positions: rows go in by the hour, are merged later, and are found again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nofly.errors import StoreError
from nofly.schema import Coded, Positions, concatenate
from nofly.store.disk import flush_to_disk, locked, told_of
from nofly.store.positions.catalogue import NAME, Catalogue, StoredFile
from nofly.store.positions.layout import (
    GROUP_ROWS,
    Wanted,
    Writing,
    in_order,
    read_steps,
    read_wanted,
    storable,
)
from nofly.store.positions.merging import merged

if TYPE_CHECKING:
    from numpy.typing import NDArray

US_PER_HOUR = 3_600_000_000
US_PER_DAY = 24 * US_PER_HOUR
MOST_HOURS = 168
"""Hours that rows are parted into at a time: a week. What is left is put together in ``scattered``."""
MERGED_FILES = 32
"""Files that are merged at a time."""
_FAR_HOURS = 366 * 24 * 8000
_SCATTERED = "scattered"


class _Group(NamedTuple):
    """Files that become one, its folder, and the hour all its rows are of, if they are of one."""

    folder: str
    hour: int | None
    files: list[StoredFile]


class PositionStore:
    """An archive in one folder. To be used by one thread at a time; several processes may write to it in
    turn."""

    def __init__(self, folder: Path | str, *, read_only: bool = False) -> None:
        """Open an archive, made where there is none unless ``read_only``. Raises StoreError where that cannot
        be."""
        self.folder = Path(folder)
        self._held: list[Positions] = []
        self._rows = 0
        if not read_only:
            with told_of(self.folder, "opening the archive"):
                self.folder.mkdir(parents=True, exist_ok=True)
        self._catalogue = Catalogue(self.folder / NAME, read_only=read_only)
        if not read_only:
            with self._alone():
                """What a crash left is removed."""

    def __enter__(self) -> PositionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the catalogue. Rows that were not flushed are not in the archive."""
        self._catalogue.close()

    @property
    def reached(self) -> int:
        """The journal's offset that the last flush was given."""
        return self._catalogue.reached

    @property
    def rows_held(self) -> int:
        """Rows that were added and not yet flushed."""
        return self._rows

    def catalogue(self) -> list[StoredFile]:
        """Return the files of the archive, by their first time."""
        return self._catalogue.files()

    def add(self, positions: Positions) -> int:
        """Hold rows until the next flush; return how many are no positions (no target, or no place on Earth)
        and left out."""
        good = storable(positions)
        kept = positions if good.all() else positions.take(np.flatnonzero(good))
        if len(kept):
            self._held.append(_clean(kept))
            self._rows += len(kept)
        return len(positions) - len(kept)

    def flush(self, reached: int | None = None) -> list[StoredFile]:
        """Write the rows that are held to a file for each hour, and note the journal's offset that they go up
        to; return the files. They are on the disk, and count, all or none.

        Raises StoreError where the disk is full or fails; then the rows are still held.
        """
        if self._rows:
            self._held = [concatenate(self._held)]
        whole = self._held[0] if self._held else concatenate([])
        parts = _by_hour(whole.time_us)
        with self._alone():
            paths = self._catalogue.reserve([_hour_folder(hour) for hour, _ in parts])
            added = []
            for path, (hour, rows) in zip(paths, parts, strict=True):
                target = Coded(whole.target.codes[rows], whole.target.values)
                order = rows[in_order(whole.time_us[rows], target)]
                steps = range(0, len(order), GROUP_ROWS)
                batches = (whole.take(order[first : first + GROUP_ROWS]) for first in steps)
                added.append(self._write(path, hour, batches))
            if added or reached is not None:
                self._catalogue.commit(added, reached=reached)
        self._held, self._rows = [], 0
        return added

    def query(self, wanted: Wanted | None = None) -> Iterator[Positions]:
        """Yield the rows that are wanted (all by default), file by file in the order of their first times,
        within one by target and time. At most a row group is held in memory.

        Raises StoreError where a file cannot be read, or was removed meanwhile.
        """
        asked = wanted or Wanted()
        for file in self._catalogue.files():
            if asked.may_be_in(file.extent):
                yield from read_wanted(self.folder / file.path, asked)

    def compact(self, before_us: int) -> int:
        """Merge the files of every day that was over before ``before_us`` into one, and those of every hour
        of a later day; return how many files fewer there are.

        Each is swapped in one transaction: no row is ever missing or there twice. Raises StoreError where the
        disk is full or fails; what was merged until then is.
        """
        fewer = 0
        while True:
            with self._alone():
                group = _next_group(self._catalogue.files(), before_us)
                if group is None:
                    return fewer
                (path,) = self._catalogue.reserve([group.folder])
                streams = [read_steps(self.folder / file.path) for file in group.files]
                self._swap(self._write(path, group.hour, merged(streams)), group.files)
                fewer += len(group.files) - 1

    def forget(self, before_us: int) -> int:
        """Remove the files all of whose rows are before ``before_us``; return how many. Raises StoreError
        where that fails."""
        with self._alone():
            old = [file for file in self._catalogue.files() if file.extent.last_us < before_us]
            self._catalogue.commit([], old)
            self._sweep()
        return len(old)

    def _swap(self, new: StoredFile, files: Sequence[StoredFile]) -> None:
        if new.extent.rows != sum(file.extent.rows for file in files):
            raise StoreError(f"{self.folder}: merging lost rows: nothing was changed")
        self._catalogue.commit([new], files)
        self._sweep()

    def _write(self, path: str, hour: int | None, batches: Iterable[Positions]) -> StoredFile:
        """Write a file that is on the disk when this returns. Raises StoreError where that fails."""
        import pyarrow as pa

        place = self.folder / path
        draft = place.with_name(f".{place.name}.tmp")
        with told_of(place, "writing to the archive"):
            for folder in _made(place.parent):
                flush_to_disk(folder)
            try:
                file = Writing(draft)
                try:
                    for batch in batches:
                        file.add(batch)
                    file.finish()
                except BaseException:
                    file.abandon()
                    raise
                flush_to_disk(draft)
                size = draft.stat().st_size
                draft.rename(place)
                flush_to_disk(place.parent)
            except BaseException as error:
                with suppress(OSError):
                    draft.unlink()
                if isinstance(error, pa.ArrowException):
                    raise StoreError(f"{place}: writing to the archive failed: {error}") from error
                raise
        return StoredFile(path, hour, size, file.extent())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process at a time write; before it does, remove what a crash left."""
        with told_of(self.folder, "locking the archive"):
            lock = locked(self.folder / ".lock", wait=True)
        try:
            self._sweep()
            yield
        finally:
            lock.close()

    def _sweep(self) -> None:
        """Remove what does not count."""
        waste = self._catalogue.waste()
        if not waste:
            return
        with told_of(self.folder, "removing files of the archive"):
            for path in waste:
                place = self.folder / path
                place.unlink(missing_ok=True)
                place.with_name(f".{place.name}.tmp").unlink(missing_ok=True)
                for folder in place.parents[: len(Path(path).parts) - 1]:
                    with suppress(OSError):  # not empty
                        folder.rmdir()
        self._catalogue.removed(waste)


def _clean(positions: Positions) -> Positions:
    """Return rows whose texts can be written as UTF-8: a lone surrogate becomes a question mark."""
    for text in (positions.target, *positions.texts.values()):
        try:
            "".join(text.values).encode()
        except UnicodeEncodeError:
            break
    else:
        return positions

    def encodable(text: Coded) -> Coded:
        return Coded(text.codes, [value.encode("utf-8", "replace").decode() for value in text.values])

    texts = {name: encodable(text) for name, text in positions.texts.items()}
    return Positions(
        positions.time_us, encodable(positions.target), positions.lat_deg, positions.lon_deg,
        positions.columns, texts,
    )  # fmt: skip


def _by_hour(time_us: NDArray[np.int64]) -> list[tuple[int | None, NDArray[np.int64]]]:
    """Return the rows of each hour, in order; of the hours beyond the fullest MOST_HOURS, and beyond the
    calendar, those together as no hour."""
    hours = time_us // US_PER_HOUR
    found, counts = np.unique(hours, return_counts=True)
    likely = (found >= 0) & (found < _FAR_HOURS)
    fullest = np.flatnonzero(likely)[np.argsort(-counts[likely], kind="stable")[:MOST_HOURS]]
    chosen = np.sort(found[fullest])
    parts: list[tuple[int | None, NDArray[np.int64]]] = []
    for hour in chosen.tolist():
        parts.append((hour, np.flatnonzero(hours == hour)))
    rest = np.flatnonzero(~np.isin(hours, chosen))
    return [*parts, (None, rest)] if len(rest) else parts


def _hour_folder(hour: int | None) -> str:
    if hour is None:
        return _SCATTERED
    return f"{_day_folder(hour // 24)}/hour={hour % 24:02d}"


def _day_folder(day: int) -> str:
    return f"date={datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}"


def _next_group(files: Sequence[StoredFile], before_us: int) -> _Group | None:
    """Return files to be merged into one, the smallest first; None where there are none."""
    groups: dict[str, _Group] = {}
    for file in files:
        day = file.extent.first_us // US_PER_DAY
        if file.path.startswith(_SCATTERED):
            folder, hour, end_us = _SCATTERED, None, file.extent.last_us + 1
        elif (day + 1) * US_PER_DAY <= before_us or file.hour is None:
            folder, hour, end_us = _day_folder(day), None, (day + 1) * US_PER_DAY
        else:
            folder, hour, end_us = _hour_folder(file.hour), file.hour, (file.hour + 1) * US_PER_HOUR
        if end_us <= before_us:
            groups.setdefault(folder, _Group(folder, hour, [])).files.append(file)
    for group in groups.values():
        if len(group.files) > 1:
            smallest = sorted(group.files, key=lambda file: (file.bytes, file.path))[:MERGED_FILES]
            return _Group(group.folder, group.hour, smallest)
    return None


def _made(folder: Path) -> list[Path]:
    """Make a folder; return those in which a name is new."""
    new = []
    while not folder.is_dir():
        new.append(folder)
        folder = folder.parent
    for one in reversed(new):
        one.mkdir(exist_ok=True)
    return [one.parent for one in new]
