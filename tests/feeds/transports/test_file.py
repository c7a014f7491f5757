"""Files: read whole when they change, and refused when they are none; standard input to its end."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from nofly.errors import FeedError
from tests.feeds.transports.receiving import never, receive


def test_an_unchanged_file_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"one")

    async def run() -> None:
        task = asyncio.create_task(receive(f"file:{path}", lambda c: len(c) == 2, interval_s=0.01))
        await asyncio.sleep(0.2)
        assert not task.done()
        path.write_bytes(b"another")
        assert [chunk.data for chunk in await task] == [b"one", b"another"]

    asyncio.run(run())


def test_a_file_written_anew_in_its_place_is_seen_by_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"one")
    os.utime(path, (1, 1))

    async def run() -> None:
        task = asyncio.create_task(receive(f"file:{path}", lambda c: len(c) == 2, interval_s=0.01))
        await asyncio.sleep(0.2)
        path.write_bytes(b"two")
        assert [chunk.data for chunk in await task] == [b"one", b"two"]

    asyncio.run(run())


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(bytes(11))
    wrong = {
        "none": "No such file",
        "pipe": "not a plain file",
        "": "directory|plain file",
        "long": "more than",
    }
    for name, why in wrong.items():
        with pytest.raises(FeedError, match=why):
            asyncio.run(receive(f"file:{tmp_path / name}", never, max_body_bytes=10))


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_input_ends(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "input").write_bytes(b"all of it")
    reading = os.open(tmp_path / "input", os.O_RDONLY)
    if kind == "pipe":
        os.close(reading)
        reading, writing = os.pipe()
        os.write(writing, b"all of it")
        os.close(writing)
    with os.fdopen(reading) as given:
        monkeypatch.setattr("sys.stdin", given)
        chunks = asyncio.run(receive("stdin:", never))
    assert b"".join(chunk.data for chunk in chunks) == b"all of it"
