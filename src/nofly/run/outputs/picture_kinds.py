"""Which kinds of picture can be drawn."""

from __future__ import annotations

from pathlib import Path

from nofly.errors import ConfigError

KINDS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}


def kind_of(path: str | Path) -> str:
    """Return the kind of picture a file name's extension stands for; ConfigError where none does."""
    kind = KINDS.get(Path(path).suffix.lower())
    if kind is None:
        raise ConfigError("no such kind of picture", source=str(path), expected=" or ".join(KINDS))
    return kind
