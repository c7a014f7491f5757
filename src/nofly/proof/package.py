"""An evidence package, format ``nofly-evidence/2``: files under a manifest, the same input the same bytes.

``manifest.json`` (canonical JSON) names every file with its SHA-256 and its role. Evidentiary files are what
was received, what was law and what was found; working files (report, replay) can be made from them again.
Beside the manifest stand what is made of it or after it: ``custody.jsonl``, ``signatures/``, ``timestamps/``,
``seals/``. Of format 1, which is read too, later signatures and time stamps are of the manifest alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from nofly.proof.packing import custody, seals
from nofly.proof.packing.canonical import canonical, mapping, parsed, text_of
from nofly.proof.packing.container import Fault, PackageError, fit_name, unpacked
from nofly.proof.packing.custody import Act, Attached
from nofly.proof.packing.signing import SIGNATURE_BYTES, SigningKey, is_key_id, public_key_of
from nofly.proof.packing.steps import UNSIGNED, Step, agrees, differs, note, unchecked

FORMAT = "nofly-evidence/2"
_FORMATS = {"nofly-evidence/1": 1, FORMAT: 2}
MANIFEST = "manifest.json"
SIGNATURES, TIMESTAMPS = "signatures/", "timestamps/"
KINDS = ("recorded", "live")


class Role(StrEnum):
    """What a file of a package is."""

    EVIDENTIARY = "evidentiary"
    """It cannot be made again: what was received, the law, the finding."""
    WORKING = "working"
    """It can be made again from the evidentiary files: report and replay."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file to be put into a package."""

    data: bytes
    role: Role = Role.EVIDENTIARY


@dataclass(frozen=True, slots=True)
class Making:
    """What a package is made with besides its files: who made it, which nofly, who signs it."""

    version: str
    """Of nofly."""
    act: Act = field(default_factory=lambda: Act("made"))
    keys: Sequence[SigningKey] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """A package as it was opened: nothing of it has been checked but that it could be."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    kind: str
    faults: tuple[Fault, ...]
    """What of the ZIP is not as it was written."""

    @property
    def version(self) -> int:
        """The version of its format."""
        return _FORMATS[self.manifest["format"]]

    @property
    def listed(self) -> dict[str, Any]:
        """What the manifest says of files, by name."""
        return mapping(self.manifest["files"], MANIFEST, "files")

    def data(self, name: str) -> bytes:
        """Return a file; PackageError where it is not there."""
        if name not in self.files:
            raise PackageError("it is not in the package", source=name)
        return self.files[name]

    def json(self, name: str) -> dict[str, Any]:
        """Return a file of JSON that has to be an object; PackageError where it is none."""
        return mapping(parsed(self.data(name), name), name)


def made(
    kind: str, parts: Mapping[str, Part], configuration: Mapping[str, Any], making: Making
) -> dict[str, bytes]:
    """Return the files of a package by name, for :func:`nofly.proof.packing.container.packed`: those given,
    manifest, chain of custody and signatures.

    ``configuration`` is everything that the finding depends on and that is no file, as plain values. The same
    arguments give the same bytes. Raises PackageError for a name that may not be, or is the package's own.
    """
    for name in parts:
        if not fit_name(name) or is_beside(name):
            raise PackageError(f"no name for a file of a package: {name!r}")
    files = {
        name: {
            "sha256": hashlib.sha256(part.data).hexdigest(), "bytes": len(part.data), "role": str(part.role),
        }
        for name, part in sorted(parts.items())
    }  # fmt: skip
    evidence = evidence_sha256(files)
    chain = custody.first_entry(making.act, evidence)
    manifest = canonical({
        "format": FORMAT, "kind": kind, "created_by": f"nofly {making.version}",
        "configuration": dict(configuration),
        "configuration_sha256": hashlib.sha256(canonical(dict(configuration))).hexdigest(),
        "files": files, "evidence_sha256": evidence, "custody": custody.head(chain),
        "signers": sorted(key.public.id for key in making.keys),
    })  # fmt: skip
    out = {name: part.data for name, part in parts.items()}
    out |= {MANIFEST: manifest, custody.FILE: chain}
    for key in making.keys:
        out |= signature(manifest, key)
    return out


def signature(message: bytes, key: SigningKey) -> dict[str, bytes]:
    """Return the files of a signature: the 64 bytes and the public key in PEM."""
    public = key.public
    return {
        f"{SIGNATURES}{public.id}.sig": key.sign(message),
        f"{SIGNATURES}{public.id}.pub": public.pem,
    }


def next_seal(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the seal, by its name, that the next act signs or has time-stamped; of a package of format 1
    none: there it is the manifest. Raises PackageError for what is no package."""
    manifest = mapping(parsed(files[MANIFEST], MANIFEST), MANIFEST)
    if _FORMATS.get(text_of(manifest, "format", MANIFEST)) == 1:
        return {}
    return seals.next_seal(files.get(custody.FILE, b""), files[MANIFEST])


