"""``nofly request``: from the demand to the law or the refusal, on a register, with keys."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from nofly.cli import main
from nofly.run.files.zonefiles import read_zones
from nofly.store.keys import new_key
from nofly.store.register import Register
from nofly.zones.acts import act
from nofly.zones.editions import law_at
from nofly.zones.model import Circle

ZONE = {
    "type": "FeatureCollection", "nofly": {"vocabulary": 1},
    "features": [{
        "type": "Feature", "id": "SKY", "geometry": {"type": "Point", "coordinates": [31.0, 48.0]},
        "properties": {"id": "SKY", "name": "Sky", "restriction": "PROHIBITED", "radius_m": 50_000.0,
                       "lower": "GND", "upper": "UNL"},
    }],
}  # fmt: skip
NAMES = ("Ukraine", "Canada", "France", "NATO")


class Desk:
    """A folder with a register, a zone and a key for each party."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.register = folder, str(folder / "law.sqlite")
        (folder / "zone.geojson").write_text(json.dumps(ZONE))
        for name in NAMES:
            new_key(folder / "keys", name.lower(), None)

    def request(self, verb: str, *args: str, key: str = "") -> int:
        signing = ["--key", key] if key else []
        keys = (
            []
            if verb in ("show", "log", "list", "publish")
            else ["--keys", str(self.folder / "keys"), *signing]
        )
        return main(["request", verb, *args, "--register", self.register, *keys])

    def asked(self, *more: str, rule: str = "unanimity") -> int:
        return self.request(
            "new", "sky", "--zone", str(self.folder / "zone.geojson"), "--asker", "Ukraine=ukraine",
            "--purpose", "prevent", "--why", "bombs fall on cities", "--instead", "warplanes", "--party",
            "Canada=canada", "--party", "France=france", "--authority", "NATO=nato", "--rule", rule, *more,
            key="ukraine",
        )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_request_is_rejected_and_its_zone_stays_readable(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.asked() == 0
    said = ("--statement", "the red line is not to trigger a wider conflict", "--date", "2022-03-04")
    source = ("--source", "https://example.org/joly", "--language", "en-CA")
    assert (
        desk.request(
            "position", "sky", "--party", "Canada", "--stand", "oppose", *said, *source, key="canada"
        )
        == 0
    )
    assert desk.request("position", "sky", "--party", "France", "--stand", "reserve", key="france") == 0
    assert (
        desk.request(
            "decide", "sky", "--outcome", "rejected", "--reason", "it would widen the war", key="nato"
        )
        == 0
    )
    capsys.readouterr()
    assert desk.request("show", "sky") == 0
    text = capsys.readouterr().out
    for words in ("state:           rejected", "it would widen the war", "Canada: oppose", "France: reserve",
                  "It is law of nothing", "https://example.org/joly (en-CA)"):  # fmt: skip
        assert words in text
    assert desk.request("show", "sky", "-o", str(desk.folder / "proposed.geojson")) == 0
    proposed = json.loads((desk.folder / "proposed.geojson").read_text())
    assert proposed["features"][0]["properties"]["id"] == "SKY"
    assert desk.request("promulgate", "sky", "--from", "2022-03-05T00:00:00Z", key="nato") == 2
    assert (
        "promulgate of a request that is rejected (expected one that is approved)" in capsys.readouterr().err
    )
    assert desk.request("list", "--format", "json") == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["standing"] == {"Canada": "oppose", "France": "reserve"}
    assert listed["law"] is None
    assert desk.request("log", "sky") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2:4] for line in lines] == [
        ["Ukraine:", "request"], ["Canada:", "position"], ["France:", "position"], ["NATO:", "decide"],
    ]  # fmt: skip
    who = ("Ukraine", "Canada", "France", "NATO")
    # By the keys that the request lists, whether they are in the folder or not.
    assert all(re.search(rf"\(signed with key [0-9a-f]{{16}} of {one}\)", line) for one, line in
               zip(who, lines, strict=True))  # fmt: skip


