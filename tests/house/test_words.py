"""The tree speaks of nofly alone, and leaves no work behind in comments."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.tree import ROOT

FOLDERS = ("src", "tests", "docs", "examples", "benchmarks", ".ci")
TEXT = {
    ".py",
    ".pxd",
    ".md",
    ".toml",
    ".txt",
    ".in",
    ".cfg",
    ".yml",
    ".yaml",
    ".html",
    ".js",
    ".css",
    ".sh",
    "",
}
# Real files of others, kept as they are; and this one, which names what it forbids.
EXCEPT = ("tests/data/", "tests/house/test_words.py", "constraints.txt")
FORBIDDEN = {
    r"/work/|/root/|/home/\w|/tmp/": "a path of one machine",
    r"\b(DESIGN|PERFORMANCE|STANDARDS|USERS|STYLE|PLATFORM)\.md\b": "a document that is not in the tree",
    r"(?i)\b(claude|anthropic|openai|chatgpt|copilot|language models?)\b": "who wrote it",
    r"(?i)(?<!user[- ])\bagents?\b": "who wrote it",
    r"(?i)(?<!scope=\")(?<!spark)(?<!pytest_)(?<!/api/v1/)\bsessions?\b": "who wrote it",
    r"\b(TODO|FIXME|HACK)\b": "work left behind",
    r"(?i)\bissue #?\d+\b|\bco-authored-by\b": "how it came about",
}


def files() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = [path for path in [*ROOT.iterdir(), *inside] if path.is_file() and path.suffix in TEXT]
    kept = [
        p for p in found if not str(p.relative_to(ROOT)).startswith(EXCEPT) and "__pycache__" not in p.parts
    ]
    return sorted(kept)


def faults(text: str, path: str) -> list[str]:
    lines = enumerate(text.splitlines(), 1)
    return [
        f"{path}:{number}: {found[0]!r} ({why})"
        for number, line in lines
        for pattern, why in FORBIDDEN.items()
        if (found := re.search(pattern, line))
    ]


def test_no_forbidden_word() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += faults(text, str(path.relative_to(ROOT)))
    assert not found, "\n".join(found)


def test_a_forbidden_word_is_found() -> None:
    for text in (
        "# TODO later",
        "see /work/main",
        "as DESIGN.md says",
        "an agent wrote it",
        "in this session",
    ):
        assert faults(text, "x"), text
    assert not faults('@pytest.fixture(scope="session")', "x")


def test_the_files_are_seen() -> None:
    names = {str(path.relative_to(ROOT)) for path in files()}
    assert {"README.md", "Makefile", ".ci/run", "src/nofly/errors.py", "docs/glossary.md"} <= names
