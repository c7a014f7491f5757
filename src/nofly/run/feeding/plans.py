"""What is to be watched: a feed's plan, checked as a whole before anything is opened."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from nofly import plugins
from nofly.errors import ConfigError
from nofly.feeds.decoding import Decoder, options_of
from nofly.feeds.feed_url import (
    SECRETS,
    FeedUrl,
    host_and_port,
    parse_feed_url,
    path_of,
    redacted,
    split_options,
)
from nofly.feeds.options import ArchiveOptions
from nofly.feeds.receiving import finish_each
from nofly.zones.model import Datum

REPLAY = "replay"
"""In place of a decoder: what is recorded is fed again, ``replay+file:PATH?speed=60``."""
TIMES = ("stall_after_s", "dry_after_s", "lateness_s")
"""Options that every feed has."""
DECODERS, TRANSPORTS = "nofly.feeds.decoders", "nofly.feeds.transports"
MOST_NAME_CHARACTERS = 64

_TIMES_S = {"stall_after_s": 30.0, "dry_after_s": 600.0, "lateness_s": 0.0}
_NAME = re.compile(r"[\w.+-](?:[\w .+-]*[\w.+-])?")
_PORTS = {"tcp": None, "udp": None, "http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a recording is replayed. Raises ConfigError for a value that cannot be."""

    speed: float | str = 1.0
    """How many seconds of the recording a second takes; ``max``: as fast as it is taken."""

    def __post_init__(self) -> None:
        if self.factor is not None and not 0 < self.factor <= 1e6:
            raise ConfigError(
                f"option speed is {self.speed!r}", expected="max, or a number up to 1000000 such as 60"
            )

    @property
    def factor(self) -> float | None:
        """Return the speed as a number, None for ``max``; NaN for what is none."""
        try:
            return None if self.speed == "max" else float(self.speed)
        except ValueError:
            return math.nan


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """One feed, as it was configured; made by :func:`plan_feed`."""

    name: str
    url: FeedUrl
    decoder_options: Mapping[str, object] = field(repr=False)
    transport_options: Any = field(repr=False)
    """The transport's ``OPTIONS``; of a replay how its files are read (ArchiveOptions)."""
    stall_after_s: float = 30.0
    """Nothing for so long is silence."""
    dry_after_s: float = 600.0
    """Bytes and no positions for so long is silence too; shorter, the sky may be empty."""
    lateness_s: float = 0.0
    """How late its positions may come, in time of events."""
    finish_each: bool = False
    """Whether the decoder of a stream gets whole messages, and is told ``finish()`` after each."""
    pace: Pace | None = None
    """Of a replay alone."""

    @property
    def transport(self) -> ModuleType:
        """Return the transport's plugin."""
        return plugins.load(TRANSPORTS, self.url.transport)

    @property
    def framing(self) -> str:
        """Return the framing of the decoder."""
        return str(plugins.load(DECODERS, self.url.decoder).FRAMING)

    @property
    def heights(self) -> frozenset[Datum]:
        """Return on which datums its reports may tell a height; of recordings it is not known, and they may
        on any."""
        if self.pace is not None:
            return frozenset(Datum)
        plugin = plugins.load(DECODERS, self.url.decoder)
        if hasattr(plugin, "heights"):
            return frozenset(map(Datum, plugin.heights(self.decoder_options)))
        return frozenset(map(Datum, getattr(plugin, "HEIGHTS", Datum)))

    def decoder(self) -> Decoder:
        """Return a new decoder, which knows nothing yet."""
        made: Decoder = plugins.load(DECODERS, self.url.decoder).decoder(self.decoder_options, self.name)
        return made


