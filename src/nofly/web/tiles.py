"""Raster tiles of another server under the map, where somebody wants them."""

from __future__ import annotations

from typing import NamedTuple

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable
from nofly.web.origins import origin_of

_EXPECTED = "https://host/{z}/{x}/{y}.png"


class Tiles(NamedTuple):
    """Tiles by their address with ``{z}``, ``{x}`` and ``{y}``, whose they are, and where they are from."""

    url: str
    attribution: str
    origin: str


def tiles_at(url: str, attribution: str) -> Tiles | None:
    """Return the tiles of an address, None where there is none. Raises ConfigError for what is none."""
    if not url:
        return None
    if not all(f"{{{name}}}" in url for name in "zxy"):
        message = f"{printable(url)[:200]!r} is no address of tiles"
        raise ConfigError(message, locator="web.tiles", expected=_EXPECTED)
    return Tiles(url, attribution, origin_of(url, "web.tiles", _EXPECTED))
