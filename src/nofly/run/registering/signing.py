"""Acts signed with a party's key, and whether the signatures of acts that are recorded are genuine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nofly.errors import Finding, Severity
from nofly.proof.packing.signing import PublicKey, SigningKey
from nofly.run.outputs.text import printable
from nofly.zones.acts import Act, label

Keys = Mapping[str, tuple[str, PublicKey]]
"""Key id → whose it is, and the key."""


class Signed(StrEnum):
    """What can be told of the signature of an act."""

    NOT = "not-signed"
    GENUINE = "genuine"
    UNKNOWN = "unknown-key"
    """The key that it names is none of those at hand."""
    FALSE = "false"
    """It is not that of the key that it names over what the act says."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts for which party, when by its own clock, and with which key it signs."""

    by: str
    said_us: int
    party: str = ""
    """Empty: the one whose act it is to do."""
    key: SigningKey | None = None


def signed(one: Act, key: SigningKey | None) -> Act:
    """Return an act with its signature; as it is, without a key."""
    return one if key is None else one.signed(key.public.id, key.sign(one.statement))


def genuine(key: str, one: Act) -> bool:
    """Return whether an act is signed by an Ed25519 public key, given in hexadecimal."""
    public = PublicKey(bytes.fromhex(key))
    try:
        signature = bytes.fromhex(one.signature)
    except ValueError:
        return False
    return one.key_id == public.id and public.signed(one.statement, signature)


def signature_of(one: Act, keys: Keys) -> Signed:
    """Return what can be told of the signature of an act by the keys at hand."""
    if not one.signature:
        return Signed.NOT
    if one.key_id not in keys:
        return Signed.UNKNOWN
    _, key = keys[one.key_id]
    return Signed.GENUINE if genuine(key.raw.hex(), one) else Signed.FALSE


def signature_text(one: Act, keys: Keys) -> str:
    """Return who signed an act and whether that is so, in words."""
    found = signature_of(one, keys)
    if found is Signed.NOT:
        return "not signed"
    if found is Signed.UNKNOWN:
        return printable(f"signed with key {one.key_id}, which is not known here")
    name, _ = keys[one.key_id]
    if found is Signed.FALSE:
        return printable(f"NOT signed with key {one.key_id} of {name}, as it says")
    return printable(f"signed with key {one.key_id} of {name}")


def signature_plain(one: Act, keys: Keys) -> dict[str, str | None]:
    """Return who signed an act and whether that is so, as JSON."""
    found = signature_of(one, keys)
    known = found in (Signed.GENUINE, Signed.FALSE)
    return {
        "signed": found.value, "key_id": one.key_id or None, "key": keys[one.key_id][0] if known else None,
        "signature": one.signature or None,
    }  # fmt: skip


def false_signatures(acts: Iterable[Act], keys: Keys) -> list[Finding]:
    """Return a finding for each act that says it is signed with a key at hand and is not."""
    return [
        Finding(
            "act-falsely-signed", Severity.REJECTED,
            f"{one.kind} of {printable(label(one.subject, one.subject_id))} is {signature_text(one, keys)}",
            locator=f"act {one.sequence}",
        )
        for one in acts if signature_of(one, keys) is Signed.FALSE
    ]  # fmt: skip
