"""A MapLibre style under the map in place of what is shipped, where somebody wants one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from nofly.errors import ConfigError
from nofly.plugins.reasons import reason
from nofly.web.origins import origin_of, origins

MOST_BYTES = 2 << 20
SERVED_AT = "/api/v1/page/style"
_EXPECTED = "the address of a MapLibre style, or a file of one"


class Style(NamedTuple):
    """A style: where a browser gets it, what it is where that is here, and where its parts come from."""

    url: str
    document: bytes | None
    origins: tuple[str, ...]


def style_at(place: str, parts_from: tuple[str, ...]) -> Style | None:
    """Return the style at an address or in a file, None where there is none; ``parts_from`` are the origins,
    beside its own, of its tiles, fonts and pictures. Raises ConfigError for what is none."""
    others = origins(parts_from, "web.style_origins")
    if not place:
        return None
    if place.startswith(("http://", "https://")):
        return Style(place, None, (origin_of(place, "web.style", _EXPECTED), *others))
    return Style(SERVED_AT, _document(Path(place)), others)


def _document(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            read = file.read(MOST_BYTES + 1)
        found = json.loads(read) if len(read) <= MOST_BYTES else None
    except OSError as error:
        raise ConfigError(f"{path}: {reason(error)}", locator="web.style", expected=_EXPECTED) from error
    except (ValueError, RecursionError):
        found = None
    told = found if isinstance(found, dict) else {}
    whole = isinstance(told.get("sources"), dict) and isinstance(told.get("layers"), list)
    if told.get("version") != 8 or not whole:
        raise ConfigError(
            f"{path}: no MapLibre style of version 8", locator="web.style",
            expected=f"JSON of at most {MOST_BYTES} bytes with sources and layers",
        )  # fmt: skip
    return read
