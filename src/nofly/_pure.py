"""Which modules are compiled to C, and when their Python source is used in place of the extensions.

The kernel is written once, in Cython's pure-Python mode. An install with a C compiler holds an extension
beside each source file, and Python prefers the extension. It must not where ``NOFLY_PURE`` is set (the tests
run both ways), nor in a checkout whose source was edited after the extensions were built: two programs that
differ would answer to one name. The modules call each other's C functions, so it is all of them or none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from types import ModuleType

COMPILED = (
    "nofly.geo.geodesic",
    "nofly.zones.grid_scan",
    "nofly.kernel.detect_scan",
    "nofly.kernel.depth_scan",
    "nofly.kernel.target_scan",
    "nofly.tracks.screening_scan",
)
"""The modules that setup.py compiles. Only here: setup.py reads this tuple."""

_SOURCE_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_IN_CHECKOUT = os.path.isfile(os.path.join(os.path.dirname(_SOURCE_ROOT), "setup.py"))


def forced() -> bool:
    """Return whether ``NOFLY_PURE`` asks for the uncompiled modules (set, and neither empty nor 0)."""
    return os.environ.get("NOFLY_PURE", "") not in ("", "0")


def out_of_date() -> bool:
    """Return whether a checkout holds some extension, and another is missing or older than its source.

    False in an installed package: its files carry the time at which they were unpacked.
    """
    if not _IN_CHECKOUT:
        return False
    stems = [os.path.join(_SOURCE_ROOT, *module.split(".")) for module in COMPILED]
    present = [stem for stem in stems if os.path.isfile(stem + ".py")]
    built = [_modified_s(stem, EXTENSION_SUFFIXES) for stem in present]
    edited = [_modified_s(stem, [".py", ".pxd"]) for stem in present]
    return any(built) and any(b < e for b, e in zip(built, edited, strict=True))


def _modified_s(stem: str, suffixes: Sequence[str]) -> float:
    files = [stem + suffix for suffix in suffixes if os.path.isfile(stem + suffix)]
    return max(map(os.path.getmtime, files), default=0.0)


def why_uncompiled() -> str:
    """Return in one clause why the source of the compiled modules is used, or would be."""
    if forced():
        return "NOFLY_PURE is set"
    if out_of_date():
        return "the compiled kernel is older than its source: run make build"
    return "it was built without a C compiler: install one, then install nofly again"


class _SourceFinder:
    """Finds the source of a compiled module, whatever stands beside it."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in COMPILED or path is None:
            return None
        from importlib.util import spec_from_file_location

        leaf = name.rpartition(".")[2] + ".py"
        files = (os.path.join(folder, leaf) for folder in path)
        source = next((file for file in files if os.path.isfile(file)), None)
        return None if source is None else spec_from_file_location(name, source)


def install() -> None:
    """Put the finder in front of Python's own where the source must be used; once is enough."""
    if _SourceFinder not in sys.meta_path and (forced() or out_of_date()):
        sys.meta_path.insert(0, _SourceFinder)
