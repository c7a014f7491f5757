"""Users whom an OpenID provider vouches for: their names, and how long what they got holds.

Their names begin with ``oidc:``, which no name of a user made here can, so that no provider gives out
somebody else's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

PREFIX = "oidc:"
LONGEST_LOGIN_S = 12 * 3600
LONGEST_TOKEN_S = 7 * 86_400
"""What the provider takes away holds no longer here than this."""
_PLAIN = re.compile(r"[A-Za-z0-9._@+|=-]{1,59}")


def provided(name: str) -> bool:
    """Return whether a user is a provider's."""
    return name.startswith(PREFIX)


def name_of(claims: Mapping[str, Any], claim: str) -> str | None:
    """Return the name of the user whom claims are about, by one of them; None where it does not tell.

    A text that does not do as a name stands as the first half of its SHA-256. An e-mail address counts only
    where the provider has verified it.
    """
    told = claims.get(claim)
    if (
        not isinstance(told, str)
        or not told
        or (claim == "email" and claims.get("email_verified") is not True)
    ):
        return None
    if _PLAIN.fullmatch(told):
        return PREFIX + told
    return f"{PREFIX}sha256~{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
