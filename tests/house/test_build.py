"""The kernel is compiled whole or not at all, and the source is used wherever the extension must not be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from nofly._pure import COMPILED
from tests.house.tree import ROOT

MODULE = "src/nofly/geo/geodesic"
SHOW = "import nofly.geo.geodesic as g; print(g.__file__)"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small checkout that holds one compiled module."""
    for name in ("setup.py", "src/nofly/_pure.py", "src/nofly/__init__.py", "src/nofly/geo/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for suffix in (".py", ".pxd"):
        shutil.copy(ROOT / (MODULE + suffix), tmp_path / (MODULE + suffix))
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "nofly"\nversion = "0"\n')
    return tmp_path


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k != "CC" and not k.startswith(("NOFLY_", "PYTHON"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={**kept, "PYTHONPATH": "src", **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def extension(folder: Path) -> Path:
    return folder / (MODULE + EXTENSION_SUFFIXES[0])


def test_without_a_compiler_the_build_goes_on_and_says_so_once(checkout: Path) -> None:
    old = extension(checkout)
    old.write_bytes(b"an extension of an earlier build")
    result = run(checkout, "setup.py", "-q", "build_ext", "--inplace", CC="/bin/false")
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("could not be compiled") == 1
    assert not old.exists()


def test_without_a_compiler_an_earlier_build_is_not_taken_for_this_one(checkout: Path) -> None:
    run(checkout, "setup.py", "-q", "build", CC="/bin/false")
    stale = checkout / "build" / f"lib.stale/{EXTENSION_SUFFIXES[0]}"
    folder = next((checkout / "build").glob("lib*"), stale.parent)
    built = folder / "nofly/geo" / extension(checkout).name
    built.parent.mkdir(parents=True, exist_ok=True)
    built.write_bytes(b"an extension of an earlier build")
    os.utime(built, (0, 0))
    result = run(checkout, "setup.py", "-q", "build_ext", "--build-lib", str(folder), CC="/bin/false")
    assert result.returncode == 0, result.stderr
    assert not built.exists()


@pytest.mark.thorough
def test_with_a_compiler_the_extension_is_built_and_used(checkout: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    result = run(checkout, "setup.py", "-q", "build_ext", "--inplace", NOFLY_REQUIRE_COMPILED="1")
    assert result.returncode == 0, result.stderr
    assert "warning: nofly" not in result.stderr
    assert run(checkout, "-c", SHOW).stdout.strip() == str(extension(checkout))


def test_a_wheel_can_insist_on_the_compiler(checkout: Path) -> None:
    result = run(
        checkout, "setup.py", "-q", "build_ext", "--inplace", CC="/bin/false", NOFLY_REQUIRE_COMPILED="1"
    )
    assert result.returncode != 0


def test_python_that_cython_refuses_is_an_error(checkout: Path) -> None:
    (checkout / (MODULE + ".py")).write_text("def f(:\n")
    assert run(checkout, "setup.py", "-q", "build_ext", "--inplace").returncode != 0


def test_an_extension_older_than_its_source_is_not_used(checkout: Path) -> None:
    extension(checkout).write_bytes(b"older than the source")
    os.utime(extension(checkout), (1, 1))
    assert run(checkout, "-c", SHOW).stdout.strip().endswith("geodesic.py")


def test_a_newer_extension_is_used(checkout: Path) -> None:
    extension(checkout).write_bytes(b"newer than the source")
    os.utime(extension(checkout), (time.time() + 60, time.time() + 60))
    result = run(checkout, "-c", SHOW)
    assert result.returncode != 0, result.stdout
    assert "ImportError" in result.stderr


def test_nofly_pure_uses_the_source_of_every_module() -> None:
    code = f"import importlib\nfor name in {COMPILED!r}: print(importlib.import_module(name).__file__)"
    result = run(ROOT, "-c", code, NOFLY_PURE="1")
    assert result.returncode == 0, result.stderr
    files = result.stdout.split()
    assert [Path(file).suffix for file in files] == [".py"] * len(COMPILED)


def test_the_warning_names_the_reason() -> None:
    code = "from nofly.kernel import compiled, uncompiled_warning as w; print(compiled(), w())"
    result = run(ROOT, "-c", code, NOFLY_PURE="1")
    assert result.stdout.startswith("False nofly runs on its uncompiled kernel"), result.stderr
    assert "NOFLY_PURE is set" in result.stdout


def test_uncompiled_there_is_one_warning_and_no_other() -> None:
    """The flights have heights that are not known."""
    data = ROOT / "examples/data"
    words = ("-m", "nofly", "check", "--zones", str(data / "stadium.geojson"), str(data / "flights.csv"))
    result = run(ROOT, *words, NOFLY_PURE="1")
    assert result.returncode == 1, result.stderr
    assert "RuntimeWarning" not in result.stderr
    assert result.stderr.count("uncompiled kernel") == 1
