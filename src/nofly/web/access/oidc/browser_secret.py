"""What binds a login by a provider to one browser: a secret in a cookie, and all else worked out of it.

State, nonce and PKCE verifier are three MACs of the secret: the server keeps nothing of a login that has
begun, so that nobody can fill it with them, and an answer that another browser was given fits this one in
nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from nofly.web.access.random_ids import ID_BYTES, new_id

COOKIE = "nofly-oidc"
LASTS_S = 600
MOST_BACK = 1000


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun: its secret, when (seconds since 1970), and where to go afterwards."""

    secret: str
    at_s: int
    back: str

    @property
    def state(self) -> str:
        """What the provider has to send back."""
        return self._worked_out("state")

    @property
    def nonce(self) -> str:
        """What has to be in the ID token."""
        return self._worked_out("nonce")

    @property
    def verifier(self) -> str:
        """What shows that whoever brings the code is who began (RFC 7636, 4.1)."""
        return self._worked_out("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636, 4.2)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def cookie(self) -> str:
        """What the browser keeps."""
        return f"{self.secret}.{self.at_s}.{_text(self.back.encode())}"

    def _worked_out(self, what: str) -> str:
        return _text(hmac.new(self.secret.encode(), what.encode(), hashlib.sha256).digest())


def begun(back: str, now_s: float) -> Begun:
    """Return a new login."""
    return Begun(new_id(), int(now_s), way_back(back))


def read(cookie: str, now_s: float) -> Begun | None:
    """Return the login of a cookie; None where it is none, or over."""
    secret, _, rest = cookie.partition(".")
    at, _, back = rest.partition(".")
    if len(secret) != len(_text(bytes(ID_BYTES))) or not at.isdigit() or len(at) > 12:
        return None
    if not 0 <= now_s - int(at) < LASTS_S:
        return None
    try:
        where = base64.urlsafe_b64decode(back + "=" * (-len(back) % 4)).decode()
    except ValueError:
        return None
    return Begun(secret, int(at), way_back(where))


def way_back(back: str) -> str:
    """Return where to go after a login: a page of this server, whatever is asked for."""
    plain = back.startswith("/") and not back.startswith("//") and back.isprintable() and back.isascii()
    if not plain or "\\" in back or len(back) > MOST_BACK:
        return "/"
    try:
        parts = urlsplit(back)
    except ValueError:
        return "/"
    return "/" if parts.netloc or parts.scheme else back


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
