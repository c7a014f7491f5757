"""The pages hang together: links lead somewhere, decisions are numbered, plugins and codes are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nofly import plugins

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8")))
    local = [target.partition("#")[0] for target in targets if "://" not in target]
    dead = [target for target in local if target and not (page.parent / target).exists()]
    assert not dead


def test_every_page_can_be_reached() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen:
            continue
        seen.add(page)
        if page.is_dir():
            waiting += page.glob("*.md")
        elif page.suffix == ".md" and page.is_file():
            targets = LINK.findall(page.read_text(encoding="utf-8"))
            waiting += [page.parent / t.partition("#")[0] for t in targets if "://" not in t]
    lost = [
        str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md") if page.resolve() not in seen
    ]
    assert not lost


def test_decisions_are_numbered_listed_and_short() -> None:
    pages = sorted((ROOT / "docs/adr").glob("0*.md"))
    listed = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for number, page in enumerate(pages, 1):
        lines = page.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(f"# {number}. ")
        assert len(lines) <= 60, f"{page.name}: one page at most"
        assert f"({page.name})" in listed


@pytest.mark.parametrize("kind", ["nofly.formats", "nofly.feeds.archives"])
def test_every_plugin_is_named(kind: str) -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES).lower()
    names = [plugins.load(kind, name).NAME for name in plugins.names(kind)]
    assert names
    assert not [name for name in names if name.lower() not in text]


def test_every_verb_is_shown() -> None:
    from nofly.cli import VERBS

    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not [verb for verb in VERBS if f"nofly {verb}" not in text]


def test_every_option_of_check_is_named() -> None:
    from nofly.cli.check import parser

    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    options = [max(action.option_strings, key=len) for action in parser()._actions if action.option_strings]
    assert not [option for option in options if option not in ("--help",) and option not in text]
