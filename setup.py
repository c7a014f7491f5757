"""Builds the compiled kernel, and nothing else; everything else is in pyproject.toml.

Without a working C compiler the package is installed all the same and runs on the Python source of the
kernel. ``NOFLY_REQUIRE_COMPILED=1`` makes that an error: for wheels, and for continuous integration.
``NOFLY_SKIP_EXTENSIONS=1`` installs without compiling: the Makefile compiles in place.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

COMPILED: tuple[str, ...] = runpy.run_path(str(Path(__file__).parent / "src/nofly/_pure.py"))["COMPILED"]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
}

FLAGS = {
    # No -march=native: a wheel runs on every machine of its kind. No contraction to fused multiply-add, no
    # fast maths: the compiled kernel must agree with its Python source bit for bit, and NaN must stay NaN.
    "unix": ["-O3", "-ffp-contract=off"],
    "mingw32": ["-O3", "-ffp-contract=off"],
    "msvc": ["/O2", "/fp:precise"],
}


def _set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


def source_of(module: str) -> str:
    """Return the path of a module's source, relative to this file, as setuptools wants it."""
    return "src/" + module.replace(".", "/") + ".py"


class BuildKernel(build_ext):
    """Translates and compiles all of the kernel, or else none of it and says so once."""

    def build_extensions(self) -> None:
        """Compile all extensions; where that fails, leave none and go on."""
        from Cython.Build import cythonize

        # Outside the try: Python that Cython refuses is an error of ours, not of the machine.
        translated = cythonize(
            [Extension(e.name, e.sources) for e in self.extensions],
            compiler_directives=DIRECTIVES, build_dir="build/cython", force=self.force, quiet=True,
        )  # fmt: skip
        for extension, c in zip(self.extensions, translated, strict=True):
            extension.sources = c.sources
            extension.depends = [*c.depends, "setup.py"]
            extension.extra_compile_args = FLAGS.get(self.compiler.compiler_type, [])
        self.parallel = self.parallel or os.cpu_count()
        try:
            super().build_extensions()
        except (CCompilerError, ExecError, PlatformError, OSError) as error:
            if _set("NOFLY_REQUIRE_COMPILED"):
                raise
            self._leave_uncompiled(error)

    def _leave_uncompiled(self, error: Exception) -> None:
        # What an earlier build left in build/ or in the source tree would be taken for this build's.
        for extension in self.extensions:
            name = self.get_ext_filename(self.get_ext_fullname(extension.name))
            for folder in (self.build_lib, "src"):
                Path(folder, name).unlink(missing_ok=True)
        self.extensions.clear()
        reason = str(error) if len(str(error)) <= 160 else f"{str(error)[:60]} … {str(error)[-60:]}"
        print(
            f"warning: nofly's kernel could not be compiled ({reason}). nofly works, about a hundred times"
            " slower. For speed, install a C compiler and the Python headers (Debian: gcc, python3-dev), then"
            " install nofly again.",
            file=sys.stderr,
        )


def extensions() -> list[Any]:
    """Return one extension a compiled module that is in the tree."""
    if _set("NOFLY_SKIP_EXTENSIONS"):
        return []
    return [Extension(name, [source_of(name)]) for name in COMPILED if Path(source_of(name)).is_file()]


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildKernel})
