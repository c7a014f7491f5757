"""Claims over the API: listed, checked, put there, with documents that are given out and never opened."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nofly.run.apart import Bounds
from nofly.run.claiming import checking_apart
from nofly.store.sqlite import Store
from nofly.web.access.rights import Role
from tests.run.test_claiming import HOSTILE, png
from tests.web.conftest import application

CLAIM = (
    'format = "nofly-claims/1"\ntitle = "T <b>"\nquestion = "Q"\n[[statement]]\nid = "a"\nwho = "A"\n'
    'side = "North"\nsays = "17 s"\nduration = "17 s"\nlength = "1.15 nmi"\nspeed = "980 km/h"\n'
    '[[statement]]\nid = "b"\nwho = "B"\nside = "South"\nsays = "no"\ninside = "never"\n'
)
DATA = Path(__file__).resolve().parents[2] / "examples" / "data"
OCTETS = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def state(watched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(watched, tmp_path / "state"))


@pytest.fixture
def operator(state: Path) -> Iterator[TestClient]:
    with application(state, Role.OPERATOR) as found:
        yield found


def put(client: TestClient, path: str, data: bytes) -> Any:
    return client.put(f"/api/v1/claims/{path}", content=data, headers=OCTETS)


def test_a_claim_is_kept_listed_and_checked_and_the_record_says_by_whom(
    operator: TestClient, state: Path
) -> None:
    assert operator.get("/api/v1/claims").json() == {"claims": []}
    assert put(operator, "one", CLAIM.encode()).json()["sha256"] == hashlib.sha256(CLAIM.encode()).hexdigest()
    (one,) = operator.get("/api/v1/claims").json()["claims"]
    assert (one["title"], one["sides"], one["statements"], one["verdicts"]) == (
        "T <b>", ["North", "South"], 2, None,
    )  # fmt: skip
    found = operator.get("/api/v1/claims/one").json()
    assert found["sheet"]["format"] == "nofly-claim-sheet/1"
    verdicts = {s["id"]: s["verdict"] for s in found["sheet"]["statements"]}
    assert verdicts == {"a": "self-inconsistent", "b": "not checkable with this data"}
    assert operator.get("/api/v1/claims").json()["claims"][0]["verdicts"] == verdicts
    page = operator.get("/api/v1/claims/one/page")
    assert page.headers["content-disposition"] == 'attachment; filename="one.html"'
    assert "T &lt;b&gt;" in page.text
    assert "<script" not in page.text
    with Store(state / "record.sqlite", create=False, read_only=True) as store:
        (act,) = (record for record in store.read() if record.kind == "access-claim-kept")
    body = json.loads(act.body)
    assert (body["who"], body["incident"], body["file"]) == ("tester", "access:claim:one", "claim.toml")


def test_a_sheet_is_kept_until_something_changes(
    operator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(operator, "one", CLAIM.encode())
    first = operator.get("/api/v1/claims/one").json()
    monkeypatch.setattr(checking_apart, "BOUNDS", Bounds(wall_s=0.001))
    assert operator.get("/api/v1/claims/one").json() == first
    put(operator, "one", CLAIM.replace("17 s", "18 s").encode())
    assert operator.get("/api/v1/claims").json()["claims"][0]["verdicts"] is None
    answer = operator.get("/api/v1/claims/one")
    assert answer.status_code == 400
    assert "within bounds" in answer.json()["error"]["message"]


def test_a_qnh_tells_heights_above_the_sea(operator: TestClient, state: Path) -> None:
    """A zone up to 3,000 ft above the sea, and tracks of pressure heights: without a QNH nothing is sure."""
    head, *statements = (DATA / "stadium-claim.toml").read_text(encoding="utf-8").split("[[statement]]")
    pilot = next(one for one in statements if 'id = "pilot"' in one)
    put(operator, "stadium", f"{head}[[statement]]{pilot}".encode())
    put(operator, "stadium/zones/stadium.geojson", (DATA / "stadium.geojson").read_bytes())
    tracks = state / "claims" / "stadium" / "tracks"
    tracks.mkdir()
    shutil.copy(DATA / "flights.csv", tracks)
    at = "/api/v1/claims/stadium"

    def verdicts(query: str) -> dict[str, str]:
        sheet = operator.get(at + query).json()["sheet"]
        assert sheet["qnh"] == ([query[-4:]] if query else [])
        return {one["id"]: one["verdict"] for one in sheet["statements"]}

    bare, told = verdicts(""), verdicts("?qnh=1019")
    assert (bare["pilot"], told["pilot"]) == ("consistent but not shown", "contradicted")
    assert verdicts("") == bare
    assert operator.get("/api/v1/claims").json()["claims"][0]["verdicts"] == bare
    assert "QNH 1019" in operator.get(f"{at}/page?qnh=1019").text
    for wrong in ("840", "1200", "x", "nan"):
        assert operator.get(f"{at}?qnh={wrong}").status_code in (400, 422)


def test_documents_are_given_out_to_be_kept_and_pictures_to_be_seen(operator: TestClient) -> None:
    put(operator, "one", CLAIM.encode())
    for name, data in (("page.html", HOSTILE.encode()), ("map.png", png())):
        answer = operator.post(
            "/api/v1/claims/one/documents", content=data, headers=OCTETS,
            params={"file": name, "captured": "2026-05-03T10:00:00Z", "statement": "b"},
        )  # fmt: skip
        assert answer.status_code == 200
        got = operator.get(f"/api/v1/claims/one/documents/{answer.json()['sha256']}")
        assert got.content == data
        assert got.headers["x-content-type-options"] == "nosniff"
        if name == "map.png":
            assert got.headers["content-type"] == "image/png"
        else:
            assert got.headers["content-type"] == "application/octet-stream"
            assert got.headers["content-disposition"].startswith("attachment")
    found = operator.get("/api/v1/claims/one").json()
    assert {d["kind"] for d in found["sheet"]["documents"]} == {"html", "png"}
    assert ["<script>alert(1)</script>" in text for text in found["excerpts"].values()] == [True]
    assert operator.get(f"/api/v1/claims/one/documents/{'0' * 64}").status_code == 404
    assert operator.get("/api/v1/claims/one/documents/..%2F..%2Fclaim.toml").status_code == 404


def test_a_changed_document_is_not_given_out(operator: TestClient, state: Path) -> None:
    put(operator, "one", CLAIM.encode())
    answer = operator.post(
        "/api/v1/claims/one/documents", content=b"said", headers=OCTETS,
        params={"file": "note.txt", "captured": "2026-05-03T10:00:00Z"},
    )  # fmt: skip
    name = answer.json()["sha256"]
    (state / "claims" / "one" / "claim.sources" / name).write_bytes(b"sAid")
    assert operator.get(f"/api/v1/claims/one/documents/{name}").status_code == 404
    assert not operator.get("/api/v1/claims/one").json()["sheet"]["documents"][0]["sound"]


@pytest.mark.parametrize("name", ["..", "A", "a/b", "a.b", "%2e%2e", "x" * 65, "a b"])
def test_a_name_that_is_none_is_refused(operator: TestClient, state: Path, name: str) -> None:
    before = sorted(state.rglob("claim.toml"))
    assert put(operator, name, CLAIM.encode()).status_code in (400, 404, 405)
    assert sorted(state.rglob("claim.toml")) == before


@pytest.mark.parametrize("file", ["../x.geojson", "/etc/passwd", "claim.toml", "a/b.geojson"])
def test_a_claim_reads_nothing_that_is_not_beside_it(operator: TestClient, state: Path, file: str) -> None:
    text = CLAIM.replace("[[statement]]", f'[zones]\nfiles = ["{file}"]\n[[statement]]', 1)
    answer = put(operator, "one", text.encode())
    assert answer.status_code == 400
    assert "zones.files[0]" in answer.json()["error"]["where"]
    place = state / "claims" / "two"
    place.mkdir(parents=True)
    (place / "claim.toml").write_text(text)
    if "/" in file and "a/b" not in file:
        answer = operator.get("/api/v1/claims/two")
        assert answer.status_code == 400
        assert "not beside the claim" in answer.json()["error"]["message"]


def test_zones_are_read_before_they_are_kept(operator: TestClient, state: Path) -> None:
    put(operator, "one", CLAIM.encode())
    assert put(operator, "one/zones/z.geojson", b"{}").status_code == 400
    assert put(operator, "one/zones/claim.toml", CLAIM.encode()).status_code == 400
    assert not (state / "claims" / "one" / "z.geojson").exists()
    assert put(operator, "none/zones/z.geojson", b"{}").status_code == 404


def test_a_claim_about_a_watched_zone_is_checked_by_what_the_watch_received(
    operator: TestClient, state: Path
) -> None:
    stay = next(
        one for one in operator.get("/api/v1/incidents?limit=1000").json()["incidents"]
        if one["certainty"] == "confirmed" and one["icao24"]
    )  # fmt: skip
    about = (
        f'about = {{ address = "{stay["icao24"]}" }}\nzone = "{stay["zone_id"]}"\n'
        f"time = {stay['entry_time']}\n"
    )
    text = CLAIM.replace('inside = "never"\n', f'inside = "never"\ntime_error = "10 s"\n{about}')
    put(operator, "one", text.encode())
    found = operator.get("/api/v1/claims/one").json()
    assert (found["watched"], found["whole"]) == (True, True)
    (denied,) = (s for s in found["sheet"]["statements"] if s["id"] == "b")
    assert denied["verdict"] == "contradicted"
    assert denied["flown"]
    assert [one["properties"]["id"] for one in found["zones"]["features"]] == [stay["zone_id"]]


def test_who_may_only_read_keeps_nothing_and_who_sees_the_past_sees_none(state: Path) -> None:
    with application(state, Role.VIEWER) as viewer:
        assert viewer.get("/api/v1/claims").status_code == 200
        for answer in (
            put(viewer, "one", CLAIM.encode()), put(viewer, "one/zones/z.geojson", b"{}"),
            viewer.post("/api/v1/claims/one/documents?file=a&captured=2026-05-03T10:00:00Z", content=b"x"),
        ):  # fmt: skip
            assert answer.status_code == 403
    with application(state, Role.VIEWER, delay_s=60.0) as guest:
        assert guest.get("/api/v1/claims").status_code == 403


def test_a_broken_claim_is_listed_with_what_is_wrong(operator: TestClient, state: Path) -> None:
    place = state / "claims" / "broken"
    place.mkdir(parents=True)
    (place / "claim.toml").write_text("format = 1")
    (one,) = operator.get("/api/v1/claims").json()["claims"]
    assert (one["name"], bool(one["wrong"])) == ("broken", True)
    assert operator.get("/api/v1/claims/broken").status_code == 400