def plan_feed(name: str, url: str, options: Mapping[str, object]) -> FeedPlan:
    """Return the plan of a feed; ``options`` are those of the URL's query too, and the plan's own times.

    All that can be known without opening anything is checked here: ConfigError for a name, URL, address,
    option or secret that cannot be, or a decoder that does not fit the transport; PluginError for a decoder
    or transport that is not there or cannot load.
    """
    source = f"feed {name if _fits(name) else repr(name[:MOST_NAME_CHARACTERS])}"
    if not _fits(name):
        raise ConfigError(
            "a name that cannot be", source=source,
            expected=f"up to {MOST_NAME_CHARACTERS} letters, digits, blanks, and any of . _ + -",
        )  # fmt: skip
    parsed = parse_feed_url(url)
    source = f"{source}, {redacted(url)}"
    for twice in parsed.options.keys() & options.keys():
        raise ConfigError(
            f"option {twice!r} stands in the URL and beside it", source=source, expected="one of them"
        )
    given: dict[str, object] = {**parsed.options, **options}
    times_s = _times_s(given, source)
    if parsed.decoder == REPLAY:
        return _replay(name, parsed, given, times_s, source)
    decoding = plugins.load(DECODERS, parsed.decoder)
    transport = plugins.load(TRANSPORTS, parsed.transport)
    own, others = split_options(given, decoding.OPTIONS, transport.OPTIONS, source, TIMES)
    for option in SECRETS & others.keys():
        _check_known(option, others[option], source)
    try:
        plan = FeedPlan(
            name, parsed, own, options_of(transport.OPTIONS, others, source),
            *times_s, finish_each=finish_each(decoding.FRAMING, transport.WHOLE),
        )  # fmt: skip
        _check_address(parsed)
        plan.decoder()
    except ConfigError as error:
        raise _placed(error, source) from error
    return plan


def _replay(
    name: str, url: FeedUrl, given: dict[str, object], times_s: tuple[float, float, float], source: str
) -> FeedPlan:
    if url.transport != "file":
        raise ConfigError(
            f"a replay over {url.transport}", source=source, expected="replay+file:PATH?speed=60"
        )
    pace, reading = split_options(given, Pace, ArchiveOptions, source, TIMES)
    try:
        path = path_of(url.address)
        chosen = options_of(ArchiveOptions, reading, source)
        plan = FeedPlan(name, url, {}, chosen, *times_s, pace=options_of(Pace, pace, source))
    except ConfigError as error:
        raise _placed(error, source) from error
    if not os.path.exists(path):
        raise ConfigError(f"{path} is not there", source=source, expected="a recording to replay")
    return plan


def _fits(name: str) -> bool:
    return len(name) <= MOST_NAME_CHARACTERS and bool(_NAME.fullmatch(name)) and bool(name.strip("."))


def _times_s(given: dict[str, object], source: str) -> tuple[float, float, float]:
    """Take the plan's own times out of what was given, and return them in the order of the plan."""
    stall_s, dry_s, late_s = (_seconds(name, given.pop(name, s), source) for name, s in _TIMES_S.items())
    for name, seconds in (("stall_after_s", stall_s), ("dry_after_s", dry_s)):
        if seconds == 0.0:
            raise ConfigError(f"option {name} is 0", source=source, expected="more than 0")
    return stall_s, dry_s, late_s


def _seconds(option: str, value: object, source: str) -> float:
    known = isinstance(value, str | int | float) and not isinstance(value, bool)
    try:
        seconds = float(str(value)) if known else math.nan
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds <= 86_400.0:
        raise ConfigError(f"option {option} is {value!r}", source=source, expected="0 to 86400 seconds")
    return seconds


def _check_known(option: str, reference: object, source: str) -> None:
    """Raise ConfigError where the environment has no such variable: no attempt could ever succeed."""
    variable = str(reference).removeprefix("env:")
    if reference is not None and not os.environ.get(variable):
        raise ConfigError(
            f"option {option}: the environment variable {variable} is not set",
            source=source, expected="the secret as its value",
        )  # fmt: skip


def _check_address(url: FeedUrl) -> None:
    """Raise ConfigError for an address that no transport of nofly can open; outsiders look at their own."""
    if url.transport in _PORTS:
        host, _, path = host_and_port(url.address, _PORTS[url.transport])
        if url.transport == "udp":
            _check_ip(host)
        elif url.transport in ("mqtt", "mqtts") and not path.strip("/"):
            raise ConfigError("no topic", expected=f"{url.transport}://host/topic/#")
    elif url.transport == "file":
        path_of(url.address)
    elif url.transport == "stdin" and url.rest:
        raise ConfigError("standard input has no name", expected="stdin:")


def _check_ip(host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        expected = "udp://0.0.0.0:8600, or the address of a group"
        raise ConfigError(f"{host!r} is no address", expected=expected) from None


def _placed(error: ConfigError, source: str) -> ConfigError:
    """Return an error that says which feed it is of."""
    return ConfigError(error.message, source=source, locator=error.locator, expected=error.expected)
