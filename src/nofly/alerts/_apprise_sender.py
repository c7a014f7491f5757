"""What sends by way of Apprise, as a process of its own: lines of JSON in, a line for each out.

The first line is the service's URL; every other one the arguments of a notification, answered with ``true``
where the service took it and ``false`` where it did not.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO

MOST_BYTES = 512 << 20
"""Of addresses that the process may use, where the system can limit them: an answer longer than there is room
for is one that the service did not take."""


def main() -> None:
    """Serve until nobody can give any lines more, whatever goes on then."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        # What a library prints is no answer.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        limit_memory()
        lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_serve, args=(lines, answers), daemon=True).start()
        for line in sys.stdin.buffer:
            lines.put(line)
        # A thread that reads without end is not waited for.
        os._exit(0)


def limit_memory() -> None:
    """Limit what this process may use, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def _serve(lines: SimpleQueue[bytes], answers: IO[bytes]) -> None:
    import apprise

    # What it logs may hold a URL, and with it a password.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset()
    asset.http_redirects = False  # what is told goes to whom it was told to, not to whom he names
    service = apprise.Apprise(asset=asset)
    service.add(json.loads(lines.get()))
    while True:
        known = json.loads(lines.get())
        try:
            taken = bool(service.notify(**known))
        except Exception:  # whatever a service's plugin raises, too little memory too: it was not taken
            taken = False
        answers.write(b"true\n" if taken else b"false\n")


if __name__ == "__main__":
    main()
