"""The tree keeps the house rules, and each rule finds what it is there to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nofly._pure import COMPILED
from tests.house import rules
from tests.house.tree import SOURCE, Module, modules, parse

Rule = Callable[[Module], Iterator[str]]

LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 50
LONG_DOCSTRING = 'def f():\n    """Return 1.\n' + "    More.\n" * 60 + '    """\n    return 1\n'


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Rule) -> None:
    broken = [line for module in modules() for line in rule(module)]
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (rules.no_io_in_the_core, "nofly.geo.x", "def f():\n    return open('x')"),
        (rules.no_io_in_the_core, "nofly.zones.x", "from datetime import datetime\nNOW = datetime.now()"),
        (rules.no_io_in_the_core, "nofly.formats.x", "def f():\n    print(1)"),
        (rules.no_global_state, "nofly.run.x", "def f():\n    global state\n    state = 1"),
        (rules.short_functions, "nofly.geo.x", LONG_FUNCTION),
        (rules.short_modules, "nofly.geo.x", "x = 1\n" * 401),
        (rules.short_modules, "nofly.formats.x", "x = 1\n" * 301),
        (rules.clear_module_names, "nofly.geo.utils", ""),
        (rules.clear_module_names, "nofly.zone_manager", ""),
        (rules.units_in_names, "nofly.geo.x", "def f(height: float): ..."),
        (rules.units_in_names, "nofly.geo.x", "class A:\n    depth: float | None = None"),
        (rules.lazy_imports, "nofly.run.x", "import pyarrow as pa"),
        (
            rules.lazy_imports,
            "nofly.run.x",
            "try:\n    from matplotlib import pyplot\nexcept ImportError:\n    pass",
        ),
        (rules.lazy_imports, "nofly.cli.x", "import numpy as np"),
        (rules.plugins_know_no_plugin, "nofly.formats.a", "from nofly.formats import b"),
        (rules.plugins_know_no_plugin, "nofly.formats.a", "def f():\n    from nofly.formats.b import read"),
        (rules.compiled_is_listed, "nofly.geo.x", "import cython"),
    ],
)
def test_a_rule_finds(rule: Rule, name: str, text: str) -> None:
    assert list(rule(parse(name, text)))


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (rules.no_io_in_the_core, "nofly.run.x", "def f():\n    return open('x')"),
        (rules.no_io_in_the_core, "nofly.feeds.transports.x", "def f():\n    return open('x')"),
        (rules.short_functions, "nofly.geo.x", LONG_DOCSTRING),
        (rules.short_modules, "nofly.geo.x", "x = 1\n" * 400),
        (rules.units_in_names, "nofly.geo.x", "def f(height_m: float, share_fraction: float): ..."),
        (rules.lazy_imports, "nofly.run.x", "def f():\n    import pyarrow"),
        (rules.lazy_imports, "nofly.run.x", "if TYPE_CHECKING:\n    import pyarrow"),
        (rules.plugins_know_no_plugin, "nofly.formats.a", "from nofly.formats import _shapes"),
        (rules.compiled_is_listed, COMPILED[0], "import cython"),
    ],
)
def test_a_rule_lets_pass(rule: Rule, name: str, text: str) -> None:
    assert not list(rule(parse(name, text)))


def test_every_module_is_seen() -> None:
    names = {module.name for module in modules()}
    assert {"nofly", "nofly.errors", "nofly.zones.model", "nofly.kernel"} <= names


def test_every_listed_module_exists() -> None:
    assert set(COMPILED) <= {module.name for module in modules()}


def test_at_most_twenty_names_at_the_top() -> None:
    top = sorted(
        p.name for p in (SOURCE / "nofly").iterdir() if p.suffix in ("", ".py") and p.name[:2] != "__"
    )
    assert len(top) <= 20, top
