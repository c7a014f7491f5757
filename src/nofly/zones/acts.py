"""An act: what a party did about a zone or a request, when it said so, and its place in the register.

What is written is canonical JSON (RFC 8259, keys sorted, no blanks, ASCII). A signature covers the statement:
all that the party said. The register adds its number, when it recorded the act, and the chain: the hash of an
act is SHA-256 over the hash of the one before, in hexadecimal, and its record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nofly.errors import InputError

ZONE, REQUEST = "zone", "request"
SUBJECTS = (ZONE, REQUEST)
MOST_NAME_CHARACTERS = 200
MOST_BODY_CHARACTERS = 16 << 20
MOST_SIGNATURE_CHARACTERS = 1024
MAX_US = 2**63 - 1
_STATED = ("subject", "subject_id", "kind", "body", "party", "by", "said_us")


@dataclass(frozen=True, slots=True)
class Act:
    """One act. The last four are given by the register; an act that is not recorded has none of them."""

    subject: str
    """``zone`` or ``request``."""
    subject_id: str
    kind: str
    body: Mapping[str, Any]
    """What the act says, as JSON gives it back."""
    party: str
    """Whose act it is: a state, an alliance, an authority."""
    by: str
    """Who did it for the party: a person, an account."""
    said_us: int
    """When the party said so, by its own clock."""
    key_id: str = ""
    """Id of the key that signed the statement; empty where none did."""
    signature: str = ""
    """The Ed25519 signature of the statement, in hexadecimal."""
    sequence: int = 0
    recorded_us: int = 0
    """When the register recorded it: from then on it is known."""
    previous: str = ""
    hash: str = ""

    @property
    def statement(self) -> bytes:
        """What a signature covers."""
        return _json({name: getattr(self, name) for name in _STATED}).encode()

    @property
    def identity(self) -> str:
        """SHA-256 of the statement and its signature: a register has the same act once, however often it is
        sent."""
        signed = f"\n{self.key_id}\n{self.signature}".encode()
        return hashlib.sha256(self.statement + signed).hexdigest()

    def signed(self, key_id: str, signature: bytes) -> Act:
        """Return the act with its signature."""
        return replace(self, key_id=key_id, signature=signature.hex())


def act(
    subject: str, subject_id: str, kind: str, body: Mapping[str, Any], *, party: str, by: str, said_us: int
) -> Act:
    """Return an act that is not recorded. Raises InputError for a subject that is none, a name that is empty,
    longer than :data:`MOST_NAME_CHARACTERS` or holds a control character, a body that is no JSON object or
    too long, a time beyond 64 bits."""
    if subject not in SUBJECTS:
        raise InputError(f"an act on {subject!r}", expected=f"one of {', '.join(SUBJECTS)}")
    for what, text in (("subject_id", subject_id), ("kind", kind), ("party", party), ("by", by)):
        _checked_name(what, text)
    if type(said_us) is not int or abs(said_us) > MAX_US:
        raise InputError(f"an act said at {said_us!r}", expected="microseconds in 64 bits")
    return Act(subject, subject_id, kind, _plain(body), party, by, said_us)


def record_of(one: Act) -> dict[str, Any]:
    """Return what is chained of an act, as a record of :mod:`nofly.store.chain`."""
    return {
        "time_us": one.recorded_us, "kind": one.kind, "incident": label(one.subject, one.subject_id),
        "body": one.body, "party": one.party, "by": one.by, "said_us": one.said_us, "key_id": one.key_id,
        "signature": one.signature,
    }  # fmt: skip


def act_from(record: Mapping[str, Any]) -> Act:
    """Return the act whose record this is, without its place in the chain. Raises InputError for what is
    none."""
    try:
        subject, _, subject_id = record["incident"].partition(":")
        made = act(
            subject, subject_id, record["kind"], record["body"], party=record["party"], by=record["by"],
            said_us=record["said_us"],
        )  # fmt: skip
        key_id, signature, recorded_us = record["key_id"], record["signature"], record["time_us"]
    except (KeyError, AttributeError, TypeError) as error:
        raise InputError(f"no act: {error}", expected="subject, kind, body, party, by, said_us") from error
    for text in (key_id, signature):
        if not isinstance(text, str) or len(text) > MOST_SIGNATURE_CHARACTERS:
            raise InputError("the signature of an act cannot be read", expected="hexadecimal digits")
    return replace(made, key_id=key_id, signature=signature, recorded_us=recorded_us)


def label(subject: str, subject_id: str) -> str:
    """Return what an act is on as one text: ``zone:UKBV``."""
    return f"{subject}:{subject_id}"


def name_fault(text: object) -> str:
    """Return why a text cannot be the name of a zone, a party or a person in the register; empty where it
    can."""
    if not isinstance(text, str):
        return "is no text"
    if not text.strip():
        return "is empty"
    if len(text) > MOST_NAME_CHARACTERS:
        return f"is longer than {MOST_NAME_CHARACTERS} characters"
    # Format characters turn the order of writing about: what is read would not be what is recorded. Persian
    # and Indic names are written with the zero-width (non-)joiner.
    if not all(c.isprintable() or c in "\u200c\u200d" for c in text):
        return "holds a character that cannot be shown"
    return ""


def _checked_name(what: str, text: object) -> None:
    fault = name_fault(text)
    if fault:
        raise InputError(
            f"{what} of an act {fault}", expected=f"1 to {MOST_NAME_CHARACTERS} characters that can be shown"
        )


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as JSON gives it back."""
    try:
        text = _json(body)
        plain = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the body of an act is no JSON: {error}", expected="a JSON object") from error
    if not isinstance(plain, dict):
        raise InputError("the body of an act is no JSON object", expected="a JSON object")
    if len(text) > MOST_BODY_CHARACTERS:
        raise InputError(
            f"the body of an act is {len(text):,} characters long",
            expected=f"{MOST_BODY_CHARACTERS:,} at most",
        )
    return plain


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
