"""A report in one of a verb's formats: the one asked for, or that of its file's extension."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ENDINGS = {".txt": "text", ".json": "json", ".html": "html"}


def report_format(format: str | None, output: str | None, endings: Mapping[str, str] = ENDINGS) -> str:
    """Return ``format``, else what the extension of ``output`` stands for, text without either.

    Raises ConfigError for an extension that stands for none.
    """
    if format:
        return format
    if not output:
        return "text"
    ending = Path(output).suffix.lower()
    if ending not in endings:
        from nofly.errors import ConfigError

        raise ConfigError(
            "its extension names no format", source=output, expected=f"one of {', '.join(endings)}"
        )
    return endings[ending]


def put_report(data: bytes, format: str, output: str | None) -> None:
    """Write a report to its file, whole or not at all, or to standard output."""
    from nofly.cli.streams import say, say_text
    from nofly.run.files.atomic import write_whole

    if output:
        write_whole(output, data)
    elif format == "text":
        say_text(data.decode().rstrip("\n"))
    else:
        say(data)
