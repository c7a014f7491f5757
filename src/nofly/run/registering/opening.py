"""The register that was named: on the command line, or in ``nofly.toml``."""

from __future__ import annotations

from nofly.errors import ConfigError
from nofly.plugins.secrets import is_reference, secret
from nofly.store.register import Register


def open_register(url: str, *, create: bool = False, read_only: bool = True) -> Register:
    """Return a register, of a path, a URL, or ``env:NAME`` of a variable that holds one. Raises ConfigError
    where none is named, and what :class:`Register` raises."""
    if not url:
        raise ConfigError(
            "no register is named", expected="--register PATH or URL, or [register] url in nofly.toml"
        )
    named = secret(url) if is_reference(url) else url
    return Register(named, create=create, read_only=read_only)
