"""The URL of a feed: ``decoder+transport://where?option=value``.

``beast+tcp://host:30005``, ``asterix+udp://239.1.2.3:8600?interface=eth1``,
``readsb+file:run/aircraft.json``, ``jsonl+stdin:``. All after the first ``?`` are options, of the decoder and
of the transport; ``#`` is an ordinary character, as it is in an MQTT topic. Syntax of percent-encoding and
authority: RFC 3986, sections 2.1 and 3.2. Secrets do not stand in a URL but in the environment; should one be
there nevertheless, no error and no ``repr`` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote, unquote_plus

from nofly.errors import ConfigError
from nofly.plugins.secrets import check_secret

MAX_URL_BYTES = 4096
SECRETS = frozenset({"password", "bearer"})
"""Options whose value is the name of an environment variable, ``env:NAME``, and nothing else."""

HIDDEN = "…"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\+([A-Za-z][A-Za-z0-9_-]*):")
_USER = re.compile(r"//.*@", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SHOWN = "decoder+transport://…, such as beast+tcp://host:30005"


@dataclass(frozen=True, slots=True, repr=False)
class FeedUrl:
    """A feed's URL, taken apart."""

    decoder: str
    """Name of the decoder as a plugin: ``_`` where the URL has ``-``."""
    transport: str
    rest: str
    """What stands between the transport's colon and the options: ``//host:30005``, ``run/aircraft.json``."""
    options: Mapping[str, str]
    """Options out of the URL, percent-decoded, in order."""

    @property
    def address(self) -> str:
        """Where the bytes come from, without decoder and options: ``tcp://host:30005``."""
        return f"{self.transport}:{self.rest}"

    def __str__(self) -> str:
        names = "&".join(f"{name}={HIDDEN}" for name in self.options)
        shown = f"{self.decoder.replace('_', '-')}+{self.address}"
        return redacted(f"{shown}?{names}" if names else shown)

    def __repr__(self) -> str:
        return f"FeedUrl({str(self)!r})"


def redacted(url: str) -> str:
    """Return a URL, right or wrong, fit to be shown: without user, password and the values of its options."""
    # Up to the last @, whatever stands before it: a password may have been written with / and ? in it.
    place, mark, options = _CONTROL.sub(HIDDEN, _USER.sub(f"//{HIDDEN}@", url)).partition("?")
    parts = (part.partition("=") for part in options.split("&"))
    shown = "&".join(f"{name}={HIDDEN}" if equals else HIDDEN for name, equals, _ in parts)
    return place[:200] + (mark + shown)[:200] if mark else place[:200]


def parse_feed_url(url: str) -> FeedUrl:
    """Return a feed's URL taken apart; ConfigError, which shows no secret, for one that cannot be."""
    source = f"feed {redacted(url)}"
    found = _SCHEME.match(url)
    if len(url.encode(errors="replace")) > MAX_URL_BYTES:
        raise ConfigError("the URL is too long", source=source, expected=f"at most {MAX_URL_BYTES} bytes")
    if found is None:
        raise ConfigError("no decoder and transport", source=source, expected=_SHOWN)
    if _CONTROL.search(url) or _PERCENT.search(url):
        raise ConfigError(
            "a character that must be percent-encoded", source=source, expected="%20 for a blank"
        )
    rest, _, query = url[found.end() :].partition("?")
    if rest.startswith("//") and "@" in rest[2:].partition("/")[0]:
        raise ConfigError(
            "user or password in the URL", source=source, expected="options user and password=env:NAME"
        )
    options: dict[str, str] = {}
    for part in query.split("&") if query else []:
        name, equals, value = part.partition("=")
        if not name or not equals:
            raise ConfigError("an option without name or value", source=source, expected="?name=value&…")
        if unquote_plus(name) in options:
            raise ConfigError(f"option {unquote_plus(name)!r} stands twice", source=source)
        options[unquote_plus(name)] = unquote_plus(value)
    return FeedUrl(found[1].lower().replace("-", "_"), found[2].lower().replace("-", "_"), rest, options)


def split_options(
    given: Mapping[str, object],
    decoder: type[Any],
    transport: type[Any],
    source: str,
    others: Iterable[str] = (),
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the options of the decoder and those of the transport, told by the fields of their ``OPTIONS``;
    ``others`` are the names of options that were taken out before.

    Raises ConfigError for an option that neither has, with the nearest that one has, and for a secret that
    stands there itself.
    """
    own = ({field.name for field in fields(decoder)}, {field.name for field in fields(transport)})
    split: tuple[dict[str, object], dict[str, object]] = ({}, {})
    known = sorted({*own[0], *own[1], *others})
    for name, value in given.items():
        if name not in own[0] | own[1]:
            near = get_close_matches(name, known, 1)
            expected = near[0] if near else f"one of {', '.join(known)}" if known else "no options"
            raise ConfigError(f"unknown option {name!r}", source=source, expected=expected)
        if name in SECRETS:
            check_secret(name, value, source)
        split[0 if name in own[0] else 1][name] = value
    return split


def host_and_port(address: str, default_port: int | None = None) -> tuple[str, int, str]:
    """Return host, port and path (with its ``/``, still percent-encoded) of ``tcp://host:30005/path``.

    An IPv6 address stands in brackets (RFC 3986, section 3.2.2), which are left out. ConfigError where the
    host is missing, or the port and there is no default.
    """
    scheme, _, rest = address.partition(":")
    authority, slash, path = rest.removeprefix("//").partition("/")
    expected = f"{scheme}://host:port"
    if not rest.startswith("//") or "@" in authority:
        raise ConfigError("no host", source=redacted(address), expected=expected)
    host, port = authority, ""
    if authority.startswith("["):
        host, bracket, port = authority[1:].partition("]")
        wrong = not bracket or (port and not port.startswith(":"))
        port = port[1:]
    else:
        host, _, port = authority.partition(":")
        wrong = ":" in port
    if wrong or not host:
        raise ConfigError("no host", source=redacted(address), expected=expected)
    if not port and default_port is not None:
        return unquote(host), default_port, slash + path
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ConfigError("no port", source=redacted(address), expected=expected)
    return unquote(host), int(port), slash + path


def path_of(address: str) -> str:
    """Return the path of ``file:run/aircraft.json`` or ``file:///run/aircraft.json``, percent-decoded."""
    rest = address.partition(":")[2]
    path = rest[2:] if rest.startswith("//") else rest
    if rest.startswith("//") and not path.startswith("/"):
        raise ConfigError("a host", source=redacted(address), expected="file:path or file:///path")
    if not unquote(path) or "\0" in unquote(path):
        raise ConfigError("no path", source=redacted(address), expected="file:path or file:///path")
    return unquote(path)
