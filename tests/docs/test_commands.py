"""What the pages show works: every `nofly` command, every Python block that imports nofly, every example.

The commands of a page run one after another in one folder, in which `examples` and `docs` are the project's
own. One that ends with 2, an error, fails; 0, 1 and 3 are answers.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs/tutorial").glob("*.md")),
    *sorted((ROOT / "docs/how-to").glob("*.md")),
]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOFLY = [sys.executable, "-c", "import sys; from nofly.cli import main; sys.exit(main())"]


def steps(page: Path) -> list[list[str]]:
    """Return the commands of a page, in order, each as arguments of a process."""
    found: list[list[str]] = []
    for language, body in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "console":
            joined = body.replace("\\\n", " ")
            lines = [line[2:] for line in joined.splitlines() if line.startswith("$ nofly ")]
            found += [NOFLY + shlex.split(line, comments=True)[1:] for line in lines]
        elif language == "python" and "import nofly" in body:
            found.append([sys.executable, "-c", body])
    return found


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    for name in ("examples", "docs"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "agg"},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_works(page: Path, tmp_path: Path) -> None:
    for command in steps(page):
        result = run(command, tmp_path)
        assert result.returncode in (0, 1, 3), f"{command[2:]}\n{result.stdout}\n{result.stderr}"
        assert "Traceback" not in result.stderr, f"{command[2:]}\n{result.stderr}"


def test_the_readme_shows_commands_and_the_api() -> None:
    commands = steps(ROOT / "README.md")
    assert any(command[:3] == NOFLY for command in commands)
    assert any("import nofly" in command[-1] for command in commands)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    result = run([sys.executable, str(example)], tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.strip(), "an example answers a question"


def test_there_are_examples() -> None:
    assert EXAMPLES
