"""No module of the pages makes markup, or a program, of a text: what comes from the server becomes text."""

from __future__ import annotations

import re

from nofly.web.app import STATIC

MAKES = re.compile(
    r"\.(inner|outer)HTML\s*[+|?&]*=(?!=)|insertAdjacentHTML|createContextualFragment|document\.write|setHTML"
    r"|DOMParser|\.srcdoc|\beval\(|new Function\b|javascript:|set(Timeout|Interval)\(\s*[\"'`]"
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<[^>]+\son[a-z]+\s*=|javascript:", re.IGNORECASE)


def test_the_pages_make_no_markup_of_text() -> None:
    modules = [path for path in STATIC.rglob("*.mjs") if "vendor" not in path.parts]
    assert len(modules) > 50
    for path in modules:
        found = MAKES.search(path.read_text())
        assert found is None, f"{path.relative_to(STATIC)}: {found}"


def test_no_page_has_a_script_of_its_own() -> None:
    pages = [*STATIC.glob("*.html")]
    assert len(pages) > 5
    for path in pages:
        found = INLINE.search(path.read_text())
        assert found is None, f"{path.name}: {found}"
