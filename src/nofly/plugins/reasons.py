"""Why something failed, in words of the system alone: what a library or a peer says may hold anything."""

from __future__ import annotations

import os
from ssl import SSLError

_OF_NAMES = ("gaierror", "herror")
"""Errors of looking up a name: their numbers are not the system's."""


def reason(error: OSError) -> str:
    """Return why, as ``Connection refused``; the kind of the error where the system has no words for it."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if type(error).__name__ in _OF_NAMES or error.errno is None or error.errno <= 0:
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)


def placed(place: str, error: OSError) -> OSError:
    """Return an error of which :func:`reason` says where and why."""
    return ConnectionError(0, f"{place}: {reason(error)}")
