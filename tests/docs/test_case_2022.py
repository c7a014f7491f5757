"""The case of March 2022: one command makes one page, which says what its sources say and no more."""

from __future__ import annotations

import html
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.shown import ROOT, run

CASE = ROOT / "examples/ukraine-2022"
FIRS = ("UKBV", "UKLV", "UKOV", "UKDV", "UKFV")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example has written."""
    at = tmp_path_factory.mktemp("case")
    done = run([sys.executable, str(CASE / "run.py"), str(at / "report")], at)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return at / "report"


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


def answer(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def acts() -> dict[str, Any]:
    return tomllib.loads((CASE / "acts.toml").read_text(encoding="utf-8"))


def test_the_page_stands_alone(page: str) -> None:
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|srcset)="(?!data:image/png;base64,)', page)
    assert not re.findall(r"@import|url\(", page)
    assert page.count("<img") == 3
    assert page.count("<svg") >= 4


def test_the_request_is_rejected_by_one_against_of_thirty(folder: Path, page: str) -> None:
    sheet = answer(folder, "request")
    assert sheet["state"] == "rejected"
    assert sheet["law"] is None
    assert sheet["rule"]["kind"] == "unanimity"
    assert len(sheet["parties"]) == 30
    assert sheet["standing"] == {"Canada": "oppose", "France": "reserve", "United States": "oppose"}
    assert sheet["decision"]["reason"].startswith("escalation")
    assert len(sheet["zone"]["volumes"]) == len(FIRS)
    assert {(v["lower"], v["upper"]) for v in sheet["zone"]["volumes"]} == {(None, None)}
    words = html.unescape(re.sub(r"<[^>]*>", "", page))
    for said in (*acts()["position"], acts()["request"], acts()["decision"]):
        assert (said.get("statement") or said.get("why") or said["reason"]) in words
        assert not said.get("source") or f'href="{said["source"]}"' in page


def test_the_law_of_the_day_is_the_closure_and_not_the_zone_asked_for(page: str) -> None:
    law = page.partition('id="law"')[2].partition("<section")[0]
    before, _, after = law.partition("2022-03-04 12:00")
    assert "Nothing of what is on record here was in force" in before
    assert all(fir in after for fir in FIRS)
    assert "Exempt: state aircraft of Ukraine (NOTAM A0003/23); permission of the General Staff" in after
    assert "Addressed: aircraft of the party NATO" in after
    assert "EPWW:NATO:border" in after
    assert "all but aircraft of the party NATO, warned 5 minutes ahead and within 10 NM" in after
    assert "UA-SKY:NATO:stay-out" in after
    assert "UA-SKY" not in after.replace("UA-SKY:NATO:stay-out", "")


def test_what_the_zone_would_have_touched_and_going_round(folder: Path) -> None:
    assert answer(folder, "whatif")["effect"]["flights_inside"] == 3
    alone = {f"{p['from']}-{p['to']}": p for p in answer(folder, "alone")["pairs"]}
    assert set(alone) == set(acts()["detours"]["pairs"])
    share = {name: p["extra_m"] / p["direct_m"] for name, p in alone.items()}
    # Frankfurt–Delhi crosses the north, Warsaw–Tbilisi the whole, Helsinki–Dubai the eastern edge.
    assert share["FRA-DEL"] == pytest.approx(0.0106, abs=0.0005)
    assert share["WAW-TBS"] == pytest.approx(0.1033, abs=0.001)
    assert 0.0 < share["HEL-DXB"] < 0.001
    for p in answer(folder, "beside")["pairs"]:
        # With more closed no way is shorter.
        assert p["outcome"] == "round"
        assert p["length_m"] >= alone[f"{p['from']}-{p['to']}"]["length_m"]


def test_each_pair_stands_beside_what_was_published_and_why_it_differs(folder: Path, page: str) -> None:
    """A shortest way may be shorter than what was flown, and is not more than 5 % longer."""
    given = {one["pair"]: one for one in acts()["published"]}
    assert set(given) == {"HEL-ICN", "HEL-SIN", "CPH-SIN", "CPH-PVG", *acts()["detours"]["pairs"]}
    table = page.partition("<h3>Beside what was published")[2].partition("<img")[0]
    cells = [html.unescape(re.sub(r"<[^>]*>", "", one)) for one in re.findall(r"<td.*?</td>", table)]
    told = {cells[k][-8:-1].replace("–", "-"): cells[k + 1 : k + 4] for k in range(0, len(cells), 4)}
    assert set(told) == set(given)
    for pair in answer(folder, "published")["pairs"]:
        name, extra_km = f"{pair['from']}-{pair['to']}", pair["extra_m"] / 1000.0
        computed, published, why = told[name]
        assert pair["outcome"] == "round"
        assert computed == f"{extra_km:,.0f} km"
        assert why == given[name]["why"]
        assert len(why.split()) > 12
        further_km = given[name].get("further_km")
        if further_km is None:
            assert published == "not known"
            continue
        assert published == given[name]["told"]
        assert pair["length_m"] <= 1.05 * (pair["direct_m"] + 1000.0 * further_km)
        if further_km:
            assert 0.0 < extra_km <= 1.05 * further_km


def test_the_counter_claim_is_not_checkable_and_neither_is_the_other_side(folder: Path, page: str) -> None:
    sides = {s["side"]: s["verdict"] for s in answer(folder, "claims")["statements"]}
    assert sides == dict.fromkeys(("Russia", "NATO"), "not checkable with this data")
    assert page.count("not checkable with this data") >= 2


def test_the_exposure_comes_as_ranges_and_without_a_score(folder: Path, page: str) -> None:
    ledger = answer(folder, "ledger")
    for one in (*ledger["shared"], *ledger["patrol"]):
        assert one["low"] <= one["likely"] <= one["high"]
    needed = next(one for one in ledger["patrol"] if one["name"] == "aircraft_needed")
    assert needed["high"] >= 5 * needed["low"]
    assert [act["act"] for act in ledger["enforcement"]["acts"]] == [
        "identify",
        "warn",
        "escort",
        "intercept",
    ]
    consents = {one["party"]: one["answer"] for one in ledger["enforcement"]["acts"][0]["consents"]}
    assert consents["Ukraine"] == "yes"
    assert consents["NATO"] == "no"
    assert consents["Poland"] == "not said"
    assert "There is no number for escalation here" in page


def test_the_notice_names_every_file_of_data() -> None:
    notice = (CASE / "NOTICE").read_text(encoding="utf-8")
    readme = (CASE / "README.md").read_text(encoding="utf-8")
    for path in CASE.glob("*.geojson"):
        assert path.name in notice
        assert path.name in readme
