"""JSON objects one after the other out of files larger than memory: of a list, by lines, or end to end.

A block of the file is cut where one object seems to end and the next to begin, and decoded whole;
only where that fails, because the cut fell into a text or an object is broken, is the block searched for
its objects, and each decoded by itself, so that one bad object costs itself alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from nofly.errors import DecodeError, Finding, Severity
from nofly.feeds.options import ArchiveOptions

BLOCK_BYTES = 1 << 19
"""Decoded at once: so little that the objects are still in the processor's cache when they are used."""
_DOCUMENT_BLOCK_BYTES = 8 << 20
_READ_BYTES = 1 << 19
_NEAR_BYTES = 1 << 14
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_BETWEEN = re.compile(rb"\}[\s,]*\{")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
_NOT_A_NUMBER = re.compile(rb"(?<=[:\[,])\s*-?(?:NaN|Infinity)\b")

T = TypeVar("T")


@dataclass(slots=True)
class Records(Generic[T]):
    """Some objects in file order, what was wrong with others, and the number of the first (from 1)."""

    objects: list[T]
    first: int
    findings: list[Finding] = field(default_factory=list)


def first_objects(data: bytes, most: int = 64) -> list[dict[str, Any]]:
    """Return up to ``most`` objects from the beginning of a list or sequence: to see which keys there are."""
    found = []
    for start, end in _spans(data, most)[0]:
        value = _decode_one(data[start:end], msgspec.json.Decoder(dict[str, Any]))
        if value is not None:
            found.append(value)
    return found


def records(
    file: BinaryIO, source: str, options: ArchiveOptions, kind: type[T], head: bytes = b"", longest: int = 0,
    close: type[T] | None = None,
) -> Iterator[Records[T]]:  # fmt: skip
    """Yield a file's objects as ``kind`` (a msgspec type), a block at a time, bad ones as findings.

    ``head`` is what has already been read of the file; ``longest`` the most bytes of one object where objects
    are documents (``options.max_line_bytes`` unless told); ``close`` a type that fits more closely and is
    used instead, up to the first block that does not fit it. Raises DecodeError where an object is longer, or
    where the file is neither a list of objects nor a sequence of them.
    """
    block_bytes = max(BLOCK_BYTES, _DOCUMENT_BLOCK_BYTES) if longest else BLOCK_BYTES
    kinds = [kind] if close is None else [kind, close]
    return _Reader(file, source, longest or options.max_line_bytes, block_bytes, kinds).blocks(head)


