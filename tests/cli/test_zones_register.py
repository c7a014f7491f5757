"""The verbs of zones on a register: acts put into it, the law read out of it, traffic judged by it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.store.keys import new_key
from nofly.store.register import Register
from nofly.zones.acts import act

SQUARE = [[[8, 46], [9, 46], [9, 47], [8, 47], [8, 46]]]
SAID = ("--party", "Examplia", "--by", "desk", "--why", "by order")


def _feature(zone_id: str, upper: str = "FL100", **properties: Any) -> dict[str, Any]:
    told = {
        "id": zone_id,
        "name": f"{zone_id} NAME",
        "restriction": "PROHIBITED",
        "lower": "GND",
        "upper": upper,
    }
    return {
        "type": "Feature", "properties": {**told, **properties},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }  # fmt: skip


def _file(path: Path, *features: Any) -> str:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return str(path)


def _zones(*words: str) -> int:
    return main(["zones", *words])


@pytest.fixture
def law(tmp_path: Path) -> str:
    """Return a register with two zones in force since 2026."""
    path = str(tmp_path / "law.sqlite")
    file = _file(tmp_path / "first.geojson", _feature("A"), _feature("B"))
    assert _zones("declare", file, "--register", path, "--from", "2026-01-01", *SAID) == 0
    return path


def _law(law: str, time: str, capsys: Any, *more: str) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert _zones("at", time, "--register", law, "--format", "json", *more) == 0
    return {row["zone_id"]: row for row in json.loads(capsys.readouterr().out)}


def test_an_import_says_what_changed_and_again_nothing(
    register_url: str, tmp_path: Path, capsys: Any
) -> None:
    first = _file(tmp_path / "1.geojson", _feature("A"), _feature("B"), _feature("C"))
    second = _file(tmp_path / "2.geojson", _feature("B"), _feature("C", "FL120"), _feature("D"))
    register = ("--register", register_url, *SAID)
    assert _zones("import", first, *register) == 0
    assert "3 declared, 0 amended, 0 withdrawn, 0 missing, 0 unchanged; 0 rejected" in capsys.readouterr().out
    assert _zones("import", second, "--dry-run", "--complete", *register) == 0
    dry = capsys.readouterr().out
    assert (
        "1 declared, 1 amended, 1 withdrawn, 0 missing, 1 unchanged; 0 rejected; nothing was recorded" in dry
    )
    assert _zones("import", second, *register) == 0
    out = capsys.readouterr().out
    assert "amended C NAME\n  amend from " in out
    assert "  ceiling: FL100 (10,000 ft STD) → FL120 (12,000 ft STD)\n" in out
    assert "missing A NAME" in out
    assert "1 declared, 1 amended, 0 withdrawn, 1 missing, 1 unchanged; 0 rejected" in out
    other = ("--register", register_url, "--party", "Elsewhere", "--why", "theirs")
    assert _zones("import", second, "--complete", *other) == 0
    assert "0 declared, 0 amended, 0 withdrawn, 0 missing, 3 unchanged" in capsys.readouterr().out
    assert _zones("import", second, "--complete", *register) == 0
    assert "0 declared, 0 amended, 1 withdrawn, 0 missing, 3 unchanged" in capsys.readouterr().out
    assert {k: row["edition"] for k, row in _law(register_url, "now", capsys).items()} == {
        "B": 1,
        "C": 2,
        "D": 1,
    }
    assert _zones("log", "--verify", "--register", register_url) == 0


def test_an_import_keeps_what_it_can_and_counts_the_rest(tmp_path: Path, capsys: Any) -> None:
    flat = {**_feature("F"), "geometry": {"type": "Polygon", "coordinates": [[[8, 46], [9, 46], [8, 46]]]}}
    turned = _feature("T\u202e")
    file = _file(tmp_path / "x.geojson", _feature("A"), flat, _feature("B"), _feature("B", "FL200"), turned)
    assert _zones("import", file, "--register", str(tmp_path / "law"), *SAID) == 1
    said = capsys.readouterr()
    assert "1 declared, 0 amended, 0 withdrawn, 0 missing, 0 unchanged; 4 rejected" in said.out
    assert "several zones with the id 'B' at once" in said.err
    assert "its id holds a character that cannot be shown" in said.err
    assert "\u202e" not in said.out + said.err


def test_editions_of_one_zone_follow_each_other(tmp_path: Path, capsys: Any) -> None:
    law = str(tmp_path / "law")
    file = _file(
        tmp_path / "x.geojson",
        _feature("A", "FL120", valid_from="2027-03-01T00:00:00Z"),
        _feature("A", "FL100", valid_from="2027-01-01T00:00:00Z", valid_to="2027-03-01T00:00:00Z"),
    )
    for counted in ("1 declared, 1 amended", "0 declared, 0 amended, 0 withdrawn, 0 missing, 2 unchanged"):
        assert _zones("import", file, "--register", law, *SAID) == 0
        assert counted in capsys.readouterr().out
    assert _law(law, "2026-12-31", capsys) == {}
    assert _law(law, "2027-02-01", capsys)["A"]["until"] == "2027-03-01T00:00:00.000000Z"
    assert _law(law, "2027-03-01", capsys)["A"]["edition"] == 2


def test_what_was_law_before_and_is_again_is_a_new_edition(tmp_path: Path, capsys: Any) -> None:
    law, on = str(tmp_path / "law"), ("--register", str(tmp_path / "law"), *SAID)
    low = _file(tmp_path / "low.geojson", _feature("A"))
    high = _file(tmp_path / "high.geojson", _feature("A", "FL120"))
    for file in (low, high, low, low):
        assert _zones("import", file, *on) == 0
    assert capsys.readouterr().out.count("amended A NAME") == 2
    assert _law(law, "now", capsys)["A"]["edition"] == 3
    span = ("--from", "2026-01-01", "--until", "2100-01-01")
    assert _zones("amend", high, "--temporary", *span, *on) == 0
    capsys.readouterr()
    assert _zones("import", low, *on) == 0
    assert "1 unchanged" in capsys.readouterr().out


def test_a_suspension_outlives_a_new_edition(law: str, tmp_path: Path, capsys: Any) -> None:
    on = ("--register", law, *SAID)
    assert _zones("suspend", "A", "--from", "2026-03-01", *on) == 0
    assert _zones("import", _file(tmp_path / "2.geojson", _feature("A", "FL120")), *on) == 0
    assert sorted(_law(law, "2100-01-01", capsys)) == ["B"]


def test_suspended_resumed_extended_and_withdrawn(law: str, capsys: Any) -> None:
    on = ("--register", law, *SAID)
    assert _zones("suspend", "A", "--from", "2026-03-01", "--until", "2026-04-01", *on) == 0
    assert _zones("resume", "A", "--from", "2026-03-20", *on) == 0
    assert _zones("withdraw", "B", "--from", "2026-06-01", *on) == 0
    assert "recorded as number 5: B: withdraw from 2026-06-01 00:00:00 Z, by desk for Examplia: by order" in (
        capsys.readouterr().err
    )
    held = {t: sorted(_law(law, t, capsys)) for t in ("2025-12-31", "2026-03-10", "2026-03-20", "2026-06-01")}
    assert held == {"2025-12-31": [], "2026-03-10": ["B"], "2026-03-20": ["A", "B"], "2026-06-01": ["A"]}
    assert _zones("extend", "A", "--until", "2027-01-01", *on) == 2
    assert "'A' has no end" in capsys.readouterr().err
    assert _zones("extend", "A", *on) == 2
    assert "--until TIME, or never" in capsys.readouterr().err


def test_an_amendment_keeps_the_end_it_was_given_here(tmp_path: Path, capsys: Any) -> None:
    law, on = str(tmp_path / "law"), ("--register", str(tmp_path / "law"), *SAID)
    file = _file(tmp_path / "1.geojson", _feature("A"))
    other = _file(tmp_path / "2.geojson", _feature("A", "FL120"))
    assert _zones("declare", file, "--from", "always", "--until", "2026-09-01", *on) == 0
    assert _zones("amend", other, "--from", "2026-03-01", *on) == 0
    row = _law(law, "2026-08-31", capsys)["A"]
    assert (row["edition"], row["until"]) == (2, "2026-09-01T00:00:00.000000Z")
    assert _zones("amend", file, "--temporary", "--from", "2026-05-01", "--until", "2026-06-01", *on) == 0
    found = [
        _law(law, t, capsys)["A"]["edition"] for t in ("2020-01-01", "2026-04-30", "2026-05-01", "2026-06-01")
    ]
    assert found == [1, 2, 3, 2]
    assert _zones("extend", "A", "--until", "never", *on) == 0
    assert _law(law, "2100-01-01", capsys)["A"]["edition"] == 2


def test_the_log_the_diff_and_what_was_known(law: str, tmp_path: Path, capsys: Any) -> None:
    on = ("--register", law)
    assert _zones("log", *on, "--format", "json") == 0
    before = json.loads(capsys.readouterr().out)[-1]["recorded"]
    assert _zones("withdraw", "A", "--from", "2026-02-01", *on, *SAID) == 0
    assert _zones("log", "A", *on) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"^A NAME: withdrawn\n  [-\d: Z]+ +1  declare edition 1 from 2026-01-01 00:00:00 Z, by", out
    )
    assert "withdraw from 2026-02-01 00:00:00 Z" in out
    assert _zones("log", "X", *on) == 1
    assert sorted(_law(law, "2026-03-01", capsys)) == ["B"]
    assert sorted(_law(law, "2026-03-01", capsys, "--known", before)) == ["A", "B"]
    assert _zones("diff", "2026-01-15", "2026-03-01", *on) == 1
    assert (
        capsys.readouterr().out
        == "removed A NAME\n2 zones before, 1 zone after: 0 added, 1 removed, 0 changed\n"
    )
    assert _zones("diff", "2026-01-15", "2026-01-15", "--known", before, "--known", "now", *on) == 1
    out = capsys.readouterr().out
    assert out.startswith("changed A NAME\n  in force until: always → 2026-02-01 00:00:00 Z\n")
    assert _zones("diff", "2026-01-15", "2026-01-15", *on, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_law_at_a_time_is_written_as_a_zone_file(law: str, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "law.geojson"
    assert _zones("at", "2026-05-01", "--register", law, "-o", str(out)) == 0
    capsys.readouterr()
    assert main(["zones", "list", str(out), "--format", "json"]) == 0
    zones = json.loads(capsys.readouterr().out)
    assert [zone["zone_hash"] for zone in zones] == [
        row["zone_hash"] for _, row in sorted(_law(law, "2026-05-01", capsys).items())
    ]


def test_what_is_wrong_changes_nothing(law: str, tmp_path: Path, capsys: Any) -> None:
    before = Path(law).read_bytes()
    file = _file(tmp_path / "again.geojson", _feature("C"), _feature("A"))
    wrong = (
        (("declare", file, *SAID), "'A' is declared already"),
        (("amend", file, *SAID), "'C' is not in force then"),
        (("amend", file, "--id", "X", *SAID), "no zone 'X' in the files"),
        (("suspend", "X", *SAID), "no zone 'X' in the register"),
        (("suspend", "A", "--from", "2020-01-01", "--until", "2020-01-02", *SAID), "is not in force then"),
        (("suspend", "A", "--from", "2026-03-01", "--until", "2026-02-01", *SAID), "ends before it begins"),
        (("withdraw", "A", "--by", "x\x1b[2J", "--party", "P", "--why", "x"), "cannot be shown"),
        (("withdraw", "A", "--why", "x"), "whose act it is"),
        (("withdraw", "A", "--party", "P", "--why", " "), "no reason"),
        (("withdraw", "A", "--from", "soon", *SAID), "ISO 8601"),
        (("at", "2026-13-01"), "ISO 8601"),
        (("diff", "now", "now", "--known", "now", "--known", "now", "--known", "now"), "once for each"),
    )
    for words, said in wrong:
        assert _zones(*words, "--register", law) == 2, words
        err = capsys.readouterr().err
        assert said in err
        assert "\x1b" not in err
    assert _zones("log", "--verify", "--register", law) == 0
    assert "2:" in capsys.readouterr().out
    assert Path(law).read_bytes() == before
    for words in (("at",), ("log",), ("withdraw", "A", *SAID), ("amend", file, *SAID)):
        assert _zones(*words, "--register", str(tmp_path / "none")) == 2
        assert "there is no register" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert _zones("at") == 2
    assert "no register is named" in capsys.readouterr().err


def test_the_configuration_names_register_and_party(
    law: str, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "nofly.toml"
    config.write_text('[register]\nurl = "law.sqlite"\nparty = "Configuria"\n')
    assert _zones("withdraw", "A", "--config", str(config), "--why", "x") == 0
    assert "for Configuria: x" in capsys.readouterr().err
    config.write_text('[register]\nurl = "env:NOFLY_TEST_REGISTER"\n')
    assert _zones("at", "--config", str(config)) == 2
    assert "NOFLY_TEST_REGISTER is not set" in capsys.readouterr().err
    monkeypatch.setenv("NOFLY_TEST_REGISTER", law)
    assert _zones("at", "--config", str(config)) == 0
    assert "B NAME" in capsys.readouterr().out


def test_a_head_that_was_kept_is_looked_for(law: str, capsys: Any) -> None:
    assert _zones("log", "--verify", "--register", law) == 0
    head = re.findall(r"2:[0-9a-f]{64}", capsys.readouterr().out)[0]
    assert _zones("log", "--verify", "--register", law, "--head", head) == 0
    assert _zones("log", "--verify", "--register", law, "--head", f"9:{head[2:]}") == 1
    assert "act-cut-off" in capsys.readouterr().err


def test_acts_are_signed_by_the_key_of_the_party_and_the_log_says_so(
    register_url: str, tmp_path: Path, capsys: Any
) -> None:
    keys, others = str(tmp_path / "keys"), str(tmp_path / "others")
    own = new_key(Path(keys), "examplia", None)
    new_key(Path(others), "stranger", None)
    on = ("--register", register_url, *SAID)
    signing = ("--key", "examplia", "--keys", keys)
    file = _file(tmp_path / "1.geojson", _feature("A"), _feature("B"))
    more = _file(tmp_path / "2.geojson", _feature("B", "FL120"), _feature("C"))
    assert _zones("declare", file, "--until", "2090-01-01", *on, *signing) == 0
    assert _zones("amend", more, "--id", "B", *on, *signing) == 0
    assert _zones("import", more, *on, *signing) == 0
    assert _zones("suspend", "A", *on, *signing) == 0
    assert _zones("resume", "A", *on, *signing) == 0
    assert _zones("extend", "A", "--until", "never", *on, *signing) == 0
    assert _zones("withdraw", "A", *on, "--key", "stranger", "--keys", others) == 0
    assert _zones("withdraw", "B", "--said", "2026-11-01T00:00:00Z", "--from", "2080-01-01", *on) == 0

    def signers(*more: str) -> list[tuple[str, str, str | None]]:
        capsys.readouterr()
        assert _zones("log", "--register", register_url, "--format", "json", *more) == 0
        rows = json.loads(capsys.readouterr().out)
        return [(row["kind"], row["signed"], row["key"]) for row in rows]

    signed = ("declare", "declare", "amend", "declare", "suspend", "resume", "extend")
    assert signers("--keys", keys) == [
        *((kind, "genuine", "examplia") for kind in signed),
        ("withdraw", "unknown-key", None), ("withdraw", "not-signed", None),
    ]  # fmt: skip
    assert [one for _, one, _ in signers("--keys", others)].count("unknown-key") == len(signed)
    with Register(register_url) as register:
        last = register.acts("zone", "A")[-2]
        # Of another zone than the one that the key signed for.
        register.append(replace(last, subject_id="C", body={**last.body, "until_us": None}))
    assert signers("--keys", keys)[-1] == ("extend", "false", "examplia")
    assert _zones("log", "--register", register_url, "--keys", keys) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count(f"signed with key {own.id} of examplia") == len(signed)
    assert f"NOT signed with key {own.id} of examplia, as it says" in lines
    assert sum("which is not known here" in line for line in lines) == 1
    assert _zones("log", "--verify", "--register", register_url, "--keys", others) == 0
    assert _zones("log", "--verify", "--register", register_url, "--keys", keys) == 1
    said = capsys.readouterr().err
    assert "act-falsely-signed" in said
    assert "act 10" in said


def test_a_key_that_cannot_be_had_changes_nothing(law: str, tmp_path: Path, capsys: Any) -> None:
    before = Path(law).read_bytes()
    assert _zones("withdraw", "A", "--register", law, *SAID, "--key", "none", "--keys", str(tmp_path)) == 2
    assert "no private key 'none'" in capsys.readouterr().err
    assert Path(law).read_bytes() == before


TRACK = """time,icao24,lat,lon,altitude_ft
2026-05-01T09:00:00Z,4ca7b3,46.5,7.9,5000
2026-05-01T09:01:00Z,4ca7b3,46.5,8.1,5000
2026-05-01T09:02:00Z,4ca7b3,46.5,8.3,5000
2026-05-01T09:03:00Z,4ca7b3,46.5,8.5,5000
"""


def test_traffic_is_judged_by_the_law_of_that_moment_as_it_was_known(
    law: str, tmp_path: Path, capsys: Any
) -> None:
    track = tmp_path / "track.csv"
    track.write_text(TRACK)
    on = ("--register", law, *SAID)
    assert _zones("withdraw", "B", "--from", "2026-02-01", *on) == 0
    assert _zones("log", "--register", law, "--format", "json") == 0
    known = json.loads(capsys.readouterr().out)[-1]["recorded"]
    span = ("--from", "2026-05-01T09:01:30Z", "--until", "2026-05-01T09:02:15Z")
    assert _zones("suspend", "A", *span, *on) == 0

    def stays(*more: str) -> list[tuple[str, str, str]]:
        capsys.readouterr()
        assert main(["check", "--law", law, str(track), "--format", "json", "-q", *more]) == 1
        found = json.loads(capsys.readouterr().out)["infringements"]
        return [(s["zone_id"], s["entry_time"], s["exit_time"]) for s in found]

    before = stays("--known", known)
    assert [(zone_id, end) for zone_id, _, end in before] == [("A", "2026-05-01T09:03:00.000000Z")]
    assert stays() == [
        ("A", before[0][1], "2026-05-01T09:01:30.000000Z"),
        ("A", "2026-05-01T09:02:15.000000Z", "2026-05-01T09:03:00.000000Z"),
    ]
    assert main(["check", "--law", law, str(track), "--known", "2020-01-01T00:00:00Z"]) == 3
    other = _file(tmp_path / "b.geojson", _feature("Z"))
    assert {zone for zone, _, _ in stays("--zones", other)} == {"A", "Z"}
    assert main(["check", "--zones", other, str(track), "--known", "2020-01-01T00:00:00Z"]) == 2


def test_a_hostile_act_is_told_and_the_rest_is_shown(law: str, tmp_path: Path, capsys: Any) -> None:
    text = '{"type":"zone"}'
    zone = {"zone": text, "zone_hash": hashlib.sha256(text.encode()).hexdigest(), "from_us": 1}
    spoof = {"why": "x\x1b[2J", "sequence": 1, "zone_id": "B", "recorded": "never", "party": "Examplia"}
    with Register(law) as register:
        for zone_id, kind, body in (
            ("X", "declare", zone), ("A", "annex", {}), ("A", "amend", {**zone, "zone_hash": "0"}),
            ("A", "suspend", {**spoof, "from_us": 1, "until_us": 2}),
        ):  # fmt: skip
            register.append(act("zone", zone_id, kind, body, party="Mallory", by="m", said_us=0))
    track, on = tmp_path / "t.csv", ("--register", law)
    track.write_text(TRACK)
    for code, words in (
        (3, ["zones", "at", "2026-05-01", *on]), (1, ["zones", "diff", "2025-05-01", "2026-05-01", *on]),
        (0, ["zones", "log", *on]), (1, ["check", "--law", law, str(track)]),
    ):  # fmt: skip
        capsys.readouterr()
        assert main(words) == code
        said = capsys.readouterr()
        assert "A NAME" in said.out
        assert "\x1b" not in said.out + said.err
        assert "act 4: left out of the law: an act of the kind 'annex'" in said.err
        assert "act 5: left out of the law: its zone is not the one of its hash" in said.err
        assert "log" in words or "act 3: its zone cannot be read" in said.err
    assert _zones("log", "A", "--format", "json", *on) == 0
    row = json.loads(capsys.readouterr().out)[-1]
    assert (row["sequence"], row["zone_id"], row["party"]) == (6, "A", "Mallory")
    assert row["recorded"].startswith("20")
    assert (
        _zones(
            "import", _file(tmp_path / "1.geojson", _feature("B")), *on, "--party", "Mallory", "--why", "x"
        )
        == 0
    )
    assert "missing X" in capsys.readouterr().out
