"""Exported records are checked without the record that they came from, by whoever has the file alone."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nofly.cli import main
from nofly.run.record import incident_proof
from nofly.run.record.acts import Act
from nofly.store.chain import canonical, digest
from nofly.store.sqlite import Store

COUNT = 6


@pytest.fixture
def told(tmp_path: Path, capsys: Any) -> dict[str, Any]:
    """Return the export of a record of six, each of an incident of its own but for two of one."""
    bodies = [
        {
            "kind": "entered",
            "incident": f"abcdef{min(k, 4)}",
            "time_us": k,
            "depth_m": k / 3,
            "who": "\u00e4\ud83d\ude81",
        }
        for k in range(COUNT)
    ]
    (tmp_path / "state").mkdir()
    with Store(tmp_path / "state" / "record.sqlite") as store:
        store.append(bodies)
    assert main(["incidents", "export", "--state", str(tmp_path / "state"), "--records"]) == 0
    whole: dict[str, Any] = json.loads(capsys.readouterr().out)
    return whole


def verify(tmp_path: Path, told: Any, *more: str) -> int:
    path = tmp_path / "records.json"
    path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return main(["incidents", "verify", str(path), *more])


def test_a_whole_export_is_proved(told: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    assert verify(tmp_path, told) == 0
    out = capsys.readouterr().out.splitlines()
    head = f"{COUNT}:{told['head']['hash']}"
    assert out[0] == "6 records and 6 links to the one before checked, each as it was written."
    assert out[-1] == head
    assert verify(tmp_path, told, "--head", head) == 0
    assert verify(tmp_path, told, "--head", f"{COUNT}:{'0' * 64}") == 1
    assert "record-cut-off" in capsys.readouterr().err


def test_of_a_part_it_is_said_what_is_missing(told: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    told["records"] = [told["records"][k] for k in (1, 4)]
    assert verify(tmp_path, told) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "2 records and 0 links to the one before checked, each as it was written."
    assert out[1] == "Not in the export, so nothing is said of them: 1, 3 to 4, 6."
    assert out[-1] == f"5:{told['records'][-1]['hash']}"


def test_one_incident_is_exported_and_proved(told: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    out = str(tmp_path / "one.json")
    assert (
        main(["incidents", "export", "abcdef4", "--records", "--state", str(tmp_path / "state"), "-o", out])
        == 0
    )
    assert main(["incidents", "verify", out]) == 0
    assert capsys.readouterr().out.startswith("2 records and 1 link to")


@pytest.fixture
def one(told: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Return the export of the third incident, with the links to the head."""
    out = tmp_path / "one.json"
    args = ["incidents", "export", "abcdef2", "--records", "--state", str(tmp_path / "state")]
    assert main([*args, "-o", str(out)]) == 0
    assert told["head"]["sequence"] == COUNT
    found: dict[str, Any] = json.loads(out.read_bytes())
    return found


def test_the_records_of_an_incident_are_shown_to_be_under_a_head_and_nothing_else_of_others(
    one: dict[str, Any], told: dict[str, Any], tmp_path: Path, capsys: Any
) -> None:
    assert [record["sequence"] for record in one["records"]] == [3]
    assert [(run["after"], len(run["bodies"])) for run in one["links"]] == [(3, 3)]
    text = json.dumps(one)
    assert text.count("depth_m") == 1
    capsys.readouterr()
    assert verify(tmp_path, one) == 0
    out = capsys.readouterr().out
    assert "Followed over 3 records more" in out
    assert out.splitlines()[-1] == f"{COUNT}:{told['head']['hash']}"
    for record in told["records"][2:]:
        assert verify(tmp_path, one, "--head", f"{record['sequence']}:{record['hash']}") == 0
        assert verify(tmp_path, one, "--head", f"{record['sequence']}:{'0' * 64}") == 1
    assert verify(tmp_path, one, "--head", f"2:{told['records'][1]['hash']}") == 1


@pytest.mark.parametrize("place", range(3))
def test_a_link_that_was_changed_left_out_or_put_in_is_found(
    one: dict[str, Any], tmp_path: Path, place: int
) -> None:
    bodies = one["links"][0]["bodies"]
    other = "0" * 64
    for changed in (
        [*bodies[:place], other, *bodies[place + 1 :]], [*bodies[:place], other, *bodies[place:]],
        [bodies[(k + 1) % 3] for k in range(3)],
    ):  # fmt: skip
        assert verify(tmp_path, {**one, "links": [{"after": 3, "bodies": changed}]}) == 1
    head = f"{COUNT}:{one['head']['hash']}"
    short = {**one, "links": [{"after": 3, "bodies": bodies[:place]}]}
    assert verify(tmp_path, short) == 0
    assert verify(tmp_path, short, "--head", head) == 1
    one["records"][0]["body"]["depth_m"] = 0.5
    assert verify(tmp_path, one) == 1
    record = one["records"][0]
    record["hash"] = digest(record["previous"], canonical(record["body"]))
    assert verify(tmp_path, one) == 1


