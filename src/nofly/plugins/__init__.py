"""A file is a plugin: finds the modules of a plugin package, and entry points of outsiders.

A plugin kind is a package (``nofly.formats``, ``nofly.feeds.archives`` …) in which every module not
starting with an underscore is one plugin; outsiders register a module under the entry-point group of the
same name. The package may tell in ``MARKS`` what to look for in the first bytes of a file before a plugin is
loaded and asked: name → byte strings, one of which every file has that its ``sniff`` knows. A plugin that is
not named there is always asked. A module keeps its kind's contract by the names it defines at its top:

zone formats (``nofly.formats``)
    ``NAME: str``, ``EXTENSIONS: tuple[str, ...]``,
    ``sniff(head: bytes) -> int`` (0 no, up to 100 sure; head is the first 64 KiB, decompressed),
    ``read(data: bytes, source: str) -> tuple[list[Zone], list[Finding], int]`` (zones, findings, records),
    and where the format can be written ``write(zones: Sequence[Zone]) -> bytes``.

archives (``nofly.feeds.archives``)
    ``NAME``, ``EXTENSIONS``, ``sniff(head: bytes) -> int``,
    ``read(file: BinaryIO, source: str, options: ArchiveOptions)
    -> Iterator[tuple[Positions, list[Finding]]]``
    (batches in file order; file is decompressed and need not seek; where it is a plain file on disk it has
    ``path`` and seeks). A format that has to seek says ``SEEKS = True`` and is then always given a file that
    does. One that decodes in Python says ``BESIDE = True``: where it can be, that is done by a process beside
    the one that asks. Rows, findings of severity rejected, and those of code ``not-a-position`` or
    ``position-repeated`` add up to the records of the file.

decoders of live feeds (``nofly.feeds.decoders``)
    ``NAME``, ``FRAMING: str`` (``stream``: bytes however they are cut; ``datagram``, ``document``: each call
    gets one, whole), ``HEIGHTS`` (datums on which its rows may tell a height, of STD, AMSL, HAE and AGL, or
    ``heights(options)``, which returns them; without either, any), ``OPTIONS`` (a frozen dataclass with a
    default for every option), and ``decoder(options: Mapping[str, object], source: str) -> Decoder``
    (ConfigError for an option that is unknown or cannot be; DecodeError, FeedError never: bad input becomes
    findings). What a ``Decoder`` has to keep stands in :mod:`nofly.feeds.decoding`; in a URL such as
    ``beast+tcp://host:30005`` the decoder goes by its name, ``-`` in place of ``_``.

transports of live feeds (``nofly.feeds.transports``)
    ``NAME``, ``WHOLE: bool`` (whether each chunk is one whole message: a datagram, a body, a payload),
    ``OPTIONS`` (a frozen dataclass with a default for every option; none has the name of a decoder's), and
    ``receive(url: str, options: OPTIONS, clock: Callable[[], int]) -> AsyncGenerator[Chunk, None]``: the
    bytes of one connection to ``url``, the feed's without decoder and options (``tcp://host:30005``);
    ``clock`` returns microseconds UTC. FeedError where the connection fails, closes or stalls, ConfigError
    for what can never work; the end is the end of all. :mod:`nofly.feeds.receiving` says the rest.

channels of alerts (``nofly.alerts``)
    ``NAME``, ``OPTIONS`` (a frozen dataclass; ConfigError for a value that cannot be; none has the name of an
    option that every channel has, :class:`nofly.run.alerting.plans.TellOptions`), optionally
    ``STATEFUL: bool`` (it shows a state, and is told of an end in any case) and ``PER_MINUTE: int | None``,
    and ``channel(options: OPTIONS, source: str, clock: Callable[[], int]) -> Channel``: nothing is opened
    yet, ConfigError for what can never work. :class:`nofly.alerts.Channel` says what a channel has to keep;
    secrets stand in the environment, and no error, outcome or ``repr`` shows one.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nofly.errors import PluginError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@cache
def names(kind: str) -> dict[str, str]:
    """Return plugin name → module path for a kind such as ``nofly.formats``.

    The plugin name is the module's last name; an outsider's entry point goes by its own name.
    """
    package = importlib.import_module(kind)
    found = {
        module.name: f"{kind}.{module.name}"
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    }
    for point in _entry_points(kind):
        if point.name in found:
            raise PluginError(f"{kind}: two plugins are called {point.name!r}")
        found[point.name] = point.value
    return dict(sorted(found.items()))


def load(kind: str, name: str) -> ModuleType:
    """Return one plugin module; PluginError says which names there are."""
    paths = names(kind)
    if name not in paths:
        raise PluginError(f"{kind} has no {name!r}; there are {', '.join(paths)}")
    try:
        return importlib.import_module(paths[name])
    except ImportError as error:
        raise PluginError(f"{kind}: {name!r} cannot load: {error}") from error


@lru_cache(maxsize=8)
def sniffed(kind: str, head: bytes) -> dict[str, int]:
    """Return plugin name → how sure it is of a file with these first bytes, of those that are sure at all."""
    marks: dict[str, tuple[bytes, ...]] = getattr(importlib.import_module(kind), "MARKS", {})
    scores = {}
    for name in names(kind):
        wanted = marks.get(name)
        if wanted is None or head.startswith(_UTF16) or any(mark in head for mark in wanted):
            scores[name] = load(kind, name).sniff(head)
    return {name: score for name, score in scores.items() if score > 0}


def _entry_points(kind: str) -> list[EntryPoint]:
    """Return the entry points of a group.

    As a rule there is none. A look at what is installed tells so in a fraction of the time that it takes to
    import :mod:`importlib.metadata`.
    """
    if not _outsiders(tuple(sys.path)):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=kind))


@cache
def _outsiders(path: tuple[str, ...]) -> bool:
    """Return whether an installed package may have plugins: one states a group of nofly, or cannot be seen
    here because it is in an archive or has a finder of its own."""
    if [f for f in sys.meta_path if hasattr(f, "find_distributions")] != [PathFinder]:
        return True
    for place in path:
        try:
            children = os.listdir(place or ".")
        except NotADirectoryError:
            return True
        except OSError:
            continue
        for child in children:
            if child.lower().endswith((".dist-info", "egg-info")):
                try:
                    stated = Path(place, child, "entry_points.txt").read_bytes()
                except OSError:
                    continue
                if b"[nofly." in stated:
                    return True
    return False
