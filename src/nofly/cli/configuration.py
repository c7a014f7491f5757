"""The configuration file that a verb was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nofly.config import Config

MOST_CHARACTERS = 1 << 20


def state_folder(path: str) -> Path:
    """Return the folder of a watch, which need not be there. Raises ConfigError for what is no folder."""
    from nofly.errors import ConfigError

    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise ConfigError("not a folder", source=path, expected="the state folder of nofly watch")
    return folder


def read_config(path: str | None) -> Config:
    """Return what stands in a ``nofly.toml``; the defaults where none is named. Raises ConfigError and
    OSError."""
    from nofly import config

    if path is None:
        return config.Config()
    with open(path, encoding="utf-8", errors="replace") as file:
        return config.parse(file.read(MOST_CHARACTERS), path)
