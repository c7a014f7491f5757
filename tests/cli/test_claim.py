"""nofly claim: exit codes, formats, documents; and the examples with the numbers of their sources."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("turkey-2015", "estonia-2025", "finland-2024")
ALL = (*NAMES, "poland-2025")


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = {}
    for name in ALL:
        path = tmp_path_factory.mktemp("sheets") / f"{name}.json"
        code = main(["claim", "check", str(EXAMPLES / name / "claim.toml"), "-q", "-o", str(path)])
        found[name] = code, json.loads(path.read_text(encoding="utf-8"))
    return found


def statement(sheet: Any, name: str) -> Any:
    return next(s for s in sheet[1]["statements"] if s["id"] == name)


def implied(reading: Any, key: str) -> list[int]:
    return [round(x, 1) for x in reading["own_numbers"]["numbers"][key]]


def test_turkey_comes_out_with_the_numbers_of_its_sources(sheets: dict[str, Any]) -> None:
    sheet = sheets["turkey-2015"]
    assert sheet[0] == 1
    letter = statement(sheet, "letter")
    assert letter["verdict"] == "consistent but not shown"
    told = {r["name"]: r for r in letter["readings"]}
    assert implied(told["one aircraft flew 1.15 inside, statute miles"], "implied_speed_kmh")[0] == 391.9
    assert implied(told["one aircraft flew 1.15 inside, nautical miles"], "implied_speed_kmh")[0] == 451.0
    assert {r["verdict"] for name, r in told.items() if name.startswith("depth")} == {"self-inconsistent"}
    assert implied(statement(sheet, "map")["readings"][0], "implied_speed_kmh")[0] == 579.4
    assert statement(sheet, "ministry")["verdict"] == "not checkable with this data"
    assert statement(sheet, "leuven")["verdict"] == "consistent but not shown"
    together = statement(sheet, "together")
    assert together["verdict"] == "self-inconsistent"
    assert implied(together["readings"][0], "implied_length_km") == [4.6, 4.6]


def test_estonia_comes_out_with_the_numbers_of_its_sources(sheets: dict[str, Any]) -> None:
    sheet = sheets["estonia-2025"]
    assert sheet[0] == 3
    # Both sides alike: what flew without a transponder is seen by nobody who receives ADS-B.
    assert {s["verdict"] for s in sheet[1]["statements"]} == {"not checkable with this data"}
    (speeds,) = statement(sheet, "speeds")["readings"]
    assert implied(speeds, "implied_length_km") == [140.0, 200.0]
    low, high = speeds["own_numbers"]["numbers"]["fitting_speed_kmh"]
    assert 700 <= low < 720
    assert 880 < high <= 1000
    # All that the stated track, 225 to 315 degrees, may be called.
    assert {path["kind"].split(",")[0] for path in speeds["own_numbers"]["paths"]} <= {
        "to the west", "to the south-west", "to the north-west",
    }  # fmt: skip
    assert "still inside" in " ".join(statement(sheet, "russian-ministry")["notes"])


def test_finland_comes_out_with_the_numbers_of_its_sources(sheets: dict[str, Any]) -> None:
    sheet = sheets["finland-2024"]
    assert sheet[0] == 3
    for name in ("2024-suspected", "2024-found", "2019", "2016-suspected", "2016-found-1", "2016-found-2"):
        assert statement(sheet, name)["verdict"] == "consistent but not shown"
    found = statement(sheet, "2024-found")["readings"][0]
    assert found["stated"]["depth"]["text"] == "2.5 km"
    assert found["stated"]["duration"]["text"] == "about 4 min"
    assert implied(statement(sheet, "2016-suspected")["readings"][0], "implied_speed_kmh")[0] == 780.0
    assert [i["label"] for i in statement(sheet, "2024-found")["items"]] == [
        "bomber 1", "bomber 2", "fighter 1", "fighter 2",
    ]  # fmt: skip


def test_poland_keeps_each_item_with_its_own_evidence(sheets: dict[str, Any]) -> None:
    sheet = sheets["poland-2025"]
    assert sheet[0] == 3
    assert {s["verdict"] for s in sheet[1]["statements"]} == {"not checkable with this data"}
    counts = {
        s["id"]: s["readings"][0]["stated"].get("count", {}).get("text") for s in sheet[1]["statements"]
    }
    assert counts == {"poland": "19", "ministry-interior": "about 16", "shot-down": "3–4", "russia": None}
    items = statement(sheet, "ministry-interior")["items"]
    assert [bool(one["evidence"]) for one in items] == [True, True, True, False]
    (point,) = (
        p for p in statement(sheet, "ministry-interior")["readings"][0]["points"] if p["what"] == "items"
    )
    assert point["numbers"] == {"items": 4, "items_with_evidence": 3}


@pytest.mark.parametrize("name", ALL)
def test_words_are_marked_and_notes_on_sources_are_kept_by_their_hash(
    sheets: dict[str, Any], name: str
) -> None:
    sheet = sheets[name][1]
    assert {s["wording"] for s in sheet["statements"]} <= {"quote", "paraphrase"}
    kept = {d["sha256"] for d in sheet["documents"]}
    cited = {c["sha256"] for s in sheet["statements"] for c in s["sources"] if c["sha256"]}
    assert kept == cited
    assert len(kept) >= 3
    assert all(d["sound"] and d["captured"] for d in sheet["documents"])
    assert all(c["url"].startswith("http") for s in sheet["statements"] for c in s["sources"] if c["sha256"])
    for path in (EXAMPLES / name / "claim.sources").glob("*[0-9a-f]"):
        assert path.read_text(encoding="utf-8").startswith("Note on a source, in our own words")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_that_its_zone_is_approximate_and_runs_as_its_page_shows(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = EXAMPLES / name
    assert "APPROXIMATE" in (folder / "zone.geojson").read_text(encoding="utf-8")
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert f"nofly claim check examples/{name}/claim.toml" in page
    out = tmp_path / "sheet.html"
    assert main(["claim", "check", str(folder / "claim.toml"), "-q", "-o", str(out)]) in (1, 3)
    html = out.read_text(encoding="utf-8")
    assert "<script" not in html
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", html)
    assert "data:image/png" in html
    assert capsys.readouterr().out == ""


def test_formats_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text('format = "nofly-claims/1"\ntitle = "T"\n[[statement]]\nwho = "A"\nsays = "B"\n')
    assert main(["claim", "check", str(path)]) == 3
    assert "NOT CHECKABLE WITH THIS DATA" in capsys.readouterr().out
    assert main(["claim", "check", str(path), "-f", "json", "-q"]) == 3
    assert json.loads(capsys.readouterr().out)["statements"][0]["id"] == "s1"
    assert main(["claim", "check", str(path), "-o", str(tmp_path / "x.doc")]) == 2
    assert "one of .txt, .json, .html" in capsys.readouterr().err
    path.write_text("format = 1")
    assert main(["claim", "check", str(path)]) == 2
    assert "format" in capsys.readouterr().err
    assert main(["claim", "check", str(tmp_path / "none.toml")]) == 2


def test_a_document_is_attached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        'format = "nofly-claims/1"\ntitle = "T"\n[[statement]]\nid = "s"\nwho = "A"\nsays = "B"\n'
    )
    note = tmp_path / "note.txt"
    note.write_text("said")
    when = ["--captured", "2025-09-20T10:00:00Z"]
    assert main(["claim", "attach", str(path), str(note), *when, "--statement", "s"]) == 0
    assert "sha256" in capsys.readouterr().out
    assert main(["claim", "attach", str(path), str(note), *when, "--statement", "t"]) == 2
    assert main(["claim", "attach", str(path), str(note), "--captured", "yesterday"]) == 2
    capsys.readouterr()
    assert main(["claim", "check", str(path)]) == 3
    assert "document: note.txt (text, 4 bytes" in capsys.readouterr().out
