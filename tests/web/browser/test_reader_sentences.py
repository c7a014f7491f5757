"""What the reader of OpenAir finds odd, on a page that speaks Ukrainian."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from types import ModuleType

import pytest

from nofly.formats import _openair_lines, _openair_shape, _openair_times, _openair_values, openair
from nofly.run.files.reading_apart import read_apart
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server
from tests.web.browser.test_sentences import CYRILLIC, frames_of_the_source

ODD = b"""DP 46:00:00 N 007:00:00 E
AC Q
AC QQ
AH 5000ft
AA never
V X=46:00:00 N 007:00:00 E
DC 2
DP 46:00:00 N 007:00:60 E
DP 46:00:00 N 007:00:60 E
DP 47:00:00 N 008:00:00 E
DP 46:00:00 N 008:00:00 E
DP 47:00:00 N 007:00:00 E

AC R
AN No shape
AL GND
AH FL100

AC R
AN Too far
AL GND
AH FL100
DP 99:00:00 N 007:00:00 E

AC R
AN A line
AL 5000ft
AH 1000ft
V X=46:00:00 N 007:00:00 E
DC 1

AC R
AN Two points
AL GND
AH FL100
DP 46:00:00 N 007:00:00 E
DP 46:00:00 N 008:00:00 E
AX 9
"""
WORDED = """async ([words, sentences]) => {
  const { speak } = await import("/page/words.mjs");
  const { learnSentences, learnWords, translated } = await import("/page/sentences.mjs");
  const { READERS_UK } = await import("/zones/sentences_uk.mjs");
  learnSentences({ uk: READERS_UK });
  speak("uk");
  learnWords(words);
  return sentences.map(translated);
}"""
MADE = ("BadRecordError", "Finding", "_reject", "spoil", "_note", "warn")
"""What takes a code and a sentence."""


def test_what_is_odd_in_openair_is_said_whole(swiss: Server, seen: Callable[..., Seen]) -> None:
    found = read_apart(ODD, "odd.txt")
    texts = [one.message for one in found.findings if one.code.startswith("openair-")]
    assert len(texts) >= 8
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    for english, ukrainian in zip(texts, page.evaluate(WORDED, [dict(found.words), texts]), strict=True):
        assert ukrainian is not None, english
        assert CYRILLIC.search(ukrainian), english


@pytest.mark.parametrize(
    "module",
    [_openair_lines, _openair_shape, _openair_times, _openair_values, openair],
)
def test_findings_are_sentences(module: ModuleType) -> None:
    """No finding of these readers takes words but as a frame of ``say``."""
    frames = frames_of_the_source()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] not in MADE:
            continue
        for argument in node.args:
            for part in ast.walk(argument):
                text = part.value if isinstance(part, ast.Constant) else None
                if isinstance(text, str) and re.search("[a-z]{2,} [a-z]{2,}", text):
                    assert text in frames, text
