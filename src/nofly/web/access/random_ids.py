"""What is made at random: ids of logins, tokens, public links, one-time passwords.

They are shown once and known afterwards by their hash alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

ID_BYTES = 32
"""256 bits; OWASP's Application Security Verification Standard 4.0, 3.2.2, asks for 64 at least."""
MOST_CHARACTERS = 200
"""What is longer is none of ours, and not hashed."""
TOKEN_PREFIX = "nofly_"
"""By it scanners of source code know a token that leaked."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for another."""


def new_id() -> str:
    """Return a new secret id."""
    return secrets.token_urlsafe(ID_BYTES)


def new_token() -> str:
    """Return a new API token."""
    return TOKEN_PREFIX + new_id()


def new_name() -> str:
    """Return a short id that is no secret: by it tokens and links are spoken of."""
    return secrets.token_hex(6)


def new_password() -> str:
    """Return a one-time password of 99 bits, in groups of five."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def digest(secret: str) -> bytes:
    """Return the hash by which a secret is known."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def csrf_of(login_id: str) -> str:
    """Return the CSRF token of a login: worked out of its id, so that it is stored nowhere."""
    return hmac.new(login_id.encode(), b"csrf", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Return whether two secrets are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
