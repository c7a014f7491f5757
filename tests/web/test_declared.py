"""Zones declared over the API: read within bounds, proposed, put in force, withdrawn, and on record."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nofly.run.declaring.acts import Declarations
from nofly.run.declaring.effect import effect
from nofly.run.declaring.file import NAME
from nofly.run.files.zonefiles import read_zones
from nofly.store.sqlite import Store
from nofly.web.access.rights import Role
from tests.cli.live import until
from tests.web.conftest import application

FEATURE: dict[str, Any] = {
    "type": "Feature",
    "properties": {
        "id": "NEW-1", "name": "A NEW ZONE", "restriction": "PROHIBITED", "lower": "GND", "upper": "FL100",
        "schedule": {
            "time_zone": "Europe/Zurich", "windows": [{"periods": [{"start": "08:00", "end": "16:00"}]}],
        },
    },
    "geometry": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 48], [8, 47]]]},
}  # fmt: skip


@pytest.fixture
def own(watched: Path, tmp_path: Path) -> Path:
    """Return a state folder of one's own."""
    return Path(shutil.copytree(watched, tmp_path / "state"))


def propose(client: TestClient, feature: dict[str, Any] = FEATURE, why: str = "by order") -> dict[str, Any]:
    answer = client.post("/api/v1/declared", json={"feature": feature, "why": why})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_a_proposal_to_its_withdrawal(own: Path) -> None:
    with application(own) as client:
        one = propose(client)
        assert (one["in_force"], one["edition"]) == (None, 1)
        assert not (own / NAME).is_file() or not read_zones(own / NAME).zones
        name = one["proposed"]["id"]
        assert name not in {f["id"] for f in client.get("/api/v1/zones").json()["features"]}
        shown = until(lambda: [
            f for f in client.get("/api/v1/zones?proposed=true").json()["features"] if f["id"] == name
        ])  # fmt: skip
        assert shown[0]["properties"]["state"] == "proposed"
        wrong = client.post("/api/v1/declared/NEW-1/activate", json={"why": "so", "hash": "0" * 64})
        assert wrong.status_code == 400
        done = client.post("/api/v1/declared/NEW-1/activate", json={"why": "signed", "hash": name})
        assert done.status_code == 200, done.text
        (zone,) = read_zones(own / NAME).zones
        assert zone.zone_hash == name
        changed = {**FEATURE, "properties": {**FEATURE["properties"], "upper": "FL120"}}
        again = propose(client, changed, "higher")
        assert again["edition"] == 2
        assert any("FL100" in text and "FL120" in text for text in again["differences"])
        gone = client.post("/api/v1/declared/NEW-1/withdraw", json={"why": "over"}).json()
        assert gone["in_force"] is None
        assert [act["kind"] for act in gone["acts"]] == [
            "zone-proposed", "zone-activated", "zone-proposed", "zone-withdrawn",
        ]  # fmt: skip
        assert not read_zones(own / NAME).zones
    with Store(own / "record.sqlite", read_only=True, create=False) as store:
        assert store.verify() == []
        law = Declarations()
        for record in store.read():
            law.take(record)
            if record.kind == "zone-activated":
                body = record.content
                assert hashlib.sha256(body["zone"].encode()).hexdigest() == body["zone_hash"]
                assert (body["who"], body["why"]) == ("tester", "signed")
        assert [act.kind for act in law.zones["NEW-1"].acts][-1] == "zone-withdrawn"


def test_a_proposal_that_nobody_put_in_force_is_discarded(own: Path) -> None:
    with application(own) as client:
        first = propose(client)["proposed"]["id"]
        body = {"why": "signed", "hash": first}
        assert client.post("/api/v1/declared/NEW-1/activate", json=body).status_code == 200
        changed = {**FEATURE, "properties": {**FEATURE["properties"], "upper": "FL120"}}
        name = propose(client, changed, "higher")["proposed"]["id"]
        for wrong in ({"why": "x"}, {"why": "x", "hash": first}, {"why": " ", "hash": name}):
            assert client.post("/api/v1/declared/NEW-1/discard", json=wrong).status_code == 400
        done = client.post("/api/v1/declared/NEW-1/discard", json={"why": "not agreed", "hash": name})
        assert done.status_code == 200, done.text
        assert done.json()["proposed"] is None
        assert done.json()["in_force"]["id"] == first
        act = done.json()["acts"][-1]
        assert (act["kind"], act["who"], act["why"]) == ("zone-discarded", "tester", "not agreed")
        again = client.post("/api/v1/declared/NEW-1/discard", json={"why": "x", "hash": name})
        assert again.status_code == 400
        assert propose(client, changed, "again")["edition"] == 3
        (zone,) = read_zones(own / NAME).zones
        assert zone.zone_hash == first
    with Store(own / "record.sqlite", read_only=True, create=False) as store:
        assert store.verify() == []


