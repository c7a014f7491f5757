"""The geometric facts: who was in which zone, when, how deep. No rule, no I/O, no clock."""

from __future__ import annotations


def compiled() -> bool:
    """Return whether the kernel's inner loop is a compiled extension (it is not imported for that)."""
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import find_spec

    spec = find_spec("nofly.kernel.detect_scan")
    return spec is not None and isinstance(spec.loader, ExtensionFileLoader)


def uncompiled_warning() -> str | None:
    """Return the one sentence to say where the kernel is not compiled; None where it is."""
    if compiled():
        return None
    from nofly._pure import why_uncompiled

    why = why_uncompiled()
    return f"nofly runs on its uncompiled kernel, exact but about a hundred times slower ({why})"
