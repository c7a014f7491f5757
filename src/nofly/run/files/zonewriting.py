"""Which format plugin writes a zone file."""

from __future__ import annotations

from typing import Any

from nofly import plugins
from nofly.errors import ConfigError

KIND = "nofly.formats"


def writer(name: str | None, path: str) -> Any:
    """Return the plugin that writes the format ``name``, else the one ``path``'s extension stands for: an
    extension that is a format's name is that format's (``.geojson``, ``.ed269.json``).

    Raises ConfigError where there is none, or more than one.
    """
    modules = [(each, plugins.load(KIND, each)) for each in plugins.names(KIND)]
    writers = {each: module for each, module in modules if hasattr(module, "write")}
    if name is not None:
        fit = [module for each, module in writers.items() if name in (each, module.NAME)]
    else:
        fit = [module for module in writers.values() if path.lower().endswith(tuple(module.EXTENSIONS))]
        endings = path.lower().split(".")[-2:]
        fit = [module for module in fit if module.NAME in endings] or fit
    if len(fit) == 1:
        return fit[0]
    message = f"no format {name!r}" if name else "the extension names no one format"
    raise ConfigError(message, source="" if name else path, expected=f"--to {' or '.join(writers)}")
