"""A process of a channel's own, for a library that reads whatever it is answered, for as long as it comes.

What goes on there beyond its time is ended with it, and its memory is limited: it grows no other's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

_MOST_ANSWER_BYTES = 65536
END_S = 2.0


class OwnProcess:
    """A module of nofly that answers each line with a line, started when it is first needed.

    The first line that it is given is ``first``: a secret stands neither in its arguments nor in its
    environment. It ends when nobody can give it lines any more.
    """

    def __init__(self, module: str, first: bytes) -> None:
        self._module, self._first = module, first
        self._process: Process | None = None
        self._killed: Process | None = None

    async def ask(self, line: bytes) -> bytes:
        """Return what it answers. Whoever waits no longer ends the process; the next one starts anew.

        Raises OSError where it cannot be started, or ends without an answer.
        """
        try:
            if self._process is None or self._process.returncode is not None:
                self._process = await self._started()
                self._give(self._process, self._first)
            process = self._process
            self._give(process, line)
            if process.stdout is None:
                raise OSError(0, "the process that tells it cannot be heard")
            answer = await process.stdout.readline()
            if not answer:
                raise OSError(0, "the process that tells it ended")
            return answer
        except BaseException:
            self._kill()
            raise

    async def aclose(self) -> None:
        """End it."""
        self._kill()
        if self._killed is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._killed.wait()

    async def _started(self) -> Process:
        # It finds the modules that this process finds, and none in the folder that it is started in.
        known = os.pathsep.join(path for path in sys.path if path)
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", self._module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
            limit=_MOST_ANSWER_BYTES, env={**os.environ, "PYTHONPATH": known}, start_new_session=True,
        )  # fmt: skip

    @staticmethod
    def _give(process: Process, line: bytes) -> None:
        if process.stdin is not None:
            process.stdin.write(line + b"\n")

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            self._killed = process
            with suppress(ProcessLookupError):
                process.kill()