def with_signature(files: Mapping[str, bytes], act: Act, key: SigningKey) -> dict[str, bytes]:
    """Return the files of a package that one more has signed, with all that is in it. Raises as
    :func:`with_act`."""
    sealed = next_seal(files)
    message = next(iter(sealed.values()), files[MANIFEST])
    return with_act(files, act, {**sealed, **signature(message, key)}, key)


def with_act(
    files: Mapping[str, bytes], act: Act, more: Mapping[str, bytes] | None = None,
    key: SigningKey | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """Return the files of a package with one more entry in its chain of custody, and ``more`` beside its
    manifest: nothing that was signed changes.

    Raises PackageError where the package has no chain that can be continued, or has such a file already.
    """
    for name in more or {}:
        if name in files:
            raise PackageError("the package has it already", source=name)
    chain = custody.appended(files.get(custody.FILE, b""), act, files[MANIFEST], more, key)
    return {**files, **(more or {}), custody.FILE: chain}


def evidence_sha256(files: Mapping[str, Any]) -> str:
    """Return the SHA-256 over what a manifest says of its evidentiary files: the evidence as a whole."""
    evidentiary = {name: told for name, told in files.items() if told["role"] == Role.EVIDENTIARY}
    return hashlib.sha256(canonical(evidentiary)).hexdigest()


def is_beside(name: str) -> bool:
    """Return whether a file stands beside the manifest, not under it."""
    return name in (MANIFEST, custody.FILE) or name.startswith((SIGNATURES, TIMESTAMPS, seals.FOLDER))


def opened(data: bytes) -> Package:
    """Return a package from the bytes of its ZIP, within bounds of size, number, depth.

    Raises PackageError where it cannot be read: no ZIP of nofly, no manifest, a manifest of another kind or
    of a format that this version does not know.
    """
    contents = unpacked(data)
    if MANIFEST not in contents.files:
        raise PackageError("no manifest.json in it", expected="an evidence package")
    manifest = mapping(parsed(contents.files[MANIFEST], MANIFEST), MANIFEST)
    form, kind = text_of(manifest, "format", MANIFEST), text_of(manifest, "kind", MANIFEST)
    if form not in _FORMATS or kind not in KINDS:
        raise PackageError(
            f"format {form[:40]!r}, kind {kind[:40]!r}", source=MANIFEST,
            expected=f"{' or '.join(_FORMATS)}, {' or '.join(KINDS)}: a newer nofly may read it",
        )  # fmt: skip
    for key in ("created_by", "configuration_sha256", "evidence_sha256", "custody"):
        text_of(manifest, key, MANIFEST)
    for name, told in mapping(manifest.get("files"), MANIFEST, "files").items():
        fits = isinstance(told, dict) and isinstance(told.get("sha256"), str)
        if not fits or told.get("role") not in tuple(Role) or type(told.get("bytes")) is not int:
            raise PackageError("no sha256, bytes and role", source=MANIFEST, locator=name[:80])
    mapping(manifest.get("configuration"), MANIFEST, "configuration")
    signers = manifest.get("signers")
    if not isinstance(signers, list) or not all(isinstance(s, str) and is_key_id(s) for s in signers):
        raise PackageError("signers are no key ids", source=MANIFEST)
    return Package(contents.files, manifest, kind, contents.faults)


def integrity(package: Package) -> list[Step]:
    """Return what is to be said of container, manifest, files and chain of custody: every file that was
    changed, added or removed is named."""
    found = [differs("container", fault.message, fault.place) for fault in package.faults]
    if not found:
        found.append(agrees("container", "every byte of the ZIP is as it was written"))
    found += _manifest_steps(package)
    found += _file_steps(package)
    told = package.manifest
    if custody.FILE in package.files:
        chain = package.files[custody.FILE]
        found += custody.steps(
            chain, package.files[MANIFEST], told["evidence_sha256"], told["custody"], set(package.files)
        )  # fmt: skip
        found += _attached_steps(package, chain)
        found += seals.steps(package.files, package.files[MANIFEST], chain)
    else:
        found.append(differs("custody", "removed: the manifest names its first entry", custody.FILE))
    return found


def _attached_steps(package: Package, chain: bytes) -> Iterator[Step]:
    """Yield which of the files beside the manifest no act put there, or not so."""
    put = custody.attached(chain)
    for name, (entry, digest, _) in put.items():
        data = package.files.get(name)
        if data is not None and hashlib.sha256(data).hexdigest() != digest:
            yield differs("custody", "changed since it was put there", name)
        if not is_beside(name) or name in (MANIFEST, custody.FILE):
            yield differs("custody", f"entry {entry} says that it put it there, which no act does", name)
    makers = {f"{SIGNATURES}{key}.{part}" for key in package.manifest["signers"] for part in ("sig", "pub")}
    for name in sorted(filter(is_beside, package.files.keys() - put.keys() - makers)):
        if name not in (MANIFEST, custody.FILE):
            outcome = differs if package.version > 1 else unchecked
            yield outcome("custody", _ORPHAN, name)


_ORPHAN = (
    "no entry of the chain of custody put it there: it was added by other means, or the entry that did was "
    "cut off"
)


def put_there(package: Package) -> dict[str, Attached]:
    """Return the files that later acts put beside the manifest."""
    return custody.attached(package.files.get(custody.FILE, b""))


def attested(package: Package, name: str, put: Mapping[str, Attached]) -> bytes | None:
    """Return what a signature or time stamp is of: of the makers the manifest, of others the seal of the act
    that put it there, which whoever signs has signed too; ``put`` are the files that acts put there. None
    where there is no such act or seal."""
    key_id = name.removeprefix(SIGNATURES).rpartition(".")[0] if name.startswith(SIGNATURES) else None
    if package.version == 1 or key_id in package.manifest["signers"]:
        return package.files[MANIFEST]
    act = put.get(name)
    if act is None or (key_id is not None and key_id != act.signer):
        return None
    return package.files.get(seals.name_of(act.entry))


def _manifest_steps(package: Package) -> Iterator[Step]:
    told = package.manifest
    if canonical(told) != package.files[MANIFEST]:
        yield differs("files", "not written as nofly writes it", MANIFEST)
    if hashlib.sha256(canonical(told["configuration"])).hexdigest() != told["configuration_sha256"]:
        yield differs("files", "the configuration is not the one whose hash it gives", MANIFEST)
    if evidence_sha256(package.listed) != told["evidence_sha256"]:
        yield differs("files", "the list of evidentiary files is not the one whose hash it gives", MANIFEST)


def _file_steps(package: Package) -> Iterator[Step]:
    listed, good = package.listed, 0
    for name, told in sorted(listed.items()):
        data = package.files.get(name)
        if data is None:
            yield differs("files", "removed: the manifest names it", name, told["sha256"], None)
        elif (digest := hashlib.sha256(data).hexdigest()) != told["sha256"] or len(data) != told["bytes"]:
            yield differs("files", f"changed ({told['role']})", name, told["sha256"], digest)
        else:
            good += 1
    for name in sorted(package.files.keys() - listed.keys()):
        if not is_beside(name):
            yield differs("files", "added: the manifest does not name it", name)
    if good == len(listed):
        yield agrees("files", f"{good} files have the SHA-256 that the manifest gives")


def signatures(package: Package, known: Mapping[str, str]) -> tuple[list[Step], set[str]]:
    """Return what is to be said of the signatures, and the ids of the keys that signed.

    ``known`` gives, by key id, whose a key is; without it a signature says only that this key signed.
    """
    found, good, put = [], set[str](), put_there(package)
    names = [name for name in sorted(package.files) if name.startswith(SIGNATURES)]
    ids = {name.removeprefix(SIGNATURES).rpartition(".")[0] for name in names}
    ids |= set(package.manifest["signers"])
    for key_id in sorted(ids):
        wrong = list(_signature_faults(package, key_id, put))
        if wrong:
            found += [differs("signatures", message, name) for name, message in wrong]
            continue
        good.add(key_id)
        who = known.get(key_id)
        whose = f", the key of {who}" if who else ": whose key that is no package can tell (--key, --trust)"
        outcome = agrees if who else note
        found.append(outcome("signatures", f"signed by {key_id}{whose}", f"{SIGNATURES}{key_id}.sig"))
    for name in names:
        if name.rpartition(".")[2] not in ("sig", "pub"):
            found.append(differs("signatures", "neither a signature nor a public key", name))
    if not ids:
        found.append(note("signatures", f"{UNSIGNED}: nothing in it shows who made it"))
    return found, good


_UNSIGNED = f"missing, and {MANIFEST} names the signer: it was taken away, or the manifest was changed"


def _signature_faults(
    package: Package, key_id: str, put: Mapping[str, Attached]
) -> Iterator[tuple[str, str]]:
    """Yield the files a signature is wrong in and what is wrong; nothing where it holds."""
    sig, pub = f"{SIGNATURES}{key_id}.sig", f"{SIGNATURES}{key_id}.pub"
    for name in (sig, pub):
        if name not in package.files:
            named = key_id in package.manifest["signers"]
            yield name, _UNSIGNED if named else "missing: there is the other half of the signature"
            return
    if len(package.files[sig]) != SIGNATURE_BYTES:
        yield sig, f"{len(package.files[sig])} bytes, which is no signature"
    try:
        key = public_key_of(package.files[pub], pub)
    except PackageError as error:
        yield pub, error.message
        return
    message = attested(package, sig, put)
    if key.id != key_id or key.pem != package.files[pub]:
        yield pub, "changed: it is not the key whose id is its name"
    elif message is None:
        yield sig, "there is nothing that it signs: it is no maker's, and no act of this key sealed it"
    elif not key.signed(message, package.files[sig]):
        yield sig, f"it is not this key's signature of {_attested_name(message, package)}"


def _attested_name(message: bytes, package: Package) -> str:
    return MANIFEST if message is package.files[MANIFEST] else "the seal of its act"
