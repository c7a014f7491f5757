"""What the sheet of a claim says, on a page that speaks Ukrainian."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from nofly.proof.claiming import against, consistency, measured, sheet, wording
from nofly.run.claiming.checking import Claimed
from nofly.run.claiming.json import document
from nofly.zones.sentence import taken_apart
from tests.proof.turning_flights import ADDRESS
from tests.run.test_claiming import ABOUT, AT, BESIDE, THROUGH, checked
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server
from tests.web.browser.test_sentences import CYRILLIC, frames_of_the_source

WORDED = """async ([words, sentences]) => {
  const { speak } = await import("/page/words.mjs");
  const { learnSentences, learnWords, translated } = await import("/page/sentences.mjs");
  const { CLAIMS_UK } = await import("/claims/sentences_uk.mjs");
  learnSentences({ uk: CLAIMS_UK });
  speak("uk");
  learnWords(words);
  return sentences.map(translated);
}"""
OFF = 'about = { address = "abc123", transponder = "off" }'
CLAIMS = [
    f'{ABOUT}{AT}inside = "ever"\nduration = "20 s"\ndepth = "30 km"\nspeed = "200 m/s"\naltitude = "3000 m"',
    f'{ABOUT}inside = "never"',
    f'{ABOUT}inside = "always"',
    'about = { class = "any" }\ncount = "3"\n[[statement.item]]\nlabel = "one"',
    'about = { party = "red" }\ninside = "ever"',
    OFF,
    'about = { class = "helicopter" }\nspeed = "4000 km/h"',
    'about = { class = "helicopter" }\nspeed = "200 km/h"\nlength = "20 miles"\nduration = "2 min"',
    'about = { class = "large-jet" }\nspeed = "900 km/h"\ndepth = "5 km"\nduration = "17 s"',
    'about = { class = "large-jet" }\nlength = "10 km"\nduration = "40 s"\naltitude = "1000 ft"\n'
    'exit_altitude = "60000 ft"',
    'inside = "ever"\nclosest = "3 km"\nclosest_to = [50.0, 10.0]',
]


def said(claimed: Claimed) -> list[str]:
    """Return all that a sheet says of statements but what people wrote."""
    found: list[str] = []
    for entry in claimed.entries:
        found += entry.notes
        for answer in entry.answers:
            found += [text for point in answer.points for text in (point.what, *point.reasons)]
            if answer.fit is not None:
                found += [*answer.fit.reasons, *(family.name for family in answer.fit.families)]
    return found


def test_a_sheet_is_said_whole(swiss: Server, seen: Callable[..., Seen], tmp_path: Path) -> None:
    """No English is left in it: names, units and what was stated stay as they are."""
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    count = 0
    for body in CLAIMS:
        for positions in (None, THROUGH.positions, BESIDE.positions):
            claimed = checked(tmp_path, body, positions)
            plain, words = taken_apart(document(claimed))
            assert plain == document(claimed)
            texts = said(claimed)
            count += len(texts)
            told = page.evaluate(WORDED, [words, texts])
            for english, ukrainian in zip(texts, told, strict=True):
                assert ukrainian is not None, english
                assert CYRILLIC.search(ukrainian), english
                latin = set(re.findall("[A-Za-z]{4,}", ukrainian))
                assert latin <= {"ADS", "Mode", "miles", "AMSL", ADDRESS}, ukrainian
    assert count > 100


@pytest.mark.parametrize("module", [against, consistency, measured, sheet, wording])
def test_a_sheet_says_nothing_but_sentences(module: ModuleType) -> None:
    """Wherever words stand in the source of a sheet, they are a frame of ``say``."""
    tree, frames = ast.parse(inspect.getsource(module)), frames_of_the_source()
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documented:
                assert text in frames or not re.search("[a-z]{2,} [a-z]{2,}", text), text


def test_a_lone_number_beyond_the_class_is_told(tmp_path: Path) -> None:
    claimed = checked(tmp_path, 'about = { class = "helicopter" }\nspeed = "4000 km/h"')
    assert any(
        text.startswith("The speed fits 3,500–4,500 km/h") and "helicopter flies at most 648 km/h" in text
        for text in said(claimed)
    )
