"""Mail, Telegram, Discord, ntfy and some 130 more services, by way of Apprise. Needs the extra ``notify``.

The service's URL (https://github.com/caronc/apprise/wiki) holds its credentials, so it stands in the
environment. Apprise says only whether a service took a message, and cannot hand on the key: after a crash a
message may come twice.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from nofly.alerts._channel import Channel, Clock, Notice, Outcome, Urgency, later, told
from nofly.alerts._texts import one_line
from nofly.alerts._thread import OwnThread
from nofly.errors import ConfigError, PluginError
from nofly.plugins.limits import check_times
from nofly.plugins.secrets import check_secret, secret

NAME = "apprise"
STATEFUL = False
PER_MINUTE = 20
_TYPES = {Urgency.INFORMATION: "info", Urgency.WARNING: "warning", Urgency.ALARM: "failure"}
_LOOK_ALIKES = str.maketrans("@<>`*[]", "＠‹›'∗［］")
"""What names people or makes links and markup in a chat: a callsign must not."""


@dataclass(frozen=True, slots=True)
class OPTIONS:
    """Which service. Raises ConfigError for a value that cannot be."""

    url: str | None = None
    """``env:NAME`` of the URL of one service."""
    timeout_s: float = 30.0
    """Most time that one message may take."""

    def __post_init__(self) -> None:
        check_times(timeout_s=self.timeout_s)
        if self.url is None:
            raise ConfigError("option url is missing", expected="env:NAME of a variable")
        check_secret("url", self.url)


def channel(options: OPTIONS, source: str, clock: Clock) -> Channel:
    """Return the channel; PluginError without Apprise, ConfigError for a URL that is not one service's."""
    try:
        import apprise
    except ImportError as error:
        raise PluginError(f"{source}: this needs Apprise: pip install 'nofly[notify]'") from error
    # What it logs may hold a URL, and with it a password.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise()
    name = (options.url or "").removeprefix("env:")
    if not service.add(secret(options.url or "")) or len(service) != 1:
        expected = "the URL of one service"
        raise ConfigError(f"the environment variable {name} holds no URL of a service", expected=expected)
    return _Service(service, options.timeout_s)


class _Service(Channel):
    def __init__(self, service: Any, timeout_s: float) -> None:
        self._service, self._timeout_s = service, timeout_s
        self._thread = OwnThread(NAME)

    def __repr__(self) -> str:
        return "apprise"

    async def tell(self, notice: Notice) -> Outcome:
        """Send title and text. A service that refuses is tried later: Apprise does not say why."""
        send = partial(
            self._service.notify, title=_plain(notice.title), body=_plain(notice.text),
            notify_type=_TYPES[notice.urgency], body_format="text",
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._timeout_s):
                taken = await self._thread.run(send)
        except TimeoutError:
            return later(f"the service did not answer within {self._timeout_s:g} s")
        return told() if taken else later("the service did not take it")

    async def aclose(self) -> None:
        """End the thread."""
        self._thread.close()


def _plain(text: str) -> str:
    return one_line(text).translate(_LOOK_ALIKES)
