"""Mail, Telegram, Discord, ntfy and some 130 more services, by way of Apprise. Needs the extra ``notify``.

The service's URL (https://github.com/caronc/apprise/wiki) holds its credentials, so it stands in the
environment. Apprise says only whether a service took a message, and cannot hand on the key: after a crash a
message may come twice. It reads whatever a service answers to the end, so it does so in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass

from nofly.alerts._channel import Channel, Clock, Notice, Outcome, Urgency, later, told
from nofly.alerts._own_process import OwnProcess
from nofly.alerts._texts import one_line
from nofly.errors import ConfigError, PluginError
from nofly.plugins.limits import check_times
from nofly.plugins.reasons import reason
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
    service, url = apprise.Apprise(), secret(options.url or "")
    name = (options.url or "").removeprefix("env:")
    if not service.add(url) or len(service) != 1:
        expected = "the URL of one service"
        raise ConfigError(f"the environment variable {name} holds no URL of a service", expected=expected)
    return _Service(url, options.timeout_s)


class _Service(Channel):
    def __init__(self, url: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._sender = OwnProcess("nofly.alerts._apprise_sender", json.dumps(url).encode())

    def __repr__(self) -> str:
        return "apprise"

    async def tell(self, notice: Notice) -> Outcome:
        """Send title and text. A service that refuses is tried later: Apprise does not say why."""
        known = {
            "title": _plain(notice.title), "body": _plain(notice.text),
            "notify_type": _TYPES[notice.urgency], "body_format": "text",
        }  # fmt: skip
        try:
            async with asyncio.timeout(self._timeout_s):
                taken = json.loads(await self._sender.ask(json.dumps(known).encode()))
        except TimeoutError:
            return later(f"the service did not answer within {self._timeout_s:g} s")
        except OSError as error:
            return later(reason(error))
        return told() if taken is True else later("the service did not take it")

    async def aclose(self) -> None:
        """End the process."""
        await self._sender.aclose()


def _plain(text: str) -> str:
    return one_line(text).translate(_LOOK_ALIKES)
