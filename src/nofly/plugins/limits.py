"""Checks of options that several plugins share."""

from __future__ import annotations

from math import isfinite

from nofly.errors import ConfigError


def check_times(**times_s: float | None) -> None:
    """Raise ConfigError unless each time is more than 0 and at most a day, or None."""
    for name, time_s in times_s.items():
        if time_s is not None and not (isfinite(time_s) and 0 < time_s <= 86_400):
            raise ConfigError(f"option {name} is {time_s}", expected="seconds, more than 0 and at most 86400")


def check_sizes(**sizes: int) -> None:
    """Raise ConfigError unless each size is from 1 to 1 GiB."""
    for name, size in sizes.items():
        if not 0 < size <= 1 << 30:
            raise ConfigError(f"option {name} is {size}", expected="1 to 1073741824")


def check_host(host: str, port: int) -> None:
    """Raise ConfigError unless a host is named and the port is one."""
    if not host or not host.isprintable() or any(c in host for c in "/@ []"):
        raise ConfigError("option host names no host", expected="a name or an address")
    if host.count(":") == 1:
        raise ConfigError("option host has a port in it", expected="host, and the option port")
    if not 0 < port < 65536:
        raise ConfigError(f"option port is {port}", expected="1 to 65535")
