"""``nofly detour`` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nofly.cli import main

STADIUM = str(Path(__file__).resolve().parents[2] / "examples/data/stadium.geojson")
ACROSS = "46.8,7.8-47.2,8.2"


def said(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["detour", *args])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_way_round_and_a_way_that_is_clear(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, ACROSS, "HEL-CPH", "--zones", STADIUM, "--level", "2000ft")
    assert (code, err) == (0, "")
    assert "EX-R1" in out.splitlines()[1]
    assert "0 NM" in out.splitlines()[2]


def test_pairs_after_the_zones_are_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--zones", STADIUM, ACROSS, "-f", "json", "--level", "2000ft")
    assert code == 0
    assert json.loads(out)["pairs"][0]["outcome"] == "round"


def test_above_the_zone_nothing_is_added(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, ACROSS, "--zones", STADIUM, "-f", "json")
    plain = json.loads(out)
    assert plain["pairs"][0]["extra_m"] == 0.0
    assert plain["left_out"][0]["why"] == "does not reach FL350"


def test_from_inside_there_is_no_way_unless_it_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    zone = json.loads(Path(STADIUM).read_text(encoding="utf-8"))["features"][0]["geometry"]["coordinates"]
    start = f"{zone[1]},{zone[0]}-47.9,9.5"
    code, out, _ = said(capsys, start, "--zones", STADIUM, "--level", "1000ft")
    assert code == 1
    assert "not admissible: start in EX-R1" in out
    code, out, _ = said(capsys, start, "--zones", STADIUM, "--level", "1000ft", "--leave")
    assert code == 0
    assert "flown inside" in out


def test_files_and_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name, form in (("a.csv", "csv"), ("a.geojson", "geojson"), ("a.html", "html")):
        code, out, _ = said(capsys, ACROSS, "--zones", STADIUM, "-f", form, "-o", str(tmp_path / name),
                            "--plot", str(tmp_path / "a.png"), "--level", "2000ft")  # fmt: skip
        assert (code, out) == (0, "")
        assert (tmp_path / name).stat().st_size > 100
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--zones", STADIUM], "no pairs given"),
        (["HEL-ICN"], "no zones given"),
        (["HEL-QQQ", "--zones", STADIUM], "'QQQ' is not known"),
        (["HEL-ICN", "--zones", STADIUM, "--level", "high"], "--level 'high'"),
        (["HEL-ICN", "--zones", STADIUM, "--clearance-nm", "-1"], "--clearance-nm -1"),
        (["HEL-ICN", "--zones", STADIUM, "--speed-kt", "nan"], "--speed-kt nan"),
        (["HEL-ICN", "--zones", STADIUM, "--plot", "x.doc"], "x.doc"),
        (["HEL-ICN", "--zones", STADIUM, "--at", "noon"], "noon"),
        (["HEL-ICN", "--zones", "missing.geojson"], "missing.geojson"),
        (["--pairs", "missing.txt", "--zones", STADIUM], "missing.txt"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], args: list[str], word: str
) -> None:
    code, out, err = said(capsys, *args)
    assert (code, out) == (2, "")
    assert word in err
    assert len(err.strip().splitlines()) == 1
