"""Evidence on the command line: made, signed, handed over, verified."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.proof.package import opened
from tests.run.proving.cases import track_file, zone_file


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOFLY_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    return ["--zones", zone_file(tmp_path / "z.geojson"), track_file(tmp_path / "t.csv"), "-q"]


def _made(inputs: list[str], folder: Path, *more: str) -> list[Path]:
    assert main(["check", *inputs, "--evidence", str(folder), *more]) == 1
    return sorted(folder.glob("*.nofly.zip"))


def test_a_package_for_each_infringement(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    made = _made(inputs, tmp_path / "cases")
    assert [path.name[:12] for path in made] == ["4b1804-LS-R7", "4ca7b3-LS-R7"]
    capsys.readouterr()
    for path in made:
        assert main(["verify", str(path)]) == 0
        said = capsys.readouterr().out
        assert "UNSIGNED" in said
        assert said.endswith("All agrees. Nothing in it shows who made it.\n")
    before = [path.read_bytes() for path in made]
    assert [path.read_bytes() for path in _made(inputs, tmp_path / "cases")] == before


def test_what_could_have_been_seen_is_in_the_package(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    for path in _made(inputs, tmp_path / "cases"):
        package = opened(path.read_bytes())
        statement = package.json("coverage.json")
        assert statement["verdict"]
        assert statement["sentences"]
        assert statement["numbers"]["statements"][0]["numbers"]["zone"] == "LS-R7"
        assert f"What could have been seen: {statement['verdict']}" in package.data("report.html").decode()
        capsys.readouterr()
        assert main(["verify", str(path)]) == 0
        assert "the source files give the same statement" in capsys.readouterr().out
    asked = [path.read_bytes() for path in _made(inputs, tmp_path / "asked", "--coverage")]
    assert asked == [path.read_bytes() for path in _made(inputs, tmp_path / "cases")]
    for path in _made(inputs, tmp_path / "cases", "--no-coverage"):
        assert "coverage.json" not in opened(path.read_bytes()).files
        capsys.readouterr()
        assert main(["verify", str(path)]) == 0
        assert "it does not say what could have been seen" in capsys.readouterr().out


def test_evidence_alone_tells_nothing_of_it_on_the_terminal(
    inputs: list[str], tmp_path: Path, capsys: Any
) -> None:
    _made(inputs[:-1], tmp_path / "cases", "--format", "json")
    said = capsys.readouterr()
    assert "coverage" not in json.loads(said.out)
    assert "could have been seen" not in said.err


def test_all_stays_in_one_file_and_none_at_all(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    one = tmp_path / "all.zip"
    assert main(["check", *inputs, "--evidence", str(one)]) == 1
    assert len(opened(one.read_bytes()).json("finding.json")["infringements"]) == 2
    far = zone_file(tmp_path / "far.geojson")
    Path(far).write_text(Path(far).read_text().replace("46.", "10."))
    assert main(["check", "--zones", far, inputs[2], "--evidence", str(tmp_path / "none")]) == 0
    assert "there is no stay" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_signed_received_and_verified(inputs: list[str], tmp_path: Path, keys: Path, capsys: Any) -> None:
    assert main(["keys", "new", "desk"]) == 0
    path = _made(
        inputs, tmp_path / "cases", "--key", "desk", "--made-by", "Desk", "--made-at", "2026-01-01T00:00Z"
    )[0]
    desk = str(keys / "desk.pub")
    assert main(["verify", str(path), "--key", desk, "--require-signature", "-q"]) == 0
    assert main(["keys", "new", "court"]) == 0
    assert main(["verify", str(path), "--key", str(keys / "court.pub")]) == 1
    receipt = ["--act", "received", "--by", "The court", "--why", "file 7", "--at", "2026-01-02T00:00Z"]
    assert main(["sign", str(path), "--key", "court", *receipt]) == 0
    assert main(["sign", str(path), "--key", "court"]) == 0
    capsys.readouterr()
    assert main(["sign", str(path), "--custody"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["1. made", "2. received", "3. signed"]
    assert "Desk, 2026-01-01T00:00:00.000000Z" in lines[0]
    assert main(["verify", str(path), "--trust", str(keys), "--require-signature", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["summary"] == "All agrees."
    assert sum("the key of" in step["message"] for step in said["steps"]) == 2


def test_a_receipt_shows_that_the_end_was_cut_off(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    path = _made(inputs, tmp_path / "cases")[0]
    before = path.read_bytes()
    receipt = str(tmp_path / "court.receipt")
    assert main(["sign", str(path), "--act", "received", "--by", "The court", "--receipt", receipt]) == 0
    head = capsys.readouterr().err.splitlines()[-1].removeprefix("nofly: ").removeprefix("head ")
    assert head.startswith("2:")
    for given in (["--receipt", receipt], ["--head", head]):
        assert main(["verify", str(path), *given, "-q"]) == 0
    path.write_bytes(before)
    assert main(["verify", str(path), "-q"]) == 0
    capsys.readouterr()
    for given in (["--receipt", receipt], ["--head", head]):
        assert main(["verify", str(path), *given, "-q"]) == 1
        assert "the chain was cut off after entry 1" in capsys.readouterr().out
    assert main(["verify", str(path), "--receipt", inputs[1]]) == 2
    with pytest.raises(SystemExit):
        main(["verify", str(path), "--head", "2:no"])


def test_a_locked_key(inputs: list[str], tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("SECRET", "open sesame")
    assert main(["keys", "new", "desk", "--lock", "--passphrase", "env:SECRET"]) == 0
    assert "open sesame" not in capsys.readouterr().out
    made = _made(inputs, tmp_path / "cases", "--key", "desk", "--passphrase", "env:SECRET")
    assert main(["verify", str(made[0]), "--trust", str(tmp_path / "keys"), "--require-signature"]) == 0
    monkeypatch.setenv("SECRET", "open barley")
    assert (
        main(["check", *inputs, "--evidence", str(tmp_path), "--key", "desk", "--passphrase", "env:SECRET"])
        == 2
    )
    said = capsys.readouterr().err
    assert "passphrase is wrong" in said
    assert "barley" not in said
    assert main(["check", *inputs, "--evidence", str(tmp_path), "--key", "desk"]) == 2
    assert "--passphrase env:NAME" in capsys.readouterr().err


def test_keys_are_listed_shown_and_exchanged(tmp_path: Path, capsys: Any) -> None:
    assert main(["keys", "list"]) == 0
    assert "nofly keys new NAME" in capsys.readouterr().err
    main(["keys", "new", "desk"])
    key_id = capsys.readouterr().out.split()[0]
    assert main(["keys", "export", "desk", "-o", str(tmp_path / "x.pub")]) == 0
    assert main(["keys", "import", str(tmp_path / "x.pub"), "--name", "theirs"]) == 0
    capsys.readouterr()
    main(["keys", "list"])
    assert capsys.readouterr().out.splitlines() == [f"{key_id}  desk  private", f"{key_id}  theirs  public"]
    main(["keys", "show", "desk"])
    assert capsys.readouterr().out.splitlines()[0] == key_id
    assert main(["keys", "new", "desk"]) == 2


def test_what_was_tampered_with(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    path = _made(inputs, tmp_path / "cases")[0]
    data = bytearray(path.read_bytes())
    data[data.index(b"SWR123") + 3] ^= 1
    path.write_bytes(data)
    capsys.readouterr()
    assert main(["verify", str(path), "-q"]) == 1
    said = capsys.readouterr().out
    assert "raw/0001-t.csv" in said
    assert "NOT AS IT WAS MADE" in said
    assert main(["sign", str(path), "--act", "received"]) == 2
    assert "not as it was made" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04"])
def test_what_is_no_package(data: bytes, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    assert main(["verify", str(tmp_path / "x.zip")]) == 2
    assert main(["verify", str(tmp_path / "absent.zip")]) == 2
    assert "absent.zip" in capsys.readouterr().err


def test_what_comes_by_standard_input_is_kept(
    inputs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(inputs[2]).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    out = tmp_path / "all.zip"
    assert main(["check", *inputs[:2], "-", "-q", "--evidence", str(out)]) == 1
    package = opened(out.read_bytes())
    assert package.data("raw/0001-stdin") == data
    assert str(tmp_path).encode() not in out.read_bytes()
    assert main(["verify", str(out), "-q"]) == 0


def test_sources_left_out_are_not_checked(inputs: list[str], tmp_path: Path, capsys: Any) -> None:
    path = _made(inputs, tmp_path / "cases", "--raw-limit", "0")[0]
    capsys.readouterr()
    assert main(["verify", str(path), "-q"]) == 3
    assert "could not be checked" in capsys.readouterr().out


def test_evidence_that_cannot_be_made_is_refused_before_the_work(
    inputs: list[str], tmp_path: Path, capsys: Any
) -> None:
    for args in (
        [*inputs, "--evidence", str(tmp_path / "no" / "x.zip")],
        [*inputs, "--evidence", inputs[1]],
        [*inputs, "--evidence", str(tmp_path / "cases"), "--key", "nobody"],
    ):
        assert main(["check", *args]) == 2
        assert capsys.readouterr().err.startswith("nofly: ")
    assert main(["sign", str(tmp_path / "x"), "--custody"]) == 2
