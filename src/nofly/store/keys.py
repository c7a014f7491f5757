"""Keys in a folder: private ones (``NAME.key``, PKCS 8 in PEM, for their owner's eyes only) and public ones
(``NAME.pub``). No error and no ``repr`` shows a private key or a passphrase."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nofly.errors import StoreError
from nofly.proof.packing.container import PackageError
from nofly.proof.packing.signing import PublicKey, SigningKey, public_key_of

PRIVATE, PUBLIC = ".key", ".pub"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_BYTES = 1 << 16
_PRIVATE_MARK, _LOCKED_MARK = b"PRIVATE KEY-----", b"BEGIN ENCRYPTED PRIVATE KEY"

Passphrase = Callable[[], bytes]
"""Asks for the passphrase of a key, only where it has one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A key of a folder."""

    name: str
    key: PublicKey
    private: bool
    """Whether its private half is there too."""
    locked: bool
    """Whether that is encrypted by a passphrase."""


def own_folder() -> Path:
    """Return the folder of the user's keys: as ``NOFLY_KEYS`` says, else under his configuration."""
    if os.environ.get("NOFLY_KEYS"):
        return Path(os.environ["NOFLY_KEYS"])
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "nofly" / "keys"


def new_key(folder: Path, name: str, passphrase: bytes | None) -> PublicKey:
    """Make a key and keep it; return its public half. Raises StoreError where there is one of that name, or
    it cannot be written."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = SigningKey(Ed25519PrivateKey.generate().private_bytes_raw())
    _keep_private(folder, name, key, passphrase)
    return key.public


def keys_in(folder: Path) -> list[Kept]:
    """Return the keys of a folder, by name; none where there is no folder. Raises StoreError for a file that
    is none."""
    found = []
    for path in sorted(folder.glob(f"*{PUBLIC}")) if folder.is_dir() else []:
        private = path.with_suffix(PRIVATE)
        there = private.is_file()
        locked = there and _LOCKED_MARK in _bytes_of(private)
        found.append(Kept(path.stem, _public_in(path), there, locked))
    return found


def signing_key(folder: Path, name: str, passphrase: Passphrase) -> SigningKey:
    """Return a private key by its name in the folder, or by the path of its file.

    Raises StoreError where there is none, the passphrase is wrong, or others may read the file.
    """
    path = Path(name)
    if not path.is_file():
        path = folder / f"{_checked(name)}{PRIVATE}"
    if not path.is_file():
        there = ", ".join(kept.name for kept in keys_in(folder) if kept.private) or "none"
        raise StoreError(f"no private key {name!r} in {folder}; there are {there}")
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StoreError(f"{path}: others may read this private key (expected: chmod 600)")
    return _private_in(path, passphrase)


def public_key(folder: Path, name: str) -> PublicKey:
    """Return a public key by its name in the folder, or by the path of its file. Raises StoreError."""
    path = Path(name)
    return _public_in(path if path.is_file() else folder / f"{_checked(name)}{PUBLIC}")


def import_key(folder: Path, file: Path, name: str, passphrase: Passphrase) -> Kept:
    """Keep a key of a file, private or public, under a name. Raises StoreError as :func:`new_key`."""
    data = _bytes_of(file)
    if _PRIVATE_MARK in data:
        locked = _LOCKED_MARK in data
        asked = passphrase() if locked else None
        key = _private_in(file, lambda: asked or b"")
        _keep_private(folder, name, key, asked)
        return Kept(name, key.public, True, locked)
    public = _public_in(file)
    _write(folder, f"{_checked(name)}{PUBLIC}", public.pem, 0o644)
    return Kept(name, public, False, False)


def trusted(path: Path) -> dict[str, str]:
    """Return key id → whose it is, of a public key's file or of all in a folder: the name is the file's.

    Raises StoreError where there is none, or one cannot be read.
    """
    files = sorted(path.glob(f"*{PUBLIC}")) if path.is_dir() else [path]
    if not files:
        raise StoreError(f"{path}: no public key in it (expected: files NAME{PUBLIC})")
    return {_public_in(file).id: file.stem for file in files}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise StoreError(f"no name for a key: {name!r} (expected: letters, digits, . _ -)")
    return name


def _keep_private(folder: Path, name: str, key: SigningKey, passphrase: bytes | None) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        KeySerializationEncryption,
        NoEncryption,
        PrivateFormat,
    )

    locking: KeySerializationEncryption = (
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    )
    pem = Ed25519PrivateKey.from_private_bytes(key.raw).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, locking
    )
    if (folder / f"{_checked(name)}{PUBLIC}").exists():
        raise StoreError(f"there is a key {name!r} in {folder} already")
    _write(folder, f"{name}{PRIVATE}", pem, 0o600)
    _write(folder, f"{name}{PUBLIC}", key.public.pem, 0o644)


def _write(folder: Path, name: str, data: bytes, mode: int) -> None:
    """Write a new file, never over another one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise StoreError(f"there is a key {name!r} in {folder} already") from error
    except OSError as error:
        raise StoreError(f"{folder / name}: {error.strerror or error}") from error


def _private_in(path: Path, passphrase: Passphrase) -> SigningKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _bytes_of(path)
    asked = passphrase() if _LOCKED_MARK in data else None
    try:
        key = load_pem_private_key(data, asked)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says may quote what it was given.
        raise StoreError(f"{path}: no private key can be read, or the passphrase is wrong") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(f"{path}: a private key of another kind (expected: Ed25519)")
    return SigningKey(key.private_bytes_raw())


def _public_in(path: Path) -> PublicKey:
    try:
        return public_key_of(_bytes_of(path), str(path))
    except PackageError as error:
        raise StoreError(str(error)) from error


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
