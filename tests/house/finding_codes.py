"""Reads every finding code out of the source, and writes docs/reference/findings.md.

The convention it rests on: a parameter or field that holds a finding code is called ``code``. Wherever
something with such a parameter is called, the argument is a literal, a choice between literals, or a ``code``
handed on.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.house.tree import ROOT, Module, modules

PAGE = ROOT / "docs/reference/findings.md"
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9*]+)+")

HEAD = """# Finding codes

A reader that meets a bad record does not stop and does not drop it silently: it returns a *finding*. Each has
a stable code, a severity (`info`, `warning`, `rejected`: the record is not in the result), a message, and the
place where it was found. Filter and count by the code; read the message. `*` stands for a name that varies,
`…` for a value.

Generated from the source by `make docs`.

| code | what the message says | said by |
| --- | --- | --- |
"""


@dataclass
class Codes:
    """The codes that were found, with message and module, and the calls whose code could not be read."""

    said: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def collect(tree: tuple[Module, ...]) -> Codes:
    """Return all codes of the given modules."""
    takers = {module.name: dict(_takers(module.tree)) for module in tree}
    anywhere = {name: place for module in takers.values() for name, place in module.items()}
    codes = Codes()
    for module in tree:
        known = dict(takers[module.name])
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    place = takers.get(node.module or "", {}).get(alias.name)
                    if place is not None:
                        known[alias.asname or alias.name] = place
        _collect_calls(module, known, anywhere, codes)
    return codes


def _takers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (name, place of the argument ``code``) of every function, method and class that takes one."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
            if "code" in names and node.name != "__init__":
                yield node.name, names.index("code")
        elif isinstance(node, ast.ClassDef):
            fields = [
                n.target.id
                for n in node.body
                if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
            ]
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    fields = [a.arg for a in method.args.args[1:]]
            # A code beside no text is something else: a record's letters, a country.
            if "code" in fields and {"severity", "message", "text"} & set(fields):
                yield node.name, fields.index("code")


def _collect_calls(module: Module, known: dict[str, int], anywhere: dict[str, int], codes: Codes) -> None:
    for scope, call in _calls(module.tree, [module.tree]):
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        sure = name in known
        place = known.get(name, anywhere.get(name) if isinstance(function, ast.Attribute) else None)
        if place is None:
            continue
        argument = _argument(call, place)
        values = None if argument is None else _values(argument, scope)
        if values is None:
            if sure:
                where = f"{module.path}:{call.lineno}"
                codes.unread.append(f"{where}: the code in {ast.unparse(function)}(…) is not a literal")
            continue
        for value in values:
            if CODE.fullmatch(value):
                codes.said.setdefault(value, []).append((_message(call, argument, scope), module.name))
            elif name == "Finding":
                codes.unread.append(
                    f"{module.path}:{call.lineno}: the code {value!r} is not lower-case and hyphenated"
                )


def _calls(node: ast.AST, scope: list[ast.AST]) -> Iterator[tuple[list[ast.AST], ast.Call]]:
    for child in ast.iter_child_nodes(node):
        inner = [*scope, child] if isinstance(child, Function) else scope
        if isinstance(child, ast.Call):
            yield inner, child
        yield from _calls(child, inner)


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == "code":
            return keyword.value
    for argument in call.args[: place + 1]:
        if isinstance(argument, ast.Starred):
            # *fault hands on a code and its text, which were put together elsewhere.
            return ast.Attribute(argument.value, "code", ast.Load())
    return call.args[place] if place < len(call.args) else None


def _values(node: ast.expr, scope: list[ast.AST], depth: int = 0) -> list[str] | None:
    """Return the texts an expression can be; [] where it hands a code on; None where that cannot be read."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return [_template(node, "*")]
    if isinstance(node, ast.IfExp):
        first, second = _values(node.body, scope, depth), _values(node.orelse, scope, depth)
        return None if first is None or second is None else first + second
    if isinstance(node, ast.Attribute):
        return [] if node.attr == "code" else None
    if isinstance(node, ast.Subscript) and depth <= 3:
        return _returned(node, scope, depth)
    if not isinstance(node, ast.Name) or depth > 3:
        return None
    for level in reversed(scope):
        if node.id == "code" and (_loops_over_codes(level) or "code" in _parameters(level)):
            return []
        given = list(_assigned(level, node.id))
        if given:
            found = [_values(value, scope, depth + 1) for value in given]
            return None if None in found else [text for texts in found for text in texts or []]
    return None


