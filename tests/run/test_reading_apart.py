"""A zone file of whoever sends one is read in a process that is bounded in memory and time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from nofly.errors import ZoneFormatError
from nofly.run.files import reading_apart
from nofly.run.files.reading_apart import BOUNDS, read_apart

RUN = """
import resource, runpy, sys
from nofly.errors import InputError
from nofly.run.files import zonefiles
def read_zones(path):
    {body}
zonefiles.read_zones = read_zones
sys.argv = ["x", "zones.geojson"]
runpy.run_module("nofly.run.files.reading_apart", run_name="__main__")
"""


def error_of(body: str) -> str:
    """Return what a reader that does something else is said to have failed with."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN.format(body=body)], capture_output=True, check=True
    )
    message, _, _ = msgspec.json.decode(done.stdout)["error"]
    return str(message)


def test_a_reader_has_bounds() -> None:
    pytest.importorskip("resource")
    told = error_of(
        "raise InputError(f'{resource.getrlimit(resource.RLIMIT_AS)[0]} "
        "{resource.getrlimit(resource.RLIMIT_CPU)[0]}')"
    )
    assert told == f"{BOUNDS.memory_bytes} {BOUNDS.cpu_s}"


def test_what_takes_too_much_memory_is_refused() -> None:
    pytest.importorskip("resource")
    assert error_of(f"return bytearray({BOUNDS.memory_bytes})") == "the file needs too much memory"


def test_what_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_apart, "BOUNDS", replace(BOUNDS, wall_s=0.01))
    with pytest.raises(ZoneFormatError, match="within bounds"):
        read_apart(b"{}", "zones.geojson")
