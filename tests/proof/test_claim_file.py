"""The claim file is strict: what is wrong is named with its file, its key and what was expected."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nofly.errors import InputError
from nofly.proof.claiming.claim_file import FORMAT, QUANTITY_KEYS, parse

HEAD = f'format = "{FORMAT}"\ntitle = "T"\n'
WHO = '[[statement]]\nwho = "A"\nsays = "B"\n'


def test_a_statement_is_read() -> None:
    claim = parse(
        HEAD + '[zones]\nfiles = ["z.geojson"]\nboundary_error = "500 m"\n' + WHO
        + 'inside = "ever"\ntime = 2015-11-24T09:24:05+02:00\ntime_error = "1 s"\nduration_s = 17\n'
        'depth = "1.36 miles"\nlength = "1.15 miles"\naltitude_ft = 19000\naltitude_datum = "STD"\n'
        'about = { party = "P", type = "Su-24", class = "fast-jet", transponder = "off" }\n'
        '[[statement.item]]\nlabel = "one"\n[[statement.source]]\nurl = "https://example.org"\n'
    )  # fmt: skip
    (statement,) = claim.statements
    assert claim.boundary_err_m == 500.0
    assert statement.id == "s1"
    assert statement.time_us == 1_448_349_845_000_000
    assert [r.name for r in statement.readings] == ["statute miles", "nautical miles"]
    assert statement.readings[0].quantities["altitude"].datum == "STD"
    assert statement.about.transponder == "off"
    assert statement.items[0].label == "one"


@pytest.mark.parametrize(
    ("text", "where", "expected"),
    [
        (HEAD, "statement", "1 to 200"),
        (HEAD.replace("/1", "/9") + WHO, "format", "nofly-claims/1"),
        (HEAD + WHO + 'durration = "17 s"\n', "statement[0].durration", "perhaps duration"),
        (HEAD + WHO + "duration = 17\n", "statement[0].duration", "a key with one"),
        (HEAD + WHO + 'duration_s = "17 s"\n', "statement[0].duration_s", "the key says"),
        (HEAD + WHO + 'depth = "1 km"\ndepth_km = 1\n', "statement[0].depth_km", "it once"),
        (HEAD + WHO + 'inside = "perhaps"\n', "statement[0].inside", "one of ever"),
        (HEAD + WHO + "time = 2015-11-24T09:24:05\n", "statement[0].time", "with its zone"),
        (HEAD + WHO + 'about = { class = "jet" }\n', "statement[0].about.class", "jet"),
        (HEAD + WHO + 'about = { address = "xyz" }\n', "statement[0].about.address", "six hexadecimal"),
        (HEAD + WHO + "closest_to = [100, 0]\n", "statement[0].closest_to", "[latitude, longitude]"),
        (HEAD + WHO + '[[statement.source]]\nsha256 = "ab"\n', "statement[0].source[0].sha256", "64"),
        (HEAD + WHO + 'id = "a"\n' + WHO + 'id = "a"\n', "statement[1].id", "of its own"),
        (HEAD + '[[statement]]\nwho = "A"\n', "statement[0].says", "a text"),
        (HEAD + "zones = 3\n" + WHO, "zones", "[zones]"),
    ],
)
def test_what_is_wrong_is_named(text: str, where: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "c.toml")
    assert caught.value.source == "c.toml"
    assert caught.value.locator == where
    assert expected in str(caught.value)


def test_no_toml_is_refused() -> None:
    with pytest.raises(InputError, match="no valid TOML"):
        parse("[", "c.toml")


@given(st.text(max_size=300), st.sampled_from([*QUANTITY_KEYS, "about", "time", "reading"]))
def test_whatever_is_written_is_read_or_refused(text: str, key: str) -> None:
    for value in (text, f'"{text}"', "1", "true", "[1]", "{}"):
        with suppress(InputError):
            assert parse(f"{HEAD}{WHO}{key} = {value}\n").statements
