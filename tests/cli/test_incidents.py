"""The verb incidents: what is on record, whether it is whole, and what people say of it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nofly.cli import main
from nofly.incidents import machine
from nofly.incidents.machine import Case, Happening, Params
from nofly.incidents.record import Cause
from nofly.incidents.states import Event, Told
from nofly.run.alerting.plans import KINDS
from nofly.run.alerting.silences import silenced
from nofly.run.alerting.words import FEED_SILENT, notice_of
from nofly.run.record.acts import Act, record_act
from nofly.run.record.incident_log import Statement, read_log, say
from nofly.run.record.known_names import note_names
from nofly.store.chain import Head
from nofly.store.sqlite import Store
from tests.cli.live import NOFLY, Feed, configured, listed, site, until, watching

T0 = 1_790_000_000_000_000
"""2026-09-21 14:13:20 Z."""
HOSTILE = "=1+1\x1b[2J[bold]"


def life(target: str, *events: tuple[Event, int], zone: str = "Z1") -> list[dict[str, Any]]:
    """Return the records of one target, as a watch stores them."""
    case, bodies = Case(f"hash-of-{zone}", target), []
    for event, at_s in events:
        place = {"lat_deg": 50.0, "lon_deg": 14.0}
        happening = Happening(event, T0 + at_s * 1_000_000, Cause.MOVED, **place)
        case, records = machine.step(case, happening, Params())
        more = {"zone_id": zone, "zone_name": "RING", "callsign": HOSTILE, "status": "infringement"}
        bodies += [{**msgspec.to_builtins(record), **more} for record in records]
    return bodies


def verdict(body: dict[str, Any], certainty: str, depth_m: float) -> dict[str, Any]:
    row = {
        "id": body["stay"], "status": "infringement", "certainty": certainty, "depth_m": depth_m,
        "depth_err_m": 10.0, "height_m": 2000.0, "height_datum": "STD", "duration_s": 60.0,
        "zone_id": "Z1", "zone_name": "RING", "target_id": body["target_id"], "callsign": HOSTILE,
        "entry_time": "2026-09-21T14:13:21.000000Z", "reasons": ["a", HOSTILE],
        "entry_lat_deg": 50.0, "entry_lon_deg": 14.0, "exit_lat_deg": 50.1, "exit_lon_deg": 14.1,
    }  # fmt: skip
    return {**body, "kind": "judged", "verdict": row}


@pytest.fixture
def state(tmp_path: Path) -> str:
    """Return the folder of a record: one inside after a warning, one closed, one warning that came to
    nothing, and a feed that is silent."""
    inside = life("icao24:4ca7b3", (Event.PREDICT, 0), (Event.ENTER, 20))
    closed = life("icao24:3c6666", (Event.ENTER, 1), (Event.LEAVE, 61), (Event.ENTER, 1000))[:3]
    dropped = life("rid:x", (Event.PREDICT, 5), (Event.UNPREDICT, 9), zone="Z2")
    silent = {"kind": FEED_SILENT, "incident": "feed:roof", "time_us": T0, "feed": "roof"}
    with Store(tmp_path / "record.sqlite") as store:
        store.append(inside[:1], ["hook"])
        store.append(inside[1:], ["hook", "log"])
        told, *_ = store.outbox.claim("hook", T0, 1)
        store.outbox.deliver([told.key], T0 + 1_000_000)
        store.append([*closed, verdict(closed[0], "probable", 100.0), verdict(closed[0], "confirmed", 900.0)])
        store.append([*dropped, silent])
    return str(tmp_path)


def rows(state: str, capsys: Any, *more: str) -> list[dict[str, Any]]:
    assert main(["incidents", "list", "--state", state, "--format", "json", *more]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_what_is_open(state: str, capsys: Any) -> None:
    (one,) = rows(state, capsys)
    assert (one["phase"], one["target_id"], one["zone_id"]) == ("infringing", "icao24:4ca7b3", "Z1")
    assert one["entry_time"] == "2026-09-21T14:13:40.000000Z"
    assert one["warning"] not in (None, one["id"])
    assert main(["incidents", "list", "--state", state]) == 0
    said = capsys.readouterr()
    assert one["id"][:8] in said.out
    assert "\x1b" not in said.out
    assert "feed roof is silent: not monitored through it since 2026-09-21 14:13:20 Z" in said.err


def test_what_was(state: str, capsys: Any) -> None:
    every = rows(state, capsys, "--all")
    assert [row["phase"] for row in every] == ["infringing", "closed", "clear"]
    # What was expected and never happened is no infringement.
    assert [row["status"] for row in every] == ["infringement", "infringement", "predicted"]
    closed = every[1]
    assert (closed["certainty"], closed["depth_m"], closed["stays"]) == ("confirmed", 900.0, 1)
    assert closed["exit_time"] == "2026-09-21T14:14:21.000000Z"
    assert [r["id"] for r in rows(state, capsys, "--all", "--zone", "Z2")] == [every[2]["id"]]
    assert [r["id"] for r in rows(state, capsys, "--all", "--target", "icao24:3c6666")] == [closed["id"]]
    assert [r["id"] for r in rows(state, capsys, "--since", "2026-09-21T14:14:00Z")] == [closed["id"]]
    assert rows(state, capsys, "--zone", "nowhere") == []
    assert main(["incidents", "list", "--state", state, "--all", "--format", "csv"]) == 0
    cells = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [cell["id"] for cell in cells] == [row["id"] for row in every]
    assert all(cell["callsign"].startswith("'=1+1\\x1b") for cell in cells)


def test_the_life_of_one(state: str, capsys: Any) -> None:
    one, closed, _ = rows(state, capsys, "--all")
    assert main(["incidents", "show", one["id"][:6], "--state", state]) == 0
    told = capsys.readouterr().out
    assert "is expected to enter Z1 RING" in told
    assert "entered Z1 RING" in told
    assert "told on hook at 2026-09-21 14:13:21.0 Z" in told
    assert "waits to be told on log" in told
    assert "\x1b" not in told
    assert main(["incidents", "show", closed["id"], "--state", state]) == 0
    told = capsys.readouterr().out
    assert "Verdict on stay 1:" in told
    assert "certainty          confirmed" in told
    # The warning's name leads to what came of it.
    assert main(["incidents", "show", one["warning"], "--state", state]) == 0
    assert one["id"] in capsys.readouterr().out


@pytest.mark.parametrize("name", ["ffff", "ab", "", "../x", HOSTILE])
def test_an_incident_that_is_not_there(state: str, capsys: Any, name: str) -> None:
    assert main(["incidents", "show", "--state", state, "--", name]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb", [["incidents", "list"], ["archive", "list"], ["watch", "--feed", "jsonl+stdin:"]], ids=" ".join
)
def test_a_state_that_is_no_folder(verb: list[str], tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "zone.geojson"
    file.write_text("{}")
    assert main([*verb, "--state", str(file)]) == 2
    assert f"{file}: not a folder" in capsys.readouterr().err


def test_no_record_at_all(tmp_path: Path, capsys: Any) -> None:
    assert main(["incidents", "list", "--state", str(tmp_path)]) == 2
    assert "there is no record" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_exports(state: str, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "out.geojson"
    assert main(["incidents", "export", "--state", state, "-o", str(path)]) == 0
    (feature,) = json.loads(path.read_text())["features"]
    assert feature["geometry"] == {"type": "MultiPoint", "coordinates": [[14.0, 50.0], [14.1, 50.1]]}
    assert feature["properties"]["certainty"] == "confirmed"
    assert main(["incidents", "export", "--state", state, "--records", "-o", str(path)]) == 0
    features = json.loads(path.read_text())["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [14.0, 50.0]}
    assert features[-1]["geometry"] is None
    for form in ("json", "csv", "geojson"):
        capsys.readouterr()
        assert main(["incidents", "export", "--state", state, "--format", form]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "confirmed" in out
    with pytest.raises(SystemExit):
        main(["incidents", "export", "--state", state, "--format", "kml"])
    assert main(["incidents", "export", "--state", state, "-o", str(tmp_path / "x.txt")]) == 2
    assert main(["incidents", "export", "--state", state, "-o", str(tmp_path / "no/x.csv")]) == 2
    assert not list(tmp_path.glob("*.part"))


def test_the_records_that_are_exported_prove_themselves(state: str, capsys: Any) -> None:
    from nofly.store.chain import GENESIS, canonical, digest

    assert main(["incidents", "export", "--state", state, "--records"]) == 0
    told = json.loads(capsys.readouterr().out)
    last = GENESIS
    for record in told["records"]:
        assert record["previous"] == last
        last = digest(last, canonical(record["body"]))
        assert record["hash"] == last
    assert told["head"]["hash"] == last


def test_verify(state: str, tmp_path: Path, capsys: Any) -> None:
    assert main(["incidents", "verify", "--state", state]) == 0
    head = capsys.readouterr().out.splitlines()[-1]
    assert main(["incidents", "verify", "--state", state, "--head", head]) == 0
    number, _, digest = head.partition(":")
    assert main(["incidents", "verify", "--state", state, "--head", f"{number}:{'0' * 64}"]) == 1
    assert "record-cut-off" in capsys.readouterr().err
    assert main(["incidents", "verify", "--state", state, "--head", digest]) == 2
    with sqlite3.connect(tmp_path / "record.sqlite") as database:
        database.execute("DROP TRIGGER record_no_update")
        database.execute("UPDATE record SET body = replace(body, 'rid:x', 'rid:y')")
    database.close()
    for ask in (["list"], ["export"]):
        assert main(["incidents", *ask, "--state", state]) == 0
        assert "not as it was written (number 8): nofly incidents verify" in capsys.readouterr().err
    assert main(["incidents", "verify", "--state", state]) == 1
    assert "record-changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("acknowledge", "acknowledged"), ("mute", "muted"), ("exempt", "exempted"), ("clear", "cleared")],
)
def test_four_verbs(state: str, capsys: Any, verb: str, kind: str) -> None:
    (one,) = rows(state, capsys)
    arguments = ["incidents", verb, "--state", state, "--who", "tower", "--why", "as agreed"]
    assert main([*arguments, one["id"][:5]]) == 0
    assert main([*arguments, "zone:Z1", "--until", "2100-01-01T00:00:00Z"]) == 0
    (said,) = rows(state, capsys)
    assert said["said"] == [
        f"{kind} by tower: as agreed",
        f"{kind} until 2100-01-01T00:00:00.000000Z by tower: as agreed",
    ]
    assert said["phase"] == "infringing"
    with Store(Path(state, "record.sqlite")) as store:
        last, before = list(store.read())[-1], list(store.read())[-2]
    assert (last.incident, last.kind) == ("zone:Z1", kind)
    assert before.incident == one["id"]
    assert before.content["phase"] == "infringing"
    assert main([*arguments, "zone:Z1", "--until", "now"]) == 0
    assert len(rows(state, capsys)[0]["said"]) == 1
    assert main(["incidents", "verify", "--state", state]) == 0


@pytest.mark.parametrize(
    "words",
    [["--why", " "], ["--why", "x" * 501], ["--why", "x", "--who", ""], ["--why", "x", "--until", "soon"],
     ["--why", "x", "--until", "2026-01-01T00:00:00"], ["--why", "x", "--until", "2020-01-01T00:00:00Z"]],
    ids=range(6),
)  # fmt: skip
def test_what_cannot_be_said(state: str, words: list[str], capsys: Any) -> None:
    before = rows(state, capsys, "--all")
    code = main(["incidents", "mute", "--state", state, "everything", *words])
    # Without a name, whoever is logged in says it.
    assert code == (0 if "--who" in words else 2)
    if code:
        assert rows(state, capsys, "--all") == before


def test_a_scope_that_nothing_falls_under_is_told(state: str, capsys: Any) -> None:
    assert main(["incidents", "mute", "--state", state, "target:icao24:000001", "--why", "x"]) == 0
    assert "no incident on record is of target icao24:000001" in capsys.readouterr().err


def test_what_a_verdict_says_in_sentences_is_joined_as_such(state: str, capsys: Any) -> None:
    (body,) = life("icao24:3c6666", (Event.ENTER, 2000))
    judged = verdict(body, "confirmed", 9.0)
    judged["verdict"] |= {
        "reasons": ["Its height is assumed.", "Its entry is not seen."],
        "volumes": ["a", "b"],
    }
    with Store(Path(state) / "record.sqlite") as store:
        store.append([body, judged])
    assert main(["incidents", "show", body["incident"], "--state", state]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ["reasons", "Its height is assumed. Its entry is not seen."] in lines
    assert ["volumes", "a, b"] in lines


@pytest.mark.parametrize("name", ["4ca7b3", "icao24:4ca7b3", "4CA7B3"])
def test_a_target_may_be_named_by_its_address_alone(state: str, name: str, capsys: Any) -> None:
    assert main(["incidents", "mute", "--state", state, f"target:{name}", "--why", "x"]) == 0
    assert "no incident" not in capsys.readouterr().err
    (one,) = rows(state, capsys, "--target", name)
    assert one["target_id"] == "icao24:4ca7b3"
    assert one["said"][0].startswith("muted")


@pytest.mark.parametrize("name", ["Z\t1\x1b[31m", "Z 1\\x1b[31m"], ids=["as it is", "as it is shown"])
def test_a_zone_whose_id_cannot_be_printed_is_muted(tmp_path: Path, name: str, capsys: Any) -> None:
    with Store(tmp_path / "record.sqlite") as store:
        store.append(life("icao24:4ca7b3", (Event.ENTER, 1), zone="Z\t1\x1b[31m"))
    state = str(tmp_path)
    assert main(["incidents", "mute", f"zone:{name}", "--why", "exercise", "--state", state]) == 0
    assert "no incident on record" not in capsys.readouterr().err
    (row,) = rows(state, capsys, "--zone", name)
    assert "muted" in json.dumps(row)
    with Store(tmp_path / "record.sqlite") as store:
        record = next(iter(store.read()))
        notice = notice_of("k", record, lambda _: None)
        assert silenced(notice, "hook", False, T0, lambda scope: store.read(incident=scope))


def test_a_target_that_is_not_on_record_is_named(state: str, capsys: Any) -> None:
    assert main(["incidents", "list", "--state", state, "--target", "4b1802", "--target", "rid:x"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == "no incident on record is of target 4b1802"


def test_what_is_said_of_what_is_closed_bears_its_name(state: str) -> None:
    with Store(Path(state, "record.sqlite")) as store:
        log = read_log(store.read())
        name = next(one.id for one in log.incidents.values() if one.phase == "closed")
        head = say(store, Statement(name, Told.CLEARED, "tower", "it had permission", T0))
        assert isinstance(head, Head)
        assert [r.kind for r in store.read(incident=name)][-1] == "cleared"


def test_a_channel_that_is_none_is_refused_with_a_configuration_and_without(
    state: str, tmp_path: Path, capsys: Any
) -> None:
    def said(channel: str, *more: str) -> str:
        words = ["incidents", "mute", "everything", "--channel", channel, "--why", "exercise", *more]
        code = main(words)
        err: str = capsys.readouterr().err
        assert (code == 0) == ("recorded" in err)
        return err

    assert "no channel 'hook'" in (told := said("hook", "--state", state))
    assert "expected --config FILE: no watch has said yet which there are" in told
    with Store(tmp_path / "record.sqlite") as store:
        note_names(store, ["hook", "log"], ["hill"])
        before = store.head()
    assert "no channel 'hok'" in (told := said("hok", "--state", state))
    assert "expected hook, log" in told
    assert "recorded" in said("hook", "--state", state)
    config = tmp_path / "nofly.toml"
    config.write_text('[[alerts]]\nname = "phone"\nkind = "log"\n')
    assert "expected phone" in said("hook", "--state", state, "--config", str(config))
    assert "recorded" in said("phone", "--state", state, "--config", str(config))
    with Store(tmp_path / "record.sqlite") as store:
        assert store.head().sequence == before.sequence + 2
    assert main(["incidents", "list", "--state", state]) == 0
    assert (
        "feed roof was silent, and is watched no more: not monitored through it since"
        in capsys.readouterr().err
    )


def test_a_watch_that_runs_obeys(tmp_path: Path, capsys: Any) -> None:
    feed = Feed()
    with site() as (port, posts):
        hook = f'[[alerts]]\nname = "hook"\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/"\n'
        config = configured(tmp_path, feed, hook)

        def said(verb: str, *words: str) -> None:
            assert main(["incidents", verb, *words, "--config", str(config), "--why", "as agreed"]) == 0

        def told(target: str) -> list[str]:
            return [post["kind"] for post in posts if post["target_id"] == target]

        with watching(config, "--plain"):
            feed.fly("icao24:00000a", 13.95, 14.05)
            until(lambda: "entered" in told("icao24:00000a"), "the entry of the first")
            assert main(["incidents", "list", "--config", str(config)]) == 0
            assert "no watch is at work" not in capsys.readouterr().err
            (one,) = listed(config, capsys)
            said("acknowledge", one["id"])
            said("mute", "target:icao24:00000b", "--channel", "hook")
            state, why = str(tmp_path / "state"), ["--why", "as agreed"]
            assert main(["incidents", "mute", "zone:X", "--channel", "hok", "--state", state, *why]) == 2
            assert "expected hook" in capsys.readouterr().err
            feed.fly("icao24:00000a", 14.05, 13.95)
            until(lambda: listed(config, capsys)[0]["exit_time"], "the exit of the first")
            feed.fly("icao24:00000b", 13.95, 14.05)
            until(lambda: len(listed(config, capsys)) == 2, "the entry of the second")
            feed.fly("icao24:00000c", 13.95, 14.05)
            until(lambda: "entered" in told("icao24:00000c"), "the entry of the third")
            assert "exited" not in told("icao24:00000a")
            assert told("icao24:00000b") == []
            capsys.readouterr()
            assert main(["incidents", "show", one["id"], "--config", str(config)]) == 0
            assert "not told on hook: acknowledged by" in capsys.readouterr().out
            assert main(["incidents", "verify", "--config", str(config)]) == 0
    feed.close()
    assert main(["incidents", "verify", "--config", str(config)]) == 0
    capsys.readouterr()
    assert main(["incidents", "list", "--config", str(config)]) == 0
    told = capsys.readouterr().err
    assert (
        f"no watch is at work on {tmp_path / 'state'}: nothing is monitored, this is how it was left" in told
    )


def test_what_was_said_outlives_a_watch_that_is_killed(tmp_path: Path, capsys: Any) -> None:
    feed = Feed()
    config = configured(tmp_path, feed)
    watch = subprocess.Popen([*NOFLY, "watch", "--config", str(config), "--quiet"], stderr=subprocess.DEVNULL)
    try:
        feed.fly("icao24:00000a", 13.95, 14.05)
        until(lambda: listed(config, capsys), "the entry")
        (one,) = listed(config, capsys)
        assert main(["incidents", "acknowledge", one["id"], "--config", str(config), "--why", "known"]) == 0
    finally:
        watch.kill()
        watch.wait()
    feed.leave()
    with watching(config, "--plain"):
        feed.fly("icao24:00000a", 14.05, 13.95)
        until(lambda: listed(config, capsys, "--all")[0]["exit_time"], "the exit")
        (same,) = listed(config, capsys, "--all")
        assert (same["id"], same["stays"]) == (one["id"], 1)
        assert same["said"][0].startswith("acknowledged by")
    feed.close()
    assert main(["incidents", "verify", "--config", str(config)]) == 0
    with Store(tmp_path / "state/record.sqlite", read_only=True) as store:
        kinds = [record.kind for record in store.read(incident=one["id"])]
    assert sorted(kinds) == sorted(set(kinds))


def test_acts_of_people_are_no_incidents(state: str, tmp_path: Path, capsys: Any) -> None:
    before = rows(state, capsys, "--all")
    for number, act in enumerate(Act):
        record_act(
            tmp_path / "record.sqlite", act, "anna", "root", "as agreed", T0 + number, {"role": "viewer"}
        )
    assert rows(state, capsys, "--all") == before
    assert main(["incidents", "list", "--state", state, "--all"]) == 0
    assert "access" not in capsys.readouterr().out
    for form in ("json", "csv", "geojson"):
        assert main(["incidents", "export", "--state", state, "--format", form]) == 0
        assert "access" not in capsys.readouterr().out
    assert main(["incidents", "show", "access:anna", "--state", state]) == 2
    assert main(["incidents", "mute", "access:anna", "--why", "x", "--state", state]) == 2
    assert main(["incidents", "verify", "--state", state]) == 0
    assert (
        main(["incidents", "export", "--records", "-o", str(tmp_path / "records.json"), "--state", state])
        == 0
    )
    assert main(["incidents", "verify", str(tmp_path / "records.json")]) == 0
    capsys.readouterr()
    with Store(tmp_path / "record.sqlite", read_only=True) as store:
        bodies = [record.content for record in store.read(incident="access:anna")]
    assert [body["kind"] for body in bodies] == [act.value for act in Act]
    assert not set(Act) & set(KINDS)
