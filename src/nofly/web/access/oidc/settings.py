"""``[web.oidc]``: which provider, as which client, and who becomes what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from nofly.errors import ConfigError
from nofly.plugins.secrets import check_secret, secret
from nofly.run.outputs.text import printable
from nofly.web.access.binding import loopback
from nofly.web.access.rights import Role

_TABLE = "web.oidc"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """A provider, and what is made of its claims."""

    issuer: str
    client_id: str
    client_secret: str = ""
    """Empty: a public client, held by PKCE alone."""
    name: str = ""
    """What the page calls it."""
    scope: str = "openid profile"
    user_claim: str = "sub"
    """By which claim a user is known; it must be one that no user can choose."""
    role_claim: str = "groups"
    roles: tuple[tuple[str, Role], ...] = ()
    """Value of that claim → role. Of several the highest; who has none is refused."""
    ca_file: str | None = None

    @property
    def shown(self) -> str:
        """What the page calls it."""
        return self.name or str(urlsplit(self.issuer).hostname)

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the role that claims give; None where they give none."""
        told = claims.get(self.role_claim)
        values = {one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str)}
        order = list(Role)
        return max((role for value, role in self.roles if value in values), key=order.index, default=None)


def oidc_settings(table: Mapping[str, Any]) -> OidcSettings | None:
    """Return what ``[web.oidc]`` says, None where it says nothing. Raises ConfigError for what cannot be."""
    if not table:
        return None
    names = [field.name for field in fields(OidcSettings)]
    for key, value in table.items():
        if key not in names:
            raise _wrong("unknown key", key, f"one of {', '.join(names)}")
        if key != "roles" and (not isinstance(value, str) or not value or not value.isprintable()):
            raise _wrong("no text", key, "a text")
    for key in ("issuer", "client_id"):
        if key not in table:
            raise _wrong("is not there", key, "the provider's own words")
    check_secret("client_secret", table.get("client_secret"), f"[{_TABLE}]")
    _check_issuer(table["issuer"])
    scope = table.get("scope", "openid profile")
    if "openid" not in scope.split():
        raise _wrong("without openid", "scope", "openid profile")
    given = {**table, "roles": _roles(table.get("roles")), "scope": scope}
    if "client_secret" in table:
        given["client_secret"] = secret(table["client_secret"])
    return OidcSettings(**given)


def _roles(given: Any) -> tuple[tuple[str, Role], ...]:
    known = ", ".join(Role)
    if not isinstance(given, dict) or not given:
        raise _wrong("nobody would get a role", "roles", 'as { nofly-operators = "operator" }')
    for value, role in given.items():
        if role not in tuple(Role):
            raise _wrong(f"{printable(value)!r} is no role", "roles", f"one of {known}")
    return tuple((value, Role(role)) for value, role in given.items())


def _check_issuer(issuer: str) -> None:
    """Raise ConfigError unless an issuer is https without query and fragment (OpenID Connect Discovery 1.0,
    3), or http on this machine."""
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _wrong("cannot be read", "issuer", "https://host/path") from None
    plain = parts.scheme == "http" and host is not None and loopback(host)
    if not host or not (parts.scheme == "https" or plain) or parts.query or parts.fragment or parts.username:
        raise _wrong("is no issuer", "issuer", "https://host/path")
    if not issuer.isascii() or " " in issuer:
        raise _wrong("has a character that must be percent-encoded", "issuer", "https://host/path")


def _wrong(message: str, key: str, expected: str) -> ConfigError:
    return ConfigError(message, locator=f"{_TABLE}.{key}", expected=expected)
