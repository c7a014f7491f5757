"""The commands that the pages show, and what they print; ``make docs`` writes anew what is printed.

A ``console`` block holds commands (``$ nofly …``, continued after a backslash), each with what it prints
below it; a command with nothing below it is run all the same. A ``python`` block counts if it imports nofly.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *(p for d in ("tutorial", "how-to") for p in sorted((ROOT / "docs" / d).glob("*.md"))),
]
NOFLY = [sys.executable, "-c", "import sys; from nofly.cli import main; sys.exit(main())"]
_BLOCK = re.compile(r"(?<=^```)(console|python)\n(.*?)(?=^```)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """One command: the arguments of the process, and the output under it ("" where none is shown)."""

    arguments: list[str]
    output: str


def shown(page: Path) -> list[Shown]:
    """Return the commands of a page in order."""
    return [step for block in _BLOCK.finditer(page.read_text(encoding="utf-8")) for step in _steps(block)]


def _steps(block: re.Match[str]) -> Iterator[Shown]:
    language, body = block.groups()
    if language == "python":
        if "import nofly" in body:
            yield Shown([sys.executable, "-c", body], "")
        return
    for line, output in _COMMAND.findall(body):
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        if words[0] == "nofly":
            yield Shown(NOFLY + words[1:], output)


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder in which `examples` and `docs` are the project's own."""
    for name in ("examples", "docs"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "MPLBACKEND": "agg",
        "COLUMNS": "160",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        arguments, cwd=folder, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def tidy(output: str) -> str:
    """Return output as it is shown: without blanks at the ends of lines and empty lines at its end."""
    return "\n".join(line.rstrip() for line in output.splitlines()).strip("\n") + "\n"


def rewritten(text: str, output_of: Callable[[list[str]], str]) -> str:
    """Return a page with every output that it shows replaced by what the command prints."""

    def command(found: re.Match[str]) -> str:
        line, output = found.groups()
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        if words[0] != "nofly":
            return found.group()
        printed = output_of(NOFLY + words[1:])
        return f"$ {line}{printed if output.strip() else output}"

    def block(found: re.Match[str]) -> str:
        language, body = found.groups()
        return f"{language}\n{_COMMAND.sub(command, body) if language == 'console' else body}"

    return _BLOCK.sub(block, text)


def write_all() -> None:
    """Write the outputs of every page anew."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            text = rewritten(
                page.read_text(encoding="utf-8"), lambda words, at=folder: tidy(run(words, Path(at)).stdout)
            )
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_all()
