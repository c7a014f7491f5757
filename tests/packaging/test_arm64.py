"""What is pinned for the image is there for arm64, built; the kernel compiled for it finds the same stays.

It takes minutes: ``make check-long`` runs it. Debian's Python for arm64 runs under qemu, and the kernel is
compiled across. The tools are Debian's, and root: ``apt-get install debootstrap qemu-user-static
gcc-aarch64-linux-gnu libc6-dev-arm64-cross``.
"""

from __future__ import annotations

import pickle
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from Cython.Build import cythonize
from packaging.requirements import Requirement
from setuptools import Extension

from nofly.kernel import compiled
from tests.kernel.strategies import positions_of, random_case
from tests.packaging import stays_found
from tests.packaging.containers import ARCHIVE, need, run

ROOT = Path(__file__).resolve().parents[2]
IMAGE = {"python_full_version": "3.13.0", "platform_machine": "aarch64"}
GLIBC = ("manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in (17, 24, 26, 27, 28, 31, 34)))
"""Wheels that Debian's C library, 2.41 in the image's, can load."""
CASES = 100
pytestmark = pytest.mark.big


def test_the_kernel_compiled_for_arm64_finds_the_same_stays(tmp_path: Path) -> None:
    need("debootstrap", "dpkg", "qemu-aarch64-static", "aarch64-linux-gnu-gcc")
    if not compiled():
        pytest.skip("the kernel is not compiled here: nothing to compare with")
    debian, site, tree = tmp_path / "debian", tmp_path / "site", tmp_path / "tree"
    python = _python(debian)
    _wheels(site)
    _compiled(tree, debian)
    cases = [
        (case.zones, positions_of(case.reports), case.max_gap_s)
        for case in (random_case(seed, number) for seed in range(20) for number in range(CASES // 20))
    ]
    (tmp_path / "cases").write_bytes(pickle.dumps(cases))
    run(
        "qemu-aarch64-static", "-L", debian, python,
        stays_found.__file__, tmp_path / "cases", tmp_path / "stays",
        env={"PYTHONHOME": str(debian / "usr"), "PYTHONPATH": f"{tree / 'src'}:{site}", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    machine, *found = (tmp_path / "stays").read_text().splitlines()
    assert machine == "aarch64"
    assert len(found) > 2 * CASES
    assert found == stays_found.stays_found(cases)


def _python(debian: Path) -> Path:
    """Unpack, and no more, a Debian for arm64 with Python 3.13 and its headers; return the interpreter."""
    packages = "--include=python3,libpython3-dev,libc6-dev"
    debootstrap = ("/usr/sbin/debootstrap", "--download-only", "--variant=minbase", "--arch=arm64")
    run(*debootstrap, packages, "trixie", debian, ARCHIVE)
    for package in (debian / "var/cache/apt/archives").glob("*.deb"):
        run("dpkg", "-x", package, debian)
    return debian / "usr/bin/python3.13"


def _wheels(site: Path) -> None:
    """Install what is pinned, as wheels for arm64: an error where one would have to be built."""
    lines = (ROOT / "packaging/requirements.txt").read_text().replace("\\\n", " ").splitlines()
    pinned = []
    for line in lines:
        what, *hashes = line.split(" --hash=")
        if hashes and ((wanted := Requirement(what)).marker is None or wanted.marker.evaluate(IMAGE)):
            pinned.append(" --hash=".join([what.partition(";")[0].strip(), *map(str.strip, hashes)]))
    assert len(pinned) > 50
    site.mkdir()
    (site / "requirements.txt").write_text("\n".join(pinned))
    run(
        sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:",
        "--ignore-requires-python", "--implementation", "cp", "--python-version", "3.13",
        *(f"--platform={name}" for name in GLIBC), "--target", site, "-r", site / "requirements.txt",
    )  # fmt: skip


def _compiled(tree: Path, debian: Path) -> None:
    """Compile the kernel as setup.py has it, in a tree of its own."""
    shutil.copytree(
        ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
    )
    with patch("setuptools.setup"):
        made: dict[str, Any] = runpy.run_path(str(ROOT / "setup.py"))
    names = {name: str(tree / made["source_of"](name)) for name in made["COMPILED"]}
    translated = cythonize(
        [Extension(name, [source]) for name, source in names.items()],
        compiler_directives=made["DIRECTIVES"], build_dir=str(tree / "c"), quiet=True,
    )  # fmt: skip
    headers = ("-I", debian / "usr/include/python3.13", "-idirafter", debian / "usr/include")
    for one in translated:
        library = Path(names[one.name]).with_suffix(".cpython-313-aarch64-linux-gnu.so")
        run(
            "aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-fwrapv", "-DNDEBUG", *made["FLAGS"]["unix"],
            *headers, *one.sources, "-o", library, "-lm", cwd=tree,
        )  # fmt: skip
