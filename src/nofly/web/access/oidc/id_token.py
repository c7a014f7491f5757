"""An ID token: whether it is of the provider, for us, of now, and the answer to what this browser asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nofly.errors import ConfigError
from nofly.web.access.oidc.fetching import ProviderError
from nofly.web.access.random_ids import same

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""With a public key alone: never ``none``, never one whose secret could be the provider's public key."""
LEEWAY_S = 60
OLDEST_S = 600
"""A token is made for this login, and not kept."""
MOST_CHARACTERS = 64 << 10
MOST_KEYS = 64
_LEAST_RSA_BITS = 2048


class UnknownKeyError(ProviderError):
    """A token is signed by a key that is none of those known: the provider may have a new one."""


def check_installed() -> None:
    """Raise ConfigError where what checks tokens is not installed."""
    try:
        import joserfc.jwt  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "a provider needs joserfc", locator="web.oidc", expected="pip install 'nofly[oidc]'"
        ) from error


def keys_of(document: Mapping[str, Any]) -> list[Any]:
    """Return the public signing keys of a JWKS document; what is none is passed over. Raises ProviderError
    where there are none."""
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    listed = document.get("keys")
    kinds: dict[object, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    found = []
    for told in (listed if isinstance(listed, list) else [])[:MOST_KEYS]:
        if not isinstance(told, dict) or told.get("use", "sig") != "sig":
            continue
        kind = kinds.get(str(told.get("kty")))
        if kind is None:
            continue
        try:
            key = kind.import_key({name: told[name] for name in told if name not in ("d", "p", "q")})
            if kind is RSAKey and key.raw_value.key_size < _LEAST_RSA_BITS:
                continue
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        found.append(key)
    if not found:
        raise ProviderError("no key that tokens could be checked with")
    return found


def claims_of(
    token: object, keys: list[Any], *, issuer: str, client_id: str, nonce: str, now_s: float
) -> dict[str, Any]:
    """Return what an ID token says, wholly checked (OpenID Connect Core 1.0, 3.1.3.7).

    Raises UnknownKeyError where its key is not known, ProviderError for whatever else is not as it must be.
    """
    claims = _signed(token, keys)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    azp = claims.get("azp")
    expires_s, made_s = _seconds(claims, "exp"), _seconds(claims, "iat")
    begins_s = _seconds(claims, "nbf") if "nbf" in claims else made_s
    subject = claims.get("sub")
    wrong = {
        "of another issuer": claims.get("iss") != issuer,
        "for another client": client_id not in audiences or not all(isinstance(a, str) for a in audiences),
        "authorized for another client": azp != client_id if azp is not None else len(audiences) > 1,
        "that has expired": now_s >= expires_s + LEEWAY_S,
        "that is too old": now_s >= made_s + OLDEST_S,
        "of the future": max(made_s, begins_s) > now_s + LEEWAY_S,
        "for another login": not isinstance(claims.get("nonce"), str) or not same(claims["nonce"], nonce),
        "of nobody": not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isascii(),
    }
    for why, so in wrong.items():
        if so:
            raise ProviderError(f"an ID token {why}")
    return claims


def _signed(token: object, keys: list[Any]) -> dict[str, Any]:
    """Return the claims of a token that one of the keys signed."""
    from joserfc import jws, jwt
    from joserfc.errors import JoseError

    if not isinstance(token, str) or not token.isascii() or len(token) > MOST_CHARACTERS:
        raise ProviderError("no ID token")
    try:
        header = jws.extract_compact(token.encode()).headers()
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in ALGORITHMS:
            raise ProviderError("an ID token that is not signed with a public key")
        fit = [key for key in keys if kid is None or key.kid == kid or key.kid is None]
        if not fit or (kid is None and len(fit) > 1):
            raise UnknownKeyError("an ID token of a key that is not known")
        return dict(jwt.decode(token, fit[0], algorithms=[algorithm]).claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProviderError(f"an ID token that does not hold: {type(error).__name__}") from None


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    """Return a time, in seconds since 1970. Raises ProviderError where it is none."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e11:
        raise ProviderError(f"an ID token without {name}")
    return float(value)
