"""Every finding code that the source can say is documented, and no other."""

from __future__ import annotations

import re

from tests.house.finding_codes import PAGE, collect
from tests.house.tree import modules, parse


def test_every_code_can_be_read() -> None:
    assert not collect(modules()).unread


def test_the_page_lists_exactly_the_codes_of_the_source() -> None:
    documented = set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    said = set(collect(modules()).said)
    assert said, "no finding code was found in the source"
    assert documented == said, "run make docs"


def test_codes_are_followed_through_functions_and_classes() -> None:
    finding = parse("nofly.errors", "class Finding:\n    code: str\n    severity: str\n    message: str\n")
    reader = parse(
        "nofly.formats.x",
        "from nofly.errors import Finding\n"
        "class Broken(Exception):\n"
        "    def __init__(self, code, message): ...\n"
        "def note(code, text):\n    return Finding(code, 'w', text)\n"
        "def read(n):\n"
        "    note('ring-open', f'the ring of {n} is open')\n"
        "    note('a-b' if n else 'c-d', 'x y')\n"
        "    kind = f'column-{n}'\n    note(kind, 'x y')\n"
        "    try:\n        raise Broken('shape-none', 'no shape at all')\n"
        "    except Broken as error:\n        return Finding(error.code, 'w', 'x')\n",
    )
    codes = collect((finding, reader))
    assert set(codes.said) == {"ring-open", "a-b", "c-d", "column-*", "shape-none"}
    assert codes.said["ring-open"] == [("the ring of … is open", "nofly.formats.x")]
    assert not codes.unread


def test_a_code_that_cannot_be_read_is_an_error() -> None:
    finding = parse("nofly.errors", "class Finding:\n    code: str\n    message: str\n")
    reader = parse("nofly.x", "from nofly.errors import Finding\ndef f(n):\n    return Finding(n['code'])\n")
    assert collect((finding, reader)).unread
