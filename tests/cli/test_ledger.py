"""nofly ledger: formats, the picture, exit codes; and the page that lists its keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nofly.cli import main
from nofly.run.weighing import ledger_file
from nofly.run.weighing.ledger_changes import SOURCE
from nofly.whatif.patrol import INPUTS
from nofly.whatif.refused import SCORE_WORDS, WEAPON_WORDS

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT / "docs/examples/ledger.toml"
ZONE = ROOT / "examples/data/stadium.geojson"
FLIGHTS = ROOT / "examples/data/flights.csv"


def test_it_prints_text_and_writes_json_html_and_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", str(LEDGER)]) == 0
    told = capsys.readouterr().out
    assert "aircraft needed" in told
    assert "There is no number for escalation here" in told
    assert max(map(len, told.splitlines())) <= 110
    for name in ("t.json", "t.html", "t.txt"):
        assert main(["ledger", str(LEDGER), "-o", str(tmp_path / name)]) == 0
    found = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert found["format"] == "nofly-ledger-table/1"
    assert (tmp_path / "t.txt").read_text(encoding="utf-8") == told
    for name, first in (("p.png", b"\x89PNG"), ("p.svg", b"<?xml"), ("p.pdf", b"%PDF")):
        assert main(["ledger", str(LEDGER), "-q", "--plot", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(first)


def test_an_input_is_replaced_for_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = LEDGER.read_bytes()
    changes = [
        "--set",
        "patrol.stations=6",
        "--set",
        "South.hours_a_day=2,6,12",
        "--set",
        "sharing.coincidence=1",
    ]
    found = []
    for more in ([], changes):
        assert main(["ledger", str(LEDGER), "-f", "json", *more]) == 0
        found.append(json.loads(capsys.readouterr().out))
    needed, shared = ([one["patrol"] for one in found], [one["shared"] for one in found])
    old, new = (next(q for q in one if q["name"] == "aircraft_needed") for one in needed)
    # Three stations became six.
    assert [new[end] for end in ("low", "likely", "high")] == [
        2 * old[end] for end in ("low", "likely", "high")
    ]
    assert [shared[1][0][end] for end in ("low", "likely", "high")] == [2.0, 6.0, 12.0]
    inputs = {one["name"]: one for one in found[1]["inputs"]}
    assert {name for name, one in inputs.items() if one["source"] == SOURCE} == {
        "stations", "hours:South", "coincidence",
    }  # fmt: skip
    assert LEDGER.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("patrol.missiles=3", "nothing about weapons"), ("patrol.readines=0.5", "perhaps readiness"),
        ("patrol.readiness=3", "from 0 to 1"), ("East.aircraft=2", "no party 'East'"),
        ("x", "low,likely,high"),
        ("patrol.stations=a", "low,likely,high"), ("patrol.stations=6,5,4", "no range"),
        ("patrol.stations=nan", "low,likely,high"), ("patrol.stations=1,2", "low,likely,high"),
    ],
)  # fmt: skip
def test_what_is_no_input_is_not_replaced(change: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(LEDGER), "--set", change]) == 2
    assert said in capsys.readouterr().err


def test_traffic_and_zones_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ledger.toml"
    path.write_text(
        'format = "nofly-ledger/1"\ntitle = "x"\n'
        '[[party]]\nname = "A"\nwho = [{ kind = "callsign", values = ["*"] }]\n'
        '[[party]]\nname = "B"\nwho = [{ kind = "list", values = ["ours"] }]\n',
        encoding="utf-8",
    )
    (tmp_path / "ours.txt").write_text("3c6501\n", encoding="utf-8")
    call = ["ledger", str(path), "--zones", str(ZONE), "--traffic", str(FLIGHTS), "-f", "json"]
    assert main([*call, "--list", f"ours={tmp_path / 'ours.txt'}"]) == 0
    recorded = json.loads(capsys.readouterr().out)["recorded"]
    assert recorded["reports"] > 0
    assert recorded["pairs"][0]["shared_h"]["low"] == 0.0
    assert main([*call, "--list", "ours"]) == 2
    assert "NAME=FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [("missiles = 4", "nothing about weapons"), ("escalation = 0.3", "no number for escalation")],
)
def test_weapons_and_scores_end_with_two(
    line: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.toml"
    path.write_text(f'format = "nofly-ledger/1"\ntitle = "x"\n[patrol]\n{line}\n', encoding="utf-8")
    assert main(["ledger", str(path)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["-o", "x.docx"], ".txt, .json, .html"), (["--plot", "x.gif"], ".png .svg .pdf")],
)
def test_a_wrong_extension_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", str(LEDGER), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_page_lists_every_key_and_every_refused_word() -> None:
    page = (ROOT / "docs/reference/ledger.md").read_text(encoding="utf-8")
    keys = {
        *ledger_file._TOP, *ledger_file._PARTY, *ledger_file._PLACE, *ledger_file._CONSENT,
        *ledger_file._PRECEDENT, *INPUTS,
    }  # fmt: skip
    missing = [key for key in sorted(keys) if f"{key}" not in page]
    assert not missing
    assert not [word for word in (*SCORE_WORDS, *WEAPON_WORDS) if f"`{word}`" not in page]


def test_the_example_of_the_how_to_is_the_one_that_runs() -> None:
    page = (ROOT / "docs/how-to/weigh-exposure.md").read_text(encoding="utf-8")
    assert f"```toml\n{LEDGER.read_text(encoding='utf-8')}```" in page
