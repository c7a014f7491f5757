"""What a watch without a screen says to whoever reads its standard error."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from time import time_ns

import pytest

from tests.cli.live import NOFLY, PATIENCE_S, SQUARE, Feed, configured, watching


@pytest.fixture
def feed() -> Iterator[Feed]:
    one = Feed()
    yield one
    one.close()


class Said:
    """The lines on a standard error, as they come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        self._process = process
        self._stream, self.lines = process.stderr, list[str]()

    def upto(self, words: str) -> str:
        """Read until a line has such words, and return it."""
        late = Timer(PATIENCE_S, self._process.kill)
        late.start()
        try:
            while True:
                line = self._stream.readline().decode()
                assert line, self.lines
                self.lines.append(line)
                if words in line:
                    return line
        finally:
            late.cancel()


def test_a_feed_whose_clock_is_ahead(tmp_path: Path, feed: Feed) -> None:
    feed.time_us = time_ns() // 1000 + 120_000_000
    with watching(configured(tmp_path, feed), "--plain") as watch:
        feed.fly("icao24:4ca7b3", 13.95, 14.11)
        line = Said(watch).upto("time-ahead")
    assert line.startswith("rejected: roof: its clock is at least 3 min ")
    assert line.endswith(" ahead: reports of the future are left out (× 17) [time-ahead]\n")


def test_history_piped_into_a_watch(tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text(json.dumps(SQUARE))
    row = {"target_id": "icao24:4ca7b3", "lat_deg": 50.0, "lon_deg": 14.1, "alt_std_m": 2000.0}
    history = "".join(json.dumps({**row, "time": f"2022-03-04T12:00:{k:02d}Z"}) + "\n" for k in range(17))
    words = ["--zones", "zones.geojson", "--feed", "jsonl+stdin:", "--state", "state", "--metrics", ""]
    done = subprocess.run(
        [*NOFLY, "watch", "--plain", *words], input=history.encode(), capture_output=True, cwd=tmp_path,
        timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    said = done.stderr.decode().splitlines()
    (line,) = [line for line in said if "time-long-past" in line]
    assert line.startswith("rejected: feed1: reports ")
    assert "recorded traffic, which nofly check and nofly replay take (× 17) [time-long-past]" in line
    assert "feed-silent" in done.stdout.decode()
    assert "its clock is wrong: 17 reports of long ago were left out" in done.stdout.decode()
