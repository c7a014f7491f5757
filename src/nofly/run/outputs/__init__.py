"""Everything a result can be written as: one module a format."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from nofly.errors import ConfigError
from nofly.run.files.atomic import write_whole

if TYPE_CHECKING:
    from nofly.run.result import CheckResult

FORMATS: dict[str, tuple[str, ...]] = {
    "table": (".txt",),
    "json": (".json",),
    "csv": (".csv",),
    "geojson": (".geojson",),
    "kml": (".kml",),
    "parquet": (".parquet", ".pq"),
    "html": (".html", ".htm"),
}
"""Format → the extensions that stand for it. Each is a module ``nofly.run.outputs.<format>``."""


def format_of(path: str | Path) -> str:
    """Return the format that a file name's extension stands for; ConfigError where none does."""
    suffix = Path(path).suffix.lower()
    for name, suffixes in FORMATS.items():
        if suffix in suffixes:
            return name
    known = ", ".join(s for suffixes in FORMATS.values() for s in suffixes)
    message = f"the extension {suffix!r} names no format"
    raise ConfigError(message, source=str(path), expected=f"--format or {known}")


def render(result: CheckResult, format: str) -> bytes:
    """Return the result in a format; ConfigError where there is no such format."""
    if format not in FORMATS:
        raise ConfigError(f"no output format {format!r}", expected=", ".join(FORMATS))
    module = importlib.import_module(f"nofly.run.outputs.{format}")
    data: bytes = module.write(result)
    return data


def write(result: CheckResult, path: str | Path, format: str | None = None) -> None:
    """Write the result to ``path``, whole or not at all; without ``format`` the extension says which.

    Raises ConfigError for an unknown format or extension, OSError where it cannot be written.
    """
    write_whole(path, render(result, format or format_of(path)))
