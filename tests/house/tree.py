"""The source tree as the house rules see it: one parsed module a file."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PLUGIN_PACKAGES = (
    "nofly.formats", "nofly.feeds.archives", "nofly.feeds.decoders", "nofly.feeds.transports", "nofly.alerts",
)  # fmt: skip
CORE = (
    "nofly.errors", "nofly.units", "nofly.schema", "nofly.plugins", "nofly.geo", "nofly.zones",
    "nofly.tracks", "nofly.kernel", "nofly.incidents", "nofly.proof", "nofly.whatif", "nofly.formats",
    "nofly.feeds",
)  # fmt: skip

NOT_CORE = ("nofly.feeds.transports",)
"""Packages within the core where bytes come from."""


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its path from the root, its text and its syntax tree."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def plugin(self) -> bool:
        """Whether the file is a plugin: a public module of a plugin package."""
        package, _, leaf = self.name.rpartition(".")
        return package in PLUGIN_PACKAGES and not leaf.startswith("_")

    @property
    def core(self) -> bool:
        """Whether the module belongs to the core or the parsers."""
        return self._within(CORE) and not self._within(NOT_CORE)

    def _within(self, packages: tuple[str, ...]) -> bool:
        return any(self.name == name or self.name.startswith(name + ".") for name in packages)


def parse(name: str, text: str, path: str = "") -> Module:
    """Return a module from its text."""
    return Module(name, path or name.replace(".", "/") + ".py", text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of src/nofly, sorted by path."""
    return tuple(_load(path) for path in sorted((SOURCE / "nofly").rglob("*.py")))


def _load(path: Path) -> Module:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return parse(name, path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
