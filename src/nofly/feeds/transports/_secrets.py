"""Secrets out of the environment. No error names more than the variable."""

from __future__ import annotations

import os
import re

from nofly.errors import ConfigError

_PRINTABLE = re.compile(r"[\x21-\x7e]+")


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
