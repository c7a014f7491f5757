"""What the server says in English, on a page that speaks Ukrainian."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import nofly
from nofly.geo import heightwords
from nofly.incidents import judge, keepin
from nofly.incidents.record import Certainty
from nofly.proof.claiming import against, consistency, families
from nofly.proof.claiming.flying import CLASSES
from nofly.proof.claims import QUANTITIES
from nofly.proof.coverage import Seen as WouldBeSeen
from nofly.proof.covering import coverage_words
from nofly.proof.covering.cells import BANDS_FT
from nofly.run.deciding import sheet
from nofly.run.files import zonewords
from nofly.run.outputs import explain
from nofly.tracks import screening
from nofly.web.app import STATIC
from nofly.whatif.enforcement import ACTS, Answer, Level
from nofly.whatif.precedents import PRECEDENTS
from nofly.zones import editions, predicates, schedule
from nofly.zones.decision_rules import Purpose
from nofly.zones.sentence import Sentence
from tests.web.browser.conftest import Seen
from tests.web.browser.served import Server

TRANSLATED = """async sentences => {
  const { speak } = await import("/page/words.mjs"), { translated } = await import("/page/sentences.mjs");
  speak("uk");
  return sentences.map(translated);
}"""
TABLE = """async () => {
  const { SENTENCES_UK } = await import("/page/sentences_uk.mjs");
  const { PARTS_UK } = await import("/page/parts_uk.mjs");
  const { LEDGER_UK } = await import("/whatif/sentences_uk.mjs");
  const { CLAIMS_UK } = await import("/claims/sentences_uk.mjs");
  const { READERS_UK } = await import("/zones/sentences_uk.mjs");
  return { ...SENTENCES_UK, ...PARTS_UK, ...LEDGER_UK, ...CLAIMS_UK, ...READERS_UK };
}"""
WORDED = """async ([words, sentences]) => {
  const { speak } = await import("/page/words.mjs");
  const { learnWords, translated } = await import("/page/sentences.mjs");
  speak("uk");
  learnWords(words);
  return sentences.map(translated);
}"""
SOON = """async sentences => {
  const { speak } = await import("/page/words.mjs"), { translated } = await import("/page/sentences.mjs");
  speak("uk");
  setTimeout(() => {
    const said = document.createElement("p");
    said.id = "said";
    said.dataset.count = sentences.map(translated).length;
    document.body.append(said);
  });
}"""
HOLE = re.compile(r"\{\w+\}")
ROOT = Path(explain.__file__).parents[2]
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


def said_of_claims() -> set[str]:
    """Return what the sheet of a claim says out of tables: names of quantities, of kinds and of classes."""
    seen = [one.value for one in WouldBeSeen]
    return {
        *QUANTITIES, *CLASSES, *families.SECTORS, *families.TURNS, *(one.value for one in Certainty), *seen,
        *map(coverage_words._upper, seen), *map(coverage_words.band_name, range(len(BANDS_FT) + 1)),
        *(frame for _, _, frame in consistency._IMPLIED.values()), against._UNHEARD,
        coverage_words.TRANSPONDERS, "statute miles", "nautical miles", "lower", "upper",
    }  # fmt: skip


def _either(frame: ast.expr) -> set[str]:
    """Return the text that an expression is, or both that it may be."""
    match frame:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return _either(one) | _either(other)
    return set()


def frames_of_the_source() -> set[str]:
    """Return every sentence with holes that the source makes: what ``say`` is called with, and what stands in
    the tables that it is called with."""
    found = {
        *schedule._EVENTS.values(), *predicates._NAMED.values(), *zonewords._EDGES.values(), *editions.KINDS,
        *sheet._RULES.values(), *Purpose, *screening.SENTENCES.values(), *explain._CLAIMS.values(),
        *explain._REPORTS.values(), *map(str, Level), *map(str, Answer), *ACTS.values(),
        *(text for one in PRECEDENTS for text in (one.name, one.when, one.counted, one.caveat)),
        *explain._BASED.values(), explain._UNKNOWN_HEIGHT, *said_of_claims(),
    }  # fmt: skip
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="say"), args=[frame]):
                    found |= _either(frame)
    return {str(frame) for frame in found if re.search("[a-z]", re.sub(r"\{\w+\}", "", frame))}


def test_whatever_the_server_says_is_known_with_all_that_stands_in_it(
    swiss: Server, seen: Callable[..., Seen]
) -> None:
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    known: dict[str, str] = page.evaluate(TABLE)
    frames = frames_of_the_source()
    assert len(frames) > 120
    holes = re.compile(r"\{\w+\}")
    for frame in frames:
        assert CYRILLIC.search(known.get(frame, "")), frame
        assert sorted(holes.findall(frame)) == sorted(holes.findall(known[frame])), frame


def test_a_finding_is_said_whole(swiss: Server, seen: Callable[..., Seen]) -> None:
    """The first sentence is put together of parts; names and figures stay, and no English is left."""
    flights = nofly.read_positions(swiss.folder / "flights.json")
    result = nofly.check(flights, nofly.read_zones(swiss.folder / "zones.geojson"))
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    assert len(result.infringements) > 3
    for stay in result.infringements:
        sentences = explain.told(result, stay)
        words = {str(one): one.words for one in sentences if isinstance(one, Sentence)}
        told = page.evaluate(WORDED, [words, [str(one) for one in sentences]])
        for english, ukrainian in zip(sentences, told, strict=True):
            assert ukrainian is not None, english
            # Whatever else has Latin letters is a name, a code or a unit, or the reason that a rule gives.
            latin = set(re.findall("[A-Za-z]{4,}", re.sub("[0-9a-f]{12,}", "", ukrainian)))
            assert latin <= set(re.findall("[A-Z]{4,}", english)) or "exercise" in english, ukrainian
        assert stay.callsign is not None
        assert stay.callsign in told[0]


def test_why_a_height_is_not_known_is_known(swiss: Server, seen: Callable[..., Seen]) -> None:
    """Every reason of the source, on every datum: no word of it stays English."""
    source = Path(heightwords.__file__).read_text()
    reasons = re.findall(
        r'return "([^"]+)"', source[source.index("def _reason") : source.index("def _between")]
    )
    reasons += [f"only {one} is reported and no QNH is given" for one in ("a flight level", "an altitude")]
    assert len(reasons) >= 8
    told = [f"{name} not known: {why}" for name in heightwords.NAMES.values() for why in reasons]
    for english, ukrainian in zip(told, in_ukrainian(swiss, seen, told), strict=True):
        assert ukrainian is not None, english
        assert not re.search("[A-Za-z]{4,}", ukrainian), ukrainian


def test_sentences_of_the_source_are_what_the_table_has() -> None:
    """A sentence that the core does not say any more has no place in the table."""
    table = (STATIC / "page" / "sentences_uk.mjs").read_text()
    source = "".join(path.read_text() for path in ROOT.rglob("*.py"))
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
        ("It crossed the boundary outwards at 46 N, at 12:00 Z.",
         "Перетнув межу назовні в точці 46 N, 12:00 Z."),
        ("Not cleared: HEMS and source.", "Не дозволено: HEMS and source."),
        ("Not exempt: a: b: holds until 12 Z, which covers only a part of the stay from 11 Z until 13 Z.",
         "Не звільнено: a: b: діє до 12 Z, що охоплює лише частину перебування з 11 Z до 13 Z."),
        ("Perhaps exempt: x: names callsign A* and not squawk 7; its callsign is not known, "
         "so it cannot be told.",
         "Можливо, звільнено: x: називає: позивний A* і не код 7; невідомо: позивний, тож не можна сказати."),
        ("Altitude above mean sea level not known: only a flight level is reported and no QNH is given; "
         "between 900 and 1,100 ft.",
         "Висота над рівнем моря невідома: повідомлено лише ешелон, а QNH немає; між 900 і 1,100 ft."),
        ("height above ground not known: no terrain data given; at most 300 ft AGL",
         "висота над землею невідома: даних рельєфу немає; щонайбільше 300 ft AGL"),
        ("Whether the zone was active is not known. "
         "Its hours: when announced (by NOTAM or otherwise), always.",
         "Чи діяла зона, невідомо. Її години: за оголошенням (NOTAM чи іншим), завжди."),
        ("One of its reports: two senders far apart use this address.",
         "Одне з його донесень: цією адресою користуються два далекі один від одного передавачі."),
        ("<b>{place}</b>", None),
        ("x" * 3000, None),
    ],
)  # fmt: skip
def test_what_stands_in_the_holes_stays(
    swiss: Server, seen: Callable[..., Seen], english: str, ukrainian: str | None
) -> None:
    assert in_ukrainian(swiss, seen, [english]) == [ukrainian]


def test_no_sentence_keeps_the_page_busy(swiss: Server, seen: Callable[..., Seen]) -> None:
    """Names that anybody gives stand in recorded sentences: the words between the holes, over and over, are
    looked for once. What tries every way to divide such a name never ends."""
    page = seen().page
    page.goto(f"{swiss.url}login.html")
    hostile = []
    for frame in page.evaluate(TABLE):
        between = [part or "x" for part in HOLE.split(frame)]
        again = "x".join(between)
        hostile.append((between[0] + again * (2000 // len(again) + 1))[:1990] + "\x01")
    page.evaluate(SOON, hostile)
    page.locator("#said").wait_for(state="attached", timeout=30_000)
    assert page.locator("#said").get_attribute("data-count") == str(len(hostile))
    assert len(hostile) > 100