@pytest.mark.parametrize(
    "links",
    [5, [5], [{"after": 3}], [{"after": "3", "bodies": []}], [{"after": 3, "bodies": 5}],
     [{"after": 3, "bodies": ["x"]}], [{"after": 3, "bodies": []}, {"after": 3, "bodies": []}]],
    ids=range(7),
)  # fmt: skip
def test_links_that_are_none_are_an_error(
    one: dict[str, Any], tmp_path: Path, links: Any, capsys: Any
) -> None:
    assert verify(tmp_path, {**one, "links": links}) == 2
    assert "$.links" in capsys.readouterr().err


def test_records_of_an_earlier_version_hold_and_cannot_be_followed_by_hashes(
    tmp_path: Path, capsys: Any
) -> None:
    """They were hashed with their body itself; what is appended to them is not."""
    path, state = tmp_path / "state" / "record.sqlite", ["--state", str(tmp_path / "state")]
    path.parent.mkdir()
    last = "0" * 64
    with Store(path) as store:
        for number in range(1, 5):
            body = {"kind": "entered", "incident": f"abcdef{number}", "time_us": number}
            text = canonical(body)
            made = hashlib.sha256(f"{last}{text}".encode()).hexdigest()
            row = (number, number, "entered", body["incident"], text, made, last)
            store._connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            last = made
        store.append([{"kind": "entered", "incident": f"abcdef{n}", "time_us": n} for n in (5, 6)])
        assert store.verify() == []
    assert main(["incidents", "export", *state, "--records", "-o", str(tmp_path / "all.json")]) == 0
    assert main(["incidents", "verify", str(tmp_path / "all.json")]) == 0
    assert capsys.readouterr().out.startswith("6 records and 6 links")
    out = str(tmp_path / "two.json")
    assert main(["incidents", "export", "abcdef2", *state, "--records", "-o", out]) == 0
    assert main(["incidents", "verify", out]) == 0
    assert "so nothing is said of them: 1, 3 to 6." in capsys.readouterr().out


def _body(told: dict[str, Any]) -> None:
    told["records"][2]["body"]["depth_m"] = 0.5


def _body_and_hash(told: dict[str, Any]) -> None:
    record = told["records"][2]
    record["body"]["depth_m"] = 0.5
    record["hash"] = digest(record["previous"], canonical(record["body"]))


def _swapped(told: dict[str, Any]) -> None:
    told["records"][2:4] = reversed(told["records"][2:4])


def _renumbered(told: dict[str, Any]) -> None:
    del told["records"][2]
    for record in told["records"][2:]:
        record["sequence"] -= 1


def _twice(told: dict[str, Any]) -> None:
    told["records"].insert(2, copy.deepcopy(told["records"][2]))


def _begun_anew(told: dict[str, Any]) -> None:
    del told["records"][0]
    for record in told["records"]:
        record["sequence"] -= 1


def _other_head(told: dict[str, Any]) -> None:
    told["head"]["hash"] = "0" * 64