def test_the_sheet_is_a_page_that_stands_alone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.asked() == 0
    hostile = "<script>alert(1)</script>"
    assert (
        desk.request(
            "position", "sky", "--party", "Canada", "--stand", "support", "--statement", hostile, key="canada"
        )
        == 0
    )
    assert desk.request("show", "sky", "-o", str(desk.folder / "sheet.html")) == 0
    page = (desk.folder / "sheet.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "bombs fall on cities" in page
    assert "default-src 'none'" in page


def _promulgated(desk: Desk, *more: str) -> int:
    assert desk.asked(rule="single-authority") == 0
    assert desk.request("decide", "sky", "--outcome", "approved", "--reason", "agreed", key="nato") == 0
    span = ("--from", "2099-03-05T00:00:00Z", "--until", "2099-04-05T00:00:00Z")
    return desk.request("promulgate", "sky", *span, *more, key="nato")


def test_what_is_promulgated_is_published(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    folder = desk.folder / "published"
    notam = ("--fir", "UKBV", "--fir", "UKLV", "--notam", "A0001/99", "--estimated")
    assert _promulgated(desk, "-o", str(folder), *notam) == 0
    names = ["notam.txt", "zone.ed269.json", "zone.ed318.json", "zone.geojson", "zone.kml", "zone.openair"]
    assert sorted(path.name for path in folder.iterdir()) == names
    message = (folder / "notam.txt").read_text()
    assert "Q) UKXX/QRPCA/IV/BO/W/000/999/4800N03100E027\n" in message
    assert "A) UKBV UKLV B) 9903050000 C) 9904042359 EST\n" in message
    for name in names[1:]:
        (zone,) = read_zones(folder / name).zones
        assert zone.id == "SKY"
        footprint = zone.volumes[0].footprint
        if name != "zone.kml":
            assert isinstance(footprint, Circle)
            assert footprint.radius_m == pytest.approx(50_000.0)
    (ed269,) = read_zones(folder / "zone.ed269.json").zones
    assert ed269.authorities[0].name == "NATO"
    with Register(desk.register) as register:
        (edition,) = law_at(register.acts(), 4_077_000_000_000_000)
    assert edition.zone_id == "SKY"
    capsys.readouterr()
    assert desk.request("show", "sky") == 0
    text = capsys.readouterr().out
    assert "law:             from 2099-03-05T00:00:00Z until 2099-04-05T00:00:00Z" in text


def test_what_cannot_be_published_is_said(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    zone = json.loads(json.dumps(ZONE))
    zone["features"][0]["properties"]["upper"] = "FL100"
    (desk.folder / "zone.geojson").write_text(json.dumps(zone))
    assert _promulgated(desk) == 0
    notam = ("--fir", "kyiv", "--notam", "A0001/99")
    assert desk.request("publish", "sky", "-o", str(desk.folder / "out"), *notam) == 0
    error = capsys.readouterr().err
    assert "not written: zone.ed269.json: zone 'SKY': ED-269 cannot say the limit 'FL100', on STD" in error
    assert "not written: notam.txt: the heading of the NOTAM (expected a FIR such as UKBV)" in error
    assert desk.request("publish", "sky") == 2
    assert "nowhere to write to" in capsys.readouterr().err


def test_what_is_no_law_is_not_published(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.asked() == 0
    assert desk.request("publish", "sky", "-o", str(desk.folder / "out")) == 2
    assert "request 'sky' is open: it is no law" in capsys.readouterr().err
    assert not (desk.folder / "out").exists()


def _bytes(desk: Desk) -> list[tuple[object, ...]]:
    with sqlite3.connect(desk.register) as connection:
        tables = [n for (n,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return [row for name in sorted(tables) for row in connection.execute(f'select * from "{name}"')]


SUPPORT = ("--stand", "support")
BAD = [
    (("position", "sky", "--party", "Utopia", *SUPPORT), "canada", "'Utopia' is no party to 'sky'"),
    (("position", "sky", *SUPPORT), "canada", "a position of nobody"),
    (("position", "sky", "--party", "Canada", *SUPPORT), "", "the act of 'Canada' is not signed"),
    (("position", "sky", "--party", "Canada", *SUPPORT), "france", "the signature is not that of 'Canada'"),
    (("decide", "sky", "--outcome", "approved", "--reason", "x"), "nato", "no quorum: 0 of the 2 parties"),
    (("promulgate", "sky", "--from", "2022-03-05"), "nato", "is a whole day"),
    (("promulgate", "sky", "--from", "2022-03-05T00:00:00Z"), "nato", "promulgate of a request that is open"),
    (("position", "earth", "--party", "Canada", *SUPPORT), "canada", "no such request"),
    (("deadline", "sky", "--deadline", "2020-01-01T00:00:00Z", "--reason", "x"), "nato", "is not ahead"),
]


@pytest.mark.parametrize(("args", "key", "sentence"), BAD, ids=[s for _, _, s in BAD])
def test_what_may_not_be_gets_one_sentence_and_changes_nothing(
    desk: Desk, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], key: str, sentence: str
) -> None:
    assert desk.asked(rule="simple-majority") == 0
    before = _bytes(desk)
    assert desk.request(*args, key=key) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.startswith("nofly: ")
    assert error.count("\n") == 1
    assert _bytes(desk) == before


def test_a_request_needs_a_zone(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    args = [
        "--asker",
        "U",
        "--purpose",
        "prevent",
        "--why",
        "x",
        "--authority",
        "N",
        "--rule",
        "single-authority",
    ]
    assert desk.request("new", "sky", *args) == 2
    assert "a request without a zone" in capsys.readouterr().err
    assert desk.request("list") == 0
    assert "no request in" in capsys.readouterr().err
    monkeypatch.chdir(desk.folder)
    assert main(["request", "list"]) == 2
    assert "no register is named" in capsys.readouterr().err


def test_a_sheet_of_an_extension_without_a_format_is_refused(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.asked() == 0
    assert desk.request("show", "sky", "-o", str(desk.folder / "sheet.pdf")) == 2
    assert "names no format" in capsys.readouterr().err
    assert not (desk.folder / "sheet.pdf").exists()


def test_a_request_that_cannot_be_read_hides_no_other(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.asked() == 0
    with Register(desk.register) as register:
        register.append(act("request", "odd", "request", {"zone": 7}, party="Nobody", by="n", said_us=0))
    capsys.readouterr()
    assert desk.request("list", "--format", "json") == 2
    said = capsys.readouterr()
    assert [one["id"] for one in json.loads(said.out)] == ["sky"]
    assert "'odd'" in said.err


def test_parties_of_a_file_and_a_silence_procedure(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    members = desk.folder / "members.txt"
    members.write_text("# of 2022\nCanada = canada\nFrance\n\nLuxembourg\n", encoding="utf-8")
    args = [
        "--zone", str(desk.folder / "zone.geojson"), "--asker", "Ukraine", "--purpose", "commit",
        "--why", "x", "--parties", str(members), "--authority", "NATO", "--rule", "silence",
    ]  # fmt: skip
    assert desk.request("new", "sky", *args) == 2
    assert "a silence procedure without a deadline" in capsys.readouterr().err
    assert desk.request("new", "sky", *args, "--deadline", "2199-01-01T00:00:00Z") == 0
    assert "sky: silence" in capsys.readouterr().out
    assert desk.request("position", "sky", "--party", "Luxembourg", "--stand", "reserve") == 0
    assert "sky: broken" in capsys.readouterr().out


def test_a_deadline_passes_while_nobody_acts(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """No act is needed for it: the state is that of the moment of asking, and of any moment asked for."""
    deadline = datetime.now(UTC) + timedelta(seconds=3)

    def state(*more: str) -> str:
        capsys.readouterr()
        assert desk.request("list", "--format", "json", *more) == 0
        (listed,) = json.loads(capsys.readouterr().out)
        assert desk.request("show", "sky", *more) == 0
        assert f"state:           {listed['state']}\n" in capsys.readouterr().out
        return str(listed["state"])

    assert desk.asked("--deadline", deadline.isoformat(), rule="silence") == 0
    assert state() == "silence"
    early = ("decide", "sky", "--outcome", "approved", "--reason", "nobody spoke")
    assert desk.request(*early, key="nato") == 2
    assert "of a request that is silence" in capsys.readouterr().err
    sleep(max(0.0, (deadline - datetime.now(UTC)).total_seconds()))
    assert state() == "agreed"
    before = (deadline - timedelta(microseconds=1)).isoformat()
    assert (state("--at", before), state("--at", deadline.isoformat())) == ("silence", "agreed")
    with sqlite3.connect(desk.register) as connection:
        assert connection.execute("select count(*) from nofly_act").fetchone() == (1,)
    assert desk.request(*early, key="nato") == 0


def test_the_past_is_put_on_record_with_its_own_times(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    past = ("--said", "2022-02-24T05:00:00Z")
    assert desk.asked("--clock", "stated", "--deadline", "2022-03-04T12:00:00Z", *past, rule="silence") == 0
    early = ("--said", "2022-03-04T11:59:59Z")
    assert (
        desk.request("position", "sky", "--party", "Canada", "--stand", "oppose", *early, key="canada") == 0
    )
    assert "sky: broken" in capsys.readouterr().out


def test_as_it_stood(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.asked() == 0
    assert desk.request("show", "sky", "--at", "2020-01-01T00:00:00Z") == 2
    assert "no such request" in capsys.readouterr().err


TRACKS = "time,icao24,lat,lon,alt_std_m\n" + "".join(
    f"2022-03-05T00:0{k}:00Z,{address},48.0,{31.0 + k / 50:.3f},3000\n"
    for k in range(5)
    for address in ("4ca7b3", "155bff")
)


def test_standing_rules_are_checked_like_any_zone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.folder / "t.csv").write_text(TRACKS)
    (desk.folder / "nato.txt").write_text("4ca7b3\n")
    out = str(desk.folder / "rule.geojson")
    area = ("--zone", str(desk.folder / "zone.geojson"), "--party", "NATO", "--reason", "so it is", "-o", out)
    for kind, more, whose in (
        ("stay-out", (), "4ca7b3"), ("border", ("--spacing", "9260", "--look-ahead", "300"), "155bff"),
    ):  # fmt: skip
        assert main(["request", "standing", kind, *area, *more]) == 0
        capsys.readouterr()
        tracks = [str(desk.folder / "t.csv"), "--zones", out, "--list", f"NATO={desk.folder / 'nato.txt'}"]
        assert main(["check", *tracks, "--format", "json"]) == 1
        stays = json.loads(capsys.readouterr().out)["infringements"]
        assert [s["icao24"] for s in stays if s["status"] == "infringement"] == [whose]
    assert main(["request", "standing", "stay-out", *area, "--spacing", "9"]) == 2
    assert main(["request", "standing", "border", *area]) == 2
    assert "lateral spacing 0 (expected a positive number)" in capsys.readouterr().err


def test_the_configuration_names_register_and_party(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.asked() == 0
    (desk.folder / "nofly.toml").write_text('[register]\nurl = "law.sqlite"\nparty = "Canada"\n')
    config = ["--config", str(desk.folder / "nofly.toml")]
    key = ["--keys", str(desk.folder / "keys"), "--key", "canada"]
    assert main(["request", "position", "sky", "--stand", "support", *config, *key]) == 0
    assert main(["request", "decide", "sky", "--outcome", "approved", "--reason", "x", *config, *key]) == 2
    assert "decide is not for 'Canada' to do (expected NATO)" in capsys.readouterr().err
    assert main(["request", "show", "sky", *config]) == 0
    assert "Canada: support" in capsys.readouterr().out
