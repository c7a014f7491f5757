"""Keys in a folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nofly.errors import StoreError
from nofly.store.keys import import_key, keys_in, new_key, public_key, signing_key, trusted


def none() -> bytes:
    raise AssertionError("no passphrase is needed")


def test_a_key_signs_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    public = new_key(tmp_path / "k", "desk", None)
    key = signing_key(tmp_path / "k", "desk", none)
    assert key.public == public
    assert public.signed(b"x", key.sign(b"x"))
    assert not public.signed(b"y", key.sign(b"x"))
    assert key.sign(b"x") == key.sign(b"x")
    file = tmp_path / "k" / "desk.key"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o640)
        with pytest.raises(StoreError, match="others may read"):
            signing_key(tmp_path / "k", "desk", none)


def test_a_locked_key_wants_its_passphrase_and_shows_neither(tmp_path: Path) -> None:
    new_key(tmp_path, "desk", b"open sesame")
    assert b"ENCRYPTED" in (tmp_path / "desk.key").read_bytes()
    key = signing_key(tmp_path, "desk", lambda: b"open sesame")
    assert "raw" not in repr(key)
    assert key.raw.hex() not in repr(key)
    with pytest.raises(StoreError, match="passphrase") as wrong:
        signing_key(tmp_path, "desk", lambda: b"open barley")
    assert "barley" not in str(wrong.value)
    (kept,) = keys_in(tmp_path)
    assert (kept.name, kept.private, kept.locked) == ("desk", True, True)


def test_keys_are_never_written_over(tmp_path: Path) -> None:
    first = new_key(tmp_path, "desk", None)
    with pytest.raises(StoreError, match="already"):
        new_key(tmp_path, "desk", None)
    assert public_key(tmp_path, "desk") == first


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "a" * 65, "ä"])
def test_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="no name"):
        new_key(tmp_path / "k", name, None)
    assert not (tmp_path / "k").exists()


def test_keys_are_exchanged(tmp_path: Path) -> None:
    public = new_key(tmp_path / "theirs", "desk", None)
    kept = import_key(tmp_path / "ours", tmp_path / "theirs" / "desk.pub", "their-desk", none)
    assert (kept.key, kept.private) == (public, False)
    assert trusted(tmp_path / "ours") == {public.id: "their-desk"}
    moved = import_key(tmp_path / "new", tmp_path / "theirs" / "desk.key", "desk", none)
    assert (moved.key, moved.private) == (public, True)
    with pytest.raises(StoreError, match="no private key 'their-desk'"):
        signing_key(tmp_path / "ours", "their-desk", none)


@pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(data)
    with pytest.raises(StoreError):
        import_key(tmp_path / "k", file, "x", none)
    with pytest.raises(StoreError):
        trusted(file)
    with pytest.raises(StoreError):
        trusted(tmp_path / "k")
