"""Secrets that plugins need, out of the environment. No error names more than the variable."""

from __future__ import annotations

import os
import re
import ssl

from nofly.errors import ConfigError

_ENVIRONMENT = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def is_reference(value: object) -> bool:
    """Return whether a value is ``env:NAME``."""
    return isinstance(value, str) and _ENVIRONMENT.fullmatch(value) is not None


def check_secret(name: str, value: object, source: str = "") -> None:
    """Raise ConfigError, without the value, unless a secret is ``env:NAME`` or not given."""
    if value is not None and not is_reference(value):
        raise ConfigError(f"option {name} is not env:NAME", source=source, expected="env:NAME of a variable")


def secret(reference: str) -> str:
    """Return the value of the variable that ``env:NAME`` names; ConfigError where it is not set."""
    name = reference.removeprefix("env:")
    value = os.environ.get(name)
    if not value:
        raise ConfigError(f"the environment variable {name} is not set", expected="the secret as its value")
    return value


def token(reference: str) -> str:
    """Return a secret that has to go into a header: ConfigError where it has a blank or is not ASCII."""
    value = secret(reference)
    if not _PRINTABLE.fullmatch(value):
        name = reference.removeprefix("env:")
        raise ConfigError(f"the environment variable {name} holds no token", expected="printable ASCII")
    return value


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return a context that checks certificates, against those of a file instead of the system's."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(f"ca_file {ca_file}: {error}", expected="a file of certificates") from error