def test_acts_are_no_incidents(own: Path, capsys: Any) -> None:
    from nofly.cli import main

    main(["incidents", "list", "--all", "--state", str(own), "--format", "json"])
    before = capsys.readouterr().out
    with application(own) as client:
        propose(client)
    assert main(["incidents", "list", "--all", "--state", str(own), "--format", "json"]) == 0
    assert capsys.readouterr().out == before
    assert main(["incidents", "verify", "--state", str(own)]) == 0


def test_who_may_declare(own: Path) -> None:
    for role in (Role.VIEWER, Role.OPERATOR):
        with application(own, role) as client:
            assert client.post("/api/v1/declared", json={"feature": FEATURE, "why": "x"}).status_code == 403
            assert client.post("/api/v1/zones/preview", content=b"{}").status_code == 403


def test_a_preview_tells_zones_findings_and_times(client: TestClient) -> None:
    bad = {**FEATURE, "geometry": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47]]]}}
    data = json.dumps({"type": "FeatureCollection", "features": [FEATURE, bad]})
    found = client.post("/api/v1/zones/preview?name=new.geojson", content=data).json()
    assert (found["records"], found["rejected"], len(found["zones"])) == (2, 1, 1)
    assert any(one["severity"] == "rejected" and one["where"] for one in found["findings"])
    (one,) = found["zones"]
    assert 26 <= len(one["times"]) <= 30
    assert all(row["certain"] for row in one["times"])
    assert one["draft"]["properties"]["id"] == "NEW-1"
    assert one["sentences"]


def test_openair_is_previewed_too(client: TestClient) -> None:
    text = b"AC R\nAN TEST R1\nAL GND\nAH FL95\nV X=47:00:00 N 008:00:00 E\nDC 5\n"
    found = client.post("/api/v1/zones/preview?name=new.txt", content=text).json()
    assert found["format"] == "openair"
    assert found["zones"][0]["zone"]["properties"]["name"] == "TEST R1"


SPACES = b" " * (520 << 20)


def bombs() -> list[tuple[str, bytes]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("doc.kml", b"<kml>" + SPACES)
    entities = "".join(f'<!ENTITY e{k} "&e{k - 1};&e{k - 1};&e{k - 1};&e{k - 1};">' for k in range(1, 30))
    xml = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY e0 "lol">{entities}]><kml>&e29;</kml>'
    return [
        ("zip.kmz", packed.getvalue()), ("gzip.geojson", gzip.compress(SPACES, 1)),
        ("entities.kml", xml.encode()), ("deep.geojson", b'{"type":"Feature","a":' + b"[" * 1_000_000),
        ("nothing.geojson", b""), ("binary.geojson", bytes(range(256)) * 64),
    ]  # fmt: skip


BOMBS = bombs()


@pytest.mark.parametrize(("name", "data"), BOMBS, ids=[name for name, _ in BOMBS])
def test_a_bomb_is_refused_and_nothing_hangs(client: TestClient, name: str, data: bytes) -> None:
    answer = client.post(f"/api/v1/zones/preview?name={name}", content=data)
    assert answer.status_code in (400, 413), answer.text
    assert answer.json()["error"]["message"]


def test_the_effect_is_what_a_check_finds(client: TestClient) -> None:
    """The flights are of 2018: of the last hours there are no reports, and that is said."""
    answer = client.post("/api/v1/zones/effect?hours=24", json={"feature": FEATURE})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["reports"], answer.json()["stays"]) == (0, [])


