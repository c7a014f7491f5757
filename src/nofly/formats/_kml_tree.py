"""KML and KMZ bytes to placemarks, one at a time: bounded, and without entities, whatever is sent."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from nofly.errors import ZoneFormatError

MAX_BYTES = 64 * 1024 * 1024
"""The longest KML that is read, after decompression."""
MAX_RATIO = 200
"""A KMZ entry that unpacks to more than this many times its size is no map."""
MAX_ENTRIES = 2_000
MAX_DEPTH = 64
MAX_ELEMENTS = 100_000
"""Elements in one placemark, beyond which it is rejected."""
MAX_ALL_ELEMENTS = 2_000_000
"""Elements in one document, beyond which it is refused."""
NAMESPACES = (
    "",
    *(f"http://www.opengis.net/kml/{version}" for version in ("2.2", "2.3")),
    *(f"http://earth.google.com/kml/{version}" for version in ("2.0", "2.1", "2.2")),
)

_PLACEMARK, _NAME, _SPAN = "Placemark", "name", "TimeSpan"
_CONTAINERS = ("Document", "Folder")
_OUTSIDE = ("NetworkLink", "GroundOverlay", "PhotoOverlay", "ScreenOverlay", "NetworkLinkControl")
"""Features whose content is elsewhere, or a picture, or an update of another file."""
_EXPECTED = "KML 2.0 to 2.3, or a KMZ of it"


@dataclass(slots=True)
class Node:
    """One element: its name without prefix, its attributes, its own text, its children, its line."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Node]:
        """Yield the direct children of these names."""
        return (child for child in self.children if child.tag in tags)

    def child(self, tag: str) -> Node | None:
        """Return the first direct child of this name."""
        return next(self.all(tag), None)

    def said(self, tag: str) -> str:
        """Return the text of the first direct child of this name, or nothing."""
        found = self.child(tag)
        return found.text.strip() if found is not None else ""


@dataclass(frozen=True, slots=True)
class Placemark:
    """A placemark, the names of the folders it is in, the nearest folder's TimeSpan, whether it has too many
    elements to be kept."""

    node: Node
    folders: tuple[str, ...]
    span: Node | None
    oversized: bool