def _beyond_the_head(told: dict[str, Any]) -> None:
    told["head"] = {"sequence": 5, "hash": told["records"][4]["hash"]}


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (_body, "record-changed", "record 3"), (_body_and_hash, "record-unlinked", "record 4"),
        (_swapped, "record-misnumbered", "record 3"), (_renumbered, "record-unlinked", "record 3"),
        (_twice, "record-misnumbered", "record 3"), (_begun_anew, "record-unlinked", "record 1"),
        (_other_head, "record-unlinked", "record 6"), (_beyond_the_head, "record-unlinked", "record 6"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(
    told: dict[str, Any], tmp_path: Path, capsys: Any, change: Callable[[Any], None], code: str, at: str
) -> None:
    change(told)
    assert verify(tmp_path, told) == 1
    out, err = capsys.readouterr()
    assert "not as it was written" in out
    assert any(code in line and f"{at}: " in line for line in err.splitlines())


def test_a_broken_link_says_what_was_expected(told: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    before = told["records"][3]["previous"]
    _body_and_hash(told)
    assert verify(tmp_path, told) == 1
    assert f"it names {before}, expected {told['records'][2]['hash']}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ((), [], "no object of nofly, head, records"), (("records",), [], "no record in it"),
        (("records",), "x", "no list"), (("records", 0), None, "$.records[0]"),
        (("records", 0, "sequence"), True, "$.records[0].sequence"),
        (("records", 0, "sequence"), 10**400, "$.records[0].sequence"),
        (("records", 0, "sequence"), 0, "$.records[0].sequence"),
        (("records", 0, "hash"), "\ud800" * 64, "$.records[0].hash"),
        (("records", 0, "previous"), "0" * 63 + "G", "$.records[0].previous"),
        (("records", 0, "body"), [1], "$.records[0].body"), (("records", 0, "body"), {}, "needs time_us"),
        (("records", 0, "body", "depth_m"), float("nan"), "$.records[0].body"),
        (("records", 0, "note"), "not covered by the hash", "$.records[0]"),
        (("head", "sequence"), "6", "$.head.sequence"), (("head",), 6, "$.head"),
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_no_export_is_an_error(
    told: Any, tmp_path: Path, capsys: Any, place: tuple[Any, ...], value: Any, words: str
) -> None:
    whole = {"": told}
    into: Any = whole
    for key in ("", *place)[:-1]:
        into = into[key]
    into[("", *place)[-1]] = value
    assert verify(tmp_path, whole[""]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


@pytest.mark.parametrize(
    "text",
    ["", "{", "sequence,time\r\n", '{"type": "FeatureCollection", "features": []}', "[" * 100_000,
     '{"records": ' + '{"a":' * 100_000, '{"a": 1, "a": 1}', "1" * 5000, "\x1b[2J"],
    ids=["empty", "cut", "csv", "geojson", "deep", "deep objects", "a name twice", "a long number", "escape"],
)  # fmt: skip
def test_a_hostile_file_is_one_line(tmp_path: Path, capsys: Any, text: str) -> None:
    assert verify(tmp_path, text) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "export --records" in line
    assert "\x1b" not in line


def test_a_deep_body_and_a_long_file_are_refused(
    told: dict[str, Any], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = json.dumps(told).replace('"kind"', f'"deep": {"[" * 900}{"]" * 900}, "kind"', 1)
    assert verify(tmp_path, deep) in (1, 2)
    monkeypatch.setattr(incident_proof, "MOST_BYTES", 100)
    assert verify(tmp_path, told) == 2
    assert "longer than 100 bytes" in capsys.readouterr().err
    assert main(["incidents", "verify", str(tmp_path / "none.json")]) == 2


def test_a_file_and_a_state_are_not_checked_at_once(
    told: dict[str, Any], tmp_path: Path, capsys: Any
) -> None:
    assert verify(tmp_path, told, "--state", str(tmp_path)) == 2
    assert "by itself" in capsys.readouterr().err


def test_who_logged_in_is_left_out_unless_asked_for(tmp_path: Path, capsys: Any) -> None:
    state = tmp_path / "state"
    state.mkdir()
    bodies: list[dict[str, Any]] = [
        {"kind": "entered", "incident": "abcdef1", "time_us": 1},
        {"kind": Act.LOGGED_IN, "incident": "access:ann", "time_us": 2, "who": "ann", "from": "192.0.2.7"},
        {"kind": "exited", "incident": "abcdef1", "time_us": 3},
    ]
    with Store(state / "record.sqlite") as store:
        store.append(bodies)
    export = ["incidents", "export", "--state", str(state), "--records"]
    for form in ("json", "csv", "geojson"):
        assert main([*export, "--format", form]) == 0
        text = capsys.readouterr().out
        assert "abcdef1" in text
        assert "ann" not in text
        assert "192.0.2.7" not in text
    assert main(export) == 0
    told = json.loads(capsys.readouterr().out)
    keys = ["body_sha256", "hash", "previous", "sequence", "withheld"]
    assert [sorted(one) for one in told["records"]][1] == keys
    assert verify(tmp_path, told) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 records and 2 links")
    assert "Of 1 record more the body is withheld: what it says is not in the export." in out
    for name in ("hash", "previous", "body_sha256"):
        changed = copy.deepcopy(told)
        changed["records"][1][name] = "0" * 64
        assert verify(tmp_path, changed) == 1
        assert "record 2: " in capsys.readouterr().err
    del told["records"][1]["body_sha256"]
    assert verify(tmp_path, told) == 0
    assert "that its hash is right cannot be checked" in capsys.readouterr().out
    assert main([*export, "--with-access"]) == 0
    assert "192.0.2.7" in capsys.readouterr().out
