"""Ed25519 signatures (RFC 8032) over a manifest, and the names that keys go by.

A signature is the 64 bytes beside the public key in PEM, so that OpenSSL checks it too. Whose a key is no
package can say.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nofly.proof.packing.container import PackageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ID_DIGITS = 16
SIGNATURE_BYTES = 64
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: its 32 bytes."""

    raw: bytes

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
        return hashlib.sha256(self.raw).hexdigest()[:ID_DIGITS]

    @property
    def pem(self) -> bytes:
        """SubjectPublicKeyInfo in PEM (RFC 8410)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return _public(self.raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Return whether the signature is this key's over the message."""
        from cryptography.exceptions import InvalidSignature

        try:
            _public(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key: its 32 bytes, which no ``repr`` shows."""

    raw: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public key that belongs to it."""
        return PublicKey(_private(self.raw).public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature: the same each time."""
        return _private(self.raw).sign(message)


def public_key_of(pem: bytes, source: str) -> PublicKey:
    """Return the key of a PEM file. Raises PackageError where it holds no Ed25519 public key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PackageError(
            "no public key can be read", source=source, expected="an Ed25519 public key in PEM"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise PackageError("a public key of another kind", source=source, expected="Ed25519")
    return PublicKey(key.public_bytes_raw())


def is_key_id(text: str) -> bool:
    """Return whether a text is written as the id of a key is."""
    return _ID.fullmatch(text) is not None


def _public(raw: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


def _private(raw: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(raw)
