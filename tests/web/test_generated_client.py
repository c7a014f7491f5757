"""A client that is generated from the description, against a server that runs: it reads, pages, and acts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.live import PATIENCE_S, Feed, configured, until
from tests.web.test_serve import Server, serving

pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
NAME = "nofly_client"
CONFIG = "post_hooks: []\ncontent_type_overrides: {image/png: application/octet-stream}\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Give a server by whose feed two aircraft have entered the zone."""
    feed = Feed()
    config = configured(tmp_path, feed)
    with serving(tmp_path / "state", "--config", str(config), "--quiet") as found:
        feed.fly("icao24:4b1802", 13.95, 14.1, callsign="SWR123")
        feed.fly("icao24:4b1803", 13.95, 14.1)
        until(lambda: len(found.asked("incidents")[1]["incidents"]) == 2, "two incidents")
        yield found
    feed.close()


def generated(folder: Path, server: Server) -> Any:
    """Return the client that is generated of what a server says of itself."""
    described, config = folder / "openapi.json", folder / "config.yaml"
    status, document = server.asked("openapi.json")
    assert status == 200
    described.write_text(json.dumps(document))
    config.write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(described), "--meta",
         "none", "--config", str(config), "--output-path", str(folder / NAME), "--fail-on-warning"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_generated_client_reads_pages_and_acts(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated(tmp_path, server)
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module(NAME).AuthenticatedClient(server.url.rstrip("/"), server.token)

    def asked(tag: str, operation: str, *path: str, **what: Any) -> Any:
        answered = importlib.import_module(f"{NAME}.api.{tag}.{operation}")
        return answered.sync(*path, client=client, **what)

    def model(name: str) -> Any:
        return getattr(importlib.import_module(f"{NAME}.models"), name)

    with client:
        assert asked("access", "get_session").via == model("Via").TOKEN
        assert asked("status", "get_status").watching is True
        (near,) = asked("aircraft", "list_aircraft", closest="50,14.1,50").aircraft[:1]
        assert near.target_id in ("icao24:4b1802", "icao24:4b1803")
        one = asked("aircraft", "get_aircraft", "icao24:4b1802")
        assert one.aircraft.callsign == "SWR123"
        assert one.aircraft.squawk is None
        (zone,) = asked("zones", "list_zones").features
        assert (zone.properties.id, zone.properties.state) == ("Z1", "active")
        assert asked("zones", "get_zone", "Z1").zones[0].properties.zone_hash == zone.properties.zone_hash

        first = asked("incidents", "list_incidents", limit=1)
        second = asked("incidents", "list_incidents", limit=1, cursor=first.next_)
        assert second.next_ is None
        found = {page.incidents[0].target_id for page in (first, second)}
        assert found == {"icao24:4b1802", "icao24:4b1803"}
        incident = first.incidents[0].id
        said = model("StatementBody")(verb=model("StatementBodyVerb").ACKNOWLEDGE, why="seen")
        assert len(asked("incidents", "state_on_incident", incident, body=said).hash_) == 64
        whole = asked("incidents", "get_incident", incident)
        assert "acknowledged" in {record.kind for record in whole.records}

        refused = asked("incidents", "get_incident", "none")
        assert isinstance(refused, model("ErrorAnswer"))
        assert refused.error.kind == "not-found"
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        monkeypatch.delitem(sys.modules, name)


def test_operations_have_names_of_their_own(server: Server) -> None:
    _, document = server.asked("openapi.json")
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) > 40
    assert [name for name in names if "__" in name or "api_v1" in name or not name.islower()] == []
