"""A provider: what it says of itself, where to send a browser, and who came back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from nofly.plugins.address_kinds import Kind
from nofly.web.access.binding import loopback
from nofly.web.access.oidc.browser_secret import Begun
from nofly.web.access.oidc.fetching import Fetcher, ProviderError
from nofly.web.access.oidc.id_token import UnknownKeyError, claims_of, keys_of
from nofly.web.access.oidc.settings import OidcSettings

KEPT_S = 3600.0
"""How long is believed what a provider said of itself."""
AGAIN_S = 10.0
"""A provider that failed, or whose keys were just fetched, is not asked again sooner."""
_WELL_KNOWN = "/.well-known/openid-configuration"
_OWN = frozenset((Kind.PUBLIC, Kind.PRIVATE, Kind.LOOPBACK))


@dataclass(frozen=True, slots=True)
class _Known:
    """What a provider says of itself, checked, and its keys."""

    authorize: str
    token: str
    jwks: str
    names_itself: bool
    """It says who it is in its answers (RFC 9207)."""
    basic: bool
    wanted: frozenset[Kind]
    keys: list[Any]
    keys_at_s: float


class Provider:
    """A provider. ``now_s`` gives seconds since 1970, ``monotonic_s`` seconds that never run back."""

    def __init__(
        self, settings: OidcSettings, fetcher: Fetcher, now_s: Callable[[], float],
        monotonic_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self.settings, self.now_s = settings, now_s
        self._fetcher, self._monotonic_s = fetcher, monotonic_s
        self._known: _Known | None = None
        self._at_s: float | None = None
        self._failed: ProviderError | None = None
        self._asking = asyncio.Lock()

    def close(self) -> None:
        """Give up what is being fetched."""
        self._fetcher.close()

    async def address(self, login: Begun, redirect_uri: str) -> str:
        """Return where to send a browser. Raises ProviderError where the provider cannot be asked."""
        known = await self._discovered()
        asked = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": redirect_uri,
            "scope": self.settings.scope, "state": login.state, "nonce": login.nonce,
            "code_challenge": login.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{known.authorize}{'&' if urlsplit(known.authorize).query else '?'}{urlencode(asked)}"

    async def redeemed(
        self, login: Begun, grant: str, issuer: str | None, redirect_uri: str
    ) -> dict[str, Any]:
        """Return the claims of who came back with a code. Raises ProviderError where they do not hold."""
        known = await self._discovered()
        if issuer != self.settings.issuer if issuer is not None else known.names_itself:
            raise ProviderError("the answer is of another issuer")
        form = {
            "grant_type": "authorization_code", "code": grant, "redirect_uri": redirect_uri,
            "code_verifier": login.verifier,
        }  # fmt: skip
        who, word = self.settings.client_id, self.settings.client_secret
        basic = (who, word) if word and known.basic else None
        if basic is None:
            form |= {"client_id": who} | ({"client_secret": word} if word else {})
        answer = await self._fetcher.post(known.token, form, known.wanted, basic)
        if answer.status != 200:
            raise ProviderError(f"the code was refused: status {answer.status}")
        return await self._claims(answer.said.get("id_token"), login, known)

    async def _claims(self, token: object, login: Begun, known: _Known) -> dict[str, Any]:
        """Return the claims of a token; of a key that is not known, with the keys fetched anew."""

        def claims(keys: list[Any]) -> dict[str, Any]:
            return claims_of(
                token, keys, issuer=self.settings.issuer, client_id=self.settings.client_id,
                nonce=login.nonce, now_s=self.now_s(),
            )  # fmt: skip

        try:
            return claims(known.keys)
        except UnknownKeyError:
            if self._monotonic_s() - known.keys_at_s < AGAIN_S:
                raise
        self._at_s = None
        return claims((await self._discovered()).keys)

    async def _discovered(self) -> _Known:
        """Return what the provider says of itself, asked again after a while; one that failed is not asked at
        once again."""
        async with self._asking:
            now_s = self._monotonic_s()
            fresh_s = KEPT_S if self._failed is None else AGAIN_S
            if self._at_s is None or now_s - self._at_s >= fresh_s:
                try:
                    self._known, self._failed = await self._asked(), None
                except ProviderError as error:
                    self._failed = error
                self._at_s = now_s
            if self._failed is not None or self._known is None:
                raise ProviderError(str(self._failed))
            return self._known

    async def _asked(self) -> _Known:
        issuer = self.settings.issuer
        answer = await self._fetcher.get(issuer.rstrip("/") + _WELL_KNOWN, _OWN)
        said = answer.said
        if answer.status != 200 or said.get("issuer") != issuer:
            raise ProviderError("what it says of itself is of another issuer, or nothing")
        # It names addresses as public as its own, or more so: no way into a network that it is not in.
        wanted = frozenset((Kind.PUBLIC, answer.kind))
        plain = urlsplit(issuer).scheme == "http"
        authorize, token, jwks = (
            _endpoint(said.get(name), plain)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        keys = await self._fetcher.get(jwks, wanted)
        return _Known(
            authorize, token, jwks, said.get("authorization_response_iss_parameter_supported") is True,
            isinstance(methods, list) and "client_secret_basic" in methods, wanted, keys_of(keys.said),
            self._monotonic_s(),
        )  # fmt: skip


def _endpoint(told: object, plain: bool) -> str:
    """Return an address that a provider names. Raises ProviderError for one that is not https; ``plain``: of
    a provider on this machine, http to this machine is too."""
    if isinstance(told, str) and told.isascii() and told.isprintable() and len(told) < 2000:
        try:
            parts = urlsplit(told)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        good = parts.scheme == "https" or (plain and parts.scheme == "http" and loopback(host or ""))
        if host and good and not parts.fragment and parts.username is None and " " not in told:
            return told
    raise ProviderError("it names an address that is none, or not https")
