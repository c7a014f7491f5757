"""Acts of people on the system itself, in the record: who logged in, who made whom an operator, and why.

They stand in the same chain as what the watch records, and are of no incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from nofly.run.declaring.acts import KINDS as DECLARING
from nofly.store.sqlite import Store

SUBJECT = "access:"
"""What stands for an incident's name, before whom or what it is about."""


class Act(StrEnum):
    """Kinds of records of acts."""

    LOGGED_IN = "access-logged-in"
    NOT_LOGGED_IN = "access-not-logged-in"
    """Of one user, or of names that no user has, at the first failure, the tenth, the hundredth and so on."""
    LOGGED_OUT = "access-logged-out"
    USER_MADE = "access-user-made"
    USER_CHANGED = "access-user-changed"
    PASSWORD_CHANGED = "access-password-changed"
    PASSWORD_RESET = "access-password-reset"
    TOKEN_MADE = "access-token-made"
    TOKEN_REVOKED = "access-token-revoked"
    LINK_MADE = "access-link-made"
    LINK_REVOKED = "access-link-revoked"
    CLAIM_KEPT = "access-claim-kept"
    """A claim file, zones or a document of one."""


ACTS = frozenset([*Act, *DECLARING])
"""Those that declare zones too."""


def record_act(
    path: Path, act: Act, about: str, who: str, why: str, now_us: int, what: Mapping[str, Any]
) -> None:
    """Append an act to a record, made where there is none. Raises StoreError where it cannot be."""
    body = {
        **what,
        "kind": act.value,
        "time_us": now_us,
        "incident": f"{SUBJECT}{about}",
        "who": who,
        "why": why,
    }
    with Store(path) as store:
        store.append([body])


def watched(store: Store) -> bool:
    """Return whether a record holds anything that is no act: what a watch recorded, or was said of it."""
    return any(record.kind not in ACTS for record in store.read())
