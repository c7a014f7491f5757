"""Bytes of a stream to lines, however they are cut."""

from __future__ import annotations

from collections.abc import Iterator


class Lines:
    """Cuts bytes into lines of at most ``most_bytes``; what a longer one holds is not kept."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._rest = bytearray()
        self._passed = 0
        """Bytes of the line under way that are given up already."""
        self._offset = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes | None]]:
        """Yield where each line that ends in ``data`` begins in the stream, and the line without its end.

        A line of blanks is left out; one that is too long is None.
        """
        *lines, last = data.split(b"\n")
        for line in lines:
            found = self._ended(line)
            if found is not None:
                yield found
        self._keep(last)

    def finish(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield a last line that has no end."""
        found = self._ended(b"")
        self._offset -= 1
        if found is not None:
            yield found

    def _keep(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._most_bytes:
            self._passed += len(self._rest)
            self._rest.clear()

    def _ended(self, end: bytes) -> tuple[int, bytes | None] | None:
        start, long = self._offset, self._passed > 0
        size = self._passed + len(self._rest) + len(end)
        line = bytes(self._rest) + end
        self._offset += size + 1
        self._passed = 0
        self._rest.clear()
        if long or size > self._most_bytes:
            return start, None
        line = line.strip()
        return (start, line) if line else None