def _returned(node: ast.Subscript, scope: list[ast.AST], depth: int) -> list[str] | None:
    """Return the texts of ``fault[0]`` where ``fault`` is what a function of the module returned."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.slice, ast.Constant):
        return None
    name = node.value.id
    calls = [v for level in scope for v in _assigned(level, name) if isinstance(v, ast.Call)]
    called = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    found: list[str] = []
    for function in ast.walk(scope[0]):
        if isinstance(function, Function) and function.name in called:
            for line in ast.walk(function):
                if isinstance(line, ast.Return) and isinstance(line.value, ast.Tuple):
                    values = _values(line.value.elts[node.slice.value], [scope[0], function], depth + 1)
                    if values is None:
                        return None
                    found += values
    return found or None


def _loops_over_codes(level: ast.AST) -> bool:
    """Whether a scope takes ``code`` back out of a dictionary into which a literal was put."""
    for node in ast.walk(level):
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Call):
            names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
            if "code" in names and ast.unparse(node.iter.func).endswith(".items"):
                return True
    return False


def _parameters(function: ast.AST) -> list[str]:
    if not isinstance(function, Function):
        return []
    arguments = function.args
    return [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _assigned(level: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a name is given in a scope: by assignment, alone or in a tuple, or as a loop's target."""
    for node in ast.walk(level):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, element) for element in _elements(level, node.iter)]
        else:
            continue
        for target, value in pairs:
            if isinstance(target, ast.Name) and target.id == name:
                yield value
            elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for part, element in zip(target.elts, value.elts, strict=False):
                    if isinstance(part, ast.Name) and part.id == name:
                        yield element


def _elements(level: ast.AST, looped: ast.expr) -> list[ast.expr]:
    """Return what a loop runs over: the elements of a literal, or of one that a name was given."""
    lists = [looped]
    if isinstance(looped, ast.Name):
        lines = [node for node in ast.walk(level) if isinstance(node, ast.Assign)]
        lists = [n.value for n in lines if any(ast.unparse(target) == looped.id for target in n.targets)]
    return [e for given in lists if isinstance(given, ast.Tuple | ast.List) for e in given.elts]


def _template(node: ast.JoinedStr, hole: str) -> str:
    return "".join(part.value if isinstance(part, ast.Constant) else hole for part in node.values)


def _message(call: ast.Call, code: ast.expr | None, scope: list[ast.AST]) -> str:
    """Return the message beside a code: the first other text argument, read through one name."""
    for argument in [*call.args, *(k.value for k in call.keywords if k.arg in ("message", "text", "what"))]:
        if argument is code:
            continue
        options = [argument]
        if isinstance(argument, ast.Name):
            given = [v for level in reversed(scope) for v in _assigned(level, argument.id)]
            options = sorted((v for v in given if v.lineno <= call.lineno), key=lambda v: -v.lineno)
        for option in options:
            if isinstance(option, ast.JoinedStr):
                return _template(option, "…")
            match option:
                case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(frame))]):
                    return re.sub(r"\{\w+\}", "…", frame)
            if isinstance(option, ast.Constant) and isinstance(option.value, str) and " " in option.value:
                return option.value
    return ""


def page(codes: Codes) -> str:
    """Return docs/reference/findings.md."""
    rows = []
    for code, said in sorted(codes.said.items()):
        messages = dict.fromkeys(message for message, _ in said if message)
        places = sorted({module for _, module in said})
        text = "; ".join(messages).replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{code}` | {text} | {', '.join(f'`{place}`' for place in places)} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    found = collect(modules())
    print("\n".join(found.unread), file=sys.stderr)
    if "--write" in sys.argv:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(found), encoding="utf-8")
    else:
        print(page(found))