def unpacked(data: bytes, source: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the KML of a file, and the names of other KML files in its archive, which are not read.

    Of a KMZ (a zip) it is ``doc.kml``, else the first entry that ends in ``.kml`` (OGC 12-007r2 annex C).
    Raises ZoneFormatError: an archive that is broken, encrypted, has more than ``MAX_ENTRIES`` entries or
    unpacks beyond ``MAX_BYTES`` or ``MAX_RATIO``.
    """
    others: tuple[str, ...] = ()
    if data.startswith(b"PK"):
        data, others = _from_archive(data, source)
    if len(data) > MAX_BYTES:
        raise ZoneFormatError(f"longer than {MAX_BYTES:,} bytes", source=source, expected=_EXPECTED)
    return data, others


def _from_archive(data: bytes, source: str) -> tuple[bytes, tuple[str, ...]]:
    import struct
    import zipfile

    def refuse(why: str) -> ZoneFormatError:
        return ZoneFormatError(why, source=source, expected=_EXPECTED)

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = [e for e in archive.infolist() if e.filename.lower().endswith(".kml")]
        if len(archive.infolist()) > MAX_ENTRIES:
            raise refuse(f"an archive of more than {MAX_ENTRIES} entries")
        if not entries:
            raise refuse("an archive without a .kml file")
        chosen = next((e for e in entries if e.filename == "doc.kml"), entries[0])
        if chosen.flag_bits & 1:
            raise refuse(f"{chosen.filename!r} is encrypted")
        if chosen.file_size > MAX_BYTES or chosen.file_size > MAX_RATIO * max(chosen.compress_size, 1_000):
            raise refuse(f"{chosen.filename!r} unpacks to {chosen.file_size:,} bytes")
        content = archive.read(chosen)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError) as error:
        raise refuse(f"broken KMZ: {error}") from None
    except (OSError, EOFError, ValueError, LookupError, OverflowError) as error:
        raise refuse(f"broken KMZ: {error}") from None
    return content, tuple(entry.filename for entry in entries if entry is not chosen)


class Walker:
    """Walks one KML document and hands out its placemarks; counts what it passes over."""

    def __init__(self, source: str, take: Callable[[Placemark], None]) -> None:
        self.outside: dict[str, tuple[int, int]] = {}
        """Name of a feature whose content is elsewhere → (line of the first, how many)."""
        self.namespace = ""
        self._source = source
        self._take = take
        self._path: list[str] = []
        self._folders: list[str] = []
        self._spans: list[Node | None] = []
        self._nodes: list[Node] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self._all_elements = 0
        self._skipping = 0
        self._folder_name: list[str] | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def walk(self, data: bytes) -> None:
        """Parse the whole document. Raises ZoneFormatError where it is not well-formed KML."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise self._error(expat.errors.messages[error.code], error.lineno) from None
        except ZoneFormatError:
            raise
        except (LookupError, ValueError, TypeError) as error:
            raise self._error(f"cannot be decoded: {error}", 1) from None

    def _error(self, why: str, line: int) -> ZoneFormatError:
        return ZoneFormatError(why, source=self._source, locator=f"line {line}", expected=_EXPECTED)

    def _refuse_doctype(self, *_: Any) -> None:
        line = self._parser.CurrentLineNumber
        raise self._error("a DOCTYPE, which KML has none of, and which entities come in with", line)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        line = self._parser.CurrentLineNumber
        if not self._path:
            if tag != "kml":
                raise self._error(f"the root element is {tag[:40]!r}", line)
            prefix = name.rpartition(":")[0]
            self.namespace = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
        self._path.append(tag)
        self._all_elements += 1
        if self._all_elements > MAX_ALL_ELEMENTS:
            raise self._error(f"more than {MAX_ALL_ELEMENTS:,} elements", line)
        if len(self._path) > MAX_DEPTH:
            raise self._error(f"more than {MAX_DEPTH} elements deep", line)
        if self._skipping:
            return
        if self._nodes or tag == _PLACEMARK or (tag == _SPAN and self._path[-2] in _CONTAINERS):
            self._open(tag, attributes, line)
        elif tag in _OUTSIDE:
            first, many = self.outside.get(tag, (line, 0))
            self.outside[tag] = (first, many + 1)
            self._skipping = len(self._path)
        elif tag in _CONTAINERS:
            self._folders.append("")
            self._spans.append(None)
        elif tag == _NAME and self._path[-2] in _CONTAINERS:
            self._folder_name = []

    def _open(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self._elements += 1
        node = Node(tag, attributes, line)
        if self._nodes and self._elements <= MAX_ELEMENTS:
            self._nodes[-1].children.append(node)
        self._nodes.append(node)
        self._texts.append([])

    def _text(self, text: str) -> None:
        if self._nodes:
            if self._elements <= MAX_ELEMENTS:
                self._texts[-1].append(text)
        elif self._folder_name is not None:
            self._folder_name.append(text)

    def _end(self, _: str) -> None:
        depth, tag = len(self._path), self._path.pop()
        if self._skipping:
            if depth == self._skipping:
                self._skipping = 0
        elif self._nodes:
            node = self._nodes.pop()
            node.text = "".join(self._texts.pop())
            if not self._nodes:
                self._captured(node)
        elif tag in _CONTAINERS:
            self._folders.pop()
            self._spans.pop()
        elif tag == _NAME and self._folder_name is not None:
            self._folders[-1] = " ".join("".join(self._folder_name).split())[:200]
            self._folder_name = None

    def _captured(self, node: Node) -> None:
        """Take a whole placemark, or the TimeSpan of a folder."""
        if node.tag == _SPAN:
            self._spans[-1] = node
        else:
            folders = tuple(folder for folder in self._folders if folder)
            span = next((span for span in reversed(self._spans) if span is not None), None)
            self._take(Placemark(node, folders, span, self._elements > MAX_ELEMENTS))
        self._elements = 0
