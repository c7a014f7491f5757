"""The files of the pages: compressed once, not every time that somebody asks."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

LEAST_BYTES = 1024
_PACKED = ("text/", "application/json", "application/octet-stream", "image/svg+xml")


class PackedFiles(StaticFiles):
    """The files of a folder that nobody changes while it is served, with what gzip makes of each."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)
        self._packed: dict[str, tuple[float, bytes]] = {}
        """By path: of which time of change, and what it is packed."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope,
        status_code: int = 200,
    ) -> Response:  # fmt: skip
        """Return the answer that is a file."""
        whole = super().file_response(full_path, stat_result, scope, status_code)
        kind = whole.headers.get("content-type", "")
        wanted = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if whole.status_code != 200 or not wanted or not kind.startswith(_PACKED):
            return whole
        if stat_result.st_size < LEAST_BYTES:
            return whole
        headers: Mapping[str, str] = {
            name: whole.headers[name] for name in ("etag", "last-modified", "content-type")
        }
        body = self._of(Path(full_path), stat_result.st_mtime)
        return Response(body, status_code, {**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"})

    def _of(self, path: Path, changed_s: float) -> bytes:
        name = str(path)
        known = self._packed.get(name)
        if known is None or known[0] != changed_s:
            known = self._packed[name] = changed_s, gzip.compress(path.read_bytes(), 6)
        return known[1]
