"""What the pages show works: every `nofly` command and its output, every Python block, every example.

A command that ends with 2, an error, fails; 0, 1 and 3 are answers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.shown import NOFLY, PAGES, ROOT, rewritten, run, shown, tidy

EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.py") if not path.name.startswith("_"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_works(page: Path, tmp_path: Path) -> None:
    for step in shown(page):
        result = run(step.arguments, tmp_path)
        said = f"{step.arguments[2:]}\n{result.stdout}\n{result.stderr}"
        allowed = (0, 1, 3) if step.arguments[:3] == NOFLY else (0,)
        assert result.returncode in allowed, said
        assert "Traceback" not in result.stderr, said
        if step.output.strip():
            assert tidy(result.stdout) == step.output, "run make docs"


def test_the_readme_shows_commands_and_the_api() -> None:
    steps = shown(ROOT / "README.md")
    assert any(step.arguments[:3] == NOFLY and step.output for step in steps)
    assert any("import nofly" in step.arguments[-1] for step in steps)


def test_an_output_is_written_anew_where_one_is_shown() -> None:
    page = "a\n```console\n$ nofly x\nold\n$ nofly y\n$ ls\nkept\n```\nb\n"
    assert rewritten(page, lambda words: f"new {words[-1]}\n") == page.replace("old", "new x")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    result = run([sys.executable, str(example)], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.strip(), "an example answers a question"


def test_there_are_examples() -> None:
    assert EXAMPLES
