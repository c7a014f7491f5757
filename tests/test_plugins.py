"""Plugins are found by being there, and asked as if all of them were loaded."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nofly import plugins
from nofly.errors import PluginError

KINDS = ("nofly.formats", "nofly.feeds.archives")
SAMPLES = sorted(
    path
    for folder in ("formats", "tracks")
    for path in (Path(__file__).parent / "data" / folder).glob("*/*")
    if path.is_file()
)
MARKS = sorted(
    {
        mark
        for kind in KINDS
        for name in plugins.names(kind)
        for mark in sys.modules[kind].__dict__["MARKS"].get(name, ())
    }
)


def asked_all(kind: str, head: bytes) -> dict[str, int]:
    scores = {name: plugins.load(kind, name).sniff(head) for name in plugins.names(kind)}
    return {name: score for name, score in scores.items() if score > 0}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_marks_keep_no_plugin_from_being_asked(kind: str, path: Path, data: st.DataObject) -> None:
    content = path.read_bytes()[:65_536]
    start = data.draw(st.sampled_from([0, 1, len(content) // 2]))
    head = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf", b" \r\n"])) + content[start:]
    mark = data.draw(st.sampled_from(MARKS))
    head = head.replace(mark, data.draw(st.sampled_from([mark, mark.lower(), mark.upper(), b"x"])))
    assert plugins.sniffed(kind, head) == asked_all(kind, head)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_marks_are_not_looked_for_in_utf_16(kind: str, path: Path) -> None:
    try:
        head = path.read_bytes()[:20_000].decode().encode("utf-16")
    except UnicodeDecodeError:
        return
    assert plugins.sniffed(kind, head) == asked_all(kind, head)


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_of_plugins_that_are_there(kind: str) -> None:
    assert set(sys.modules[kind].__dict__["MARKS"]) <= set(plugins.names(kind))


@pytest.fixture
def outsider(tmp_path: Path) -> Iterator[Path]:
    """A folder with an installed package that brings a zone format."""
    (tmp_path / "their_format.py").write_text(
        "NAME = 'theirs'\nEXTENSIONS = ('.their',)\n\n"
        "def sniff(head):\n    return 99 * head.startswith(b'THEIRS')\n"
    )
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nofly.formats]\ntheirs = their_format\n")
    yield tmp_path
    plugins.names.cache_clear()
    plugins.sniffed.cache_clear()
    sys.modules.pop("their_format", None)


def test_an_installed_package_can_bring_a_plugin(outsider: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(outsider)
    plugins.names.cache_clear()
    plugins.sniffed.cache_clear()
    assert plugins.names("nofly.formats")["theirs"] == "their_format"
    assert "theirs" not in plugins.names("nofly.feeds.archives")
    assert plugins.sniffed("nofly.formats", b"THEIRS\nAC R\nAL GND\n") == {"openair": 95, "theirs": 99}


def test_a_plugin_in_an_archive_is_found(
    outsider: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path_factory.mktemp("packed") / "theirs.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in outsider.rglob("*"):
            archive.write(path, str(path.relative_to(outsider)))
    monkeypatch.syspath_prepend(packed)
    plugins.names.cache_clear()
    assert plugins.names("nofly.formats")["theirs"] == "their_format"


def test_two_plugins_of_one_name_are_refused(outsider: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stated = outsider / "theirs-1.0.dist-info" / "entry_points.txt"
    stated.write_text("[nofly.formats]\nkml = their_format\n")
    monkeypatch.syspath_prepend(outsider)
    plugins.names.cache_clear()
    with pytest.raises(PluginError, match="two plugins"):
        plugins.names("nofly.formats")


def test_a_plugin_that_is_not_there_is_said_so() -> None:
    with pytest.raises(PluginError, match="geojson, kml"):
        plugins.load("nofly.formats", "shapefile")