def test_an_effect_over_real_flights(watched: Path) -> None:
    about = {k: v for k, v in FEATURE["properties"].items() if k != "schedule"}
    always = {**FEATURE, "properties": {**about, "upper": "FL660"}}
    path = watched.parent / "drawn.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [always]}))
    (zone,) = read_zones(path).zones
    found = effect(watched, zone, 0, 2**62)
    assert found.whole
    assert found.reports > 500
    assert found.stays
    assert all(stay["zone_id"] == "NEW-1" for stay in found.stays)


def test_an_effect_rests_on_what_is_not_archived_yet_too(own: Path) -> None:
    path = own.parent / "wide.geojson"
    about = {k: v for k, v in FEATURE["properties"].items() if k != "schedule"}
    path.write_text(json.dumps({**FEATURE, "properties": {**about, "upper": "FL660"}}))
    (zone,) = read_zones(path).zones
    whole = effect(own, zone, 0, 2**62)
    shutil.rmtree(own / "positions")
    assert effect(own, zone, 0, 2**62) == whole
    shutil.rmtree(own / "journal")
    assert effect(own, zone, 0, 2**62) == ([], 0, False)


def test_an_effect_of_a_time_span(client: TestClient) -> None:
    about = {k: v for k, v in FEATURE["properties"].items() if k != "schedule"}
    feature = {**FEATURE, "properties": {**about, "upper": "FL660"}}

    def weighed(query: str) -> dict[str, Any]:
        answer = client.post(f"/api/v1/zones/effect?{query}", json={"feature": feature})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    found = weighed("since=2018-08-01T12:00:00Z&until=2018-08-01T12:30:00Z")
    assert found["reports"] > 100
    assert found["stays"]
    assert all(stay["entry_time"] >= "2018-08-01T12:00:00" for stay in found["stays"])
    assert all(stay["exit_time"] <= "2018-08-01T12:30:00" for stay in found["stays"])
    assert weighed("until=2018-08-01T12:30:00Z&hours=0.5") == found
    for query in (
        "since=2018-08-01T12:00:00Z", "until=noon", "since=2018-08-01T12:00:00Z&until=2018-08-01T11:00:00Z"
    ):  # fmt: skip
        wrong = client.post(f"/api/v1/zones/effect?{query}", json={"feature": feature})
        assert (wrong.status_code, wrong.json()["error"]["where"][:6]) == (400, "query."), wrong.text


def test_where_an_aircraft_flew(client: TestClient) -> None:
    feature = {**FEATURE, "properties": {"id": "A", "upper": "FL660", "restriction": "PROHIBITED"}}
    answer = client.post("/api/v1/zones/effect?until=2018-08-01T13:00:00Z", json={"feature": feature})
    (stay, *_) = answer.json()["stays"]
    span = f"since={stay['entry_time']}&until={stay['exit_time']}"
    flown = client.get(f"/api/v1/flown/{stay['target_id']}?{span}").json()
    assert flown["whole"]
    assert len(flown["reports"]) >= 2
    assert all(stay["entry_time"] <= one["time"] <= stay["exit_time"] for one in flown["reports"])
    assert client.get(f"/api/v1/flown/nobody?{span}").json()["reports"] == []
    for query in ("since=2018-08-01T12:00:00Z&until=2018-08-02T12:00:00Z", "since=x&until=y"):
        assert client.get(f"/api/v1/flown/{stay['target_id']}?{query}").status_code == 400


def test_a_zone_is_told_whole(own: Path) -> None:
    with application(own) as client:
        assert client.get("/api/v1/declared/NEW-1").status_code == 404
        proposed = propose(client, {**FEATURE, "properties": {**FEATURE["properties"], "id": "A/1"}})
        told = client.get("/api/v1/declared/A/1").json()
        assert told["editions"]["in_force"] is None
        edition = told["editions"]["proposed"]
        assert edition["zone"]["id"] == proposed["proposed"]["id"]
        assert edition["draft"]["properties"]["lower"] == "GND"
        again = client.post("/api/v1/zones/preview", content=json.dumps(edition["draft"])).json()["zones"][0]
        assert again["zone"]["id"] == proposed["proposed"]["id"]
        done = client.post("/api/v1/declared/A/1/activate", json={"why": "y", "hash": edition["zone"]["id"]})
        assert done.status_code == 200, done.text
        (one,) = client.get("/api/v1/zones/LS-X").json()["editions"]
        assert one["draft"]["properties"]["id"] == "LS-X"
        assert one["since"] < one["until"]