class _Reader(Generic[T]):
    def __init__(
        self, file: BinaryIO, source: str, longest: int, block_bytes: int, kinds: Sequence[type[T]]
    ) -> None:
        self._file = file
        self._source = source
        self._longest = longest
        self._block_bytes = block_bytes
        self._whole = [(msgspec.json.Decoder(list[k]), msgspec.json.Decoder(k)) for k in kinds]  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(kinds[0])
        self._lax = msgspec.json.Decoder(kinds[0], strict=False)
        self._count = 0
        self._in_list = False
        self._closed = False

    def blocks(self, head: bytes) -> Iterator[Records[T]]:
        data, ended = self._fill(head)
        data = data.removeprefix(_BOM).lstrip(_BLANK)
        self._in_list = data[:1] == b"["
        if not self._in_list and data[:1] != b"{":
            raise DecodeError(
                "not a list or sequence of JSON objects", source=self._source, expected="[ or {"
            )
        data = data[1:] if self._in_list else data
        good = 0
        while True:
            cut = len(data) if ended else self._cut(data)
            block, rest = self._decode(data[:cut], ended)
            good += len(block.objects)
            if self._closed and self._count and not good:
                raise DecodeError(
                    "no object of it can be read", source=self._source, expected="whole JSON objects"
                )
            yield block
            left = data[cut:].lstrip(_BLANK)
            data = rest + left if rest else left.removeprefix(b",")
            if self._closed or (ended and not data.strip(_BLANK)):
                break
            if len(data) > 2 * self._longest + self._block_bytes or ended:
                raise DecodeError(
                    f"object {self._count + 1} does not end", source=self._source,
                    expected=f"objects of at most {self._longest} bytes",
                )  # fmt: skip
            data, ended = self._fill(data)

    def _fill(self, data: bytes) -> tuple[bytes, bool]:
        """Return the data with more read to it, and whether the file has ended.

        What is there already is at least doubled, so that an object longer than a block is searched for its
        end in time that grows as its length.
        """
        parts, size = [data], 0
        while size < max(self._block_bytes, len(data)):
            part = self._file.read(_READ_BYTES)
            if not part:
                return b"".join(parts), True
            parts.append(part)
            size += len(part)
        return b"".join(parts), False

    def _cut(self, data: bytes) -> int:
        """Return where an object ends near the end of the data, as far as can be seen without decoding."""
        mark = data.rfind(b"},{" if self._in_list else b"}\n{")
        if mark >= 0:
            return mark + 1
        for tail in (_NEAR_BYTES, 2 * self._longest):
            matches = list(_BETWEEN.finditer(data, max(0, len(data) - tail)))
            if matches:
                return matches[-1].start() + 1
        return len(data)

    def _decode(self, data: bytes, ended: bool) -> tuple[Records[T], bytes]:
        """Return the objects of a block, and what of it belongs to the next."""
        text = data.strip(_BLANK).removeprefix(b",")
        complete = True
        if self._in_list and ended:
            complete = text.endswith(b"]")
            text = text[:-1] if complete else text
        whole = self._decode_whole(text)
        if whole is None:
            return self._decode_each(text + (b"]" if self._in_list and ended and complete else b""), ended)
        first = self._count + 1
        self._count += len(whole)
        self._closed = ended
        block = Records(whole, first)
        if not complete:
            block.findings.append(self._finding("file-truncated", Severity.WARNING, "the list has no end"))
        return block, b""

    def _decode_whole(self, text: bytes) -> list[T] | None:
        while True:
            many, one = self._whole[-1]
            try:
                if self._in_list:
                    return many.decode(b"".join((b"[", text, b"]")))
                if b"\n" not in text:
                    return [one.decode(text)] if text else []
                return one.decode_lines(text)
            except (msgspec.DecodeError, RecursionError, ValueError):
                if len(self._whole) == 1:
                    return None
                self._whole.pop()

    def _decode_each(self, text: bytes, ended: bool) -> tuple[Records[T], bytes]:
        first = self._count + 1
        block: Records[T] = Records([], first)
        spans, stopped = _spans(text)
        end = 0
        for start, end in spans:
            if end - start > self._longest:
                raise DecodeError(
                    f"an object of {end - start} bytes", source=self._source,
                    locator=f"object {self._count + 1}",
                    expected=f"at most {self._longest} bytes",
                )  # fmt: skip
            self._count += 1
            found = _decode_one(text[start:end], self._one, self._lax)
            if found is None:
                block.findings.append(
                    self._finding("record-broken", Severity.REJECTED, "object cannot be read")
                )
            else:
                block.objects.append(found)
        self._closed = ended or stopped >= 0
        rest = text[end:] if stopped < 0 else text[stopped + 1 :]
        if self._closed and rest.strip(_BLANK + b",]"):
            self._count += 1
            cut_off = stopped < 0
            message = "the file ends within an object" if cut_off else "bytes after the end of the list"
            code = "record-broken" if cut_off else "bytes-ignored"
            severity = Severity.REJECTED if cut_off else Severity.WARNING
            block.findings.append(self._finding(code, severity, message))
        elif ended and self._in_list and stopped < 0:
            block.findings.append(self._finding("file-truncated", Severity.WARNING, "the list has no end"))
        return block, b"" if self._closed else rest

    def _finding(self, code: str, severity: Severity, message: str) -> Finding:
        return Finding(code, severity, message, self._source, f"object {self._count}")


def _spans(data: bytes, most: int = 0) -> tuple[list[tuple[int, int]], int]:
    """Return where each outermost object begins and ends, and where a list ends (-1: it does not)."""
    spans: list[tuple[int, int]] = []
    depth, start = 0, 0
    for token in _TOKEN.finditer(data):
        byte = data[token.start()]
        if byte == 0x7B:
            start = token.start() if depth == 0 else start
            depth += 1
        elif byte == 0x7D and depth:
            depth -= 1
            if depth == 0:
                spans.append((start, token.end()))
                if len(spans) == most:
                    break
        elif byte == 0x5D and depth == 0:
            return spans, token.start()
    return spans, -1


def _decode_one(data: bytes, *decoders: msgspec.json.Decoder[T]) -> T | None:
    """Return an object by the first decoder that takes it; NaN and Infinity, not JSON, count as null."""
    for text in (data, None):
        plain = _NOT_A_NUMBER.sub(b"null", data) if text is None else text
        for decoder in decoders:
            try:
                return decoder.decode(plain)
            except (msgspec.DecodeError, RecursionError, ValueError):
                continue
    return None
