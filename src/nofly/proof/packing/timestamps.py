"""Time stamps: RFC 3161 tokens of authorities, OpenTimestamps proofs.

Both say that the hash of the seal over manifest and chain of custody existed at a time; of a package of
format 1, that of the manifest. A token is checked against certificates of authorities that are given; an
OpenTimestamps proof is followed to the block of Bitcoin it names, which stands elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from nofly.proof.package import TIMESTAMPS, Package, attested, put_there
from nofly.proof.packing.steps import Step, agrees, differs, unchecked

_SHA256_OID = "2.16.840.1.101.3.4.2.1"
_SHA384_OID = "2.16.840.1.101.3.4.2.2"
_SHA512_OID = "2.16.840.1.101.3.4.2.3"
_SUMS = {_SHA256_OID: hashlib.sha256, _SHA384_OID: hashlib.sha384, _SHA512_OID: hashlib.sha512}
MOST_BYTES = 1 << 20
SUBJECT = "time stamps"


def steps(package: Package, authorities: Mapping[str, bytes]) -> Iterator[Step]:
    """Yield what is to be said of every time stamp of a package.

    ``authorities`` are certificates in PEM of the authorities that the one who verifies trusts, by name.
    """
    put = put_there(package)
    for name in sorted(n for n in package.files if n.startswith(TIMESTAMPS)):
        data, stamped = package.files[name], attested(package, name, put)
        if len(data) > MOST_BYTES:
            yield differs(SUBJECT, f"{len(data):,} bytes, at most {MOST_BYTES:,} are read", name)
        elif stamped is None:
            yield differs(SUBJECT, "there is nothing that it stamps: no act sealed it", name)
        elif name.endswith(".tsr"):
            yield _token_step(data, stamped, authorities, name)
        elif name.endswith(".ots"):
            yield from _proof_steps(data, stamped, name)
        else:
            yield differs(SUBJECT, "neither a token (.tsr) nor a proof (.ots)", name)


def request(message: bytes) -> bytes:
    """Return an RFC 3161 request (DER) for a message, with a random nonce. Raises ImportError without
    ``rfc3161-client``."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    built = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
    return bytes(built.build().as_bytes())


def token_fault(token: bytes, message: bytes) -> str | None:
    """Return why an answer of an authority is no time stamp of a message, None where it is one."""
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        answer = decode_timestamp_response(token)
        if PKIStatus(answer.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
            return f"the authority refused: {PKIStatus(answer.status).name}"
        imprint = answer.tst_info.message_imprint
    except ValueError as error:
        return f"no RFC 3161 answer: {error}"
    summed = _SUMS.get(imprint.hash_algorithm.dotted_string)
    if summed is None or summed(message).digest() != imprint.message:
        return "it is the stamp of something else than is in the package"
    return None


def _token_step(token: bytes, message: bytes, authorities: Mapping[str, bytes], name: str) -> Step:
    try:
        from rfc3161_client import decode_timestamp_response
    except ImportError:
        return unchecked(SUBJECT, "a token cannot be read without: pip install 'nofly[timestamps]'", name)
    fault = token_fault(token, message)
    if fault is not None:
        return differs(SUBJECT, fault, name)
    answer = decode_timestamp_response(token)
    when = answer.tst_info.gen_time.isoformat()
    reasons = []
    for authority, pem in sorted(authorities.items()):
        wrong = _not_by(answer, message, pem)
        if wrong is None:
            return agrees(SUBJECT, f"all before it existed at {when}: stamped by {authority}", name)
        reasons.append(f"{authority}: {wrong}")
    told = "; ".join(reasons) or "give its certificate with --authority"
    return unchecked(SUBJECT, f"it says {when}; by whom is not shown ({told})", name)


def _not_by(answer: Any, message: bytes, pem: bytes) -> str | None:
    """Return why a token is not of the authority whose certificates are given; None where it is."""
    from cryptography.x509 import load_pem_x509_certificates
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        certificates = load_pem_x509_certificates(pem)
        roots = [c for c in certificates if c.issuer == c.subject] or certificates
        builder = VerifierBuilder(
            roots=list(roots), intermediates=[c for c in certificates if c not in roots]
        )
        builder.build().verify_message(answer, message)
    except (VerificationError, ValueError) as error:
        return str(error)
    return None


def proof_of(answer: bytes, digest: bytes) -> bytes:
    """Return an OpenTimestamps proof (``.ots``) from what a calendar answered of a SHA-256 digest.

    Raises ValueError where it answered nothing that can be read, ImportError without ``opentimestamps``.
    """
    from opentimestamps.core.op import OpSHA256
    from opentimestamps.core.serialize import (
        BytesDeserializationContext,
        BytesSerializationContext,
        DeserializationError,
    )
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

    try:
        stamp = Timestamp.deserialize(BytesDeserializationContext(answer), digest)
    except (DeserializationError, EOFError) as error:
        raise ValueError(f"no answer of a calendar: {error}") from error
    out = BytesSerializationContext()
    DetachedTimestampFile(OpSHA256(), stamp).serialize(out)
    return bytes(out.getbytes())


def _proof_steps(proof: bytes, message: bytes, name: str) -> Iterator[Step]:
    try:
        from opentimestamps.core import notary
        from opentimestamps.core.op import OpSHA256
        from opentimestamps.core.serialize import BytesDeserializationContext, DeserializationError
        from opentimestamps.core.timestamp import DetachedTimestampFile
    except ImportError:
        text = "an OpenTimestamps proof cannot be read without: pip install 'nofly[opentimestamps]'"
        yield unchecked(SUBJECT, text, name)
        return
    try:
        read = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
        attestations = list(read.timestamp.all_attestations())
    except (DeserializationError, ValueError, EOFError, RecursionError) as error:
        yield differs(SUBJECT, f"no OpenTimestamps proof: {error}", name)
        return
    if type(read.file_hash_op) is not OpSHA256 or read.file_digest != hashlib.sha256(message).digest():
        yield differs(SUBJECT, "it is the proof of something else than is in the package", name)
        return
    yield agrees(SUBJECT, "the proof commits to all that was in the package before it", name)
    for message, attestation in sorted(attestations, key=lambda pair: (type(pair[1]).__name__, pair[0])):
        if isinstance(attestation, notary.BitcoinBlockHeaderAttestation):
            root = bytes(reversed(message)).hex()
            text = f"the Merkle root of Bitcoin block {attestation.height} has to be {root}: look it up"
        elif isinstance(attestation, notary.PendingAttestation):
            text = f"promised by the calendar {attestation.uri[:200]}, not yet in a block of Bitcoin"
        else:
            text = f"an attestation that is not known here ({type(attestation).__name__})"
        yield unchecked(SUBJECT, text, name)
    if not attestations:
        yield differs(SUBJECT, "nobody attests it", name)
