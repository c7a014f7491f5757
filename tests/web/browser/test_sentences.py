"""What the server says in English, on a page that speaks Ukrainian."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nofly.incidents import judge, keepin
from nofly.run.outputs import explain
from nofly.web.app import STATIC
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

TRANSLATED = """async sentences => {
  const { speak } = await import("/page/words.mjs"), { translated } = await import("/page/sentences.mjs");
  speak("uk");
  return sentences.map(translated);
}"""
CYRILLIC = re.compile("[А-Яа-яіїєґ]")
FILLED = {"place": "46.8000 N 8.2000 E", "time": "2018-08-01 12:14:20 Z"}


def in_ukrainian(swiss: Server, seen: Callable[..., Seen], sentences: list[str]) -> list[str | None]:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    found: list[str | None] = page.evaluate(TRANSLATED, sentences)
    return found


def _turned(text: str) -> str:
    for old, new in keepin._WORDS:
        text = text.replace(old, new)
    return text


def said_by_the_core() -> list[str]:
    """Return every sentence on entry, exit, certainty and doubt, as a stay and as an absence."""
    frames = [*explain._ENTRY.values(), *explain._EXIT.values()]
    ways = [text.format(**FILLED) for text in frames]
    sure = [*explain._CERTAINTY.values(), *explain._CERTAINTY_OUTSIDE.values()]
    plain = [
        judge.RESTRICTS_NOTHING, judge.DID_NOT_FLY, judge.PARTLY,
        "It rests on reports whose position is not credible.", "Every report in it is doubtful.",
        "No report lies inside: the entry was worked out between two reports.",
        "It cannot be told: a height, or whether the zone was active, is not known.",
        "Its reports do not state their position error; 300 m (95 %) is assumed.",
    ]  # fmt: skip
    turned = [_turned(text) for text in plain] + [new for _, new in keepin._WORDS if new.endswith(".")]
    return [*ways, *map(explain._keep_in, ways), *sure, *plain, *turned]


def test_every_sentence_of_a_verdict_is_known(swiss: Server, seen: Callable[..., Seen]) -> None:
    sentences = said_by_the_core()
    assert len(sentences) > 30
    for english, ukrainian in zip(sentences, in_ukrainian(swiss, seen, sentences), strict=True):
        assert ukrainian is not None, english
        assert CYRILLIC.search(ukrainian), english
        for value in FILLED.values():
            assert (value in ukrainian) == (value in english), english


def test_sentences_of_the_source_are_what_the_table_has() -> None:
    """A sentence that the core does not say any more has no place in the table."""
    table = (STATIC / "page" / "sentences_uk.mjs").read_text()
    source = "".join(path.read_text() for path in Path(explain.__file__).parents[2].rglob("*.py"))
    source = re.sub(r'"\s*f?"', "", source) + "\n".join(said_by_the_core())
    rows = re.findall(r'^ *"(.+?)": "', table, re.M)
    assert len(rows) > 60
    for english in rows:
        words = max(re.split(r"\{\w+\}", english), key=len).strip(" .,;:")
        assert words in source or words.partition(": ")[2] in source, english


@pytest.mark.parametrize(
    ("english", "ukrainian"),
    [
        ("The zone applies to everybody.", "Зона стосується всіх."),
        ("3 of its reports: a.b (c+d).", "3 з його донесень: a.b (c+d)."),
        ("It was at most 120 ft above the floor (GND) and 80 ft below the ceiling (FL360).",
         "Був щонайбільше на 120 ft вище нижньої межі (GND) і на 80 ft нижче верхньої (FL360)."),
        ("Not cleared: HEMS (source: AIP).", "Не дозволено: HEMS (source: AIP)."),
        ("<b>{place}</b>", None),
        ("x" * 3000, None),
    ],
)  # fmt: skip
def test_what_stands_in_the_holes_stays(
    swiss: Server, seen: Callable[..., Seen], english: str, ukrainian: str | None
) -> None:
    assert in_ukrainian(swiss, seen, [english]) == [ukrainian]
