"""The reports of a package: source files as they are, or of large ones the rows of the targets concerned."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nofly import plugins
from nofly.errors import ConfigError, Finding, InputError
from nofly.feeds.options import ArchiveOptions
from nofly.proof.coverage import Coverage
from nofly.proof.package import MANIFEST, Part
from nofly.proof.packing.canonical import canonical, list_of, mapping, parsed
from nofly.proof.packing.container import PackageError, safe_name
from nofly.proof.packing.steps import Step, agrees, differs, unchecked
from nofly.run.files.trackbytes import HEAD_BYTES, compression, unpacked
from nofly.run.files.trackfiles import KIND, STDIN, TrackBatch, read_batches, read_bytes
from nofly.run.proving.thinning import thinned_file
from nofly.schema import Coded, Positions, concatenate

INDEX, ROWS = "raw/index.json", "tracks.parquet"
MOST_RAW_BYTES = 64 << 20
"""Source files that together are larger are not put into a package, but the rows of its targets only."""
MOST_ROWS = 5_000_000
"""Reports that a package may be about."""
_PIECE_BYTES = 1 << 20
_ONLY = (
    "it holds the messages of the aircraft alone: that none of them was left out is not shown by the package"
)


@dataclass(slots=True)
class _File:
    path: str
    name: str
    format: str
    rows: dict[str, int] = field(default_factory=dict)
    """Target → how many of its reports are in this file."""
    findings: list[Finding] = field(default_factory=list)


class Recorded:
    """The reports of some targets, read once more from the files they are in."""

    def __init__(
        self, tracks: Sequence[str], options: ArchiveOptions, targets: set[str],
        given: Callable[[], Iterable[TrackBatch]] | None = None,
        cover: Callable[[Iterable[TrackBatch]], Coverage] | None = None,
    ) -> None:  # fmt: skip
        """Read them, or take them where they are ``given`` in memory; ``cover`` makes of all that is read on
        the way what could have been seen. Raises what the readers raise; ConfigError for standard input,
        which is gone."""
        if STDIN in tracks:
            raise ConfigError(
                "evidence of what came by standard input", expected="traffic in files: it is read again"
            )
        self.options = options
        self._files: dict[str, _File] = {}
        self._rows: dict[str, list[Positions]] = {name: [] for name in targets}
        names = dict(_names(tracks))
        self._in_memory = given is not None
        self.coverage: Coverage | None = None
        self.not_covered = ""
        """Why there is no coverage, where one was asked for."""
        self._read(read_batches(tracks, options) if given is None else given(), names, cover)

    def _read(
        self, batches: Iterable[TrackBatch], names: Mapping[str, str],
        cover: Callable[[Iterable[TrackBatch]], Coverage] | None,
    ) -> None:  # fmt: skip
        all_read = False

        def passed() -> Iterator[TrackBatch]:
            nonlocal all_read
            for batch in batches:
                self._take_batch(batch, names)
                yield batch
            all_read = True

        passing = passed()
        try:
            if cover is not None:
                self.coverage = cover(passing)
            for _ in passing:
                pass
        except InputError as error:
            for _ in passing:
                pass
            # Nothing is left to read, and not all was read: it is the reader who said it.
            if not all_read:
                raise
            self.not_covered = error.message

    def _take_batch(self, batch: TrackBatch, names: Mapping[str, str]) -> None:
        known = self._files.setdefault(
            batch.path, _File(batch.path, names.get(batch.path, Path(batch.path).name), batch.format)
        )
        known.findings += batch.findings
        self._take(batch.positions, known)

    def _take(self, positions: Positions, file: _File) -> None:
        found = of_targets(positions, self._rows.keys())
        codes = found.target.codes
        for code in np.unique(codes).tolist():
            name = found.target.values[code]
            part = found.take(codes == code)
            self._rows[name].append(part)
            file.rows[name] = file.rows.get(name, 0) + len(part)

    def rows(self, targets: Sequence[str]) -> Positions:
        """Return the reports of the targets, of one after the other in the order in which they were read."""
        return compact(concatenate([part for name in targets for part in self._rows[name]]))

    def parts(
        self, targets: Sequence[str], most_bytes: int, only_targets: bool = False, with_others: bool = False
    ) -> tuple[dict[str, Part], list[str], list[Finding]]:
        """Return index, rows and, where they are no more than ``most_bytes`` together, the source files; what
        is left out, in words; and what the readers remarked. ``with_others``: those too that hold no report
        of the targets, unless all are more. Raises OSError where a file can no longer be read."""
        files = self._chosen(targets, most_bytes if with_others and not only_targets else 0)
        remarked = [finding for file in files for finding in file.findings] if self._in_memory else []
        files = [] if self._in_memory else files
        thin = self._thinned(files, targets) if only_targets else {}
        whole = sum(os.path.getsize(file.path) for file in files) <= most_bytes and not only_targets
        out: dict[str, Part] = {}
        told: list[dict[str, Any]] = []
        for number, file in enumerate(files, 1):
            inside = f"raw/{number:04d}-{safe_name(Path(file.name).name)}" if whole else None
            digest, size, data = _digest(file.path, whole)
            if inside is not None:
                out[inside] = Part(data)
            if only_targets:
                inside, left, remarks = thin.get(file.path, (None, b"", []))
                remarked += remarks
                told.append(_entry(file, inside, digest, size, targets))
                if inside is not None:
                    told[-1]["kept"] = _hashed(left)
                    out[inside] = Part(left)
                continue
            remarked += [replace(finding, source=inside or file.name) for finding in file.findings]
            told.append(_entry(file, inside, digest, size, targets))
        left_out = ["source files: the reports were in the memory of a program"] if self._in_memory else []
        left_out += [
            f"{t['name']} ({t['bytes']:,} bytes, SHA-256 {t['sha256']})" for t in told if t["file"] is None
        ]
        rows = self.rows(targets)
        if len(rows) > MOST_ROWS:
            text = f"{len(rows):,} reports of the aircraft of one package"
            raise InputError(
                text, expected=f"{MOST_ROWS:,}: a package for each infringement, or a shorter time"
            )
        complete = whole and len(files) == len(self._files)
        out[INDEX] = Part(canonical({"targets": list(targets), "files": told, "complete": complete}))
        out[ROWS] = Part(parquet(rows))
        return out, left_out, remarked

    def _chosen(self, targets: Sequence[str], most_bytes: int) -> list[_File]:
        """Return all files where they are no more than ``most_bytes``, else those that hold any report of the
        targets."""
        files = list(self._files.values())
        if not self._in_memory and sum(os.path.getsize(file.path) for file in files) <= most_bytes:
            return files
        return [file for file in files if any(name in file.rows for name in targets)]

    def _thinned(
        self, files: Sequence[_File], targets: Sequence[str]
    ) -> dict[str, tuple[str, bytes, list[Finding]]]:
        """Return, by path, what files are called in the package, what is left of them with the targets'
        messages alone, and what their readers remark; nothing where that does not give the same rows."""
        out: dict[str, tuple[str, bytes, list[Finding]]] = {}
        rows: list[Positions] = []
        for number, file in enumerate(files, 1):
            left = thinned_file(_unpacked(file.path, self.options), file.format, targets, self.options)
            if left is None:
                return {}
            plain = Path(file.name).name.removesuffix(".gz").removesuffix(".zst").removesuffix(".zstd")
            inside = f"raw/{number:04d}-{safe_name(plain)}"
            chosen = replace(self.options, format=file.format)
            try:
                batches = list(read_bytes(left, inside, chosen))
            except InputError:
                return {}
            rows += [of_targets(batch.positions, set(targets)) for batch in batches]
            out[file.path] = inside, left, [one for batch in batches for one in batch.findings]
        same = not list(differences(self.rows(targets), by_target(concatenate(rows), targets)))
        return out if same else {}


def _entry(
    file: _File, inside: str | None, digest: str, size: int, targets: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    return {
        "file": inside, "name": file.name, "sha256": digest, "bytes": size, "format": file.format,
        "rows": sum(file.rows.get(name, 0) for name in targets),
    }  # fmt: skip


def _hashed(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _unpacked(path: str, options: ArchiveOptions) -> bytes:
    with open(path, "rb") as file:
        packing = compression(file.read(HEAD_BYTES))
        file.seek(0)
        return b"".join(unpacked(file, b"", packing, path, options))


def index_steps(files: Mapping[str, bytes]) -> Iterator[Step]:
    """Yield whether the source files in a package are those its index names. Raises PackageError for an index
    that is none."""
    for one in list_of(mapping(parsed(files.get(INDEX, b""), INDEX), INDEX), "files", INDEX):
        entry = mapping(one, INDEX)
        data = files.get(str(entry.get("file")))
        if data is None:
            continue
        kept = mapping(entry.get("kept", entry), INDEX, "kept")
        told, there = kept.get("sha256"), hashlib.sha256(data).hexdigest()
        if kept is not entry:
            text = f"{_ONLY}; the whole file has SHA-256 {entry.get('sha256')}"
            yield unchecked("reports", text, str(entry["file"]))
        if told != there or kept.get("bytes") != len(data):
            yield differs(
                "reports", f"{INDEX} gives another SHA-256 or size", entry["file"], str(told), there
            )


def batches(
    files: Mapping[str, bytes], options: ArchiveOptions, limit_bytes: int
) -> tuple[list[str], Iterator[TrackBatch] | None]:
    """Return the targets of a package, and the batches of their reports read from its source files; None
    where these are not in it. Raises PackageError for an index that is none."""
    told = mapping(parsed(files.get(INDEX, b""), INDEX), INDEX)
    targets = list_of(told, "targets", INDEX)
    listed = [mapping(one, INDEX) for one in list_of(told, "files", INDEX)]
    if not all(isinstance(name, str) for name in targets):
        raise PackageError("a target that is no text", source=INDEX)
    if not listed or any(one.get("file") is None for one in listed):
        return targets, None
    read = _each(listed, files, options, limit_bytes)
    own = (replace(one, positions=of_targets(one.positions, set(targets))) for one in read)
    return targets, _few(own, INDEX)


def complete(files: Mapping[str, bytes]) -> bool:
    """Return whether the source files in a package are all that was read. Raises PackageError for an index
    that is none."""
    told = mapping(parsed(files.get(INDEX, b""), INDEX), INDEX)
    listed = [mapping(one, INDEX) for one in list_of(told, "files", INDEX)]
    there = all(one.get("file") is not None and "kept" not in one for one in listed)
    return told.get("complete") is True and there and bool(listed)


def all_batches(
    files: Mapping[str, bytes], options: ArchiveOptions, limit_bytes: int
) -> Iterator[TrackBatch]:  # fmt: skip
    """Yield the reports of all aircraft in the source files of a package. Raises PackageError for an index
    that is none, and for more reports than are taken."""
    told = list_of(mapping(parsed(files.get(INDEX, b""), INDEX), INDEX), "files", INDEX)
    return _few(_each([mapping(one, INDEX) for one in told], files, options, limit_bytes), INDEX)


def _each(
    listed: Sequence[Mapping[str, Any]], files: Mapping[str, bytes], options: ArchiveOptions,
    limit_bytes: int,
) -> Iterator[TrackBatch]:  # fmt: skip
    for one in listed:
        name = str(one["file"])
        if name not in files:
            raise PackageError("it is not in the package", source=name)
        form = one.get("format") if one.get("format") in plugins.names(KIND) else None
        chosen = replace(options, format=form, max_bytes=limit_bytes)
        yield from read_bytes(files[name], name, chosen)


def stations(rows: Positions) -> list[str]:
    """Return the stations that reports say received them, in order of name."""
    text = rows.texts.get("station")
    return [] if text is None else sorted(text.values[code] for code in np.unique(text.codes) if code >= 0)


def told_steps(name: str, told: Mapping[str, Any], found: Any) -> Step:
    """Return whether a configuration says of who received the reports what these say themselves."""
    if told.get(name) == found:
        return agrees("reports", f"{name} are those that the reports are from", MANIFEST)
    return differs("reports", f"{name} are others", MANIFEST, str(told.get(name))[:500], str(found)[:500])


def has_sources(files: Mapping[str, bytes]) -> bool:
    """Return whether the reports of a package came from files. Raises PackageError for an index that is
    none."""
    return bool(list_of(mapping(parsed(files.get(INDEX, b""), INDEX), INDEX), "files", INDEX))


def rows(files: Mapping[str, bytes], limit_bytes: int) -> Positions:
    """Return the rows of a package. Raises DecodeError or SchemaError for what is no table of positions."""
    if ROWS not in files:
        raise PackageError("it is not in the package", source=ROWS)
    chosen = ArchiveOptions(format="parquet", max_bytes=limit_bytes)
    return concatenate([batch.positions for batch in _few(read_bytes(files[ROWS], ROWS, chosen), ROWS)])


def _few(batches: Iterable[TrackBatch], source: str) -> Iterator[TrackBatch]:
    """Yield batches. Raises PackageError once they have more than :data:`MOST_ROWS` reports."""
    count = 0
    for batch in batches:
        count += len(batch.positions)
        if count > MOST_ROWS:
            raise PackageError(f"more than {MOST_ROWS:,} rows", source=source)
        yield batch


def of_targets(positions: Positions, names: Any) -> Positions:
    """Return the reports of some targets."""
    wanted = np.array([*(name in names for name in positions.target.values), False], np.bool_)
    return positions.take(wanted[positions.target.codes])


def by_target(positions: Positions, targets: Sequence[str]) -> Positions:
    """Return the reports of one target after the other, each in the order in which they are."""
    place = {name: k for k, name in enumerate(targets)}
    values = [place.get(name, len(targets)) for name in positions.target.values]
    codes = np.array([*values, len(targets)])[positions.target.codes]
    return positions.take(np.argsort(codes, kind="stable"))


def differences(ours: Positions, theirs: Positions) -> Iterator[str]:
    """Yield in what two tables of reports differ, in words."""
    if len(ours) != len(theirs):
        yield f"{len(theirs):,} rows, not {len(ours):,}"
        return
    a, b = ours.to_arrow(), theirs.to_arrow()
    for name in a.column_names:
        one, other = (table[name].combine_chunks() for table in (a, b))
        if one.equals(other) or _texts(one) == _texts(other):
            continue
        row = next(k for k in range(len(one)) if one[k].as_py() != other[k].as_py())
        yield f"{name} in row {row}: {other[row].as_py()}, not {one[row].as_py()}"


def _texts(column: Any) -> Any:
    return column.to_pylist()


def compact(positions: Positions) -> Positions:
    """Return the same rows with only the texts that occur in them."""
    texts = {name: _compact(text) for name, text in positions.texts.items()}
    return replace(positions, target=_compact(positions.target), texts=texts)


def _compact(text: Coded) -> Coded:
    return Coded.from_list([None if code < 0 else text.values[code] for code in text.codes.tolist()])


def parquet(positions: Positions) -> bytes:
    """Return positions as a Parquet file: the same bytes for the same rows."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(positions.to_arrow(), out, compression="zstd", row_group_size=1 << 20)
    return out.getvalue()


def _names(tracks: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what each file is called in the package: its name, or its place in the folder that was named."""
    for track in tracks:
        if os.path.isdir(track):
            for path in Path(track).rglob("*"):
                yield str(path), path.relative_to(track).as_posix()
        else:
            yield track, Path(track).name


def _digest(path: str, whole: bool) -> tuple[str, int, bytes]:
    """Return SHA-256, size and, where the ``whole`` is wanted, the bytes of a file."""
    digest, size, pieces = hashlib.sha256(), 0, []
    with open(path, "rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            if whole:
                pieces.append(piece)
    return digest.hexdigest(), size, b"".join(pieces)
