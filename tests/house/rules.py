"""The house rules: each takes a module and yields what is wrong in it, as ``path:line: what``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nofly._pure import COMPILED
from tests.house.tree import Module

FUNCTION_LINES = 50
MODULE_LINES = 400
PLUGIN_LINES = 300

UNIT_SUFFIXES = (
    "_m", "_m2", "_km2", "_km", "_ft", "_nm", "_fl", "_deg", "_dps", "_rad", "_s", "_us", "_ms", "_h",
    "_kg", "_mps", "_mps2", "_kt", "_fpm", "_kmh", "_hpa", "_pa", "_pt", "_k", "_c", "_days", "_hours",
    "_bytes", "_in", "_px",
)  # fmt: skip
UNITLESS = {
    "value": "a number of the unit that another argument names",
    "number": "a number of the unit that another argument names",
    "fraction": "a share between 0 and 1",
    "aspect": "width over height",
    "ratio": "one quantity over another of its kind",
    "scale": "one quantity over another of its kind",
    "factor": "one quantity over another of its kind",
    "weight": "a share between 0 and 1",
    "probability": "a share between 0 and 1",
    "sigma": "a number of standard deviations",
    "count": "a number of things",
    "sign": "plus or minus one",
    **dict.fromkeys(
        ("metres", "feet", "degrees", "radians", "seconds", "hours", "knots", "inches"),
        "the name is the unit",
    ),
}
"""Names of floats that have no unit, alone or as the last word of a name; with the reason."""

HEAVY = (
    "pyarrow",
    "asterix",
    "matplotlib",
    "pyproj",
    "rich",
    "rs1090",
    "astral",
    "rasterio",
    "polars",
    "pandas",
    "aiomqtt",
)
VAGUE = ("manager", "helper", "helpers", "util", "utils", "common", "misc", "tools", "stuff")

_FORBIDDEN_CALLS = {
    "open", "print", "input", "io.open", "os.open", "os.fdopen",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.sleep",
}  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


def no_io_in_the_core(module: Module) -> Iterator[str]:
    """The core and the parsers open nothing, print nothing, ask nothing and read no clock."""
    if not module.core:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _FORBIDDEN_CALLS:
            yield f"{module.path}:{node.lineno}: calls {ast.unparse(node.func)}()"


def no_global_state(module: Module) -> Iterator[str]:
    """No function rebinds a name of its module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Global):
            yield f"{module.path}:{node.lineno}: global {', '.join(node.names)}"


def short_functions(module: Module) -> Iterator[str]:
    """A function has at most 50 lines, its docstring not counted; the compiled inner loops are excepted."""
    if module.name in COMPILED:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
            if lines > FUNCTION_LINES:
                yield f"{module.path}:{node.lineno}: {node.name} has {lines} lines, not {FUNCTION_LINES}"


def _docstring_lines(node: Function) -> int:
    first = node.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant) or len(node.body) == 1:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def short_modules(module: Module) -> Iterator[str]:
    """A module has at most 400 lines, a plugin 300; the compiled loops share one, to call one another."""
    if module.name.endswith("_scan"):
        return
    lines, allowed = len(module.text.splitlines()), PLUGIN_LINES if module.plugin else MODULE_LINES
    if lines > allowed:
        yield f"{module.path}:{lines}: {allowed} lines are allowed"


def clear_module_names(module: Module) -> Iterator[str]:
    """A module is named after its subject, in the field's words."""
    for part in module.name.split("."):
        if part.strip("_") in VAGUE or set(part.split("_")) & {"manager", "helper", "helpers", "utils"}:
            yield f"{module.path}:1: the name {part!r} says nothing"


def units_in_names(module: Module) -> Iterator[str]:
    """A float parameter or attribute says its unit in its name."""
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for argument in arguments:
                if _is_float(argument.annotation) and not _says_unit(argument.arg):
                    where = f"{module.path}:{argument.lineno}"
                    yield f"{where}: float {argument.arg} of {node.name}() says no unit"
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                named = isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
                if named and _is_float(line.annotation) and not _says_unit(line.target.id):
                    yield f"{module.path}:{line.lineno}: float {line.target.id} of {node.name} says no unit"


def _is_float(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation) in (
        "float", "float | None", "None | float", "float | int", "int | float", "float | int | None",
    )  # fmt: skip


def _says_unit(name: str) -> bool:
    lower = name.lower().rstrip("_")
    return lower.endswith(UNIT_SUFFIXES) or lower.rpartition("_")[2] in UNITLESS


def lazy_imports(module: Module) -> Iterator[str]:
    """What is slow to import is imported in the function that needs it; in the command line NumPy too."""
    slow = (*HEAVY, "numpy", "msgspec") if module.name.startswith("nofly.cli") else HEAVY
    for node in _run_at_import(module.tree.body):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            if name.partition(".")[0] in slow:
                yield f"{module.path}:{node.lineno}: imports {name} when it is imported itself"


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _run_at_import(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _run_at_import(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from _run_at_import(handler.body)


def plugins_know_no_plugin(module: Module) -> Iterator[str]:
    """A plugin imports no other plugin; what several share stands in a module with an underscore."""
    if not module.plugin:
        return
    package = module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            inside = [a.name for a in node.names] if node.module == package else []
            targets = [node.module or "", *(f"{package}.{name}" for name in inside)]
        elif isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        else:
            continue
        for target in targets:
            leaf = target.removeprefix(package + ".")
            if leaf != target and not leaf.startswith("_"):
                yield f"{module.path}:{node.lineno}: the plugin imports the plugin {target}"


def compiled_is_listed(module: Module) -> Iterator[str]:
    """A module written for Cython is in the list of compiled modules, or it would run slowly unnoticed."""
    if module.name in COMPILED:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import) and any(alias.name == "cython" for alias in node.names):
            yield f"{module.path}:{node.lineno}: imports cython and is not in nofly._pure.COMPILED"


RULES = (
    no_io_in_the_core,
    no_global_state,
    short_functions,
    short_modules,
    clear_module_names,
    units_in_names,
    lazy_imports,
    plugins_know_no_plugin,
    compiled_is_listed,
)
