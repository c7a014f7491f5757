"""Raster tiles of another server under the map, where somebody wants them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from nofly.errors import ConfigError
from nofly.run.outputs.text import printable


class Tiles(NamedTuple):
    """Tiles by their address with ``{z}``, ``{x}`` and ``{y}``, whose they are, and where they are from."""

    url: str
    attribution: str
    origin: str


def tiles_at(url: str, attribution: str) -> Tiles | None:
    """Return the tiles of an address, None where there is none. Raises ConfigError for what is none."""
    if not url:
        return None
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        found, port = urlsplit(""), None
    whole = all(f"{{{name}}}" in url for name in "zxy") and url.isascii() and url.isprintable()
    if found.scheme not in ("http", "https") or not found.hostname or found.username or not whole:
        raise ConfigError(
            f"{printable(url)[:200]!r} is no address of tiles", locator="web.tiles",
            expected="https://host/{z}/{x}/{y}.png",
        )  # fmt: skip
    host = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
    if not set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-[]:"):
        raise ConfigError(
            f"no host: {printable(host)[:200]!r}", locator="web.tiles", expected="a host's name"
        )
    return Tiles(url, attribution, f"{found.scheme}://{host}{f':{port}' if port else ''}")
