"""What the files of a command line are: zones, tracks or terrain."""

from __future__ import annotations

import glob
import io
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from nofly import plugins
from nofly.errors import ConfigError

_TRACKS, _ZONES = "nofly.feeds.archives", "nofly.formats"
_HEAD_BYTES = 1 << 16
_TERRAIN = (".hgt", ".hgt.zip", ".tif", ".tiff")


def is_tracks(path: str) -> bool:
    """Return whether a file looks more like recorded traffic than like zones, by its first bytes.

    A folder is what the first of its files is that is either. What cannot be read or is neither is taken as
    tracks: their reader says what is wrong.
    """
    if path == "-":
        return True
    if os.path.isdir(path):
        return _holds_tracks(path)
    head = _head(path)
    tracks, zones = (max(plugins.sniffed(kind, head).values(), default=0) for kind in (_TRACKS, _ZONES))
    if tracks != zones:
        return tracks > zones
    return _named_so(_TRACKS, head, path) >= _named_so(_ZONES, head, path)


def _holds_tracks(folder: str) -> bool:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            head = b"" if name.startswith(".") else _head(os.path.join(place, name))
            if any(max(plugins.sniffed(kind, head).values(), default=0) for kind in (_TRACKS, _ZONES)):
                return is_tracks(os.path.join(place, name))
    return True


def read_beside(paths: Sequence[str], format: str | None) -> bool:
    """Return whether traffic is of a format that is worth a process of its own to read, by its first file."""
    if not paths or not all(map(os.path.isfile, paths)):
        return False
    scores = plugins.sniffed(_TRACKS, _head(paths[0])) if format is None else {format: 1}
    surest = max(scores, key=scores.__getitem__, default="")
    return surest in plugins.names(_TRACKS) and hasattr(plugins.load(_TRACKS, surest), "BESIDE")


def is_terrain(path: str) -> bool:
    """Return whether a name is that of a terrain tile, or of a folder that holds one."""
    if os.path.isdir(path):
        return any(name.lower().endswith(_TERRAIN) for name in os.listdir(path))
    return path.lower().endswith(_TERRAIN)


def expanded(names: Iterable[str]) -> list[str]:
    """Return names with patterns (``zones/*.geojson``) replaced by the files they fit.

    Raises ConfigError for a pattern that fits none.
    """
    out: list[str] = []
    for name in names:
        if os.path.exists(name) or not glob.has_magic(name):
            out.append(name)
            continue
        found = sorted(glob.glob(name))
        if not found:
            raise ConfigError("no file fits this pattern", source=name)
        out += found
    return out


def total_bytes(paths: Iterable[str]) -> int:
    """Return the size of the files and of all files in the folders; 0 for what has none."""
    total = 0
    for path in paths:
        if os.path.isdir(path):
            total += sum(p.stat().st_size for p in Path(path).rglob("*") if p.is_file())
        elif os.path.isfile(path):
            total += os.path.getsize(path)
    return total


def _named_so(kind: str, head: bytes, path: str) -> bool:
    """Return whether a file is named as one of the plugins that are surest of it (of all, if none is) say."""
    name = path.lower().removesuffix(".gz").removesuffix(".zst")
    scores = plugins.sniffed(kind, head)
    best = max(scores.values(), default=0)
    surest = [plugin for plugin in plugins.names(kind) if scores.get(plugin, 0) == best]
    return any(name.endswith(plugins.load(kind, plugin).EXTENSIONS) for plugin in surest)


def _head(path: str) -> bytes:
    """Return the first 64 KiB of a file, unpacked; nothing where it cannot be read."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_HEAD_BYTES)
    except OSError:
        return b""
    if raw.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(31).decompress(raw, _HEAD_BYTES)
        except zlib.error:
            return b""
    if raw.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        try:
            with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(raw)) as reader:
                return reader.read(_HEAD_BYTES)
        except zstandard.ZstdError:
            return b""
    return raw
