"""Why something failed, in words of the system alone: what a library or a peer says may hold anything."""

from __future__ import annotations

import os
from socket import gaierror, herror
from ssl import SSLError


def reason(error: OSError) -> str:
    """Return why, as ``Connection refused``; the kind of the error where the system has no words for it."""
    if isinstance(error, SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, gaierror | herror) or error.errno is None or error.errno <= 0:
        # Their numbers are not the system's.
        return error.strerror or type(error).__name__
    return os.strerror(error.errno)
