"""How the source files of a package were read, so that they can be read so again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nofly.errors import ConfigError
from nofly.feeds.options import ArchiveOptions, Column
from nofly.proof.packing.container import PackageError

_READING = (
    "columns",
    "altitude_datum",
    "time_zone",
    "start_us",
    "beast_clock",
    "receiver",
    "respect_privacy",
)


def reading(options: ArchiveOptions) -> dict[str, Any]:
    """Return how files were read, as plain values, but for limits and format."""
    plain = asdict(options)
    columns = {name: list(Column(*column)) for name, column in options.columns.items()}
    receiver = None if options.receiver is None else list(options.receiver)
    order = {"date_order": options.date_order} if options.date_order else {}
    return {name: plain[name] for name in _READING} | {"columns": columns, "receiver": receiver} | order


def options_of(told: Mapping[str, Any]) -> ArchiveOptions:
    """Return the reading that :func:`reading` told. Raises PackageError for what is none."""
    try:
        values = {name: told[name] for name in _READING}
        columns = {str(k): Column(str(v[0]), str(v[1])) for k, v in values["columns"].items()}
        place = values["receiver"]
        receiver = None if place is None else (float(place[0]), float(place[1]))
        values |= {"columns": columns, "receiver": receiver, "date_order": told.get("date_order")}
        return ArchiveOptions(**values)
    except (ConfigError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise PackageError(f"no way to read files: {error!r}", source="manifest.json") from error
