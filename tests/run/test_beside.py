"""Batches made by a process beside the one that asks: the same ones, and no process is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")

GIVEN = """
import os, signal, sys, threading
import numpy as np
from nofly.errors import DecodeError, Finding, Severity
from nofly.run.files.beside import begun, beside, possible
from nofly.run.files.trackfiles import TrackBatch
from nofly.schema import Coded, Positions

names, calls = [], ["SWR1", "SWR2"]

def batches(most=3):
    for k in range(most):
        names.extend(f"icao24:{j:06x}" for j in range(10 * k + 1, 10 * k + 11))
        codes = np.arange(10 * k + 10, dtype=np.int32)
        lat_deg = 47.0 + codes / 7.0
        columns = {"alt_std_m": lat_deg[::-1] * 100.0, "on_ground": (codes % 2).astype(np.int8)}
        positions = Positions(codes * 1_000_000, Coded(codes, names), lat_deg, -lat_deg, columns,
                              {"callsign": Coded(codes % 2 - 1, calls)} if k else {})
        yield TrackBatch(positions, [Finding("told", Severity.INFO, "so", "x", "", k + 1)], "x", "f", k, most)

def nobody_is_left():
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        return True
"""


def alone(code: str) -> None:
    """Run in a process of one thread, as ``nofly`` is until it makes more."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", GIVEN + textwrap.dedent(code)],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert not done.returncode, done.stderr


def test_the_batches_are_the_same_to_the_last_bit() -> None:
    alone("""
        with beside(batches()) as found:
            given = list(found)
        names, lists = [], set()
        for one, other in zip(given, batches(), strict=True):
            assert (one.findings, one.path, one.format) == (other.findings, other.path, other.format)
            assert (one.bytes_read, one.bytes_total) == (other.bytes_read, other.bytes_total)
            a, b = one.positions, other.positions
            assert a.columns.keys() == b.columns.keys() and a.texts.keys() == b.texts.keys()
            pairs = [(a.time_us, b.time_us), (a.lat_deg, b.lat_deg), (a.lon_deg, b.lon_deg)]
            pairs += [(a.columns[name], b.columns[name]) for name in a.columns]
            for s, t in [(a.target, b.target), *((a.texts[n], b.texts[n]) for n in a.texts)]:
                pairs.append((s.codes, t.codes))
                assert [s.at(k) for k in range(len(a))] == [t.at(k) for k in range(len(b))]
            for s, t in pairs:
                assert s.dtype == t.dtype and s.tobytes() == t.tobytes()
                assert s.flags.aligned and s.flags.writeable
        # Values are numbered once: the list is the same one from batch to batch.
        assert len({id(one.positions.target.values) for one in given}) == 1
        assert len(given[0].positions.target.values) == 30
        assert nobody_is_left()
    """)


def test_what_the_batches_raise_is_raised_after_those_before_it() -> None:
    alone("""
        def broken(error):
            yield from batches(2)
            raise error

        for error in (DecodeError("ends", source="x", locator="line 7", expected="more"), KeyError("k")):
            found = []
            try:
                with beside(broken(error)) as given:
                    found.extend(given)
            except type(error) as raised:
                assert str(raised) == str(error) and vars(raised) == vars(error)
            else:
                raise AssertionError("nothing raised")
            assert len(found) == 2 and nobody_is_left()
    """)


def test_a_process_that_is_killed_is_an_error_and_one_that_is_interrupted_goes_on() -> None:
    alone("""
        def struck(number):
            yield from batches(1)
            os.kill(os.getpid(), number)
            yield from batches(1)

        with beside(struck(signal.SIGINT)) as given:
            assert len(list(given)) == 2
        with beside(struck(signal.SIGKILL)) as given:
            next(given)
            try:
                next(given)
            except DecodeError as error:
                assert "was ended" in str(error)
            else:
                raise AssertionError("nothing raised")
        assert nobody_is_left()
    """)


def test_who_leaves_early_leaves_no_process() -> None:
    alone("""
        with beside(batches(10**9)) as given:
            next(given)
        assert nobody_is_left()
        try:
            with beside(batches(10**9)) as given:
                raise KeyError
        except KeyError:
            pass
        assert nobody_is_left()
    """)


def test_a_process_of_several_threads_or_with_one_processor_has_none_beside_it() -> None:
    alone("""
        assert possible() == (len(os.sched_getaffinity(0)) > 1)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        assert not possible()
    """)
    alone("""
        waits = threading.Event()
        thread = threading.Thread(target=waits.wait)
        thread.start()
        assert not possible()
        waits.set()
        thread.join()
    """)


@pytest.mark.parametrize("several", [True, False])
def test_files_are_read_the_same_by_whoever(several: bool, tmp_path: Path) -> None:
    rows = ",".join(
        f'{{"timestamp":{10**12 + k},"icao24":"3003ae","latitude":45,"longitude":9,"altitude":{k}}}'
        for k in range(100)
    )
    whole, cut = tmp_path / "whole.json", tmp_path / "cut.json"
    whole.write_text(f"[{rows}]")
    cut.write_text(f"[{rows}")
    alone(f"""
        from nofly.feeds.options import ArchiveOptions

        forks, fork = [possible() and {several}], os.fork
        os.fork = lambda: forks.append(True) or fork()
        with begun([{str(whole)!r}, {str(cut)!r}], ArchiveOptions(), {several}) as given:
            found = list(given)
        assert sum(forks) == 2 * forks[0]
        assert [len(one.positions) for one in found] == [100, 100]
        assert [f.locator for f in found[1].findings if f.code == "file-truncated"] == ["object 100"]
        assert found[0].positions.columns["alt_std_m"][-1] == 99.0 * 0.3048
        assert nobody_is_left()
    """)
